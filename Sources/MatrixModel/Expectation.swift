/// The kernels that a rule applies to: `*`, an id or glob (`debian-*`), or comparisons separated by commas
/// (`>=5.4, <5.10`).
package struct KernelSelector: Sendable, Hashable, CustomStringConvertible {
    package enum Comparison: String, Sendable, CaseIterable {
        // Longer operators first: `>=` would otherwise be parsed as `>`.
        case atLeast = ">=", atMost = "<=", above = ">", below = "<", exactly = "="
    }

    private enum Rule: Hashable {
        case glob(Glob)
        case all([Bound])
    }

    private struct Bound: Hashable {
        var comparison: Comparison
        var release: KernelRelease
        /// How many numbers the bound has: `=5.10` matches every 5.10.y.
        var precision: Int
    }

    private let rule: Rule
    package let description: String

    /// `nil` if a part starts with a comparison that is not followed by a version.
    package init?(_ text: String) {
        description = text
        let parts = text.split(separator: ",").map { $0.filter { !$0.isWhitespace } }
        let isRange = parts.contains { part in Comparison.allCases.contains { part.hasPrefix($0.rawValue) } }
        guard isRange else {
            rule = .glob(Glob(text))
            return
        }
        var bounds: [Bound] = []
        for part in parts {
            guard let comparison = Comparison.allCases.first(where: { part.hasPrefix($0.rawValue) }) else { return nil }
            let version = part.dropFirst(comparison.rawValue.count)
            let numbers = version.split(separator: ".", omittingEmptySubsequences: false)
            guard numbers.count <= 3, numbers.allSatisfy({ Int($0) != nil }), let release = KernelRelease(version)
            else { return nil }
            bounds.append(Bound(comparison: comparison, release: release, precision: numbers.count))
        }
        rule = .all(bounds)
    }

    /// Whether the rule matches kernel `id` with the reported `release` (or, for `nil`, the labelled version).
    package func matches(id: KernelID, release: KernelRelease?) -> Bool {
        switch rule {
        case .glob(let glob): glob.matches(id.text)
        case .all(let bounds): bounds.allSatisfy { Self.holds($0, for: release ?? id.labelled) }
        }
    }

    private static func holds(_ bound: Bound, for release: KernelRelease) -> Bool {
        let version = bound.precision == 2 ? KernelRelease(release.major, release.minor) : release
        return switch bound.comparison {
        case .atLeast: version >= bound.release
        case .atMost: version <= bound.release
        case .above: version > bound.release
        case .below: version < bound.release
        case .exactly: version == bound.release
        }
    }
}

/// A rule of `expect` in a manifest.
package struct Expectation: Sendable, Hashable {
    package var kernels: KernelSelector
    /// `nil` for all loaders.
    package var loaders: [Glob]?
    /// `nil` for `any`: every verdict is as expected.
    package var verdict: Verdict?
    /// The id of the expected cause, `nil` for any.
    package var cause: String?
    /// The stage at which the failure is expected, `nil` for any.
    package var stage: Stage?
    /// The reason, for readers of the report.
    package var reason: String?
    /// The last day on which the rule applies; `nil` without a limit.
    package var expires: Day?
    /// The rule's position; `nil` for a rule that is in no manifest.
    package var origin: ExpectationOrigin?
    /// Whether the run is later than `expires`: the rule is reported and excuses nothing.
    package fileprivate(set) var hasExpired = false

    package init(
        kernels: KernelSelector, loaders: [Glob]? = nil, verdict: Verdict?, cause: String? = nil, stage: Stage? = nil,
        reason: String? = nil, expires: Day? = nil, origin: ExpectationOrigin? = nil
    ) {
        self.kernels = kernels
        self.loaders = loaders
        self.verdict = verdict
        self.cause = cause
        self.stage = stage
        self.reason = reason
        self.expires = expires
        self.origin = origin
    }
}

/// The position of a rule of `expect`, for those who have to change it.
package struct ExpectationOrigin: Sendable, Hashable {
    /// The manifest, short enough for a line: `readline/probe.yaml`.
    package var file: String
    package var line: Int
    /// The variants that the rule applies to, as written: `plain, wi*`.
    package var variants: String

    package init(file: String, line: Int, variants: String) {
        self.file = file
        self.line = line
        self.variants = variants
    }
}

extension Expectation {
    /// Whether the rule applies to the loader of that name.
    fileprivate func isAbout(_ loader: LoaderName) -> Bool { loaders?.contains { $0.isAbout(loader) } ?? true }

    /// Whether the rule accepts any failure.
    fileprivate var isOfAnyFailure: Bool { cause == nil && stage == nil }

    /// Whether `program` failed at the stage and with the cause that the rule names.
    fileprivate func isMet(by program: ProgramResult) -> Bool {
        program.verdict == .fail && (cause == nil || program.cause?.isOrNarrows(cause) == true)
            && (stage == nil || program.stage == stage)
    }
}

extension [Expectation] {
    /// The first matching rule for the kernel and the loader that has not expired; without one, a probe is expected to
    /// pass.
    package func rule(for id: KernelID, release: KernelRelease?, loader: LoaderName) -> Expectation {
        first { !$0.hasExpired && $0.isAbout(loader) && $0.kernels.matches(id: id, release: release) }
            ?? Expectation(kernels: .everyKernel, verdict: .pass)
    }

    /// The first matching rule for the kernel and the loader, if it has expired.
    package func expiredRule(for id: KernelID, release: KernelRelease?, loader: LoaderName) -> Expectation? {
        first { $0.isAbout(loader) && $0.kernels.matches(id: id, release: release) }.flatMap {
            $0.hasExpired ? $0 : nil
        }
    }

    /// The same rules on `day`: those past their last day no longer excuse anything.
    package func on(_ day: Day) -> [Expectation] {
        map { rule in
            var rule = rule
            rule.hasExpired = rule.expires.map { $0 < day } ?? false
            return rule
        }
    }

    /// For a kernel without a gate.
    package static let anything = [
        Expectation(kernels: .everyKernel, verdict: nil, reason: "the kernel's manifest sets 'gate: false'")
    ]
}

extension KernelSelector {
    package static let everyKernel = KernelSelector(glob: "*")

    private init(glob: String) {
        rule = .glob(Glob(glob))
        description = glob
    }
}

extension CellResult {
    /// The same result with its expectation, from the rules of its variant.
    ///
    /// `release` is what the kernel's guest reported, `nil` if none did; `named` are the run's loaders
    /// (`Sequence<LoaderRow>.byNameOfCells`), because rules can name versions of their libraries.
    package func held(
        against rules: [Expectation], on kernel: KernelID, release: KernelRelease?, named: [String: LoaderName] = [:]
    ) -> CellResult {
        let loader = named[loader] ?? LoaderName(loader)
        var result = held(against: rules.rule(for: kernel, release: release, loader: loader))
        guard !result.asExpected, let expired = rules.expiredRule(for: kernel, release: release, loader: loader),
            let expires = expired.expires, held(against: expired).asExpected
        else { return result }
        result.expectedReason = "expired exception (until \(expires))" + (expired.reason.map { ": \($0)" } ?? "")
        return result
    }

    /// The same result, with whether it is what `rule` expects.
    ///
    /// A cell that was not measured is never as expected.
    package func held(against rule: Expectation) -> CellResult {
        var result = self
        result.expected = rule.verdict ?? (verdict == .notMeasured ? .pass : verdict)
        result.expectedReason = rule.reason
        result.asExpected =
            verdict == result.expected
            && (verdict != .fail || rule.isOfAnyFailure || programs.contains(where: rule.isMet))
        return result
    }
}
