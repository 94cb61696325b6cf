import Foundation
import MatrixModel
import Subprocess
import SystemPackage
import TestSupport
import Testing

/// The tool as `make install` leaves it, with separate user folders, so that tests do not see each other's results.
///
/// Kernels are the repository's and were fetched before. Tests share their snapshots.
struct Installation {
    private let folder: FilePath

    /// The kernels that the tool finds in its cache.
    enum CachedKernels {
        case repositorys, none
    }

    /// Where guests are restored from.
    enum Snapshots {
        /// What tests left that booted the same guest.
        case shared
        /// None at first.
        case own
    }

    static func with<Result>(
        kernels: CachedKernels = .repositorys, snapshots: Snapshots = .shared,
        _ body: (Installation) async throws -> Result
    ) async throws -> Result {
        try await withFolder { folder in
            let installation = Installation(folder: folder)
            try await installation.install(kernels, snapshots)
            return try await body(installation)
        }
    }

    struct Outcome {
        var status: TerminationStatus
        var output: String
        var messages: String

        /// What `--format json` printed.
        var document: MatrixDocument {
            get throws {
                do { return try JSONDecoder().decode(MatrixDocument.self, from: Data(output.utf8)) } catch {
                    Attachment.record(messages, named: "stderr.txt")
                    throw error
                }
            }
        }
    }

    var results: FilePath { work.appending("results") }
    var work: FilePath { folder.appending("work") }
    private var program: FilePath { folder.appending("libexec").appending("compat-matrix") }
    /// Manifests of the user's own.
    var ownKernels: FilePath { folder.appending("config").appending("compat-matrix").appending("kernels") }
    private var cache: FilePath { folder.appending("cache").appending("compat-matrix") }

    /// Puts probes of a test's own, paths to texts, where those of the repository are.
    func replaceProbes(with files: [String: String]) throws {
        let probes = work.appending("probes")
        try FileManager.default.removeItem(atPath: probes.string)
        for (path, text) in files {
            let file = probes.pushing(FilePath(path))
            try FileManager.default.createDirectory(
                atPath: file.removingLastComponent().string, withIntermediateDirectories: true)
            try write(text, to: file)
        }
    }

    private func install(_ kernels: CachedKernels, _ snapshots: Snapshots) async throws {
        let files = FileManager.default
        for folder in [program, cache, work, program.appending("guest")] {
            try files.createDirectory(atPath: folder.string, withIntermediateDirectories: true)
        }
        try await copy([Repository.tool, Repository.kernels], into: program)
        try await copy(
            [
                "agent", "shell.so", "loader-libbpf", "loader-tracefs", "loader-exec", "loader-aya", "loader-cilium",
            ].map { Repository.guestTools.appending($0) },
            into: program.appending("guest"))
        if kernels == .repositorys {
            try link(cache.appending("kernels"), to: Repository.cache.appending("kernels"))
            // Not those of a test's own kernels, which have an id in common and would replace each other.
            if snapshots == .shared {
                try FileManager.default.createDirectory(
                    atPath: SharedCache.snapshots.string, withIntermediateDirectories: true)
                try link(cache.appending("snapshots"), to: SharedCache.snapshots)
            }
        }
        try link(work.appending("probes"), to: Repository.probes)
    }

    /// By another process: a program that this one has open for writing, or a child that another test is just forking,
    /// cannot be executed (ETXTBSY).
    private func copy(_ sources: [FilePath], into folder: FilePath) async throws {
        let result = try await Subprocess.run(
            .name("cp"), arguments: Arguments(["-r"] + sources.map(\.string) + [folder.string]), output: .discarded,
            error: .string(limit: 4096))
        try #require(result.terminationStatus.isSuccess, "\(result.standardError)")
    }

    private func link(_ path: FilePath, to target: FilePath) throws {
        try FileManager.default.createSymbolicLink(atPath: path.string, withDestinationPath: target.string)
    }

    private func command(_ arguments: [String]) -> Configuration {
        Configuration(
            executable: .path(program.appending("compat-matrix")), arguments: Arguments(arguments),
            environment: .inherit.updating([
                "HOME": folder.string, "XDG_CACHE_HOME": folder.appending("cache").string,
                "XDG_CONFIG_HOME": folder.appending("config").string,
            ]), workingDirectory: work)
    }

    func run(_ arguments: String...) async throws -> Outcome { try await run(arguments) { _ in } }

    /// `compat-matrix kernels …`.
    func kernels(_ arguments: String...) async throws -> Outcome { try await call(["kernels"] + arguments) }

    /// `compat-matrix features …`.
    func features(_ arguments: String...) async throws -> Outcome { try await call(["features"] + arguments) }

    /// `compat-matrix report …`.
    func report(_ arguments: String...) async throws -> Outcome { try await call(["report"] + arguments) }

