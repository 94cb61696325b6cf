internal import Foundation
internal import GuestLink
internal import HostTools
internal import Machine
internal import MatrixModel

/// The files that a job's cells need in their guest; each is sent once, regardless of how many cells need it.
struct JobFiles {
    let guest: any Guest
    private var sent: Set<String> = []

    init(guest: any Guest) { self.guest = guest }

    /// The object's path in the guest.
    mutating func send(_ object: PlannedFile) throws -> String {
        try send(to: "/job/\(object.digest.prefix(32)).bpf.o") { try object.path.contents() }
    }

    /// Sends the loader to the path where the agent looks for the loader `name`.
    mutating func send(_ loader: PlannedFile, as name: String) throws {
        _ = try send(to: "/bin/loader-\(name)") { try loader.path.contents() }
    }

    mutating func send(_ file: CellFile) throws {
        _ = try send(to: file.guestPath) { try file.file.path.contents() }
    }

    /// The plan's path in the guest.
    mutating func send(_ plan: StagePlan) throws -> String {
        let text = Array(plan.text.utf8)
        let digest = Digest.of(text)
        return try send(to: "/job/\(digest.prefix(32)).plan") { text }
    }

    private mutating func send(to path: String, _ bytes: () throws -> [UInt8]) throws -> String {
        if sent.insert(path).inserted { try guest.send(.file(path: path, bytes: try bytes())) }
        return path
    }
}
