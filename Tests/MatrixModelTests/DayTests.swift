import MatrixModel
import Testing

@Suite struct DayTests {
    @Test(arguments: ["2026-12-31", "2024-02-29", "2000-02-29", "0001-01-01"])
    func textRoundTrips(text: String) throws {
        #expect(try #require(Day(text)).description == text)
    }

    @Test(arguments: [
        "", "2026", "2026-12", "2026-13-01", "2026-00-10", "2026-02-29", "1900-02-29", "2026-04-31", "2026-01-00",
        "26-01-01", "2026-1-1", "2026-01-01T00:00:00Z", "+026-01-01", "2026-+1-01", "tomorrow", "2026/01/01",
    ])
    func rejectsInvalidDays(text: String) { #expect(Day(text) == nil) }

    @Test func daysAreInOrder() throws {
        let days = try ["2025-12-31", "2026-01-01", "2026-01-02", "2026-02-01"].map { try #require(Day($0)) }
        #expect(days.shuffled().sorted() == days)
    }
}
