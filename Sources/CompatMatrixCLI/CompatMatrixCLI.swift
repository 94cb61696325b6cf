public import ArgumentParser

public struct CompatMatrix: AsyncParsableCommand {
    public static let configuration = CommandConfiguration(
        commandName: "compat-matrix",
        abstract: "Says on which kernels every variant of every eBPF probe loads, and why not where it does not.",
        subcommands: [
            RunCommand.self, Kernels.self, Probes.self, Report.self, Runs.self, Diff.self, History.self,
            PlanCommand.self, Bisect.self, Merge.self, Explain.self, Features.self, Doctor.self, Init.self,
            Clean.self,
        ])

    public init() {}
}
