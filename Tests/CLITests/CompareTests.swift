import CompatMatrixCLI
import Foundation
import MatrixModel
import MatrixSamples
import SystemPackage
import Testing

extension Sandbox {
    /// Writes a run as JSON.
    @discardableResult
    func write(_ document: MatrixDocument, to name: String) throws -> FilePath {
        try write([UInt8](JSONEncoder().encode(document)), to: name)
    }

    /// Stores a run as if it had been measured here.
    func store(_ documents: MatrixDocument...) async throws {
        for document in documents {
            try write(document, to: "\(document.run.id).json")
            let outcome = try await run("merge", "\(document.run.id).json", "--store")
            try #require(outcome.isSuccess, "\(outcome.stderr)")
        }
    }
}

@Suite(.timeLimit(.minutes(10))) struct CompareTests {
    static func run(_ number: Int, _ verdicts: [Verdict], probe: String = "readline") -> MatrixDocument {
        let kernels = ["ubuntu-5.4", "debian-6.1"]
        return .sample(
            "2026112\(number)T100000Z-1a2\(number)", at: "2026-11-2\(number)T10:00:00Z",
            kernels: kernels.map { .sample($0, release: "\($0)-generic") },
            cells: zip(kernels, verdicts).map { .sample($0, "a", $1, probe: probe) })
    }

    static let good = run(1, [.pass, .pass])
    static let bad = run(2, [.fail, .pass])
    static let better = run(3, [.pass, .pass])

    @Test(
        arguments: [
            ([], "✓"), (["previous", "latest"], "✓"), (["20261121", "20261122"], "✗"), (["20261122", "latest"], "✓"),
            (["20261121T100000Z-1a21.json", "20261122"], "✗"), (["20261122", "./20261121T100000Z-1a21.json"], "✓"),
            (["20261121", "20261123"], nil),
        ] as [([String], String?)])
    func runsAreNamedInManyWays(runs: [String], sign: String?) async throws {
        try await Sandbox.with { sandbox in
            try await sandbox.store(Self.good, Self.bad, Self.better)
            let outcome = try await sandbox.run(["diff"] + runs)
            #expect(outcome.status == (sign == "✗" ? .unexpectedVerdicts : .everyCellAsExpected))
            #expect(outcome.stderr == "")
            #expect(
                outcome.stdout.contains("2 cells compared: \(sign == "✗" ? "1 regr" : sign == "✓" ? "1 fix" : "no ch")")
            )
            if let sign { #expect(outcome.stdout.contains("\n  \(sign) readline/a (libbpf)  ubuntu-5.4  ")) }
        }
    }

    @Test(arguments: [("json", "\"regression\" : 1"), ("markdown", "### 2 cells compared: 1 regression\n")])
    func formatsOfADifference(format: String, words: String) async throws {
        try await Sandbox.with { sandbox in
            try await sandbox.store(Self.good, Self.bad)
            let outcome = try await sandbox.run("diff", "--format", format)
            #expect(outcome.status == .unexpectedVerdicts && outcome.stdout.contains(words), "\(outcome.stdout)")
        }
    }

    /// Growth and headroom are reported and do not fail the command.
    @Test func numbersFollowTheirOptions() async throws {
        func document(_ number: Int, _ instructions: Int) -> MatrixDocument {
            var document = Self.run(number, [.pass, .pass])
            document.cells[0].programs = [.sample("watch", .pass, instructions: instructions)]
            return document
        }
        try await Sandbox.with { sandbox in
            try await sandbox.store(document(1, 700_000), document(2, 850_000))
            let strict = try await sandbox.run("diff", "--headroom", "16")
            #expect(strict.isSuccess)
            #expect(strict.stdout.contains("watch: 700000 → 850000 instructions (+21.4 %)"))
            #expect(strict.stdout.contains("+ readline/a (libbpf)  ubuntu-5.4  watch: 15 % of 1000000"))
            let lax = try await sandbox.run("diff", "--growth", "25")
            #expect(lax.isSuccess && !lax.stdout.contains("instructions"))
        }
    }

    @Test(
        arguments: [
            (["diff", "19"], .usage, ["'19'", "compat-matrix runs"]),
            (["diff", "2026"], .usage, ["'2026'", "20261121T100000Z-1a21", "20261122T100000Z-1a22"]),
            (["diff", "none.json"], .invalidInput, ["none.json", "No such file"]),
            (["diff", "./kernels"], .invalidInput, ["./kernels", "directory"]),
            (["diff", "broken.json"], .invalidInput, ["broken.json", "not a compat-matrix document"]),
            (["diff", "list.json"], .invalidInput, ["list.json", "not a compat-matrix document"]),
            (["diff", "other.json"], .invalidInput, ["other.json", "'compat-matrix/9'", "compat-matrix/1"]),
            (["diff", "bytes.json"], .invalidInput, ["bytes.json"]),
            (["plan", "broken.json"], .invalidInput, ["broken.json"]), (["plan", "19"], .usage, ["'19'"]),
            (["plan", "--probe", "nothing*"], .usage, ["--probe", "'nothing*'", "readline"]),
            (["plan", "--loader", "aya"], .usage, ["--loader", "'aya'", "libbpf"]),
            (["plan", "empty.json"], .usage, ["no cells"]),
            (["history", "nothing"], .usage, ["'nothing'", "readline"]),
            (["history", "readline", "--kernel", "el*"], .usage, ["--kernel", "'el*'", "ubuntu-5.4"]),
            (["history", "readline", "--variant", "b"], .usage, ["--variant", "'b'", "a"]),
            (["history", "readline", "--loader", "aya"], .usage, ["--loader", "libbpf"]),
            (["merge", "none.json"], .invalidInput, ["none.json"]),
            (["merge", "broken.json"], .invalidInput, ["broken.json"]),
            (["merge", "20261121T100000Z-1a21.json", "--store"], .usage, ["20261121T100000Z-1a21", "already stored"]),
        ] as [([String], CompatMatrixCLI.ExitStatus, [String])])
    func whatThereIsNot(arguments: [String], status: CompatMatrixCLI.ExitStatus, words: [String]) async throws {
        try await Sandbox.with { sandbox in
            try await sandbox.store(Self.good, Self.bad)
            try sandbox.write("{\"schema\":", to: "broken.json")
            try sandbox.write("[]", to: "list.json")
            try sandbox.write("{\"schema\":\"compat-matrix/9\"}", to: "other.json")
            try sandbox.write([0xff, 0xfe], to: "bytes.json")
            try sandbox.write(.sample(kernels: [], cells: []), to: "empty.json")
            let outcome = try await sandbox.run(arguments)
            outcome.expectRefusal(status, saying: words)
        }
    }

    @Test func thereIsNoPreviousRun() async throws {
        try await Sandbox.with { sandbox in
            try await sandbox.store(Self.good)
            (try await sandbox.run("diff")).expectRefusal(.usage, saying: ["no previous run", "only 1"])
        }
    }

    @Test func aProbeOverTime() async throws {
        try await Sandbox.with { sandbox in
            try await sandbox.store(Self.good, Self.run(4, [.pass, .pass], probe: "other"), Self.bad, Self.better)
            let all = try await sandbox.run("history", "readline")
            #expect(all.isSuccess && all.stderr == "")
            let runs = all.stdout.split(separator: "\n").filter { $0.hasPrefix("  2026") }.map {
                $0.split(separator: " ")
            }
            #expect(runs.prefix(3).map { $0[0].prefix(8) } == ["20261121", "20261122", "20261123"])
            #expect(
                runs.prefix(3).map { $0.dropFirst().joined(separator: " ") } == [
                    "✓ pass ✓ pass", "✗ fail ▼ ✓ pass", "✓ pass ▲ ✓ pass",
                ])
            #expect(all.stdout.contains("20261122T100000Z-1a22  a (libbpf)  ubuntu-5.4  pass → fail at load: EINVAL\n"))
            let newest = try await sandbox.run("history", "readline", "--limit", "1", "--kernel", "debian-*")
            #expect(newest.stdout.contains("20261123") && !newest.stdout.contains("20261122"))
            #expect(!newest.stdout.contains("ubuntu"))
            let json = try await sandbox.run("history", "readline", "--format", "json")
            struct History: Decodable { var series: [Series] }
            struct Series: Decodable { var points: [Point] }
            struct Point: Decodable { var changes: [String] }
            let history = try JSONDecoder().decode(History.self, from: Data(json.stdout.utf8))
            #expect(history.series.map { $0.points.map(\.changes) } == [[[], ["regression"], ["fix"]], [[], [], []]])
        }
    }

    @Test(arguments: ["text", "json", "markdown"]) func whatToShip(format: String) async throws {
        try await Sandbox.with { sandbox in
            try await sandbox.store(Self.bad)
            try sandbox.write(Self.good, to: "good.json")
            for (arguments, words) in [([], ["debian-6.1", "ubuntu-5.4"]), (["good.json"], ["ubuntu-5.4"])] {
                let outcome = try await sandbox.run(["plan", "--probe", "read*", "--format", format] + arguments)
                #expect(outcome.isSuccess && outcome.stderr == "")
                for word in words { #expect(outcome.stdout.contains(word)) }
                if format == "text" { #expect(outcome.stdout.contains("from \(words[0]) on")) }
            }
        }
    }

    @Test func runsSayHowManyCellsBecameWorse() async throws {
        try await Sandbox.with { sandbox in
            try await sandbox.store(Self.good, Self.bad, Self.better)
            let table = try await sandbox.run("runs", "--limit", "2").stdout.split(separator: "\n")
            #expect(table.map { $0.split(separator: " ") }.map { $0.suffix(2).first } == ["WORSE", "0", "1"])
            struct Listing: Decodable { var worse: Int }
            for arguments in [["--json"], ["--format", "json"]] {
                let json = try await sandbox.run(["runs"] + arguments)
                let runs = try JSONDecoder().decode([Listing].self, from: Data(json.stdout.utf8))
                #expect(runs.map(\.worse) == [0, 1, 0])
            }
        }
    }
}

@Suite(.timeLimit(.minutes(10))) struct MergeTests {
    private static func shard(_ index: Int) -> MatrixDocument {
        var document = CompareTests.run(index + 1, [.pass, .fail])
        document.cells = [document.cells[index]]
        let log = String(repeating: "\(index)", count: 64)
        document.cells[0].programs[0].log = "logs/\(log).txt"
        return document
    }

    /// What is joined is read by the others, from a file and from the store.
    @Test func shardsBecomeARun() async throws {
        try await Sandbox.with { sandbox in
            try sandbox.write(Self.shard(0), to: "1.json")
            try sandbox.write(Self.shard(1), to: "2.json")
            let printed = try await sandbox.run("merge", "2.json", "1.json")
            #expect(printed.isSuccess && printed.stderr == "")
            let document = try JSONDecoder().decode(MatrixDocument.self, from: Data(printed.stdout.utf8))
            #expect(document.cells.map(\.kernel) == ["ubuntu-5.4", "debian-6.1"])
            #expect(document.cells.map(\.verdict) == [.pass, .fail])
            let written = try await sandbox.run("merge", "1.json", "2.json", "-o", "new/joined.json")
            #expect(written.isSuccess && written.stdout == "")
            #expect(try String(decoding: sandbox.contents(of: "new/joined.json"), as: UTF8.self) == printed.stdout)
            #expect(try sandbox.files().keys.allSatisfy { !$0.hasPrefix("results/") })

            let log = "results/logs/\(String(repeating: "0", count: 64)).txt"
            try sandbox.write("a log", to: log)
            let stored = try await sandbox.run("merge", "1.json", "2.json", "--store")
            #expect(stored.isSuccess && stored.stdout == "\(document.run.id)\n")
            #expect(stored.stderr.hasPrefix("1 of 2 logs are not in "), "\(stored.stderr)")
            #expect(try await sandbox.run("report", "--format", "json").stdout == printed.stdout)
            let difference = try await sandbox.run("diff", "latest", "new/joined.json")
            #expect(difference.isSuccess && difference.stdout.contains("2 cells compared: no change"))
        }
    }

    /// A run from another machine must not be able to write outside the results.
    @Test(arguments: ["id", "start"]) func aHostileRunCannotLeaveTheResults(what: String) async throws {
        try await Sandbox.with { sandbox in
            let up = "../../../out"
            var (one, other) = (Self.shard(0), Self.shard(1))
            if what == "id" { one.run.id = up } else { (one.run.startedAt, other.run.startedAt) = (up, up) }
            try sandbox.write(one, to: "1.json")
            try sandbox.write(other, to: "2.json")
            let merged = try await sandbox.run("merge", "1.json", "2.json", "--store")
            if what == "id" {
                merged.expectRefusal(.invalidInput, saying: ["1.json", "run.id: '\(up)'"])
            } else {
                #expect(merged.isSuccess && merged.stdout.hasPrefix("out-"), "\(merged.stdout) \(merged.stderr)")
                #expect(try await sandbox.run("report").isSuccess)
            }
            #expect(try sandbox.files().keys.allSatisfy { !$0.hasPrefix("out") })
            #expect(access(sandbox.root.removingLastComponent().appending("out").string, F_OK) != 0)
        }
    }

    @Test func cellsThatContradictEachOther() async throws {
        try await Sandbox.with { sandbox in
            try sandbox.write(CompareTests.good, to: "good.json")
            try sandbox.write(CompareTests.bad, to: "bad.json")
            let outcome = try await sandbox.run("merge", "good.json", "bad.json", "-o", "joined.json")
            outcome.expectRefusal(
                .invalidInput, saying: ["ubuntu-5.4 readline/a (libbpf)", "pass in good.json", "fail in bad.json"])
            #expect(try sandbox.files()["joined.json"] == nil)
        }
    }
}
