import MatrixModel

/// Abbreviates a list of kernels: `ubuntu-5.4, debian-5.10…6.18`.
struct KernelSpans {
    /// Neighbors within a family, which a span can cover.
    private var families: [(name: String, ids: [String])] = []
    private let all: Set<String>
    private let measured: Set<String>

    init(_ kernels: [KernelRow]) {
        self.init(
            kernels.map { ($0.id, $0.family) }, measured: kernels.filter { $0.status == .measured }.map(\.id))
    }

    /// All kernels, oldest first, whether or not they were measured.
    init(ids: [String]) {
        self.init(ids.map { ($0, KernelID($0)?.family ?? $0) }, measured: ids)
    }

    private init(_ kernels: [(id: String, family: String)], measured: [String]) {
        all = Set(kernels.map(\.id))
        self.measured = Set(measured)
        for kernel in kernels {
            if let place = families.firstIndex(where: { $0.name == kernel.family }) {
                families[place].ids.append(kernel.id)
            } else {
                families.append((kernel.family, [kernel.id]))
            }
        }
    }

    func words(for ids: [String]) -> String {
        let wanted = Set(ids)
        if wanted.count > 2, wanted == measured { return measured == all ? "every kernel" : "every measured kernel" }
        let spans = families.flatMap { family in
            family.ids.split { !wanted.contains($0) }.flatMap(words(forNeighbours:))
        }
        let strangers = ids.filter { !all.contains($0) }
        return (spans + strangers).joined(separator: ", ")
    }

    private func words(forNeighbours ids: ArraySlice<String>) -> [String] {
        guard ids.count > 2, let first = ids.first, let last = ids.last, let id = KernelID(last) else {
            return Array(ids)
        }
        return ["\(first)…\(last.dropFirst(id.family.count + 1))"]
    }
}
