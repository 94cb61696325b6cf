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
    /// The loader of cilium/ebpf shows what users of that library see.
    ///
    /// The version is the one that Debian's unstable suite had when the loader was built.
    @Suite(.serialized, .ownProcessorForLong) struct CiliumLoaderTests {
        private static let loader = Repository.guestTools.appending("loader-cilium")

        @Test func programIsSmallStaticAndPrintsItsVersion() async throws {
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
            decoder.append(result.standardOutput)
            var frames: [GuestFrame] = []
            while let frame = try decoder.next() { frames.append(frame) }
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
                for object in CiliumObjects.all {
                    let file = bench.folder.appending("\(object.name).bpf.o")
                    try await compileObject(object.source, defines: ["TURNS=12000"], to: file)
                    let programs = try ObjectFile(file).programs.map(\.name)
                    let planned = PlannedFile(path: file, digest: object.name)
                    let cell = Self.cell(
                        object.name, planned, programs, on: kernel, loader: "cilium", plan: .withTrialSizes(nil))
                    cells.append(cell)
                }
                return try await Measurement(
                    KernelBatch(kernel: kernel.id, spec: bench.spec(kernel), cells: cells), backend: bench.backend(),
                    cellLimit: .seconds(90))
            }
            for object in CiliumObjects.all {
                let outcomes = id == "ubuntu-4.15" ? object.on415 : object.on73
                let result = try #require(measurement.cells[object.name])
                let seen = Dictionary(uniqueKeysWithValues: result.programs.map { ($0.name, Self.outcome($0)) })
                let words = (measurement.evidence[object.name]?.programs ?? []).map {
                    String(decoding: $0.loader.bytes, as: UTF8.self)
                }
                #expect(seen == outcomes, "\(id) \(object.name): \(words)")
            }
            #expect(measurement.cells["order"]?.programs.map(\.name) == ["third", "second", "first"])
            let fact = measurement.cells["globals"]?.programs.first?.explanation?.facts.first
            #expect(
                fact == "Read-only maps need Linux 5.2; this kernel is 4.15 and does not have them."
                    || id != "ubuntu-4.15", "\(fact ?? "")")
            try expectNumbers(of: try #require(measurement.cells["maps"]?.programs.first), on: id)
        }

        private func expectNumbers(of program: ProgramResult, on id: String) throws {
            let stats = try #require(program.stats)
            #expect((stats.instructions ?? 0) > 0 && (stats.size.instructions ?? 0) > 20)
            #expect((stats.size.translatedBytes ?? 0) % 8 == 0 && (stats.size.jitedBytes ?? 0) > 100)
            #expect((stats.verificationMicroseconds ?? 0 > 0) == (id != "ubuntu-4.15"))
        }

        private static func cell(
            _ name: String, _ object: PlannedFile, _ programs: [String], on kernel: KernelImage, loader: String,
            plan: StagePlan? = nil
        ) -> PlannedCell {
            PlannedCell(
                key: CellKey(kernel: kernel.id.text, probe: "objects", variant: name, loader: loader),
                object: object, programs: programs, plan: plan, expectations: [])
        }

        private static func outcome(_ program: ProgramResult) -> String {
            let words = ["\(program.verdict)", program.stage?.rawValue ?? "-", "\(program.errno)", program.cause?.id]
            return words.compactMap(\.self).joined(separator: " ")
        }

        @Test(arguments: ["ubuntu-4.15", "ubuntu-5.15"]) func programsGoAsFarAsTheKernelLetsThem(id: String)
            async throws
        {
            let kernel = try Repository.kernel(id)
            let release = try #require(KernelRelease(kernel.releaseLabel))
            let measurement = try await Bench.with(guest: Repository.guestTools) { bench in
                var cells: [PlannedCell] = []
                for cell in StageCell.cilium {
                    let file = bench.folder.appending(cell.object)
                    try await compileObject(StageSource.prelude + (cell.source ?? ""), to: file)
                    let programs = try ObjectFile(file).programs.map(\.name)
                    let object = PlannedFile(path: file, digest: cell.object)
                    cells.append(Self.cell(cell.name, object, programs, on: kernel, loader: "cilium", plan: cell.plan))
                }
                return try await Measurement(
                    KernelBatch(kernel: kernel.id, spec: bench.spec(kernel), cells: cells), backend: bench.backend(),
                    cellLimit: .seconds(90))
            }
            for cell in StageCell.cilium {
                let result = try #require(measurement.cells[cell.name])
                cell.expect(result, measurement.evidence[cell.name], on: release)
            }
        }

        /// For the default probes, cilium/ebpf reports the same stage, errno and log as libbpf, unless one of the
        /// libraries gives a reason of its own.
        @Test(arguments: ["ubuntu-4.15", "ubuntu-5.4", "debian-7.3"])
        func matchesLibbpf(id: String) async throws {
            let kernel = try Repository.kernel(id)
            let measurement = try await Bench.with(guest: Repository.guestTools) { bench in
                let variants = try await ProbeSelection().build(folder: Repository.probes, cache: SharedCache.compiled)
                var cells: [PlannedCell] = []
                for variant in variants {
                    guard let object = variant.object else { continue }
                    let planned = PlannedFile(path: object.path, digest: object.digest)
                    for loader in ["libbpf", "cilium"] {
                        let name = "\(variant.probe)/\(variant.variant) \(loader)"
                        cells.append(
                            Self.cell(name, planned, variant.programs, on: kernel, loader: loader, plan: variant.plan))
                    }
                }
                return try await Measurement(
                    KernelBatch(kernel: kernel.id, spec: bench.spec(kernel), cells: cells), backend: bench.backend(),
                    cellLimit: .seconds(90))
            }
            var compared = 0
            for (name, theirs) in measurement.cells where name.hasSuffix(" libbpf") {
                let other = name.replacing(" libbpf", with: " cilium")
                let ours = try #require(measurement.cells[other])
                guard !Self.isOfALibrary(ours) && !Self.isOfALibrary(theirs) else { continue }
                compared += 1
                #expect(ours.programs.map(Self.outcome) == theirs.programs.map(Self.outcome), "\(id) \(name)")
                let logs = try [name, other].map { try #require(measurement.evidence[$0]).programs.map(Self.words) }
                #expect(logs[0] == logs[1], "\(id) \(name)")
            }
            #expect(compared > 12)
            try expectTheSeed(measurement, on: id)
        }

        /// Whether something failed for a reason that only one library has.
        ///
        /// cilium/ebpf sends attach types that libbpf leaves out.
        private static func isOfALibrary(_ cell: CellResult) -> Bool {
            cell.programs.contains { program in
                program.cause?.category.hasPrefix("Loader (") == true || program.cause?.id == "attach-type-unknown"
            }
        }

        /// The verifier's log without what only one of the two asks for, and without addresses.
        private static func words(_ program: Evidence.Program) -> [String] {
            String(decoding: program.verifierLog, as: UTF8.self).split(separator: "\n").filter { line in
                !["processed ", "verification time ", "stack depth ", "subprog "].contains { line.hasPrefix($0) }
            }.map { line in
                String(line.replacing(/0xff[0-9a-f]{14}/, with: "ADDRESS").replacing(#/ +$/#, with: ""))
            }
        }

        private func expectTheSeed(_ measurement: Measurement, on id: String) throws {
            let fires = try #require(measurement.evidence["readline/fixed-buffer cilium"])
            #expect(String(decoding: fires.event, as: UTF8.self).contains("echo hello"))
            #expect(measurement.cells["readline/fixed-buffer cilium"]?.stage == .fire)
            let refused = try #require(measurement.cells["readline/percpu-buffer-unchecked cilium"]?.programs.first)
            #expect(Self.outcome(refused) == "fail load 13 size-negative")
            #expect(refused.cause?.line == "R5 min value is negative, either use unsigned or 'var &= const'")
            let ring = try #require(measurement.cells["process-exit/ring-buffer cilium"])
            #expect((ring.verdict == .pass && ring.stage == .fire) == (id == "debian-7.3"))
        }
    }
}
