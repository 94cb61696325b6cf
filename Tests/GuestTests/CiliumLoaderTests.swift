import Foundation
import GuestImage
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
    /// The loader of cilium/ebpf shows what users of that library see. Which version it is depends on the machine.
    @Suite struct CiliumLoaderTests {
        private static let loader = Repository.guestTools.appending("loader-cilium")

        /// A program's verdict, stage and errno, and the cause where it failed.
        private static let objects: [(name: String, source: String, old: [String: String], new: [String: String])] = [
            ("maps", LoaderObjects.maps, ["uses_all": "pass load 0"], ["uses_all": "pass load 0"]),
            (
                "tail-calls", LoaderObjects.tailCalls, ["first": "pass load 0", "entry": "pass load 0"],
                ["first": "pass load 0", "entry": "pass load 0"]
            ),
            // libbpf rounds the size up.
            (
                "rings", LoaderObjects.rings, ["writes": "fail maps 22 map-type-unknown"],
                ["writes": "fail maps 22 cil-map-create"]
            ),
            (
                "legacy", CiliumObjects.legacyMaps, ["counts_exits": "pass load 0"], ["counts_exits": "pass load 0"]
            ),
            (
                "globals", CiliumObjects.globalData,
                ["reads_and_writes": "fail maps 22 cil-global-data", "uses_none": "pass load 0"],
                ["reads_and_writes": "pass load 0", "uses_none": "pass load 0"]
            ),
            (
                "bare", CiliumObjects.bareSection, ["on_return": "fail load 22 cil-untyped"],
                ["on_return": "fail load 22 cil-untyped"]
            ),
            (
                "order", CiliumObjects.order,
                ["second": "pass load 0", "first": "pass load 0", "third": "pass load 0"],
                ["second": "pass load 0", "first": "pass load 0", "third": "pass load 0"]
            ),
            (
                "static-map", CiliumObjects.undefinedMap, ["looks_up": "fail open 22 cil-static-map"],
                ["looks_up": "fail open 22 cil-static-map"]
            ),
            (
                "iterator", CiliumObjects.iterator, ["on_event": "fail load 22 cil-no-btf"], [:]
            ),
            ("no-version", LoaderObjects.noVersion, ["any": "pass load 0"], ["any": "pass load 0"]),
            (
                "wrong-version", LoaderObjects.wrongVersion, ["any": "fail load 22 prog-version-unknown"],
                ["any": "pass load 0"]
            ),
            (
                "raw-tracepoint", StageSource.prelude + StageSource.sending("raw_tp/sched_process_exit"),
                ["on_event": "fail load 22 prog-type-unknown"], ["on_event": "pass load 0"]
            ),
            ("long-log", CiliumObjects.longLog, ["long_log": "fail load 22 back-edge"], ["long_log": "fail load 13 not-init"]),
        ]

        @Test func programIsSmallStaticAndSaysItsVersion() async throws {
            let result = try await Subprocess.run(
                .path(Self.loader), arguments: ["--version"], output: .string(limit: 1 << 10), error: .discarded)
            #expect(result.terminationStatus.isSuccess)
            #expect(result.standardOutput.wholeMatch(of: /cilium\/ebpf \d+\.\d+\.\d+\n/) != nil)
            #expect(try await DynamicProgram(Self.loader).libraries.isEmpty)
            let size = try FileManager.default.attributesOfItem(atPath: Self.loader.string)[.size] as? Int
            #expect(size.map { $0 <= 6 << 20 } == true)
        }

        /// The frames of Go are those of the C header; this needs no guest.
        @Test func framesAreThoseOfTheProtocol() async throws {
            let result = try await Subprocess.run(
                .path("/bin/sh"), arguments: ["-c", "exec 3>&1; exec \"$0\" 7 /no/such/object ''", Self.loader.string],
                output: .bytes(limit: 1 << 20), error: .discarded)
            #expect(result.terminationStatus.isSuccess)
            var decoder = FrameDecoder()
            let frames = try decoder.feed(result.standardOutput)
            #expect(
                frames == [
                    .log(
                        cell: 7, program: UInt32.max, source: .loader,
                        text: Array("open /no/such/object: no such file or directory\n".utf8)),
                    .program(
                        ProgramReport(
                            cell: 7, program: nil, stage: .open, errno: ENOENT, logComplete: true,
                            verifiedInstructions: nil, name: "", type: "")),
                ])
        }

        @Test(arguments: ["ubuntu-4.15", "debian-7.3"]) func loadsAsAGoProgramWould(id: String) async throws {
            let kernel = try Repository.kernel(id)
            let measurement = try await Bench.with(guest: Repository.guestTools) { bench in
                var cells: [PlannedCell] = []
                for object in Self.objects {
                    let file = bench.folder.appending("\(object.name).bpf.o")
                    try await compileObject(object.source, defines: ["TURNS=12000"], to: file)
                    let programs = try ObjectFile(file).programs.map(\.name)
                    cells.append(Self.cell(object.name, file, programs, on: kernel, loader: "cilium"))
                }
                return try await Measurement(
                    KernelBatch(kernel: kernel.id, spec: bench.spec(kernel), cells: cells), backend: bench.backend(),
                    start: .cold, cellLimit: .seconds(90))
            }
            for object in Self.objects {
                let outcomes = id == "ubuntu-4.15" ? object.old : object.new
                let result = try #require(measurement.cells[object.name])
                let seen = Dictionary(uniqueKeysWithValues: result.programs.map { ($0.name, Self.outcome($0)) })
                let words = (measurement.evidence[object.name]?.programs ?? []).map {
                    String(decoding: $0.loaderLog, as: UTF8.self)
                }
                print("OBJ \(id) \(object.name) \(seen) \(words) \(result.reason ?? "") complete=\(result.programs.map(\.logComplete)) \(measurement.evidence[object.name]?.programs.map { ($0.verifierLog.count, $0.report.logLacksMemory) } ?? [])")
                #expect(outcomes.isEmpty || seen == outcomes, "\(id) \(object.name): \(words)")
            }
            #expect(measurement.cells["order"]?.programs.map(\.name) == ["third", "second", "first"])
        }

        private static func cell(
            _ name: String, _ object: FilePath, _ programs: [String], on kernel: KernelImage, loader: String,
            plan: StagePlan? = nil
        ) -> PlannedCell {
            PlannedCell(
                key: CellKey(kernel: kernel.id.text, probe: "objects", variant: name, loader: loader),
                object: PlannedObject(path: object, digest: name), programs: programs, plan: plan, expectations: [])
        }

        private static func outcome(_ program: ProgramResult) -> String {
            let words = ["\(program.verdict)", program.stage?.rawValue ?? "-", "\(program.errno)", program.cause?.id]
            return words.compactMap(\.self).joined(separator: " ")
        }

        @Test(arguments: ["ubuntu-4.15", "ubuntu-5.15", "debian-7.3"]) func exploreStages(id: String) async throws {
            let kernel = try Repository.kernel(id)
            let names = [
                "another text", "no event", "event at the second trigger", "no such function", "no such map",
                "no such interface", "trigger that never ends", "what is left",
            ]
            let cells =
                (StageCell.tracing + StageCell.networking + StageCell.failing.filter { names.contains($0.name) })
                .filter { $0.source != nil }
            let measurement = try await Bench.with(guest: Repository.guestTools) { bench in
                var planned: [PlannedCell] = []
                for cell in cells {
                    let file = bench.folder.appending(cell.object)
                    try await compileObject(StageSource.prelude + (cell.source ?? ""), to: file)
                    let programs = try ObjectFile(file).programs.map(\.name)
                    planned.append(Self.cell(cell.name, file, programs, on: kernel, loader: "cilium", plan: cell.plan))
                }
                return try await Measurement(
                    KernelBatch(kernel: kernel.id, spec: bench.spec(kernel), cells: planned), backend: bench.backend(),
                    start: .cold, cellLimit: .seconds(90))
            }
            for cell in cells {
                let result = try #require(measurement.cells[cell.name])
                let evidence = measurement.evidence[cell.name]
                print("STAGE \(id) \(cell.name): \(result.verdict) \(result.stage?.rawValue ?? "-") reason=\(result.reason ?? "") event=\(String(decoding: evidence?.event ?? [], as: UTF8.self).filter { $0.isLetter || $0 == " " || $0 == "-"}) since \(cell.since) want \(cell.outcome)")
                for (program, raw) in zip(result.programs, evidence?.programs ?? []) {
                    print("    \(program.name) \(Self.outcome(program)) \(String(decoding: raw.loaderLog.suffix(400), as: UTF8.self))")
                }
            }
        }
    }
}
