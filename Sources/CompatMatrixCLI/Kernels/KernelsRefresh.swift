package import ArgumentParser
import HostTools
import KernelStore
import Manifests
import MatrixSession

package struct KernelsRefresh: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "refresh",
        abstract: "Takes the newest of each kernel that its manifest matches, and locks it.",
        discussion: "What was locked is on stdout beside what is locked now.")

    @Argument(help: "Ids or patterns; all without one.") var kernels: [String] = []
    @OptionGroup var mirrors: MirrorOptions

    package init() {}

    package func run() async throws {
        let store = KernelStore(try Workspace.ofThisProcess(), mirrors: try mirrors.byArchive())
        let chosen = try store.kernels(matching: kernels)
        let outcomes = try await FetchDisplay.showing { display in
            try await Interruption.cancelling { await store.refresh(chosen, progress: display.show) }
        }
        var failures = FetchFailures()
        for outcome in outcomes {
            switch outcome.result {
            case .success(let found) where found.isChanged:
                print("\(outcome.kernel.id): \(outcome.old ?? "not locked") → \(found.new)")
            case .success(let found): print("\(outcome.kernel.id): unchanged (\(found.new))")
            case .failure(let error): failures.tell(error, of: outcome.kernel.id)
            }
        }
        try failures.check(of: outcomes.count, have: "refreshed")
    }
}
