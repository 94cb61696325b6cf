internal import CGuestProtocol
package import MatrixModel

/// A frame from the agent in a guest to the host.
package enum GuestFrame: Equatable, Sendable {
    case hello(Hello)
    /// All work that every load would repeat is done: this is the time for a snapshot.
    case warmed
    case cellBegan(cell: UInt32)
    case log(cell: UInt32, program: UInt32, source: LogSource, text: [UInt8])
    case program(ProgramReport)
    /// `program` as in `log`.
    case finding(cell: UInt32, program: UInt32, GuestFinding)
    /// `microseconds` since `cellBegan`, by the guest's clock; `nil` if unknown.
    case cellEnded(cell: UInt32, exit: LoaderExit, microseconds: Int? = nil)
    /// The result of inserting a module: 0 or a positive errno, and the kernel log with time stamps.
    case moduleInserted(errno: Int32, log: [UInt8])
    /// A feature or property of the kernel.
    case fact(cell: UInt32, KernelFact)
}

/// A guest's report about itself.
package struct Hello: Codable, Equatable, Sendable {
    /// `uname -r`.
    package var release: String
    /// `uname -v`.
    package var versionText: String
    /// Whether /sys/kernel/btf/vmlinux exists.
    package var hasBTF: Bool
    package var uptimeMicroseconds: UInt64

    package init(release: String, versionText: String, hasBTF: Bool, uptimeMicroseconds: UInt64) {
        self.release = release
        self.versionText = versionText
        self.hasBTF = hasBTF
        self.uptimeMicroseconds = uptimeMicroseconds
    }
}

package enum LogSource: Equatable, Sendable {
    case verifier
    /// The loader's own library.
    case loader
    /// An event that a program sent, as raw bytes.
    case event
    /// Kernel messages at level warning or worse, with their time stamps.
    case kernel
}

/// The raw result of one program, as the loader saw it.
package struct ProgramReport: Equatable, Sendable {
    package var cell: UInt32
    /// Counted from 0 in the object's order; `nil` if the object could not even be opened.
    package var program: UInt32?
    /// The stage that failed, or the last one that passed.
    package var stage: Stage
    /// 0 or a positive errno.
    package var errno: Int32
    package var logComplete: Bool
    /// Whether a guest with more memory would have kept more of the log.
    package var logLacksMemory: Bool
    /// From `bpf_prog_info`; `nil` before Linux 5.16.
    package var verifiedInstructions: Int?
    package var size: ProgramSize
    /// Duration of the load that decided the verdict; `nil` if there was none.
    package var loadMicroseconds: Int?
    /// Measured by the kernel's own clock during that load; `nil` before Linux 5.2.
    package var verificationMicroseconds: Int?
    /// `nil` if it was not attached, or its loader does not report it.
    package var attachMicroseconds: Int?
    /// From the start of the trigger until the event arrived or was given up, the same for all programs of the cell;
    /// `nil` if none was awaited, or the loader does not report it.
    package var fireMicroseconds: Int?
    package var name: String
    package var type: String

    package init(
        cell: UInt32, program: UInt32?, stage: Stage, errno: Int32, logComplete: Bool, logLacksMemory: Bool = false,
        verifiedInstructions: Int?, size: ProgramSize = ProgramSize(), loadMicroseconds: Int? = nil,
        verificationMicroseconds: Int? = nil, attachMicroseconds: Int? = nil, fireMicroseconds: Int? = nil,
        name: String, type: String
    ) {
        self.cell = cell
        self.program = program
        self.stage = stage
        self.errno = errno
        self.logComplete = logComplete
        self.logLacksMemory = logLacksMemory
        self.verifiedInstructions = verifiedInstructions
        self.size = size
        self.loadMicroseconds = loadMicroseconds
        self.verificationMicroseconds = verificationMicroseconds
        self.attachMicroseconds = attachMicroseconds
        self.fireMicroseconds = fireMicroseconds
        self.name = name
        self.type = type
    }

    /// Keeps the load results of an earlier report of the same program.
    package mutating func takeLoad(from earlier: ProgramReport) {
        logComplete = earlier.logComplete
        logLacksMemory = earlier.logLacksMemory
        verifiedInstructions = earlier.verifiedInstructions
        size = earlier.size
        loadMicroseconds = earlier.loadMicroseconds
    }
}

/// How a loader ended, from its wait status.
package enum LoaderExit: Equatable, Sendable {
    case exited(Int32)
    case signalled(Int32)
    /// The agent killed it, because it was silent for too long.
    case overdue

    /// Source: `wait(2)`: the low seven bits contain the signal, the next byte the exit status.
    init(waitStatus: Int32) {
        let signal = waitStatus & 0x7f
        self = signal == 0 ? .exited((waitStatus >> 8) & 0xff) : .signalled(signal)
    }
}
