package import ArgumentParser
import HostTools
import MatrixModel
import MatrixSession
import SystemPackage

package struct Clean: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "clean", abstract: "Remove cached files that the next run creates again.",
        discussion: "Stored runs are kept. After --all, a kernel that was added from a file needs that file again."
    )

    @Flag(help: "Remove kernels and package lists, too; fetching them again needs network access.") var all = false

    package init() {}

    package func run() async throws {
        let cache = try Workspace.ofThisProcess().cacheFolder
        guard cache.exists else { return print("nothing to remove: there is no \(cache.path)") }
        guard let clearance = cache.clear(fetched: all) else {
            throw CommandFailure(
                .notMeasured, "\(cache.path) is in use by another compat-matrix; run this when it is done")
        }
        for (path, reason) in clearance.failures { Output.toStderr("warning: cannot remove \(path): \(reason)") }
        print(Self.text(clearance.removed, cache.path))
    }

    static func text(_ removed: [CacheFolder.Entry], _ path: FilePath) -> String {
        let total = ByteSize(bytes: removed.reduce(0) { $0 + $1.bytes })
        let lines = CacheFolder.Kind.allCases.compactMap { kind -> String? in
            let entries = removed.filter { $0.kind == kind }
            guard !entries.isEmpty else { return nil }
            return "  \(kind.rawValue): \(ByteSize(bytes: entries.reduce(0) { $0 + $1.bytes }))"
        }
        return (["freed \(total) in \(path)"] + lines).joined(separator: "\n")
    }
}
