import MatrixModel

/// A run as people have them: six kernels, one of them not measured, failures in both directions, a crash, a timeout.
struct SampleRun {
    var document: MatrixDocument
    var logs: [String: String]

    /// A letter per kernel below: pass, fail, crash, timeout; a capital where the manifest expects something else.
    private static let probes: [(name: String, variants: [(name: String, answers: String, failure: SampleFailure?)])] =
        [
            (
                "readline",
                [
                    ("fixed-buffer", "pppp-p", nil), ("percpu-buffer", "fppp-p", .sizeNegative),
                    ("percpu-buffer-v3", "pppp-p", nil), ("percpu-buffer-unchecked", "ffff-f", .sizeNegative),
                    ("percpu-buffer-masked", "pppp-p", nil),
                ]
            ),
            ("drop-nul", [("compare", "fffp-p", .sizeNegative), ("masked", "pppp-p", nil)]),
            ("task-state", [("state", "ppff-f", .poisonedField), ("either-name", "ppPp-p", nil)]),
            ("signal-sent", [("unchecked", "fppF-F", .nullableArgument), ("checked", "fppp-p", .noAttachTarget)]),
            ("events", [("ringbuf", "fppp-p", .noRingBuffer), ("perf-buffer", "pppp-p", nil)]),
            (
                "path-walk",
                [
                    ("bpf-loop", "ffpp-p", .unknownHelper), ("bounded", "pppp-p", nil), ("unrolled", "pppT-p", nil),
                    ("tail-call-in-loop", "ffpp-C", .unknownHelper),
                ]
            ),
            ("match-name", [("strncasecmp", "ffff-p", .unknownKernelFunction), ("by-hand", "pppp-p", nil)]),
        ]

    static let kernels: [KernelRow] = [
        kernel("ubuntu-5.4", "5.4.0-216-generic", .warm, 0.27),
        kernel("debian-5.10", "5.10.0-46-cloud-amd64", .warm, 0.24),
        kernel("debian-6.1", "6.1.0-56-cloud-amd64", .warm, 0.26),
        kernel("debian-6.12", "6.12.95+deb12-cloud-amd64", .cold, 4.1),
        KernelRow(
            id: "debian-6.18", release: nil, family: "debian", btf: nil, start: nil, readySeconds: nil,
            status: .notMeasured, reason: "the guest sent nothing within 60 s, twice"),
        kernel("debian-7.3", "7.3.4+deb14-cloud-amd64", .warm, 0.31),
    ]

    private static func kernel(_ id: String, _ release: String, _ start: Start, _ seconds: Double) -> KernelRow {
        let family = String(id.prefix { $0 != "-" })
        return KernelRow(
            id: id, release: release, family: family, btf: true, start: start, readySeconds: seconds, status: .measured,
            reason: nil)
    }

    init() {
        logs = [:]
        document = MatrixDocument(
            run: RunInfo(
                id: "20261122T100000Z-1a2b", startedAt: "2026-11-22T10:00:00Z", durationSeconds: 4.23, tool: "0.1.0",
                host: HostInfo(qemu: "10.0.2", accelerator: "tcg", cpus: 2)),
            kernels: Self.kernels, cells: [])
        for (column, kernel) in Self.kernels.enumerated() {
            for probe in Self.probes {
                for variant in probe.variants {
                    let answer = Array(variant.answers)[column]
                    document.cells.append(
                        cell(kernel, probe: probe.name, variant: variant.name, answer: answer, failure: variant.failure)
                    )
                }
            }
        }
    }

