internal import GuestLink
internal import HostTools
internal import Machine
internal import MatrixModel
internal import VerifierLog

/// Judges the cells of one kernel as soon as they end, in the task of their guest.
///
/// This way, logs of several kernels are read in parallel.
struct KernelJudge {
    let batch: KernelBatch
    let logs: (any LogArchive)?
    private let judge = Judge()
    private let kernelConfig: KernelOptions?

    init(batch: KernelBatch, logs: (any LogArchive)?) throws(MatrixRunnerError) {
        self.batch = batch
        self.logs = logs
        kernelConfig = try batch.config.map { file throws(MatrixRunnerError) in KernelOptions(text: try file.contents())
        }
    }

    /// The event about `cell` for observers; `release` is what its guest reported, `nil` if there was none.
    func event(_ cell: PlannedCell, _ evidence: Evidence, release: String?) throws -> RunEvent {
        let result = try judge.result(
            of: cell, kernel: batch.kernel, evidence: evidence, release: release.flatMap { KernelRelease($0) },
            kernelConfig: kernelConfig
        ) { text in
            try logs?.storeLog(text) ?? "logs/\(Digest.of(text)).txt"
        }
        return .cell(cell, result, from: evidence)
    }

    /// Starts texts that are too long for memory; `nil` if they have to stay in memory.
    var longLogs: LongLogs? {
        guard let logs else { return nil }
        return { try logs.beginLongLog() }
    }
}
