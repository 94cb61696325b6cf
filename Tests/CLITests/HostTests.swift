import CompatMatrixCLI
import Foundation
import MatrixModel
import Subprocess
import SystemPackage
import TestSupport
import Testing

/// A host that cannot measure: a reason in every cell, and never a verdict about a probe.
@Suite(.timeLimit(.minutes(10))) struct HostTests {
    enum BrokenQEMU: CaseIterable {
        case missing, diesAtOnce, tooOld, saysNothing

        func put(into sandbox: Sandbox) throws {
            switch self {
            case .missing: break
            case .diesAtOnce: try sandbox.addQEMU(version: "10.0.0", script: "echo 'no room for RAM' >&2; exit 1")
            case .tooOld: try sandbox.addQEMU(version: "7.2.0", script: "exit 1")
            case .saysNothing: try sandbox.addQEMU(version: "", script: "exit 1")
            }
        }

        /// Text that the reason contains.
        var words: [String] {
            switch self {
            case .missing: ["qemu-system-x86_64 is not on PATH", "make setup"]
            case .diesAtOnce: ["QEMU exited before the guest was ready", "no room for RAM"]
            case .tooOld: ["QEMU 7.2.0 corrupts guests under TCG", "8.2 or newer", "make setup"]
            case .saysNothing: ["cannot use", "qemu-system-x86_64", "'--version' printed no version"]
            }
        }
    }

    @Test(arguments: BrokenQEMU.allCases) func everyCellHasAReason(broken: BrokenQEMU) async throws {
        try await Sandbox.with { sandbox in
            try await sandbox.addCell()
            try broken.put(into: sandbox)
            let run = ["run", "--object", "tiny.bpf.o", "--accel", "tcg", "--format", "json"]
            let outcome = try await sandbox.run(run, path: sandbox.bin)
            #expect(outcome.status == .notMeasured)
            #expect(outcome.stderr.hasPrefix("debian-6.1: 1 cell not measured: "))
            #expect(outcome.stderr.split(separator: "\n").count == 1)
            for word in broken.words { #expect(outcome.stderr.contains(word)) }
            let document = try JSONDecoder().decode(MatrixDocument.self, from: Data(outcome.stdout.utf8))
            let kernel = try #require(document.kernels.first)
            let cell = try #require(document.cells.first)
            #expect(document.cells.count == 1 && cell.verdict == .notMeasured && cell.programs.isEmpty)
            #expect(kernel.status == .notMeasured && kernel.release == nil)
            for word in broken.words {
                #expect(cell.reason?.contains(word) == true, "\(cell.reason ?? "no reason")")
                #expect(kernel.reason == cell.reason)
            }
            try await Schema.expectValid(outcome.stdout)
            #expect(try sandbox.leftovers() == [])
        }
    }

    @Test(arguments: BrokenQEMU.allCases) func reasonIsPrintedToTheTerminal(broken: BrokenQEMU) async throws {
        try await Sandbox.with { sandbox in
            try await sandbox.addCell()
            try broken.put(into: sandbox)
            let outcome = try await sandbox.run(
                "run", "--object", "tiny.bpf.o", "--accel", "tcg", "--allow-missing", path: sandbox.bin)
            #expect(outcome.isSuccess)
            for word in broken.words { #expect(outcome.stdout.contains(word), "\(outcome.stdout)") }
            let report = try #require(outcome.stdout.split(separator: "\n").last { $0.hasPrefix("report: ") })
            let page = try String(contentsOfFile: String(report.dropFirst("report: ".count)), encoding: .utf8)
            #expect(page.hasPrefix("<!doctype html>") || page.hasPrefix("<!DOCTYPE html>"))
        }
    }

    /// A kernel whose file is gone costs its own column, and its reason names the file.
    @Test func kernelThatCannotBeHad() async throws {
        try await Sandbox.with { sandbox in
            try await sandbox.addCell()
            let gone = sandbox.root.appending("gone.deb")
            try sandbox.write("source:\n  file: \(gone)\n", to: "kernels/local-5.0.yaml")
            let outcome = try await sandbox.run(
                "run", "--object", "tiny.bpf.o", "--format", "json", path: sandbox.bin)
            #expect(outcome.status == .notMeasured)
            let document = try JSONDecoder().decode(MatrixDocument.self, from: Data(outcome.stdout.utf8))
            let reasons = Dictionary(uniqueKeysWithValues: document.kernels.map { ($0.id, $0.reason ?? "") })
            #expect(reasons["local-5.0"]?.contains("\(gone)") == true, "\(reasons)")
            #expect(reasons[Sandbox.kernel]?.contains("qemu") == true, "\(reasons)")
        }
    }

    @Test func guestToolsThatWereNotBuilt() async throws {
        try await Sandbox.with { sandbox in
            try await sandbox.addCell()
            try FileManager.default.removeItem(atPath: sandbox.root.appending("images/guest/build/agent").string)
            let before = try sandbox.files()
            let outcome = try await sandbox.run("run", "--object", "tiny.bpf.o")
            outcome.expectRefusal(.notMeasured, saying: ["images/guest/build", "make guest"])
            #expect(try sandbox.files() == before)
        }
    }

    @Test func resultsFolderBelowAFile() async throws {
        try await Sandbox.with { sandbox in
            try await sandbox.addCell()
            let outcome = try await sandbox.run(
                "run", "--object", "tiny.bpf.o", "--results", "vmlinuz/results", path: sandbox.bin)
            outcome.expectRefusal(.notMeasured, saying: ["cannot write to \(sandbox.root.appending("vmlinuz"))"])
        }
    }
}

/// `docs/matrix.schema.json`.
enum Schema {
    static func expectValid(_ document: String, sourceLocation: SourceLocation = #_sourceLocation) async throws {
        let schema = SourceTree.root.pushing("docs/matrix.schema.json")
        let script = """
            import json, jsonschema, sys
            with open(sys.argv[1]) as file: schema = json.load(file)
            for error in jsonschema.Draft202012Validator(schema).iter_errors(json.load(sys.stdin)):
                print(error.json_path, error.message[:200])
            """
        let result = try await Subprocess.run(
            .path("/usr/bin/python3"), arguments: ["-c", script, schema.string], input: .string(document),
            output: .string(limit: 1 << 20), error: .string(limit: 1 << 20))
        #expect(
            result.terminationStatus.isSuccess && result.standardOutput == "",
            "\(result.standardOutput)\(result.standardError)", sourceLocation: sourceLocation)
    }
}