    /// `compat-matrix bisect …` under TCG.
    func bisect(_ arguments: [String]) async throws -> Outcome {
        try await call(["bisect", "--accel", "tcg"] + arguments)
    }

    private func call(_ arguments: [String]) async throws -> Outcome {
        let result = try await Subprocess.run(
            command(arguments), output: .string(limit: 16 << 20), error: .string(limit: 1 << 20))
        return Outcome(
            status: result.terminationStatus, output: result.standardOutput, messages: result.standardError)
    }

    /// Runs the tool under TCG, regardless of the machine's accelerators; `during` sees the process while it runs.
    func run(_ arguments: [String], during: (RunningTool) async throws -> Void) async throws -> Outcome {
        let result = try await Subprocess.run(
            command(["run", "--accel", "tcg", "--format", "json"] + arguments), input: .none,
            output: .string(limit: 16 << 20), error: .string(limit: 1 << 20)
        ) { execution in
            let process = execution.processIdentifier.value
            try await during(RunningTool(process: process) { try execution.send(signal: $0) })
        }
        return Outcome(
            status: result.terminationStatus, output: result.standardOutput, messages: result.standardError)
    }
}

extension Installation {
    /// Runs the tool with `--watch`, under TCG; `during` ends it.
    func watch(_ arguments: [String], during: (Watching) async throws -> Void) async throws -> Outcome {
        let (output, messages) = (work.appending("watch.out"), work.appending("watch.err"))
        func descriptor(_ path: FilePath) throws -> FileDescriptor {
            try .open(path, .writeOnly, options: [.create, .truncate], permissions: .ownerReadWrite)
        }
        let result = try await Subprocess.run(
            command(["run", "--watch", "--accel", "tcg"] + arguments), input: .none,
            output: .fileDescriptor(try descriptor(output), closeAfterSpawningProcess: true),
            error: .fileDescriptor(try descriptor(messages), closeAfterSpawningProcess: true)
        ) { execution in
            let tool = RunningTool(process: execution.processIdentifier.value) { try execution.send(signal: $0) }
            try await during(Watching(output: output, messages: messages, tool: tool))
        }
        func text(_ path: FilePath) throws -> String { try String(contentsOfFile: path.string, encoding: .utf8) }
        return Outcome(status: result.terminationStatus, output: try text(output), messages: try text(messages))
    }
}

/// A `compat-matrix run --watch` and its output so far.
struct Watching {
    let output: FilePath
    let messages: FilePath
    let tool: RunningTool

    /// Waits until stdout holds `text`: the suite's time limit ends it.
    func wait(for text: String) async throws { try await wait(in: output) { $0.contains(text) } }

    func waitForMessage(_ text: String) async throws { try await wait(in: messages) { $0.contains(text) } }

    /// Waits until it has begun to wait so many times.
    func waitUntilReady(times: Int) async throws {
        try await wait(in: messages) { $0.ranges(of: "press Ctrl-C to stop").count >= times }
    }

    private func wait(in file: FilePath, until holds: (String) -> Bool) async throws {
        while !holds(try String(contentsOfFile: file.string, encoding: .utf8)) {
            try await Task.sleep(for: .milliseconds(20))
        }
    }
}

/// A `compat-matrix` at work.
struct RunningTool {
    let process: pid_t
    let send: (Signal) throws -> Void

    /// The tool's guests that run now.
    func guests() -> Set<pid_t> {
        let all = ((try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []).compactMap { pid_t($0) }
        return Set(all.filter { Self.parent(of: $0) == process && Self.isGuest($0) })
    }

    /// Waits until `condition` holds, as often as it takes: the suite's time limit ends it.
    func wait(until condition: (Set<pid_t>) throws -> Bool) async throws -> Set<pid_t> {
        while true {
            let guests = guests()
            if try condition(guests) { return guests }
            try await Task.sleep(for: .milliseconds(20))
        }
    }

    /// Whether the process is a QEMU with a kernel, rather than one called with `--version`; a zombie has no arguments.
    static func isGuest(_ process: pid_t) -> Bool {
        let arguments = try? String(contentsOfFile: "/proc/\(process)/cmdline", encoding: .utf8)
        return arguments?.contains("qemu-system-x86_64\0") == true && arguments?.contains("\0-kernel\0") == true
    }

    private static func parent(of process: pid_t) -> pid_t? {
        guard let status = try? String(contentsOfFile: "/proc/\(process)/status", encoding: .utf8) else { return nil }
        let line = status.split(separator: "\n").first { $0.hasPrefix("PPid:") }
        return line.flatMap { pid_t($0.dropFirst("PPid:".count).trimmingCharacters(in: .whitespaces)) }
    }
}
