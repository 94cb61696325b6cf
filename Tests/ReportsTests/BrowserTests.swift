import Foundation
import MatrixModel
import Reports
import Testing

/// The report in headless Chromium.
///
/// One visit is looked at from several sides, because a browser takes seconds.
@Suite(.timeLimit(.minutes(10))) struct BrowserTests {
    private static let visit = Task { try await Visit.make() }

    @Test func showsEveryCell() async throws {
        let grid = try await Self.visit.value.grid
        #expect(grid.labels.count == 19 * 6)
        #expect(grid.texts == ["! crash", "· n/m", "◷ timeout", "✓ pass", "✗ fail"])
        #expect(grid.families == ["ubuntu", "debian"])
        #expect(grid.versions == ["5.4", "5.10", "6.1", "6.12", "6.18", "7.3"])
        #expect(
            grid.groups == ["readline", "drop-nul", "task-state", "signal-sent", "events", "path-walk", "match-name"])
        #expect(grid.labels.contains("signal-sent unchecked on debian-7.3: fail, pass expected"))
        #expect(grid.roles == ["grid", "gridcell", "dialog"])
        #expect(grid.tabStops == 1)
    }

    @Test func sumsUp() async throws {
        let grid = try await Self.visit.value.grid
        let tiles = grid.tiles.map { $0.split { $0.isWhitespace }.joined(separator: " ") }
        #expect(
            tiles == [
                "✓ 68 pass", "✗ 25 fail", "! 1 crash", "◷ 1 timeout", "· 19 not measured", "≠ 5 not as expected",
            ])
        #expect(
            grid.findings.contains {
                $0.contains("signal-sent / unchecked") && $0.contains("debian-6.12, debian-7.3")
                    && $0.contains("R1 invalid mem access")
            })
        #expect(grid.findings.contains { $0.contains("debian-6.18") && $0.contains("sent nothing within 60 s") })
    }

    @Test func filters() async throws {
        let filters = try await Self.visit.value.filters
        #expect(filters.words.count == 4)
        #expect(filters.words.allSatisfy { $0.hasPrefix("readline percpu-") && $0.contains(" on ubuntu-5.4: ") })
        #expect(filters.versions == ["5.4"])
        #expect(filters.crash == ["path-walk tail-call-in-loop on debian-7.3: crash, pass expected"])
        #expect(filters.unexpected == 5)
        #expect(filters.nothing)
        #expect(filters.folded == 14 * 6)
        #expect(filters.all == 19 * 6)
    }

    @Test func clickOpensLogCauseAndNumbers() async throws {
        let panel = try await Self.visit.value.click
        #expect(panel.title == "readline / percpu-buffer")
        #expect(panel.fragment == "#cell=ubuntu-5.4/readline/percpu-buffer/libbpf")
        #expect(panel.marked == ["R5 min value is negative, either use unsigned or 'var &= const'"])
        #expect(panel.markInView)
        let words = [
            "5.4.0-216-generic", "EACCES (13)", "size-negative", "Memory size and bounds", "spill",
            "bpf_perf_event_output(ctx", "(not taken, checked)", "Suggestion", "Linux 5.10 and later keep the range.",
            "31 of 1,000,000", "99.99 % headroom",
            "2 total, 2 at peak", "8 bytes", "warm, ready in 0.27 s", "in this run",
            "compat-matrix run --kernel ubuntu-5.4 --probe readline --variant percpu-buffer",
        ]
        for word in words { #expect(panel.text.contains(word), "\(word)") }
        #expect(panel.log.contains("63: (79) r5 = *(u64 *)(r10 -8)"))
        #expect(panel.log.contains("processed 31 insns (limit 1000000)"))
    }

    @Test func worksFromTheKeyboard() async throws {
        let keyboard = try await Self.visit.value.keyboard
        #expect(keyboard.closed)
        #expect(keyboard.fragment == "")
        #expect(
            keyboard.path == [
                "readline percpu-buffer on ubuntu-5.4: fail", "readline percpu-buffer on debian-5.10: pass",
                "readline percpu-buffer-v3 on debian-5.10: pass", "readline percpu-buffer-v3 on debian-7.3: pass",
                "readline percpu-buffer-v3 on debian-7.3: pass", "readline percpu-buffer on debian-7.3: pass",
                "readline percpu-buffer on ubuntu-5.4: fail",
            ])
        #expect(keyboard.opened == "readline / percpu-buffer")
        #expect(keyboard.focusInPanel)
    }

    @Test func theTrackShowsWhereACellStopped() async throws {
        let visit = try await Self.visit.value
        #expect(visit.click.track == ["v-pass", "v-pass", "v-fail", "", ""])
        #expect(visit.click.text.contains("at load"))
        #expect(visit.permalink.track == ["v-pass", "v-pass", "v-crash", "", ""])
    }

    @Test func permalinkOpensTheCrash() async throws {
        let visit = try await Self.visit.value
        #expect(visit.permalink.title == "path-walk / tail-call-in-loop")
        #expect(visit.permalink.text.contains("BUG: kernel NULL pointer dereference"))
        #expect(visit.permalink.log.contains("Kernel panic - not syncing"))
        #expect(!visit.deadLink.shown)
        #expect(visit.deadLink.status.contains("no cell"))
    }

    @Test func hostileLogStaysText() async throws {
        let hostile = try await Self.visit.value.hostile
        #expect(hostile.log.contains("</script><img src=x onerror=\"window.fired = 1\">"))
        #expect(hostile.log.contains("\u{241b}[2J\u{241b}]0;owned\u{2407}"))
        #expect(hostile.log.contains("\u{27e8}202e\u{27e9}"))
        #expect(hostile.event == "<img src=x onerror=\"window.fired = 4\">\u{241b}[2J")
        #expect(hostile.images == 0)
        #expect(hostile.scripts == 3)
        #expect(hostile.fired == nil)
    }

    @Test func staysQuietAndOffTheNetwork() async throws {
        let visit = try await Self.visit.value
        #expect(visit.console == [])
        #expect(visit.requests == [])
        // The page itself was seen, so the browser did report what it loads.
        #expect(visit.documents >= 4)
    }

    @Test func hasADarkSide() async throws {
        let grounds = try await Self.visit.value.grounds
        #expect(grounds.count == 2)
        #expect(Set(grounds).count == 2)
    }
}

/// What `visit.py` saw.
private struct Visit: Decodable, Sendable {
    struct Grid: Decodable, Sendable {
        var labels, texts, families, versions, groups, tiles, findings, roles: [String]
        var tabStops: Int
    }

    struct Filters: Decodable, Sendable {
        var words, versions, crash: [String]
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
        var fragment, opened: String
        var path: [String]
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
    var deadLink: DeadLink
    var hostile: Hostile
    var documents: Int
    var grounds, console, requests: [String]

    static func make() async throws -> Visit {
        var run = SampleRun()
        let hostile = try run.addHostileLog()
        let page = try HTMLReport.render(run.document) { run.logs[$0].map(LogEnds.init) }
        return try await withTemporaryFolder { folder in
            let file = folder.appending(path: "report.html")
            try Data(page.utf8).write(to: file)
            return try await Script.answer(of: "visit.py", [file.absoluteString, hostile], as: Visit.self)
        }
    }
}

extension SampleRun {
    /// Gives one cell's program a log that would like to be more than text; returns the fragment that opens the cell.
    fileprivate mutating func addHostileLog() throws -> String {
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
}
