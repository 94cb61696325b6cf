import GuestImage
import KernelStore
import MatrixModel
import MatrixRunner
import ProbeObject
import SystemPackage
import Testing

extension GuestTests {
    /// What our loader says of the default probes is what bpftool says in the same guest: whether an object loads, else
    /// which program is the first that does not, its errno, and the verifier's log.
    ///
    /// Of the log all lines but the numbers at its end are compared (our loader asks for `BPF_LOG_STATS`, bpftool does
    /// not), without the addresses of maps, which differ from load to load.
    @Suite struct BpftoolTests {
        @Test(arguments: ["ubuntu-4.15", "ubuntu-5.4", "debian-7.3"])
        func bpftoolSaysTheSame(id: String) async throws {
            try await withFolder { folder async throws in
                let kernel = try Repository.kernel(id)
                let variants = try await ProbeSelection().build(folder: Repository.probes, cache: folder)
                    .filter { $0.object != nil }
                let bpftool = try await DynamicProgram("/usr/sbin/bpftool")
                let measurement = try await Bench.with(guest: Repository.testGuest("bpftool"), programs: [bpftool]) {
                    bench in
                    let cells = try variants.flatMap { variant in
                        try ["libbpf", "bpftool"].map { try cell(variant, on: kernel.id, loader: $0) }
                    }
                    return try await Measurement(
                        KernelBatch(kernel: kernel.id, spec: bench.spec(kernel), cells: cells),
                        backend: bench.backend(), start: .cold, cellLimit: .seconds(60))
                }
                let answers = try variants.map { variant in
                    let name = "\(variant.probe)/\(variant.variant)"
                    let ours = try #require(measurement.evidence["\(name) libbpf"])
                    let theirs = try #require(measurement.evidence["\(name) bpftool"])
                    #expect(ours.ending == .finished(.exited(0)) && theirs.ending == .finished(.exited(0)), "\(name)")
                    let (left, right) = (Answer(ours), Answer(bpftool: theirs))
                    #expect(left == right, "\(id) \(name)")
                    return left
                }
                #expect(answers.contains { $0.isSuccess } && answers.contains { !$0.log.isEmpty })
            }
        }

        private func cell(_ variant: BuiltVariant, on kernel: KernelID, loader: String) throws -> PlannedCell {
            PlannedCell(
                key: CellKey(
                    kernel: kernel.text, probe: variant.probe,
                    variant: "\(variant.probe)/\(variant.variant) \(loader)", loader: loader),
                object: variant.object.map { PlannedObject(path: $0.path, digest: $0.digest) },
                programs: variant.programs, expectations: [])
        }
    }
}

/// What came of an object.
private struct Answer: Equatable {
    /// Of the first program that was refused; empty when none was.
    var program = ""
    /// Positive; 0 when all was loaded.
    var errno: Int32 = 0
    /// The verifier's words, when it was the verifier.
    var log: [String] = []

    var isSuccess: Bool { errno == 0 }

    init(_ ours: Evidence) {
        guard let refused = ours.programs.first(where: { $0.report.errno != 0 }) else { return }
        program = refused.report.name
        errno = refused.report.errno
        log = Self.words(of: String(decoding: refused.verifierLog, as: UTF8.self))
    }

    /// - `libbpf: prog 'watch': -- BEGIN PROG LOAD LOG --`, the log, `-- END PROG LOAD LOG --`
    /// - `libbpf: prog 'watch': failed to load: -13`
    init(bpftool: Evidence) {
        guard let report = bpftool.programs.first, report.report.errno != 0 else { return }
        let text = String(decoding: report.loaderLog, as: UTF8.self)
        if let end = text.firstMatch(of: /prog '([^']*)': failed to load: -(\d+)/) {
            program = String(end.output.1)
            errno = Int32(end.output.2) ?? 0
        }
        if let found = text.firstMatch(of: /-- BEGIN PROG LOAD LOG --\n((?s:.*?))-- END PROG LOAD LOG --/) {
            log = Self.words(of: String(found.output.1))
        }
    }

    private static func words(of log: String) -> [String] {
        log.split(separator: "\n").filter { line in
            !["processed ", "verification time ", "stack depth "].contains { line.hasPrefix($0) }
        }.map { $0.replacing(/0xff[0-9a-f]{14}/, with: "ADDRESS") }
    }
}
