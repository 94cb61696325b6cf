package import MatrixModel

/// Values for tests, as short as they can be said.
extension MatrixDocument {
    package static func sample(
        _ id: String = "20261122T100000Z-1a2b", at startedAt: String = "2026-11-22T10:00:00Z", kernels: [KernelRow],
        loaders: [LoaderRow] = [], cells: [CellResult]
    ) -> MatrixDocument {
        MatrixDocument(
            run: RunInfo(
                id: id, startedAt: startedAt, durationSeconds: 1, tool: "0.1.0",
                host: HostInfo(qemu: "10.0.2", accelerator: "tcg", cpus: 2)),
            kernels: kernels, loaders: loaders, cells: cells)
    }
}

extension KernelRow {
    package static func sample(_ id: String, release: String? = nil, status: Status = .measured) -> KernelRow {
        KernelRow(
            id: id, release: release, family: String(id.prefix { $0 != "-" }), btf: nil, start: nil, readySeconds: nil,
            status: status, reason: status == .measured ? nil : "no image")
    }
}

extension CellResult {
    package static func sample(
        _ kernel: String, _ variant: String, _ verdict: Verdict, stage: Stage? = nil, probe: String = "readline",
        loader: String = "libbpf", expected: Verdict = .pass, programs: [ProgramResult]? = nil
    ) -> CellResult {
        let stage = verdict == .notMeasured ? nil : stage ?? .load
        return CellResult(
            key: CellKey(kernel: kernel, probe: probe, variant: variant, loader: loader), verdict: verdict,
            stage: stage, expected: expected, asExpected: verdict == expected, cached: false,
            reason: verdict == .notMeasured ? "no image" : nil, console: nil,
            programs: programs ?? [.sample("watch", verdict, stage: stage)])
    }
}

extension ProgramResult {
    package static func sample(
        _ name: String, _ verdict: Verdict, stage: Stage? = .load, errno: Int32? = nil, cause: String? = nil,
        instructions: Int? = nil, limit: Int? = 1_000_000
    ) -> ProgramResult {
        ProgramResult(
            name: name, type: "kprobe", verdict: verdict, stage: stage,
            errno: errno ?? (verdict == .fail ? 22 : 0),
            cause: cause.map {
                Cause(id: $0, category: "bounds", line: "R2 \($0)", source: nil, advice: "Mend it.", since: nil)
            },
            log: nil, logComplete: true,
            stats: instructions.map { ProgramStatistics(instructions: $0, limit: limit) })
    }
}
