/// Prefixes of kernel log lines that report a problem.
struct ConsoleSign: Sendable {
    enum Weight: Int, Comparable, Sendable {
        /// The kernel continues.
        case trouble
        /// Part of the kernel is stuck.
        case lockUp
        /// The kernel is lost; guests are configured to exit in this case.
        case death

        static func < (one: Self, other: Self) -> Bool { one.rawValue < other.rawValue }
    }

    var weight: Weight
    var beginning: String
    /// One of these must follow, if there are any.
    var mentions: [String] = []

    func fits(_ words: Substring) -> Bool {
        guard words.hasPrefix(beginning) else { return false }
        return mentions.isEmpty || mentions.contains { words.contains($0) }
    }

    /// The first match counts.
    ///
    /// Source: Linux 3.10 to 7.3: kernel/panic.c, kernel/watchdog.c, kernel/rcu/tree_stall.h, kernel/hung_task.c,
    /// lib/bug.c, arch/x86/kernel/{traps,dumpstack}.c, arch/x86/mm/fault.c, mm/{oom_kill,page_alloc}.c,
    /// mm/kasan/report.c.
    static let all: [ConsoleSign] =
        deaths.map { ConsoleSign(weight: .death, beginning: $0) }
        + lockUps.map { ConsoleSign(weight: .lockUp, beginning: $0.beginning, mentions: $0.mentions) }
        + troubles.map { ConsoleSign(weight: .trouble, beginning: $0.beginning, mentions: $0.mentions) }

    private static let deaths = [
        "Kernel panic - not syncing", "BUG: kernel NULL pointer dereference", "BUG: unable to handle ", "Oops: ",
        "Oops - ", "general protection fault", "kernel BUG at ", "invalid opcode: ", "divide error: ", "double fault: ",
        "PANIC: double fault", "traps: PANIC: ", "stack segment: ", "kernel tried to execute NX-protected page",
        "BUG: stack guard page was hit", "BUG: TASK stack guard page was hit", "BUG: IRQ stack guard page was hit",
    ]

    private static let lockUps: [(beginning: String, mentions: [String])] = [
        ("watchdog: BUG: soft lockup", []), ("NMI watchdog: BUG: soft lockup", []), ("BUG: soft lockup", []),
        ("watchdog: ", ["hard LOCKUP"]), ("NMI watchdog: ", ["hard LOCKUP"]), ("Watchdog detected hard LOCKUP", []),
        ("rcu: INFO: ", ["stall"]), ("INFO: rcu_", ["stall"]), ("INFO: task ", ["blocked for more than"]),
        ("BUG: workqueue lockup", []), ("BUG: spinlock lockup", []),
    ]

    /// Warnings count if they come from code that loads, attaches or runs programs.
    private static let troubles: [(beginning: String, mentions: [String])] = [
        ("verifier bug", []), ("BPF verifier bug", []),
        (
            "WARNING: ",
            [
                "kernel/bpf/", "kernel/trace/", "kernel/events/", "kernel/kprobes", "net/bpf/", "net/core/filter.c",
                "arch/x86/net/bpf_jit", "verifier bug", "locking", "suspicious RCU usage",
            ]
        ),
        ("BUG: ", []), ("UBSAN: ", []), ("Out of memory: ", []), ("Memory cgroup out of memory: ", []),
        ("list_add corruption", []), ("list_del corruption", []),
    ]

    /// Harmless lines that look alarming: messages about old or emulated hardware, or about the kernel's own arguments.
    static let harmless = [
        "TECH PREVIEW: ", "Please review provided documentation", "Warning: ", "Deprecated ",
        "unchecked MSR access error",
        "clocksource: ", "sched_clock: Marking unstable", "tsc: ", "hrtimer: interrupt took ", "perf: interrupt took ",
        "random: ", "Spectre V2 : ", "RETBleed: ", "MDS CPU bug ", "MMIO Stale Data CPU bug ", "sysrq: ", "Disabling ",
    ]

    /// Whether a line only reports that the kernel runs something unsupported.
    static func isHarmless(_ words: Substring) -> Bool {
        harmless.contains(where: words.hasPrefix) || words.hasSuffix(" taints kernel.")
    }

    /// The note that a kernel adds to the report of a stall if its processor was not run at all, which is the host's
    /// fault.
    ///
    /// Source: kernel/rcu/tree_stall.h of Linux 5.11, rcu_check_gp_kthread_expired_fqs_timer().
    static let hostsFault = "kthread timer wakeup didn't happen"
}
