package import ArgumentParser
import Foundation
import HostTools
import KernelExamination
import KernelStore
import Machine
import Manifests
import MatrixModel
import MatrixSession

/// `compat-matrix features`: what kernels' BPF offers, side by side.
package struct Features: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        abstract: "Shows what kernels offer to BPF, asked in guests of them.",
        usage: "compat-matrix features <kernels> ... [--diff <a> <b>] [--helpers] [--json]",
        discussion: """
            One kernel gets a page. Several are columns of a table: the rows in which they differ, and in a line what all have \
            and what none has. Nothing is looked up by version; what a kernel has only as a module is not there. The answers \
            are kept, so that only the first time takes some seconds a kernel. Exits with 69 when a kernel is not fetched or \
            does not boot; the others are shown all the same.
            """)

    @Argument(help: "Ids or patterns.") var kernels: [String] = []
    @Option(parsing: .upToNextOption, help: "Two ids: shows only what differs between them.") var diff: [String] = []
    @Flag(help: "Lists helpers and kernel functions by name.") var helpers = false
    @Flag(help: "Prints JSON, with everything.") var json = false

    package init() {}

    package func validate() throws {
        guard !kernels.isEmpty || !diff.isEmpty else { throw ValidationError("name a kernel, or two after --diff") }
        guard diff.isEmpty || Set(diff).count == 2, diff.count <= 2 else {
            throw ValidationError("--diff takes two kernels that differ")
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
