import Foundation
import MatrixModel
import MatrixRunner

/// How many guests run at once without `--jobs`.
enum GuestCount {
    /// What a guest's QEMU takes at its peak, in MiB.
    private static let guestMiB = 320

    /// One guest at work for each processor, and one more if some cell awaits an event; as many again may be idle.
    ///
    /// A cell that awaits an event leaves its processor idle for moments, and for seconds if the event never comes. No more guests
    /// than fit into `availableMiB` of memory, and at least one.
    static func standard(for cells: [PlannedCell], processors: Int, availableMiB: Int) -> GuestLimits {
        let fitting = availableMiB / guestMiB
        guard cells.contains(where: { $0.plan?.lastStage == .fire }) else {
            return GuestLimits(min(processors, fitting))
        }
        return GuestLimits(working: min(processors + 1, fitting), up: min(2 * (processors + 1), fitting))
    }

    /// The same on this machine.
    static func standard(for cells: [PlannedCell]) -> GuestLimits {
        let memory = (try? String(contentsOfFile: "/proc/meminfo", encoding: .utf8)).flatMap(availableMiB)
        return standard(
            for: cells, processors: ProcessInfo.processInfo.activeProcessorCount, availableMiB: memory ?? .max)
    }

    /// Memory that can be had without swapping, as `/proc/meminfo` says.
    ///
    /// Source: Linux `Documentation/filesystems/proc.rst`; the unit is KiB, although the file says kB.
    static func availableMiB(in meminfo: String) -> Int? {
        let line = meminfo.split(separator: "\n").first { $0.hasPrefix("MemAvailable:") }
        return line?.split(separator: " ").dropFirst().first.flatMap { Int($0) }.map { $0 >> 10 }
    }
}
