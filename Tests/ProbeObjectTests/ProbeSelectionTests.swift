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

    @Test func settingsOfMapsAreForMapsOfTheObject() async throws {
        try await withFolder { folder in
            let maps = """
                struct { int (*type)[2]; } lines __attribute__((section(".maps"), used));
                struct { int (*type)[12]; } tables __attribute__((section(".maps"), used));
                """
            let bytes = try FileBytes.read(await compiled(maps + "\n" + Sources.twoPrograms, in: folder))
            try write(bytes, to: folder.pushing("a/p.o"))
            func build(_ maps: String) async throws -> [BuiltVariant] {
                let manifest = "summary: s\nvariants:\n  x: { object: p.o, maps: \(maps) }"
                try write(manifest.utf8, to: folder.pushing("a/probe.yaml"))
                return try await ProbeSelection().build(folder: folder, cache: folder)
            }
            let inner = "inner: { type: lru_hash, keySize: 4, valueSize: 8, maxEntries: 16 }"
            let built = try await build("{ lines: { maxEntries: 64, pin: true }, tables: { \(inner) } }")
            #expect(
                built.map { $0.plan?.text } == [
                    "load\nmax-entries\tlines\t64\npin\tlines\t/sys/fs/bpf/lines\ninner\ttables\t9\t4\t8\t16\n"
                ])
            let error = await #expect(throws: ManifestError.self) { try await build("{ line: { pin: true } }") }
            let text = error?.description ?? "none"
            let place = "\(folder.pushing("a/probe.yaml")):3: "
            #expect(text.hasPrefix("\(place)'maps' is 'line'; expected one of the object's maps: "), "\(text)")
        }
    }

    @Test func whoLoadsIsSaidOfProbesAndVariants() async throws {
        try await withFolder { folder in
            try await writeCatalogue(folder)
            let manifest = """
                summary: s
                user: nobody
                capabilities: [CAP_BPF, CAP_BPF]
                sysctls: { kernel.kptr_restrict: 0 }
                kernel-args: lockdown=integrity
                variants:
                  x: { object: p.o }
                  y: { object: p.o, user: root }
                  z: { object: p.o, capabilities: [], sysctls: { kernel.kptr_restrict: 1, kernel.x: 2 }, kernel-args: a=b }
                  event: { tracefs: { kprobe: do_exit } }
                """
            try write(manifest.utf8, to: folder.pushing("a/probe.yaml"))
            let built = try await ProbeSelection(probes: [Glob("a")]).build(folder: folder, cache: folder)
            let (bpf, shared) = ("capability\t39\tCAP_BPF\n", "sysctl\tkernel.kptr_restrict\t0\n")
            #expect(
                built.map { StagePlan.with($0.settings.privileges.privileges, sysctls: $0.settings.sysctls, nil)?.text }
                    == [
                        "load\nuser\t65534\n\(bpf)\(shared)", "load\nuser\t0\n\(bpf)\(shared)",
                        "load\nuser\t65534\nsysctl\tkernel.kptr_restrict\t1\nsysctl\tkernel.x\t2\n",
                        "load\nuser\t65534\n\(bpf)\(shared)",
                    ])
            let first = "lockdown=integrity"
            #expect(built.map(\.settings.kernelArguments) == [first, first, "\(first) a=b", first])
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
