package import GuestLink
package import MatrixModel
package import SystemPackage

/// What to boot.
package struct GuestSpec: Sendable, Hashable {
    package var kernelID: String
    package var kernel: FilePath
    /// SHA-256 of the kernel image, in hex: part of a snapshot's key.
    package var kernelDigest: String
    /// The release that the kernel image contains (`uname -r`); empty if it contains none.
    package var release: String
    package var initramfs: FilePath
    package var initramfsDigest: String
    /// Names of the loaders in the initramfs: a kernel keeps separate snapshots for different sets of loaders.
    package var loaders: Set<String>
    /// Appended to the kernel's command line.
    package var extraArguments: String
    package var memoryMiB: Int

    /// The smallest memory in which every kernel of the catalogue boots and loads, so that many guests fit on a small
    /// CI machine.
    package static let defaultMemoryMiB = 192
    /// For objects whose maps do not fit in the default.
    package static let largeMemoryMiB = 2048

    package init(
        kernelID: String, kernel: FilePath, kernelDigest: String, release: String = "", initramfs: FilePath,
        initramfsDigest: String, loaders: Set<String> = [], extraArguments: String = "",
        memoryMiB: Int = defaultMemoryMiB
    ) {
        self.kernelID = kernelID
        self.kernel = kernel
        self.kernelDigest = kernelDigest
        self.release = release
        self.initramfs = initramfs
        self.initramfsDigest = initramfsDigest
        self.loaders = loaders
        self.extraArguments = extraArguments
        self.memoryMiB = memoryMiB
    }
}

/// How a guest may start.
package enum StartPolicy: String, Sendable, CaseIterable {
    /// Warm if a snapshot can be used, otherwise cold, which leaves a snapshot.
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

/// A running guest.
///
/// Everything it reports after `hello` is in `events`.
package protocol Guest: Sendable {
    var hello: Hello { get }
    var start: Start { get }
    /// From the start of the VMM to the first frame.
    var readySeconds: Double { get }

    /// Queues a frame; it is delivered while `nextEvent` runs, as soon as the guest has room for it.
    func send(_ frame: HostFrame) throws
    /// The next event, or `.silent` if `limit` passes without one.
    func nextEvent(within limit: Duration) async throws -> GuestEvent
    /// Everything that the guest's console has shown so far.
    func console() -> [UInt8]
    /// The guest's use of the host's processors since its start; `nil` if the host does not report it.
    func processorTime() -> ProcessorTime?
    /// Why the VMM does not run the guest, as text for users; `nil` if it runs the guest.
    ///
    /// If its VMM was stopped or hangs, a late guest is no evidence about a probe.
    func vmmTrouble() async -> String?
}

extension Guest {
    package func processorTime() -> ProcessorTime? { nil }
    package func vmmTrouble() async -> String? { nil }
}

/// How long a guest's VMM ran on the host's processors and waited for one, in seconds.
package struct ProcessorTime: Sendable, Equatable {
    /// Of all threads together.
    package var running: Double
    /// Of all threads together, which may wait at the same time.
    package var waiting: Double
    /// Of the thread that waited longest: the one of the guest's processor.
    package var longestWait: Double

    package init(running: Double, waiting: Double, longestWait: Double) {
        self.running = running
        self.waiting = waiting
        self.longestWait = longestWait
    }

    /// How much slower things are than on an idle host: 2 if processes wait half of the time.
    package var slowdown: Double { running > 0 ? total / running : 1 }

    /// A guest that waits for a processor is not idle, so a busy host does not make it look idle.
    package var total: Double { running + waiting }
}

package enum GuestEvent: Equatable, Sendable {
    case frame(GuestFrame)
    /// The machine is off.
    case gone(Departure)
    case silent
}

/// Why a machine is off.
package enum Departure: Equatable, Sendable, CustomStringConvertible {
    /// The guest reset the machine or switched it off, as a kernel does when it panics; a triple fault also resets it.
    case ofGuest
    /// The VMM exited by itself or was killed, which proves nothing about the guest.
    case ofVMM(reason: String)

    package var description: String {
        switch self {
        case .ofGuest: "the guest reset itself"
        case .ofVMM(let reason): reason
        }
    }
}

/// Something that runs guests.
package protocol MachineBackend: Sendable {
    /// Runs `body` with a guest of `spec`.
    ///
    /// The guest and everything it held are gone when this returns or throws.
    ///
    /// - Throws: `MachineError` if no guest started; what `body` throws; `CancellationError`.
    func withGuest<Result: Sendable>(
        _ spec: GuestSpec, start: StartPolicy, body: @Sendable (any Guest) async throws -> Result
    ) async throws -> Result
}
