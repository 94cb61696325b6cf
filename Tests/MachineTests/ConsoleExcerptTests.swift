import Foundation
import Testing

@testable import Machine

/// Checked against consoles of our own guests.
///
/// Provoked with sysrq, by a module that did what the file's name states, or simply booted; cut to the relevant lines.
@Suite struct ConsoleExcerptTests {
    private func console(_ name: String) throws -> [UInt8] {
        let url = Bundle.module.bundleURL.appending(path: "Resources/\(name).log")
        return Array(try Data(contentsOf: url))
    }

    @Test(arguments: [
        ("4.15-panic", "BUG: unable to handle kernel NULL pointer dereference at 0000000000000000"),
        ("7.3-panic", "Kernel panic - not syncing: sysrq triggered crash"),
        ("6.1-panic", "Kernel panic - not syncing: sysrq triggered crash"),
        ("5.4-init-ends", "Kernel panic - not syncing: Attempted to kill init! exitcode=0x00000300"),
        ("6.1-init-ends", "Kernel panic - not syncing: Attempted to kill init! exitcode=0x00000300"),
        ("6.1-bug", "kernel BUG at trouble.c:14!"),
        ("6.1-buffer-overflow", "kernel BUG at lib/string_helpers.c:1027!"),
        (
            "6.1-general-protection",
            "general protection fault, probably for non-canonical address 0xdead000000000100: 0000 [#1] PREEMPT SMP NOPTI"
        ),
        ("6.1-page-fault", "kernel tried to execute NX-protected page - exploit attempt? (uid: 0)"),
        ("6.1-soft-lockup", "watchdog: BUG: soft lockup - CPU#0 stuck for 6s! [insmod:87]"),
        ("6.1-hung-task", "INFO: task hangs:87 blocked for more than 4 seconds."),
        // The busy host came first, and had nothing to do with it.
        (
            "6.1-busy-host-then-null-dereference",
            "BUG: kernel NULL pointer dereference, address: 0000000000000008"
        ),
    ])
    func reportsHowAKernelDied(name: String, words: String) throws {
        #expect(ConsoleExcerpt.crash(in: try console(name)) == words)
    }

    @Test(arguments: [
        ("6.1-verifier-bug", "verifier bug: something(1)"),
        ("6.1-scheduling-while-atomic", "BUG: scheduling while atomic: insmod/86/0x00000002"),
        ("6.1-out-of-memory", "Out of memory: Killed process 86 (tail)"),
        ("7.3-out-of-memory", "Out of memory: Killed process 99 (tail)"),
    ])
    func warningIsNotACrash(name: String, words: String) throws {
        let console = try console(name)
        #expect(ConsoleExcerpt.crash(in: console) == nil)
        #expect(ConsoleExcerpt.trouble(in: console)?.hasPrefix(words) == true)
    }

    /// Boots, a requested back trace, and an unsigned module.
    @Test(arguments: ["4.15-boot", "6.1-boot", "7.3-boot", "6.1-tainted", "6.1-backtrace-on-demand"])
    func harmlessLinesAreIgnored(name: String) throws {
        #expect(ConsoleExcerpt.trouble(in: try console(name)) == nil)
    }

    /// A processor that the host did not run for a while looks like a stall to its kernel.
    @Test func hostStallIsNotALockup() throws {
        let all = String(decoding: try console("6.1-busy-host-then-null-dereference"), as: UTF8.self)
        let stall = all.split(separator: "\n").prefix { !$0.contains("BUG: ") }.joined(separator: "\n")
        #expect(stall.contains("rcu: INFO: rcu_preempt self-detected stall on CPU"))
        #expect(ConsoleExcerpt.trouble(in: Array(stall.utf8)) == nil)
    }

