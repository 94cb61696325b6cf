import Foundation
import MatrixModel
import SystemPackage
import Testing

@testable import Reports

/// JUnit XML, validated against the schema of Jenkins' xUnit plugin and read by junitparser.
@Suite struct JUnitReportTests {
    private struct Answer: Decodable {
        struct Suite: Decodable {
            struct Case: Decodable {
                var probe: String
                var name: String
                var result: String
                var type: String?
                var message: String?
                var text: String?
                var output: String?
            }
            var name: String
            /// Tests, failures, errors, skipped.
            var counts: [Int]
            var properties: [String: String]
            var cases: [Case]
        }
        var errors: [String]
        var suites: [Suite]
    }

    /// The plugin's older and newer schema, from the package that `scripts/setup` fetches.
    private static func schemas() throws -> [String] {
        let files = try #require(FileManager.default.enumerator(atPath: Script.folder.string))
        let schemas = files.compactMap { $0 as? String }.filter { $0.hasSuffix("junit-10.xsd") }
        try #require(!schemas.isEmpty, "scripts/setup test")
        return schemas.map { Script.folder.appending($0).string }
    }

    private func answer(_ document: MatrixDocument, log: @escaping (String) -> LogEnds?) async throws -> Answer {
        try await Script.answer(
            of: "junit.py", Self.schemas(), input: JUnitReport.render(document, log: log), with: Script.ours,
            as: Answer.self)
    }

    @Test func aRunIsASuiteForEachKernel() async throws {
        let sample = SampleRun()
        let answer = try await answer(sample.document) { sample.logs[$0].map(LogEnds.init) }
        #expect(answer.errors == [])
        #expect(answer.suites.map(\.name) == sample.document.kernels.map(\.id))
        for (suite, kernel) in zip(answer.suites, sample.document.kernels) {
            let cells = sample.document.cells.filter { $0.kernel == kernel.id }
            #expect(suite.cases.count == cells.count)
            #expect(
                suite.counts == [
                    cells.count, cells.count(where: \.isUnexpected), 0, cells.count { $0.verdict == .notMeasured },
                ])
            #expect(suite.properties["release"] == kernel.release)
            for (testCase, cell) in zip(suite.cases, cells) {
                #expect(testCase.probe == cell.probe && testCase.name == "\(cell.variant)/\(cell.loader)")
                let result = cell.verdict == .notMeasured ? "Skipped" : cell.isUnexpected ? "Failure" : "Passed"
                #expect(testCase.result == result, "\(cell.key)")
            }
        }
    }

    @Test func failureHasCauseAdviceAndLogEnd() async throws {
        var sample = SampleRun()
        for index in sample.document.cells.indices { sample.document.cells[index].asExpected = false }
        let logs = sample.logs
        let answer = try await answer(sample.document) { logs[$0].map(LogEnds.init) }
        let cases = try #require(answer.suites.first { $0.name == "ubuntu-5.4" }).cases
        let failed = try #require(cases.first { $0.name == "percpu-buffer-unchecked/libbpf" })
        #expect(failed.type == "size-negative")
        #expect(failed.message?.contains("size-negative: R5 min value is negative") == true)
        let text = try #require(failed.text)
        for words in [
            "program on_readline (kprobe): fail at load EACCES", "at probes/readline/readline.bpf.c:9",
            "→ Mask it right before it is used.", "64: (85) call bpf_perf_event_output#25",
        ] {
            #expect(text.contains(words), "\(words)")
        }
        let crashed = answer.suites.flatMap(\.cases).first { $0.type == "crash" }
        #expect(crashed?.output?.contains("Kernel panic - not syncing") == true)
    }

    @Test func anExpectedFailureIsMarkedAsExpected() async throws {
        let answer = try await answer(HostileRun.document(["k-1.0"], asExpected: true)) { _ in nil }
        #expect(answer.suites.first?.cases.first?.result == "Passed")
        #expect(answer.suites.first?.cases.first?.output?.contains("fail, as expected: k-1.0") == true)
    }

    @Test(arguments: [Verdict.fail, .crash, .notMeasured]) func hostileTextIsText(verdict: Verdict) async throws {
        let answer = try await answer(HostileRun.document(verdict: verdict), log: HostileRun.log)
        #expect(answer.errors == [])
        #expect(answer.suites.count == HostileRun.texts.count)
        for (suite, text) in zip(answer.suites, HostileRun.texts) {
            #expect(suite.cases.count == 1)
            // XML has no way to write the others.
            let forbidden =
                text.unicodeScalars.contains { $0.value < 0x20 && !"\t\n\r".unicodeScalars.contains($0) }
                || text.contains("\u{FFFE}") || text.contains("\u{FFFF}")
            if !forbidden {
                #expect(suite.name == text)
                let words = suite.cases.first.map { [$0.message ?? "", $0.text ?? "", $0.output ?? ""].joined() } ?? ""
                #expect(text.isEmpty || words.contains(text) || text.count > 10_000, "\(text.prefix(80))")
            }
        }
    }

    @Test func anEmptyRunIsNoSuite() async throws {
        let answer = try await answer(HostileRun.empty) { _ in nil }
        #expect(answer.errors == [] && answer.suites.isEmpty)
    }

    /// However many logs there are, and however long.
    @Test func logsStayWithinTheirBudget() throws {
        var document = HostileRun.large()
        for index in document.cells.indices {
            document.cells[index].asExpected = false
            document.cells[index].programs[0].verdict = .fail
        }
        let long = LogEnds(String(repeating: "0: (bf) r1 = r6\n", count: 4096) + "the last line\n")
        let text = try JUnitReport.render(document) { _ in long }
        #expect(text.utf8.count < 30 << 20)
        #expect(text.contains("the last line"))
    }
}

