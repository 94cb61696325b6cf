import Foundation
import GuestImage
import Manifests
import MatrixModel
import MatrixRunner
import MatrixSession
import ProbeObject
import RunPlanning
import SystemPackage
import TestSupport
import Testing

@testable import CompatMatrixCLI
@testable import Loaders

extension Loader {
    static let dummy = Loader(
        name: "libbpf",
        state: .available(PlannedFile(path: "/loader-libbpf", digest: "d"), library: "libbpf", version: "1.4"),
        isInGuestImage: true)
}

/// Which loaders run which variants, and how unavailable loaders are reported.
@Suite(.timeLimit(.minutes(10))) struct LoaderTests {
    private static func variant(_ loaders: [String]?) -> BuiltVariant {
        var settings = ProbeSettings.none
        settings.loaders = loaders?.map(Glob.init)
        return BuiltVariant(
            probe: "p", variant: "v", object: nil, programs: ["a"], settings: settings, expectations: [])
    }

    private static let tracefs: BuiltVariant = {
        var event = variant(nil)
        event.plan = StagePlan(.tracefs(TracefsEvent(kind: .kprobe, target: "do_exit")))
        return event
    }()

    @Test(
        arguments: [
            (nil, [], ["libbpf"]), (nil, ["aya"], ["aya"]), (nil, ["*"], ["libbpf", "aya", "cilium"]),
            (nil, ["mine=./mine"], ["mine"]), (nil, ["mine=./mine", "libbpf"], ["libbpf", "mine"]),
            (["libbpf", "aya"], [], ["libbpf", "aya"]), (["*"], ["c*"], ["cilium"]),
            (["cilium*"], ["cilium-0.11=/x", "cilium"], ["cilium", "cilium-0.11"]),
            (["cilium*", "b-*"], [], ["cilium"]),
        ] as [([String]?, [String], [String])])
    func takersAreThoseOfTheManifestThatWereChosen(
        manifest: [String]?, options: [String], expected: [String]
    ) throws {
        let choice = LoaderChoice(options.map(LoaderOption.init(argument:)))
        #expect(try choice.loaders(of: [Self.variant(manifest)]).map(\.loader) == expected)
    }

    private static let releases = [("libbpf", "1.1"), ("libbpf", "1.7"), ("cilium", "0.9")].compactMap {
        name, version in
        ShippedLoader(rawValue: name).map { LoaderRelease(loader: $0, version: version, suite: "s") }
    }

    /// A manifest that names a library accepts every version of it; options decide which versions are run.
    @Test(
        arguments: [
            (nil, [], ["libbpf"]), (nil, ["*"], ["libbpf", "aya", "cilium"]),
            (nil, ["libbpf", "libbpf@1.1"], ["libbpf", "libbpf@1.1"]),
            (nil, ["libbpf@*"], ["libbpf@1.1", "libbpf@1.7"]),
            (nil, ["*@*"], ["libbpf@1.1", "libbpf@1.7", "cilium@0.9"]),
            (["libbpf", "aya"], [], ["libbpf", "aya"]), (["*"], [], ["libbpf", "aya", "cilium"]),
            (["libbpf", "aya"], ["*@*"], ["libbpf@1.1", "libbpf@1.7"]),
            (["libbpf@1.1"], [], ["libbpf@1.1"]), (["libbpf@1.1", "aya"], ["*@1.1"], ["libbpf@1.1"]),
        ] as [([String]?, [String], [String])])
    func versionsAreChosenByName(manifest: [String]?, options: [String], expected: [String]) throws {
        let choice = LoaderChoice(options.map(LoaderOption.init(argument:)), releases: Self.releases)
        #expect(try choice.loaders(of: [Self.variant(manifest)]).map(\.loader) == expected)
    }

    @Test func versionThatNoSuiteHasIsReported() throws {
        let choice = LoaderChoice([LoaderOption(argument: "libbpf@9.9")], releases: Self.releases)
        let failure = #expect(throws: LoaderChoiceError.self) { try choice.loaders(of: [Self.variant(["libbpf"])]) }
        #expect(
            failure?.description
                == "--loader 'libbpf@9.9' matches nothing; loaders of the selected variants: libbpf, libbpf@1.1, libbpf@1.7"
        )
        let manifest = LoaderChoice([], releases: Self.releases)
        #expect(throws: LoaderChoiceError.self) { try manifest.loaders(of: [Self.variant(["libbpf@9.9"])]) }
    }

    @Test func releasesAreReadFromTheList() {
        let text = "# A remark\ncilium 0.9 bookworm\nlibbpf 1.1 bookworm\nnothing 1 sid\nlibbpf 1.7 sid\n\n"
        let releases = LoaderRelease.list(text)
        #expect(releases.map(\.name) == ["libbpf@1.1", "libbpf@1.7", "cilium@0.9"])
        #expect(releases.map(\.suite) == ["bookworm", "sid", "bookworm"])
    }

    /// The repository's own list has, for each library, the version that is built by default.
    @Test func repositoryListsItsReleases() throws {
        let releases = LoaderRelease.list(
            try String(contentsOfFile: "\(SourceTree.root)/images/guest/loaders/versions", encoding: .utf8))
        #expect(Set(releases.map(\.loader)) == Set(ShippedLoader.allCases.filter(\.takesObjects)))
        #expect(Set(releases.map(\.name)).count == releases.count)
    }

    @Test func loadersAreListedWithTheirVersions() async throws {
        try await Sandbox.with { sandbox in
            try sandbox.write(
                "libbpf 1.1 bookworm\nlibbpf 1.7 sid\naya 0.13 trixie\n", to: "images/guest/build/versions")
            try sandbox.write("this machine\n", to: "images/guest/build/origin-libbpf")
            try sandbox.addLoader("libbpf@1.1", saying: "libbpf 1.1.2")
            try sandbox.write("#!/bin/sh\n", to: "images/guest/build/loader-exec").makeExecutable()
            let list = try await sandbox.run("loaders", "list")
            #expect(
                list.stdout == """
                    LOADER      VERSION  FROM             STATE
                    libbpf      1.4      this machine     built, default
                    libbpf@1.1  1.1.2    Debian bookworm  built
                    libbpf@1.7  1.7      Debian sid       not built
                    aya         -        -                not built
                    aya@0.13    0.13     Debian trixie    not built
                    cilium      -        -                not built
                    tracefs     -        -                not built
                    exec        -        -                built

                    """)
            #expect(try await sandbox.run("loaders").stdout == list.stdout)
            struct Entry: Decodable, Equatable {
                var name: String
                var version: String?
                var origin: String?
                var `default`: Bool
                var built: Bool
            }
            let json = try await sandbox.run("loaders", "list", "--format", "json")
            #expect(json.stdout == (try await sandbox.run("loaders", "list", "--json")).stdout)
            let entries = try JSONDecoder().decode([Entry].self, from: Data(json.stdout.utf8))
            #expect(entries.count == 8)
            #expect(
                entries.prefix(3) == [
                    Entry(name: "libbpf", version: "1.4", origin: "this machine", default: true, built: true),
                    Entry(name: "libbpf@1.1", version: "1.1.2", origin: "Debian bookworm", default: false, built: true),
                    Entry(name: "libbpf@1.7", version: "1.7", origin: "Debian sid", default: false, built: false),
                ])
        }
    }

    /// A version that is not built is built when a run wants it, once; one that cannot be is not measured, with the reason.
    @Test func missingVersionIsBuiltForARun() async throws {
        try await Sandbox.with { sandbox in
            try await sandbox.addCell()
            try sandbox.addQEMU(version: "10.0.0", script: "exit 1")
            try sandbox.write("libbpf 1.1 bookworm\nlibbpf 1.5 trixie\n", to: "images/guest/build/versions")
            try sandbox.write(
                """
                #!/bin/sh
                cd "$(dirname "$0")/.."
                case $1 in libbpf@1.5) echo "apt cannot read trixie" >&2; exit 1;; esac
                echo "$1" >>asked
                cp images/guest/build/loader-libbpf "images/guest/build/loader-$1"

                """, to: "scripts/loader"
            ).makeExecutable()
            let arguments = ["run", "--object", "tiny.bpf.o", "--accel", "tcg", "--format", "json", "--loader", "*@*"]
            for attempt in 1...2 {
                let outcome = try await sandbox.run(arguments)
                #expect(outcome.status == .notMeasured, "\(outcome.stderr)")
                #expect(
                    outcome.stderr.contains("building the loader libbpf@1.1, with packages from Debian bookworm")
                        == (attempt == 1))
                let document = try JSONDecoder().decode(MatrixDocument.self, from: Data(outcome.stdout.utf8))
                #expect(document.loaders.map(\.name) == ["libbpf@1.1", "libbpf@1.5"])
                #expect(document.loaders.map(\.version) == ["1.4", nil])
                #expect(document.loaders[1].reason == "cannot build the libbpf@1.5 loader: apt cannot read trixie")
                #expect(document.cells.map(\.loader) == ["libbpf@1.1", "libbpf@1.5"])
            }
            #expect(try sandbox.contents(of: "asked") == Data("libbpf@1.1\n".utf8))
        }
    }

    /// What is no object has one loader, and a choice of others leaves it out.
    @Test(arguments: [([], ["libbpf", "tracefs"]), (["trace*"], ["tracefs"]), (["libbpf"], ["libbpf"])])
    func anEventOfTracefsHasOneLoader(options: [String], expected: [String]) throws {
        let choice = LoaderChoice(options.map(LoaderOption.init(argument:)))
        #expect(try choice.loaders(of: [Self.variant(nil), Self.tracefs]).map(\.loader) == expected)
    }

    @Test func unusableLoaderIsReported() throws {
        let choice = LoaderChoice([LoaderOption(argument: "aya"), LoaderOption(argument: "trace*")])
        let failure = #expect(throws: LoaderChoiceError.self) {
            try choice.loaders(of: [Self.variant(["libbpf", "aya"])])
        }
        #expect(failure?.exitStatus == .usage)
        #expect(
            failure?.description == "--loader 'trace*' matches nothing; loaders of the selected variants: aya, libbpf")
    }

    @Test func unknownLoaderInManifestIsReported() throws {
        let failure = #expect(throws: LoaderChoiceError.self) {
            try LoaderChoice([]).loaders(of: [Self.variant(["libpf"])])
        }
        #expect(failure?.exitStatus == .invalidInput)
        #expect(
            failure?.description.contains(
                "unknown loader 'libpf' in a manifest; available: libbpf, aya, cilium, tracefs, exec") == true)
    }

    @Test(arguments: [
        ("libbpf 1.4\n", "libbpf", "1.4"), ("aya 0.13.1", "aya", "0.13.1"),
        ("cilium/ebpf v0.9.1\n", "cilium/ebpf", "v0.9.1"),
    ])
    func aVersionIsLibraryAndNumber(line: String, library: String, version: String) throws {
        let read = try #require(LoaderVersion(line))
        #expect(read.library == library && read.version == version && !read.isResident)
    }

    @Test(arguments: ["mine 1.0\nresident\n", "mine 1.0\nresident"])
    func aSecondLineSaysThatALoaderCanStay(text: String) throws {
        let read = try #require(LoaderVersion(text))
        #expect(read.library == "mine" && read.version == "1.0" && read.isResident)
    }

    @Test(arguments: [
        "aya", "aya 0.13.1 \n", "aya 0.13.1\nmore", "aya 0.13.1\nresident\nmore", "resident\n", " ", "\n",
        "aya \u{1B}[1m1", "usage: a b c",
    ])
    func otherTextIsNotAVersion(text: String) { #expect(LoaderVersion(text) == nil) }

    @Test func loaderWithoutALibraryHasNoVersion() throws {
        let read = try #require(LoaderVersion(""))
        #expect(read.library == nil && read.version == nil)
    }

    /// An unusable loader of the user's is reported before anything else is examined.
    @Test(arguments: [
        (["libbpf=./x"], "'libbpf' already"), (["a=./x", "a=./y"], "'a' already"), (["=./x"], "''"),
        (["a/b=./x"], "'a/b'"),
        (["-a=./x"], "'-a'"), (["a="], "the path of the loader is missing"), (["nothing"], "unknown loader 'nothing'"),
    ])
    func anOptionThatMakesNoSense(options: [String], words: String) async throws {
        try await Sandbox.with { sandbox in
            let outcome = try await sandbox.run(["run"] + options.map { "--loader=\($0)" })
            #expect(outcome.status == .usage)
            #expect(outcome.stderr.contains(words), "\(outcome.stderr)")
        }
    }

    @Test func invalidLoaderIsRejectedBeforeBoot() async throws {
        try await Sandbox.with { sandbox in
            try await sandbox.addCell()
            try sandbox.write("#!/bin/sh\necho aya 1\n", to: "script").makeExecutable()
            try sandbox.write(Fixture.x86Object, to: "object.o").makeExecutable()
            try sandbox.write([UInt8](repeating: 0, count: (32 << 20) + 1), to: "long").makeExecutable()
            try sandbox.write(Fixture.x86Object, to: "plain")
            let cases = [
                ("gone", "does not exist"), ("tmp", "is not a file"), ("script", "is not an x86-64 ELF program"),
                ("object.o", "is not an x86-64 ELF program"), ("long", "too large for a guest: 32 MiB"),
                ("plain", "is not executable"),
                ("tiny.bpf.o", "is not executable"), ("/bin/bash", "is not static"),
            ]
            for (path, words) in cases {
                let outcome = try await sandbox.run("run", "--object", "tiny.bpf.o", "--loader", "mine=\(path)")
                outcome.expectRefusal(.invalidInput, saying: ["--loader mine", words])
            }
            #expect(try sandbox.files().keys.allSatisfy { !$0.hasPrefix("results/") })
        }
    }

    /// Its cells are not measured, and the run names the command that installs it; libbpf's cells are not affected.
    @Test func missingLoaderIsANotMeasuredColumn() async throws {
        try await Sandbox.with { sandbox in
            try await sandbox.addCell()
            try sandbox.addQEMU(version: "10.0.0", script: "exit 1")
            let arguments = ["run", "--object", "tiny.bpf.o", "--accel", "tcg", "--format", "json"]
            let outcome = try await sandbox.run(
                arguments + ["--loader", "aya", "--loader", "libbpf"], path: sandbox.bin)
            #expect(outcome.status == .notMeasured, "\(outcome.stderr)")
            let document = try JSONDecoder().decode(MatrixDocument.self, from: Data(outcome.stdout.utf8))
            #expect(document.loaders.map(\.name) == ["aya", "libbpf"])
            #expect(document.loaders.map(\.status) == [.missing, .available])
            #expect(document.loaders.map(\.library) == [nil, "libbpf"])
            #expect(document.loaders.map(\.version) == [nil, "1.4"])
            #expect(document.cells.map(\.loader) == ["libbpf", "aya"])
            let reason = try #require(document.loaders[0].reason)
            #expect(reason.contains("the aya loader is not built") && reason.contains("'make guest'"))
            #expect(document.cells[1].reason == reason && document.cells[1].verdict == .notMeasured)
            #expect(document.cells[0].reason != reason)

            try sandbox.addLoader("aya", saying: "something else altogether")
            let broken = try await sandbox.run(arguments + ["--loader", "aya"], path: sandbox.bin)
            #expect(broken.status == .notMeasured)
            #expect(broken.stdout.contains("is damaged: '--version' printed 'something else"), "\(broken.stdout)")
        }
    }

    @Test func misspelledLoaderIsAnError() async throws {
        try await Sandbox.with { sandbox in
            try sandbox.addProbe()
            let manifest = "summary: s\nloaders: [libbpf, ayaa]\nvariants: { only: { source: only.bpf.c } }\n"
            try sandbox.write(manifest, to: "probes/tiny/probe.yaml")
            try await sandbox.run("probes", "check").expectRefusal(.invalidInput, saying: ["tiny: 'loaders' is 'ayaa'"])
            #expect(try await sandbox.run("probes", "check", "--loader", "ayaa").isSuccess)
            try sandbox.write(manifest.replacing("ayaa", with: "libbpf@1.1"), to: "probes/tiny/probe.yaml")
            #expect(try await sandbox.run("probes", "check").isSuccess)
            try sandbox.write(manifest.replacing("ayaa", with: "libbpf@old"), to: "probes/tiny/probe.yaml")
            try await sandbox.run("probes", "check").expectRefusal(.invalidInput, saying: ["'loaders' is 'libbpf@old'"])
            try sandbox.write(manifest, to: "probes/tiny/probe.yaml")
            let list = try await sandbox.run("probes", "list")
            #expect(list.stdout.contains("libbpf, ayaa"), "\(list.stdout)")
        }
    }

    /// Everything of a program has the path in its root that it has here.
    @Test func aProgramGoesIntoGuestsWithItsLibraries() async throws {
        try await Sandbox.with { sandbox in
            let manifest = """
                summary: s
                variants: { own: { exec: { program: /bin/bash, files: { /etc/x: probe.yaml }, environment: { A: b } } } }

                """
            try sandbox.write(manifest, to: "probes/tiny/probe.yaml")
            let cache = sandbox.root.appending("cache")
            let variant = try #require(
                try await ProbeSelection().build(folder: sandbox.root.appending("probes"), cache: cache).first)
            let executable = try await GuestExecutable(try #require(variant.executable), of: variant)
            guard case .exec(let call) = executable.plan.subject else {
                Issue.record("\(executable.plan)")
                return
            }
            let paths = executable.files.map { String($0.guestPath.dropFirst(call.root.count)) }
            #expect(paths.contains(call.program) && call.program.hasSuffix("/bash"))
            #expect(paths.contains("/etc/x"))
            #expect(paths.contains { $0.contains("/libc.so") } && paths.contains { $0.contains("/ld-linux") })
            #expect(Set(paths).count == paths.count && paths == paths.sorted())
            #expect(call.environment.contains("A=b") && call.environment.contains("HOME=/root"))
            #expect(executable.plan.lastStage == .fire)
        }
    }

    @Test(arguments: [
        ("{ program: probe.yaml }", "is not an x86-64 ELF program"),
        ("{ program: tiny.sh }", "is not an x86-64 ELF program"),
        ("{ program: /bin/bash, files: { /etc/big: big } }", "the limit is 64 MiB"),
        ("{ program: /bin/bash, files: { /usr/bin/bash: probe.yaml } }", "have the same path /usr/bin/bash"),
    ])
    func programUnusableInAGuestIsAnError(exec: String, words: String) async throws {
        try await Sandbox.with { sandbox in
            try await sandbox.addKernel()
            try sandbox.write("summary: s\nvariants: { own: { exec: \(exec) } }\n", to: "probes/tiny/probe.yaml")
            try sandbox.write("#!/bin/sh\n", to: "probes/tiny/tiny.sh").makeExecutable()
            try sandbox.root.pushing("probes/tiny/probe.yaml").makeExecutable()
            try sandbox.write([UInt8](repeating: 0, count: 65 << 20), to: "probes/tiny/big")
            for command in [["probes", "check"], ["run"]] {
                let outcome = try await sandbox.run(command)
                outcome.expectRefusal(.invalidInput, saying: ["tiny/own", words])
            }
        }
    }

    /// A loader that no cell of a run needs is not in its guests' image, and so neither started nor in their snapshot.
    @Test(arguments: [
        ([], ["exec", "libbpf", "tracefs"]), (["libbpf", "aya"], ["aya", "exec", "libbpf", "tracefs"]),
    ])
    func guestsHaveTheLoadersOfTheirRun(needed: [String], expected: [String]) async throws {
        try await Sandbox.with { sandbox in
            for name in ["aya", "cilium", "tracefs", "exec"] { try sandbox.addLoader(name, saying: "\(name) 1.0") }
            let workspace = Workspace.find(
                from: sandbox.root, executable: sandbox.root.appending("x"), environment: [:])
            let image = try await GuestImage.forGuests(tools: workspace.guestTools, loaders: needed)
            #expect(image.loaders.sorted() == expected)
        }
    }
}
