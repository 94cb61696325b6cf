import Foundation
import MatrixModel
import ResultStore

/// A run as `runs` lists it.
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
    /// Cells whose verdict is worse than in the run before.
    let worse: Int

    init(_ summary: RunSummary, worse: Int) {
        self.worse = worse
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
    static func table(_ runs: [RunListing]) -> String {
        let verdicts = Verdict.allCases.map(\.rawValue).filter { verdict in runs.contains { $0.cells[verdict] != 0 } }
        return Output.table(
            header: ["RUN", "STARTED", "DURATION"] + verdicts.map { $0.uppercased() } + [
                "UNEXPECTED", "WORSE", "STATE",
            ],
            rows: runs.map { run in
                [run.id, run.startedAt, run.durationSeconds.map(seconds) ?? "-"]
                    + verdicts.map { "\(run.cells[$0] ?? 0)" }
                    + ["\(run.unexpected)", "\(run.worse)", run.finished ? "finished" : "unfinished"]
            })
    }

    private static func seconds(_ seconds: Double) -> String { String(format: "%.1f s", seconds) }
}
