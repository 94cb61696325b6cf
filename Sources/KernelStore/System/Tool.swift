import Glibc
import Subprocess
import SystemPackage

/// A program of the machine that runs to its end, its output collected.
struct Tool {
    let name: String
    var folder: FilePath?

    struct Output {
        /// The exit status; `nil` when a signal ended the program.
        let status: Int32?
        /// The signal that ended the program; `nil` when it exited.
        let signal: Int32?
        let text: String
        let complaints: String

        var succeeded: Bool { status == 0 }

        /// Whether it wrote more than `prlimit` let it.
        var exceededFileLimit: Bool { signal == SIGXFSZ }

        /// What went wrong in one line: what killed it, the first error the tool reported, else the last thing it said.
        var problem: String {
            if let signal { return "signal \(signal) ended it" }
            let lines = complaints.split(separator: "\n")
            let line = lines.first { $0.hasPrefix("E: ") }?.dropFirst(3) ?? lines.last ?? "it said nothing"
            return line.trimmingSpace
        }
    }

    /// Of Debian, for whoever has to install the program.
    private static let packages = [
        "apt-get": "apt", "apt-cache": "apt", "prlimit": "util-linux", "rpmkeys": "rpm",
    ]

    private var missing: KernelStoreError { .toolMissing(tool: name, package: Self.packages[name] ?? name) }

    /// Throws `toolMissing` when `PATH` has no such program.
    func requireInstalled() throws(KernelStoreError) {
        let path = getenv("PATH").map { String(cString: $0) } ?? ""
        let isThere = path.split(separator: ":").contains { access("\($0)/\(name)", X_OK) == 0 }
        guard isThere else { throw missing }
    }

    /// A failing exit status is a result.
    ///
    /// - Throws: `toolMissing` or `toolFailed` when the program cannot be started, `cancelled` when the task is.
    func run(_ arguments: [String]) async throws(KernelStoreError) -> Output {
        var options = PlatformOptions()
        options.teardownSequence = [.gracefulShutDown(allowedDurationToNextStep: .seconds(2))]
        do {
            let result = try await Subprocess.run(
                .name(name),
                arguments: Arguments(arguments),
                environment: .inherit.updating(["LC_ALL": "C.UTF-8"]),
                workingDirectory: folder,
                platformOptions: options,
                output: .string(limit: 64 << 20),
                error: .string(limit: 4 << 20))
            if Task.isCancelled { throw KernelStoreError.cancelled }
            let (status, signal): (Int32?, Int32?) =
                switch result.terminationStatus {
                case .exited(let code): (code, nil)
                case .signaled(let code): (nil, code)
                }
            return Output(
                status: status, signal: signal, text: result.standardOutput, complaints: result.standardError)
        } catch let error as KernelStoreError {
            throw error
        } catch let error as SubprocessError where error.code == .executableNotFound {
            throw missing
        } catch {
            throw Task.isCancelled ? .cancelled : .toolFailed(tool: name, problem: "\(error)")
        }
    }
}
