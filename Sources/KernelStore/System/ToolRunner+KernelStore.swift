import Glibc
import HostTools
import SystemPackage

extension ToolRunner {
    /// A tool of the machine whose messages are read here, and that has two seconds to remove what it began.
    init(tool name: String, folder: FilePath? = nil) {
        self.init(
            .name(name), folder: folder, environment: ["LC_ALL": "C.UTF-8"], timeToTidyUp: .seconds(2))
    }

    /// Of Debian, for whoever has to install the program.
    private static let packages = [
        "apt-get": "apt", "apt-cache": "apt", "prlimit": "util-linux", "rpmkeys": "rpm",
    ]

    private static func missing(_ name: String) -> KernelStoreError {
        .toolMissing(tool: name, package: packages[name] ?? name)
    }

    /// Throws `toolMissing` when `PATH` has no such program.
    static func requireInstalled(_ name: String) throws(KernelStoreError) {
        guard isInstalled(name) else { throw missing(name) }
    }

    /// A failing exit status is a result.
    ///
    /// - Throws: `toolMissing` or `toolFailed` when the program cannot be started, `cancelled` when the task is.
    func run(_ arguments: [String]) async throws(KernelStoreError) -> Output {
        do {
            return try await run(arguments, within: nil)
        } catch {
            switch error {
            case .notFound: throw Self.missing(name)
            case .cancelled: throw .cancelled
            case .failed(let problem): throw .toolFailed(tool: name, problem: problem)
            case .overdue(let limit): throw .toolFailed(tool: name, problem: "did not finish within \(limit)")
            }
        }
    }

    private var name: String { program.text }
}

extension ToolRunner.Output {
    /// Whether it wrote more than `prlimit` let it.
    var exceededFileLimit: Bool { signal == SIGXFSZ }
}
