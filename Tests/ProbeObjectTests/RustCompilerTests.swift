import FoundationEssentials
import Manifests
import SystemPackage
import TestSupport
import Testing

@testable import ProbeObject

/// With the rustc that `scripts/setup test` installs.
struct RustCompilerTests {
    enum Change: CaseIterable {
        case nothing, source, module, flag, instructionSet
    }

    @Test(arguments: Change.allCases)
    func objectIsRebuiltOnlyAfterChanges(change: Change) async throws {
        try await withFolder { folder in
            let probe = folder.appending("probe")
            try writeProbe(probe)
            let before = try await build(probe, cache: folder)
            let stamp = try modified(before)
            switch change {
            case .nothing: break
            case .source: try write((source + "// more\n").utf8, to: probe.appending("watch.rs"))
            case .module: try write("pub const ANSWER: u32 = 3;\n".utf8, to: probe.appending("answer.rs"))
            case .flag: try writeProbe(probe, keys: ", cflags: [--cfg=more]")
            case .instructionSet: try writeProbe(probe, keys: ", cpu: v3")
            }
            let after = try await build(probe, cache: folder)
            #expect((try modified(after) == stamp) == (change == .nothing))
            #expect((after.digest != before.digest) == [.module, .instructionSet].contains(change))
            let left = try FileManager.default.contentsOfDirectory(atPath: after.path.removingLastComponent().string)
            #expect(left.sorted() == ["plain.bpf.o", "plain.key"])
        }
    }

    /// Wherever it lies: an object's digest decides whether a cell is measured again.
    @Test func anObjectDependsOnItsSourceOnly() async throws {
        try await withFolder { folder in
            var digests: Set<String> = []
            for place in ["here", "there/below"].map({ folder.pushing(FilePath($0)) }) {
                let probe = place.appending("probe")
                try writeProbe(probe)
                let object = try await build(probe, cache: place.appending("cache"))
                #expect(object.programs == [ObjectFile.Program(name: "watch", section: "kprobe/do_exit")])
                #expect(object.maps == ["counts"])
                digests.insert(object.digest)
            }
            #expect(digests.count == 1)
        }
    }

    /// rustc names what it writes on the way after the crate, and all variants are one crate.
    @Test func variantsCompileSideBySide() async throws {
        try await withFolder { folder in
            let variants = (1...8).map { "v\($0)" }
            let listed = variants.map { "  \($0): { source: \($0).rs }\n" }.joined()
            try write(("summary: x\nvariants:\n" + listed).utf8, to: folder.appending("probes/probe/probe.yaml"))
            for variant in variants {
                try write(source.utf8, to: folder.appending("probes/probe/\(variant).rs"))
            }
            try write("pub const ANSWER: u32 = 2;\n".utf8, to: folder.appending("probes/probe/answer.rs"))
            let built = try await ProbeSelection().build(folder: folder.appending("probes"), cache: folder)
            #expect(built.count == 8 && Set(built.compactMap(\.object?.digest)).count == 1)
            let left = try FileManager.default.contentsOfDirectory(atPath: folder.appending("probes/probe").string)
            #expect(left.count == 10, "\(left)")
        }
    }

    @Test func compilerErrorOfRustIsQuoted() async throws {
        try await withFolder { folder in
            let probe = folder.appending("probe")
            try writeProbe(probe)
            try write("#![no_std]\npub fn watch() -> u32 { missing }\n".utf8, to: probe.appending("watch.rs"))
            let error = await #expect(throws: ProbeObjectError.self) { try await build(probe, cache: folder) }
            let text = error.map { "\($0)" } ?? ""
            #expect(text.contains("watch.rs does not compile") && text.contains("cannot find value `missing`"))
        }
    }

