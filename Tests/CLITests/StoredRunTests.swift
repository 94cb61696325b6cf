import CompatMatrixCLI
import Foundation
import MatrixModel
import SystemPackage
import Testing

extension Sandbox {
    /// Stores a run of one cell that was not measured, and returns its id.
    @discardableResult
    func addStoredRun() async throws -> String {
        if try files()["tiny.bpf.o"] == nil { try await addCell() }
        let outcome = try await run(
            "run", "--object", "tiny.bpf.o", "--allow-missing", "--format", "json", path: bin)
        try #require(outcome.isSuccess, "\(outcome.stderr)")
        return try JSONDecoder().decode(MatrixDocument.self, from: Data(outcome.stdout.utf8)).run.id
    }
}

@Suite(.timeLimit(.minutes(10))) struct StoredRunTests {
    private struct Listing: Decodable {
        var id: String
        var startedAt: String
        var durationSeconds: Double?
        var finished: Bool
        var cells: [String: Int]
        var unexpected: Int
    }

    @Test func runsAreListedNewestFirst() async throws {
        try await Sandbox.with { sandbox in
            let ids = [try await sandbox.addStoredRun(), try await sandbox.addStoredRun()]
            let json = try await sandbox.run("runs", "--json")
            let listings = try JSONDecoder().decode([Listing].self, from: Data(json.stdout.utf8))
            #expect(listings.map(\.id) == ids.reversed())
            let newest = try #require(listings.first)
            #expect(newest.finished && newest.unexpected == 0 && newest.durationSeconds.map { $0 > 0 } == true)
            #expect(newest.cells == ["pass": 0, "fail": 0, "crash": 0, "timeout": 0, "notMeasured": 1])
            let table = try await sandbox.run("runs").stdout.split(separator: "\n").map { $0.split(separator: " ") }
            #expect(table[0] == ["RUN", "STARTED", "DURATION", "NOTMEASURED", "UNEXPECTED", "WORSE", "STATE"])
            #expect(table.dropFirst().map { $0.first.map(String.init) } == ids.reversed())
            #expect(table.dropFirst().allSatisfy { $0.last == "finished" })
        }
    }

    @Test func runIsFoundByPrefix() async throws {
        try await Sandbox.with { sandbox in
            let first = try await sandbox.addStoredRun()
            let second = try await sandbox.addStoredRun()
            for (arguments, id) in [([], second), ([first], first), ([String(second.dropLast())], second)] {
                let outcome = try await sandbox.run(["report", "--format", "json"] + arguments)
                let document = try JSONDecoder().decode(MatrixDocument.self, from: Data(outcome.stdout.utf8))
                #expect(outcome.isSuccess && document.run.id == id)
            }
            (try await sandbox.run("report", "19")).expectRefusal(.usage, saying: ["'19'", "compat-matrix runs"])
            (try await sandbox.run("report", "2")).expectRefusal(
                .usage, saying: [first, second, "use a longer prefix"])
        }
    }

    /// `run` shows what it assembled, `report` what was stored.
    @Test func aReportShowsWhatTheRunShowed() async throws {
        try await Sandbox.with { sandbox in
            try await sandbox.addCell()
            for arguments in [[], ["--no-cache"]] {
                let run = try await sandbox.run(["run", "--object", "tiny.bpf.o", "--format", "json"] + arguments)
                let report = try await sandbox.run("report", "--format", "json")
                #expect(run.status == .notMeasured && report.isSuccess && run.stdout == report.stdout)
            }
        }
    }

    @Test func withoutAFormatThePageIsWrittenAnew() async throws {
        try await Sandbox.with { sandbox in
            let id = try await sandbox.addStoredRun()
            let page = sandbox.root.appending("results/\(id)/report.html")
            try FileManager.default.removeItem(atPath: page.string)
            let outcome = try await sandbox.run("report")
            #expect(outcome.isSuccess && outcome.stderr == "")
            #expect(outcome.stdout == "\(page)\n")
            let html = try sandbox.contents(of: "results/\(id)/report.html")
            let shown = try await sandbox.run("report", "--format", "html")
            #expect(shown.stdout == String(decoding: html, as: UTF8.self) + "\n")
            #expect(try sandbox.leftovers() == [])
        }
    }

    @Test(arguments: ["html", "json", "markdown", "junit", "sarif", "csv", "table"])
    func fileContainsWhatStdoutWouldShow(
        format: String
    ) async throws {
        try await Sandbox.with { sandbox in
            let id = try await sandbox.addStoredRun()
            let shown = try await sandbox.run("report", "--format", format)
            let written = try await sandbox.run("report", "--format", format, "--output", "new/folder/file")
            #expect(shown.isSuccess && shown.stdout.contains(["table": "tiny", "sarif": "debian-6.1"][format] ?? id))
            #expect(written.isSuccess && written.stdout == "" && written.stderr == "")
            #expect(try String(decoding: sandbox.contents(of: "new/folder/file"), as: UTF8.self) == shown.stdout)
        }
    }

    @Test func aRunShowsWhatReportShowsLater() async throws {
        try await Sandbox.with { sandbox in
            try await sandbox.addCell()
            for format in ["json", "html", "markdown", "junit", "sarif", "csv"] {
                let run = try await sandbox.run(
                    "run", "--object", "tiny.bpf.o", "--allow-missing", "--format", format, path: sandbox.bin)
                let report = try await sandbox.run("report", "--format", format)
                #expect(run.stdout == report.stdout)
            }
        }
    }

    /// Everything that can be recreated is removed; results stay.
    @Test(arguments: [false, true]) func cleaning(all: Bool) async throws {
        try await Sandbox.with { sandbox in
            let id = try await sandbox.addStoredRun()
            try sandbox.write(
                [UInt8](repeating: 1, count: 3 << 20), to: "images/cache/snapshots/debian-6.1-192m-0.snapshot")
            try sandbox.write("not ours", to: "images/cache/notes.txt")
            let before = try sandbox.files()
            let outcome = try await sandbox.run(["clean"] + (all ? ["--all"] : []))
            #expect(outcome.isSuccess && outcome.stderr == "")
            let freed = try #require(outcome.stdout.firstMatch(of: /freed ([0-9.]+) MiB in (.*)\n/))
            #expect(outcome.stdout.contains("  snapshots: 3.0 MiB\n"))
            #expect(try #require(Double(freed.1)) >= 3 && freed.2 == sandbox.root.appending("images/cache").string)
            let left = try sandbox.files()
            let kernel = before.keys.filter { $0.hasPrefix("images/cache/kernels/") }
            #expect(!kernel.isEmpty)
            #expect(
                Set(left.keys.filter { $0.hasPrefix("images/cache/") })
                    == Set(["images/cache/notes.txt"] + (all ? [] : kernel)))
            #expect(
                left.filter { !$0.key.hasPrefix("images/cache/") }
                    == before.filter { !$0.key.hasPrefix("images/cache/") })
            // All of it is made again, the kernel from the file that it was added from.
            let next = try await sandbox.addStoredRun()
            #expect(next != id)
        }
    }
}
