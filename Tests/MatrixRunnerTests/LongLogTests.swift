import GuestLink
import MatrixModel
import Synchronization
import SystemPackage
import Testing
import VerifierLog

@testable import MatrixRunner

/// Keeps in memory what a store would keep in a file.
private final class FakeLog: LongLog {
    let text = Mutex<[UInt8]>([])

    func append(_ bytes: [UInt8]) { text.withLock { $0 += bytes } }
    func keep() -> String { "logs/long.txt" }
}

@Suite struct LongLogTests {
    private static let part = Array((String(repeating: "x", count: 1023) + "\n").utf8)

    private func report(errno: Int32 = 0, stage: Stage = .load) -> ProgramReport {
        ProgramReport(
            cell: 0, program: 0, stage: stage, errno: errno, logComplete: true, verifiedInstructions: nil,
            name: "first", type: "kprobe")
    }

    private func collected(parts: Int, into file: FakeLog) throws -> Evidence.Program {
        var collector = EvidenceCollector { file }
        for _ in 0..<parts { try collector.add(log: Self.part, program: 0, source: .verifier) }
        try collector.add(log: Array("R9 !read_ok\n".utf8), program: 0, source: .verifier)
        collector.add(report(errno: 13))
        return try #require(collector.evidence(.finished(.exited(0))).programs.first)
    }

    @Test func aShortLogStaysInMemory() throws {
        let file = FakeLog()
        let program = try collected(parts: 3, into: file)
        #expect(program.longLog == nil)
        #expect(program.verifierLog.count == 3 * 1024 + 12)
        #expect(file.text.withLock { $0.isEmpty })
    }

    @Test(arguments: [1024, 1500, 5000]) func onlyTheEndOfALongLogStaysInMemory(parts: Int) throws {
        let file = FakeLog()
        let program = try collected(parts: parts, into: file)
        #expect(program.longLog != nil)
        #expect(program.verifierLog.count <= LogCollector.limit)
        #expect(file.text.withLock { $0.count } == parts * 1024 + 12)
        #expect(file.text.withLock { $0.suffix(program.verifierLog.count) } == program.verifierLog[...])
    }

    @Test func theEndDecidesAndTheWholeIsKept() throws {
        let cell = PlannedCell(
            key: CellKey(kernel: "debian-6.1", probe: "p", variant: "v", loader: "libbpf"), object: "/p.o",
            objectDigest: "d", programs: ["first"], expectations: [])
        let result = try Judge().result(
            of: cell, kernel: #require(KernelID("debian-6.1")),
            evidence: Evidence(programs: [collected(parts: 2000, into: FakeLog())], ending: .finished(.exited(0))),
            release: nil, kernelConfig: KernelOptions(text: []), keep: { _ in "logs/short.txt" })
        #expect(result.programs.first?.log == "logs/long.txt")
        #expect(result.programs.first?.cause?.line == "R9 !read_ok")
    }

    /// Past the load, the loader's output is part of the log.
    @Test func whatTheLoaderSaysFollowsALongLog() throws {
        let file = FakeLog()
        var program = try collected(parts: 2000, into: file)
        program.report = report(errno: 2, stage: .attach)
        program.loader = LoaderWords("no such symbol\n")
        let cell = PlannedCell(
            key: CellKey(kernel: "debian-6.1", probe: "p", variant: "v", loader: "libbpf"), object: "/p.o",
            objectDigest: "d", programs: ["first"], expectations: [])
        _ = try Judge().result(
            of: cell, kernel: #require(KernelID("debian-6.1")),
            evidence: Evidence(programs: [program], ending: .finished(.exited(0))), release: nil,
            kernelConfig: KernelOptions(text: []), keep: { _ in "logs/short.txt" })
        #expect(file.text.withLock { $0.suffix(15) } == Array("no such symbol\n".utf8)[...])
    }

    @Test(arguments: [
        ("R9 !read_ok\n", true, LogCut?.none), ("17: (95) ex", false, .limit),
        (
            "17: (95) exit\n-- compat-matrix cut the log here; --full-logs keeps all of it --\nR9 !read_ok\n", false,
            .abridged
        ),
    ])
    func missingPartOfALogIsReported(log: String, isComplete: Bool, cut: LogCut?) throws {
        let cell = PlannedCell(
            key: CellKey(kernel: "debian-6.1", probe: "p", variant: "v", loader: "libbpf"), object: "/p.o",
            objectDigest: "d", programs: ["first"], expectations: [])
        var report = report(errno: 13)
        report.logComplete = isComplete
        let evidence = Evidence(
            programs: [Evidence.Program(report: report, verifierLog: Array(log.utf8))], ending: .finished(.exited(0)))
        let result = try Judge().result(
            of: cell, kernel: #require(KernelID("debian-6.1")), evidence: evidence, release: nil,
            kernelConfig: KernelOptions(text: []), keep: { _ in "logs/short.txt" })
        let program = try #require(result.programs.first)
        #expect((program.logComplete, program.logCut) == (isComplete, cut))
        #expect(program.cause?.id == (cut == .limit ? "log-full" : "not-init"))
    }

    @Test func logOutOfMemoryIsRetried() {
        var short = report(errno: 13)
        short.logLacksMemory = true
        let evidence = Evidence(programs: [Evidence.Program(report: short)], ending: .finished(.exited(0)))
        #expect(evidence.lacksMemory)
        #expect(Round.first.next(after: evidence) == .large)
        #expect(Round.large.next(after: evidence) == nil)
    }
}
