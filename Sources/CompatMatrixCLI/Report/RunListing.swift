import Foundation
import MatrixModel
import ResultStore

/// A run as `runs --json` prints it.
struct RunListing: Encodable {
    let id: String
    let startedAt: String
    /// `null` for a run that was interrupted or still goes on.
    @Nullable var durationSeconds: Double?
    let finished: Bool
    let tool: String
    /// Cells by verdict, every verdict named.
    let cells: [String: Int]
    let unexpected: Int

    init(_ summary: RunSummary) {
        id = summary.run.id
        startedAt = summary.run.startedAt
        _durationSeconds = Nullable(wrappedValue: summary.isFinished ? summary.run.durationSeconds : nil)
        finished = summary.isFinished
        tool = summary.run.tool
        cells = Dictionary(
            uniqueKeysWithValues: Verdict.allCases.map { ($0.rawValue, summary.counts[$0] ?? 0) })
        unexpected = summary.unexpected
    }

    /// For people; a verdict that no run has gets no column.
    static func table(_ runs: [RunSummary]) -> String {
        let verdicts = Verdict.allCases.filter { verdict in runs.contains { $0.counts[verdict] != nil } }
        return Output.table(
            header: ["RUN", "STARTED", "DURATION"] + verdicts.map { $0.rawValue.uppercased() } + [
                "UNEXPECTED", "STATE",
            ],
            rows: runs.map { run in
                [run.run.id, run.run.startedAt, run.isFinished ? seconds(run.run.durationSeconds) : "-"]
                    + verdicts.map { "\(run.counts[$0] ?? 0)" }
                    + ["\(run.unexpected)", run.isFinished ? "finished" : "unfinished"]
            })
    }

    private static func seconds(_ seconds: Double) -> String { String(format: "%.1f s", seconds) }
}