    /// Problems that could not be provoked here, with messages from Linux's sources.
    @Test(arguments: [
        ("rcu: INFO: rcu_sched self-detected stall on CPU", ConsoleSign.Weight.lockUp),
        ("rcu: INFO: rcu_preempt detected stalls on CPUs/tasks:", .lockUp),
        ("INFO: rcu_sched detected stalls on CPUs/tasks:", .lockUp),
        ("NMI watchdog: BUG: soft lockup - CPU#0 stuck for 22s! [init:1]", .lockUp),
        ("BUG: soft lockup - CPU#0 stuck for 22s! [init:1]", .lockUp),
        ("watchdog: CPU0: Watchdog detected hard LOCKUP on cpu 0", .lockUp),
        ("NMI watchdog: Watchdog detected hard LOCKUP on cpu 0", .lockUp),
        ("BUG: workqueue lockup - pool cpus=0 node=0 flags=0x0 nice=0 stuck for 32s!", .lockUp),
        ("double fault: 0000 [#1] SMP", .death), ("divide error: 0000 [#1] SMP", .death),
        ("invalid opcode: 0000 [#1] SMP", .death), ("PANIC: double fault, error_code: 0x0", .death),
        ("Oops: general protection fault, probably for non-canonical address 0x1: 0000 [#1] SMP", .death),
        ("BUG: KASAN: slab-out-of-bounds in bpf_check+0x1/0x2", .trouble),
        ("WARNING: CPU: 0 PID: 1 at kernel/bpf/verifier.c:2345 check_cond_jmp_op+0x1/0x2", .trouble),
        ("WARNING: kernel/bpf/core.c:2345 at bpf_prog_select_runtime+0x1/0x2, CPU#0: loader/81", .trouble),
        ("WARNING: possible recursive locking detected", .trouble),
        ("WARNING: CPU: 0 PID: 1 at arch/x86/kernel/fpu/xstate.c:878 paranoid_xstate_size_valid+0x1/0x2", nil),
        ("TECH PREVIEW: eBPF syscall may not be fully supported.", nil),
        ("Warning: Deprecated Hardware is detected", nil),
        ("unchecked MSR access error: RDMSR from 0x852 at rIP: 0xffffffff81 (native_read_msr+0x3/0x40)", nil),
        ("clocksource: Marking clocksource 'tsc' as unstable because the skew is too large:", nil),
        ("perf: interrupt took too long (2504 > 2500), lowering kernel.perf_event_max_sample_rate", nil),
    ])
    func weighsALine(line: String, weight: ConsoleSign.Weight?) {
        let console = Array("[   12.345678] \(line)\n".utf8)
        #expect(ConsoleSign.all.first { $0.fits(line[...]) }?.weight == weight)
        let words = String(line.prefix(300))
        #expect(ConsoleExcerpt.trouble(in: console) == (weight == nil ? nil : words))
        #expect(ConsoleExcerpt.crash(in: console) == (weight.map { $0 >= .lockUp } == true ? words : nil))
        // As a program would write it.
        #expect(ConsoleExcerpt.trouble(in: Array("\(line)\n".utf8)) == nil)
        #expect(ConsoleExcerpt.trouble(in: Array("[error] \(line)\n[1] \(line)\n".utf8)) == nil)
    }

    @Test(arguments: [
        "[    1.5] ", "[12345.678901] ", "[   12.345678][   T48] ", "no newline at the end[    0.000000] ",
    ])
    func findsTheKernelsWordsBehindItsTimeStamp(stamp: String) {
        let panic = "Kernel panic - not syncing: Fatal exception"
        #expect(ConsoleExcerpt.crash(in: Array("first\r\n\(stamp)\(panic)\r\n".utf8)) == panic)
    }

    @Test(arguments: ["", "[", "[[[[", "[ ] BUG: x", "[.] BUG: x", "[1.] BUG: x", "[1.5]BUG: x", "[1.5", "\u{1b}[31m"])
    func believesNoBrokenStamp(line: String) {
        #expect(ConsoleExcerpt.trouble(in: Array(line.utf8)) == nil)
        #expect(ConsoleExcerpt.trouble(in: [0xff, 0x5b, 0xc3] + Array(line.utf8)) == nil)
    }

    @Test func theLastWordsAreThoseThatSaySomething() {
        let console = "EFI stub\n[    1.0] Run /init\n[    1.1] clocksource: Switched to tsc\n\n -- System halted\n"
        #expect(ConsoleExcerpt.lastWords(in: Array(console.utf8)) == "[    1.0] Run /init")
        #expect(ConsoleExcerpt.isHalted(Array(console.utf8)))
        #expect(ConsoleExcerpt.lastWords(in: []) == nil)
    }
}
