import CompatMatrixCLI
import SystemPackage
import Testing

/// A file that is missing or wrong ends a command before anything boots or is written.
@Suite(.timeLimit(.minutes(10))) struct BadInputTests {
    enum BrokenObject: CaseIterable {
        case missing, empty, notELF, forX86, cutShort, noProgram

        /// Text that the error contains in addition to the file's name.
        var words: [String] {
            switch self {
            case .missing: ["no such file", "build it first"]
            case .empty: ["is empty", "compile it again"]
            case .notELF: ["is not an ELF object", "clang -target bpf"]
            case .forX86: ["is an object for x86-64, not BPF", "clang -target bpf"]
            case .cutShort: ["is truncated", "again"]
            case .noProgram: ["contains no program", "SEC("]
            }
        }
    }

    @Test(arguments: BrokenObject.allCases) func objectToRun(broken: BrokenObject) async throws {
        try await Sandbox.with { sandbox in
            try await sandbox.addCell()
            let whole = try [UInt8](sandbox.contents(of: "tiny.bpf.o"))
            switch broken {
            case .missing: break
            case .empty: try sandbox.write([], to: "broken.bpf.o")
            case .notELF: try sandbox.write("#!/bin/sh\n", to: "broken.bpf.o")
            case .forX86: try sandbox.write(Fixture.x86Object, to: "broken.bpf.o")
            case .cutShort: try sandbox.write(Array(whole.prefix(whole.count / 2)), to: "broken.bpf.o")
            // With its section renamed to what holds functions only.
            case .noProgram:
                try sandbox.write(whole.replacing("socket\0".utf8, with: ".text\0\0".utf8), to: "broken.bpf.o")
            }
            let before = try sandbox.files()
            let outcome = try await sandbox.run("run", "--object", "broken.bpf.o")
            outcome.expectRefusal(
                .invalidInput, saying: ["\(sandbox.root.appending("broken.bpf.o"))"] + broken.words)
            #expect(try sandbox.files() == before)
        }
    }

    /// One broken file keeps a run from booting even when the others are fine.
    @Test func oneOfTwoObjects() async throws {
        try await Sandbox.with { sandbox in
            try await sandbox.addCell()
            let outcome = try await sandbox.run("run", "--object", "tiny.bpf.o", "--object", "gone.bpf.o")
            outcome.expectRefusal(.invalidInput, saying: ["gone.bpf.o"])
            #expect(try sandbox.files().keys.allSatisfy { !$0.hasPrefix("results/") })
        }
    }

    @Test(arguments: [
        ("probes/tiny/probe.yaml", "summary: x\nvariantes:\n  only: { source: only.bpf.c }\n", 2, "variantes"),
        ("probes/tiny/probe.yaml", "summary: x\nvariants:\n  only: { source: only.bpf.c, cpv: v1 }\n", 3, "cpv"),
        ("kernels/local-6.1.yaml", "source:\n  fil: vmlinuz\n", 2, "fil"),
    ])
    func manifestWithAnUnknownKey(file: String, text: String, line: Int, key: String) async throws {
        try await Sandbox.with { sandbox in
            try sandbox.addProbe()
            try sandbox.write(text, to: file)
            let before = try sandbox.files()
            let outcome = try await sandbox.run("run")
            outcome.expectRefusal(.invalidInput, saying: ["\(sandbox.root.appending(file)):\(line):", "'\(key)'"])
            #expect(
                try sandbox.files().filter {
                    !["images/cache/probes/", "images/cache/host-"].contains(where: $0.key.hasPrefix)
                } == before)
        }
    }

    /// Errors that only the compiled object reveals are also reported before anything boots.
    @Test(arguments: [["run"], ["probes", "check"]])
    func manifestWithAProgramThatTheObjectLacks(command: [String]) async throws {
        try await Sandbox.with { sandbox in
            try await sandbox.addKernel()
            try sandbox.addProbe()
            let manifest = "summary: x\nattach:\n  gone: do_exit\nvariants: { only: { source: only.bpf.c } }\n"
            try sandbox.write(manifest, to: "probes/tiny/probe.yaml")
            let outcome = try await sandbox.run(command)
            let place = "\(sandbox.root.appending("probes/tiny/probe.yaml")):3:"
            outcome.expectRefusal(.invalidInput, saying: [place, "'attach' is 'gone'", "the object's programs"])
            #expect(try sandbox.files().keys.allSatisfy { !$0.hasPrefix("results/") })
        }
    }

    /// A cause that no failure can have would make the expectation fail for ever.
    @Test func causeThatTheCatalogueLacks() async throws {
        try await Sandbox.with { sandbox in
            try sandbox.addProbe()
            let manifest = """
                summary: x
                variants: { only: { source: only.bpf.c } }
                expect: [{ kernels: "<5.10", verdict: fail, cause: size-negativ }]

                """
            try sandbox.write(manifest, to: "probes/tiny/probe.yaml")
            let outcome = try await sandbox.run("probes", "check")
            outcome.expectRefusal(.invalidInput, saying: ["tiny: 'cause' is 'size-negativ'", "docs/catalogue.md"])
        }
    }

    /// A run of nothing must not be green.
    @Test(arguments: [("probes/p/probe.yml", "rename the file"), ("probes/p/notes.txt", "no probes in")])
    func noManifest(file: String, words: String) async throws {
        try await Sandbox.with { sandbox in
            try await sandbox.addKernel()
            try sandbox.write("summary: x\n", to: file)
            let outcome = try await sandbox.run("run")
            outcome.expectRefusal(.invalidInput, saying: [words])
        }
    }

    @Test(arguments: [
        ("no kernel", [UInt8](repeating: 0x20, count: 4096), "not a kernel"),
        ("an empty file", [], "not a kernel"),
        ("a bzImage cut short", Array(Fixture.bzImage().prefix(700)), "truncated"),
        ("a package cut short", Fixture.packageCutShort, "truncated"),
    ])
    func kernelToAdd(what: String, bytes: [UInt8], words: String) async throws {
        try await Sandbox.with { sandbox in
            let file = try sandbox.write(bytes, to: "given")
            let before = try sandbox.files()
            let outcome = try await sandbox.run("kernels", "add", "given", "--id", "local-6.1")
            outcome.expectRefusal(.invalidInput, saying: [file.string, words])
            #expect(try sandbox.files() == before)
        }
    }

    @Test func kernelThatIsNotThere() async throws {
        try await Sandbox.with { sandbox in
            let outcome = try await sandbox.run("kernels", "add", "gone.deb")
            outcome.expectRefusal(.invalidInput, saying: ["gone.deb"])
        }
    }

    /// What is not a database of ours is left as it is.
    @Test func foreignDatabase() async throws {
        try await Sandbox.with { sandbox in
            try await sandbox.addCell()
            try sandbox.write("not a database, but long enough to be looked at", to: "results/compat-matrix.sqlite")
            let before = try sandbox.contents(of: "results/compat-matrix.sqlite")
            for arguments in [["run", "--object", "tiny.bpf.o"], ["runs"], ["report"]] {
                let outcome = try await sandbox.run(arguments, path: sandbox.bin)
                outcome.expectRefusal(.invalidInput, saying: ["compat-matrix.sqlite", "choose another directory"])
            }
            #expect(try sandbox.contents(of: "results/compat-matrix.sqlite") == before)
        }
    }
}
