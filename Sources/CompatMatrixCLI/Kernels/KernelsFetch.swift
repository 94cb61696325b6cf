package import ArgumentParser
import KernelStore
import Manifests

package struct KernelsFetch: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "fetch", abstract: "Brings the images of kernels to this machine, as the lock says.")

    @Argument(help: "Ids or patterns; all without one.") var kernels: [String] = []
    @Flag(help: "Takes the newest that matches, whatever the lock says, and locks that.") var refresh = false

    package init() {}

    package func run() async throws {
        let store = KernelStore(try Workspace.ofThisProcess())
        let outcomes = await store.fetch(try store.kernels(matching: kernels), refresh: refresh) { id, step in
            Output.toStderr("\(id): \(step)")
        }
        var missing = 0
        for outcome in outcomes {
            switch outcome.result {
            case .success(let image): print("\(outcome.kernel.id) \(image.releaseLabel) (\(image.origin))")
            case .failure(let error):
                missing += 1
                Output.toStderr("compat-matrix: \(outcome.kernel.id): \(error)")
            }
        }
        guard missing == 0 else {
            throw CommandFailure(.notMeasured, "\(missing) of \(outcomes.count) kernels could not be fetched")
        }
    }
}