/// SARIF 2.1.0, validated against OASIS' schema.
@Suite struct SARIFReportTests {
    private struct Log: Decodable {
        struct Run: Decodable {
            struct Tool: Decodable {
                struct Driver: Decodable {
                    struct Rule: Decodable {
                        struct Text: Decodable { var text: String }
                        var id: String
                        var shortDescription: Text
                        var help: Text
                    }
                    var rules: [Rule]
                }
                var driver: Driver
            }
            struct Result: Decodable {
                struct Message: Decodable { var text: String }
                struct Location: Decodable {
                    struct Physical: Decodable {
                        struct Region: Decodable { var startLine: Int }
                        var artifactLocation: [String: String]
                        var region: Region
                    }
                    var physicalLocation: Physical
                }
                var ruleId: String
                var ruleIndex: Int
                var level: String
                var message: Message
                var locations: [Location]
                var partialFingerprints: [String: String]
            }
            struct Invocation: Decodable {
                struct Notification: Decodable {
                    var level: String
                    var message: Result.Message
                }
                var toolExecutionNotifications: [Notification]
            }
            var tool: Tool
            var results: [Result]
            var invocations: [Invocation]
        }
        var runs: [Run]
    }

    private static let rules = [
        SARIFReport.Rule(
            id: "size-negative", category: "Memory size and bounds", meaning: "A length may be below zero.",
            reason: "It has no lower bound.", advice: "Clamp it.", since: "Always.")
    ]

