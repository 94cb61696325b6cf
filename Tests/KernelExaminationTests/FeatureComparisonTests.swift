import GuestLink
import KernelExamination
import Testing

@Suite struct FeatureComparisonTests {
    private func column(_ kernel: String, release: String, change: (inout KernelFacts) -> Void)
        -> FeatureComparison.Column
    {
        let hello = Hello(release: release, versionText: "#1", hasBTF: false, uptimeMicroseconds: 1)
        var facts = KernelFacts(
            hello: hello, boot: KernelFacts.Boot(readySeconds: 1, uptimeSeconds: 1, hasSerialConsole: true))
        change(&facts)
        return FeatureComparison.Column(kernel: kernel, facts: facts, config: nil)
    }

    private var old: FeatureComparison.Column {
        column("el7-3.10", release: "3.10.0-1160.el7.x86_64") { $0.features = Offers(absent: ["bpf_syscall"]) }
    }

    private var middle: FeatureComparison.Column {
        var column = column("ubuntu-5.4", release: "5.4.0-216-generic") { facts in
            facts.features = Offers(
                present: ["bpf_syscall", "bounded_loops"], absent: ["may_goto", "tcx"], unknown: ["tc"])
            facts.programTypes = Offers(present: ["kprobe", "xdp"], absent: ["netfilter"])
            facts.helpers = [
                "kprobe": ["bpf_map_lookup_elem"], "xdp": ["bpf_map_lookup_elem"],
            ]
        }
        column.config = KernelConfig(text: Array("CONFIG_BPF=y\nCONFIG_HZ=250\n".utf8))
        return column
    }

    private var new: FeatureComparison.Column {
        var column = column("debian-7.3", release: "7.3.4") { facts in
            facts.features = Offers(present: ["bpf_syscall", "bounded_loops", "may_goto", "tcx"], unknown: ["tc"])
            facts.programTypes = Offers(present: ["kprobe", "xdp", "netfilter", "prog_type 33"])
            facts.helpers = [
                "kprobe": ["bpf_map_lookup_elem", "bpf_loop", "bpf_ktime_get_boot_ns"],
                "xdp": ["bpf_map_lookup_elem", "bpf_loop", "bpf_ktime_get_boot_ns"],
            ]
            facts.lists = ["kfuncs": ["bpf_throw"], "iterators": ["task"]]
        }
        column.config = KernelConfig(text: Array("CONFIG_BPF=y\nCONFIG_HZ=100\n".utf8))
        return column
    }

    /// The text from the line that begins with `title` to the next that is empty.
    private func section(_ title: String, of text: String) -> String {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        return lines.drop { !$0.hasPrefix(title) }.prefix { !$0.isEmpty }.joined(separator: "\n")
    }

    @Test func kernelsAreColumnsAndDifferencesAreRows() {
        let text = FeatureComparison([old, middle, new], names: false).text(width: 100)
        #expect(
            section("Program types", of: text) == """
                Program types   el7-3.10  ubuntu-5.4  debian-7.3
                  kprobe        -         yes         yes
                  xdp           -         yes         yes
                  netfilter     -         -           yes
                  prog_type 33  -         -           yes
                """)
        #expect(
            section("Number of", of: text) == """
                Number of helpers   el7-3.10  ubuntu-5.4  debian-7.3
                  kprobe            -         1           3
                  xdp               -         1           3
                  kernel functions  -         -           1
                """)
        // The config of the first is not known.
        #expect(section("Config", of: text).contains(/\n  HZ +\? +250 +100\n/), "\(text)")
    }

    @Test func equalRowsAreFolded() {
        let text = FeatureComparison([middle, new], names: false).text(width: 80)
        #expect(
            section("Attaches", of: text) == """
                Attaches with  ubuntu-5.4  debian-7.3
                  tcx          -           yes
                  in none: kprobe PMU, uprobe PMU, perf link, kprobe.multi, kprobe.session,
                    uprobe.multi, tracepoint, raw tracepoint, tp_btf, perf event, fentry,
                    fmod_ret, LSM, active LSM, iterator, cgroup, cgroup link, XDP, XDP link,
                    netkit, netfilter, netns link, sockmap, socket filter
                  unknown: tc
                """)
        #expect(section("Program types", of: text).contains("in all: kprobe, xdp"))
        #expect(section("Config", of: text).contains("the same in all: BPF=y"))
    }

    @Test func diffShowsOnlyDifferences() {
        let text = FeatureComparison([middle, new], names: true).differences(width: 80)
        #expect(
            text.hasPrefix(
                """
                Kernel     ubuntu-5.4         debian-7.3
                  release  5.4.0-216-generic  7.3.4

                Loads       ubuntu-5.4  debian-7.3
                  may_goto  -           yes

                """), "\(text)")
        // Both types gained the same.
        #expect(
            section("Helpers of kprobe", of: text) == """
                Helpers of kprobe, xdp
                              ubuntu-5.4  debian-7.3
                  2 of these  -           yes
                    bpf_ktime_get_boot_ns, bpf_loop
                """)
        #expect(text.contains("\n  HZ    250         100\n"))
        #expect(!text.contains("in all:") && !text.contains("CONFIG_BPF"))
        #expect(text.hasSuffix(" more features are the same"))
    }

    @Test func aKernelIsTheSameAsItself() {
        let table = FeatureComparison([middle, middle], names: true)
        #expect(table.sections.flatMap(\.rows).allSatisfy { !$0.differs })
        #expect(table.differences(width: nil) == "\(table.sections.flatMap(\.rows).count) more features are the same")
    }

    /// Columns that do not fit go on below, each with its name above.
    @Test(arguments: [1, 40, 60]) func aNarrowTerminalLosesNoKernel(width: Int) {
        let text = FeatureComparison([old, middle, new], names: true).text(width: width)
        for kernel in ["el7-3.10", "ubuntu-5.4", "debian-7.3"] {
            #expect(section("Program types", of: text).contains(kernel), "\(text)")
        }
    }
}
