import KernelStore
import MatrixModel
import MatrixSession

/// Shows a session on stderr.
struct TerminalDisplay: SessionDisplay {
    func fetching<Value: Sendable>(
        _ body: (@escaping @Sendable (KernelID, FetchStep) -> Void) async -> Value
    ) async -> Value {
        await FetchDisplay.showing { display in await body { display.show($0, $1) } }
    }

    func progress(of cells: [CellKey], expected: [CellKey: Double], guests: Int) -> any RunDisplay {
        RunProgress(cells: cells, expected: expected, guests: guests)
    }

    func say(_ line: String) { Output.toStderr(line) }
}
