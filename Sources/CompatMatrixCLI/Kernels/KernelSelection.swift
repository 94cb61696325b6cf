package import KernelStore
package import Manifests
import MatrixModel

extension KernelStore {
    /// Every kernel's store of `workspace`.
    package init(_ workspace: Workspace, mirrors: [AptArchive: String] = [:]) {
        self.init(catalogueFolders: workspace.catalogueFolders, cache: workspace.cache, mirrors: mirrors)
    }

    /// The kernels whose id any of `globs` matches, all without globs; oldest first.
    ///
    /// - Throws: `CommandFailure` with `.usage` for a glob that matches nothing.
    package func kernels(matching globs: [String]) throws -> [KernelManifest] {
        let all = try catalogue()
        for glob in globs where !all.contains(where: { Glob(glob).matches($0.id.text) }) {
            throw CommandFailure(
                .usage, "no kernel matches '\(glob)'; there are \(all.map(\.id.text).joined(separator: ", "))")
        }
        return globs.isEmpty ? all : all.filter { kernel in globs.contains { Glob($0).matches(kernel.id.text) } }
    }

    /// The kernel whose id is `text`; throws `CommandFailure` with `.usage` when there is none.
    package func kernel(_ text: String) throws -> KernelManifest {
        let all = try catalogue()
        guard let kernel = all.first(where: { $0.id.text == text }) else {
            throw CommandFailure(
                .usage, "there is no kernel '\(text)'; there are \(all.map(\.id.text).joined(separator: ", "))")
        }
        return kernel
    }
}
