import MatrixAnalysis
import MatrixModel

/// Cells of one variant that changed in the same way, on several kernels.
struct ChangeGroup {
    var kind: CellChange.Kind
    var row: RowKey
    /// Both sides as text; empty for a missing side.
    var from: String
    var to: String
    /// The changed program and the deciding line; from the first kernel if kernels differ.
    var details: [String]
    /// Other changes, which differ between kernels.
    var settings: [String]
    /// Oldest first.
    var kernels: [String]

    private struct Key: Hashable {
        var row: RowKey
        var from: String
        var to: String
        var programs: [String]
    }

    /// Groups of changes of one kind, in their order.
    static func all(_ changes: [CellChange]) -> [ChangeGroup] {
        var groups: [ChangeGroup] = []
        var places: [Key: Int] = [:]
        for change in changes {
            let words = ChangeWords(change)
            let row = RowKey(probe: change.probe, variant: change.variant, loader: change.loader)
            let key = Key(row: row, from: words.from, to: words.to, programs: words.programs)
            let settings = words.settings(of: change)
            if let place = places[key] {
                groups[place].kernels.append(change.kernel)
                groups[place].settings += settings.filter { !groups[place].settings.contains($0) }
            } else {
                places[key] = groups.count
                groups.append(
                    ChangeGroup(
                        kind: change.kind, row: row, from: words.from, to: words.to, details: words.details,
                        settings: settings, kernels: [change.kernel]))
            }
        }
        return groups
    }

    var name: String { "\(row.probe)/\(row.variant) (\(row.loader))" }
}

/// One change as text.
struct ChangeWords {
    let from: String
    let to: String
    /// Each changed program before and after, for cells in which the programs differ from the cell itself.
    let programs: [String]
    let details: [String]

    init(_ change: CellChange) {
        let sides = (change.from, change.to)
        let showsStage = sides.0?.verdict == .pass && sides.1?.verdict == .pass
        from = Self.words(change.from, change.programs.compactMap(\.from), showsStage: showsStage)
        to = Self.words(change.to, change.programs.compactMap(\.to), showsStage: showsStage)
        let isTold = change.programs.count == 1 && from != to
        programs = isTold ? [] : change.programs.map { "\($0.name): \(Self.words($0.from)) → \(Self.words($0.to))" }
        details =
            isTold
            ? change.programs.compactMap(\.to?.line)
            : zip(programs, change.programs).flatMap { words, program in
                [words] + (program.to?.line.map { ["  \($0)"] } ?? [])
            }
    }

    /// Irrelevant if there is nothing to explain.
    func settings(of change: CellChange) -> [String] {
        guard [.regression, .fix, .otherwise].contains(change.kind) else { return [] }
        let kernel = change.setting.kernelRelease.map { "another kernel: \(change.kernel) is \($0.to), was \($0.from)" }
        let loader = change.setting.loaderVersion.map { "another \(change.loader): \($0.to), was \($0.from)" }
        return [kernel, loader].compactMap(\.self)
    }

    private static func words(_ state: CellState?, _ programs: [ProgramState], showsStage: Bool) -> String {
        guard let state else { return "" }
        let stage = state.stage.map { " at \($0.rawValue)" } ?? ""
        switch state.verdict {
        case .pass: return "pass" + (showsStage ? stage : "")
        case .notMeasured: return "not measured" + (state.reason.map { ": \($0)" } ?? "")
        case .crash, .timeout: return state.verdict.rawValue + stage
        case .fail:
            let causes = programs.filter { $0.verdict == .fail }.compactMap(\.why)
            return "fail" + stage + (causes.isEmpty ? "" : ": " + causes.withoutRepeats.joined(separator: ", "))
        }
    }

    private static func words(_ program: ProgramState?) -> String {
        guard let program else { return "missing" }
        let stage = program.stage.map { " at \($0.rawValue)" } ?? ""
        return program.verdict == .pass
            ? "pass" : program.verdict.rawValue + stage + (program.why.map { ": \($0)" } ?? "")
    }
}

extension ProgramState {
    /// The id of the cause, or else the name of the errno.
    fileprivate var why: String? {
        verdict == .fail ? cause ?? (errno == 0 ? nil : LinuxErrno(number: errno).name) : nil
    }
}

