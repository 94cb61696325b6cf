import GuestLink
import KernelStore
import Machine
import Manifests
import MatrixModel
import MatrixRunner
import ProbeObject
import SystemPackage
import TestSupport
import Testing

extension GuestTests {
    /// What the loader with Aya's crate makes of objects of both layouts, on kernels without and with BTF.
    @Suite(.serialized, .ownProcessorForLong, AyaObjectFiles()) struct AyaLoaderTests {
        @Test(arguments: ["ubuntu-4.15", "ubuntu-5.4", "debian-7.3"])
        func objectsGoAsFarAsAyaAndTheKernelLetThem(id: String) async throws {
            let kernel = try Repository.kernel(id)
            let cells = AyaCell.cells(of: id)
            let measurement = try await measure(cells, on: kernel)
            for cell in cells {
                let result = try #require(measurement.cells[cell.name])
                let evidence = try #require(measurement.evidence[cell.name])
                let words = evidence.programs.map { String(decoding: $0.loader.bytes, as: UTF8.self) }.joined()
                #expect(outcome(of: result) == cell.outcome(on: id), "\(cell.name) on \(id): \(words)")
                if result.verdict == .pass { result.expectTimesOfItsStages("\(cell.name) on \(id)") }
                if result.stage == .fire, result.verdict == .pass, let text = cell.plan?.event?.contains {
                    #expect(String(decoding: evidence.event, as: UTF8.self).contains(text), "\(cell.name) on \(id)")
                }
            }
            if id == "ubuntu-4.15" { try expectNoGlobalData(measurement) }
            try expectLog(measurement)
            try expectProgramsApart(measurement, on: id)
        }

        /// The error chain is kept complete, and the explanation names the underlying reason.
        private func expectNoGlobalData(_ measurement: Measurement) throws {
            for (name, program, symbol) in [
                ("global data", "on_exit", "`limit` #"), ("rust-global-data", "watch_readline", "` #"),
            ] {
                let result = try #require(measurement.cells[name]?.programs.first)
                let evidence = try #require(measurement.evidence[name]?.programs.first)
                let lines = String(decoding: evidence.loader.bytes, as: UTF8.self).split(separator: "\n").suffix(4)
                #expect(lines.prefix(2) == ["Error: error relocating function", "Caused by:"])
                #expect(lines.dropFirst(2).first == "    0: error relocating `\(program)`")
                let last = String(lines.last ?? "")
                #expect(last.hasPrefix("    1: section `") && last.contains("` not found, referenced by symbol `"))
                #expect(last.contains(symbol))
                #expect(result.name == program)
                #expect(result.explanation?.reason.contains("Kernels before 5.2 have no global data") == true)
                #expect(
                    result.explanation?.facts == [
                        "Global data needs Linux 5.2; this kernel is 4.15 and does not have it."
                    ])
            }
        }

        private func expectLog(_ measurement: Measurement) throws {
            let program = try #require(measurement.evidence["aya-log"]?.programs.first)
            let lines = String(decoding: program.loader.bytes, as: UTF8.self).split(separator: "\n")
            #expect(!lines.isEmpty && lines.allSatisfy { $0 == "[INFO probe] it fired 42" })
        }

        /// One that is refused does not keep the other from being loaded; each has its own log and numbers.
        private func expectProgramsApart(_ measurement: Measurement, on id: String) throws {
            let evidence = try #require(measurement.evidence["a program that is refused"])
            let reports = evidence.programs.map(\.report)
            #expect(reports.map(\.name) == ["on_event", "sound"])
            #expect(reports.map(\.errno) == [13, 0])
            #expect(reports.allSatisfy { $0.type == "kprobe" && $0.size.instructions == 2 && $0.logComplete })
            let log = String(decoding: evidence.programs[0].verifierLog, as: UTF8.self)
            #expect(log.contains("R5 !read_ok"))
            let words = String(decoding: evidence.programs[0].loader.bytes, as: UTF8.self)
            #expect(words.hasPrefix("Error: the BPF_PROG_LOAD syscall failed. Verifier output:"))
            #expect(words.contains("Caused by:\n    Permission denied (os error 13)") && !words.contains("read_ok"))
            #expect((reports[1].size.translatedBytes ?? 0) > 0 && (reports[1].loadMicroseconds ?? 0) > 0)
        }

        private func outcome(of result: CellResult) -> String {
            guard result.verdict != .notMeasured else { return "notMeasured \(result.reason ?? "")" }
            let program = result.programs.first { $0.verdict != .pass }
            let errno = program.map { "\($0.errno)" }
            return ["\(result.verdict)", result.stage?.rawValue, errno, program?.cause?.id].compactMap(\.self)
                .joined(separator: " ")
        }

        private func measure(_ cells: [AyaCell], on kernel: KernelImage) async throws -> Measurement {
            let files = try #require(AyaObjectFiles.files)
            let planned = try cells.map { cell in
                let object = try #require(files[cell.name])
                return PlannedCell(
                    key: CellKey(kernel: kernel.id.text, probe: "aya", variant: cell.name, loader: cell.loader),
                    object: PlannedFile(path: object.path, digest: object.digest),
                    programs: object.programs.map(\.name), plan: cell.plan, expectations: [])
            }
            return try await Bench.with(guest: Repository.guestTools) { bench in
                try await Measurement(
                    KernelBatch(kernel: kernel.id, spec: bench.spec(kernel), cells: planned), backend: bench.backend(),
                    cellLimit: .seconds(90))
            }
        }
    }
}

/// Compiles the cells' objects once for all kernels.
private struct AyaObjectFiles: SuiteTrait, TestScoping {
    @TaskLocal static var files: [String: ObjectFile]?

    func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @concurrent @Sendable () async throws -> Void
    ) async throws {
        try await withFolder { folder in
            let compiler = try await ProbeCompiler.find()
            let builder = try await ProbeBuilder(
                cache: SharedCache.compiled, compiler: compiler, rust: .find(assembler: compiler))
            let probe = try ProbeManifest.load(folder: Repository.probes.appending("readline"))
            var files: [String: ObjectFile] = [:]
            for (index, cell) in (AyaCell.layout + AyaCell.stages).enumerated() {
                switch cell.source {
                case .c(let source):
                    let object = folder.appending("\(index).bpf.o")
                    try await compileObject(source, to: object)
                    files[cell.name] = try ObjectFile(object)
                case .rust(let name):
                    files[cell.name] = try await builder.object(
                        from: probe.folder.appending("\(name).rs"), .v2, flags: [], variant: name, in: probe)
                }
            }
            try await Self.$files.withValue(files) { try await function() }
        }
    }
}
