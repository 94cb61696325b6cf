import MatrixModel
import Testing

@testable import VerifierLog

@Suite struct FeatureTests {
    @Test func namesAreUnique() {
        var seen: Set<String> = []
        for feature in FeatureTable.bundled.features {
            #expect(seen.insert("\(feature.kind) \(feature.key ?? feature.name)").inserted, "\(feature.name)")
        }
        #expect(Set(FeatureTable.bundled.features.map(\.kind)) == Set(Feature.Kind.allCases))
    }

    /// Helpers are numbered as they came, so that a version that goes back is a mistake in the table.
    @Test func helpersAreInOrder() {
        let helpers = FeatureTable.bundled.features.filter { $0.kind == .helper }
        #expect(helpers.compactMap { $0.key.flatMap { Int($0) } } == Array(1...helpers.count))
        let late = zip(helpers, helpers.dropFirst()).filter { $1.since < $0.since }
        // Those that were sent to two trees at once, or to a stable one.
        #expect(late.count <= 12, "\(late.map { $1.name })")
    }

    @Test(arguments: [
        (Feature.Kind.helper, "181", "bpf_loop", KernelRelease(5, 17)),
        (.helper, "bpf_ringbuf_output", "bpf_ringbuf_output", KernelRelease(5, 8)),
        (.instruction, "e5", "may_goto", KernelRelease(6, 9)), (.mapType, "arena", "arena", KernelRelease(6, 9)),
        (.programType, "raw_tracepoint", "raw_tracepoint", KernelRelease(4, 17)),
        (.kfunc, "bpf_strncasecmp", "bpf_strncasecmp", KernelRelease(7, 0)),
    ])
    func isFoundByNameAndNumber(kind: Feature.Kind, text: String, name: String, since: KernelRelease) {
        let feature = FeatureTable.bundled.feature(kind, named: text)
        #expect(feature?.name == name)
        #expect(feature?.since == since)
    }

    @Test(
        arguments: [
            (
                "invalid func unknown#130", "compat-matrix: this kernel has no helper 130", KernelRelease(5, 4),
                "bpf_ringbuf_output needs Linux 5.8; this kernel is 5.4 and does not have it."
            ),
            (
                "invalid func unknown#130", "", KernelRelease(6, 1),
                "bpf_ringbuf_output needs Linux 5.8; this kernel is 6.1 but does not have it."
            ),
            (
                "unknown func bpf_probe_read_user#112",
                "compat-matrix: this kernel allows helper 112 for programs of type kprobe, tracepoint",
                KernelRelease(4, 18),
                "bpf_probe_read_user needs Linux 5.5; this kernel is 4.18 and has it, as a backport, for programs of type "
                    + "kprobe, tracepoint, but not for this program."
            ),
            (
                "back-edge from insn 13 to 6", "", KernelRelease(4, 15),
                "Bounded loops are documented to need Linux 5.3; this kernel is 4.15 and was not probed."
            ),
            (
                "unknown opcode e5", "", nil,
                "The instruction may_goto needs Linux 6.9."
            ),
        ] as [(String, String, KernelRelease?, String)])
    func saysWhoKnows(line: String, messages: String, kernel: KernelRelease?, sentence: String) throws {
        let cause = try #require(Catalogue.bundled.cause(ofLog: line + "\n", loaderMessages: messages, errno: 22))
        let facts = Catalogue.bundled.featureFacts(of: cause, loader: LoaderOutput(messages))
        #expect(facts.map { $0.sentence(kernel: kernel) } == [sentence])
    }

