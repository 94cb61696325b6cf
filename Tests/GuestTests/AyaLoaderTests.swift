import Foundation
import KernelStore
import Machine
import Manifests
import MatrixModel
import MatrixRunner
import ProbeObject
import SystemPackage
import Testing

extension GuestTests {
    @Suite struct AyaLoaderTests {
        @Test(arguments: ProcessInfo.processInfo.environment["AYA_KERNELS"]?.split(separator: ",").map(String.init) ?? ["ubuntu-4.15", "ubuntu-5.4", "debian-7.3"])
        func explore(id: String) async throws {
            let kernel = try Repository.kernel(id)
            let line = StagePlan.attach(nil, .type("echo typed-line"), StagePlan.Event(contains: "typed-line"))
            let ended = StagePlan.attach(nil, .shell("true"), StagePlan.Event(map: "lines", contains: "bash"))
            let own: [(String, String, StagePlan?, String)] = [
                ("legacy", AyaObjects.legacy, line, "aya"), ("legacy libbpf", AyaObjects.legacy, line, "libbpf"),
                ("global data", AyaObjects.globalData, nil, "aya"), ("logging", AyaObjects.logging, ended, "aya"),
                ("map of maps", AyaObjects.mapOfMaps, nil, "aya"), ("refused", AyaObjects.refused, nil, "aya"),
            ]
            let stages = StageCell.all.compactMap { cell in
                cell.source.map { (cell.name, StageSource.prelude + $0, cell.plan as StagePlan?, "aya") }
            }
            try await withFolder { folder in
                var cells: [PlannedCell] = []
                let wanted = ProcessInfo.processInfo.environment["AYA_CELLS"]?.split(separator: ",").map(String.init)
                for (index, (name, source, plan, loader)) in (own + stages).enumerated()
                where wanted?.contains(where: { name.hasPrefix($0) }) ?? true {
                    let object = folder.appending("o\(index).bpf.o")
                    try await compileObject(source, to: object)
                    cells.append(
                        PlannedCell(
                            key: CellKey(kernel: id, probe: "aya", variant: name, loader: loader),
                            object: PlannedObject(path: object, digest: "o\(cells.count)"),
                            programs: try ObjectFile(object).programs.map(\.name), plan: plan, expectations: []))
                }
                for (name, plan) in [("rust-fixed-buffer", line), ("rust-percpu-buffer", line), ("rust-global-data", line)] {
                    let builder = ProbeBuilder(
                        cache: folder, compiler: try await .find(),
                        rust: try await .find(assembler: .find()))
                    let manifest = try ProbeManifest.load(folder: Repository.probes.appending("readline"))
                    let object = try await builder.object(
                        from: Repository.probes.appending("readline").appending("\(name).rs"), .v2, flags: [],
                        variant: name, in: manifest)
                    for loader in ["aya", "libbpf"] {
                    cells.append(
                        PlannedCell(
                            key: CellKey(kernel: id, probe: "aya", variant: name + loader, loader: loader),
                            object: PlannedObject(path: object.path, digest: "o\(cells.count)"),
                            programs: object.programs.map(\.name), plan: plan, expectations: []))
                    }
                }
                let planned = cells
                let measurement = try await Bench.with(guest: Repository.guestTools) { bench in
                    try await Measurement(
                        KernelBatch(kernel: kernel.id, spec: bench.spec(kernel), cells: planned),
                        backend: bench.backend(), start: .cold, cellLimit: .seconds(90))
                }
                for cell in planned {
                    let result = try #require(measurement.cells[cell.key.variant])
                    let evidence = measurement.evidence[cell.key.variant]
                    print("=====", id, cell.key.variant, result.verdict, result.stage as Any, result.reason ?? "")
                    for program in result.programs {
                        print("  ", program.name, program.type, program.verdict, program.stage as Any, program.errno,
                              program.cause?.id ?? "-", program.stats?.size as Any, program.stats?.loadMicroseconds as Any)
                    }
                    print("  event:", String(decoding: evidence?.event.prefix(40) ?? [], as: UTF8.self))
                    for p in evidence?.programs ?? [] {
                        print("  loader:", String(decoding: p.loaderLog.prefix(1500), as: UTF8.self))
                        print("  verifier:", String(decoding: p.verifierLog.prefix(300), as: UTF8.self))
                    }
                    print("  remarks:", String(decoding: evidence?.remarks ?? [], as: UTF8.self))
                }
            }
        }
    }
}
