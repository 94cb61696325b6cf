import MatrixAnalysis
import MatrixModel
import MatrixSamples
import Testing

/// A plan from a picture: a line a variant, a letter a kernel.
///
/// `p` passes at the load and `P` fires, `f` fails, `.` was not measured; digits pass with so many instructions.
struct VariantPlanTests {
    private static let kernels = ["el7-3.10", "ubuntu-5.4", "debian-5.10", "debian-6.1", "debian-6.12"]

    private static func plan(_ rows: KeyValuePairs<String, String>) throws -> ProbePlan {
        let cells = rows.flatMap { variant, letters in
            zip(kernels, letters).map { kernel, letter -> CellResult in
                switch letter {
                case "f": .sample(kernel, variant, .fail)
                case ".": .sample(kernel, variant, .notMeasured)
                case "P": .sample(kernel, variant, .pass, stage: .fire)
                default:
                    .sample(
                        kernel, variant, .pass,
                        programs: [.sample("watch", .pass, instructions: letter.wholeNumberValue)])
                }
            }
        }
        let document = MatrixDocument.sample(kernels: kernels.map { .sample($0) }, cells: cells)
        return try #require(VariantPlan(document).probes.first)
    }

    @Test func theFewestVariants() throws {
        let plan = try Self.plan(["new": "ffppp", "old": "ppfff", "half": "fppff", "everything-but": "fpppf"])
        #expect(plan.cover.map(\.variant) == ["new", "old"] && plan.isExact)
        #expect(plan.kernels.map(\.fromCover?.variant) == ["old", "old", "new", "new", "new"])
        #expect(plan.uncovered == [] && plan.notMeasured == [])
    }

    @Test func uncoveredAndUnknownKernels() throws {
        let plan = try Self.plan(["a": "f.fpp", "b": "f.f.f"])
        #expect(plan.uncovered == ["el7-3.10", "debian-5.10"])
        #expect(plan.notMeasured == ["ubuntu-5.4"])
        #expect(plan.kernels.map(\.missing.count) == [0, 2, 0, 1, 0])
        #expect(plan.cover.map(\.variant) == ["a"])
    }

    @Test func nothingPasses() throws {
        let plan = try Self.plan(["a": "fffff", "b": "....."])
        #expect(plan.cover == [] && plan.isExact)
        #expect(plan.contenders.map(\.standing) == [.passesNowhere, .notMeasured])
        #expect(plan.dead.map(\.variant) == ["a"])
        #expect(plan.support.lowest == nil && plan.support.steadyFrom == nil)
    }

    /// Furthest, then cheapest, a cost that is not known behind every other, then by name.
    @Test(
        arguments: [
            (["a": "5", "b": "P"], "b"), (["a": "5", "b": "3"], "b"), (["a": "p", "b": "9"], "b"),
            (["b": "p", "a": "p"], "a"), (["b": "3", "a": "3"], "a"),
        ] as [(KeyValuePairs<String, String>, String)])
    func winners(rows: KeyValuePairs<String, String>, winner: String) throws {
        #expect(try Self.plan(rows).kernels.first?.winner?.variant == winner)
    }

    @Test func standings() throws {
        let plan = try Self.plan([
            "all": "ppppp", "fires-later": "fffPP", "no-more": "fppff", "never": "fffff", "twin": "ppppp",
        ])
        func standing(_ variant: String) -> ContenderStanding? {
            plan.contenders.first { $0.contender.variant == variant }
        }
        #expect(standing("all")?.standing == .chosen)
        #expect(standing("no-more")?.standing == .dominated && standing("no-more")?.by?.variant == "all")
        // It gets farther than the one that covers everything.
        #expect(standing("fires-later")?.standing == .spare && standing("fires-later")?.wins == 2)
        #expect(standing("never")?.standing == .passesNowhere)
        #expect(standing("twin")?.standing == .dominated && standing("twin")?.by?.variant == "all")
        #expect(plan.dead.map(\.variant) == ["never", "no-more", "twin"])
    }

    /// Without the kernel that was not measured, it is unknown whether one of them is as good as the other.
    @Test func unmeasuredVariantDominatesNothing() throws {
        let plan = try Self.plan(["a": ".pppp", "b": "p...."])
        #expect(plan.cover.map(\.variant) == ["a", "b"] && plan.dead == [])
    }

    @Test(
        arguments: [
            ("ffppp", "debian-5.10", "debian-5.10", []), ("ppppp", "el7-3.10", "el7-3.10", []),
            ("pffpp", "el7-3.10", "debian-6.1", ["ubuntu-5.4", "debian-5.10"]),
            ("fpppf", "ubuntu-5.4", nil, ["debian-6.12"]), (".p.pp", "ubuntu-5.4", "ubuntu-5.4", []),
            ("fffff", nil, nil, []), ("fppf.", "ubuntu-5.4", nil, ["debian-6.1"]),
        ] as [(String, String?, String?, [String])])
    func lowestKernel(row: String, lowest: String?, steadyFrom: String?, holes: [String]) throws {
        let support = try Self.plan(["a": row]).support
        #expect(support.lowest == lowest && support.steadyFrom == steadyFrom && support.holes == holes)
        #expect(support.notMeasured.count == row.count { $0 == "." })
    }

    /// There is one plan per library, and variants without a library are part of each of them.
    @Test func loaders() {
        let libraries = [("aya", "aya"), ("libbpf", "libbpf"), ("tracefs", nil)]
        let document = MatrixDocument.sample(
            kernels: [.sample("ubuntu-5.4"), .sample("debian-6.1")],
            loaders: libraries.map {
                LoaderRow(name: $0, library: $1, version: nil, status: .available, reason: nil)
            },
            cells: [
                .sample("ubuntu-5.4", "object", .fail, loader: "aya"),
                .sample("debian-6.1", "object", .pass, loader: "aya"),
                .sample("ubuntu-5.4", "object", .pass), .sample("debian-6.1", "object", .pass),
                .sample("ubuntu-5.4", "event", .pass, loader: "tracefs"),
                .sample("debian-6.1", "event", .fail, loader: "tracefs"),
            ])
        let plans = VariantPlan(document).probes
        #expect(plans.map(\.loader) == ["aya", "libbpf"])
        #expect(
            plans.map(\.cover) == [
                [Contender(variant: "event", loader: "tracefs"), Contender(variant: "object", loader: "aya")],
                [Contender(variant: "object", loader: "libbpf")],
            ])
    }

    /// Only what needs no library: one plan, without a loader.
    @Test func noLibraryAtAll() {
        let document = MatrixDocument.sample(
            kernels: [.sample("ubuntu-5.4")],
            loaders: [LoaderRow(name: "tracefs", library: nil, version: nil, status: .available, reason: nil)],
            cells: [.sample("ubuntu-5.4", "event", .pass, loader: "tracefs")])
        #expect(VariantPlan(document).probes.map(\.loader) == [nil])
    }
}
