package import ArgumentParser
import Loaders
import Manifests
import MatrixModel
import MatrixSession
import SystemPackage

package struct ProbesList: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List all probes and their variants.")

    @Flag(help: "Print JSON.")
    var json = false

    package init() {}

    package func run() async throws {
        let workspace = try Workspace.ofThisProcess()
        let probes = try workspace.catalogue(workspace.projectManifest())
        print(try json ? ProbeListing.json(probes) : ProbeListing.table(probes))
    }
}

/// The output of `probes list`.
enum ProbeListing {
    /// One line per variant.
    static func table(_ probes: [ProbeManifest]) -> String {
        Output.table(
            header: ["PROBE", "VARIANT", "CPU", "LOADERS", "NOT EXPECTED TO PASS ON"],
            rows: probes.flatMap { probe in
                probe.variants.map {
                    [
                        probe.name, $0.name, $0.cpu ?? "-", $0.loaderNames.joined(separator: ", "),
                        failing($0.expectations),
                    ]
                }
            })
    }

    static func json(_ probes: [ProbeManifest]) throws -> String { try Output.json(probes.map(Entry.init)) }

    /// `<5.4 or el7-* with aya`.
    private static func failing(_ expectations: [Expectation]) -> String {
        let rules = expectations.filter { $0.verdict != .pass && $0.verdict != nil }.map { rule in
            let loaders = rule.loaders.map { " with " + $0.map(\.description).joined(separator: ", ") }
            return "\(rule.kernels)\(loaders ?? "")"
        }
        return rules.isEmpty ? "-" : rules.joined(separator: " or ")
    }

    private struct Entry: Encodable {
        struct Variant: Encodable {
            var name: String
            @Nullable var cpu: String?
            @Nullable var file: String?
            /// Globs over loader names.
            var loaders: [String]
            var expect: [Rule]
        }

        struct Rule: Encodable {
            var kernels: String
            /// Globs over loader names.
            var loaders: [String]
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
                        kernels: "\($0.kernels)", loaders: ($0.loaders ?? [Glob("*")]).map(\.description),
                        verdict: $0.verdict?.rawValue ?? "any", stage: $0.stage,
                        cause: $0.cause, reason: $0.reason)
                }
                return Variant(
                    name: variant.name, cpu: variant.cpu, file: variant.file.map { "\($0)" },
                    loaders: variant.loaderNames, expect: rules)
            }
        }
    }
}

extension ProbeVariant {
    /// The loaders that run it, as globs over their names.
    fileprivate var loaderNames: [String] {
        switch origin {
        case .tracefs: [ShippedLoader.tracefs.rawValue]
        case .exec: [ShippedLoader.exec.rawValue]
        case .source, .object: settings.loaders?.map(\.description) ?? [ShippedLoader.libbpf.rawValue]
        }
    }
}
