/// The options of a kernel's configuration that affect BPF.
package struct KernelConfig: Codable, Sendable, Equatable {
    /// By name without `CONFIG_`: `y`, `m`, a number, or a text without its quotes.
    ///
    /// Options that are missing here are not set.
    package var values: [String: String]

    /// Parses a `CONFIG_…` file, as in /boot or /proc/config.gz.
    package init(text: some Sequence<UInt8>) {
        values = [:]
        let wanted = Set(Self.options)
        for line in String(decoding: Array(text), as: UTF8.self).split(whereSeparator: \.isNewline) {
            guard line.hasPrefix("CONFIG_"), let equals = line.firstIndex(of: "=") else { continue }
            let written = String(line[..<equals].dropFirst("CONFIG_".count))
            let name = Self.renamed[written] ?? written
            guard wanted.contains(name) else { continue }
            var value = line[line.index(after: equals)...]
            if value.count >= 2, value.hasPrefix("\""), value.hasSuffix("\"") { value = value.dropFirst().dropLast() }
            values[name] = String(value)
        }
    }

    /// In this order for people: BPF itself, types, tracing, attaching, networking, security.
    ///
    /// Source: the `depends on` and `#ifdef`s around kernel/bpf, kernel/trace/bpf_trace.c and net/core/filter.c of Linux.
    package static let options = [
        "BPF", "BPF_SYSCALL", "BPF_JIT", "BPF_JIT_ALWAYS_ON", "BPF_JIT_DEFAULT_ON", "BPF_UNPRIV_DEFAULT_OFF",
        "BPF_LSM", "BPF_PRELOAD", "BPF_EVENTS", "BPF_KPROBE_OVERRIDE", "BPF_STREAM_PARSER", "BPF_LIRC_MODE2",
        "BPFILTER", "CGROUP_BPF", "HID_BPF", "NETFILTER_BPF_LINK", "SCHED_CLASS_EXT",
        "DEBUG_INFO", "DEBUG_INFO_BTF", "DEBUG_INFO_BTF_MODULES", "DEBUG_INFO_REDUCED", "KALLSYMS", "KALLSYMS_ALL",
        "PERF_EVENTS", "KPROBES", "KPROBE_EVENTS", "KRETPROBES", "UPROBES", "UPROBE_EVENTS", "TRACEPOINTS",
        "FTRACE_SYSCALLS", "FUNCTION_TRACER", "DYNAMIC_FTRACE", "DYNAMIC_FTRACE_WITH_DIRECT_CALLS", "FPROBE",
        "FUNCTION_ERROR_INJECTION", "DEBUG_FS",
        "NET_CLS_BPF", "NET_ACT_BPF", "NET_SCH_INGRESS", "NET_CLS_ACT", "XDP_SOCKETS", "LWTUNNEL_BPF",
        "IPV6_SEG6_BPF", "NETFILTER_XT_MATCH_BPF", "NETKIT", "CGROUPS",
        "SECURITY_LOCKDOWN_LSM", "LSM", "MODULES", "MODULE_SIG_FORCE", "IKCONFIG", "IKCONFIG_PROC", "HZ",
        "SERIAL_8250_CONSOLE",
    ]

    /// The names of `options` in kernels before 4.11.
    private static let renamed = ["KPROBE_EVENT": "KPROBE_EVENTS", "UPROBE_EVENT": "UPROBE_EVENTS"]

    /// Options and their values in the order of `options`.
    package var set: [(option: String, value: String)] {
        Self.options.compactMap { option in values[option].map { (option, $0) } }
    }

    package var unset: [String] { Self.options.filter { values[$0] == nil } }
}
