import GuestLink
import Machine
import Testing

@testable import MatrixRunner

/// Cells that want kernel modules in their guest.
@Suite struct ModuleTests {
    private static let modules = ["net": ["veth"], "both": ["dummy", "veth"], "net2": ["veth"], "big": ["veth"]]

    private func measure(
        _ names: [String], _ backend: FakeBackend, modules: [String: [String]] = modules
    ) async throws -> [String: Evidence] {
        let objects = try Objects(names + ["dummy", "veth"])
        return try await collect([objects.batch(names, modules: modules)], backend: backend)
    }

    @Test func oneGuestRunsCellsWithoutModulesFirst() async throws {
        let backend = FakeBackend()
        let evidence = try await measure(["plain", "net", "both", "net2", "plain2"], backend)
        #expect(
            backend.attempts.map(\.work) == [["plain", "plain2", "+veth", "net", "net2", "+dummy", "both"]])
        #expect(evidence.values.allSatisfy { $0.ending == .finished(.exited(0)) })
        #expect(evidence.count == 5)
    }

    @Test func everyFurtherGuestOfACellGetsItsModules() async throws {
        let backend = FakeBackend(scripts: ["net": [.die(console: "BUG: x")], "big": [.fail(errno: 12), .pass]])
        let evidence = try await measure(["net", "net2", "big", "plain"], backend)
        #expect(
            backend.attempts.map(\.work) == [
                ["plain", "+veth", "net"],
                // The second chance of what died, what was left, and the large guest.
                ["+veth", "net"], ["+veth", "net2", "big"], ["+veth", "big"],
            ])
        #expect(backend.attempts.last?.memoryMiB == GuestSpec.largeMemoryMiB)
        #expect(evidence["big"]?.programs.first?.report.errno == 0)
    }

    /// It is not the probe's fault, and asking again would change nothing.
    @Test func moduleRejectedByTheKernelOnlyAffectsItsCells() async throws {
        let log = "<4>[    1.234567] dummy: loading out-of-tree module\n<3>[    1.3][   T48] dummy: Unknown symbol x\n"
        let backend = FakeBackend(modules: ["dummy": [.refuse(errno: 2, log: log)]])
        let evidence = try await measure(["both", "net", "plain"], backend)
        let refused = Evidence.Ending.noGuest(
            reason:
                "the kernel rejects the module 'dummy': No such file or directory; kernel log: dummy: Unknown symbol x",
            console: Array(log.utf8))
        #expect(evidence["both"]?.programs.isEmpty == true)
        #expect(evidence["both"]?.ending == refused)
        #expect(evidence["net"]?.ending == .finished(.exited(0)))
        #expect(backend.attempts.map(\.work) == [["plain", "+veth", "net", "+dummy"]])
    }

    @Test(arguments: [1, 2])
    func crashingModuleIsRetriedOnce(deaths: Int) async throws {
        let panic = "[  1.0] Kernel panic - not syncing: Fatal exception\n"
        let scripts = Array(repeating: ModuleScript.die(console: panic), count: deaths) + [.insert]
        let backend = FakeBackend(modules: ["veth": scripts])
        let evidence = try await measure(["net"], backend)
        #expect(backend.attempts.count == 2)
        let fatal = Evidence.Ending.noGuest(
            reason: "inserting the module 'veth' crashed the guest: Kernel panic - not syncing: Fatal exception",
            console: Array(panic.utf8))
        #expect(evidence["net"]?.ending == (deaths == 1 ? .finished(.exited(0)) : fatal))
    }
}
