import Foundation
import MatrixModel
import MatrixRunner

/// How many guests run at once unless `--jobs` says so.
enum GuestCount {
    /// What a guest's QEMU takes at its peak, in MiB.
    private static let guestMiB = 320

    /// One guest for each processor, and another one if some cell awaits an event.
    ///
    /// A guest that waits leaves its processor idle. Never more guests than fit into `availableMiB` of memory, and at least one.
    static func standard(for cells: [PlannedCell], processors: Int, availableMiB: Int) -> Int {
        let awaitsEvents = cells.contains { $0.plan?.lastStage == .fire }
        return max(1, min(processors + (awaitsEvents ? 1 : 0), availableMiB / guestMiB))
    }

    /// The same on this machine.
    static func standard(for cells: [PlannedCell]) -> Int {
        let memory = (try? String(contentsOfFile: "/proc/meminfo", encoding: .utf8)).flatMap(availableMiB)
        return standard(
            for: cells, processors: ProcessInfo.processInfo.activeProcessorCount, availableMiB: memory ?? .max)
    }

    /// Memory that can be had without swapping, as `/proc/meminfo` says.
    ///
    /// Source: Linux `Documentation/filesystems/proc.rst`; the unit is KiB, whatever the file calls it.
    static func availableMiB(in meminfo: String) -> Int? {
        let line = meminfo.split(separator: "\n").first { $0.hasPrefix("MemAvailable:") }
        return line?.split(separator: " ").dropFirst().first.flatMap { Int($0) }.map { $0 >> 10 }
    }
}
