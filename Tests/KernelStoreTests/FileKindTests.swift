import Glibc
import SystemPackage
import TestSupport
import Testing

@testable import KernelStore

struct FileKindTests {
    @Test func isDetectedFromTheContentNotTheName() async throws {
        let kernel = bzImage("6.1.0 x")
        let kinds: [(bytes: [UInt8], kind: FileKind)] = [
            (kernel, .bzImage), (vmlinux(), .vmlinux), (try debianPackage([]), .debianPackage),
            (RpmLead.magic, .rpm), (try compressed(kernel, .gzip), .compressedKernel),
            (try compressed(vmlinux(), .xz), .compressedKernel),
            (try tar([Member(path: "a")], compression: .none), .tar),
            (try tar([Member(path: "a")], compression: .zstd), .tar),
        ]
        try await withFolder { folder in
            for (bytes, kind) in kinds {
                let file = folder.appending("a.deb")
                try write(bytes, to: file)
                #expect(try FileKind(of: file) == kind)
            }
        }
    }

    @Test func nonKernelIsDescribed() async throws {
        var arm = [UInt8](repeating: 0, count: 128)
        arm.replaceSubrange(56..<60, with: Array("ARMd".utf8))
        let kernel = bzImage("6.1.0 x")
        let looks: [(bytes: [UInt8], look: FileLook)] = [
            ([], .empty), (Array("#!/bin/sh\n".utf8), .script), (Array("<!DOCTYPE html>\n<p>404".utf8), .webPage),
            (Array("CONFIG_BPF=y\n".utf8), .text), (Array("!<arch>\nnot-debian/     ".utf8), .ar), (arm, .armImage),
            (module("depends="), .object), (vmlinux(machine: 183), .foreignELF),
            (Array("070701000".utf8), .initramfs), (Array("PK\u{3}\u{4}".utf8), .zip), (Array("MZ".utf8), .executable),
            ([UInt8](repeating: 0x81, count: 600), .unknown), (try compressed([1, 2, 3], .xz), .compressed),
            (try compressed(compressed(kernel, .gzip), .gzip), .compressed),
        ]
        try await withFolder { folder in
            for (bytes, look) in looks {
                let file = folder.appending("vmlinuz")
                try write(bytes, to: file)
                #expect(throws: KernelStoreError.notAKernel(file: file, looks: look)) { try FileKind(of: file) }
            }
            #expect(throws: KernelStoreError.notAKernel(file: folder, looks: .folder)) { try FileKind(of: folder) }
            // No one will ever write to it, so reading it would never end.
            let pipe = folder.appending("pipe")
            try #require(pipe.withPlatformString { mkfifo($0, 0o600) } == 0)
            #expect(throws: KernelStoreError.notAKernel(file: pipe, looks: .special)) { try FileKind(of: pipe) }
        }
    }
}
