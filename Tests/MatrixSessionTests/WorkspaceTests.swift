import MatrixSession
import SystemPackage
import Testing

struct WorkspaceTests {
    private static let repository: Set<String> = [
        "/src/kernels", "/src/probes", "/src/images/guest", "/elsewhere/kernels", "/elsewhere/probes",
    ]

    private func find(
        from directory: FilePath, executable: FilePath = "/prefix/libexec/compat-matrix/compat-matrix",
        environment: [String: String] = ["HOME": "/home/me"], checkout: FilePath = "/home/me/project",
        projects: Set<String> = []
    ) -> Workspace {
        Workspace.find(
            from: directory, executable: executable, environment: environment,
            exists: { Self.repository.contains($0.string) }, isFile: { projects.contains($0.string) },
            isCheckout: { $0 == checkout })
    }

    /// At or above, but not above what git checked out, nor above this repository.
    private static let projects: [(FilePath, Set<String>, FilePath?)] = [
        ("/home/me/project/bpf/deep", ["/home/me/project/compat-matrix.yaml"], "/home/me/project"),
        (
            "/home/me/project", ["/home/me/project/compat-matrix.yaml", "/home/me/compat-matrix.yaml"],
            "/home/me/project"
        ),
        (
            "/home/me/project/a/b", ["/home/me/project/a/compat-matrix.yaml", "/home/me/project/compat-matrix.yaml"],
            "/home/me/project/a"
        ),
        ("/home/me/project/bpf", ["/home/me/compat-matrix.yaml"], nil),
        ("/home/me/other", ["/home/me/compat-matrix.yaml"], "/home/me"),
        ("/src/examples/one", ["/src/examples/compat-matrix.yaml"], "/src/examples"),
        ("/src/Sources", ["/compat-matrix.yaml"], nil),
    ]

    @Test(arguments: projects)
    func aProjectIsFoundFromBelow(directory: FilePath, files: Set<String>, folder: FilePath?) {
        let workspace = find(from: directory, projects: files)
        #expect(workspace.project == folder?.appending("compat-matrix.yaml"))
        if let folder { #expect(workspace.results == folder.appending("results")) }
    }

    @Test(arguments: [
        ("/home/me/project/bpf/deep", "/home/me/project"), ("/home/me/project", "/home/me/project"),
        ("/home/me/projects", "/home/me/projects"), ("/src/probes", "/src/probes"),
    ])
    func sourcesAreNamedFromTheTopOfTheCheckout(directory: FilePath, sources: FilePath) {
        #expect(find(from: directory).sources == sources)
    }

    @Test(arguments: ["/src", "/src/Sources/deep"])
    func inARepositoryItsFoldersServe(directory: FilePath) {
        let workspace = find(from: directory)
        #expect(workspace.catalogueFolders == ["/src/kernels"])
        #expect(workspace.probes == "/src/probes")
        #expect(workspace.cache == "/src/images/cache")
        #expect(workspace.guestTools == "/src/images/guest/build")
        #expect(workspace.loaderScript == "/src/scripts/loader")
        #expect(workspace.results == "/src/results")
    }

    @Test func elsewhereTheInstalledFoldersServe() {
        let workspace = find(from: "/elsewhere")
        #expect(
            workspace.catalogueFolders
                == ["/prefix/libexec/compat-matrix/kernels", "/home/me/.config/compat-matrix/kernels"])
        #expect(workspace.probes == "/elsewhere/probes")
        #expect(workspace.cache == "/home/me/.cache/compat-matrix")
        #expect(workspace.guestTools == "/prefix/libexec/compat-matrix/guest")
        #expect(workspace.results == "/elsewhere/results")
    }

    @Test func withoutProbesThereAreNone() {
        #expect(find(from: "/home/me").probes == nil)
    }

    @Test func whatWasBuiltInARepositoryUsesItFromAnywhere() {
        let workspace = find(from: "/home/me", executable: "/src/.build/debug/compat-matrix")
        #expect(workspace.catalogueFolders == ["/src/kernels", "/home/me/.config/compat-matrix/kernels"])
        #expect(workspace.cache == "/src/images/cache")
        #expect(workspace.guestTools == "/src/images/guest/build")
        #expect(workspace.results == "/home/me/results")
    }

    @Test(arguments: [
        ("/c", "/c/compat-matrix"), ("relative", "/home/me/.cache/compat-matrix"),
        ("", "/home/me/.cache/compat-matrix"),
    ])
    func followsTheUsersFolders(variable: String, cache: FilePath) {
        let workspace = find(from: "/home/me", environment: ["HOME": "/home/me", "XDG_CACHE_HOME": variable])
        #expect(workspace.cache == cache)
    }
}
