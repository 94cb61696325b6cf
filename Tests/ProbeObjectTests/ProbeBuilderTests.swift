import FoundationEssentials
import Manifests
import SystemPackage
import TestSupport
import Testing

@testable import ProbeObject

struct ProbeBuilderTests {
    /// What changes between two builds, and whether the object must be made again.
    enum Change: CaseIterable {
        case nothing, source, header, flag, instructionSet, objectCutShort, recordLost
    }

    @Test(arguments: Change.allCases)
    func objectIsRebuiltOnlyAfterChanges(change: Change) async throws {
        try await withFolder { folder in
            let probe = folder.appending("probes/watch")
            let cache = folder.appending("cache")
            try writeProbe(probe)
            let before = try await build(probe, cache)
            let stamp = try modified(before.path)
            switch change {
            case .nothing: break
            case .source: try write((source + "/* more */\n").utf8, to: probe.appending("watch.bpf.c"))
            case .header: try write("#define ANSWER 43\n".utf8, to: probe.appending("answer.h"))
            case .flag: try writeProbe(probe, variant: "cflags: [-DMORE]")
            case .instructionSet: try writeProbe(probe, variant: "cpu: v3")
            case .objectCutShort: try write(FileBytes.read(before.path).dropLast(), to: before.path)
            case .recordLost:
                try FileManager.default.removeItem(
                    atPath: before.path.removingLastComponent().appending("plain.key").string)
            }
            let after = try await build(probe, cache)
            #expect((try modified(after.path) == stamp) == (change == .nothing))
            #expect((after.digest == before.digest) == ![.source, .header, .instructionSet].contains(change))
            let left = try FileManager.default.contentsOfDirectory(atPath: after.path.removingLastComponent().string)
            #expect(left.sorted() == ["plain.bpf.o", "plain.key"])
        }
    }

    /// The old source is still there and unchanged, and no longer the variant's.
    @Test func anotherSourceInTheManifestIsCompiled() async throws {
        try await withFolder { folder in
            let probe = folder.appending("watch")
            try writeProbe(probe)
            let before = try await build(probe, folder.appending("cache"))
            try write((source + "int unused_marker;\n").utf8, to: probe.appending("other.bpf.c"))
            let manifest = probe.appending("probe.yaml")
            let text = String(decoding: try FileBytes.read(manifest), as: UTF8.self)
            try write(text.split(separator: "watch.bpf.c").joined(separator: "other.bpf.c").utf8, to: manifest)
            #expect(try await build(probe, folder.appending("cache")).digest != before.digest)
        }
    }

    /// Two work trees of one user share a cache and may run at the same time.
    @Test func twoProjectsWithOneProbeNameKeepApart() async throws {
        try await withFolder { folder in
            let cache = folder.appending("cache")
            var objects: [ObjectFile] = []
            for project in ["first", "second"] {
                let probe = folder.appending(project).appending("watch")
                try writeProbe(probe)
                if project == "second" {
                    try write((source + "int unused_marker;\n").utf8, to: probe.appending("watch.bpf.c"))
                }
                objects.append(try await build(probe, cache))
            }
            #expect(objects[0].path != objects[1].path)
            #expect(try ObjectFile(objects[0].path).digest == objects[0].digest)
            #expect(objects[0].digest != objects[1].digest)
        }
    }

    @Test func theDigestIsTheSameInAnotherFolder() async throws {
        try await withFolder { folder in
            var digests: Set<String> = []
            for place in ["here", "there/deeper"] {
                let probe = folder.pushing(FilePath(place)).appending("watch")
                try writeProbe(probe)
                digests.insert(try await build(probe, folder.pushing(FilePath(place))).digest)
            }
            #expect(digests.count == 1)
        }
    }

    @Test func compilerErrorIsQuotedAndLeavesNoFiles() async throws {
        try await withFolder { folder in
            let probe = folder.appending("watch")
            try writeProbe(probe)
            try write("int broken(void) { return missing; }\n".utf8, to: probe.appending("watch.bpf.c"))
            let error = await #expect(throws: ProbeObjectError.self) {
                try await build(probe, folder.appending("cache"))
            }
            let text = try #require(error?.description)
            #expect(text.hasPrefix("\(probe.appending("watch.bpf.c")) does not compile:\n"))
            #expect(text.contains("watch.bpf.c:1:27: error: use of undeclared identifier 'missing'"))
            let probes = "\(folder)/cache/probes"
            for name in try FileManager.default.contentsOfDirectory(atPath: probes) {
                #expect(try FileManager.default.contentsOfDirectory(atPath: "\(probes)/\(name)").isEmpty)
            }
        }
    }

    @Test func aSourceWithoutProgramIsNamed() async throws {
        try await withFolder { folder in
            let probe = folder.appending("watch")
            try writeProbe(probe)
            let source = try write("int helper(void) { return 1; }\n".utf8, to: probe.appending("watch.bpf.c"))
            await #expect(throws: ProbeObjectError.noProgram(source)) {
                try await build(probe, folder.appending("cache"))
            }
        }
    }

    @Test(arguments: [
        ("x.o: x.c y.h", ["x.c", "y.h"]),
        (
            "/a/x.o: x.c \\\n  /usr/include/bpf/bpf_helpers.h \\\n  y.h\n",
            ["x.c", "/usr/include/bpf/bpf_helpers.h", "y.h"]
        ),
        ("x.o: a\\ b.c", ["a b.c"]),
        ("nothing", []),
    ])
    func aMakeRuleIsRead(rule: String, paths: [String]) {
        #expect(BuildRecord.prerequisites(rule: rule) == paths)
    }

    private func build(_ probe: FilePath, _ cache: FilePath) async throws -> ObjectFile {
        let manifest = try ProbeManifest.load(folder: probe)
        let builder = ProbeBuilder(cache: cache, compiler: try await .find())
        let variant = try #require(manifest.variants.first)
        guard case .source(let source, let cpu, let flags) = variant.origin else { throw Errno.invalidArgument }
        return try await builder.object(from: source, cpu, flags: flags, variant: variant.name, in: manifest)
    }

    private let source = """
        #include "answer.h"
        __attribute__((section("xdp"), used)) int watch(void *ctx) { return ANSWER; }

        """

    private func writeProbe(_ folder: FilePath, variant: String? = nil) throws {
        let keys = ["source: watch.bpf.c", variant].compactMap(\.self).joined(separator: ", ")
        try write("summary: x\nvariants: { plain: { \(keys) } }\n".utf8, to: folder.appending("probe.yaml"))
        try write(source.utf8, to: folder.appending("watch.bpf.c"))
        try write("#define ANSWER 42\n".utf8, to: folder.appending("answer.h"))
    }

    private func modified(_ file: FilePath) throws -> Date? {
        try FileManager.default.attributesOfItem(atPath: file.string)[.modificationDate] as? Date
    }
}
