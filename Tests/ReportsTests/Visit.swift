import Foundation
import MatrixModel
import Reports
import SystemPackage
import TestSupport
import Testing

/// What `visit.py` saw.
struct Visit: Decodable, Sendable {
    struct Grid: Decodable, Sendable {
        var labels, texts, families, versions, groups, tiles, findings, roles: [String]
        var tabStops: Int
    }

    struct Filters: Decodable, Sendable {
        var words, fields, versions, crash, chosen, causes: [String]
        var orders, slowest, slowestOfOne, planned: [String]
        var firstOfSlowest: String
        var unexpected, folded, all: Int
        var nothing: Bool
    }

    struct Panel: Decodable, Sendable {
        var title, text, log, fragment: String
        var marked, track: [String]
        var markInView: Bool
    }

    struct Keyboard: Decodable, Sendable {
        var closed, focusInPanel: Bool
        var fragment, opened, searching: String
        var path: [String]
    }

    struct Log: Decodable, Sendable {
        var heads, folds, row, culprit: [String]
        var unfolded, rows: Int
        var raw, pressed: String
    }

    struct Loaders: Decodable, Sendable {
        var names, choices, side, failing, changed, strip, bars: [String]
        var unexpected, baseline, gaps, exceptions, plan, reach, differences, panel, otherBars: String
        var cells, aya: Int
    }

    struct Accessibility: Decodable, Sendable {
        var faults: [String]
        var leastRules: Int
        var leastContrast: Double
    }

    struct Paper: Decodable, Sendable {
        var shown: [String]
        var ground: String
        var fits, foldedAgain: Bool
        var cells, pages: Int
    }

    struct DeadLink: Decodable, Sendable {
        var shown: Bool
        var status: String
    }

    struct Hostile: Decodable, Sendable {
        var log, event: String
        var images, scripts: Int
        var fired: Int?
    }

    var grid: Grid
    var filters: Filters
    var click, permalink: Panel
    var keyboard: Keyboard
    var log: Log
    var loaders: Loaders
    var accessibility: Accessibility
    var paper: Paper
    var narrow: [Int]
    var policy: [String]
    var deadLink: DeadLink
    var hostile: Hostile
    var documents: Int
    var grounds, console, requests: [String]

    /// axe-core, which `scripts/setup` brings.
    private static let axe = Script.folder.appending("axe/axe_playwright_python/axe.min.js")

    static func make() async throws -> Visit {
        try #require(
            FileManager.default.fileExists(atPath: axe.string), "axe-core is missing; 'scripts/setup test' brings it")
        var run = SampleRun()
        let hostile = try run.addHostileLog()
        try run.addLoop()
        let loaders = SampleRun.withLoaders()
        let pages = [
            try HTMLReport.render(run.document) { run.logs[$0].map(LogEnds.init) },
            try HTMLReport.render(loaders.document, comparison: loaders.comparison()) {
                loaders.logs[$0].map(LogEnds.init)
            },
        ]
        return try await withFolder { folder in
            let files = try pages.enumerated().map { number, page in
                URL(filePath: try write(page, to: folder.appending("report-\(number).html")).string).absoluteString
            }
            return try await Script.answer(
                of: "visit.py", [files[0], hostile, files[1], axe.string], as: Visit.self)
        }
    }
}

extension SampleRun {
    /// Gives one cell's program a log that would like to be more than text; returns the fragment that opens the cell.
    mutating func addHostileLog() throws -> String {
        let key = CellKey(kernel: "debian-5.10", probe: "match-name", variant: "strncasecmp", loader: "libbpf")
        let place = try #require(document.cells.firstIndex { $0.key == key })
        let line = "</script><img src=x onerror=\"window.fired = 1\"><!--<script>window.fired = 2</script>"
        let log = "\(line)\n\u{1b}[2J\u{1b}]0;owned\u{7}\n\u{202e}txt.exe\u{2028}\n${1} {{data}} </title>\n"
        document.cells[place].event = "<img src=x onerror=\"window.fired = 4\">\u{1b}[2J"
        document.cells[place].programs[0].log = keep(log)
        document.cells[place].programs[0].cause?.line = line
        document.cells[place].programs[0].name = "<img src=x onerror=\"window.fired = 3\">"
        return "#cell=debian-5.10/match-name/strncasecmp/libbpf"
    }

    /// Gives one cell's program a log in which a loop is followed for eight rounds.
    mutating func addLoop() throws {
        let key = CellKey(
            kernel: "ubuntu-5.4", probe: "readline", variant: "percpu-buffer-unchecked", loader: "libbpf")
        let place = try #require(document.cells.firstIndex { $0.key == key })
        let name = try #require(document.cells[place].programs[0].log)
        let log = try #require(logs[name])
        let rounds = (1...8).map { round in
            """
            ; for (i = 0; i < 8; i++) @ readline.bpf.c:12
            20: (07) r1 += 1                      ; R1_w=\(round)
            21: (a5) if r1 < 0x8 goto pc-2        ; R1_w=\(round)

            """
        }
        let head = log.split(separator: "20: (bf)", maxSplits: 1)[0]
        document.cells[place].programs[0].log = keep(
            head + rounds.joined() + log.split(separator: "\n").suffix(6).joined(separator: "\n") + "\n")
    }
}
