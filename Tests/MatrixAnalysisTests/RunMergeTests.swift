import MatrixAnalysis
import MatrixModel
import MatrixSamples
import Testing

struct RunMergeTests {
    private static let variants = ["z-first", "masked", "a-last", "plain"]
    private static let kernels = ["ubuntu-5.4", "debian-5.10", "debian-6.1"]

    private static func whole() -> MatrixDocument {
        .sample(
            kernels: kernels.map { .sample($0, release: "\($0) release") },
            cells: kernels.flatMap { kernel in variants.map { CellResult.sample(kernel, $0, .pass) } })
    }

    /// Every `count`-th cell, the way `run --shard` deals them out.
    private static func shards(_ count: Int) -> [RunMerge.Part] {
        (0..<count).map { index in
            var document = whole()
            document.run.id = "20261122T10000\(index)Z-\(index)"
            document.run.startedAt = "2026-11-22T10:00:0\(index)Z"
            document.run.durationSeconds = Double(index)
            document.cells = document.cells.enumerated().filter { $0.offset % count == index }.map(\.element)
            return RunMerge.Part(name: "shard-\(index + 1).json", document: document)
        }
    }

    @Test(arguments: 1...7) func shardsMakeOneRun(count: Int) throws {
        let shards = Self.shards(count)
        let joined = try RunMerge.join(shards)
        let whole = Self.whole()
        #expect(Set(joined.cells) == Set(whole.cells) && joined.cells.count == whole.cells.count)
        #expect(joined.kernels == whole.kernels)
        let names = joined.cells.map { "\($0.kernel) \($0.variant)" }
        let inOrder = Self.kernels.flatMap { kernel in Self.variants.sorted().map { "\(kernel) \($0)" } }
        #expect(count == 1 ? joined.cells == whole.cells : names == inOrder)
        #expect(joined.run.startedAt == "2026-11-22T10:00:00Z" && joined.run.durationSeconds == Double(count - 1))
        #expect(try RunMerge.join(shards.reversed()) == joined)
        #expect(!shards.map(\.document.run.id).contains(joined.run.id) || count == 1)
    }

    private static func part(_ name: String, _ verdict: Verdict, release: String? = nil, version: String? = nil)
        -> RunMerge.Part
    {
        RunMerge.Part(
            name: name,
            document: .sample(
                kernels: [.sample("debian-6.1", release: release, status: release == nil ? .notMeasured : .measured)],
                loaders: [
                    LoaderRow(
                        name: "aya", library: version.map { _ in "aya" }, version: version,
                        status: version == nil ? .missing : .available, reason: version == nil ? "no cargo" : nil)
                ],
                cells: [.sample("debian-6.1", "a", verdict, loader: "aya")]))
    }

    /// One machine has the kernel and the loader, the other has not.
    @Test(arguments: [true, false]) func whatOneOfThemMeasuredCounts(reversed: Bool) throws {
        let parts = [
            Self.part("one", .notMeasured), Self.part("two", .pass, release: "6.1.0-56", version: "0.13"),
        ]
        let joined = try RunMerge.join(reversed ? parts.reversed() : parts)
        #expect(joined.cells.map(\.verdict) == [.pass])
        #expect(joined.kernels.map(\.release) == ["6.1.0-56"] && joined.kernels.map(\.status) == [.measured])
        #expect(joined.kernels.map(\.reason) == [nil])
        #expect(joined.loaders.map(\.version) == ["0.13"] && joined.loaders.map(\.status) == [.available])
    }

    @Test func theSameCellTwiceCountsOnce() throws {
        let part = Self.part("one", .fail, release: "6.1.0-56", version: "0.13")
        #expect(try RunMerge.join([part, part]).cells.count == 1)
    }

    @Test(
        arguments: [
            (part("one", .pass), part("two", .fail), ["debian-6.1 readline/a (aya)", "pass in one", "fail in two"]),
            (
                part("one", .pass, release: "6.1.0-55"), part("two", .pass, release: "6.1.0-56"),
                ["kernel debian-6.1", "6.1.0-55 in one", "6.1.0-56 in two"]
            ),
            (
                part("one", .pass, version: "0.13"), part("two", .pass, version: "0.14"),
                ["loader aya", "0.13 in one", "0.14 in two"]
            ),
        ] as [(RunMerge.Part, RunMerge.Part, [String])])
    func conflicts(one: RunMerge.Part, two: RunMerge.Part, words: [String]) {
        let error = #expect(throws: RunMergeError.self) { try RunMerge.join([one, two]) }
        for word in words { #expect(error.map { "\($0)" }?.contains(word) == true, "\(word)") }
    }

    @Test func partsOfSeveralMachines() throws {
        var parts = Self.shards(2)
        parts[0].document.run.host = HostInfo(qemu: "10.0.2", accelerator: "kvm", cpus: 16)
        parts[1].document.run.tool = "0.2.0"
        let run = try RunMerge.join(parts).run
        #expect(run.host.cpus == 16 && run.host.accelerator == nil && run.host.qemu == "10.0.2")
        #expect(run.tool == "0.1.0, 0.2.0")
    }

    /// A rule is needed when one of the shards needed it, and not needed only where all could say so.
    @Test(
        arguments: [
            ([.used, .untested], .used), ([.untested, .used], .used), ([.untested, .untested], .untested),
            ([.unneeded, .untested], .untested), ([.unneeded, .unneeded], .unneeded), ([.expired, .expired], .expired),
        ] as [([ExceptionRow.State], ExceptionRow.State)])
    func rules(states: [ExceptionRow.State], state: ExceptionRow.State) throws {
        let parts = states.enumerated().map { index, state in
            var part = Self.part("\(index)", .fail)
            part.document.run.id += "\(index)"
            part.document.exceptions = [
                ExceptionRow(
                    probe: "readline", file: "readline/probe.yaml", line: 7, variants: "*", kernels: "<5.4",
                    verdict: .fail,
                    reason: nil, expires: nil, state: state, cells: 1)
            ]
            return part
        }
        let joined = try RunMerge.join(parts)
        #expect(joined.exceptions.map(\.state) == [state] && joined.exceptions.map(\.cells) == [2])
    }
}
