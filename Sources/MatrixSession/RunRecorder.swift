import GuestLink
import KernelStore
import MatrixModel
package import MatrixRunner
import ResultStore
import RunPlanning

/// Compares each result with its expectation and stores it immediately: if compat-matrix crashes, one cell is lost and
/// not the run.
///
/// At the end, it returns what it stored, exactly as it would be read from the store.
actor RunRecorder: RunObserver {
    private let store: ResultStore
    private let run: RunInfo
    private let plan: RunPlan
    private let loaders: [LoaderRow]
    private let loaderNames: [String: LoaderName]
    /// By position in the plan.
    private var results: [Int: CellResult] = [:]
    private var rows: [KernelID: KernelRow]
    /// The origins of external BTF.
    private let origins: [KernelID: String]
    private var progress: any RunDisplay

    /// Begins `run` in the store; `progress` is the progress of the cells that will be measured.
    init(store: ResultStore, run: RunInfo, plan: RunPlan, loaders: [LoaderRow], progress: any RunDisplay) throws {
        self.progress = progress
        self.store = store
        self.run = run
        self.plan = plan
        self.loaders = loaders
        loaderNames = loaders.byNameOfCells
        rows = Dictionary(
            uniqueKeysWithValues: plan.kernels.map { kernel in
                let row = KernelRow(
                    id: kernel.id.text, release: nil, family: kernel.id.family, btf: nil, start: nil,
                    readySeconds: nil, status: .notMeasured, reason: kernel.image.error.map { "\($0)" })
                return (kernel.id, row)
            })
        origins = Dictionary(
            uniqueKeysWithValues: plan.kernels.compactMap { kernel in
                kernel.externalBTF.map { (kernel.id, $0.origin) }
            })
        try store.begin(run: run)
        for loader in loaders { try store.record(loader: loader, in: run.id) }
    }

    func note(_ event: RunEvent) throws {
        switch event {
        case .guestUp(let kernel, let hello, let start, let readySeconds):
            try guestUp(kernel, hello: hello, start: start, readySeconds: readySeconds)
            progress.guestUp(kernel, hello: hello, start: start, readySeconds: readySeconds, at: .now)
        case .cellBegan(let cell): progress.cellBegan(cell.key, at: .now)
        case .cellWillRepeat(let cell): progress.cellWillRepeat(cell.key, at: .now)
        case .cell(let cell, let result, _):
            let kernel = try kernel(of: cell)
            let recorded = settle(result, of: cell, on: kernel, release: rows[kernel]?.release)
            try store.record(recorded, in: run.id)
            progress.cellIsOver(recorded.cell, at: .now)
        }
    }

    /// Updates the displayed time.
    func showTime() { progress.redraw(at: .now) }

    /// Records what a guest reported about its kernel.
    ///
    /// Only the first guest of a kernel counts, not those that follow a crash.
    private func guestUp(_ kernel: KernelID, hello: Hello, start: Start, readySeconds: Double) throws {
        guard rows[kernel]?.start == nil else { return }
        rows[kernel]?.release = hello.release
        rows[kernel]?.btf = hello.hasBTF
        rows[kernel]?.externalBTF = hello.hasBTF ? nil : origins[kernel]
        rows[kernel]?.start = start
        rows[kernel]?.readySeconds = readySeconds.roundedToMilliseconds
        try record(kernel)
    }

    /// Adds the results of earlier runs with the same inputs; the expectations may have changed since.
    func cached(_ hits: [(cell: PlannedCell, hit: CachedCell)]) throws {
        var recorded: [RecordedCell] = []
        for (cell, hit) in hits {
            let kernel = try kernel(of: cell)
            var result = hit.cell
            result.kernel = cell.key.kernel
            result.probe = cell.key.probe
            result.variant = cell.key.variant
            result.cached = true
            // The cell did not wait in this run.
            result.seconds.queue = nil
            recorded.append(settle(result, of: cell, on: kernel, release: hit.kernel.release))
            if rows[kernel]?.release == nil {
                rows[kernel]?.release = hit.kernel.release
                rows[kernel]?.btf = hit.kernel.btf
                rows[kernel]?.externalBTF = hit.kernel.btf == false ? origins[kernel] : nil
            }
        }
        try store.record(recorded, in: run.id)
    }

    /// Stores cells that cannot be measured, each with its reason.
    func missing(_ cells: [(cell: PlannedCell, reason: String)]) throws {
        let recorded = try cells.map { cell, reason in
            let result = CellResult(
                key: cell.key, verdict: .notMeasured, stage: nil, expected: .pass, asExpected: false, cached: false,
                reason: reason, console: nil, programs: [])
            return settle(result, of: cell, on: try kernel(of: cell), release: nil)
        }
        try store.record(recorded, in: run.id)
        for kernel in Set(try cells.map { try kernel(of: $0.cell) }) { try record(kernel) }
    }

    private func kernel(of cell: PlannedCell) throws(SessionError) -> KernelID {
        guard let kernel = KernelID(cell.key.kernel), rows[kernel] != nil else { throw .unplanned(cell.key) }
        return kernel
    }

    /// Compares a result with the expectation of its cell, regardless of where it comes from.
    ///
    /// No other code does this. `release` is what a guest of the kernel reported, `nil` if none did.
    private func settle(
        _ result: CellResult, of cell: PlannedCell, on kernel: KernelID, release: String?
    ) -> RecordedCell {
        let result = result.held(
            against: cell.expectations, on: kernel, release: release.flatMap { KernelRelease($0) },
            named: loaderNames)
        results[cell.position] = result
        if result.verdict == .notMeasured {
            if rows[kernel]?.status == .notMeasured { rows[kernel]?.reason = result.reason }
        } else {
            rows[kernel]?.status = .measured
            rows[kernel]?.reason = nil
        }
        return RecordedCell(result, position: cell.position, inputs: cell.inputs)
    }

    /// Ends the run and returns it as stored; `durationSeconds` is `nil` for an interrupted run.
    ///
    /// `isWhole` is whether the run contains all cells of its probes.
    func finish(isWhole: Bool, durationSeconds: () -> Double?) throws -> MatrixDocument {
        progress.end(at: .now)
        for kernel in rows.keys { try record(kernel) }
        var document = MatrixDocument(
            run: run, kernels: Array(rows.values).oldestFirst, loaders: loaders,
            cells: results.sorted { $0.key < $1.key }.map(\.value))
        document.exceptions = plan.exceptions(in: document, isWhole: isWhole)
        try store.record(exceptions: document.exceptions, in: run.id)
        if let seconds = durationSeconds() {
            document.run.durationSeconds = seconds
            try store.finish(run: run.id, durationSeconds: seconds)
        }
        return document
    }

    private func record(_ kernel: KernelID) throws {
        if let row = rows[kernel] { try store.record(kernel: row, in: run.id) }
    }
}

extension LogWriter: LongLog {}

extension ResultStore: LogArchive {
    package func beginLongLog() throws -> any LongLog { try logWriter() }
}
