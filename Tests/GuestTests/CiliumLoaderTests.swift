import GuestLink
import KernelStore
import Machine
import MatrixModel
import MatrixRunner
import ProbeObject
import Subprocess
import SystemPackage
import Testing

extension GuestTests {
    /// The loader of cilium/ebpf: what users of that library see.
    @Suite struct CiliumLoaderTests {
        private static let loader = Repository.guestTools.appending("loader-cilium")

        private static let sources: [String: String] = [
            "maps": LoaderObjects.maps, "rings": LoaderObjects.rings, "tail-calls": LoaderObjects.tailCalls,
            "missing": LoaderObjects.missing, "types": LoaderObjects.types, "no-version": LoaderObjects.noVersion,
            "wrong-version": LoaderObjects.wrongVersion, "replacements": LoaderObjects.replacements,
            "legacy": CiliumObjects.legacyMaps, "globals": CiliumObjects.globalData,
            "bare": CiliumObjects.bareSection, "order": CiliumObjects.order, "struct-ops": LoaderObjects.structOps,
            "long-log": LoaderObjects.longLog, "many-paths": LoaderObjects.manyPaths,
        ]

        @Test(arguments: ["ubuntu-4.15", "ubuntu-5.4", "debian-7.3"]) func explore(id: String) async throws {
            let kernel = try Repository.kernel(id)
            try await Bench.with(guest: Repository.guestTools) { bench in
                var cells: [PlannedCell] = []
                for (name, source) in Self.sources {
                    let object = bench.folder.appending("\(name).bpf.o")
                    try await compileObject(source, defines: ["TURNS=12000"], to: object)
                    cells.append(
                        PlannedCell(
                            key: CellKey(kernel: id, probe: "objects", variant: name, loader: "cilium"),
                            object: PlannedObject(path: object, digest: name),
                            programs: try ObjectFile(object).programs.map(\.name), expectations: []))
                }
                let variants = try await ProbeSelection().build(folder: Repository.probes, cache: bench.folder)
                    .filter { $0.object != nil }
                for variant in variants {
                    for loader in ["libbpf", "cilium"] {
                        cells.append(
                            PlannedCell(
                                key: CellKey(
                                    kernel: id, probe: variant.probe,
                                    variant: "\(variant.probe)/\(variant.variant) \(loader)", loader: loader),
                                object: variant.object.map { PlannedObject(path: $0.path, digest: $0.digest) },
                                programs: variant.programs, plan: variant.plan, expectations: []))
                    }
                }
                let measurement = try await Measurement(
                    KernelBatch(kernel: kernel.id, spec: bench.spec(kernel), cells: cells),
                    backend: bench.backend(), start: .cold, cellLimit: .seconds(90))
                for (name, cell) in measurement.cells.sorted(by: { $0.key < $1.key }) {
                    print("CELL \(id) \(name): \(cell.verdict) \(cell.stage?.rawValue ?? "-") reason=\(cell.reason ?? "")")
                    let evidence = measurement.evidence[name]
                    print("   ending \(evidence.map { "\($0.ending)".prefix(300) } ?? "-")")
                    for (result, program) in zip(cell.programs, evidence?.programs ?? []) {
                        print(
                            "   PROG \(result.name) \(result.type) \(result.verdict) \(result.stage?.rawValue ?? "-") \(result.errno) cause=\(result.cause?.id ?? "-") \(result.stats.map { "\($0)" } ?? "") complete=\(result.logComplete) logbytes=\(program.verifierLog.count)"
                        )
                        print("      " + String(decoding: program.loaderLog.prefix(600), as: UTF8.self))
                    }
                }
            }
        }
    }
}