    private mutating func cell(
        _ kernel: KernelRow, probe: String, variant: String, answer: Character, failure: SampleFailure?
    ) -> CellResult {
        let verdict: Verdict =
            switch answer.lowercased() {
            case "p": .pass
            case "f": .fail
            case "c": .crash
            case "t": .timeout
            default: .notMeasured
            }
        let asExpected = answer.isLowercase
        let expected: Verdict = asExpected ? verdict : verdict == .pass ? .fail : .pass
        let name = "on_" + probe.map { $0 == "-" ? "_" : $0 }
        return CellResult(
            key: CellKey(kernel: kernel.id, probe: probe, variant: variant, loader: "libbpf"), verdict: verdict,
            stage: verdict == .notMeasured ? nil : verdict == .pass ? .fire : failure?.stage ?? .load,
            expected: verdict == .notMeasured ? .pass : expected, asExpected: asExpected && verdict != .notMeasured,
            cached: kernel.id == "debian-5.10" && verdict == .pass,
            event: verdict == .pass ? "line=\"\(probe)\"" : nil, reason: reason(for: verdict),
            console: verdict == .crash || verdict == .timeout ? keep(SampleFailure.console(of: verdict)) : nil,
            programs: program(name, kernel: kernel, variant: variant, verdict: verdict, failure: failure).map { [$0] }
                ?? [],
            seconds: seconds(of: variant, on: kernel, verdict: verdict))
    }

    /// A row takes longer the longer its name is; a guest that went down took no time that anybody knows.
    private func seconds(of variant: String, on kernel: KernelRow, verdict: Verdict) -> CellSeconds {
        guard verdict != .notMeasured else { return CellSeconds() }
        guard verdict != .crash else { return CellSeconds(queue: 1.25) }
        let hasFired = verdict == .pass
        return CellSeconds(
            queue: kernel.id == "debian-5.10" && hasFired ? nil : 1.25, load: 0.0015, attach: hasFired ? 0.0002 : nil,
            fire: hasFired ? 0.042 : nil, total: Double(variant.count) / 10)
    }

    private func reason(for verdict: Verdict) -> String? {
        switch verdict {
        case .pass, .fail: nil
        case .crash: "BUG: kernel NULL pointer dereference, address: 0000000000000048"
        case .timeout: "no answer within 20 s"
        case .notMeasured: "the guest sent nothing within 60 s, twice"
        }
    }

    private mutating func program(
        _ name: String, kernel: KernelRow, variant: String, verdict: Verdict, failure: SampleFailure?
    ) -> ProgramResult? {
        switch verdict {
        case .pass:
            // Derived from the names, so that each cell has numbers of its own and every run has the same.
            var size = 40 + (variant + kernel.id).utf8.reduce(0) { ($0 * 31 + Int($1)) % 4001 }
            if variant == "bounded", kernel.id == "debian-6.12" { size = 951_000 }
            let text = """
                verification time \(size * 3) usec
                stack depth 64
                processed \(size) insns (limit 1000000) max_states_per_insn 1 total_states 12 peak_states 12 mark_read 4
                """
            return ProgramResult(
                name: name, type: "kprobe", verdict: .pass, stage: .fire, errno: 0, cause: nil, log: keep(text),
                logComplete: true,
                stats: ProgramStatistics(
                    instructions: size, limit: 1_000_000, totalStates: 12, peakStates: 12, stackDepth: "64",
                    verificationMicroseconds: size * 3,
                    size: ProgramSize(instructions: 61, translatedBytes: 528, jitedBytes: 347)),
                seconds: ProgramSeconds(load: 0.0015, attach: 0.0002, fire: 0.042))
        case .fail:
            guard let failure else { return nil }
            return ProgramResult(
                name: name, type: failure.type, verdict: .fail, stage: failure.stage, errno: failure.errno,
                cause: failure.cause, log: failure.log(on: kernel.id).map { keep($0) }, logComplete: true,
                stats: failure.statistics, explanation: failure.explanation)
        case .crash, .timeout, .notMeasured: return nil
        }
    }

    mutating func keep(_ text: String) -> String {
        let digits = String(text.hashOfItsOwn, radix: 16)
        let name = "logs/\(String(repeating: "0", count: 64 - digits.count))\(digits).txt"
        logs[name] = text
        return name
    }
}

extension String {
    /// FNV-1a; a test needs a name for a text, not a digest.
    fileprivate var hashOfItsOwn: UInt64 {
        utf8.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
    }
}
