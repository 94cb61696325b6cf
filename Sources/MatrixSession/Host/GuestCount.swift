import Foundation
import MatrixModel
import MatrixRunner

/// The number of concurrent guests without `--jobs`.
enum GuestCount {
    /// The peak memory of a guest's QEMU, in MiB.
    private static let guestMiB = 320

    /// One working guest per processor, and one more if some cell awaits an event; the same number may be idle in
    /// addition.
    ///
    /// A cell that awaits an event leaves its processor idle for moments, or for seconds if the event never comes. The
    /// result fits into `availableMiB` of memory, but is at least one guest.
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

    /// Memory that is available without swapping, according to `/proc/meminfo`.
    ///
    /// Source: Linux `Documentation/filesystems/proc.rst`; the unit is KiB, although the file says kB.
    static func availableMiB(in meminfo: String) -> Int? {
        let line = meminfo.split(separator: "\n").first { $0.hasPrefix("MemAvailable:") }
        return line?.split(separator: " ").dropFirst().first.flatMap { Int($0) }.map { $0 >> 10 }
    }
}
