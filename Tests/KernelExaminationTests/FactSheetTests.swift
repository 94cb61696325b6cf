import GuestLink
import KernelExamination
import Testing

@Suite struct FactSheetTests {
    @Test func wrapsListsAndLeavesOutWhatIsEmpty() {
        let sheet = FactSheet([
            .heading("First"), .line(label: "id", text: "debian-6.1"), .list(label: "nothing", words: []),
            .heading("Empty"), .list(label: "also nothing", words: []),
            .heading("Last"), .list(label: "types", words: ["kprobe", "tracepoint", "xdp", "perf_event"]),
            .heading("Trailing"),
        ])
        #expect(
            sheet.text(width: 29) == """
                First
                id     debian-6.1

                Last
                types  kprobe, tracepoint,
                       xdp, perf_event
                """)
    }

    /// A word that is longer than a line has one of its own.
    @Test func aNarrowTerminalLosesNothing() {
        let words = ["short", String(repeating: "x", count: 60), "short"]
        let text = FactSheet([.list(label: "words", words: words)]).text(width: 1)
        for word in words { #expect(text.contains(word)) }
    }

    private func facts() -> KernelFacts {
        let hello = Hello(
            release: "6.1.0-56-cloud-amd64", versionText: "#1 SMP Debian 6.1.192-2", hasBTF: true,
            uptimeMicroseconds: 2_440_000)
        var facts = KernelFacts(
            hello: hello, boot: KernelFacts.Boot(readySeconds: 4.26, uptimeSeconds: 2.44, hasSerialConsole: true))
        facts.features = Offers(
            present: ["kprobe_events", "bpf_syscall", "kernel_btf", "bounded_loops", "kprobe_pmu"], absent: ["cpu_v4"],
            unknown: ["global_data"])
        facts.programTypes = Offers(present: ["kprobe", "tracepoint", "xdp", "prog_type 33"], absent: ["netfilter"])
        facts.mapTypes = Offers(present: ["hash"], absent: ["arena"], unknown: ["sk_storage"])
        facts.helpers = [
            "kprobe": ["bpf_map_lookup_elem", "bpf_probe_read"],
            "tracepoint": ["bpf_map_lookup_elem", "bpf_probe_read"],
            "xdp": ["bpf_map_lookup_elem", "bpf_xdp_adjust_head", "helper 212"],
        ]
        facts.lists = ["kfuncs": ["bpf_key_put", "tcp_slow_start"], "iterators": ["task", "tcp"], "struct_ops": []]
        facts.settings = [
            "tracefs": "/sys/kernel/tracing", "kfuncs_from": "tags in BTF", "bpf_jit_enable": "1",
            "lsm": "capability,bpf",
        ]
        return facts
    }

    @Test func describesAKernel() {
        let facts = facts()
        #expect(
            FactSheet(facts.identityRows + facts.offerRows).text(width: 80) == """
                release         6.1.0-56-cloud-amd64
                version         #1 SMP Debian 6.1.192-2
                distribution    Debian
                boots           in 4.3 s (2.4 s by the guest's clock)
                serial console  works

                BPF
                bpf()           available
                BTF             /sys/kernel/btf/vmlinux
                loads           bounded loops
                  absent        -mcpu=v4
                  unknown       global data
                attaches with   kprobe PMU
                program types   kprobe, tracepoint, xdp, prog_type 33
                  absent        netfilter
                map types       hash
                  absent        arena
                  unknown       sk_storage
                helpers         kprobe 2, tracepoint 2, xdp 3
                iterators       task, tcp
                kfuncs          2, from tags in BTF, without those of modules

                In the guest
                tracefs         /sys/kernel/tracing
                LSMs            capability,bpf
                without BPF     kprobe events
                sysctls         net.core.bpf_jit_enable=1
                """)
    }

    @Test func listsHelpersOnceForTypesThatHaveTheSame() {
        #expect(
            FactSheet(facts().helperRows).text(width: 80) == """
                Helpers, without the prefix bpf_
                in all types  map_lookup_elem
                kprobe        probe_read
                tracepoint    same as kprobe
                xdp           xdp_adjust_head, helper 212

                Kernel functions
                kfuncs        bpf_key_put, tcp_slow_start
                """)
    }

    @Test func missingBPFIsReported() {
        var facts = facts()
        facts.features = Offers(absent: ["bpf_syscall"])
        facts.programTypes = Offers()
        facts.mapTypes = Offers()
        facts.helpers = [:]
        facts.lists = [:]
        #expect(
            FactSheet(facts.offerRows).text(width: 80).hasPrefix(
                """
                BPF
                bpf()    not available: this kernel loads no BPF program

                In the guest
                """))
        #expect(FactSheet(facts.summary).text(width: 80).contains("no bpf()"))
        #expect(facts.helperRows.isEmpty)
    }

    @Test func reportsWhereTheAnswersEnd() {
        var facts = facts()
        facts.gap = "probing the features ended early: the guest reset itself"
        for rows in [facts.summary, facts.identityRows] {
            #expect(
                FactSheet(rows).text(width: 80).contains("probing the features ended early: the guest reset itself")
            )
        }
    }
}
