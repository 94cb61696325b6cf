package import ArgumentParser
import HostTools
import KernelStore
import Manifests
import MatrixSession

package struct KernelsFetch: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "fetch", abstract: "Brings the images of kernels to this machine, as the lock says.")

    @Argument(help: "Ids or patterns; all without one.") var kernels: [String] = []
    @OptionGroup var mirrors: MirrorOptions

    package init() {}

    package func run() async throws {
        let store = KernelStore(try Workspace.ofThisProcess(), mirrors: try mirrors.byArchive())
        let chosen = try store.kernels(matching: kernels)
        let outcomes = try await FetchDisplay.showing { display in
            try await Interruption.cancelling { await store.fetch(chosen, progress: display.show) }
        }
        var failures = FetchFailures()
        for outcome in outcomes {
            switch outcome.result {
            case .success(let image): print("\(outcome.kernel.id) \(image.releaseLabel) (\(image.origin))")
            case .failure(let error): failures.tell(error, of: outcome.kernel.id)
            }
        }
        try failures.check(of: outcomes.count, have: "fetched")
    }
}