extension [String] {
    fileprivate var withoutRepeats: [String] {
        var seen: Set<String> = []
        return filter { seen.insert($0).inserted }
    }
}

extension CellChange.Kind {
    /// In the order of the output.
    static let told: [CellChange.Kind] = [
        .regression, .fix, .otherwise, .noLongerMeasured, .newlyMeasured, .new, .gone,
    ]

    func count(_ number: Int) -> String {
        switch self {
        case .regression: number == 1 ? "1 regression" : "\(number) regressions"
        case .fix: number == 1 ? "1 fix" : "\(number) fixes"
        case .otherwise: number == 1 ? "1 other change" : "\(number) other changes"
        case .new: "\(number) new"
        case .gone: "\(number) gone"
        case .noLongerMeasured: "\(number) no longer measured"
        case .newlyMeasured: "\(number) measured now, but not before"
        }
    }

    /// The symbol for a cell with such a change.
    var symbol: String {
        switch self {
        case .regression: "✗"
        case .fix: "✓"
        case .otherwise: "≠"
        case .new: "+"
        case .gone: "-"
        case .noLongerMeasured, .newlyMeasured: "·"
        }
    }
}

/// The lines about kernels, loaders and numbers.
extension RunComparison {
    /// For example `99 cells compared: 1 regression, 2 fixes`.
    var summary: String {
        let cells = compared == 1 ? "1 cell compared" : "\(compared) cells compared"
        let parts = CellChange.Kind.told.compactMap { kind in
            counts[kind.rawValue].flatMap { $0 == 0 ? nil : kind.count($0) }
        }
        return "\(cells): \(parts.isEmpty ? "no change" : parts.joined(separator: ", "))"
    }

    var kernelWords: [String] {
        kernels.map { change in
            let release = change.release.map { "\($0.from) → \($0.to)" }
            return "\(change.id): "
                + [Self.words(change.from?.rawValue, change.to?.rawValue, change.reason), release]
                .compactMap(\.self).joined(separator: ", ")
        }
    }

    var loaderWords: [String] {
        loaders.map { change in
            let version = change.version.map { "\($0.from) → \($0.to)" }
            return "\(change.name): "
                + [Self.words(change.from?.rawValue, change.to?.rawValue, change.reason), version]
                .compactMap(\.self).joined(separator: ", ")
        }
    }

    private static func words(_ from: String?, _ to: String?, _ reason: String?) -> String? {
        switch (from, to) {
        case (nil, _): "new"
        case (_, nil): "gone"
        case (let from?, let to?) where from != to:
            (to == "notMeasured" ? "no longer measured" : to == "missing" ? "missing now" : "\(to) now")
                + (reason.map { " (\($0))" } ?? "")
        default: nil
        }
    }
}

/// A number of one variant that is the same on several kernels.
struct NumberGroup {
    /// `+` for new entries.
    var mark: String
    var name: String
    var kernels: [String]
    var words: String

    static func all(_ growths: [InstructionGrowth]) -> [NumberGroup] {
        grouped(
            growths.map { growth in
                let words = "\(growth.program): \(growth.from) → \(growth.to) instructions (+\(growth.percent.plain) %)"
                return (growth.cell, "+", words)
            })
    }

    static func all(_ programs: [LowHeadroom]) -> [NumberGroup] {
        grouped(
            programs.map { program in
                let before = program.from.map { ", \($0.plain) % before" } ?? ""
                let words =
                    "\(program.program): \(program.to.plain) % of \(program.limit) instructions left\(before)"
                return (program.cell, program.isNew ? "+" : " ", words)
            })
    }

    private static func grouped(_ numbers: [(cell: CellKey, mark: String, words: String)]) -> [NumberGroup] {
        var groups: [NumberGroup] = []
        for (cell, mark, words) in numbers {
            let name = "\(cell.probe)/\(cell.variant) (\(cell.loader))"
            if let place = groups.firstIndex(where: { $0.mark == mark && $0.name == name && $0.words == words }) {
                groups[place].kernels.append(cell.kernel)
            } else {
                groups.append(NumberGroup(mark: mark, name: name, kernels: [cell.kernel], words: words))
            }
        }
        return groups
    }
}
