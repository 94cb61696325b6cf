/// Which kernels a rule is about: `*`, an id or glob (`debian-*`), or comparisons joined by commas (`>=5.4, <5.10`).
package struct KernelSelector: Sendable, Hashable, CustomStringConvertible {
    package enum Comparison: String, Sendable, CaseIterable {
        // Longer signs first: `>=` would otherwise be read as `>`.
        case atLeast = ">=", atMost = "<=", above = ">", below = "<", exactly = "="
    }

    private enum Rule: Hashable {
        case glob(Glob)
        case all([Bound])
    }

    private struct Bound: Hashable {
        var comparison: Comparison
        var release: KernelRelease
        /// How many numbers the bound was written with: `=5.10` holds for every 5.10.y.
        var precision: Int
    }

    private let rule: Rule
    package let description: String

    /// `nil` when a part starts with a comparison and no version follows.
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
    /// `nil` when it speaks of every loader.
    package var loaders: [Glob]?
    /// `nil` for `any`: every verdict is as expected.
    package var verdict: Verdict?
    /// The id of the cause that the failure must have, `nil` for any.
    package var cause: String?
    /// Where the failure must be, `nil` for anywhere.
    package var stage: Stage?
    /// Why this is expected, for whoever reads the report.
    package var reason: String?
    /// The last day on which it holds; `nil` for ever.
    package var expires: Day?
    /// Where it stands; `nil` for a rule that no manifest has.
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

/// Where a rule of `expect` stands, for whoever has to change it.
package struct ExpectationOrigin: Sendable, Hashable {
    /// The manifest, short enough for a line: `readline/probe.yaml`.
    package var file: String
    package var line: Int
    /// The variants that it is about, as they are written: `plain, wi*`.
    package var variants: String

    package init(file: String, line: Int, variants: String) {
        self.file = file
        self.line = line
        self.variants = variants
    }
}

extension Expectation {
    /// Whether the rule speaks of what the loader of that name does.
    fileprivate func isAbout(_ loader: LoaderName) -> Bool { loaders?.contains { $0.isAbout(loader) } ?? true }

    /// Whether any failure will do.
    fileprivate var isOfAnyFailure: Bool { cause == nil && stage == nil }

    /// Whether `program` failed where and why the rule says.
    fileprivate func isMet(by program: ProgramResult) -> Bool {
        program.verdict == .fail && (cause == nil || program.cause?.isOrNarrows(cause) == true)
            && (stage == nil || program.stage == stage)
    }
}

extension [Expectation] {
    /// The first rule that speaks of the kernel and the loader and has not expired; where none does, a probe is expected to
    /// pass.
    package func rule(for id: KernelID, release: KernelRelease?, loader: LoaderName) -> Expectation {
        first { !$0.hasExpired && $0.isAbout(loader) && $0.kernels.matches(id: id, release: release) }
            ?? Expectation(kernels: .everyKernel, verdict: .pass)
    }

    /// The first rule that speaks of the kernel and the loader, where that one has expired.
    package func expiredRule(for id: KernelID, release: KernelRelease?, loader: LoaderName) -> Expectation? {
        first { $0.isAbout(loader) && $0.kernels.matches(id: id, release: release) }.flatMap {
            $0.hasExpired ? $0 : nil
        }
    }

    /// The same rules on `day`: those whose last day is over no longer excuse anything.
    package func on(_ day: Day) -> [Expectation] {
        map { rule in
            var rule = rule
            rule.hasExpired = rule.expires.map { $0 < day } ?? false
            return rule
        }
    }

    /// For a kernel that is no part of the gate.
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
    /// `release` is what that kernel's guest said, `nil` when none ever did; `named` are the run's loaders
    /// (`Sequence<LoaderRow>.byNameOfCells`): rules can be about versions of their libraries.
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

    /// The same result, told whether it is what `rule` expects.
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
