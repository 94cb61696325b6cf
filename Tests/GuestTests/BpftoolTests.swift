import GuestImage
import GuestLink
import KernelStore
import Machine
import MatrixModel
import MatrixRunner
import ProbeObject
import SystemPackage
import TestSupport
import Testing

extension GuestTests {
    /// Our loader's results for the default probes match bpftool's in the same guest.
    ///
    /// Compared are: whether an object loads; otherwise its errno, if bpftool prints one; which program was rejected
    /// first, if it came to programs; and the verifier's log. The log is compared except for
    /// - the totals at its end, which our loader requests (`BPF_LOG_STATS`) and bpftool does not,
    /// - the addresses of maps, which differ between loads,
    /// - what follows libbpf's own `<invalid …>`: bpftool contains another libbpf.
    @Suite(.serialized, .ownProcessor) struct BpftoolTests {
        @Test(arguments: ["ubuntu-4.15", "ubuntu-5.4", "debian-7.3"])
        func matchesBpftool(id: String) async throws {
            try await withFolder { folder async throws in
                let kernel = try Repository.kernel(id)
                let variants = try await ProbeSelection().build(folder: Repository.probes, cache: SharedCache.compiled)
                    .filter { $0.object != nil }
                let bpftool = try await DynamicProgram("/usr/sbin/bpftool")
                let measurement = try await Bench.with(guest: Repository.testGuest("bpftool"), programs: [bpftool]) {
                    bench in
                    let cells = try variants.flatMap { variant in
                        try ["libbpf", "bpftool"].map { try cell(variant, on: kernel.id, loader: $0) }
                    }
                    return try await Measurement(
                        KernelBatch(kernel: kernel.id, spec: bench.spec(kernel), cells: cells),
                        backend: bench.backend(), cellLimit: .seconds(60))
                }
                let answers = try variants.map { variant in
                    let name = "\(variant.probe)/\(variant.variant)"
                    let ours = try #require(measurement.evidence["\(name) libbpf"])
                    let theirs = try #require(measurement.evidence["\(name) bpftool"])
                    #expect(ours.ending == .finished(.exited(0)) && theirs.ending == .finished(.exited(0)), "\(name)")
                    let (left, right) = (Answer(ours), Answer(bpftool: theirs))
                    #expect(left.isSuccess == right.isSuccess && left.program == right.program, "\(id) \(name)")
                    #expect(right.errno == nil || left.errno == right.errno, "\(id) \(name)")
                    let lines = min(left.comparable, right.comparable)
                    #expect(left.log.prefix(lines) == right.log.prefix(lines), "\(id) \(name)")
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
                object: variant.object.map { PlannedFile(path: $0.path, digest: $0.digest) },
                programs: variant.programs, expectations: [])
        }
    }
}

/// What came of an object.
private struct Answer {
    var isSuccess = true
    /// The first program that was rejected; empty if it did not come to that.
    var program = ""
    /// Positive.
    var errno: Int32?
    /// The verifier's output.
    var log: [Substring] = []

    /// How many lines of the log are the kernel's alone.
    var comparable: Int {
        guard let word = log.firstIndex(where: { $0.contains("<invalid ") }) else { return .max }
        return word
    }

    init(_ ours: Evidence) {
        guard let refused = ours.programs.first(where: { $0.report.errno != 0 }) else { return }
        isSuccess = false
        errno = refused.report.errno
        if refused.report.stage == .load { program = refused.report.name }
        log = Self.words(of: String(decoding: refused.verifierLog, as: UTF8.self)[...])
    }

    /// - `libbpf: prog 'watch': -- BEGIN PROG LOAD LOG --`, the log, `-- END PROG LOAD LOG --`
    /// - `libbpf: prog 'watch': failed to load: -13`, or the errno of an earlier step: `failed to create: … (-22)`
    init(bpftool: Evidence) {
        guard let report = bpftool.programs.first, report.report.errno != 0 else { return }
        isSuccess = false
        let text = String(decoding: report.loader.bytes, as: UTF8.self)
        program = text.firstMatch(of: /prog '([^']*)': failed to load: -/).map { String($0.output.1) } ?? ""
        errno = text.matches(of: /: (?:.*\()?-(\d+)\)?\n/).last.flatMap { Int32($0.output.1) }
        if let found = text.firstMatch(of: /-- BEGIN PROG LOAD LOG --\n((?s:.*?))-- END PROG LOAD LOG --/) {
            log = Self.words(of: found.output.1)
        }
    }

    private static func words(of log: Substring) -> [Substring] {
        log.split(separator: "\n").filter { line in
            !["processed ", "verification time ", "stack depth ", "subprog "].contains { line.hasPrefix($0) }
        }.map { $0.replacing(/0xff[0-9a-f]{14}/, with: "ADDRESS") }
    }
}
