/// The loader that wrote a text, as recognized from its messages.
package enum SpeakingLoader: String, Sendable, Codable, CaseIterable {
    case bpftrace, bcc, aya, cilium, libxdp, iproute2, veristat, bpftool, libbpf

    /// The most specific loader that a line names: bpftrace, bcc and bpftool forward libbpf's messages.
    init?(in lines: [Line]) {
        let texts = lines.lazy.filter { [.message, .loader, .note].contains($0.kind) }.suffix(Self.mostLines).map(
            \.text)
        let found = Self.allCases.first { loader in
            texts.contains { text in loader.marks.contains { text.utf8.span.contains($0, from: 0) } }
        }
        guard let found else { return nil }
        self = found
    }

    private static let mostLines = 1024

    /// What only this loader writes.
    private var marks: [StaticString] {
        switch self {
        case .bpftrace:
            [
                "bpftrace", "BPFTRACE_", "ERROR: Error loading BPF program", "ERROR: Error loading program:",
                "Kernel error log:",
            ]
        case .bcc:
            [
                "from bcc", "bcc/__init__", "Failed to load BPF program b'", "bpf: Failed to load program",
                "bcc_prog_load", "HINT: ",
            ]
        case .aya:
            [
                "BPF_PROG_LOAD syscall", "BPF_MAP_CREATE syscall", "aya::", "aya_", "aya-", "VerifierLog(",
                "BPF_BTF_LOAD syscall",
            ]
        case .cilium:
            [
                ": load program: ", "load program: invalid argument", "load program: permission denied",
                "load program: operation not permitted", "load program: argument list too long", "map create: ",
                "line(s) omitted)", "cilium/ebpf", "ebpf.VerifierError",
                "apply CO-RE relocations: ", "create link: ", "load collection", "load and assign",
                "MEMLOCK may be too low",
            ]
        case .libxdp: ["libxdp:", "xdp-loader", "xdp_program__"]
        case .iproute2:
            ["Prog section '", "Verifier analysis:", "RTNETLINK answers", "tc filter", "Error: Failed to load TC"]
        case .veristat: ["veristat", ", VERDICT: ", "VERIFIER LOG:"]
        case .bpftool: ["bpftool", "Error: failed to load object file"]
        case .libbpf: ["libbpf:", "libbpf_"]
        }
    }

    /// How to get the whole log with it, as the rest of a sentence that begins with "To get the complete log, ".
    ///
    /// Source: cilium/ebpf 0.22 `prog.go`; Aya 0.13 `VerifierLogLevel`; bcc 0.30 `src/cc/bpf_module.h` (0x2 and 0x10);
    /// bpftrace 0.21 `-v`; iproute2 6.1 `tc-bpf(8)`; libbpf 1.4 `libbpf_set_print`; veristat and bpftool of 6.12.
    func command(in lines: [Line]) -> String {
        switch self {
        case .bcc where Self.isLibraryOfBCC(lines):
            "let the program that calls bcc_prog_load() pass a buffer for the log and a log level of at least 1."
        case .bpftrace: "run `BPFTRACE_LOG_SIZE=16777216 bpftrace -v …`."
        case .bcc: "create the module with `BPF(…, debug=0x12)`."
        case .aya:
            "load with `EbpfLoader::new().verifier_log_level(VerifierLogLevel::VERBOSE | VerifierLogLevel::STATISTICS)`, "
                + "and print the error with `{:?}`."
        case .cilium:
            "unwrap the error with `errors.As` into a `*ebpf.VerifierError` and print it with `%+v`; if it is still cut, "
                + "raise `ProgramOptions.LogSizeStart` (`LogSize` in older versions)."
        case .libxdp: "run `xdp-loader load -vv DEVICE OBJECT.bpf.o`."
        case .iproute2: "add `verbose` to the `tc` or `ip` command."
        case .veristat: "run `veristat -vl2 OBJECT.bpf.o`."
        case .bpftool: "run `bpftool -d prog load OBJECT.bpf.o /sys/fs/bpf/test`."
        case .libbpf:
            "print libbpf's debug messages with `libbpf_set_print()`, or run `veristat -vl2 OBJECT.bpf.o`."
        }
    }

    /// Whether the text is from a program that calls the bcc library, which names the failed function, rather than from
    /// Python.
    private static func isLibraryOfBCC(_ lines: [Line]) -> Bool {
        func contains(_ mark: StaticString) -> Bool { lines.contains { $0.text.utf8.span.contains(mark, from: 0) } }
        return contains("bcc_prog_load") && !contains("Traceback") && !contains("from bcc")
    }

    /// For a text that names no loader.
    static let anyCommand =
        "run `veristat -vl2 OBJECT.bpf.o` or `bpftool -d prog load OBJECT.bpf.o /sys/fs/bpf/test`."
}
