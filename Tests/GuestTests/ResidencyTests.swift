import GuestLink
import KernelStore
import Machine
import Manifests
import MatrixModel
import MatrixRunner
import ProbeObject
import Testing

extension GuestTests {
    /// Neither a resident loader nor the cells before change what comes of a cell.
    @Suite(.serialized, .ownProcessorForLong) struct ResidencyTests {
        /// The oldest, one without and one with the kernel's BTF, the newest.
        private static let kernels = ["ubuntu-4.15", "ubuntu-5.4", "debian-6.1", "debian-7.3"]
        private static let loaders = ["libbpf", "aya", "cilium"]
        private static let seed: UInt64 = 12

        /// All default cells of a kernel, three times: resident, resident in another order, and with a loader and a shell of their own.
        @Test func defaultCellsAreTheSameAloneAndInAnyOrder() async throws {
            try await Bench.with(guest: Repository.guestTools) { bench in
                let variants = try await ProbeSelection().build(folder: Repository.probes, cache: bench.folder)
                let compared = try await Self.kernels.concurrentMap(width: 2) { id in
                    try await Self.compare(variants, on: Repository.kernel(id), bench: bench)
                }
                for (id, count) in zip(Self.kernels, compared) { #expect(count > 100, "\(id)") }
            }
        }

        /// Returns how many cells were compared.
        private static func compare(
            _ variants: [BuiltVariant], on kernel: KernelImage, bench: Bench
        ) async throws -> Int {
            let cells = try variants.flatMap { try plan($0, on: kernel) }
            var generator = SeededGenerator(seed: seed)
            let shuffled = cells.shuffled(using: &generator)
            #expect(shuffled.map(\.key) != cells.map(\.key))
            let resident = try await outcomes(of: cells, on: kernel, bench: bench)
            let inAnotherOrder = try await outcomes(of: shuffled, on: kernel, bench: bench)
            let alone = try await outcomes(of: cells.map(\.alone), on: kernel, bench: bench)
            for cell in cells {
                let name = cell.key.variant
                let outcome = try #require(resident[name])
                #expect(outcome == inAnotherOrder[name], "\(kernel.id) \(name), shuffled with seed \(seed)")
                #expect(outcome == alone[name], "\(kernel.id) \(name), alone")
            }
            return cells.count
        }

        private static func plan(_ variant: BuiltVariant, on kernel: KernelImage) throws -> [PlannedCell] {
            let takers =
                variant.ownLoader.map { [$0] }
                ?? loaders.filter { loader in
                    variant.settings.loaders?.contains { $0.matches(loader) } ?? (loader == "libbpf")
                }
            let modules = try Repository.modules(variant.settings.modules, of: kernel.id.text)
            return takers.map { loader in
                PlannedCell(
                    key: CellKey(
                        kernel: kernel.id.text, probe: variant.probe,
                        variant: "\(variant.probe)/\(variant.variant) \(loader)", loader: loader),
                    object: variant.object.map { PlannedFile(path: $0.path, digest: $0.digest, lines: $0.lines) },
                    programs: variant.programs, plan: variant.plan, modules: modules, expectations: [])
            }
        }

        /// By variant.
        private static func outcomes(
            of cells: [PlannedCell], on kernel: KernelImage, bench: Bench
        ) async throws -> [String: Outcome] {
            // A loader that is started for its cell needs memory in addition to the three that wait.
            let batch = KernelBatch(
                kernel: kernel.id, spec: bench.spec(kernel, memoryMiB: 320), config: kernel.config, cells: cells)
            let measurement = try await Measurement(batch, backend: bench.backend(), cellLimit: .seconds(90))
            let texts = Dictionary(uniqueKeysWithValues: cells.map { ($0.key.variant, $0.plan?.event?.contains) })
            return Dictionary(
                uniqueKeysWithValues: measurement.cells.map { name, cell in
                    (name, Outcome(cell, event: measurement.evidence[name]?.event ?? [], text: texts[name] ?? nil))
                })
        }
    }
}

/// What neither residency nor order may change.
private struct Outcome: Equatable, CustomStringConvertible {
    private let lines: [String]

    /// Numbers of processes, times and addresses make up most events, and differ from run to run: what counts is whether one came, and
    /// that it holds `text`.
    init(_ cell: CellResult, event: [UInt8], text: String?) {
        let holdsText = text.map { String(decoding: event, as: UTF8.self).contains($0) }
        let event = event.isEmpty ? "no event" : holdsText == false ? "another event" : "the event"
        lines =
            ["\(cell.verdict) \(cell.stage?.rawValue ?? "-") \(event) \(cell.reason ?? "")"]
            + cell.programs.map {
                "\($0.name): \($0.verdict) \($0.stage?.rawValue ?? "-") \($0.errno) \($0.cause?.id ?? "no cause")"
            }
    }

    var description: String { lines.joined(separator: "; ") }
}

extension PlannedCell {
    /// The same cell, with a loader and a shell of its own.
    fileprivate var alone: PlannedCell {
        var cell = self
        cell.options = .alone
        return cell
    }
}

/// SplitMix64: the same numbers wherever the tests run.
private struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
