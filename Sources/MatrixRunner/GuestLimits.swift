/// How many guests a run may have at once.
package struct GuestLimits: Equatable, Sendable {
    /// How many may be at work.
    package var working: Int
    /// How many may be up, including those that are idle while a cell waits for an event.
    package var up: Int

    /// Allows `working` guests at work, and at most `up` guests altogether.
    package init(working: Int, up: Int) {
        self.working = max(1, working)
        self.up = max(self.working, up)
    }

    /// Allows that many guests, idle or not.
    package init(_ guests: Int) { self.init(working: guests, up: guests) }
}
