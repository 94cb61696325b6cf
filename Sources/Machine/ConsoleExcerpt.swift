/// The line of a guest's console that says most.
package enum ConsoleExcerpt {
    /// What a kernel prints when it is beyond help, the plainest first; from kernel/panic.c, arch/x86/kernel/dumpstack.c,
    /// mm/fault.c and kernel/watchdog.c of Linux.
    private static let signs = [
        "BUG: ", "Kernel panic - not syncing", "Oops: ", "general protection fault", "kernel BUG at ", "double fault",
        "unable to handle kernel", "watchdog: BUG: soft lockup", "rcu_sched self-detected stall",
        "rcu: INFO: rcu_", "INFO: task ",
    ]

    /// The part of a kernel that unpacks the rest says why it cannot, then this, and halts.
    ///
    /// Source: error() in arch/x86/boot/compressed of Linux, 3.10 to 7.3.
    private static let halted = "-- System halted"

    /// How the kernel died: the first line that says so, without its time stamp; `nil` when the console shows none.
    package static func crash(in console: [UInt8]) -> String? {
        for line in lines(of: console) {
            guard let sign = signs.first(where: line.contains), let range = line.firstRange(of: sign) else { continue }
            return shortened(line[range.lowerBound...])
        }
        return nil
    }

    /// Of a guest that never came up: how its kernel died, else the last that it wrote; `nil` when it wrote nothing.
    package static func lastWords(in console: [UInt8]) -> String? {
        crash(in: console)
            ?? lines(of: console).last { $0.contains { !$0.isWhitespace } && !$0.contains(halted) }.map(shortened)
    }

    /// Whether the image could not even be unpacked: nothing more is to come, and QEMU runs on.
    package static func isHalted(_ console: [UInt8]) -> Bool {
        let tail = console.suffix(halted.utf8.count + 16)
        return String(decoding: tail, as: UTF8.self).contains(halted)
    }

    private static func lines(of console: [UInt8]) -> [Substring] {
        String(decoding: console, as: UTF8.self).split(whereSeparator: \.isNewline)
    }

    private static func shortened(_ line: Substring) -> String {
        String(line.drop(while: \.isWhitespace).prefix(300))
    }
}
