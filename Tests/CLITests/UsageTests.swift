import CompatMatrixCLI
import SystemPackage
import Testing

/// A command that asks for what there is not.
@Suite(.timeLimit(.minutes(10))) struct UsageTests {
    @Test(arguments: ["--kernel", "--probe", "--variant"]) func globThatMatchesNothing(option: String) async throws {
        try await Sandbox.with { sandbox in
            try await sandbox.addKernel()
            try sandbox.addProbe()
            let outcome = try await sandbox.run("run", option, "nothing-*")
            let known = ["--kernel": Sandbox.kernel, "--probe": "tiny", "--variant": "only"]
            outcome.expectRefusal(.usage, saying: ["'nothing-*'", try #require(known[option])])
            #expect(try sandbox.files().keys.allSatisfy { !$0.hasPrefix("results/") })
        }
    }

    /// A loader that there is, and that nothing of what was selected is for.
    @Test func loaderThatNothingIsFor() async throws {
        try await Sandbox.with { sandbox in
            try await sandbox.addKernel()
            try sandbox.addProbe()
            let outcome = try await sandbox.run("run", "--loader", "trace*")
            outcome.expectRefusal(.usage, saying: ["'trace*'", "libbpf"])
            #expect(try sandbox.files().keys.allSatisfy { !$0.hasPrefix("results/") })
        }
    }

    @Test(arguments: [
        (["run", "--colour"], "--colour"), (["run", "--loader", "ayaa"], "libbpf"), (["run", "--shard", "3/2"], "3/2"),
        (["run", "--jobs", "0"], "--jobs"), (["run", "--timeout", "0"], "--timeout"),
        (["run", "--accel", "xen"], "xen"),
        (["run", "--format", "pdf"], "pdf"), (["report", "--format", "pdf"], "pdf"), (["measure"], "measure"),
        (["features"], "--diff"), (["features", "--diff", "a"], "--diff"),
        (["features", "--diff", "a", "a"], "--diff"), (["features", "--diff", "a", "b", "c"], "--diff"),
        (["kernels", "add"], "<file>"), (["kernels", "verify", "--jobs", "0"], "--jobs"),
        (["diff", "a", "b", "c"], "c"), (["diff", "--format", "pdf"], "pdf"), (["diff", "--growth", "-1"], "--growth"),
        (["diff", "--headroom", "101"], "--headroom"), (["history"], "<probe>"),
        (["history", "readline", "--limit", "0"], "--limit"), (["runs", "--limit", "0"], "--limit"),
        (["bisect"], "<probe>"), (["bisect", "tiny", "--archive"], "--archive"),
        (["bisect", "tiny", "--jobs", "0"], "--jobs"), (["bisect", "tiny", "--loader", "nobodys"], "nobodys"),
        (["merge"], "<files>"), (["merge", "a.json", "-o", "b.json", "--store"], "--store"),
    ])
    func mistakeOnTheCommandLine(arguments: [String], word: String) async throws {
        try await Sandbox.with { sandbox in
            let before = try sandbox.files()
            let outcome = try await sandbox.run(arguments)
            #expect(outcome.status == .usage)
            #expect(outcome.stdout == "")
            let lines = outcome.stderr.split(separator: "\n")
            #expect(
                lines.first?.hasPrefix("Error: ") == true && lines.first?.contains(word) == true, "\(outcome.stderr)")
            #expect(lines.dropFirst().contains { $0.hasPrefix("Usage: compat-matrix") }, "\(outcome.stderr)")
            #expect(try sandbox.files() == before)
        }
    }

    @Test(arguments: [
        ["kernels", "show"], ["kernels", "remove"], ["features"],
        ["features", Sandbox.kernel, "--diff", Sandbox.kernel],
    ])
    func unknownKernel(command: [String]) async throws {
        try await Sandbox.with { sandbox in
            try await sandbox.addKernel()
            let outcome = try await sandbox.run(command + ["debian-9.9"])
            outcome.expectRefusal(.usage, saying: ["'debian-9.9'", Sandbox.kernel])
        }
    }

    @Test func kernelThatIsThereAlready() async throws {
        try await Sandbox.with { sandbox in
            try await sandbox.addKernel()
            let before = try sandbox.files()
            let outcome = try await sandbox.run("kernels", "add", "vmlinuz")
            outcome.expectRefusal(.usage, saying: [Sandbox.kernel, "--id"])
            #expect(try sandbox.files() == before)
        }
    }

    /// Reading leaves no empty store behind.
    @Test(arguments: [
        ["report"], ["report", "2026"], ["runs"], ["runs", "--json"], ["report", "--results", "elsewhere"],
        ["diff"], ["diff", "2026", "latest"], ["plan"], ["history", "readline"],
    ])
    func nothingStored(arguments: [String]) async throws {
        try await Sandbox.with { sandbox in
            let before = try sandbox.files()
            let outcome = try await sandbox.run(arguments)
            let folder = sandbox.root.appending(arguments.last == "elsewhere" ? "elsewhere" : "results")
            outcome.expectRefusal(.usage, saying: ["no runs in \(folder)", "compat-matrix run"])
            #expect(try sandbox.files() == before)
        }
    }
}
