package import ArgumentParser
import Foundation
import HostTools
import KernelExamination
import KernelStore
import Machine
import Manifests
import MatrixModel
import MatrixSession

/// `compat-matrix features`: the BPF features of kernels, side by side.
package struct Features: AsyncParsableCommand, HasDiagnostics {
    package static let configuration = CommandConfiguration(
        abstract: "Probe the BPF features of kernels in guests.",
        usage: "compat-matrix features (<kernels> ... | --diff <a> <b>) [--helpers] [--json] [--verbose]",
        discussion: """
            For one kernel, prints a page. For several, prints a table of the features in which they differ, followed \
            by those that all or none of them have. Features are probed, not looked up by version. Features that need \
            a module are reported as absent. Results are cached, so only the first call takes seconds per kernel. \
            Exits with 69 if a kernel is not fetched or does not boot; the other kernels are still shown.
            """)

    @Argument(help: "Kernel ids or globs.") var kernels: [String] = []
    @Option(parsing: .upToNextOption, help: "Show only the differences between two kernels.") var diff: [String] = []
    @Flag(help: "List helpers and kernel functions by name.") var helpers = false
    @Flag(help: "Print everything as JSON.") var json = false
    @OptionGroup var diagnostics: DiagnosticsOptions

    package init() {}

    package func validate() throws {
        guard !kernels.isEmpty || !diff.isEmpty else {
            throw ValidationError("no kernel given: pass at least one, or two after --diff")
        }
        guard diff.isEmpty || Set(diff).count == 2, diff.count <= 2 else {
            throw ValidationError("--diff needs two different kernels")
        }
    }

    package func run() async throws {
        let workspace = try Workspace.ofThisProcess()
        let store = KernelStore(workspace)
        let compared = try diff.map { try store.kernel($0) }
        let listed = kernels.isEmpty ? [] : try store.kernels(matching: kernels)
        let wanted = listed + compared.filter { kernel in !listed.contains { $0.id == kernel.id } }
        let isAnyFetched = try wanted.contains { try store.image(of: $0) != nil }
        let examined = try await Interruption.cancelling {
            let booth = isAnyFetched ? try await KernelBooth(workspace, say: Output.toStderr) : nil
            return try await wanted.concurrentMap(width: ProcessInfo.processInfo.activeProcessorCount) { kernel in
                let (description, obstacle) = try await KernelDescription.examined(kernel, store: store, booth: booth)
                return (description: description, gap: description.gap(obstacle))
            }
        }
        let report = FeatureReport(
            examined.map { ($0.description, $0.gap == nil) }, listed: Set(listed.map(\.id.text)), diff: diff)
        if json {
            print(try Output.json(report))
        } else if let text = report.text(names: helpers, width: Terminal.width) {
            print(text)
        }
        let gaps = examined.compactMap(\.gap)
        guard let last = gaps.last else { return }
        for gap in gaps.dropLast() { Output.toStderr("compat-matrix: \(gap)") }
        throw CommandFailure(.notMeasured, last)
    }
}
