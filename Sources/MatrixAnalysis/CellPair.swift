import MatrixModel

/// A cell in two runs.
struct CellPair {
    var key: CellKey
    var from: CellResult?
    var to: CellResult?

    var isMeasuredTwice: Bool { from?.isMeasured == true && to?.isMeasured == true }

    /// Programs by name, in the order of the later run, followed by those that are gone.
    ///
    /// A program that was not measured counts as missing.
    var programs: [(name: String, from: ProgramResult?, to: ProgramResult?)] {
        let old = Self.byName(from), new = Self.byName(to)
        let names = (to?.programs ?? []).map(\.name) + (from?.programs ?? []).map(\.name).filter { new[$0] == nil }
        var seen: Set<String> = []
        return names.filter { seen.insert($0).inserted }.map { ($0, old[$0], new[$0]) }
            .filter { $0.from != nil || $0.to != nil }
    }

    private static func byName(_ cell: CellResult?) -> [String: ProgramResult] {
        Dictionary(
            (cell?.programs ?? []).filter { $0.verdict != .notMeasured }.map { ($0.name, $0) },
            uniquingKeysWith: { first, _ in first })
    }

    /// Every cell of the two runs, by probe, variant, loader, and kernels oldest first.
    static func all(from: MatrixDocument, to: MatrixDocument) -> [CellPair] {
        var pairs: [CellKey: CellPair] = [:]
        for cell in from.cells { pairs[cell.key, default: CellPair(key: cell.key)].from = cell }
        for cell in to.cells { pairs[cell.key, default: CellPair(key: cell.key)].to = cell }
        let order = KernelOrder((from.kernels + to.kernels).map(\.id) + pairs.keys.map(\.kernel))
        return pairs.values.sorted { left, right in
            let rows = (left.key.probe, left.key.variant, left.key.loader)
            let others = (right.key.probe, right.key.variant, right.key.loader)
            return rows == others ? order[left.key.kernel] < order[right.key.kernel] : rows < others
        }
    }
}

extension CellResult {
    var isMeasured: Bool { verdict != .notMeasured }
}

/// The order of kernels: by the version in the id; invalid ids come last.
struct KernelOrder {
    private let places: [String: Int]

    init(_ ids: some Sequence<String>) {
        let sorted = Set(ids).sorted { left, right in
            switch (KernelID(left), KernelID(right)) {
            case (let left?, let right?): left < right
            case (_?, nil): true
            case (nil, _?): false
            case (nil, nil): left < right
            }
        }
        places = Dictionary(uniqueKeysWithValues: sorted.enumerated().map { ($1, $0) })
    }

    subscript(id: String) -> Int { places[id] ?? places.count }

    func sorted(_ ids: some Sequence<String>) -> [String] { ids.sorted { self[$0] < self[$1] } }
}
