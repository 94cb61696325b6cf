import MatrixModel
import Testing

@testable import Reports

/// Ten times the cells take about ten times as long, and no hundred times.
@Suite(.serialized) struct GrowthTests {
    @Test(arguments: ["csv", "markdown", "junit", "sarif", "github"]) func formatsGrowWithTheirCells(format: String)
        throws
    {
        func seconds(_ document: MatrixDocument) throws -> Double {
            let times = try (0..<3).map { _ in
                try ContinuousClock().measure {
                    switch format {
                    case "csv": _ = CSVReport.render(document)
                    case "markdown": _ = MarkdownReport.render(document)
                    case "junit": _ = try JUnitReport.render(document) { _ in LogEnds("a log\n") }
                    case "sarif": _ = try SARIFReport.render(document, rules: []) { _ in nil }
                    default: _ = GitHubCommands.render(document)
                    }
                } / .seconds(1)
            }
            return times.min() ?? 0
        }
        let few = try seconds(HostileRun.large(kernels: 100, variants: 10))
        let many = try seconds(HostileRun.large(kernels: 100, variants: 100))
        // A clock and a busy machine get their share.
        #expect(many < 40 * few + 0.1, "\(few) s, then \(many) s")
    }
}
