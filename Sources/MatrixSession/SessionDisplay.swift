package import GuestLink
package import KernelStore
package import MatrixModel

/// The output of a session while it runs.
package protocol SessionDisplay: Sendable {
    /// Shows the steps of a fetch while `body` runs.
    func fetching<Value: Sendable>(
        _ body: (@escaping @Sendable (KernelID, FetchStep) -> Void) async -> Value
    ) async -> Value

    /// Prepares for the cells that will be measured, with that many concurrent guests.
    ///
    /// `expected` contains durations from earlier runs, in seconds.
    func progress(of cells: [CellKey], expected: [CellKey: Double], guests: Int) -> any RunDisplay

    /// Prints a line about the next step.
    func say(_ line: String)
}

/// The output of one run while it is in progress.
package protocol RunDisplay: Sendable {
    typealias Instant = ContinuousClock.Instant

    mutating func guestUp(_ kernel: KernelID, hello: Hello, start: Start, readySeconds: Double, at now: Instant)
    mutating func cellBegan(_ cell: CellKey, at now: Instant)
    mutating func cellWillRepeat(_ cell: CellKey, at now: Instant)
    mutating func cellIsOver(_ result: CellResult, at now: Instant)
    /// Updates the display.
    func redraw(at now: Instant)
    mutating func end(at now: Instant)
}
