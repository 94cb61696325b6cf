import Foundation
import MatrixModel
import Subprocess
import SystemPackage
import Testing

extension CommandTests {
    /// What the libbpf loader makes of objects that need more than a plain load, on an old kernel and on a new one.
    ///
    /// One run for all of them: a guest takes longer to boot than they take to load.
    @Suite(.serialized, .ownProcessor) struct LoaderTests {
        private static let sources: [String: String] = [
            "maps": LoaderObjects.maps, "rings": LoaderObjects.rings, "tail-calls": LoaderObjects.tailCalls,
            "replacements": LoaderObjects.replacements, "struct-ops": LoaderObjects.structOps,
            "no-version": LoaderObjects.noVersion, "wrong-version": LoaderObjects.wrongVersion,
            "missing": LoaderObjects.missing, "types": LoaderObjects.types, "long-log": LoaderObjects.longLog,
            "many-paths": LoaderObjects.manyPaths,
        ]

        /// Verdict, stage and errno by program, on 4.15 and on 7.3.
        private static let outcomes: [String: [String: (old: String, new: String)]] = [
            "maps": ["uses_all": ("pass load 0", "pass load 0")],
            "rings": ["writes": ("fail maps 22", "pass load 0")],
            "tail-calls": ["first": ("pass load 0", "pass load 0"), "entry": ("pass load 0", "pass load 0")],
            "replacements": [
                // Calls between functions came with 4.16.
                "other": ("pass load 0", "pass load 0"), "dispatcher": ("fail load 22", "pass load 0"),
                "better": ("fail load 22", "pass load 0"), "lost": ("fail load 22", "notMeasured load 22"),
            ],
            "struct-ops": [
                "ssthresh": ("fail open 3", "pass load 0"), "reads_beyond": ("fail open 3", "fail load 13"),
                "cong_avoid": ("fail open 3", "pass load 0"), "undo_cwnd": ("fail open 3", "pass load 0"),
            ],
            "no-version": ["any": ("pass load 0", "pass load 0")],
            "wrong-version": ["any": ("fail load 22", "pass load 0")],
            "missing": ["member": ("fail open 3", "fail load 22"), "function": ("fail open 3", "fail load 3")],
            "types": [
                "verdict": ("pass load 0", "pass load 0"), "message": ("fail load 22", "pass load 0"),
                "with_subprogram": ("fail load 22", "pass load 0"), "iterator": ("fail open 3", "pass load 0"),
                "hook": ("fail open 3", "pass load 0"), "sleeping_hook": ("fail open 3", "pass load 0"),
                "entry": ("fail open 3", "pass load 0"), "many": ("fail load 22", "pass load 0"),
                "filter": ("fail load 22", "pass load 0"), "left_out_by_default": ("pass load 0", "pass load 0"),
            ],
            "long-log": ["long_log": ("fail load 22", "fail load 13")],
        ]

