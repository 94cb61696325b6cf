internal import Glibc
internal import Logging
internal import Subprocess
package import SystemPackage

/// A program of this machine that runs to completion while its output is collected.
package struct ToolRunner: Sendable {
    package enum Program: Sendable, Hashable {
        /// A program to look up on `PATH`.
        case name(String)
        case path(FilePath)

        package var text: String {
            switch self {
            case .name(let name): name
            case .path(let path): path.string
            }
        }
    }

    package enum Problem: Error, Equatable, CustomStringConvertible {
        /// The program does not exist; the payload is a message for users.
        case notFound(String)
        case cancelled
        /// The program was killed after this duration.
        case overdue(Duration)
        /// It could not be started, or wrote too much output.
        case failed(String)

        package var description: String {
            switch self {
            case .notFound(let problem), .failed(let problem): problem
            case .cancelled: "cancelled"
            case .overdue(let limit): "did not finish within \(limit)"
            }
        }
    }

    package struct Output: Sendable {
        /// The exit status; `nil` if a signal ended the program.
        package let status: Int32?
        /// The signal that ended the program; `nil` if it exited.
        package let signal: Int32?
        package let text: String
        package let complaints: String

        package var succeeded: Bool { status == 0 }

        /// How it ended, `exited(1)` or `signaled(9)`.
        package var ending: String { status.map { "exited(\($0))" } ?? "signaled(\(signal ?? 0))" }

        /// The problem in one line: the signal that killed it, the first error that the tool reported, or else its last
        /// output.
        package var problem: String {
            if let signal { return "killed by signal \(signal)" }
            let lines = complaints.split(separator: "\n")
            let line = lines.first { $0.hasPrefix("E: ") }?.dropFirst(3) ?? lines.last ?? "no output"
            return String(line.trimmingPrefix(while: \.isWhitespace).trimmingSuffix(while: \.isWhitespace))
        }
    }

    package let program: Program
    /// The current directory of the program; `nil` for that of this process.
    package var folder: FilePath?
    /// Changes to this process's environment; `nil` removes a variable.
    package var environment: [String: String?]
    /// The time to exit by itself when the task is cancelled or its time limit is exceeded.
    package var timeToTidyUp: Duration?
    /// The maximum output to stdout, in bytes.
    package var longestText: Int
    /// The maximum output to stderr, in bytes.
    package var longestComplaints: Int

    package init(
        _ program: Program, folder: FilePath? = nil, environment: [String: String?] = [:],
        timeToTidyUp: Duration? = nil, longestText: Int = 64 << 20, longestComplaints: Int = 4 << 20
    ) {
        self.program = program
        self.folder = folder
        self.environment = environment
        self.timeToTidyUp = timeToTidyUp
        self.longestText = longestText
        self.longestComplaints = longestComplaints
    }

    /// Whether `PATH` has a program of that name.
    package static func isInstalled(_ name: String) -> Bool {
        let path = getenv("PATH").map { String(cString: $0) } ?? ""
        return path.split(separator: ":").contains { access("\($0)/\(name)", X_OK) == 0 }
    }

    /// Runs it without input; a failing exit status is a result.
    ///
    /// - Throws: `Problem`; `.overdue` only with a `limit`.
    package func run(_ arguments: [String], within limit: Duration?) async throws(Problem) -> Output {
        let started = ContinuousClock.now
        Logger.current.debug(
            "started: \(Diagnostics.command([program.text] + arguments))",
            metadata: folder.map { ["folder": "\($0)"] })
        do throws(Problem) {
            let output = try await output(of: arguments, within: limit)
            Logger.current.debug(
                "ended: \(program.text): \(output.ending) after \(Diagnostics.seconds(since: started))")
            for line in output.complaints.split(separator: "\n") { Logger.current.trace("\(program.text): \(line)") }
            return output
        } catch {
            Logger.current.debug("ended: \(program.text): \(error), after \(Diagnostics.seconds(since: started))")
            throw error
        }
    }

    private func output(of arguments: [String], within limit: Duration?) async throws(Problem) -> Output {
        let output: Output?
        do {
            output = try await withThrowingTaskGroup(of: Output?.self) { group in
                group.addTask { try await collect(arguments) }
                if let limit {
                    group.addTask {
                        try await Task.sleep(for: limit)
                        return nil
                    }
                }
                defer { group.cancelAll() }
                return try await group.next() ?? nil
            }
        } catch let error as SubprocessError where error.code == .executableNotFound {
            throw .notFound("\(error)")
        } catch {
            throw Task.isCancelled ? .cancelled : .failed("\(error)")
        }
        guard let output else { throw .overdue(limit ?? .zero) }
        if Task.isCancelled { throw .cancelled }
        return output
    }

    private func collect(_ arguments: [String]) async throws -> Output {
        let executable: Executable =
            switch program {
            case .name(let name): .name(name)
            case .path(let path): .path(path)
            }
        var options = PlatformOptions()
        options.teardownSequence =
            timeToTidyUp.map { [.gracefulShutDown(allowedDurationToNextStep: $0)] } ?? []
        let changes = environment.map { (Environment.Key(rawValue: $0.key), $0.value) }
        let result = try await Subprocess.run(
            executable, arguments: Arguments(arguments),
            environment: .inherit.updating(
                Dictionary(changes.compactMap { key, value in key.map { ($0, value) } }) { first, _ in first }),
            workingDirectory: folder, platformOptions: options, input: .none,
            output: .string(limit: longestText), error: .string(limit: longestComplaints))
        let (status, signal): (Int32?, Int32?) =
            switch result.terminationStatus {
            case .exited(let code): (code, nil)
            case .signaled(let code): (nil, code)
            }
        return Output(status: status, signal: signal, text: result.standardOutput, complaints: result.standardError)
    }
}

extension StringProtocol {
    fileprivate func trimmingSuffix(while unwanted: (Character) -> Bool) -> SubSequence {
        var rest = self[...]
        while let last = rest.last, unwanted(last) { rest.removeLast() }
        return rest
    }
}
