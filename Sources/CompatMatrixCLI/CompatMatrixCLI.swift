public import ArgumentParser

public struct CompatMatrix: AsyncParsableCommand {
    public static let configuration = CommandConfiguration(
        commandName: "compat-matrix",
        abstract: "Test which kernels load your eBPF programs, and explain every failure.",
        subcommands: [
            RunCommand.self, Kernels.self, Probes.self, LoadersCommand.self, Report.self, Runs.self, Diff.self,
            History.self,
            PlanCommand.self, Bisect.self, Merge.self, Explain.self, Features.self, Doctor.self, Init.self,
            Clean.self,
        ])

    public init() {}
}

extension CompatMatrix {
    /// Runs the command given on the command line and exits with its status.
    ///
    /// ArgumentParser knows only its own errors and would exit with 1 for all others.
    public static func main() async {
        do {
            var command = try await asyncParseAsRoot()
            try DiagnosticsLog.bootstrap(verbose: (command as? any HasDiagnostics)?.diagnostics.verbose ?? false)
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
            try Output.finish()
        } catch let error as any HasExitStatus {
            Output.toStderr("compat-matrix: \(error)")
            exit(withError: error.exitStatus.code)
        } catch is CancellationError {
            exit(withError: ExitStatus.interrupted.code)
        } catch let error where error is ExitCode || exitCode(for: error) != .failure {
            // An exit status of compat-matrix, --help, or a usage error.
            do { try Output.finish() } catch {
                Output.toStderr("compat-matrix: \(error)")
                exit(withError: ExitStatus.notMeasured.code)
            }
            exit(withError: error)
        } catch {
            Output.toStderr("compat-matrix: internal error: \(error); please report this as a bug")
            exit(withError: ExitStatus.internalError.code)
        }
    }
}
