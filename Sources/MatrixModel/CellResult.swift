/// Names a cell of the matrix.
package struct CellKey: Codable, Sendable, Hashable {
    package var kernel: String
    package var probe: String
    package var variant: String
    package var loader: String

    package init(kernel: String, probe: String, variant: String, loader: String) {
        self.kernel = kernel
        self.probe = probe
        self.variant = variant
        self.loader = loader
    }
}

/// The result of one variant on one kernel with one loader.
package struct CellResult: Codable, Sendable, Hashable {
    package var kernel: String
    package var probe: String
    package var variant: String
    package var loader: String
    package var verdict: Verdict
    /// The stage that failed, or the last stage that passed; `null` if the cell was not measured.
    @Nullable package var stage: Stage?
    package var expected: Verdict
    package var asExpected: Bool
    /// The reason of the rule that sets the expectation; `null` without one.
    ///
    /// If a rule that would have excused the verdict has expired, its reason.
    @Nullable package var expectedReason: String?
    /// Whether the answer comes from an earlier run with the same inputs.
    package var cached: Bool
    /// The event that the probe sent, at most 256 characters, with everything but text escaped; `null` if no event
    /// arrived.
    @Nullable package var event: String?
    /// Why the cell was not measured, what the console showed, or a remark on the measurement; `null` if there is none.
    ///
    /// Remarks are kernel warnings, and maps that were given a size for the trial.
    @Nullable package var reason: String?
    /// The guest's console as `logs/<sha256>.txt`, kept for `crash`, `timeout` and `notMeasured`.
    @Nullable package var console: String?
    package var programs: [ProgramResult]
    package var seconds: CellSeconds

    package init(
        key: CellKey, verdict: Verdict, stage: Stage?, expected: Verdict, asExpected: Bool, cached: Bool,
        event: String? = nil, reason: String?, console: String?, programs: [ProgramResult],
        expectedReason: String? = nil, seconds: CellSeconds = CellSeconds()
    ) {
        kernel = key.kernel
        probe = key.probe
        variant = key.variant
        loader = key.loader
        self.verdict = verdict
        self.stage = stage
        self.expected = expected
        self.asExpected = asExpected
        self.expectedReason = expectedReason
        self.cached = cached
        self.event = event
        self.reason = reason
        self.console = console
        self.programs = programs
        self.seconds = seconds
    }

    package var key: CellKey { CellKey(kernel: kernel, probe: probe, variant: variant, loader: loader) }
}

/// The result of one program of the object, loaded alone.
package struct ProgramResult: Codable, Sendable, Hashable {
    /// The name of a result about the whole object: each program loads alone, but not all of them together.
    package static let wholeObject = "(whole object)"

    package var name: String
    /// The kernel's name for the program type, in lower case: `kprobe`, `xdp`, `tracing`.
    package var type: String
    package var verdict: Verdict
    @Nullable package var stage: Stage?
    /// 0 or the positive errno of the step that failed.
    package var errno: Int32
    @Nullable package var cause: Cause?
    /// The cause in detail; `null` if the program passed, or there is no cause.
    @Nullable package var explanation: Explanation?
    /// `logs/<sha256>.txt` in the results directory; `null` without a log.
    @Nullable package var log: String?
    package var logComplete: Bool
    /// What an incomplete log lacks; `null` in documents of versions that did not record it.
    @Nullable package var logCut: LogCut?
    @Nullable package var stats: ProgramStatistics?
    package var seconds: ProgramSeconds

    package init(
        name: String, type: String, verdict: Verdict, stage: Stage?, errno: Int32, cause: Cause?, log: String?,
        logComplete: Bool, logCut: LogCut? = nil, stats: ProgramStatistics?, explanation: Explanation? = nil,
        seconds: ProgramSeconds = ProgramSeconds()
    ) {
        self.name = name
        self.type = type
        self.verdict = verdict
        self.stage = stage
        self.errno = errno
        self.cause = cause
        self.explanation = explanation
        self.log = log
        self.logComplete = logComplete
        self.logCut = logCut
        self.stats = stats
        self.seconds = seconds
    }
}

/// Why a program was rejected, in the terms of the catalogue.
package struct Cause: Codable, Sendable, Hashable {
    /// An id from the catalogue: `size-negative`.
    package var id: String
    package var category: String
    /// The deciding line of the log.
    package var line: String
    /// The source line above it in the log, if the object has line info.
    @Nullable package var source: String?
    /// One sentence on what to change.
    package var advice: String
    /// The kernel version that introduced or changed the rule.
    @Nullable package var since: String?
    /// The rejected source line, or the first line of the program if the log names no instruction; `null` if the object
    /// has no line info or it does not match the log.
    @Nullable package var location: CodeLocation?

    package init(
        id: String, category: String, line: String, source: String?, advice: String, since: String?,
        location: CodeLocation? = nil
    ) {
        self.id = id
        self.category = category
        self.line = line
        self.source = source
        self.advice = advice
        self.since = since
        self.location = location
    }

    /// Decodes documents of versions that had no location.
    package init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            id: try values.decode(String.self, forKey: .id),
            category: try values.decode(String.self, forKey: .category),
            line: try values.decode(String.self, forKey: .line),
            source: try values.decodeIfPresent(String.self, forKey: .source),
            advice: try values.decode(String.self, forKey: .advice),
            since: try values.decodeIfPresent(String.self, forKey: .since),
            location: try values.decodeIfPresent(CodeLocation.self, forKey: .location))
    }
}

extension Cause {
    /// `bad-deref` of `bad-deref.copied`, which is the same message with a narrower reason.
    package var generalID: String { String(id.prefix { $0 != "." }) }

    /// Whether `other` names this cause, or the general one that it belongs to.
    package func isOrNarrows(_ other: String?) -> Bool { id == other || generalID == other }
}
