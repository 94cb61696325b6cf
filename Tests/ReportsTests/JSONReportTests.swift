import Foundation
import MatrixModel
import Reports
import SystemPackage
import TestSupport
import Testing

@Suite struct JSONReportTests {
    private static let schema = SourceTree.root.pushing("docs/matrix.schema.json").string

    private static var runWithExceptions: MatrixDocument {
        var document = SampleRun().document
        document.exceptions = [
            ExceptionRow(
                probe: "events", file: "events/probe.yaml", line: 9, variants: "ringbuf", kernels: "<5.8",
                verdict: .fail,
                stage: .maps, cause: "map-type", reason: "Ring buffers exist since 5.8.", expires: "2026-12-31",
                state: .used, cells: 1),
            ExceptionRow(
                probe: "events", file: "events/probe.yaml", line: 12, variants: "*", kernels: "*", verdict: nil,
                reason: nil, expires: nil, state: .unneeded, cells: 0),
        ]
        document.cells[1].expectedReason = "Ring buffers exist since 5.8."
        return document
    }

    @Test func comesBackAsItWent() throws {
        let document = SampleRun().document
        #expect(try JSONReport.decode(JSONReport.render(document)) == document)
    }

    /// Documents written by hand or by older versions contain only the keys of the contract.
    @Test func readsADocumentThatLacksWhatCameLater() throws {
        let text = """
            {"schema": "compat-matrix/1", "run": {"id": "r", "startedAt": "2026-11-22T10:00:00Z", "durationSeconds": 4.2,
              "tool": "0.1.0", "host": {"qemu": "10.0.2", "accelerator": "tcg", "cpus": 2}}, "kernels": [],
             "cells": [{"kernel": "debian-6.12", "probe": "readline", "variant": "v", "loader": "libbpf", "verdict": "pass",
               "stage": "fire", "expected": "pass", "asExpected": true, "cached": false, "programs": []}]}
            """
        let document = try JSONReport.decode(text)
        #expect(document.exceptions.isEmpty && document.loaders.isEmpty)
        let cell = try #require(document.cells.first)
        #expect(cell.expectedReason == nil && cell.event == nil && cell.verdict == .pass)
        #expect(cell.seconds == CellSeconds())
    }

    @Test func sortsKeysAndWritesNulls() throws {
        let run = RunInfo(
            id: "r", startedAt: "2026-11-22T10:00:00Z", durationSeconds: 4.2, tool: "0.1.0",
            host: HostInfo(qemu: nil, accelerator: nil, cpus: 2))
        let program = ProgramResult(
            name: "p", type: "xdp", verdict: .fail, stage: .load, errno: 22, cause: nil, log: "logs/a.txt",
            logComplete: true, stats: ProgramStatistics(instructions: 7))
        let cell = CellResult(
            key: CellKey(kernel: "k-1.0", probe: "p", variant: "v", loader: "l"), verdict: .fail, stage: .load,
            expected: .pass, asExpected: false, cached: false, reason: nil, console: nil, programs: [program])
        let expected = """
            {"cells":[{"asExpected":false,"cached":false,"console":null,"event":null,"expected":"pass","expectedReason":null,\
            "kernel":"k-1.0",\
            "loader":"l","probe":"p","programs":[{"cause":null,"errno":22,"explanation":null,"log":"logs/a.txt","logComplete":true,\
            "logCut":null,"name":"p","seconds":{"attach":null,"fire":null,"load":null},\
            "stage":"load","stats":{"headroomPercent":null,"instructions":7,"jitedBytes":null,"limit":null,\
            "loadMicroseconds":null,"peakStates":null,"programInstructions":null,"stackDepth":null,"totalStates":null,\
            "translatedBytes":null,"verificationMicroseconds":null},"type":"xdp","verdict":"fail"}],"reason":null,\
            "seconds":{"attach":null,"fire":null,"load":null,"queue":null,"total":null},\
            "stage":"load","variant":"v","verdict":"fail"}],"exceptions":[],"kernels":[],"loaders":[],\
            "run":{"durationSeconds":4.2,"host":{"accelerator":null,"cpus":2,"qemu":null},"id":"r",\
            "startedAt":"2026-11-22T10:00:00Z","tool":"0.1.0"},"schema":"compat-matrix/1"}
            """
        #expect(try JSONReport.render(MatrixDocument(run: run, kernels: [], cells: [cell])) == expected)
    }

