import Foundation
import Manifests
import MatrixModel
import ProbeObject
import SystemPackage
import Testing

extension CommandTests {
    /// A program of a user's own with cilium/ebpf comes to the same as our loader, with the default probes.
    @Suite(.serialized, .ownProcessor) struct PlainCiliumTests {
        private static let kernels = ["debian-6.1", "debian-7.3"]

        /// One of each probe, of those that the loader takes and a program with nothing but an object can load as well.
        ///
        /// Each cell starts a Go runtime, which takes the better part of a second.
        private static func variants() async throws -> [BuiltVariant] {
            let all = try await ProbeSelection().build(folder: Repository.probes, cache: SharedCache.compiled).filter {
                $0.object != nil && $0.settings.maps.isEmpty && !$0.settings.trialSizes
                    && $0.settings.loaders?.contains { $0.matches("cilium") } == true
            }
            var probes: Set<String> = []
            return all.filter { probes.insert($0.probe).inserted }
        }

        @Test func aUsersProgramGivesTheSameResult() async throws {
            let variants = try await Self.variants()
            try #require(variants.count > 10)
            try await Installation.with { tool in
                var manifest = "summary: s\nvariants:\n"
                let folder = tool.work.pushing("probes/plain")
                for (number, variant) in variants.enumerated() {
                    let modules = "modules: [\(variant.settings.modules.joined(separator: ", "))]"
                    let path = folder.appending("\(number).bpf.o").string
                    manifest += """
                          own-\(number): { exec: { program: own, arguments: [\(path)], files: { \(path): \(number).bpf.o } }, \(modules) }
                          ours-\(number): { object: \(number).bpf.o, \(modules) }

                        """
                }
                try tool.replaceProbes(with: ["plain/probe.yaml": manifest])
                let files =
                    try [(Repository.guestTools.pushing("tests/plain-go"), "own")]
                    + variants.enumerated().map { (try #require($0.element.object).path, "\($0.offset).bpf.o") }
                for (file, name) in files {
                    try FileManager.default.copyItem(atPath: file.string, toPath: folder.appending(name).string)
                }
                let outcome = try await tool.run(
                    Self.kernels.flatMap { ["--kernel", $0] } + ["--loader", "exec", "--loader", "cilium"]
                ) { _ in }
                let verdicts = Dictionary(
                    uniqueKeysWithValues: try outcome.document.cells.map { ("\($0.key.kernel) \($0.key.variant)", $0) })
                for kernel in Self.kernels {
                    for (number, variant) in variants.enumerated() {
                        let own = try #require(verdicts["\(kernel) own-\(number)"])
                        let ours = try #require(verdicts["\(kernel) ours-\(number)"])
                        let note = "\(variant.probe)/\(variant.variant) on \(kernel): \(own) \(ours)"
                        #expect(own.verdict == ours.verdict, Comment(rawValue: note))
                    }
                }
                #expect(verdicts.values.contains { $0.verdict == .pass })
            }
        }
    }
}