    /// What the kernel's own configuration says, where it is known.
    @Test(
        arguments: [
            ("scx_bpf_cpu_rq", KernelRelease(7, 3), "CONFIG_SCHED_CLASS_EXT=y", ": Linux 7.3 no longer has it."),
            (
                "scx_bpf_cpu_rq", KernelRelease(6, 12), "# CONFIG_SCHED_CLASS_EXT is not set",
                ": CONFIG_SCHED_CLASS_EXT is not set."
            ),
            ("scx_bpf_cpu_rq", KernelRelease(6, 18), "CONFIG_SCHED_CLASS_EXT=y", "."),
            (
                "bpf_ct_release", KernelRelease(6, 1), "CONFIG_NF_CONNTRACK=m",
                ": it is in the module nf_conntrack, which is not loaded; list it under 'modules', or use --module."
            ),
            ("bpf_ct_release", KernelRelease(6, 1), "CONFIG_NF_CONNTRACK=y", "."),
        ] as [(String, KernelRelease, String, String)])
    func saysWhyANewerKernelLacksIt(name: String, kernel: KernelRelease, config: String, why: String) throws {
        let words = "libbpf: extern (func ksym) '\(name)': not found in kernel or module BTFs\n"
        let cause = try #require(Catalogue.bundled.cause(ofLog: "", loaderMessages: words, errno: 3))
        let options = KernelOptions(text: Array("CONFIG_A=y\n\(config)\nCONFIG_Z=m\n".utf8))
        let told = Catalogue.bundled.explanation(
            of: cause, log: LogSummary(of: ""), loader: LoaderOutput(words), kernel: kernel, options: options)
        #expect(told.facts.count == 1)
        #expect(told.facts.first?.hasSuffix("but does not have it\(why)") == true, "\(told.facts)")
        #expect(told.suggestion.contains("--module") == why.contains("--module"), "\(told.suggestion)")
    }

    @Test func aHelperThatNoProgramMayCallIsNotElsewhere() throws {
        let log = LogSummary(of: "unknown func bpf_override_return#58\n")
        var loader = LoaderOutput()
        loader.append(GuestFinding(.helperNowhere, ["58"]))
        let cause = try #require(Catalogue.bundled.cause(ofLog: log, loader: loader, errno: 22))
        let told = Catalogue.bundled.explanation(
            of: cause, log: log, loader: loader, kernel: KernelRelease(6, 1), options: KernelOptions(text: []))
        #expect(
            told.facts == [
                "bpf_override_return needs Linux 4.16; this kernel is 6.1, and no program type can call it: "
                    + "CONFIG_BPF_KPROBE_OVERRIDE is not set."
            ])
    }

    @Test(arguments: [
        ("CONFIG_A=y", "A", "builtIn"), ("\nCONFIG_AB=y\nCONFIG_A=m", "A", "module"), ("CONFIG_AB=y\n", "A", "off"),
        ("", "A", "off"),
    ])
    func optionsAreFoundByName(text: String, name: String, setting: String) {
        #expect("\(KernelOptions(text: Array(text.utf8))[name])" == setting)
    }

    @Test(arguments: [
        (
            [GuestFinding(.helperMissing, ["4"]), GuestFinding(.helperMissing, ["112"])],
            "bpf_probe_read_user needs Linux 5.5; this kernel is 4.18 and does not have it."
        ),
        (
            [GuestFinding(.helperElsewhere, ["112", "kprobe, xdp"])],
            "bpf_probe_read_user needs Linux 5.5; this kernel is 4.18 and has it, as a backport, for programs of type "
                + "kprobe, xdp, but not for this program."
        ),
    ])
    func findingsSayWhoMayCallAHelper(findings: [GuestFinding], sentence: String) throws {
        var loader = LoaderOutput()
        for finding in findings { loader.append(finding) }
        let log = LogSummary(of: "unknown func bpf_probe_read_user#112\n")
        let cause = try #require(Catalogue.bundled.cause(ofLog: log, loader: loader, errno: 22))
        let explanation = Catalogue.bundled.explanation(
            of: cause, log: log, loader: loader, kernel: KernelRelease(4, 18))
        #expect(explanation.facts == [sentence])
    }

    /// Aya's message has that reason on old kernels only.
    @Test(
        arguments: [
            (
                KernelRelease(4, 15), "Global data needs Linux 5.2; this kernel is 4.15 and does not have it."
            ), (KernelRelease(5, 2), nil), (KernelRelease(6, 1), nil), (nil, nil),
        ] as [(KernelRelease?, String?)])
    func saysSoOfOlderKernelsOnly(kernel: KernelRelease?, sentence: String?) throws {
        let words = """
            Error: error relocating function

            Caused by:
                0: error relocating `watch`
                1: section `6` not found, referenced by symbol `` #11
            """
        let cause = try #require(Catalogue.bundled.cause(ofLog: "", loaderMessages: words, errno: 22, stage: .open))
        #expect(cause.id == "aya-section" && cause.line == "1: section `6` not found, referenced by symbol `` #11")
        let told = Catalogue.bundled.explanation(of: cause, log: "", loaderMessages: words, kernel: kernel)
        #expect(told.facts == [sentence].compactMap(\.self))
        #expect(told.reason.contains("Kernels before 5.2 have no global data"))
    }
}
