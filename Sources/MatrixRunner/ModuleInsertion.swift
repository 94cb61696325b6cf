internal import GuestLink
internal import Machine
internal import SystemPackage

/// Inserts kernel modules into a guest in which no cell runs.
struct ModuleInsertion {
    let guest: any Guest
    /// The limit for each module.
    let limit: Duration

    /// Inserts `modules` in this order, one file at a time, because a guest keeps files in its memory.
    ///
    /// - Throws: `MachineError` if the guest rejects one of them, which proves nothing about a probe.
    func insert(_ modules: [GuestModule]) async throws {
        for module in modules {
            let path = "/job/\(module.name).ko"
            try guest.send(.file(path: path, bytes: module.file.contents()))
            try guest.send(.insertModule(path: path))
            switch try await guest.nextEvent(within: limit) {
            case .frame(.moduleInserted(0, _)): continue
            case .frame(.moduleInserted(let errno, let log)):
                throw MachineError.moduleRefused(name: module.name, errno: Errno(rawValue: errno), log: log)
            case .frame(let frame):
                throw MachineError.protocolBroken("it sent \(frame) while the module '\(module.name)' was inserted")
            case .gone(.ofGuest): throw fatal(module, reason: "\(Departure.ofGuest)")
            case .gone(.ofVMM(let reason)): throw MachineError.vmmEnded(reason: reason)
            case .silent: throw fatal(module, reason: "no answer within \(limit)")
            }
        }
    }

    private func fatal(_ module: GuestModule, reason: String) -> MachineError {
        let console = guest.console()
        return .moduleFatal(name: module.name, reason: ConsoleExcerpt.crash(in: console) ?? reason, console: console)
    }
}