        @Test func loadsAsAnApplicationWould() async throws {
            try await Installation.with { tool in
                var arguments = ["--trial-sizes", "--kernel", "ubuntu-4.15", "--kernel", "debian-7.3"]
                for (name, source) in Self.sources {
                    let object = tool.work.appending("\(name).bpf.o")
                    try await compileObject(source, defines: ["TURNS=12000"], to: object)
                    arguments += ["--object", object.string]
                }
                let document = try await tool.run(arguments) { _ in }.document
                let cells = Dictionary(grouping: document.cells, by: \.kernel)
                let old = Dictionary(uniqueKeysWithValues: try #require(cells["ubuntu-4.15"]).map { ($0.probe, $0) })
                let new = Dictionary(uniqueKeysWithValues: try #require(cells["debian-7.3"]).map { ($0.probe, $0) })
                for (probe, programs) in Self.outcomes {
                    expect(old[probe], programs.mapValues(\.old))
                    expect(new[probe], programs.mapValues(\.new))
                }
                #expect(new["replacements"]?.reason?.contains("'lost' replaces") == true)
                #expect(try program("wrong-version", of: old).cause?.id == "prog-version-unknown")
                expectNumbers(old: try program("maps", of: old), new: try program("maps", of: new))
                try await expectAbridgedLog(program("long-log", of: new), results: tool.results)
                try await expectCutLog(program("many-paths", of: old), results: tool.results)
                let object = tool.work.appending("long-log.bpf.o").string
                let whole = try await tool.run(["--kernel", "debian-7.3", "--object", object, "--full-logs"]) { _ in }
                try await expectWholeLog(#require(whole.document.cells.first?.programs.first), results: tool.results)
            }
        }

        private func program(_ probe: String, of cells: [String: CellResult]) throws -> ProgramResult {
            try #require(cells[probe]?.programs.first)
        }

        private func expect(_ cell: CellResult?, _ outcomes: [String: String]) {
            let seen = (cell?.programs ?? []).map { program in
                (program.name, "\(program.verdict) \(program.stage?.rawValue ?? "-") \(program.errno)")
            }
            let place = "\(cell?.kernel ?? "-") \(cell?.probe ?? "-"): \(cell?.reason ?? "")"
            #expect(Dictionary(uniqueKeysWithValues: seen) == outcomes, "\(place)")
        }

        private func expectNumbers(old: ProgramResult, new: ProgramResult) {
            for stats in [old.stats, new.stats] {
                #expect((stats?.instructions ?? 0) > 0)
                #expect((stats?.size.instructions ?? 0) > 20)
                #expect((stats?.size.translatedBytes ?? 0) % 8 == 0)
                #expect((stats?.size.jitedBytes ?? 0) > 100)
                #expect((stats?.loadMicroseconds ?? 0) > 0)
            }
            #expect(old.stats?.size.instructions == new.stats?.size.instructions)
            #expect(old.stats?.verificationMicroseconds == nil)
            #expect((new.stats?.verificationMicroseconds ?? 0) > 0)
            #expect(new.stats?.headroomPercent == 99.9)
        }

        /// 25 MB, more than any fixed buffer of an old kernel: the whole log, in one compressed file.
        private func expectWholeLog(_ program: ProgramResult, results: FilePath) async throws {
            #expect(program.logComplete && program.logCut == nil)
            #expect(program.cause?.id == "not-init")
            let log = try await unpacked(program, in: results)
            #expect(log.count > 20_000_000)
            #expect(log.starts(with: Array("0: R1=ctx() R10=fp0\n".utf8)))
            let last = String(decoding: log.suffix(200), as: UTF8.self).split(separator: "\n").last
            #expect(last?.hasPrefix("processed 312005 insns") == true)
        }

        /// The part of it that a guest sends by default.
        private func expectAbridgedLog(_ program: ProgramResult, results: FilePath) async throws {
            #expect(!program.logComplete && program.logCut == .abridged)
            #expect(program.cause?.id == "not-init")
            #expect(program.stats?.instructions == 312_005)
            let log = try await unpacked(program, in: results)
            #expect((1_000_000..<1_200_000).contains(log.count))
            #expect(log.starts(with: Array("0: R1=ctx() R10=fp0\n".utf8)))
            let last = String(decoding: log.suffix(200), as: UTF8.self).split(separator: "\n").last
            #expect(last?.hasPrefix("processed 312005 insns") == true)
        }

        /// 4.15 writes 16 MiB and no more, and then calls a program that it takes too much for the log: ENOSPC.
        private func expectCutLog(_ program: ProgramResult, results: FilePath) async throws {
            #expect((program.verdict, program.stage, program.errno) == (.pass, .load, 0))
            #expect(!program.logComplete && program.logCut == .limit)
            #expect(try await unpacked(program, in: results).count == (16 << 20) - 2)
        }

        private func unpacked(_ program: ProgramResult, in results: FilePath) async throws -> [UInt8] {
            let name = FilePath(try #require(program.log))
            if let short = FileManager.default.contents(atPath: results.pushing(name).string) { return Array(short) }
            let file = results.pushing(FilePath("\(name).gz"))
            let result = try await Subprocess.run(
                .name("gzip"), arguments: ["-dc", file.string], output: .bytes(limit: 64 << 20), error: .discarded)
            #expect(result.terminationStatus.isSuccess)
            return result.standardOutput
        }
    }
}