    @Test(arguments: [
        ("[]", "not a compat-matrix document: "),
        ("{", "not a compat-matrix document: "),
        (#"{"schema": "compat-matrix/2"}"#, "the document's schema is 'compat-matrix/2'"),
        (#"{"schema": "compat-matrix/1"}"#, "the key 'run' is missing"),
        (#"{"schema": "compat-matrix/1", "run": {"id": 1}}"#, "run.id: "),
    ])
    func saysWhatIsWrong(text: String, words: String) {
        let error = #expect(throws: ReportError.self) { try JSONReport.decode(text) }
        #expect(error?.description.contains(words) == true, "\(error?.description ?? "no error")")
    }

    /// An id names a folder.
    @Test(arguments: ["../../../x", "/etc/x", "a/b", ".", "..", "", "a b", "é", String(repeating: "a", count: 65)])
    func anIDWithAPathIsRejected(id: String) throws {
        var document = SampleRun().document
        document.run.id = id
        let error = #expect(throws: ReportError.self) { try JSONReport.decode(JSONReport.render(document)) }
        #expect(error?.description.contains("run.id: '\(id)' is not an id") == true)
    }

    @Test func schemaDescribesARun() async throws {
        let text = try JSONReport.render(Self.runWithExceptions)
        let answers = try await Script.answer(of: "validate.py", [Self.schema], input: "[\(text)]", as: [[String]].self)
        #expect(answers == [[]])
    }

    /// Each edit of a valid run breaks one promise of the contract.
    @Test func schemaRejectsOtherDocuments() async throws {
        let text = try JSONReport.render(Self.runWithExceptions)
        let edits: [(from: String, to: String, place: String)] = [
            (#""verdict":"crash""#, #""verdict":"panic""#, "verdict"),
            (#""stage":"maps""#, #""stage":"map""#, "stage"),
            (#""status":"notMeasured""#, #""status":"skipped""#, "status"),
            (#""start":"cold""#, #""start":"frozen""#, "start"),
            (#""accelerator":"tcg","#, "", "host"),
            (#""cached":true"#, #""cached":1"#, "cached"),
            (#""logCut":null"#, #""logCut":"short""#, "logCut"),
            (#""errno":13"#, #""errno":-13"#, "errno"),
            (#""console":null,"#, "", "cells"),
            (#""tool":"0.1.0""#, #""tool":"0.1.0","extra":1"#, "run"),
            (#""schema":"compat-matrix/1""#, #""schema":"compat-matrix/2""#, "schema"),
            (#""state":"unneeded""#, #""state":"odd""#, "state"),
            (#""expires":"2026-12-31""#, #""expires":"soon""#, "expires"),
            (#""expectedReason":null,"#, "", "cells"),
            (#""log":"logs/"#, #""log":"../"#, "log"),
            (#""queue":1.25"#, #""queue":-1"#, "queue"),
            (#""fire":0.042,"#, "", "seconds"),
            (#""startedAt":"2026-11-22T10:00:00Z""#, #""startedAt":"yesterday""#, "startedAt"),
        ]
        let broken = try edits.map { edit in
            let range = try #require(text.range(of: edit.from), "\(edit.from)")
            return text.replacingCharacters(in: range, with: edit.to)
        }
        let input = "[\(broken.joined(separator: ","))]"
        let answers = try await Script.answer(of: "validate.py", [Self.schema], input: input, as: [[String]].self)
        try #require(answers.count == edits.count)
        for (edit, errors) in zip(edits, answers) {
            #expect(!errors.isEmpty, "\(edit.to) should not be valid")
            #expect(errors.contains { $0.contains(edit.place) }, "\(edit.to): \(errors)")
        }
    }
}
