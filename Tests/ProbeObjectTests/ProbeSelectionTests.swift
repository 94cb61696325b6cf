import HostTools
import Manifests
import MatrixModel
import SystemPackage
import TestSupport
import Testing

@testable import ProbeObject

struct ProbeSelectionTests {
    @Test(arguments: [
        ([], [], ["a/x", "a/y", "b/x"]),
        (["a"], [], ["a/x", "a/y"]),
        (["*"], ["x"], ["a/x", "b/x"]),
        ([], ["y"], ["a/y"]),
        (["b", "a"], ["y", "x"], ["a/x", "a/y", "b/x"]),
    ])
    func globsChoose(probes: [String], variants: [String], chosen: [String]) async throws {
        try await withFolder { folder in
            try await writeCatalogue(folder)
            let selection = ProbeSelection(probes: probes.map(Glob.init), variants: variants.map(Glob.init))
            let built = try await selection.build(folder: folder, cache: folder)
            #expect(built.map { "\($0.probe)/\($0.variant)" } == chosen)
        }
    }

    @Test func unmatchedGlobIsReported() async throws {
        try await withFolder { folder in
            try await writeCatalogue(folder)
            await #expect(throws: ProbeSelectionError.matchesNothing(option: "--probe", glob: "c*", known: ["a", "b"]))
            {
                try await ProbeSelection(probes: [Glob("c*")]).build(folder: folder, cache: folder)
            }
            await #expect(throws: ProbeSelectionError.matchesNothing(option: "--variant", glob: "y", known: ["x"])) {
                try await ProbeSelection(probes: [Glob("b")], variants: [Glob("y")]).build(
                    folder: folder, cache: folder)
            }
        }
    }

    /// No manifest is needed then, not even the folder.
    @Test func objectsAloneAreAllThereIs() async throws {
        try await withFolder { folder in
            let bytes = try FileBytes.read(await compiled(Sources.twoPrograms, in: folder))
            let names = ["foo.bpf.o", "bar.o", "plain"]
            let objects = try names.map { try write(bytes, to: folder.pushing(FilePath("objects/\($0)"))) }
            let built = try await ProbeSelection(objects: objects).build(
                folder: folder.appending("gone"), cache: folder)
            #expect(built.map(\.probe) == ["foo", "bar", "plain"])
            #expect(built.map(\.variant) == ["object", "object", "object"])
            #expect(built.compactMap(\.object).map(\.path) == objects)
            #expect(Set(built.compactMap(\.object).map(\.digest)) == [Digest.of(bytes)])
            #expect(built.allSatisfy { $0.expectations.isEmpty })
        }
    }

    @Test func plansComeWithTheirVariants() async throws {
        try await withFolder { folder in
            try await writeCatalogue(folder)
            let manifest = """
                summary: s
                attach: true
                variants:
                  x: { object: p.o }
                  y: { object: p.o, attach: { second: lo } }
                  z: { tracefs: { kprobe: do_exit+4 } }
                  sized: { object: p.o, attach: false, trialSizes: true }
                """
            try write(manifest.utf8, to: folder.pushing("a/probe.yaml"))
            let built = try await ProbeSelection(probes: [Glob("a")]).build(folder: folder, cache: folder)
            #expect(
                built.map { $0.plan?.text } == [
                    "attach\n", "attach\tsecond\tlo\n", "tracefs\tkprobe\tdo_exit+4\t\n", "load\ntrial-sizes\n",
                ])
            #expect(built.map { $0.object == nil } == [false, false, true, false])
            #expect(built.map(\.ownLoader) == [nil, nil, "tracefs", nil])
            #expect(
                built.map(\.programs) == [
                    ["first", "second"], ["first", "second"], ["do_exit"], ["first", "second"],
                ])
        }
    }

    @Test func twoObjectsOfOneNameAreAMistake() async throws {
        try await withFolder { folder in
            let bytes = try FileBytes.read(await compiled(Sources.twoPrograms, in: folder))
            let objects = try ["one/foo.o", "two/foo.bpf.o"].map { try write(bytes, to: folder.pushing(FilePath($0))) }
            let error = ProbeSelectionError.sameName(
                probe: "foo", variant: "object", first: "\(objects[0])", second: "\(objects[1])")
            await #expect(throws: error) {
                try await ProbeSelection(objects: objects).build(folder: folder, cache: folder)
            }
        }
    }

    /// The probes `a` (variants x, y) and `b` (x), all prebuilt.
    private func writeCatalogue(_ folder: FilePath) async throws {
        let bytes = try FileBytes.read(await compiled(Sources.twoPrograms, in: folder))
        for (probe, variants) in [("a", "x: { object: p.o }, y: { object: p.o }"), ("b", "x: { object: p.o }")] {
            try write(bytes, to: folder.pushing(FilePath("\(probe)/p.o")))
            try write(
                "summary: s\nvariants: { \(variants) }\n".utf8, to: folder.pushing(FilePath("\(probe)/probe.yaml")))
        }
    }
}
