package import SystemPackage

/// Why there is no guest to measure in.
///
/// None of these proves anything about a probe.
package enum MachineError: Error, Equatable, CustomStringConvertible {
    case vmmMissing(name: String)
    case vmmUnusable(path: FilePath, reason: String)
    /// `minimum` is the oldest QEMU that does not corrupt guests under TCG.
    case vmmTooOld(version: String, minimum: String)
    case cannotStart(path: FilePath, errno: Errno)
    /// The VMM exited before the guest was up.
    case endedEarly(message: String, console: [UInt8])
    /// The guest sent nothing in time; `console` is its output.
    case neverReady(limit: Duration, console: [UInt8])
    /// The kernel image could not be decompressed; `console` contains the message.
    case halted(console: [UInt8])
    case monitor(command: String, message: String)
    /// The host could not provide a resource that a guest needs (memory, descriptors, disk).
    case hostResource(what: String, errno: Errno)
    case protocolBroken(String)
    /// The VMM exited by itself, or was killed, while the guest ran.
    case vmmEnded(reason: String)
    /// The guest runs a kernel other than the one it was started with: the name of the snapshot or image does not match
    /// its content.
    case otherKernel(expected: String, reported: String)
    /// The guest's kernel rejected a module; `log` is its message.
    case moduleRefused(name: String, errno: Errno, log: [UInt8])
    /// The guest did not survive the insertion.
    case moduleFatal(name: String, reason: String, console: [UInt8])

    /// The relevant console output, kept for readers.
    package var console: [UInt8]? {
        switch self {
        case .endedEarly(_, let console), .neverReady(_, let console), .halted(let console),
            .moduleFatal(_, _, let console):
            console
        case .moduleRefused(_, _, let log): log
        default: nil
        }
    }

    /// Whether a second attempt may succeed: the host was busy, or the guest hung at boot.
    package var isWorthASecondTry: Bool {
        switch self {
        case .endedEarly, .neverReady, .halted, .monitor, .protocolBroken, .vmmEnded, .moduleFatal: true
        case .vmmMissing, .vmmUnusable, .vmmTooOld, .cannotStart, .hostResource, .otherKernel, .moduleRefused: false
        }
    }

    package var description: String {
        switch self {
        case .vmmMissing(let name): "\(name) is not on PATH: run 'make setup' in the repository"
        case .vmmUnusable(let path, let reason): "cannot use \(path): \(reason)"
        case .vmmTooOld(let version, let minimum):
            "QEMU \(version) corrupts guests under TCG, so verdicts would be unreliable: install \(minimum) or newer "
                + "with 'make setup'"
        case .cannotStart(let path, let errno): "cannot start \(path): \(errno)"
        case .endedEarly(let message, let console):
            "QEMU exited before the guest was ready: \(message)" + (Self.lastWords(in: console) ?? "")
        case .neverReady(let limit, let console):
            "the guest was not ready within \(limit)" + (Self.lastWords(in: console) ?? "; its console is empty")
        case .halted(let console):
            "the kernel halted before it was decompressed" + (Self.lastWords(in: console) ?? "")
        case .monitor(let command, let message): "QEMU rejected '\(command)': \(message)"
        case .hostResource(let what, let errno): "cannot create \(what): \(errno)"
        case .protocolBroken(let problem): "the guest is corrupt: \(problem)"
        case .vmmEnded(let reason): reason
        case .otherKernel(let expected, let reported):
            "the guest runs \(reported), but its kernel image is \(expected)"
        case .moduleRefused(let name, let errno, let log):
            "the kernel rejects the module '\(name)': \(errno)"
                + (Self.lastLine(of: log).map { "; kernel log: \($0)" } ?? "")
        case .moduleFatal(let name, let reason, _): "inserting the module '\(name)' crashed the guest: \(reason)"
        }
    }

    /// Without the kernel's prefix of level, time and sometimes task: `<3>[    1.234567][   T48] veth: Unknown …`.
    private static func lastLine(of log: [UInt8]) -> String? {
        let lines = String(decoding: log, as: UTF8.self).split(whereSeparator: \.isNewline)
        return lines.last.map { String($0.trimmingPrefix(#/(<\d+>)?(\[ *[\d.]+\])?(\[ *[TC]\d+\])? */#)) }
    }

    private static func lastWords(in console: [UInt8]) -> String? {
        ConsoleExcerpt.lastWords(in: console).map { "; console: \($0)" }
    }
}
