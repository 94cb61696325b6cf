import GuestLink
import KernelStore
import MatrixModel
import MatrixRunner
import ResultStore
import RunPlanning

/// Stores each result as it comes: a crash of ours loses one cell, not the run.
actor RunRecorder: RunObserver {
    private let store: ResultStore
    private let run: String
    private let judge = Judge()
    private let cells: [CellKey: RunCell]
    private let kernelsWithConfig: Set<KernelID>
    private var rows: [KernelID: KernelRow]
    private var progress: any RunDisplay

    /// Records into `run`, which the store knows; `progress` is that of the cells that the runner will measure.
    init(store: ResultStore, run: String, plan: RunPlan, progress: any RunDisplay) {
        self.progress = progress
        self.store = store
        self.run = run
        cells = Dictionary(uniqueKeysWithValues: plan.cells.map { ($0.cell.key, $0) })
        kernelsWithConfig = Set(plan.kernels.filter(\.hasConfig).map(\.id))
        rows = Dictionary(
            uniqueKeysWithValues: plan.kernels.map { kernel in
                let row = KernelRow(
                    id: kernel.id.text, release: nil, family: kernel.id.family, btf: nil, start: nil,
                    readySeconds: nil, status: .notMeasured, reason: kernel.image.error.map { "\($0)" })
                return (kernel.id, row)
            })
    }

    func note(_ event: RunEvent) throws {
        switch event {
        case .guestUp(let kernel, let hello, let start, let readySeconds):
            try guestUp(kernel, hello: hello, start: start, readySeconds: readySeconds)
            progress.guestUp(kernel, hello: hello, start: start, readySeconds: readySeconds, at: .now)
        case .cellBegan(let cell): progress.cellBegan(cell.key, at: .now)
        case .cellWillRepeat(let cell): progress.cellWillRepeat(cell.key, at: .now)
        case .cell(let cell, let evidence): progress.cellIsOver(try measured(cell, evidence: evidence), at: .now)
        }
    }

    /// Has what people see keep up with the clock.
    func showTime() { progress.redraw(at: .now) }

    /// Notes what a guest said of its kernel.
    ///
    /// The first guest of a run is the one that people ask about; those that follow a crash are not.
    private func guestUp(_ kernel: KernelID, hello: Hello, start: Start, readySeconds: Double) throws {
        guard rows[kernel]?.start == nil else { return }
        rows[kernel]?.release = hello.release
        rows[kernel]?.btf = hello.hasBTF
        rows[kernel]?.start = start
        rows[kernel]?.readySeconds = readySeconds.roundedToMilliseconds
        try record(kernel)
    }

    private func measured(_ planned: PlannedCell, evidence: Evidence) throws -> CellResult {
        guard let cell = cells[planned.key] else { throw SessionError.unplanned(planned.key) }
        let release = rows[cell.kernel]?.release.flatMap { KernelRelease($0) }
        let result = try judge.result(
            of: planned, kernel: cell.kernel, evidence: evidence, release: release,
            kernelConfigKnown: kernelsWithConfig.contains(cell.kernel), keep: store.storeLog)
        settle(result, of: cell.kernel)
        try store.record(RecordedCell(result, position: cell.position, inputs: cell.inputs), in: run)
        return result
    }

    /// Takes over what an earlier run found with the same inputs; what was expected may have changed since.
    func cached(_ hits: [(cell: RunCell, hit: CachedCell)]) throws {
        var recorded: [RecordedCell] = []
        for (cell, hit) in hits {
            let release = hit.kernel.release.flatMap { KernelRelease($0) }
            var result = hit.cell.held(against: cell.cell.expectations, on: cell.kernel, release: release)
            result.kernel = cell.cell.key.kernel
            result.probe = cell.cell.key.probe
            result.variant = cell.cell.key.variant
            result.cached = true
            // It waited for nothing in this run.
            result.seconds.queue = nil
            recorded.append(RecordedCell(result, position: cell.position, inputs: cell.inputs))
            if rows[cell.kernel]?.release == nil {
                rows[cell.kernel]?.release = hit.kernel.release
                rows[cell.kernel]?.btf = hit.kernel.btf
            }
            rows[cell.kernel]?.status = .measured
        }
        try store.record(recorded, in: run)
    }

    /// Stores what cannot be measured, each cell with its reason.
    func missing(_ cells: [(cell: RunCell, reason: String)]) throws {
        let results = cells.map { cell, reason in
            let result = CellResult(
                key: cell.cell.key, verdict: .notMeasured, stage: nil, expected: .pass, asExpected: false,
                cached: false, reason: reason, console: nil, programs: []
            ).held(against: cell.cell.expectations, on: cell.kernel, release: nil)
            settle(result, of: cell.kernel)
            return RecordedCell(result, position: cell.position, inputs: nil)
        }
        try store.record(results, in: run)
        for kernel in Set(cells.map(\.cell.kernel)) { try record(kernel) }
    }

    /// Stores every kernel's row as it is at the end, however the run ended.
    func finish() throws {
        progress.end(at: .now)
        for kernel in rows.keys { try record(kernel) }
    }

    private func settle(_ result: CellResult, of kernel: KernelID) {
        if result.verdict == .notMeasured {
            if rows[kernel]?.status == .notMeasured { rows[kernel]?.reason = result.reason }
        } else {
            rows[kernel]?.status = .measured
            rows[kernel]?.reason = nil
        }
    }

    private func record(_ kernel: KernelID) throws {
        if let row = rows[kernel] { try store.record(kernel: row, in: run) }
    }
}

extension LogWriter: LongLog {}
