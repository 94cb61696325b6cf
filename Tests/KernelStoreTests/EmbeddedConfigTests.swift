import SystemPackage
import TestSupport
import Testing

@testable import KernelStore

struct EmbeddedConfigTests {
    private static let text = Array("CONFIG_BPF_SYSCALL=y\nCONFIG_IKCONFIG=y\n".utf8)

    /// As kernel/configs.c has it, with what looks like its start before it.
    private static func kernel() throws -> [UInt8] {
        try Array("IKCFG_S".utf8) + [UInt8](repeating: 7, count: 3000) + Array("IKCFG_ST".utf8)
            + compressed(text, .gzip) + Array("IKCFG_ED".utf8) + [UInt8](repeating: 7, count: 3000)
    }

    /// All but gzip have the size of the unpacked kernel after them.
    @Test(arguments: [Compression.gzip, .xz, .zstd])
    func isFoundInTheCompressedKernel(compression: Compression) async throws {
        let payload = try compressed(Self.kernel(), compression) + (compression == .gzip ? [] : [1, 2, 3, 4])
        #expect(try await config(of: bzImage("6.1 x", payload: payload)) == Self.text)
    }

    @Test func isFoundInAnUnpackedKernel() async throws {
        let banner = Array("\0Linux version 6.9.1-test (me@here) #1\n\0".utf8)
        #expect(try await config(of: vmlinux(banner + Self.kernel())) == Self.text)
    }

    /// A kernel without one, or with a broken one, is a kernel all the same.
    @Test(arguments: ["none", "broken", "endless", "undecodable"])
    func itsLackIsNoFault(what: String) async throws {
        let start = Array("IKCFG_ST".utf8)
        let inside =
            switch what {
            case "none": [UInt8](repeating: 7, count: 100)
            case "broken": start + [UInt8](repeating: 0x1F, count: 100) + Array("IKCFG_ED".utf8)
            default: start + (try compressed(Self.text, .gzip))
            }
        let payload = what == "undecodable" ? [UInt8](repeating: 0xFD, count: 100) : try compressed(inside, .gzip)
        #expect(try await config(of: bzImage("6.1 x", payload: payload)) == nil)
    }

    private func config(of kernel: [UInt8]) async throws -> [UInt8]? {
        try await withFolder { folder in
            let file = folder.appending("in/vmlinuz")
            try write(kernel, to: file)
            let work = folder.appending("work")
            try Files.makeFolder(work)
            let found = try ImageExtractor(file: file).extract(into: work)
            #expect(try everything(below: work).allSatisfy { ["vmlinuz", "config"].contains($0) })
            return try found.config.map { try contents(of: $0) }
        }
    }
}
