import MatrixModel
import MatrixSamples
import Testing

@testable import MatrixAnalysis

@Suite struct LoaderDifferencesTests {
    private static let kernels = ["debian-5.10", "debian-6.1", "debian-6.12"].map { KernelRow.sample($0) }

    private func failing(_ kernel: String, _ variant: String, _ loader: String, cause: String?, errno: Int32 = 22)
        -> CellResult
    {
        .sample(
            kernel, variant, .fail, stage: .open, loader: loader,
            programs: [.sample("watch", .fail, stage: .open, errno: errno, cause: cause)])
    }

    private func differences(_ cells: [CellResult]) -> [LoaderDifference] {
        LoaderDifferences(.sample(kernels: Self.kernels, cells: cells)).differences
    }

    @Test func namesTheCauseOfTheOneThatFails() throws {
        let found = differences(
            Self.kernels.flatMap { kernel in
                [
                    failing(kernel.id, "legacy", "libbpf", cause: "legacy-maps"),
                    .sample(kernel.id, "legacy", .pass, loader: "aya"),
                    .sample(kernel.id, "legacy", .pass, loader: "cilium"),
                ]
            })
        let difference = try #require(found.first)
        #expect(found.count == 1)
        #expect(difference.loader == "libbpf")
        #expect(difference.stage == .open)
        #expect(difference.cause == "legacy-maps")
        #expect(difference.line == "R2 legacy-maps")
        #expect(difference.suggestion == "Mend it.")
        #expect(
            difference.places == [
                .init(
                    probe: "readline", variant: "legacy", passing: ["aya", "cilium"],
                    kernels: ["debian-5.10", "debian-6.1", "debian-6.12"])
            ])
    }

    @Test func twoThatFailAreNoDifference() {
        #expect(
            differences([
                failing("debian-6.1", "v", "libbpf", cause: "a"), failing("debian-6.1", "v", "aya", cause: "b"),
            ]).isEmpty)
    }

    @Test func unmeasuredCellIsNoDifference() {
        #expect(
            differences([
                .sample("debian-6.1", "v", .pass), .sample("debian-6.1", "v", .notMeasured, loader: "aya"),
            ]).isEmpty)
        #expect(
            differences([
                .sample("debian-6.1", "v", .notMeasured), failing("debian-6.1", "v", "aya", cause: "a"),
            ]).isEmpty)
    }

    @Test func oneLoaderIsNoDifference() {
        #expect(
            differences([.sample("debian-6.1", "v", .pass), failing("debian-6.12", "v", "libbpf", cause: "a")]).isEmpty)
    }

    @Test func everyFailureIsReported() {
        let found = differences([
            .sample("debian-5.10", "v", .pass), failing("debian-5.10", "v", "aya", cause: "global-data"),
            .sample("debian-6.1", "v", .pass), failing("debian-6.1", "v", "aya", cause: nil, errno: 13),
            .sample("debian-6.12", "v", .pass), failing("debian-6.12", "v", "aya", cause: nil, errno: 1),
            .sample("debian-6.12", "w", .pass), failing("debian-6.12", "w", "aya", cause: "global-data", errno: 1),
        ])
        #expect(found.map(\.cause) == ["global-data", nil, nil])
        #expect(found.map(\.cells) == [2, 1, 1])
        #expect(found[0].places.map(\.variant) == ["v", "w"])
        #expect(Set(found[1...].map(\.errno)) == [1, 13])
    }

    @Test func crashesAndOtherPassersArePlacesOfTheirOwn() {
        var crash = CellResult.sample("debian-6.12", "v", .crash, loader: "aya", programs: [])
        crash.reason = "BUG: in the guest"
        let found = differences([
            .sample("debian-6.1", "v", .pass), .sample("debian-6.1", "v", .pass, loader: "cilium"),
            failing("debian-6.1", "v", "aya", cause: "a"),
            .sample("debian-5.10", "v", .pass), failing("debian-5.10", "v", "cilium", cause: "a"),
            failing("debian-5.10", "v", "aya", cause: "a"),
            .sample("debian-6.12", "v", .pass), crash,
        ])
        #expect(found.map { "\($0.loader) \($0.verdict)" } == ["aya fail", "aya crash", "cilium fail"])
        #expect(found[0].places.map(\.passing) == [["libbpf"], ["cilium", "libbpf"]])
        #expect(found[1].reason == "BUG: in the guest")
    }

    @Test func countsHowFarEachGets() {
        let reach = LoaderReach.all(
            in: .sample(
                kernels: Self.kernels,
                cells: [
                    .sample("debian-5.10", "v", .pass), .sample("debian-5.10", "w", .notMeasured),
                    failing("debian-6.1", "v", "libbpf", cause: "a"), .sample("debian-6.12", "v", .pass, loader: "aya"),
                ]))
        #expect(
            reach == [
                LoaderReach(loader: "aya", kernels: [.init(kernel: "debian-6.12", passed: 1, measured: 1)]),
                LoaderReach(
                    loader: "libbpf",
                    kernels: [
                        .init(kernel: "debian-5.10", passed: 1, measured: 1),
                        .init(kernel: "debian-6.1", passed: 0, measured: 1),
                    ]),
            ])
        #expect(reach[1].passed == 1 && reach[1].measured == 2)
    }
}
