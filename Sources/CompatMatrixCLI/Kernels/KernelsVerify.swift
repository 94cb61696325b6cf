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

package struct KernelsVerify: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "verify", abstract: "Checks that kept kernels are what was locked, and that each boots.",
        discussion: """
            Prints a line a kernel. Exits with 65 when a file is not what it has to be, else with 69 when a kernel does not \
            boot or is not fetched.
            """)

    @Argument(help: "Ids or patterns; all without one.") var kernels: [String] = []
    @Option(help: "Guests at once; as many as there are processors without it.") var jobs: Int?
    @Flag(name: .customLong("no-boot"), help: "Checks the files only.") var noBoot = false

    package init() {}

    package func validate() throws {
        guard (1...256).contains(jobs ?? 1) else { throw ValidationError("--jobs takes a number from 1 to 256") }
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
