internal import CSpawn
internal import Foundation
internal import HostTools
internal import Logging
internal import Machine
internal import Synchronization
internal import SystemPackage

/// A child process in its own session, which ends when its scope or this process ends.
final class QEMUProcess: Sendable {
    enum Ending: Equatable {
        case exited(Int32)
        case signalled(Int32)

        var description: String {
            switch self {
            case .exited(let status): "exit status \(status)"
            case .signalled(let signal): "signal \(signal)"
            }
        }
    }

    private let pid: pid_t
    private let startedAt = ContinuousClock.now
    private let ending = Mutex<Ending?>(nil)

    /// What a process is allowed to do.
    enum Freedom {
        /// Everything that this user is allowed to do.
        case full
        /// As confined as this system allows: it cannot change files except those in the folder.
        case confined(folder: FilePath?)
    }

    /// Starts `path` with `descriptors` as its descriptors 0, 1, 2, …; -1 stands for /dev/null.
    init(
        path: FilePath, arguments: [String], descriptors: [Int32], freedom: Freedom = .full
    ) throws(MachineError) {
        let words = ([path.string] + arguments).map { strdup($0) }
        defer { for word in words { free(word) } }
        var child: pid_t = 0
        let start = { (confinement: UnsafePointer<cmx_confinement>?) in
            cmx_spawn(path.string, words + [nil], descriptors, Int32(descriptors.count), confinement, &child)
        }
        let error =
            switch freedom {
            case .full: start(nil)
            case .confined(nil): withUnsafePointer(to: cmx_confinement(folder: nil), start)
            case .confined(let folder?):
                folder.string.withCString { withUnsafePointer(to: cmx_confinement(folder: $0), start) }
            }
        guard error == 0 else { throw .cannotStart(path: path, errno: Errno(rawValue: error)) }
        pid = child
        Logger.current.debug(
            "started: \(Diagnostics.command([path.string] + arguments))", metadata: ["pid": "\(child)"])
    }

    /// How the process ended; `nil` while it runs.
    func endingIfOver() -> Ending? {
        ending.withLock { ending in
            var status: Int32 = 0
            guard ending == nil, waitpid(pid, &status, WNOHANG) == pid else { return ending }
            let signal = status & 0x7f
            let new: Ending = signal == 0 ? .exited((status >> 8) & 0xff) : .signalled(signal)
            ending = new
            Logger.current.debug(
                "ended: QEMU: \(new.description) after \(Diagnostics.seconds(since: startedAt))",
                metadata: ["pid": "\(pid)"])
            return new
        }
    }

    /// How long the threads of the process have run and waited for a processor; `nil` if the kernel does not report it.
    ///
    /// Source: Linux `Documentation/scheduler/sched-stats.rst`, "/proc/<pid>/schedstat": nanoseconds on a processor,
    /// nanoseconds waiting for one, and time slices.
    func processorTime() -> ProcessorTime? {
        let folder = "/proc/\(pid)/task"
        guard let threads = try? FileManager.default.contentsOfDirectory(atPath: folder) else { return nil }
        var (time, isKnown) = (ProcessorTime(running: 0, waiting: 0, longestWait: 0), false)
        for thread in threads {
            guard let text = try? String(contentsOfFile: "\(folder)/\(thread)/schedstat", encoding: .utf8) else {
                continue
            }
            let numbers = text.split(whereSeparator: \.isWhitespace).compactMap { Double($0) }
            guard numbers.count == 3 else { continue }
            let waited = numbers[1] / 1e9
            time.running += numbers[0] / 1e9
            time.waiting += waited
            time.longestWait = max(time.longestWait, waited)
            isKnown = true
        }
        return isKnown ? time : nil
    }

    /// Kills the process and waits until it is gone, but gives up after two seconds if it is stuck in the kernel.
    func kill() {
        guard endingIfOver() == nil else { return }
        _ = Foundation.kill(pid, SIGKILL)
        let giveUp = ContinuousClock.now + .seconds(2)
        while endingIfOver() == nil, ContinuousClock.now < giveUp { usleep(500) }
    }

    /// Waits up to `limit` for the process to exit by itself.
    func wait(for limit: Duration) async throws -> Ending? {
        let deadline = ContinuousClock.now + limit
        while ContinuousClock.now < deadline {
            if let ending = endingIfOver() { return ending }
            try await Task.sleep(for: .milliseconds(2))
        }
        return endingIfOver()
    }
}
