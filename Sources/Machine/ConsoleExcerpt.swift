/// The line of a guest's console that says how its kernel died.
enum ConsoleExcerpt {
    /// What a kernel prints when it is beyond help, the plainest first; from kernel/panic.c, arch/x86/kernel/dumpstack.c,
    /// mm/fault.c and kernel/watchdog.c of Linux.
    private static let signs = [
        "BUG: ", "Kernel panic - not syncing", "Oops: ", "general protection fault", "kernel BUG at ", "double fault",
        "unable to handle kernel", "watchdog: BUG: soft lockup", "rcu_sched self-detected stall",
        "rcu: INFO: rcu_", "INFO: task ",
    ]

    /// The first such line, without its time stamp; `nil` when the console shows none.
    static func crash(in console: [UInt8]) -> String? {
        let text = String(decoding: console, as: UTF8.self)
        for line in text.split(whereSeparator: \.isNewline) {
            guard let sign = signs.first(where: line.contains), let range = line.firstRange(of: sign) else { continue }
            return String(line[range.lowerBound...].prefix(300))
        }
        return nil
    }
}