    @Test func theFirstWithTheTargetIsTaken() async throws {
        try await withFolder { folder in
            let assembler = try await ProbeCompiler.find()
            let real = try await RustCompiler.find(assembler: assembler)
            let (without, with) = (folder.appending("a"), folder.appending("b"))
            try link(without.appending("rustc"), to: "/bin/echo")
            try link(with.appending("rustc"), to: real.rustc.string)
            let found = try await RustCompiler.find(
                assembler: assembler, environment: ["PATH": "\(without):\(with)"])
            #expect(found.rustc == with.appending("rustc"))
            let named = ["PATH": "\(without)", RustCompiler.variable: with.appending("rustc").string]
            #expect(try await RustCompiler.find(assembler: assembler, environment: named).rustc == found.rustc)
        }
    }

    @Test func missingCellsAreListed() async throws {
        try await withFolder { folder in
            let assembler = try await ProbeCompiler.find()
            let rustc = folder.appending("rustc")
            try link(rustc, to: "/bin/echo")
            let none = ProbeObjectError.noRustCompiler(tried: [rustc])
            await #expect(throws: none) {
                try await RustCompiler.find(assembler: assembler, environment: ["PATH": folder.string])
            }
            let wrong = ProbeObjectError.unusableRustCompiler(rustc, variable: "COMPAT_MATRIX_RUSTC")
            await #expect(throws: wrong) {
                try await RustCompiler.find(
                    assembler: assembler, environment: ["PATH": "", "COMPAT_MATRIX_RUSTC": rustc.string])
            }
            for error in [none, wrong] {
                #expect("\(error)".contains("rustc-web and libstd-rust-web-dev-bpf"))
                #expect("\(error)".contains("COMPAT_MATRIX_RUSTC"))
            }
        }
    }

    /// A run continues without it: the other variants are built, and the report explains why that one is not.
    @Test func missingCompilerIsAnObstacle() async throws {
        try await withFolder { folder in
            try writeProbe(folder.appending("probes/probe"))
            let clang = try await ProbeCompiler.find().clang
            try link(folder.appending("bin/clang"), to: clang.string)
            var selection = ProbeSelection()
            selection.environment = ["PATH": folder.appending("bin").string]
            let built = try await selection.build(folder: folder.appending("probes"), cache: folder)
            #expect(built.map(\.variant) == ["plain"])
            #expect(built.first?.object == nil)
            #expect(built.first?.obstacle?.contains("install Debian's rustc-web and libstd-rust-web-dev-bpf") == true)
        }
    }

    private let source = """
        #![no_std]
        mod answer;
        #[repr(C)]
        pub struct Map { fields: [u32; 7] }
        #[no_mangle]
        #[link_section = "maps"]
        pub static mut counts: Map = Map { fields: [2, 4, 8, 1, 0, 0, 0] };
        #[no_mangle]
        #[link_section = "kprobe/do_exit"]
        pub extern "C" fn watch(_context: *mut u8) -> u32 { answer::ANSWER }

        """

    private func writeProbe(_ folder: FilePath, keys: String = "") throws {
        try write(
            "summary: x\nvariants: { plain: { source: watch.rs\(keys) } }\n".utf8, to: folder.appending("probe.yaml"))
        try write(source.utf8, to: folder.appending("watch.rs"))
        try write("pub const ANSWER: u32 = 2;\n".utf8, to: folder.appending("answer.rs"))
    }

    private func build(_ probe: FilePath, cache: FilePath) async throws -> ObjectFile {
        let built = try await ProbeSelection.build(ProbeManifest.load(folder: probe), cache: cache)
        return try ObjectFile(#require(built.first?.object?.path))
    }

    private func modified(_ object: ObjectFile) throws -> Date? {
        try FileManager.default.attributesOfItem(atPath: object.path.string)[.modificationDate] as? Date
    }

    private func link(_ file: FilePath, to target: String) throws {
        try FileManager.default.createDirectory(
            atPath: file.removingLastComponent().string, withIntermediateDirectories: true)
        try FileManager.default.createSymbolicLink(atPath: file.string, withDestinationPath: target)
    }
}
