import Glibc
import MatrixModel
import Testing

@testable import Reports

/// Ten times the cells take about ten times as long, and no hundred times.
///
/// By the processor's time of this thread: on a busy machine the longer of two takes is interrupted more often.
@Suite(.serialized) struct GrowthTests {
    @Test(arguments: ["csv", "markdown", "junit", "sarif", "github"]) func formatsGrowWithTheirCells(format: String)
        throws
    {
        func seconds(_ document: MatrixDocument) throws -> Double {
            let times = try (0..<3).map { _ in
                let began = Self.processorSeconds
                switch format {
                case "csv": _ = CSVReport.render(document)
                case "markdown": _ = MarkdownReport.render(document)
                case "junit": _ = try JUnitReport.render(document) { _ in LogEnds("a log\n") }
                case "sarif": _ = try SARIFReport.render(document, rules: []) { _ in nil }
                default: _ = GitHubCommands.render(document)
                }
                return Self.processorSeconds - began
            }
            return times.min() ?? 0
        }
        let few = try seconds(HostileRun.large(kernels: 100, variants: 10))
        let many = try seconds(HostileRun.large(kernels: 100, variants: 100))
        // A clock and a busy machine get their share.
        #expect(many < 40 * few + 0.1, "\(few) s, then \(many) s")
    }

    private static var processorSeconds: Double {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
}
