import Foundation
import GuestImage
import KernelStore
import Loaders
import Manifests
import MatrixModel
import MatrixRunner
import ProbeObject
import RunPlanning
import Synchronization
import SystemPackage
import Testing

@testable import CompatMatrixCLI
@testable import ResultStore

/// What a run makes of probes that want kernel modules, before anything boots.
@Suite(.timeLimit(.minutes(10))) struct ModuleTests {
    /// Modules with `content`, by name; records the requests.
    private final class Shelf: GuestFileFinder {
        private let content: [String: String]
        private let asked = Mutex<[[String]]>([])

        init(_ content: [String: String]) { self.content = content }

        var questions: [[String]] { asked.withLock { $0 } }

        func externalBTF(of kernel: KernelManifest, image: KernelImage) -> ExternalBTF? { nil }

        func guestModules(_ names: [String], of kernel: KernelManifest) -> Result<[GuestModule], KernelStoreError> {
            asked.withLock { $0.append(names) }
            guard names.allSatisfy({ content[$0] != nil }) else { return .failure(.unknownID(kernel.id)) }
            return .success(names.map { GuestModule(name: $0, file: FilePath("/\($0).ko"), digest: content[$0] ?? "") })
        }
    }

    private static let manifest = """
        summary: Does nothing.
        variants:
          plain: { source: only.bpf.c }
          net: { source: only.bpf.c, modules: [veth] }
          net2: { source: only.bpf.c, modules: [veth] }
          both: { source: only.bpf.c, modules: [veth, dummy] }

        """

    /// The plan for all kernels of the sandbox and the variants above.
    private func plan(_ shelf: Shelf, in sandbox: Sandbox, fullLogs: Bool = false) async throws -> RunPlan {
        let cache = sandbox.root.appending("cache")
        let store = KernelStore(catalogueFolders: [sandbox.root.appending("kernels")], cache: cache)
        let variants = try await ProbeSelection().build(folder: sandbox.root.appending("probes"), cache: cache)
        return RunPlan(
            kernels: try await RunKernel.all(store.fetch(store.catalogue()), variants: variants, finder: shelf),
            variants: variants.map { LoadedVariant(variant: $0, loader: .dummy) },
            guestImage: try GuestImage(binaries: sandbox.root.appending("images/guest/build")), tool: "t",
            shard: nil, fullLogs: fullLogs, day: try #require(Day("2026-11-26")))
    }

    private func withProbe(_ body: (Sandbox) async throws -> Void) async throws {
        try await Sandbox.with { sandbox in
            try sandbox.addProbe()
            try sandbox.write(Self.manifest, to: "probes/tiny/probe.yaml")
            try sandbox.write(Fixture.bzImage(), to: "vmlinuz")
            try sandbox.write("source: { file: ../vmlinuz }", to: "kernels/debian-6.1.yaml")
            try await body(sandbox)
        }
    }

    @Test func cellDigestDependsOnItsModules() async throws {
        try await withProbe { sandbox in
            let plans = [
                try await plan(Shelf(["veth": "1", "dummy": "2"]), in: sandbox),
                try await plan(Shelf(["veth": "1", "dummy": "changed"]), in: sandbox),
                try await plan(Shelf(["veth": "1", "dummy": "2"]), in: sandbox),
            ]
            let inputs = try plans.map { try $0.cells.map { try #require($0.inputs) } }
            let (plain, net, net2, both) = (inputs[0][0], inputs[0][1], inputs[0][2], inputs[0][3])
            #expect(net == net2)
            #expect(Set([plain, net, both]).count == 3)
            #expect(inputs[1] == [plain, net, net2, inputs[1][3]])
            #expect(inputs[1][3] != both)
            #expect(inputs[2] == inputs[0])
            #expect(plans[0].cells[3].modules.map(\.name) == ["veth", "dummy"])
        }
    }

    /// Without the option any answer will do.
    @Test(arguments: [(LogCut?.none, true), (.abridged, false), (.limit, true)])
    func abridgedLogIsNotReusedForFullLogs(cut: LogCut?, answers: Bool) async throws {
        try await withProbe { sandbox in
            let shelf = Shelf(["veth": "1", "dummy": "2"])
            let (few, all) = try await (plan(shelf, in: sandbox), plan(shelf, in: sandbox, fullLogs: true))
            let key = few.cells[0].key
            let program = ProgramResult(
                name: "p", type: "xdp", verdict: .fail, stage: .load, errno: 7, cause: nil, log: "logs/0.txt",
                logComplete: cut == nil, logCut: cut, stats: nil)
            let stored = CachedCell(
                cell: CellResult(
                    key: key, verdict: .fail, stage: .load, expected: .pass, asExpected: false, cached: false,
                    reason: nil, console: nil, programs: [program]),
                kernel: KernelRow(
                    id: key.kernel, release: nil, family: "debian", btf: nil, start: nil, readySeconds: nil,
                    status: .measured, reason: nil))
            let hits = [try #require(few.cells[0].inputs): stored]
            #expect(few.cells[0].answer(in: hits) == stored)
            #expect((all.cells[0].answer(in: hits) != nil) == answers)
            #expect(few.cells[1].answer(in: hits) == nil)
        }
    }

    @Test func modulesAreLookedForOnceAListAndOnlyWhereThereIsAKernel() async throws {
        try await withProbe { sandbox in
            try sandbox.write("source: { file: gone }", to: "kernels/debian-6.2.yaml")
            let shelf = Shelf(["veth": "1", "dummy": "2"])
            let plan = try await plan(shelf, in: sandbox)
            #expect(Set(shelf.questions) == [["veth"], ["veth", "dummy"]])
            #expect(shelf.questions.count == 2)
            #expect(plan.cells.map { $0.inputs == nil } == [false, false, false, false, true, true, true, true])
            #expect(plan.cells.map { $0.obstacle == nil } == [true, true, true, true, false, false, false, false])
        }
    }

    @Test func missingModuleIsTheOnlyObstacle() async throws {
        try await withProbe { sandbox in
            let plan = try await plan(Shelf(["veth": "1"]), in: sandbox)
            let kernel = try #require(KernelID(plan.cells[3].key.kernel))
            #expect(plan.cells.map(\.obstacle) == [nil, nil, nil, "\(KernelStoreError.unknownID(kernel))"])
            #expect(plan.cells.map { $0.inputs == nil } == [false, false, false, true])
        }
    }

    /// The kernel came without modules: no guest is started for those who want one.
    @Test func aMissingModuleBootsNothing() async throws {
        try await withProbe { sandbox in
            try await sandbox.addObject()
            try sandbox.write(
                "summary: s\nmodules: [veth]\nvariants: { net: { object: ../../tiny.bpf.o } }",
                to: "probes/tiny/probe.yaml")
            // The stub answers `--version`, and records every other start where a guest's QEMU may write.
            let mark = "images/cache/snapshots/starts"
            try sandbox.addQEMU(version: "10.0.0", script: "echo started >>'\(sandbox.root)/\(mark)'; exit 1")
            let outcome = try await sandbox.run(
                "run", "--accel", "tcg", "--format", "json", path: sandbox.bin)
            #expect(outcome.status == .notMeasured, "\(outcome.stderr)")
            let document = try JSONDecoder().decode(MatrixDocument.self, from: Data(outcome.stdout.utf8))
            let cell = try #require(document.cells.first)
            #expect(document.cells.count == 1 && cell.verdict == .notMeasured)
            #expect(cell.reason?.contains("modules of debian-6.1") == true, "\(cell)")
            #expect(document.kernels.map(\.reason) == [cell.reason])
            #expect(try sandbox.files()[mark] == nil)
        }
    }
}
