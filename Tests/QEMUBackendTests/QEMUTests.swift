import Foundation
import Machine
import SystemPackage
import TestSupport
import Testing

@testable import QEMUBackend

@Suite(.timeLimit(.minutes(10))) struct QEMUTests {
    @Test(arguments: [
        ("QEMU emulator version 10.0.2 (Debian 1:10.0.2+ds-2+deb13u1~bpo12+1)", "10.0.2", true, true),
        ("QEMU emulator version 9.0.0", "9.0.0", true, true),
        ("QEMU emulator version 8.2.0 (v8.2.0)", "8.2.0", true, false),
        ("QEMU emulator version 7.2.17 (Debian 1:7.2+dfsg-7+deb12u13)", "7.2.17", false, false),
        ("QEMU emulator version 10.1.50 (v10.1.0-94-g0123456789-dirty)", "10.1.50", true, true),
    ])
    func readsTheVersion(says: String, version: String, fitForTCG: Bool, restores: Bool) async throws {
        try await withFolder { folder in
            try await writeStub(in: folder, version: says)
            let qemu = try await QEMU.locate(searchPath: "/nonexistent:\(folder)", cache: folder)
            #expect(qemu.path == folder.appending(QEMU.name))
            #expect(qemu.version == version)
            #expect(qemu.canRestore == restores)
            try qemu.check(for: .kvm)
            if fitForTCG {
                try qemu.check(for: .tcg)
            } else {
                #expect(throws: MachineError.vmmTooOld(version: version, minimum: "8.2")) { try qemu.check(for: .tcg) }
            }
        }
    }

    @Test(arguments: [
        ("no such option", "no such option"), ("QEMU emulator version unknown", "QEMU emulator version unknown"),
        ("", "no output"),
    ])
    func aQEMUWithoutAVersionIsUnusable(says: String, quoted: String) async throws {
        try await withFolder { folder in
            try await writeStub(in: folder, version: says)
            let expected = MachineError.vmmUnusable(
                path: folder.appending(QEMU.name), reason: "'--version' printed no version: \(quoted)")
            await #expect(throws: expected) { try await QEMU.locate(searchPath: folder.string, cache: folder) }
        }
    }

    @Test func missingQEMUIsReported() async throws {
        try await withFolder { folder in
            try write("not executable", to: folder.appending(QEMU.name))
            await #expect(throws: MachineError.vmmMissing(name: QEMU.name)) {
                try await QEMU.locate(searchPath: folder.string, cache: folder)
            }
        }
    }

    /// Querying the version takes 50 ms, so it is done once; another binary in the same place is queried again.
    @Test func theVersionIsRememberedForAsLongAsTheBinaryIsTheSame() async throws {
        try await withFolder { folder in
            func versionAndQuestions() async throws -> (String, Int) {
                let qemu = try await QEMU.locate(searchPath: folder.string, cache: folder.appending("cache"))
                let asked = try String(contentsOfFile: "\(qemu.path).asked", encoding: .utf8)
                return (qemu.version, asked.split(separator: "\n").count)
            }
            try await writeStub(in: folder, version: "QEMU emulator version 10.0.2")
            #expect(try await versionAndQuestions() == ("10.0.2", 1))
            #expect(try await versionAndQuestions() == ("10.0.2", 1))
            try await writeStub(in: folder, version: "QEMU emulator version 10.0.2.1")
            #expect(try await versionAndQuestions() == ("10.0.2.1", 2))
            try write("something else\n10.9\n", to: folder.appending("cache").appending("host-qemu"))
            #expect(try await versionAndQuestions() == ("10.0.2.1", 3))
        }
    }

    /// QEMU exits with 33 for the tiny guest; a KVM that hangs prints nothing at all.
    @Test(arguments: [("exit 33", true), ("exit 0", false), ("exit 1", false), ("exec sleep 1000", false)])
    func anAcceleratorMustRunTheTinyGuest(qemu: String, runs: Bool) async throws {
        try await withFolder { folder in
            try await writeStub(in: folder, version: "QEMU emulator version 10.0.2", otherwise: qemu)
            let qemu = try await QEMU.locate(searchPath: folder.string, cache: folder)
            #expect(try await Accelerator.runsGuest(.kvm, qemu: qemu) == runs)
        }
    }

    @Test func theRealQEMURunsTheTinyGuestUnderTCG() async throws {
        try await withFolder { folder in
            let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
            let qemu = try await QEMU.locate(searchPath: path, cache: folder)
            #expect(try await Accelerator.runsGuest(.tcg, qemu: qemu))
        }
    }

    /// QEMU's last output is the reason.
    @Test func aQEMUThatEndsEarlyIsQuoted() async throws {
        try await withFolder { folder in
            try await writeStub(
                in: folder, version: "QEMU emulator version 10.0.2",
                otherwise: "echo starting; echo 'qemu: cannot set up guest memory' >&2; exit 1")
            let qemu = try await QEMU.locate(searchPath: folder.string, cache: folder)
            let backend = QEMUBackend(qemu: qemu, accelerator: .tcg, snapshots: folder)
            await #expect(throws: MachineError.endedEarly(message: "qemu: cannot set up guest memory", console: [])) {
                try await backend.withGuest(.sample, start: .auto) { _ in }
            }
        }
    }

    /// Whether QEMU is started to restore a snapshot that is there, by how a guest may start.
    @Test(arguments: [(StartPolicy.auto, true), (.warm, true), (.boot, false), (.cold, false)])
    func onlySomeStartsUseASnapshot(policy: StartPolicy, restores: Bool) async throws {
        try await withFolder { folder in
            try await writeStub(
                in: folder, version: "QEMU emulator version 10.0.2", otherwise: "echo \"$@\" >&2; exit 1")
            let qemu = try await QEMU.locate(searchPath: folder.string, cache: folder)
            let snapshots = folder.appending("snapshots")
            let key = SnapshotStore.key(.sample, accelerator: .tcg, qemu: qemu.identity)
            let store = SnapshotStore(folder: snapshots)
            try await store.save(.sample, key: key) { try write("", to: $0) }
            let backend = QEMUBackend(qemu: qemu, accelerator: .tcg, snapshots: snapshots)
            let error = await #expect(throws: MachineError.self) {
                try await backend.withGuest(.sample, start: policy) { _ in }
            }
            // The last start boots; one that could not restore the snapshot has discarded it.
            guard case .endedEarly(let words, _) = error else {
                Issue.record("\(String(describing: error))")
                return
            }
            #expect(words.contains("-kernel") && !words.contains("-incoming"))
            #expect((store.find(.sample, key: key) == nil) == restores)
        }
    }

    /// Without a word QEMU ends when its guest resets; with `-no-reboot` that is status 0.
    @Test func guestResetIsReported() async throws {
        try await withFolder { folder in
            try await writeStub(in: folder, version: "QEMU emulator version 10.0.2", otherwise: "exit 0")
            let qemu = try await QEMU.locate(searchPath: folder.string, cache: folder)
            let backend = QEMUBackend(qemu: qemu, accelerator: .tcg, snapshots: folder)
            await #expect(throws: MachineError.endedEarly(message: "the guest reset itself", console: [])) {
                try await backend.withGuest(.sample, start: .cold) { _ in }
            }
        }
    }

    /// The kernels of Debian 6.1 and 7.3 print this if their payload is damaged; waiting longer is pointless.
    @Test func haltedKernelEndsTheWait() async throws {
        let console = "\n\nZSTD-compressed data is corrupt\n\n -- System halted"
        try await withFolder { folder in
            try await writeStub(
                in: folder, version: "QEMU emulator version 10.0.2",
                otherwise: "printf '\(console.replacing("\n", with: "\\n"))' >&5; exec sleep 1000")
            let qemu = try await QEMU.locate(searchPath: folder.string, cache: folder)
            let backend = QEMUBackend(qemu: qemu, accelerator: .tcg, snapshots: folder, bootLimit: .seconds(1000))
            let halted = MachineError.halted(console: Array(console.utf8))
            await #expect(throws: halted) { try await backend.withGuest(.sample, start: .cold) { _ in } }
            #expect("\(halted)".hasSuffix("; console: ZSTD-compressed data is corrupt"))
        }
    }

    @Test func silentQEMUIsGivenUp() async throws {
        try await withFolder { folder in
            try await writeStub(in: folder, version: "QEMU emulator version 10.0.2", otherwise: "exec sleep 1000")
            let qemu = try await QEMU.locate(searchPath: folder.string, cache: folder)
            let limit = Duration.milliseconds(100)
            let backend = QEMUBackend(qemu: qemu, accelerator: .tcg, snapshots: folder, bootLimit: limit)
            await #expect(throws: MachineError.neverReady(limit: limit, console: [])) {
                try await backend.withGuest(.sample, start: .cold) { _ in }
            }
        }
    }
}
