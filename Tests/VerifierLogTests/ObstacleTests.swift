import MatrixModel
import Testing

@testable import VerifierLog

/// What a kernel answered beside the message that decides, and which of several lines that is.
@Suite struct ObstacleTests {
    private func told(
        _ words: String, _ findings: [GuestFinding] = [], log: String = "", errno: Int32 = 22, stage: Stage = .load,
        kernel: KernelRelease = KernelRelease(4, 15), config: String? = nil
    ) throws -> (cause: Cause, explanation: Explanation) {
        var loader = LoaderOutput()
        for finding in findings { loader.append(finding) }
        loader.append(words)
        let summary = LogSummary(of: log)
        let cause = try #require(
            Catalogue.bundled.cause(ofLog: summary, loader: loader, errno: errno, stage: stage))
        let explanation = Catalogue.bundled.explanation(
            of: cause, log: summary, loader: loader, kernel: kernel,
            options: config.map { KernelOptions(text: Array($0.utf8)) })
        return (cause, explanation)
    }

    /// The library's specific line counts, not its summary, and not the errno.
    @Test(arguments: [
        (
            "libbpf: prog 'f': missing .BTF.ext function info.\nlibbpf: prog 'f': failed to relocate calls: -22\n",
            "libbpf-func-info"
        ),
        (
            "libbpf: failed to frobnicate 'f': -22\nlibbpf: failed to perform CO-RE relocations: -22\n"
                + "libbpf: failed to load object 'f.bpf.o'\n", "unknown"
        ),
        (
            "Error: map error: failed to create map `m` with code -1\n\nCaused by:\n    0: failed to create map `m` with code -1\n"
                + "    1: Invalid argument (os error 22)\n", "aya-map"
        ),
        ("file /x.o: load BTF maps: map outer: can't parse it\n", "unknown"),
        ("libbpf: map 'outer.inner': can't determine value size for type [29]: -22.\n", "map-forward-type"),
        (
            "libbpf: sec '.relxdp': corrupted symbol #1 pointing to invalid section #65522 for relo #0\n",
            "common-symbol"
        ),
        (
            "libbpf: struct_ops init_kern: struct sched_ext_ops is not found in kernel BTF\n",
            "libbpf-struct-ops-missing"
        ),
    ])
    func theSpecificLineDecides(words: String, id: String) throws {
        let cause = try told(words, stage: .open).cause
        #expect(cause.id == id)
        let summaries = ["failed to relocate", "failed to load object", "os error", "CO-RE relocations"]
        #expect(!summaries.contains(where: cause.line.contains), "\(cause.line)")
    }

    /// A kernel without a program type gains nothing from BTF.
    @Test func allThatIsMissingIsNamed() throws {
        let told = try told(
            "libbpf: Error loading vmlinux BTF: -3\n", [GuestFinding(.programTypeRejected, ["tracing"])], errno: 3,
            stage: .open)
        #expect(told.cause.id == "libbpf-vmlinux")
        #expect(told.explanation.facts.contains { $0.hasPrefix("The program type tracing needs Linux 5.5;") })
        #expect(told.explanation.suggestion.hasPrefix("Ship a variant with a program type that this kernel has"))
    }

    @Test func functionsThatAreNeverReachedAreCalls() throws {
        let told = try told("", [GuestFinding(.callsRejected)], log: "unreachable insn 16\n")
        #expect(told.cause.id == "calls-unknown" && told.cause.line == "unreachable insn 16")
        #expect(told.explanation.facts.count == 1)
    }

    /// Guards ask the kernel's BTF.
    @Test(arguments: [("", false), ("CONFIG_DEBUG_INFO_BTF=y\n", true)])
    func guardsAreAdvisedWhereTheyWork(config: String, isAdvised: Bool) throws {
        let told = try told("", log: "invalid func unknown#130\n", config: config)
        #expect(
            told.explanation.suggestion.hasPrefix("Guard the helper") == isAdvised, "\(told.explanation.suggestion)")
    }

    @Test func aCommonSymbolExplainsWhatComesOfIt() throws {
        let unclear = try told("", log: "R1 invalid mem access 'scalar'\n").cause
        let cause = Catalogue.bundled.cause(ofCommonSymbol: "hits", insteadOf: unclear)
        #expect(cause.id == "common-symbol" && cause.line == "common symbol 'hits'")
        let other = try told("", log: "unreachable insn 16\n").cause
        #expect(Catalogue.bundled.cause(ofCommonSymbol: "hits", insteadOf: other) == other)
    }
}
