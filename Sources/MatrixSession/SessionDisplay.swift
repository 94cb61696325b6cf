package import GuestLink
package import KernelStore
package import MatrixModel

/// What people see of a session while they wait.
package protocol SessionDisplay: Sendable {
    /// Shows the steps of a fetch for as long as `body` takes.
    func fetching<Value: Sendable>(
        _ body: (@escaping @Sendable (KernelID, FetchStep) -> Void) async -> Value
    ) async -> Value

    /// Prepares for the cells that will be measured, with that many guests at once.
    ///
    /// `expected` has the seconds that some of them took in earlier runs.
    func progress(of cells: [CellKey], expected: [CellKey: Double], guests: Int) -> any RunDisplay

    /// A line about what comes next.
    func say(_ line: String)
}

/// What people see of one run.
package protocol RunDisplay: Sendable {
    typealias Instant = ContinuousClock.Instant

    mutating func guestUp(_ kernel: KernelID, hello: Hello, start: Start, readySeconds: Double, at now: Instant)
    mutating func cellBegan(_ cell: CellKey, at now: Instant)
    mutating func cellWillRepeat(_ cell: CellKey, at now: Instant)
    mutating func cellIsOver(_ result: CellResult, at now: Instant)
    /// Shows what is true now.
    func redraw(at now: Instant)
    mutating func end(at now: Instant)
}
