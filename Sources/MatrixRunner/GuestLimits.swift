/// How many guests a run may have at once.
package struct GuestLimits: Equatable, Sendable {
    /// How many may work at the same time.
    package var working: Int
    /// How many may be running, including idle ones whose cell waits for an event.
    package var up: Int

    /// Allows `working` guests at work, and at most `up` guests in total.
    package init(working: Int, up: Int) {
        self.working = max(1, working)
        self.up = max(self.working, up)
    }

    /// Allows that many guests, idle or not.
    package init(_ guests: Int) { self.init(working: guests, up: guests) }
}
