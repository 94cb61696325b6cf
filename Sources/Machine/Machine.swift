package import GuestLink
package import MatrixModel
package import SystemPackage

/// What to boot.
package struct GuestSpec: Sendable, Hashable {
    package var kernelID: String
    package var kernel: FilePath
    /// SHA-256 of the kernel image, in hex: part of what a snapshot is keyed by.
    package var kernelDigest: String
    package var initramfs: FilePath
    package var initramfsDigest: String
    /// Names of the loaders in the initramfs: snapshots of one kernel with different loaders are kept side by side.
    package var loaders: Set<String>
    /// Appended to the kernel's command line.
    package var extraArguments: String
    package var memoryMiB: Int

    /// As little as every kernel of the catalogue boots and loads in, so that many guests fit on a small CI machine.
    package static let defaultMemoryMiB = 192
    /// For objects whose maps do not fit in the default.
    package static let largeMemoryMiB = 2048

    package init(
        kernelID: String, kernel: FilePath, kernelDigest: String, initramfs: FilePath, initramfsDigest: String,
        loaders: Set<String> = [], extraArguments: String = "", memoryMiB: Int = defaultMemoryMiB
    ) {
        self.kernelID = kernelID
        self.kernel = kernel
        self.kernelDigest = kernelDigest
        self.initramfs = initramfs
        self.initramfsDigest = initramfsDigest
        self.loaders = loaders
        self.extraArguments = extraArguments
        self.memoryMiB = memoryMiB
    }
}

/// How a guest may come to run.
package enum StartPolicy: String, Sendable, CaseIterable {
    /// Warm where a snapshot can be used, else cold, which leaves a snapshot behind.
    case auto
    /// Like `auto`, but the run reports that a cold start was necessary.
    case warm
    /// Boots even if there is a snapshot, and writes a new one.
    case boot
    /// Boots, and neither uses nor leaves a snapshot.
    case cold

    package var usesSnapshots: Bool {
        switch self {
        case .auto, .warm: true
        case .boot, .cold: false
        }
    }

    package var leavesSnapshots: Bool { self != .cold }
}

/// A guest that runs now.
///
/// Everything it says after `hello` is in `events`.
package protocol Guest: Sendable {
    var hello: Hello { get }
    var start: Start { get }
    /// From the start of the VMM to the first frame.
    var readySeconds: Double { get }

    /// Queues a frame; it is delivered while `nextEvent` runs, as the guest makes room.
    func send(_ frame: HostFrame) throws
    /// The next thing that happens, or `.silent` when `limit` passes without one.
    func nextEvent(within limit: Duration) async throws -> GuestEvent
    /// All that the guest's console showed so far.
    func console() -> [UInt8]
    /// How long the guest has used a processor of the host or waited for one, in seconds; `nil` if the host does not say.
    func activeSeconds() -> Double?
}

extension Guest {
    package func activeSeconds() -> Double? { nil }
}

package enum GuestEvent: Equatable, Sendable {
    case frame(GuestFrame)
    /// The guest halted or rebooted, or its VMM exited; `reason` tells which.
    case gone(reason: String)
    case silent
}

/// Something that runs guests.
package protocol MachineBackend: Sendable {
    /// Runs `body` with a guest of `spec`. The guest is gone with all it held when this returns, whichever way.
    ///
    /// - Throws: `MachineError` when no guest came up; what `body` throws; `CancellationError`.
    func withGuest<Result: Sendable>(
        _ spec: GuestSpec, start: StartPolicy, body: @Sendable (any Guest) async throws -> Result
    ) async throws -> Result
}
