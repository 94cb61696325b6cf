internal import Foundation
internal import GuestLink
internal import HostTools
internal import Machine
internal import MatrixModel

/// The files that the cells of a job need in their guest: each goes over once, however many cells want it.
struct JobFiles {
    let guest: any Guest
    private var sent: Set<String> = []

    init(guest: any Guest) { self.guest = guest }

    /// The object's path in the guest.
    mutating func send(_ object: PlannedFile) throws -> String {
        try send(to: "/job/\(object.digest.prefix(32)).bpf.o") { try object.path.contents() }
    }

    /// Where the agent looks for the loader called `name`.
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
