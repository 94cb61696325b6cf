/// Cells waiting for a guest, grouped by the kernel modules they need, with the most expensive first.
struct CellQueue {
    struct Entry: Sendable {
        var cell: PlannedCell
        /// The expected duration of the cell.
        var seconds: Double
        /// The cell's position in the plan, which decides between cells of the same cost.
        var position: Int
    }

    private struct Group {
        /// In the order of insertion.
        var modules: [GuestModule]
        /// The next entry to run is last.
        var entries: [Entry] = []
        var hasFailedInsertion = false

        var seconds: Double { entries.reduce(0) { $0 + $1.seconds } }
    }

    private var groups: [Group] = []

    init(_ entries: [Entry] = []) { add(entries) }

    var isEmpty: Bool { groups.allSatisfy(\.entries.isEmpty) }
    var seconds: Double { groups.reduce(0) { $0 + $1.seconds } }

    mutating func add(_ entries: [Entry]) {
        for entry in entries { groups[place(of: entry.cell.modules)].entries.append(entry) }
        for place in groups.indices {
            groups[place].entries.sort { ($0.seconds, -$0.position) < ($1.seconds, -$1.position) }
        }
    }

    func hasCells(wanting modules: [GuestModule]) -> Bool {
        groups.contains { $0.modules == modules && !$0.entries.isEmpty }
    }

    /// The next cell for a guest in which exactly `modules` are inserted.
    mutating func take(wanting modules: [GuestModule]) -> Entry? { groups[place(of: modules)].entries.popLast() }

    /// The modules of the group to continue with in a guest that has `inserted`; `nil` if no group of waiting cells
    /// needs all of those.
    ///
    /// Prefers the group that leaves the most choice for later, then the one with the fewest guests at work (`guests`),
    /// then the one with the most work.
    func modules(after inserted: [GuestModule], guests: ([GuestModule]) -> Int) -> [GuestModule]? {
        let possible = groups.filter { !$0.entries.isEmpty && Set($0.modules).isSuperset(of: inserted) }
        let smallest = possible.filter { group in
            !possible.contains { Set($0.modules).isStrictSubset(of: group.modules) }
        }
        return smallest.min { (guests($0.modules), -$0.seconds) < (guests($1.modules), -$1.seconds) }?.modules
    }

    /// Notes that a guest rejected `modules`, and returns whether that happened before.
    mutating func insertionFailed(_ modules: [GuestModule]) -> Bool {
        let place = place(of: modules)
        defer { groups[place].hasFailedInsertion = true }
        return groups[place].hasFailedInsertion
    }

    /// Removes and returns the cells that need exactly `modules`, in the order in which they would have run.
    mutating func removeAll(wanting modules: [GuestModule]) -> [PlannedCell] {
        let place = place(of: modules)
        defer { groups[place].entries = [] }
        return groups[place].entries.reversed().map(\.cell)
    }

    mutating func removeAll() -> [PlannedCell] {
        groups.map(\.modules).flatMap { removeAll(wanting: $0) }
    }

    private mutating func place(of modules: [GuestModule]) -> Int {
        if let place = groups.firstIndex(where: { $0.modules == modules }) { return place }
        groups.append(Group(modules: modules))
        return groups.count - 1
    }
}
