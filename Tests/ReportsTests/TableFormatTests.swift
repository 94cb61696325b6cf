import Foundation
import MatrixModel
import Testing

@testable import Reports

/// CSV, as Python's reader and a spreadsheet take it.
@Suite struct CSVReportTests {
    private func rows(_ document: MatrixDocument) async throws -> [[String]] {
        try await Script.answer(of: "table.py", [], input: CSVReport.render(document), as: [[String]].self)
    }

    @Test func aRowContainsTheRunsValues() async throws {
        let document = SampleRun().document
        let rows = try await rows(document)
        let header = try #require(rows.first)
        #expect(rows.allSatisfy { $0.count == header.count })
        #expect(Set(header).count == header.count)
        #expect(rows.count - 1 == document.cells.reduce(0) { $0 + max($1.programs.count, 1) })
        func value(_ column: String, of row: [String]) throws -> String {
            row[try #require(header.firstIndex(of: column), "\(column)")]
        }
        let refused = try #require(
            try rows.first {
                try value("kernel", of: $0) == "ubuntu-5.4" && value("variant", of: $0) == "percpu-buffer-unchecked"
            })
        let expected = [
            "kernel.release": "5.4.0-216-generic", "probe": "readline", "loader": "libbpf", "verdict": "fail",
            "asExpected": "true", "reason": "", "program.errno": "13", "cause.id": "size-negative",
            "cause.line": "R5 min value is negative, either use unsigned or 'var &= const'",
            "cause.location.file": "probes/readline/readline.bpf.c", "cause.location.line": "9",
            "stats.instructions": "31", "stats.headroomPercent": "99.9", "seconds.queue": "1.25",
            "seconds.load": "0.0015", "seconds.fire": "", "seconds.total": "2.3", "program.seconds.attach": "",
        ]
        for (column, words) in expected { #expect(try value(column, of: refused) == words, "\(column)") }
    }

    /// Every column is a path in the JSON, without the object in which the path begins.
    @Test func columnsAreNamedAsInTheJSON() throws {
        let header = try #require(CSVReport.render(HostileRun.empty).split(separator: "\r\n").first)
        let json = try JSONReport.render(SampleRun().document)
        for name in header.split(separator: ",") {
            let key = try #require(name.split(separator: ".").last)
            #expect(json.contains("\"\(key)\":"), "\(name)")
        }
    }

    @Test func anEmptyRunIsAHeader() async throws {
        #expect(try await rows(HostileRun.empty).count == 1)
    }

    @Test func hostileTextStaysInItsField() async throws {
        let text = CSVReport.render(HostileRun.document())
        #expect(text.unicodeScalars.allSatisfy { $0.value >= 0x20 || $0 == "\r" || $0 == "\n" })
        let rows = try await rows(HostileRun.document())
        #expect(rows.count == HostileRun.texts.count + 1)
        #expect(text.split(separator: "\r\n").count == rows.count, "one line each")
        let header = try #require(rows.first)
        let line = try #require(header.firstIndex(of: "cause.line"))
        for (row, text) in zip(rows.dropFirst(), HostileRun.texts) {
            #expect(row.count == header.count)
            let shown = TerminalText.escaped(text)
            #expect(row[line] == shown || row[line] == "'\(shown)")
            for field in row {
                let first = field.first { $0 != " " }
                #expect(
                    first.map { !"=+-@\u{FF1D}\u{FF0B}\u{FF0D}\u{FF20}".contains($0) } ?? true, "\(field.prefix(80))")
            }
        }
    }
}

/// Markdown, as GitHub's own parser takes it.
@Suite struct MarkdownReportTests {
    private struct Page: Decodable {
        var elements: Set<String>
        var attributes: Set<String>
        var code: [String]
        /// Cells of each row.
        var rows: [Int]
        var prose: String
    }

    /// The maximum length of a comment on GitHub, in characters; a summary may be longer.
    private static let limit = 65_536

    private func page(_ document: MatrixDocument) async throws -> Page {
        let text = MarkdownReport.render(document)
        #expect(text.unicodeScalars.count < Self.limit && text.utf8.count < Self.limit)
        return try await Script.answer(of: "markdown.py", [], input: text, as: Page.self)
    }

    @Test func aRunIsAMatrixAndItsFindings() async throws {
        let document = SampleRun().document
        let page = try await page(document)
        #expect(page.rows.count == document.rowKeys.count + 1)
        #expect(page.rows.allSatisfy { $0 == document.kernels.count + 1 })
        #expect(page.prose.contains("compat-matrix: 5 cells are not as expected"))
        for words in [
            "readline/percpu-buffer-unchecked", "probes/readline/readline.bpf.c:9", "ubuntu-5.4",
            "size-negative: R5 min value is negative, either use unsigned or 'var &= const'",
            "the guest sent nothing within 60 s, twice",
        ] {
            #expect(page.code.contains { $0.contains(words) }, "\(words)")
        }
        #expect(page.elements.isSuperset(of: ["h2", "h3", "table", "details"]))
    }

