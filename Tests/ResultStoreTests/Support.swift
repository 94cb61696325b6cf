import Foundation
import MatrixModel
import ResultStore
import SystemPackage

extension RunInfo {
    static func sample(_ id: String, startedAt: String = "2026-11-22T10:00:00Z") -> RunInfo {
        RunInfo(
            id: id, startedAt: startedAt, durationSeconds: 4.25, tool: "0.1.0",
            host: HostInfo(qemu: "10.0.2", accelerator: "tcg", cpus: 2))
    }
}

extension KernelRow {
    static func sample(_ id: String) -> KernelRow {
        KernelRow(
            id: id, release: "6.12.95", family: "debian", btf: true, start: .warm, readySeconds: 0.31,
            status: .measured,
            reason: nil)
    }
}

extension CellResult {
    static func sample(
        _ kernel: String = "debian-6.12", probe: String = "readline", verdict: Verdict = .pass,
        programs: [ProgramResult] = [.sample("watch")], seconds: Double? = nil
    ) -> CellResult {
        CellResult(
            key: CellKey(kernel: kernel, probe: probe, variant: "v", loader: "libbpf"), verdict: verdict, stage: .load,
            expected: .pass, asExpected: verdict == .pass, cached: false, reason: nil, console: nil, programs: programs,
            seconds: CellSeconds(total: seconds))
    }
}

extension ProgramResult {
    static func sample(_ name: String) -> ProgramResult {
        ProgramResult(
            name: name, type: "kprobe", verdict: .pass, stage: .load, errno: 0, cause: nil, log: nil, logComplete: true,
            stats: ProgramStatistics(instructions: 42))
    }
}

extension MatrixDocument {
    /// Every nullable once with a value and once without.
    static let everyNullable: MatrixDocument = {
        let full = ProgramResult(
            name: "a", type: "kprobe", verdict: .fail, stage: .load, errno: 13,
            cause: Cause(
                id: "size-negative", category: "Memory", line: "R5 min value", source: "f();", advice: "Clamp.",
                since: "5.10", location: CodeLocation(file: "probes/readline/plain.bpf.c", line: 31)),
            log: "logs/0.txt", logComplete: true,
            stats: ProgramStatistics(
                instructions: 42, limit: 1_000_000, totalStates: 3, peakStates: 2, stackDepth: "64+0",
                verificationMicroseconds: 180),
            explanation: Explanation(
                reason: "It may be negative.", at: "31: call f#25 ; f();",
                path: ["9: if r7 == 0x0 goto pc+22 (taken)", ""],
                suggestion: "Mask \"n\".", facts: ["5.10 keeps it.", "é"], shape: "spill"),
            seconds: ProgramSeconds(load: 0.25, attach: 0.5, fire: 0.75))
        let bare = ProgramResult(
            name: "a", type: "xdp", verdict: .fail, stage: nil, errno: 524,
            cause: Cause(id: "unknown", category: "Unknown", line: "", source: nil, advice: "Read.", since: nil),
            log: nil, logComplete: false, logCut: .abridged, stats: ProgramStatistics())
        let empty = ProgramResult(
            name: "c", type: "tracing", verdict: .pass, stage: .fire, errno: 0, cause: nil, log: nil, logComplete: true,
            stats: nil)
        let crashed = CellResult(
            key: CellKey(kernel: "el7-3.10", probe: "b", variant: "x", loader: "aya"), verdict: .crash, stage: nil,
            expected: .fail, asExpected: false, cached: true, reason: "panicked", console: "logs/1.txt", programs: [],
            expectedReason: "expired exception (until 2026-01-01)")
        let fired = CellResult(
            key: CellKey(kernel: "debian-6.12", probe: "b", variant: "y", loader: "tracefs"), verdict: .pass,
            stage: .fire, expected: .pass, asExpected: true, cached: false, event: "line=\"hi\"", reason: nil,
            console: nil, programs: [empty],
            seconds: CellSeconds(queue: 1.5, load: 0.25, attach: 0.5, fire: 0.75, total: 2.5))
        let run = RunInfo(
            id: "20261122T100000Z-1a2b", startedAt: "2026-11-22T10:00:00Z", durationSeconds: 0.1, tool: "0.1.0",
            host: HostInfo(qemu: nil, accelerator: nil, cpus: 2))
        return MatrixDocument(
            run: run,
            kernels: [
                KernelRow(
                    id: "el7-3.10", release: nil, family: "el7", btf: nil, start: nil, readySeconds: nil,
                    status: .notMeasured, reason: "no image"),
                KernelRow(
                    id: "debian-5.10", release: "5.10.0", family: "debian", btf: false, start: .cold, readySeconds: 3.5,
                    status: .measured, reason: nil),
                .sample("debian-6.12"),
            ],
            loaders: [
                LoaderRow(name: "aya", library: nil, version: nil, status: .missing, reason: "no rustc"),
                LoaderRow(name: "libbpf", library: "libbpf", version: "1.4.6", status: .available, reason: nil),
            ],
            exceptions: [
                ExceptionRow(
                    probe: "b", file: "b/probe.yaml", line: 7, variants: "x, y", kernels: "<5.10", verdict: .fail,
                    stage: .load, cause: "opcode", reason: "Too old.", expires: "2026-12-31", state: .expired, cells: 3),
                ExceptionRow(
                    probe: "b", file: "b/probe.yaml", line: 9, variants: "*", kernels: "*", verdict: nil, reason: nil,
                    expires: nil, state: .untested, cells: 0),
            ],
            cells: [
                .sample("debian-6.12", probe: "z", verdict: .fail, programs: [full, bare, empty]), crashed,
                .sample("debian-5.10"), fired,
            ])
    }()
}
