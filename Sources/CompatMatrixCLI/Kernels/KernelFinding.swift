import KernelExamination
import KernelStore
import Machine
import MatrixModel

/// What `kernels verify` has to say of a kernel.
enum KernelFinding: Sendable, Equatable, CustomStringConvertible {
    /// It was not to be booted.
    case intact
    case boots(seconds: Double)
    case notFetched(KernelID)
    case differs(KernelID, Discrepancy)
    case doesNotBoot(BootFailure)
    case unreadable(KernelStoreError)
    /// The host cannot run guests, which says nothing about the kernel.
    case notBooted(MachineError)

    var description: String {
        switch self {
        case .intact: "intact"
        case .boots(let seconds): "intact, boots in \((seconds * 10).rounded() / 10) s"
        case .notFetched(let id): "not fetched; 'compat-matrix kernels fetch \(id)' brings it"
        case .differs(let id, let discrepancy):
            "DIFFERS: \(discrepancy); delete \(discrepancy.folder), then 'compat-matrix kernels fetch \(id)' brings what is "
                + "right"
        case .doesNotBoot(let failure): "DOES NOT BOOT: \(failure.reason)"
        case .unreadable(let error): "cannot be checked: \(error)"
        case .notBooted(let error): "intact, not booted: \(error)"
        }
    }

    /// The last lines of a guest that did not come up.
    var console: [String] { if case .doesNotBoot(let failure) = self { failure.lastLines(12) } else { [] } }

    /// `nil` when all is well.
    ///
    /// A file that differs outweighs a kernel that does not boot.
    static func status(of findings: [KernelFinding]) -> CommandFailure? {
        let differing = findings.filter { if case .differs = $0 { true } else { false } }.count
        guard differing == 0 else {
            return CommandFailure(
                .invalidInput, "\(differing) of \(findings.count) kernels are not what they have to be")
        }
        let wanting = findings.filter {
            switch $0 {
            case .intact, .boots, .differs: false
            case .notFetched, .doesNotBoot, .unreadable, .notBooted: true
            }
        }.count
        guard wanting > 0 else { return nil }
        return CommandFailure(
            .notMeasured, "\(wanting) of \(findings.count) kernels are not fetched, or not known to boot")
    }
}
