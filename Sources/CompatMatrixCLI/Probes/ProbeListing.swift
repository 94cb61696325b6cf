import Manifests
import MatrixModel

/// The probes as `probes list` shows them.
enum ProbeListing {
    /// One line a variant.
    static func table(_ probes: [ProbeManifest]) -> String {
        Output.table(
            header: ["PROBE", "VARIANT", "CPU", "NOT EXPECTED TO PASS ON"],
            rows: probes.flatMap { probe in
                probe.variants.map { [probe.name, $0.name, $0.cpu ?? "-", failing($0.expectations)] }
            })
    }

    static func json(_ probes: [ProbeManifest]) throws -> String { try Output.json(probes.map(Entry.init)) }

    private static func failing(_ expectations: [Expectation]) -> String {
        let kernels = expectations.filter { $0.verdict != .pass && $0.verdict != nil }.map(\.kernels.description)
        return kernels.isEmpty ? "-" : kernels.joined(separator: " or ")
    }

    private struct Entry: Encodable {
        struct Variant: Encodable {
            var name: String
            @Nullable var cpu: String?
            @Nullable var file: String?
            var expect: [Rule]
        }

        struct Rule: Encodable {
            var kernels: String
            /// A verdict, or `any`.
            var verdict: String
            @Nullable var stage: Stage?
            @Nullable var cause: String?
            @Nullable var reason: String?
        }

        var name: String
        var summary: String
        var variants: [Variant]

        init(_ probe: ProbeManifest) {
            name = probe.name
            summary = probe.summary
            variants = probe.variants.map { variant in
                let rules = variant.expectations.map {
                    Rule(
                        kernels: "\($0.kernels)", verdict: $0.verdict?.rawValue ?? "any", stage: $0.stage,
                        cause: $0.cause, reason: $0.reason)
                }
                return Variant(name: variant.name, cpu: variant.cpu, file: variant.file.map { "\($0)" }, expect: rules)
            }
        }
    }
}