    private func render(
        _ document: MatrixDocument, manifest: (String) -> CodeLocation? = { _ in nil }
    ) throws -> (text: String, run: Log.Run) {
        let text = try SARIFReport.render(document, rules: Self.rules, manifest: manifest)
        let log = try JSONDecoder().decode(Log.self, from: Data(text.utf8))
        return (text, try #require(log.runs.first))
    }

    private func errors(_ texts: [String]) async throws -> [[String]] {
        try await Script.answer(
            of: "sarif.py", [], input: "[\(texts.joined(separator: ","))]", with: Script.ours, as: [[String]].self)
    }

    @Test func everyRunIsValid() async throws {
        let documents =
            [SampleRun().document, HostileRun.empty, HostileRun.large()]
            + [Verdict.fail, .crash, .timeout, .pass, .notMeasured].flatMap { verdict in
                [false, true].map { HostileRun.document(verdict: verdict, asExpected: $0) }
            }
        var exceptions = HostileRun.empty
        exceptions.exceptions = HostileRun.texts.flatMap(HostileRun.exceptions)
        let texts = try (documents + [exceptions]).map { try render($0).text }
        #expect(try await errors(texts) == texts.map { _ in [] })
        let notifications = try render(exceptions).run.invocations.flatMap(\.toolExecutionNotifications)
        #expect(notifications.count == 2 * HostileRun.texts.count && notifications.allSatisfy { $0.level == "warning" })
        // The schema does refuse what is none.
        let broken = texts[0].replacing(#""level":"note""#, with: #""level":"fine""#)
        #expect(try await errors([broken]).first?.isEmpty == false)
    }

    @Test func aResultPointsAtTheSourceAndNamesItsKernels() throws {
        let (_, run) = try render(SampleRun().document)
        let result = try #require(run.results.first { $0.message.text.hasPrefix("readline/percpu-buffer-unchecked/") })
        let place = try #require(result.locations.first?.physicalLocation)
        #expect(place.artifactLocation == ["uri": "probes/readline/readline.bpf.c", "uriBaseId": "SRCROOT"])
        #expect(place.region.startLine == 9)
        #expect(result.level == "note" && result.ruleId == "size-negative")
        #expect(result.message.text.contains("on every measured kernel, as expected: R5 min value is negative"))
        let rule = run.tool.driver.rules[result.ruleIndex]
        #expect(rule.id == "size-negative" && rule.shortDescription.text == "A length may be below zero.")
        #expect(rule.help.text == "Clamp it. Always.")
    }

    @Test func onlyUnexpectedResultsAreErrors() throws {
        let document = SampleRun().document
        let (_, run) = try render(document) { CodeLocation(file: "probes/\($0)/probe.yaml", line: 1) }
        let unexpected = Set(document.cells.filter(\.isUnexpected).map { "\($0.probe)/\($0.variant)" })
        let errors = run.results.filter { $0.level == "error" }
        #expect(!errors.isEmpty)
        for name in unexpected { #expect(errors.contains { $0.message.text.hasPrefix(name) }, "\(name)") }
        #expect(errors.allSatisfy { error in unexpected.contains { error.message.text.hasPrefix($0) } })
        #expect(run.results.allSatisfy { !$0.locations.isEmpty })
    }

    /// GitHub takes no file in which a result has no place.
    @Test func aResultWithoutAPlaceIsANotification() throws {
        var document = HostileRun.document(["k-1.0"])
        document.cells[0].programs[0].cause?.location = nil
        let (_, run) = try render(document)
        #expect(run.results.isEmpty)
        let notifications = try #require(run.invocations.first).toolExecutionNotifications
        #expect(notifications.first?.level == "error")
        #expect(notifications.first?.message.text.contains("fails on k-1.0") == true)
        let (_, other) = try render(document) { _ in CodeLocation(file: "probes/k/probe.yaml", line: 1) }
        #expect(other.results.first?.locations.first?.physicalLocation.artifactLocation["uri"] == "probes/k/probe.yaml")
    }

    /// Another run, on other kernels and with moved lines, reports the same findings.
    @Test func fingerprintsAreStable() throws {
        let document = SampleRun().document
        var later = document
        later.run.id = "20261123T100000Z-ffff"
        later.kernels.removeFirst()
        later.cells.removeAll { $0.kernel == document.kernels[0].id }
        for index in later.cells.indices {
            for program in later.cells[index].programs.indices {
                later.cells[index].programs[program].cause?.location?.line += 5
            }
        }
        func fingerprints(_ document: MatrixDocument) throws -> [String] {
            try render(document) { CodeLocation(file: "probes/\($0)/probe.yaml", line: 1) }.run.results
                .compactMap { $0.partialFingerprints["compatMatrix/v1"] }
        }
        let (first, second) = (try fingerprints(document), try fingerprints(later))
        #expect(Set(first).count == first.count)
        #expect(!second.isEmpty && Set(second).isSubset(of: Set(first)))
    }

    @Test func filesOutsideOfTheRepositoryKeepTheirPath() throws {
        var document = HostileRun.document(["k-1.0"])
        document.cells[0].programs[0].cause?.location = CodeLocation(file: "/usr/include/my headers/a:b.h", line: 3)
        let place = try #require(try render(document).run.results.first?.locations.first?.physicalLocation)
        #expect(place.artifactLocation == ["uri": "file:///usr/include/my%20headers/a%3Ab.h"])
    }
}
