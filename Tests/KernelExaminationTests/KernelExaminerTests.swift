import GuestLink
import KernelExamination
import Machine
import SystemPackage
import Testing

@Suite(.timeLimit(.minutes(10))) struct KernelExaminerTests {
    private static let spec = GuestSpec(
        kernelID: "debian-6.1", kernel: "vmlinuz", kernelDigest: "k", initramfs: "cpio", initramfsDigest: "i")

    private static func fact(_ kind: KernelFact.Kind, _ name: String, _ isThere: Bool?, _ text: String = "")
        -> GuestEvent
    {
        .frame(.fact(cell: 0, KernelFact(kind: kind, name: name, isThere: isThere, text: Array(text.utf8))))
    }

    private static let answers: [GuestEvent] = [
        .frame(.cellBegan(cell: 0)),
        fact(.setting, "lsm", true, "capability,bpf"),
        fact(.config, "", true, "CONFIG_BPF=y\nCONFIG_BPF_SYS"), fact(.config, "", true, "CALL=y\n"),
        fact(.feature, "bpf_syscall", true), fact(.feature, "bounded_loops", false), fact(.feature, "fentry", nil),
        fact(.programType, "kprobe", true), fact(.mapType, "ringbuf", false),
        fact(.helpers, "kprobe", true, "bpf_map_lookup_elem\nbpf_probe_read"),
        fact(.helpers, "kprobe", true, "helper 300"),
    ]
    private static let end = GuestEvent.frame(.cellEnded(cell: 0, exit: .exited(0)))

    private func examine(
        _ backend: ScriptedBackend, limit: Duration = .seconds(30)
    ) async throws -> BootOutcome<KernelFacts> {
        try await KernelExaminer(backend: backend, limit: limit).examine(Self.spec)
    }

    private func facts(_ script: ScriptedBackend.Script, limit: Duration = .seconds(30)) async throws -> KernelFacts {
        guard case .booted(let facts) = try await examine(ScriptedBackend(script), limit: limit) else {
            throw MachineError.protocolBroken("did not boot")
        }
        return facts
    }

    @Test func putsTheAnswersTogether() async throws {
        let facts = try await facts(.up(Self.answers + [Self.end]))
        #expect(facts.gap == nil)
        #expect(facts.release == "6.1.0-fake")
        #expect(facts.boot == KernelFacts.Boot(readySeconds: 2.5, uptimeSeconds: 1.5, hasSerialConsole: true))
        #expect(facts.features == Offers(present: ["bpf_syscall"], absent: ["bounded_loops"], unknown: ["fentry"]))
        #expect(facts.programTypes == Offers(present: ["kprobe"]) && facts.mapTypes == Offers(absent: ["ringbuf"]))
        #expect(facts.helpers == ["kprobe": ["bpf_map_lookup_elem", "bpf_probe_read", "helper 300"]])
        #expect(facts.settings == ["lsm": "capability,bpf"])
        #expect(facts.config?.values == ["BPF": "y", "BPF_SYSCALL": "y"])
    }

    enum Trouble: CaseIterable {
        case guestDies, loaderDies, otherCell, otherFrame, endless, silence, garbage

        var script: ScriptedBackend.Script {
            let flood = KernelFact(
                kind: .setting, name: "x", isThere: true, text: [UInt8](repeating: 0, count: 1 << 20))
            return switch self {
            case .guestDies: .up(KernelExaminerTests.answers + [.gone(.ofGuest)])
            case .loaderDies: .up(KernelExaminerTests.answers + [.frame(.cellEnded(cell: 0, exit: .signalled(11)))])
            case .otherCell: .up(KernelExaminerTests.answers + [.frame(.cellEnded(cell: 1, exit: .exited(0)))])
            case .otherFrame: .up(KernelExaminerTests.answers + [.frame(.warmed)])
            case .endless:
                .up(
                    KernelExaminerTests.answers + Array(repeating: .frame(.fact(cell: 0, flood)), count: 100) + [
                        KernelExaminerTests.end
                    ])
            case .silence: .up(KernelExaminerTests.answers)
            case .garbage: .garbage(.protocolBroken("the guest sent a frame of unknown type 999"))
            }
        }

        var words: String {
            switch self {
            case .guestDies: "probing the features ended early: the guest reset itself"
            case .loaderDies: "signalled(11)"
            case .otherCell, .otherFrame: "while features were probed"
            case .endless: "it reported more than"
            case .silence: "longer than 0.05"
            case .garbage: "unknown type 999"
            }
        }
    }

    /// Earlier reports count, and the fact that they are incomplete is also reported.
    @Test(arguments: Trouble.allCases) func keepsReportsFromBeforeTheTrouble(trouble: Trouble) async throws {
        let limit: Duration = trouble == .silence ? .milliseconds(50) : .seconds(30)
        let facts = try await facts(trouble.script, limit: limit)
        #expect(facts.gap?.contains(trouble.words) == true, "\(facts.gap ?? "no gap")")
        if trouble != .garbage { #expect(facts.programTypes.present == ["kprobe"]) }
    }

    private static let panic = MachineError.endedEarly(
        message: "exit status 0", console: Array("Kernel panic - not syncing: No working init found.\n".utf8))

    @Test func aKernelThatDoesNotBootTwiceDoesNotBoot() async throws {
        let backend = ScriptedBackend(.neverUp(Self.panic))
        guard case .didNotBoot(let failure) = try await examine(backend) else {
            Issue.record("it booted")
            return
        }
        #expect(failure.reason == "\(Self.panic)")
        #expect(failure.lastLines(3) == ["Kernel panic - not syncing: No working init found."])
        #expect(backend.policies == [.boot, .boot])
    }

    @Test func onceMayHaveBeenTheHost() async throws {
        let backend = ScriptedBackend(.neverUp(Self.panic), .up(Self.answers + [Self.end]))
        guard case .booted = try await examine(backend) else {
            Issue.record("no second try")
            return
        }
        #expect(backend.policies == [.boot, .boot])
    }

    @Test func missingQEMUIsNotBlamedOnTheKernel() async throws {
        let backend = ScriptedBackend(.neverUp(.vmmMissing(name: "qemu")))
        await #expect(throws: MachineError.vmmMissing(name: "qemu")) { try await examine(backend) }
        #expect(backend.policies == [.boot])
    }

    @Test func bootsWithoutAnExamination() async throws {
        let outcome = try await KernelExaminer(backend: ScriptedBackend(.up([]))).boot(Self.spec)
        guard case .booted(let boot) = outcome else {
            Issue.record("did not boot")
            return
        }
        #expect(boot.readySeconds == 2.5)
    }

    @Test func theEndOfAConsoleIsFitToBeRead() {
        let console = "first\r\n\u{1b}[2J\u{7}second\r\n   \r\n" + String(repeating: "y", count: 5000) + "\n"
        let failure = BootFailure(reason: "any", console: Array(console.utf8) + [0xff])
        #expect(failure.lastLines(2) == [String(repeating: "y", count: 400), "\u{FFFD}"])
        #expect(failure.lastLines(9).starts(with: ["first", "[2Jsecond"]))
        #expect(BootFailure(reason: "any", console: []).lastLines(9) == [])
    }
}
