import HostTools
import SystemPackage
import TestSupport
import Testing

@testable import KernelStore

/// Each is refused with a sentence of its own, and the cache is as it was.
struct HostileContainerTests {
    private static let digest = String(repeating: "0", count: 64)

    private static func layout(_ change: (inout Layout) throws -> Void) rethrows -> Layout {
        var layout = Layout()
        try change(&layout)
        return layout
    }

    private func refusal(of layout: Layout, asTar: Bool) async throws -> ContainerProblem? {
        try await withFolder { folder async throws in
            let file = folder.appending("in/image")
            if asTar { try write(layout.archived(), to: file) } else { try layout.place(in: file) }
            let cache = KernelCache(folder: folder.appending("cache"))
            let error = #expect(throws: KernelStoreError.self) { try cache.header(of: file) }
            #expect(try everything(below: folder.appending("cache")) == ["kernels"])
            guard case .invalidContainer(file, let problem) = error else {
                Issue.record("\(String(describing: error))")
                return nil
            }
            return problem
        }
    }

    @Test(arguments: [false, true])
    func differentDigestIsRejected(asTar: Bool) async throws {
        let layer = try tar([Member(path: "boot/vmlinuz", bytes: bzImage("6.1 x"))], compression: .gzip)
        let whole = Layout(layers: [layer])
        // The image's own config decides nothing here, so it is not read.
        for blob in whole.files.keys where blob.hasPrefix("blobs") && whole.files[blob] != Array("{}".utf8) {
            var layout = whole
            layout.files[blob]?[0] ^= 1
            guard case .differs = try await refusal(of: layout, asTar: asTar) else {
                Issue.record("\(blob)")
                continue
            }
        }
    }

    @Test(arguments: [false, true])
    func indexesAndManifestsThatAreNoneAreRefused(asTar: Bool) async throws {
        let deep = Array((String(repeating: "[", count: 100_000)).utf8)
        let huge = [UInt8](repeating: 0x20, count: (4 << 20) + 1)
        let cases: [(layout: Layout, problem: ContainerProblem)] = [
            (Layout(), .neither),
            (Self.layout { $0.files["index.json"] = deep }, .json("index.json")),
            (Self.layout { $0.files["index.json"] = [] }, .json("index.json")),
            (Self.layout { $0.files["index.json"] = huge }, .tooLarge("index.json", limitMiB: 4)),
            (Self.layout { $0.index([]) }, .architecture),
            (Self.layout { $0.index([$0.descriptor(of: [1], platform: "linux/arm64")]) }, .architecture),
            (Self.layout { $0.index([$0.descriptor(of: [1]), $0.descriptor(of: [2])]) }, .severalImages(2)),
            (
                Self.layout { $0.index([#"{"digest": "sha256:\#(Self.digest)", "size": 3}"#]) },
                .missing("sha256:\(Self.digest)")
            ),
            (Self.layout { $0.index([#"{"digest": "sha256:../../x", "size": 3}"#]) }, .digest("sha256:../../x")),
            (Self.layout { $0.index([#"{"digest": "md5:12", "size": 3}"#]) }, .digest("md5:12")),
            (
                Self.layout {
                    $0.index([$0.descriptor(of: [1], size: 2)])
                }, .differs("sha256:4bf5122f344554c53bde2ebb8cd2b7e3d1600ad631c385a5d7cce23c7785459a")
            ),
        ]
        for (layout, problem) in cases { #expect(try await refusal(of: layout, asTar: asTar) == problem) }
    }

    @Test func indexesThatLeadOnAndOnAreRefused() async throws {
        var layout = Layout()
        var index = Layout.indexBytes([])
        for _ in 0..<10 { index = Layout.indexBytes([layout.descriptor(of: index)]) }
        layout.files["index.json"] = index
        #expect(try await refusal(of: layout, asTar: false) == .nesting)
    }

    @Test func tooManyLayersAreRejected() async throws {
        var layout = Layout()
        let layer = layout.descriptor(of: [1])
        let layers = Array(repeating: layer, count: 1025).joined(separator: ", ")
        let manifest = Array(#"{"layers": [\#(layers)]}"#.utf8)
        layout.index([layout.descriptor(of: manifest)])
        #expect(try await refusal(of: layout, asTar: false) == .layers(1025))
    }

    /// A folder may hold links, and a digest that is a path is none.
    @Test func symlinkedBlobIsRejected() async throws {
        try await withFolder { folder async throws in
            let file = folder.appending("in/image")
            try Layout(layers: [tar([Member(path: "boot/vmlinuz", bytes: bzImage("6.1 x"))], compression: .gzip)])
                .place(in: file)
            let index = file.appending("index.json")
            try Files.move(index, to: folder.appending("elsewhere"))
            let result = try await ToolRunner(tool: "ln").run(["-s", "../../elsewhere", index.string])
            #expect(result.succeeded)
            #expect(throws: KernelStoreError.invalidContainer(file: file, .neither)) {
                try KernelCache(folder: folder.appending("cache")).header(of: file)
            }
        }
    }
}
