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
    /// What stands between libbpf and the kernel in our loader changes no result: libbpf alone says the same.
    @Suite(.serialized, .ownProcessor) struct PlainLibbpfTests {
        @Test func matchesLibbpfAlone() async throws {
            try await withFolder { folder async throws in
                let variants = try await ProbeSelection().build(folder: Repository.probes, cache: SharedCache.compiled)
                    .filter { $0.object != nil }
                for kernel in try ["ubuntu-4.15", "ubuntu-5.4", "debian-7.3"].map(Repository.kernel) {
                    async let ours = results(of: variants, on: kernel, guest: Repository.guestTools)
                    async let plain = results(of: variants, on: kernel, guest: Repository.testGuest("plain"))
                    let (left, right) = try await (ours, plain)
                    #expect(left.count >= variants.count)
                    #expect(left.values.contains(0) && left.values.contains { $0 != 0 })
                    for program in Set(left.keys).union(right.keys) {
                        #expect(left[program] == right[program], "\(kernel.id) \(program)")
                    }
                }
            }
        }

        /// By variant and program, the errno that loading it came to.
        private func results(
            of variants: [BuiltVariant], on kernel: KernelImage, guest: FilePath
        ) async throws -> [String: Int32] {
            try await Bench.with(guest: guest) { bench in
                let cells = try variants.map { variant in
                    let object = try #require(variant.object)
                    return PlannedCell(
                        key: CellKey(
                            kernel: kernel.id.text, probe: variant.probe,
                            variant: "\(variant.probe)/\(variant.variant)",
                            loader: "libbpf"),
                        object: object.path, objectDigest: object.digest, programs: variant.programs, expectations: [])
                }
                let measurement = try await Measurement(
                    KernelBatch(kernel: kernel.id, spec: bench.spec(kernel), cells: cells), backend: bench.backend(),
                    cellLimit: .seconds(30))
                var results: [String: Int32] = [:]
                for (variant, evidence) in measurement.evidence {
                    #expect(evidence.ending == .finished(.exited(0)), "\(variant)")
                    for program in evidence.programs {
                        results["\(variant) \(program.report.name)"] = program.report.errno
                    }
                }
                return results
            }
        }
    }
}
