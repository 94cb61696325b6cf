package import SystemPackage

/// Why there is no guest to measure in.
///
/// None of these says anything about a probe.
package enum MachineError: Error, Equatable, CustomStringConvertible {
    case vmmMissing(name: String)
    case vmmUnusable(path: FilePath, reason: String)
    /// `minimum` is the oldest QEMU that does not corrupt guests under TCG.
    case vmmTooOld(version: String, minimum: String)
    case cannotStart(path: FilePath, errno: Errno)
    /// The VMM ended before the guest was up.
    case endedEarly(message: String, console: [UInt8])
    /// Nothing came from the guest in time; `console` is what it showed.
    case neverReady(limit: Duration, console: [UInt8])
    /// The kernel image could not be unpacked; `console` has its words.
    case halted(console: [UInt8])
    case monitor(command: String, message: String)
    /// The host could not give what a guest needs (memory, descriptors, disk).
    case hostResource(what: String, errno: Errno)
    case protocolBroken(String)

    package var console: [UInt8]? {
        switch self {
        case .endedEarly(_, let console), .neverReady(_, let console), .halted(let console): console
        default: nil
        }
    }

    /// Whether the same start may well succeed a second time: a host under load, a guest that hung at boot.
    package var isWorthASecondTry: Bool {
        switch self {
        case .endedEarly, .neverReady, .halted, .monitor, .protocolBroken: true
        case .vmmMissing, .vmmUnusable, .vmmTooOld, .cannotStart, .hostResource: false
        }
    }

    package var description: String {
        switch self {
        case .vmmMissing(let name): "\(name) is not on PATH; 'make setup' in the repository installs it"
        case .vmmUnusable(let path, let reason): "\(path) cannot be used: \(reason)"
        case .vmmTooOld(let version, let minimum):
            "QEMU \(version) corrupts guests under TCG, so its verdicts are worth nothing; \(minimum) or newer is needed "
                + "('make setup' installs one)"
        case .cannotStart(let path, let errno): "\(path) cannot be started: \(errno)"
        case .endedEarly(let message, let console):
            "QEMU ended before the guest was up: \(message)" + (Self.lastWords(in: console) ?? "")
        case .neverReady(let limit, let console):
            "the guest said nothing within \(limit)" + (Self.lastWords(in: console) ?? "; its console stayed empty")
        case .halted(let console):
            "the kernel halted before it was unpacked" + (Self.lastWords(in: console) ?? "")
        case .monitor(let command, let message): "QEMU refused '\(command)': \(message)"
        case .hostResource(let what, let errno): "cannot make \(what): \(errno)"
        case .protocolBroken(let problem): "the guest is corrupt: \(problem)"
        }
    }

    private static func lastWords(in console: [UInt8]) -> String? {
        ConsoleExcerpt.lastWords(in: console).map { "; its console says: \($0)" }
    }
}
