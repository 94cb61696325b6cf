import MatrixAnalysis
import MatrixModel

/// The same run with three loaders, one of them missing on the host's side, and an earlier run to compare it with.
extension SampleRun {
    static let loaders = [
        LoaderRow(name: "aya", library: "aya", version: "0.13.1", status: .available, reason: nil),
        LoaderRow(name: "cilium", library: "cilium/ebpf", version: "0.11.0", status: .available, reason: nil),
        LoaderRow(
            name: "custom", library: nil, version: nil, status: .missing,
            reason: "its toolchain is not here; 'apt install rustc' brings it"),
        LoaderRow(name: "libbpf", library: "libbpf", version: "1.4.7", status: .available, reason: nil),
    ]

    static let exceptions = [
        ExceptionRow(
            probe: "readline", file: "readline/probe.yaml", line: 12, variants: "percpu-buffer", kernels: "<5.10",
            verdict: .fail, reason: "spills lose bounds", expires: nil, state: .used, cells: 1),
        ExceptionRow(
            probe: "events", file: "events/probe.yaml", line: 9, variants: "*", kernels: "debian-*", verdict: .fail,
            reason: nil, expires: nil, state: .unneeded, cells: 0),
        ExceptionRow(
            probe: "path-walk", file: "path-walk/probe.yaml", line: 20, variants: "unrolled", kernels: "*",
            verdict: .timeout, reason: "until 6.12.96", expires: "2026-10-31", state: .expired, cells: 1),
    ]

    static let globalData = Cause(
        id: "loader-global-data", category: "Loader", line: "error relocating function: no .rodata map", source: nil,
        advice: "Keep constants in the code, or pass them through a map.",
        since: "Linux 5.2 and later have global data.")

    /// cilium reports the same as libbpf for every cell; Aya has trouble with `readline` on 5.4.
    static func withLoaders() -> SampleRun {
        var run = SampleRun()
        run.document.loaders = loaders
        run.document.exceptions = exceptions
        run.document.cells = run.document.cells.flatMap { cell in
            var aya = cell, cilium = cell, custom = cell
            aya.loader = "aya"
            cilium.loader = "cilium"
            custom.loader = "custom"
            if cell.kernel == "ubuntu-5.4", cell.probe == "readline", cell.verdict == .pass {
                aya.verdict = .fail
                aya.stage = .open
                aya.event = nil
                aya.programs = [
                    ProgramResult(
                        name: "on_readline", type: "kprobe", verdict: .fail, stage: .open, errno: 0, cause: globalData,
                        log: nil, logComplete: true, stats: nil,
                        explanation: Explanation(
                            reason: "Aya puts constants into a map of their own, and this kernel has no such map.",
                            suggestion: "Keep constants in the code."))
                ]
                aya.expected = .fail
            }
            custom.verdict = .notMeasured
            custom.stage = nil
            custom.event = nil
            custom.console = nil
            custom.programs = []
            custom.asExpected = false
            custom.reason = "its toolchain is not here; 'apt install rustc' brings it"
            return cell.probe == "events" ? [aya, cilium, custom, cell] : [aya, cilium, cell]
        }
        return run
    }

    /// Against a run in which `bounded` was cheap on 6.12, `masked` failed on 6.1, and `state` had another cause.
    func comparison() -> RunComparison {
        var before = document
        before.run.id = "20261115T100000Z-0f0f"
        before.run.startedAt = "2026-11-15T10:00:00Z"
        before.loaders = before.loaders.map { loader in
            var loader = loader
            if loader.name == "aya" { loader.version = "0.12.0" }
            return loader
        }
        for index in before.cells.indices where !before.cells[index].programs.isEmpty {
            let cell = before.cells[index]
            switch (cell.probe, cell.variant, cell.kernel) {
            case ("path-walk", "bounded", "debian-6.12"):
                before.cells[index].programs[0].stats?.instructions = 120_000
            case ("drop-nul", "masked", "debian-6.1"):
                before.cells[index].verdict = .fail
                before.cells[index].stage = .load
                before.cells[index].programs[0].verdict = .fail
                before.cells[index].programs[0].cause = SampleFailure.sizeNegative.cause
            case ("task-state", "state", "debian-6.1"):
                before.cells[index].programs[0].cause = SampleFailure.unknownHelper.cause
            case ("signal-sent", "unchecked", "debian-7.3"):
                before.cells[index].verdict = .pass
                before.cells[index].programs[0].verdict = .pass
                before.cells[index].programs[0].cause = nil
            default: break
            }
        }
        return RunComparison(from: before, to: document)
    }
}
