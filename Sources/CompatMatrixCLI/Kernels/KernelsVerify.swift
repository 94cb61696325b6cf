package import ArgumentParser
import Foundation
import HostTools
import KernelExamination
import KernelStore
import Machine
import Manifests
import MatrixModel
import MatrixSession
import SystemPackage

package struct KernelsVerify: AsyncParsableCommand, HasDiagnostics {
    package static let configuration = CommandConfiguration(
        commandName: "verify", abstract: "Check that fetched kernels match the lock, and that each of them boots.",
        discussion: """
            Prints one line per kernel. Exits with 65 if a file differs from the lock, otherwise with 69 if a kernel \
            is not fetched or does not boot.
            """)

    @Argument(help: "Kernel ids or globs (default: all kernels).") var kernels: [String] = []
    @Option(help: "Maximum number of guests at once (default: one per CPU).") var jobs: Int?
    @Flag(name: .customLong("no-boot"), help: "Check only the files.") var noBoot = false
    @OptionGroup var diagnostics: DiagnosticsOptions

    package init() {}

    package func validate() throws {
        guard (1...256).contains(jobs ?? 1) else { throw ValidationError("--jobs must be between 1 and 256") }
    }

    package func run() async throws {
        let workspace = try Workspace.ofThisProcess()
        let store = KernelStore(workspace)
        let kernels = try store.kernels(matching: kernels)
        let booth = noBoot ? nil : try await KernelBooth(workspace, say: Output.toStderr)
        let width = jobs ?? ProcessInfo.processInfo.activeProcessorCount
        let column = kernels.map(\.id.text.count).max() ?? 0
        let findings = try await Interruption.cancelling {
            try await kernels.concurrentMap(width: width) { kernel in
                let finding = try await Self.verify(kernel, store: store, booth: booth)
                let id = kernel.id.text.padding(toLength: column, withPad: " ", startingAt: 0)
                print("\(id)  \(finding)")
                for line in finding.console { Output.toStderr("\(kernel.id): \(line)") }
                return finding
            }
        }
        if let status = KernelFinding.status(of: findings) { throw status }
    }

    private static func verify(
        _ kernel: KernelManifest, store: KernelStore, booth: KernelBooth?
    ) async throws -> KernelFinding {
        do {
            guard let discrepancies = try store.discrepancies(of: kernel) else { return .notFetched(kernel.id) }
            if let discrepancy = discrepancies.first { return .differs(kernel.id, discrepancy) }
            guard let image = try store.image(of: kernel) else { return .notFetched(kernel.id) }
            guard let booth else { return .intact }
            switch try await booth.boot(kernel, image: image) {
            case .booted(let boot): return .boots(seconds: boot.readySeconds)
            case .didNotBoot(let failure): return .doesNotBoot(failure)
            }
        } catch let error as KernelStoreError {
            return .unreadable(error)
        } catch let error as MachineError {
            return .notBooted(error)
        }
    }
}

/// The result of `kernels verify` for one kernel.
enum KernelFinding: Sendable, Equatable, CustomStringConvertible {
    /// The files are intact, and the kernel was not supposed to be booted.
    case intact
    case boots(seconds: Double)
    case notFetched(KernelID)
    case differs(KernelID, Discrepancy)
    case doesNotBoot(BootFailure)
    case unreadable(KernelStoreError)
    /// The host cannot run guests, which proves nothing about the kernel.
    case notBooted(MachineError)

    var description: String {
        switch self {
        case .intact: "intact"
        case .boots(let seconds): "intact, boots in \((seconds * 10).rounded() / 10) s"
        case .notFetched(let id): "not fetched; run 'compat-matrix kernels fetch \(id)'"
        case .differs(let id, let discrepancy):
            "DIFFERS: \(discrepancy); delete \(discrepancy.folder) and run 'compat-matrix kernels fetch \(id)'"
        case .doesNotBoot(let failure): "DOES NOT BOOT: \(failure.reason)"
        case .unreadable(let error): "cannot be checked: \(error)"
        case .notBooted(let error): "intact, not booted: \(error)"
        }
    }

    /// The last console lines of a guest that did not start.
    var console: [String] { if case .doesNotBoot(let failure) = self { failure.lastLines(12) } else { [] } }

    /// `nil` if every kernel is fine.
    ///
    /// A file that differs takes precedence over a kernel that does not boot.
    static func status(of findings: [KernelFinding]) -> CommandFailure? {
        let differing = findings.filter { if case .differs = $0 { true } else { false } }.count
        guard differing == 0 else {
            return CommandFailure(
                .invalidInput, "\(differing) of \(findings.count) kernels differ from the lock")
        }
        let wanting = findings.filter {
            switch $0 {
            case .intact, .boots, .differs: false
            case .notFetched, .doesNotBoot, .unreadable, .notBooted: true
            }
        }.count
        guard wanting > 0 else { return nil }
        return CommandFailure(
            .notMeasured,
            "\(wanting) of \(findings.count) kernels are not fetched, could not be checked, or do not boot")
    }
}
