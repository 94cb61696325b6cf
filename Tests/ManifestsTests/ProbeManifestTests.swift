import FoundationEssentials
import MatrixModel
import SystemPackage
import TestSupport
import Testing

@testable import Manifests

struct ProbeManifestTests {
    @Test func everyKeyIsRead() throws {
        try withFolder(["a.bpf.c": "", "b.o": ""]) { folder in
            let text = """
                summary: Watches a.
                variants:
                  plain: { source: a.bpf.c }
                  tuned: { source: a.bpf.c, cpu: v4, cflags: [-DDEPTH=4, -Wextra] }
                  given: { object: b.o }
                expect:
                  - { kernels: "<5.10", variants: [plain, tun*], verdict: fail, stage: load, cause: opcode, reason: Too old., expires: 2026-12-31 }
                  - { verdict: crash, variants: given }
                  - { verdict: any, variants: given }
                """
            let probe = try ProbeManifest(file: folder.appending("probe.yaml"), text: text)
            let source = folder.appending("a.bpf.c")
            #expect(probe.name == folder.lastComponent?.string)
            #expect(probe.summary == "Watches a.")
            #expect(probe.variants.map(\.name) == ["plain", "tuned", "given"])
            #expect(
                probe.variants.map(\.origin) == [
                    .source(source, .v2, flags: []), .source(source, .v4, flags: ["-DDEPTH=4", "-Wextra"]),
                    .object(folder.appending("b.o")),
                ])
            let origin = { (line: Int, variants: String) in
                ExpectationOrigin(file: "\(probe.name)/probe.yaml", line: line, variants: variants)
            }
            let old = Expectation(
                kernels: try #require(KernelSelector("<5.10")), verdict: .fail, cause: "opcode", stage: .load,
                reason: "Too old.", expires: Day("2026-12-31"), origin: origin(7, "plain, tun*"))
            #expect(probe.variants[0].expectations == [old])
            #expect(probe.variants[1].expectations == [old])
            #expect(
                probe.variants[2].expectations == [
                    Expectation(kernels: .everyKernel, verdict: .crash, origin: origin(8, "given")),
                    Expectation(kernels: .everyKernel, verdict: nil, origin: origin(9, "given")),
                ])
            #expect(probe.variants.map(\.settings.modules) == [[], [], []])
        }
    }

    /// A variant has the probe's modules and its own, each once however it is spelt.
    @Test func modulesOfProbeAndVariantAddUp() throws {
        try withFolder(["a.o": ""]) { folder in
            let text = """
                summary: Watches a.
                modules: [nf-conntrack, veth, nf_conntrack]
                variants:
                  shared: { object: a.o }
                  more: { object: a.o, modules: [dummy, nf_conntrack] }
                """
            let probe = try ProbeManifest(file: folder.appending("probe.yaml"), text: text)
            #expect(
                probe.variants.map(\.settings.modules) == [
                    ["nf_conntrack", "veth"], ["nf_conntrack", "veth", "dummy"],
                ])
        }
    }

    /// A variant's setting replaces the probe's.
    @Test func loadersAreTheProbesOrTheVariantsOwn() throws {
        try withFolder(["a.o": ""]) { folder in
            let text = """
                summary: Watches a.
                loaders: [libbpf, cilium*]
                variants:
                  shared: { object: a.o }
                  own: { object: a.o, loaders: aya }
                  event: { tracefs: { kprobe: do_exit }, trigger: { shell: ":" }, event: {} }
                expect:
                  - { verdict: fail, loaders: cilium*, variants: shared }
                  - { verdict: any, loaders: [aya, libbpf] }
                """
            let probe = try ProbeManifest(file: folder.appending("probe.yaml"), text: text)
            #expect(
                probe.variants.prefix(2).map { $0.settings.loaders?.map(\.description) } == [
                    ["libbpf", "cilium*"], ["aya"],
                ])
            #expect(
                probe.variants[0].expectations.map(\.withoutOrigin) == [
                    Expectation(kernels: .everyKernel, loaders: [Glob("cilium*")], verdict: .fail),
                    Expectation(kernels: .everyKernel, loaders: [Glob("aya"), Glob("libbpf")], verdict: nil),
                ])
            let silent = try ProbeManifest(
                file: folder.appending("probe.yaml"), text: "summary: s\nvariants: { a: { object: a.o } }")
            #expect(silent.variants.map(\.settings.loaders) == [nil])
        }
    }

    @Test func aProgramOfTheUsersIsReadWithAllItNeeds() throws {
        try withFolder(["agent": "", "a.toml": "", "objects/x.o": ""]) { folder in
            let text = """
                summary: s
                attach: true
                trigger: { shell: ":" }
                event: {}
                variants:
                  plain: { exec: { program: agent } }
                  all:
                    exec:
                      program: agent
                      arguments: [--self-test, ""]
                      files: { /etc/a.toml: a.toml }
                      environment: { RUST_LOG: debug, EMPTY: "" }
                      pass: { line: ready, status: 3 }
                  line: { exec: { program: agent, files: [objects/x.o, ./a.toml], pass: { line: ready } } }
                """
            let probe = try ProbeManifest(file: folder.appending("probe.yaml"), text: text)
            let programs = try probe.variants.map { variant in
                guard case .exec(let program) = variant.origin else { throw CocoaError(.featureUnsupported) }
                return program
            }
            #expect(programs.map(\.program) == Array(repeating: folder.appending("agent"), count: 3))
            #expect(programs.map(\.status) == [0, 3, nil])
            #expect(programs.map(\.line) == [nil, "ready", "ready"])
            #expect(programs[1].arguments == ["--self-test", ""])
            #expect(programs[1].environment == ["RUST_LOG": "debug", "EMPTY": ""])
            #expect(programs[1].files == [.init(guest: "/etc/a.toml", host: folder.appending("a.toml"))])
            #expect(programs[2].files.map(\.guest) == ["/objects/x.o", "/a.toml"])
        }
    }

    @Test(arguments: [
        ("{}", "3: the key 'program' is missing"), ("{ program: gone }", "3: 'program' is 'gone'; expected a file in"),
        ("{ program: a.c, args: [] }", "3: unknown key 'args'"),
        ("{ program: a.c, arguments: x }", "3: 'arguments' is 'x'; expected a list"),
        ("{ program: a.c, files: [../a.c] }", "3: 'files' is '../a.c'; expected"),
        ("{ program: a.c, files: { etc/x: a.c } }", "3: 'etc/x' is 'a.c'; expected an absolute path"),
        ("{ program: a.c, files: { /proc/x: a.c } }", "3: '/proc/x' is 'a.c'; expected a path in the guest"),
        ("{ program: a.c, environment: { 1A: x } }", "3: '1A' is 'x'; expected a variable name instead of '1A'"),
        ("{ program: a.c, pass: {} }", "3: 'pass' is 'a mapping'; expected 'status', 'line', or both"),
        ("{ program: a.c, pass: { status: 256 } }", "3: 'status' is '256'; expected 0 to 255"),
        ("{ program: a.c }, loaders: aya", "3: 'loaders' is 'aya'; expected no 'loaders' with 'exec'"),
        ("{ program: a.c }, trigger: { shell: x }", "3: 'trigger' is 'a mapping'; expected no 'trigger' with 'exec'"),
        ("{ program: a.c }, attach: true", "3: 'attach' is 'true'; expected no 'attach' with 'exec'"),
        ("{ program: a.c }, maps: {}", "3: 'maps' is 'a mapping'; expected no 'maps' with 'exec'"),
        ("{ program: a.c }, source: a.c", "3: 'source' is 'a.c'; expected no 'source' with 'exec'"),
    ])
    func errorInAProgramIsReported(text: String, complaint: String) throws {
        try withFolder(["a.c": ""]) { folder in
            let file = folder.appending("probe.yaml")
            let error = #expect(throws: ManifestError.self) {
                try ProbeManifest(file: file, text: "summary: x\nvariants:\n  a: { exec: \(text) }")
            }
            #expect(error?.description.hasPrefix("\(file):\(complaint)") == true, "\(error?.description ?? "none")")
        }
    }

    /// Each complaint names the line and the key.
    @Test(arguments: [
        ("sumary: x\nvariants: { a: { source: a.c } }", "1: unknown key 'sumary'"),
        ("variants: { a: { source: a.c } }", "1: the key 'summary' is missing"),
        ("summary: x", "1: the key 'variants' is missing"),
        ("summary: x\nvariants: {}", "2: 'variants' is 'a mapping'; expected at least one variant"),
        ("summary: x\nvariants: [a]", "2: 'variants' is 'a list'"),
        ("summary: x\nvariants:\n  a: { cpu: v1 }", "3: the key 'source' is missing"),
        ("summary: x\nvariants:\n  a: { source: a.c, cpu: v9 }", "3: 'cpu' is 'v9'; expected v1, v2, v3, v4"),
        ("summary: x\nvariants:\n  a: { source: a.c, flags: [] }", "3: unknown key 'flags'"),
        ("summary: x\nvariants:\n  a: { source: gone.c }", "3: 'source' is 'gone.c'; expected a file in"),
        ("summary: x\nvariants:\n  a: { object: a.c, cpu: v1 }", "3: 'cpu' is 'v1'; expected no 'cpu' with 'object'"),
        ("summary: x\nvariants:\n  a/b: { source: a.c }", "3: 'variants' is 'a/b'; expected names of letters"),
        (expecting("{ verdict: ok }"), "4: 'verdict' is 'ok'; expected pass, fail, crash, timeout, any"),
        (expecting("{ verdict: any, cause: opcode }"), "4: 'cause' is 'opcode'; expected no 'cause' if the verdict is"),
        (expecting("{ verdict: pass, stage: fire }"), "4: 'stage' is 'fire'; expected no 'stage' if the verdict is"),
        (expecting("{ verdict: fail, stage: run }"), "4: 'stage' is 'run'; expected open, maps, load, attach, fire"),
        (
            "summary: x\nloaders: []\nvariants: { a: { source: a.c } }",
            "2: 'loaders' is 'a list'; expected at least one"
        ),
        (
            "summary: x\nloaders: ''\nvariants: { a: { source: a.c } }",
            "2: 'loaders' is ''; expected the name of a loader"
        ),
        ("summary: x\nloaders: {}\nvariants: { a: { source: a.c } }", "2: 'loaders' is 'a mapping'; expected text"),
        (
            "summary: x\nvariants:\n  a: { tracefs: { kprobe: do_exit }, loaders: aya }",
            "3: 'loaders' is 'aya'; expected no 'loaders' with 'tracefs'"
        ),
        (expecting("{ verdict: fail, loaders: [] }"), "4: 'loaders' is 'a list'; expected at least one"),
        (wanting("veth"), "2: 'modules' is 'veth'; expected a list"),
        (wanting("[../veth]"), "2: 'modules' is '../veth'; expected names of modules: letters, digits, '-' and '_'"),
        (wanting("[veth.ko]"), "2: 'modules' is 'veth.ko'; expected names of modules"),
        (wanting("['']"), "2: 'modules' is ''; expected names of modules"),
        (wanting("[\(String(repeating: "v", count: 56))]"), "2: 'modules' is 'vvv"),
        (
            "summary: x\nvariants:\n  a: { source: a.c, modules: [a b] }",
            "3: 'modules' is 'a b'; expected names of modules"
        ),
        (
            "summary: x\nvariants:\n  a: { tracefs: { kprobe: do_exit }, cpu: v1 }",
            "3: 'cpu' is 'v1'; expected no 'cpu' with 'tracefs'"
        ),
        (setting("[a]"), "2: 'maps' is 'a list'; expected a mapping of names"),
        (setting("{ a: 1 }"), "2: 'a' is '1'; expected a mapping of maxEntries, pin, inner"),
        (setting("{ a: {} }"), "2: 'a' is 'a mapping'; expected 'maxEntries', 'pin' or 'inner'"),
        (setting("{ a: { size: 1 } }"), "2: unknown key 'size'"),
        (setting("{ a: { maxEntries: 0 } }"), "2: 'maxEntries' is '0'; expected a number from 1 to 4294967295"),
        (setting("{ a: { pin: false } }"), "2: 'pin' is 'false'; expected true, or a path below /sys/fs/bpf"),
        (setting("{ a: { pin: /sys/fs/bpf/../a } }"), "2: 'pin' is '/sys/fs/bpf/../a'; expected true, or a path"),
        (setting("{ a: { pin: /sys/fs/bpf/ } }"), "2: 'pin' is '/sys/fs/bpf/'; expected true, or a path"),
        (setting("{ a: { inner: { maxEntries: 1 } } }"), "2: the key 'type' is missing"),
        (setting("{ a: { inner: { type: hash } } }"), "2: the key 'maxEntries' is missing"),
        (
            setting("{ a: { inner: { type: BPF_MAP_TYPE_HASH, maxEntries: 1 } } }"),
            "2: 'type' is 'BPF_MAP_TYPE_HASH'; expected a map type as libbpf spells it"
        ),
        (
            "summary: x\nvariants:\n  a: { tracefs: { kprobe: do_exit }, maps: {} }",
            "3: 'maps' is 'a mapping'; expected no 'maps' with 'tracefs'"
        ),
        (loading("user: alice"), "2: 'user' is 'alice'; expected nobody, root or a user id"),
        (loading("user: -1"), "2: 'user' is '-1'; expected nobody, root or a user id"),
        (loading("user: 4294967295"), "2: 'user' is '4294967295'; expected nobody, root or a user id"),
        (loading("capabilities: CAP_BPF"), "2: 'capabilities' is 'CAP_BPF'; expected a list"),
        (
            loading("capabilities: [cap_bpf]"),
            "2: 'capabilities' is 'cap_bpf'; expected names of capabilities, such as CAP_BPF"
        ),
        (loading("sysctls: [a.b]"), "2: 'sysctls' is 'a list'; expected a mapping of names"),
        (loading("sysctls: { kernel: 1 }"), "2: 'kernel' is '1'; expected the name of a sysctl, such as"),
        (loading("sysctls: { ../a.b: 1 }"), "2: '../a.b' is '1'; expected the name of a sysctl, such as"),
        (loading("sysctls: { a.b: '' }"), "2: 'a.b' is ''; expected one line"),
        (
            loading("sysctls: { kernel.unprivileged_bpf_disabled: 1 }"),
            "2: 'kernel.unprivileged_bpf_disabled' is '1'; expected 0 or 2: 2 rejects the same programs as 1"
        ),
        (
            loading(#"kernel-args: "a\nb""#),
            "2: 'kernel-args' is 'a\nb'; expected at most 1024 printable ASCII characters on one line"
        ),
        (expecting("{ verdict: notMeasured }"), "4: 'verdict' is 'notMeasured'"),
        (expecting("{ kernels: '*' }"), "4: the key 'verdict' is missing"),
        (expecting("{ verdict: fail, kernels: '>=new' }"), "4: 'kernels' is '>=new'; expected an id, a glob"),
        (expecting("{ verdict: fail, variants: [a, c*] }"), "4: 'variants' is 'c*'; expected one of the variants: a"),
        (
            expecting("{ verdict: pass, cause: opcode }"),
            "4: 'cause' is 'opcode'; expected no 'cause' if the verdict is"
        ),
        (expecting("{ verdict: fail, expires: soon }"), "4: 'expires' is 'soon'; expected a date, such as 2026-12-31"),
        (expecting("{ verdict: fail, expires: 2026-02-30 }"), "4: 'expires' is '2026-02-30'; expected a date"),
        (expecting("{ verdict: fail, because: old }"), "4: unknown key 'because'"),
    ])
    func errorIsReported(text: String, complaint: String) throws {
        try withFolder(["a.c": ""]) { folder in
            let file = folder.appending("probe.yaml")
            let error = #expect(throws: ManifestError.self) { try ProbeManifest(file: file, text: text) }
            #expect(error?.description.hasPrefix("\(file):\(complaint)") == true, "\(error?.description ?? "none")")
        }
    }

    private static func expecting(_ rule: String) -> String {
        "summary: x\nvariants:\n  a: { source: a.c }\nexpect: [\(rule)]"
    }

    private static func setting(_ maps: String) -> String {
        "summary: x\nmaps: \(maps)\nvariants: { a: { source: a.c } }"
    }

    private static func loading(_ key: String) -> String {
        "summary: x\n\(key)\nvariants: { a: { source: a.c } }"
    }

    private static func wanting(_ modules: String) -> String {
        "summary: x\nmodules: \(modules)\nvariants: { a: { source: a.c } }"
    }

    @Test func folderWithoutManifestIsNotAProbe() throws {
        let manifest = "summary: x\nvariants: { a: { object: a.o } }"
        let files = [
            "zebra/probe.yaml": manifest, "zebra/a.o": "", "ant/probe.yaml": manifest, "ant/a.o": "", "shared/x.h": "",
        ]
        try withFolder(files) { folder in
            let probes = try ProbeCatalogue(folder: folder).probes
            #expect(probes.map(\.name) == ["ant", "zebra"])
        }
    }

    @Test func missingFolderIsReported() throws {
        try withFolder([:]) { folder in
            let gone = folder.appending("gone")
            #expect(throws: ManifestError.unreadable(file: gone, errno: .noSuchFileOrDirectory)) {
                try ProbeCatalogue(folder: gone)
            }
        }
    }

    /// The page that describes the manifest shows some that are right.
    @Test func theSamplesInTheDocumentationAreRead() throws {
        let page = SourceTree.root.pushing("docs/manifest.md")
        let text = try String(contentsOfFile: page.string, encoding: .utf8)
        let samples = text.split(separator: "```yaml\n").dropFirst().compactMap { $0.split(separator: "```").first }
        try #require(samples.count == 16)
        let files = [
            "probe.bpf.c", "vendor/probe.bpf.o", "fentry.bpf.c", "hash.bpf.c", "device.bpf.c", "percpu-buffer.bpf.c",
            "target/agent", "agent.toml", "connect.bpf.c", "flows.bpf.c", "ports.bpf.c", "filter.bpf.c",
            "opened.bpf.c",
        ]
        try withFolder(Dictionary(uniqueKeysWithValues: files.map { ($0, "") })) { folder in
            let file = folder.appending("probe.yaml")
            let first = try ProbeManifest(file: file, text: String(samples[0]))
            #expect(first.variants.map(\.name) == ["plain", "wide", "vendor"])
            #expect(first.variants.map(\.expectations.count) == [1, 2, 0])
            let second = try ProbeManifest(file: file, text: String(samples[1]))
            #expect(second.variants.map(\.settings.modules) == [["nf_conntrack"], ["nf_conntrack", "veth"]])
            let loaders = try ProbeManifest(file: file, text: String(samples[2]))
            #expect(loaders.variants.map { $0.settings.loaders?.count } == [3, 1])
            #expect(loaders.variants.map(\.settings.fullLogs) == [false, true])
            let own = try ProbeManifest(file: file, text: String(samples[10]))
            #expect(own.variants.map(\.file) == [folder.pushing("target/agent")])
            let sized = try ProbeManifest(file: file, text: String(samples[3]))
            #expect(sized.variants.map(\.settings.trialSizes) == [true])
            let set = try ProbeManifest(file: file, text: String(samples[4]))
            #expect(
                set.variants.map { $0.settings.constants.map(\.value.value) } == [
                    [.number(8080), .number(1)], [.number(8080)],
                ])
            let maps = try ProbeManifest(file: file, text: String(samples[5])).variants.map {
                $0.settings.maps.map(\.value)
            }
            let pinned = MapSetting(map: "counters", pin: "/sys/fs/bpf/counters")
            let lru = try #require(MapType("lru_hash"))
            let inner = MapSetting.Inner(type: lru, keySize: 16, valueSize: 8, maxEntries: 1024)
            #expect(maps[0] == [MapSetting(map: "flows", maxEntries: 65536), pinned])
            #expect(maps[1] == [pinned, MapSetting(map: "flows", inner: inner)])
            let users = try ProbeManifest(file: file, text: String(samples[6])).variants.map(
                \.settings.privileges.privileges)
            let names = ["CAP_BPF", "CAP_PERFMON", "CAP_SYS_ADMIN"]
            let capabilities = try names.map { try #require(Capability($0)) }
            #expect(capabilities.map(\.number) == [39, 38, 21])
            #expect(
                users == [
                    nil, Privileges(user: 65534, capabilities: Array(capabilities[..<2])),
                    Privileges(user: 0, capabilities: [capabilities[2]]), Privileges(user: 65534, capabilities: []),
                ])
            let kernel = try ProbeManifest(file: file, text: String(samples[7])).variants.map(\.settings.sysctls)
            #expect(kernel[0] == [KernelSetting(name: "kernel.unprivileged_bpf_disabled", value: "0")])
            #expect(kernel[1] == [KernelSetting(name: "net.core.bpf_jit_harden", value: "2")])
            let arguments = try ProbeManifest(file: file, text: String(samples[8])).variants.map(
                \.settings.kernelArguments)
            #expect(arguments == ["", "lsm=lockdown,capability,bpf"])
            let third = try ProbeManifest(file: file, text: String(samples[9]))
            let plans = try third.variants.map { variant in
                guard case .tracefs(let event) = variant.origin else {
                    return try variant.settings.stages.plan(
                        programs: ["watch_readline"], maps: ["lines"], firesAlone: false)
                }
                return try variant.settings.stages.plan(event)
            }
            #expect(plans.map { $0?.lastStage } == [.fire, .fire, nil, .fire])
            let versions = try ProbeManifest(file: file, text: String(samples[11])).variants[0].expectations
            let old = try #require(KernelID("ubuntu-4.15")), oldest = try #require(KernelID("debian-4.4"))
            let expected = { (id: KernelID, loader: LoaderName) in
                versions.rule(for: id, release: nil, loader: loader).verdict
            }
            #expect(expected(old, LoaderName("libbpf@1.4", version: "1.4.6")) == .fail)
            #expect(expected(old, LoaderName("libbpf", version: "1.7.0")) == .pass)
            #expect(expected(oldest, LoaderName("libbpf@1.1")) == .fail)
        }
        let apt = try KernelManifest(file: "/debian-6.1.yaml", text: String(samples[13]))
        #expect(apt.commandLine == "mitigations=off")
        let file = try KernelManifest(file: "/el9-5.14.yaml", text: String(samples[14]))
        guard case .file(let source) = file.source else {
            Issue.record("\(file.source)")
            return
        }
        #expect(source.modules.count == 1 && !file.isGate)
        let external = try KernelManifest(file: "/k/ubuntu-4.15.yaml", text: String(samples[15]))
        #expect(external.btf == "/k/btfhub-archive/ubuntu/18.04/x86_64")
    }

    /// The manifests of this repository; each has a variant that is expected to pass on all that are not ancient.
    @Test func everyProbeHasAVariantForKernelsSince5_4() throws {
        let folder = SourceTree.root.appending("probes")
        let probes = try ProbeCatalogue(folder: folder).probes
        #expect(probes.count >= 7)
        let kernels = try ["ubuntu-5.4", "ubuntu-6.8", "debian-5.10", "debian-7.3"].map { try #require(KernelID($0)) }
        for probe in probes {
            let passing = probe.variants.filter { variant in
                kernels.allSatisfy {
                    variant.expectations.rule(for: $0, release: nil, loader: LoaderName("libbpf")).verdict == .pass
                }
            }
            #expect(!passing.isEmpty, "\(probe.name)")
        }
    }
}

extension MatrixModel.Expectation {
    /// For comparing a rule regardless of its position.
    fileprivate var withoutOrigin: MatrixModel.Expectation {
        var rule = self
        rule.origin = nil
        return rule
    }
}