    @Test(arguments: [
        (HostileRun.empty, "the run has no cells"),
        (HostileRun.document(["debian-6.1"], verdict: .notMeasured), "nothing was measured"),
        (HostileRun.document(["debian-6.1"], asExpected: true), "all cells are as expected"),
        (HostileRun.document(["debian-6.1"]), "1 cell is not as expected"),
    ])
    func theHeadingSummarizesTheRun(document: MatrixDocument, words: String) async throws {
        #expect(try await page(document).prose.contains(words))
    }

    /// No link, image, script, mention or additional column, regardless of the guest's output.
    @Test(arguments: [Verdict.fail, .crash, .notMeasured], [false, true])
    func hostileTextIsText(verdict: Verdict, asExpected: Bool) async throws {
        for text in HostileRun.texts {
            let page = try await page(HostileRun.document([text], verdict: verdict, asExpected: asExpected))
            let ours: Set = [
                "h2", "h3", "p", "ul", "li", "code", "strong", "br", "table", "thead", "tbody", "tr", "th", "td",
                "details",
                "summary",
            ]
            #expect(page.elements.isSubset(of: ours), "\(page.elements.subtracting(ours)) of \(text.prefix(80))")
            #expect(page.attributes.isSubset(of: ["align"]), "\(page.attributes)")
            #expect(page.rows == [2, 2])
            #expect(!page.prose.contains("@octocat") && !page.prose.contains("#123"))
            let shown = TerminalText.shortened(TerminalText.escaped(text), to: 400)
            if text.count < 200, !text.isEmpty {
                #expect(page.code.contains { $0.contains(shown) }, "\(shown)")
            }
        }
    }

    @Test func exceptionsToLookAtAreNamed() async throws {
        for text in HostileRun.texts where !text.isEmpty && text.count < 60 {
            var document = HostileRun.empty
            document.exceptions = HostileRun.exceptions(text)
            let page = try await page(document)
            #expect(page.elements.isSubset(of: ["h2", "h3", "p", "ul", "li", "code"]), "\(page.elements)")
            let notices = page.code.filter { $0.contains("exception") }
            #expect(notices.count == 2, "one is in use")
            #expect(notices.allSatisfy { $0.contains(TerminalText.escaped(text)) }, "\(notices)")
        }
    }

    @Test func tenThousandCellsFitAndOmittedOnesAreCounted() async throws {
        let page = try await page(HostileRun.large())
        #expect(page.prose.contains("more variants, in the full report"))
        #expect(page.rows.count > 10)
        let failing = HostileRun.large(kernels: 2, variants: 3000)
        #expect(try await self.page(failing).prose.contains("more, in the full report"))
        // A head that is wider than the whole budget.
        #expect(try await self.page(HostileRun.large(kernels: 3000, variants: 3)).prose.contains("3 variants on 3000"))
    }
}

/// Commands that GitHub's runner takes from a step's output.
@Suite struct GitHubCommandsTests {
    @Test func anUnexpectedFailurePointsAtItsLine() throws {
        var document = SampleRun().document
        for index in document.cells.indices where document.cells[index].variant == "percpu-buffer-unchecked" {
            document.cells[index].asExpected = false
        }
        let lines = GitHubCommands.render(document).split(separator: "\n")
        let error = try #require(lines.first { $0.contains("percpu-buffer-unchecked") })
        #expect(
            error.hasPrefix(
                "::error file=probes/readline/readline.bpf.c,line=9,title=readline/percpu-buffer-unchecked on every measured kernel"
            ), "\(error)")
        #expect(error.contains("::fail: size-negative: R5 min value is negative"))
        #expect(error.hasSuffix("%0AMask it right before it is used."))
        #expect(
            lines.last
                == "::warning title=debian-6.18 was not measured::the guest sent nothing within 60 s, twice (19 cells)")
    }

    @Test func exceptionsToLookAtAreWarnings() {
        for text in HostileRun.texts {
            var document = HostileRun.empty
            document.exceptions = HostileRun.exceptions(text)
            let lines = GitHubCommands.render(document).split(separator: "\n")
            #expect(lines.count == 2)
            #expect(lines.allSatisfy { $0.hasPrefix("::warning title=exception to review::") })
        }
    }

    @Test func expectedResultsPrintNothing() {
        #expect(GitHubCommands.render(HostileRun.empty) == "")
        #expect(GitHubCommands.render(HostileRun.document(["k-1.0"], asExpected: true)) == "")
    }

    @Test(arguments: [Verdict.fail, .notMeasured]) func aHostileTextIsOneCommand(verdict: Verdict) {
        for text in HostileRun.texts {
            let lines = GitHubCommands.render(HostileRun.document([text], verdict: verdict))
                .split(separator: "\n", omittingEmptySubsequences: false)
            #expect(lines.count == 2 && lines.last == "")
            let line = lines[0]
            #expect(line.unicodeScalars.allSatisfy { $0.value >= 0x20 })
            // Name and properties, then the message: the runner parts them at the first two colons after the name.
            let head = line.dropFirst(2).prefix { $0 != ":" }
            let properties = head.drop { $0 != " " }.split(separator: ",")
            #expect(properties.count == (head.contains("file=") ? 3 : 1), "\(head.prefix(200))")
        }
    }
}
