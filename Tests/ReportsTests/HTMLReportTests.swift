import Foundation
import MatrixModel
import Testing

@testable import Reports

@Suite struct HTMLReportTests {
    struct Text: Encodable {
        var text: String
    }

    @Test(arguments: [
        ("</script><b>", #"\u003c/script\u003e\u003cb\u003e"#), ("a && b", #"a \u0026\u0026 b"#),
        ("one\u{2028}two\u{2029}", #"one\u2028two\u2029"#), ("\u{1b}[31m", #"\u001b[31m"#),
        ("caf\u{e9} \u{2027} \u{2a}\u{a8}", "caf\u{e9} \u{2027} \u{2a}\u{a8}"),
    ])
    func dataIsNeverMarkup(text: String, expected: String) throws {
        #expect(try HTMLReport.json(Text(text: text)) == #"{"text":"\#(expected)"}"#)
    }

    @Test func pageIsCompleteAndLoadsNothing() throws {
        let run = SampleRun()
        let page = try HTMLReport.render(run.document) { run.logs[$0].map(LogEnds.init) }
        #expect(page.hasPrefix("<!DOCTYPE html>"))
        #expect(!page.contains("{{"))
        #expect(page.contains("default-src 'none'"))
        #expect(!page.contains("unsafe-inline"))
        // The name of SVG's elements is no address that anybody asks.
        let asked = page.replacing("http://www.w3.org/2000/svg", with: "")
        for outside in ["http://", "https://", "src=", "@import", "url("] {
            #expect(!asked.contains(outside), "\(outside)")
        }
    }

    @Test func readsEachLogOnce() throws {
        let run = SampleRun()
        var asked: [String: Int] = [:]
        _ = try HTMLReport.render(run.document) { name in
            asked[name, default: 0] += 1
            return run.logs[name].map(LogEnds.init)
        }
        #expect(Set(asked.keys) == Set(run.logs.keys))
        #expect(asked.values.allSatisfy { $0 == 1 })
    }

    @Test func passesOnWhatReadingALogThrows() {
        struct Unreadable: Error {}
        #expect(throws: Unreadable.self) { try HTMLReport.render(SampleRun().document) { _ in throw Unreadable() } }
    }

    /// The size that people still send around: ten thousand cells, each with a log of its own, some of them huge.
    @Test func staysSmallAtTenThousandCells() throws {
        let (document, log) = LargeRun.make(kernels: 50, probes: 40, variants: 5)
        try #require(document.cells.count == 10_000)
        let page = try HTMLReport.render(document) { try log($0).map(LogEnds.init) }
        #expect(page.utf8.count < 15_000_000)
    }
}

/// A run as large as a big project's.
enum LargeRun {
    static func make(kernels: Int, probes: Int, variants: Int) -> (MatrixDocument, (String) throws -> String?) {
        let rows = (0..<kernels).map { number in
            KernelRow(
                id: "debian-6.\(number)", release: "6.\(number).1-cloud-amd64", family: "debian", btf: true,
                start: .warm,
                readySeconds: 0.3, status: .measured, reason: nil)
        }
        var cells: [CellResult] = []
        for kernel in rows {
            for place in 0..<(probes * variants) {
                let fails = (place + cells.count / 7) % 3 == 0
                let program = ProgramResult(
                    name: "on_probe_\(place / variants)", type: "kprobe", verdict: fails ? .fail : .pass, stage: .load,
                    errno: fails ? 13 : 0, cause: fails ? SampleFailure.sizeNegative.cause : nil,
                    log: "logs/\(cells.count).txt", logComplete: true,
                    stats: ProgramStatistics(
                        instructions: cells.count, limit: 1_000_000, totalStates: 12, peakStates: 12, stackDepth: "64",
                        verificationMicroseconds: place))
                cells.append(
                    CellResult(
                        key: CellKey(
                            kernel: kernel.id, probe: "probe-\(place / variants)",
                            variant: "variant-\(place % variants)",
                            loader: "libbpf"), verdict: fails ? .fail : .pass, stage: .load, expected: .pass,
                        asExpected: !fails, cached: false, reason: nil, console: nil, programs: [program]))
            }
        }
        let run = RunInfo(
            id: "20261122T100000Z-1a2b", startedAt: "2026-11-22T10:00:00Z", durationSeconds: 99, tool: "0.1.0",
            host: HostInfo(qemu: "10.0.2", accelerator: "kvm", cpus: 64))
        let walk = SampleFailure.sizeNegative.log(on: "debian-6.1") ?? ""
        return (
            MatrixDocument(run: run, kernels: rows, cells: cells),
            { name in String(repeating: walk + name + "\n", count: name.hasSuffix("00.txt") ? 40 : 1) }
        )
    }
}
