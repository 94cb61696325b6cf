package import MatrixModel

/// A cell that differs between two runs.
package struct CellChange: Codable, Sendable, Hashable {
    package enum Kind: String, Codable, Sendable, CaseIterable {
        /// The cell or one of its programs passed and no longer does, or was rejected and now hangs or crashes the
        /// kernel.
        case regression
        /// The cell or one of its programs passes now and did not before; nothing in it got worse.
        case fix
        /// Any other change: another failing stage, cause or errno, a pass that ends at another stage, or programs that
        /// were added or removed.
        case otherwise
        /// Only the later run has the cell.
        case new
        /// Only the earlier run has the cell.
        case gone
        /// Measured before, but not now.
        case noLongerMeasured
        /// Measured now, but not before.
        case newlyMeasured
    }

    package var kind: Kind
    package var kernel: String
    package var probe: String
    package var variant: String
    package var loader: String
    @Nullable package var from: CellState?
    @Nullable package var to: CellState?
    /// The changed programs; empty if only one run has or measured the cell.
    package var programs: [ProgramChange]
    /// Other differences between the runs that may explain the change.
    package var setting: Setting

    package var key: CellKey { CellKey(kernel: kernel, probe: probe, variant: variant, loader: loader) }

    /// `nil` if nothing changed.
    init?(_ pair: CellPair, setting: Setting) {
        programs = pair.isMeasuredTwice ? pair.programs.compactMap(ProgramChange.init) : []
        guard let kind = Self.kind(of: pair, programs) else { return nil }
        self.kind = kind
        kernel = pair.key.kernel
        probe = pair.key.probe
        variant = pair.key.variant
        loader = pair.key.loader
        from = pair.from.map(CellState.init)
        to = pair.to.map(CellState.init)
        self.setting = setting
    }

    private static func kind(of pair: CellPair, _ programs: [ProgramChange]) -> Kind? {
        guard let from = pair.from else { return .new }
        guard let to = pair.to else { return .gone }
        switch (from.isMeasured, to.isMeasured) {
        case (true, false): return .noLongerMeasured
        case (false, true): return .newlyMeasured
        case (false, false): return nil
        case (true, true): break
        }
        let steps = [(from.verdict, to.verdict)] + programs.compactMap(\.verdicts)
        if steps.contains(where: { $0.1.isWorse(than: $0.0) }) { return .regression }
        if steps.contains(where: { $0.0 != .pass && $0.1 == .pass }) { return .fix }
        return programs.isEmpty && from.verdict == to.verdict && from.stage == to.stage ? nil : .otherwise
    }
}

/// The state of a cell in one run.
package struct CellState: Codable, Sendable, Hashable {
    package var verdict: Verdict
    @Nullable package var stage: Stage?
    package var expected: Verdict
    package var asExpected: Bool
    /// Why it was not measured, or what the console showed.
    @Nullable package var reason: String?

    init(_ cell: CellResult) {
        verdict = cell.verdict
        stage = cell.stage
        expected = cell.expected
        asExpected = cell.asExpected
        reason = cell.reason
    }
}

/// A program that differs between two runs; `from` or `to` is missing if only one run has it.
package struct ProgramChange: Codable, Sendable, Hashable {
    package var name: String
    @Nullable package var from: ProgramState?
    @Nullable package var to: ProgramState?

    init?(_ name: String, _ from: ProgramResult?, _ to: ProgramResult?) {
        self.name = name
        self.from = from.map(ProgramState.init)
        self.to = to.map(ProgramState.init)
        if let from = self.from, let to = self.to, from.isSame(as: to) { return nil }
    }

    fileprivate var verdicts: (Verdict, Verdict)? {
        guard let from, let to else { return nil }
        return (from.verdict, to.verdict)
    }
}

package struct ProgramState: Codable, Sendable, Hashable {
    package var verdict: Verdict
    @Nullable package var stage: Stage?
    package var errno: Int32
    /// The cause's id.
    @Nullable package var cause: String?
    /// The deciding line of the log.
    @Nullable package var line: String?
    @Nullable package var instructions: Int?

    package init(_ program: ProgramResult) {
        verdict = program.verdict
        stage = program.stage
        errno = program.errno
        cause = program.cause?.id
        line = program.cause?.line
        instructions = program.stats?.instructions
    }

    /// Whether the result is the same, ignoring numbers and the text of the log, which contains registers and
    /// addresses.
    package func isSame(as other: ProgramState) -> Bool {
        verdict == other.verdict && stage == other.stage
            && (verdict == .pass || (errno == other.errno && cause == other.cause))
    }
}
