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
        #expect(Set(grid.texts) == ["!≠", "·", "◷≠", "✓", "✓≠", "✗", "✗≠"])
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
        #expect(
            filters.fields == [
                "readline percpu-buffer-unchecked on debian-6.1: fail", "drop-nul compare on debian-6.1: fail",
            ])
        #expect(filters.chosen.count == 5)
        #expect(filters.chosen.allSatisfy { $0.hasPrefix("readline ") && $0.contains(" on ubuntu-5.4: ") })
        #expect(
            filters.causes == [
                "readline percpu-buffer on ubuntu-5.4: fail", "readline percpu-buffer-unchecked on ubuntu-5.4: fail",
            ])
        #expect(filters.crash == ["path-walk tail-call-in-loop on debian-7.3: crash, pass expected"])
        #expect(filters.unexpected == 5)
        #expect(filters.nothing)
        #expect(filters.folded == 14 * 6)
        #expect(filters.all == 19 * 6)
    }

    @Test func sortsRowsByTime() async throws {
        let filters = try await Self.visit.value.filters
        #expect(filters.orders == ["Default order", "Slowest rows first"])
        // The probe with the slowest row first, and its rows by their seconds on all kernels that took some.
        #expect(
            filters.slowest.prefix(6) == [
                "readline / percpu-buffer-unchecked: 11.5 s", "readline / percpu-buffer-masked: 10.0 s",
                "readline / percpu-buffer-v3: 8.0 s", "readline / percpu-buffer: 6.5 s",
                "readline / fixed-buffer: 6.0 s", "path-walk / tail-call-in-loop: 6.8 s",
            ])
        #expect(filters.slowestOfOne.first == "readline / percpu-buffer-unchecked: 2.3 s")
        // The duration is unknown for a cell that brought its guest down.
        #expect(filters.slowestOfOne.contains("path-walk / tail-call-in-loop: "))
        #expect(filters.firstOfSlowest == "readline percpu-buffer-unchecked on ubuntu-5.4: fail")
        #expect(filters.planned.first == "readline / fixed-buffer: ")
        #expect(filters.planned.count == 19)
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
            "2 total, 2 at peak", "1.3 s in the guest", "load 1.5 ms", "began 1.3 s into the run", "8 bytes",
            "warm, ready in 0.27 s", "in this run",
            "compat-matrix run --kernel ubuntu-5.4 --probe readline --variant percpu-buffer --loader libbpf",
        ]
        for word in words { #expect(panel.text.contains(word), "\(word)") }
        #expect(panel.log.contains("63 (79) r5 = *(u64 *)(r10 -8)"))
        #expect(panel.log.contains("processed 31 insns (limit 1000000)"))
    }

    @Test func annotatesTheLog() async throws {
        let log = try await Self.visit.value.log
        #expect(log.heads == ["C source", "Instruction", "Verifier state"])
        #expect(log.row == ["if (n < 0)", "18 (65) if r0 s> 0xffffffff goto pc+1", "R0=inv(smax=-1)"])
        #expect(log.culprit == ["64 (85) call bpf_perf_event_output#25"])
        #expect(log.folds == ["… 5 more rounds of instructions 20–21, 15 lines …"])
        #expect(log.unfolded == 0)
        #expect(log.rows == 22)
        #expect(log.pressed == "true")
        #expect(log.raw.contains("\n18: (65) if r0 s> 0xffffffff goto pc+1        ; R0=inv(smax=-1)\n"))
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
        #expect(keyboard.searching == "search")
    }

    @Test func theTrackShowsWhereACellStopped() async throws {
        let visit = try await Self.visit.value
        #expect(
            visit.click.track == [
                "✓ open pass", "✓ maps pass", "✗ load fail", "– attach not reached", "– fire not reached",
            ])
        #expect(visit.permalink.track[2] == "! load crash")
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
        #expect(hostile.scripts == 1)
        #expect(hostile.fired == nil)
    }

    @Test func staysQuietAndOffTheNetwork() async throws {
        let visit = try await Self.visit.value
        #expect(visit.console == [])
        #expect(visit.requests == [])
        // The page itself was seen, so the browser did report what it loads.
        #expect(visit.documents >= 10)
    }

    @Test func policyBlocksForeignCode() async throws {
        #expect(
            try await Self.visit.value.policy == [
                "connect-src", "frame-src", "img-src", "script-src-elem", "style-src-elem",
            ])
    }

    @Test func hasADarkSide() async throws {
        let grounds = try await Self.visit.value.grounds
        #expect(grounds.count == 2)
        #expect(Set(grounds).count == 2)
    }

    @Test func loadersAreSideBySide() async throws {
        let loaders = try await Self.visit.value.loaders
        #expect(loaders.names == ["aya", "cilium", "custom", "libbpf"])
        #expect(loaders.choices == ["all", "aya0.13.1", "cilium0.11.0", "custom", "libbpf1.4.7"])
        #expect(loaders.cells == 19 * 6 * 3 + 2 * 6)
        #expect(
            loaders.side.map { $0.replacing("readline fixed-buffer on ubuntu-5.4 ", with: "") } == [
                "with aya: fail", "with cilium: pass", "with libbpf: pass",
            ])
        #expect(loaders.strip == ["✗ fail aya0.13.1", "✓ pass cilium0.11.0", "✓ pass libbpf1.4.7"])
        #expect(loaders.panel.contains("--loader aya"))
    }

    @Test func oneLoaderCanBeShownAlone() async throws {
        let loaders = try await Self.visit.value.loaders
        #expect(loaders.aya == 19 * 6)
        #expect(loaders.failing.count == 5 + 4)
        #expect(loaders.failing.allSatisfy { $0.contains(" with aya: fail") })
    }

    @Test func listsWhereLoadersDiffer() async throws {
        let loaders = try await Self.visit.value.loaders
        for words in [
            "loader-global-data", "this kernel has no such map", "passes with cilium, libbpf", "on ubuntu-5.4",
        ] {
            #expect(loaders.differences.contains(words), "\(words)")
        }
        #expect(loaders.reach.contains("cilium (cilium/ebpf 0.11.0)"))
        #expect(loaders.reach.contains("7/19"))
        #expect(loaders.gaps.contains("loader custom"))
        #expect(loaders.gaps.contains("'apt install rustc' brings it"))
    }

    @Test func listsDifferencesFromTheBaseline() async throws {
        let loaders = try await Self.visit.value.loaders
        let words = [
            "3 regressions, 3 fixes, 3 other causes or stages, 1 grown", "20261115T100000Z-0f0f",
            "pass at load → fail at load, trusted-null", "120,000 → 951,000 instructions, + 692.5 %",
            "aya: 0.12.0 → 0.13.1",
        ]
        for word in words { #expect(loaders.baseline.contains(word), "\(word)") }
        #expect(loaders.changed.count == 9)
        #expect(loaders.changed.allSatisfy { $0.hasSuffix("new since the baseline") })
    }

    @Test func planListsShippedAndDeadVariants() async throws {
        let loaders = try await Self.visit.value.loaders
        for words in ["masked passes wherever it does", "ubuntu-5.4", "nothing passes on", "by-hand"] {
            #expect(loaders.plan.contains(words), "\(words)")
        }
        #expect(loaders.exceptions.contains("events/probe.yaml:9"))
        #expect(loaders.exceptions.contains("(until 2026-10-31)"))
        #expect(!loaders.exceptions.contains("readline/probe.yaml"))
        #expect(loaders.unexpected.contains("aya, cilium, libbpf"))
    }

    @Test func chartsNumbersAgainstOtherKernels() async throws {
        let loaders = try await Self.visit.value.loaders
        #expect(loaders.bars.count == 15)
        #expect(loaders.bars.contains { $0.hasSuffix("debian-6.12 with cilium: 951,000, only 4.9 % headroom") })
        #expect(loaders.otherBars.hasPrefix("Verification time, µs: ubuntu-5.4 with aya: "))
    }

    @Test func hasNoFaultForPeopleWhoHearOrSeeLittle() async throws {
        let found = try await Self.visit.value.accessibility
        #expect(found.faults == [])
        // axe-core did look.
        #expect(found.leastRules >= 20)
        #expect(found.leastContrast >= 4.5)
    }

    @Test func fitsPaperAndTelephone() async throws {
        let visit = try await Self.visit.value
        #expect(visit.paper.shown == ["#frame", "#part-plan .plain", "#part-expected li"])
        #expect(visit.paper.ground == "rgb(255, 255, 255)")
        #expect(visit.paper.fits)
        #expect(visit.paper.cells == 19 * 6 * 3 + 2 * 6)
        #expect(visit.paper.foldedAgain)
        #expect((1...20).contains(visit.paper.pages))
        #expect(visit.narrow.count == 2)
        #expect(visit.narrow.allSatisfy { $0 <= 390 })
    }
}
