/// A rule of `expect`, and whether a run needed it.
package struct ExceptionRow: Codable, Sendable, Hashable {
    package enum State: String, Codable, Sendable, CaseIterable {
        /// It decided the expectation of some cell; a rule that expects `any` excused a verdict other than pass.
        case used
        /// Every cell was measured, and the rule excuses none: it can be removed.
        case unneeded
        /// It has expired: its cells are compared with the rules after it.
        case expired
        /// Unknown from this run: cells were not selected, not measured, or are on a kernel with `gate: false`; or the
        /// rule names versions of libraries that were not run.
        case untested
    }

    package var probe: String
    /// The manifest that contains it: `readline/probe.yaml`.
    package var file: String
    package var line: Int
    /// As written in the manifest, `*` for all.
    package var variants: String
    package var kernels: String
    package var loaders: String
    /// `null` for `any`.
    @Nullable package var verdict: Verdict?
    @Nullable package var stage: Stage?
    /// An id from the catalogue.
    @Nullable package var cause: String?
    @Nullable package var reason: String?
    /// The last day on which it applies, `2026-12-31`.
    @Nullable package var expires: String?
    package var state: State
    /// The number of measured cells it decided or, if expired, would have decided.
    package var cells: Int

    package init(
        probe: String, file: String, line: Int, variants: String, kernels: String, loaders: String = "*",
        verdict: Verdict?, stage: Stage? = nil, cause: String? = nil, reason: String?, expires: String?, state: State,
        cells: Int
    ) {
        self.probe = probe
        self.file = file
        self.line = line
        self.variants = variants
        self.kernels = kernels
        self.loaders = loaders
        self.verdict = verdict
        self.stage = stage
        self.cause = cause
        self.reason = reason
        self.expires = expires
        self.state = state
        self.cells = cells
    }
}

/// Determines which rules a run needed.
package struct ExceptionCount: Sendable {
    /// A variant that was run, and its expectations on the day of the run.
    package struct Variant: Sendable {
        package var probe: String
        package var name: String
        package var expectations: [Expectation]

        package init(probe: String, name: String, expectations: [Expectation]) {
            self.probe = probe
            self.name = name
            self.expectations = expectations
        }
    }

    private struct Rule: Hashable {
        var probe: String
        var origin: ExpectationOrigin
    }

    private struct Tally {
        var measured: [Verdict] = []
        /// Cells that the rule would decide if they had been measured on a kernel with a gate.
        var open = 0
    }

    private let variants: [Variant]
    /// The loaders that were run.
    private let loaders: Set<LoaderName>
    private var tallies: [Rule: Tally] = [:]

    /// - Parameters:
    ///   - variants: All variants of the run.
    ///   - document: The results of the run.
    ///   - isOfGate: Whether a kernel's verdicts can be unexpected.
    package init(of variants: [Variant], in document: MatrixDocument, isOfGate: (String) -> Bool) {
        self.variants = variants
        let rules = Dictionary(
            variants.map { ("\($0.probe)/\($0.name)", $0.expectations) }, uniquingKeysWith: { first, _ in first })
        let releases = Dictionary(
            document.kernels.map { ($0.id, $0.release.flatMap { KernelRelease($0) }) },
            uniquingKeysWith: { first, _ in first })
        let names = document.loaders.byNameOfCells
        let loader = { (cell: CellResult) in names[cell.loader] ?? LoaderName(cell.loader) }
        loaders = Set(document.cells.map(loader))
        for cell in document.cells {
            guard let id = KernelID(cell.kernel), let rules = rules["\(cell.probe)/\(cell.variant)"] else { continue }
            let release = releases[cell.kernel] ?? nil
            let loader = loader(cell)
            let counts = cell.verdict != .notMeasured && isOfGate(cell.kernel)
            let deciding = [
                rules.rule(for: id, release: release, loader: loader),
                rules.expiredRule(for: id, release: release, loader: loader),
            ]
            for rule in deciding {
                guard let origin = rule?.origin else { continue }
                let key = Rule(probe: cell.probe, origin: origin)
                if counts {
                    tallies[key, default: Tally()].measured.append(cell.verdict)
                } else {
                    tallies[key, default: Tally()].open += 1
                }
            }
        }
    }

    /// One row per rule, in the order of the variants and of their rules.
    ///
    /// `isWhole` is whether the run was complete: a partial run cannot prove that a rule is unneeded.
    package func rows(isWhole: Bool) -> [ExceptionRow] {
        var seen: Set<Rule> = []
        var rows: [(Rule, ExceptionRow)] = []
        for variant in variants {
            for rule in variant.expectations {
                guard let origin = rule.origin else { continue }
                let key = Rule(probe: variant.probe, origin: origin)
                guard seen.insert(key).inserted else { continue }
                rows.append((key, row(of: rule, key, isWhole: isWhole)))
            }
        }
        // Rules of the second variant may precede those of the first.
        return rows.enumerated().sorted { left, right in
            left.element.0.probe == right.element.0.probe && left.element.0.origin.file == right.element.0.origin.file
                ? left.element.0.origin.line < right.element.0.origin.line : left.offset < right.offset
        }.map(\.element.1)
    }

    /// Whether it names versions of libraries that were not run: a run of other versions proves nothing about it.
    private func isOfVersionsNotRun(_ rule: Expectation) -> Bool {
        guard let globs = rule.loaders, globs.allSatisfy(\.namesVersion) else { return false }
        return !loaders.contains { loader in globs.contains { $0.isAbout(loader) } }
    }

    private func row(of rule: Expectation, _ key: Rule, isWhole: Bool) -> ExceptionRow {
        let tally = tallies[key] ?? Tally()
        let excuses = rule.verdict == nil ? tally.measured.contains { $0 != .pass } : !tally.measured.isEmpty
        let state: ExceptionRow.State =
            if rule.hasExpired { .expired } else if excuses {
                .used
            } else if isWhole && tally.open == 0
                && !isOfVersionsNotRun(rule)
            {
                .unneeded
            } else {
                .untested
            }
        return ExceptionRow(
            probe: key.probe, file: key.origin.file, line: key.origin.line, variants: key.origin.variants,
            kernels: "\(rule.kernels)",
            loaders: rule.loaders.map { $0.map(\.description).joined(separator: ", ") } ?? "*", verdict: rule.verdict,
            stage: rule.stage, cause: rule.cause,
            reason: rule.reason, expires: rule.expires.map { "\($0)" }, state: state, cells: tally.measured.count)
    }
}
