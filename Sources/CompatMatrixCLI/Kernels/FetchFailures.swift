import KernelStore
import MatrixModel

/// The kernels of a fetch that could not be had.
struct FetchFailures {
    private var errors: [KernelStoreError] = []

    mutating func tell(_ error: KernelStoreError, of id: KernelID) {
        errors.append(error)
        Output.toStderr("compat-matrix: \(id): \(error)")
    }

    /// Throws what they mean for the exit status, nothing when there are none.
    func check(of count: Int, have: String) throws {
        guard let first = errors.first else { return }
        if errors.contains(.cancelled) { throw CommandFailure(.interrupted, "interrupted") }
        // About the lock and so about all of them.
        if case .invalidLock = first { throw CommandFailure(first.exitStatus, "no kernel could be \(have)") }
        throw CommandFailure(.notMeasured, "\(errors.count) of \(count) kernels could not be \(have)")
    }
}
