import MatrixModel

/// The contenders of a plan and their results.
struct Field {
    /// Oldest first.
    let kernels: [KernelRow]
    /// By name.
    let contenders: [Contender]
    /// By contender, the indexes of the kernels that it passes on.
    let passes: [Set<Int>]
    private let cells: [Place: CellResult]

    private struct Place: Hashable {
        var kernel: String
        var contender: Contender
    }

    init(_ cells: [CellResult], _ document: MatrixDocument) {
        let rows = Dictionary(document.kernels.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
        let ids = Set(rows.keys).union(cells.map(\.kernel))
        kernels = KernelOrder(ids).sorted(ids).map { id in
            rows[id]
                ?? KernelRow(
                    id: id, release: nil, family: "", btf: nil, start: nil, readySeconds: nil, status: .notMeasured,
                    reason: nil)
        }
        contenders = Set(cells.map(\.contender)).sorted()
        self.cells = Dictionary(
            cells.map { (Place(kernel: $0.kernel, contender: $0.contender), $0) },
            uniquingKeysWith: { first, _ in first })
        let kernels = kernels, lookup = self.cells
        passes = contenders.map { contender in
            Set(
                kernels.indices.filter {
                    lookup[Place(kernel: kernels[$0].id, contender: contender)]?.verdict == .pass
                })
        }
    }

    private func cell(_ kernel: KernelRow, _ contender: Contender) -> CellResult? {
        cells[Place(kernel: kernel.id, contender: contender)]
    }

    private func verdict(_ kernel: KernelRow, _ contender: Contender) -> Verdict {
        cell(kernel, contender)?.verdict ?? .notMeasured
    }

    func verdicts(on kernel: KernelRow) -> [Verdict] { contenders.map { verdict(kernel, $0) } }

    /// All that pass on `kernel`, best first: by the stage reached, then by the verifier's cost, then by name.
    ///
    /// An unknown cost (no kernel before 4.15 reports it) sorts last.
    private func ranking(on kernel: KernelRow) -> [Contender] {
        let passing = contenders.compactMap { contender in
            cell(kernel, contender).flatMap { $0.verdict == .pass ? (contender, $0) : nil }
        }
        return passing.sorted { left, right in
            let stages = (left.1.stage ?? .open, right.1.stage ?? .open)
            if stages.0 != stages.1 { return stages.0 > stages.1 }
            let costs = (left.1.instructions ?? .max, right.1.instructions ?? .max)
            return costs.0 == costs.1 ? left.0 < right.0 : costs.0 < costs.1
        }.map(\.0)
    }

    /// Indexes of contenders: by the number of kernels they pass on, then by wins, then by name.
    var preference: [Int] {
        let wins = wins
        return contenders.indices.sorted { left, right in
            if passes[left].count != passes[right].count { return passes[left].count > passes[right].count }
            let won = (wins[contenders[left]] ?? 0, wins[contenders[right]] ?? 0)
            return won.0 == won.1 ? left < right : won.0 > won.1
        }
    }

    private var wins: [Contender: Int] {
        kernels.reduce(into: [:]) { wins, kernel in
            if let winner = ranking(on: kernel).first { wins[winner, default: 0] += 1 }
        }
    }

    func choice(on kernel: KernelRow, cover: [Int]) -> KernelChoice {
        let ranking = ranking(on: kernel)
        let chosen = Set(cover.map { contenders[$0] })
        return KernelChoice(
            kernel: kernel.id, release: kernel.release, winner: ranking.first,
            stage: ranking.first.flatMap { cell(kernel, $0)?.stage }, fromCover: ranking.first(where: chosen.contains),
            passing: ranking, missing: contenders.filter { verdict(kernel, $0) == .notMeasured },
            isMeasured: contenders.contains { verdict(kernel, $0) != .notMeasured })
    }

    func standings(cover: [Int]) -> [ContenderStanding] {
        let wins = wins, preference = preference
        return contenders.indices.map { place in
            let contender = contenders[place]
            let verdicts = kernels.map { verdict($0, contender) }
            let better = cover.contains(place) ? nil : preference.first { dominates($0, place, preference) }
            let standing: ContenderStanding.Standing =
                if cover.contains(place) { .chosen } else if !passes[place].isEmpty {
                    better == nil ? .spare : .dominated
                } else { verdicts.allSatisfy { $0 == .notMeasured } ? .notMeasured : .passesNowhere }
            return ContenderStanding(
                contender: contender, standing: standing,
                by: standing == .dominated ? better.map { contenders[$0] } : nil, wins: wins[contender] ?? 0,
                support: SupportRange(kernels) { verdict($0, contender) })
        }
    }

    /// Whether `one` passes wherever `other` does and reaches the same stage; of two equal ones, the preferred one
    /// dominates.
    private func dominates(_ one: Int, _ other: Int, _ preference: [Int]) -> Bool {
        guard one != other, passes[one].isSuperset(of: passes[other]) else { return false }
        let stages = passes[other].map { place in
            let kernel = kernels[place]
            return (cell(kernel, contenders[one])?.stage ?? .open, cell(kernel, contenders[other])?.stage ?? .open)
        }
        guard stages.allSatisfy({ $0.0 >= $0.1 }) else { return false }
        let isEqual = passes[one] == passes[other] && stages.allSatisfy { $0.0 == $0.1 }
        return !isEqual || preference.firstIndex(of: one) ?? 0 < preference.firstIndex(of: other) ?? 0
    }
}

extension CellResult {
    var contender: Contender { Contender(variant: variant, loader: loader) }

    /// The instructions processed for all its programs; `nil` if the kernel does not report all of them.
    package var instructions: Int? {
        guard !programs.isEmpty else { return nil }
        var sum = 0
        for program in programs {
            guard let instructions = program.stats?.instructions else { return nil }
            sum += instructions
        }
        return sum
    }
}
