import Foundation
import MatrixModel
import Subprocess
import SystemPackage
import TestSupport
import Testing

@testable import KernelStore

extension CommandTests {
    /// From a file to verdicts with one `kernels add` and one `run`, for every type of file.
    @Suite(.serialized, .ownProcessor) struct KernelSourceTests {
        enum Source: CaseIterable { case rpm, layout, vmlinux }

        @Test(arguments: Source.allCases)
        func aKernelIsMeasuredWhereverItComesFrom(source: Source) async throws {
            try await Installation.with(kernels: .none) { tool in
                let kernel = try Repository.kernel("debian-5.10")
                let file = tool.work.appending("kernel")
                switch source {
                case .rpm: try await makePackage(of: kernel, in: tool.work, at: file)
                case .layout: try await makeLayout(of: kernel, in: tool.work, at: file)
                case .vmlinux: try Repository.unpack(kernel.path, to: file)
                }
                let added = try await tool.kernels("add", "--id", "mine-5.10", file.string)
                #expect(added.status == .exited(0), "\(added.messages)")
                let outcome = try await tool.run("--kernel", "mine-5.10", "--probe", "parent-chain")
                let document = try outcome.document
                #expect(outcome.status == .exited(0), "\(outcome.messages)")
                #expect(document.kernels.map(\.release) == [kernel.releaseLabel])
                #expect(
                    document.cells.contains { $0.verdict == .pass } && document.cells.contains { $0.verdict == .fail })
            }
        }

        /// As el8's and later kernel-core.
        private func makePackage(of kernel: KernelImage, in folder: FilePath, at file: FilePath) async throws {
            let modules = "/lib/modules/\(kernel.releaseLabel)"
            let spec = """
                Name: kernel-core
                Version: 5.10.0
                Release: 1
                Summary: A kernel
                License: GPL-2.0
                AutoReqProv: no
                %description
                %install
                install -D \(kernel.path) %{buildroot}\(modules)/vmlinuz
                install -D \(try #require(kernel.config)) %{buildroot}\(modules)/config
                %files
                \(modules)
                """
            try write(spec, to: folder.appending("kernel.spec"))
            let defines = [
                "_topdir \(folder)", "_binary_payload w1.zstdio", "debug_package %{nil}", "__os_install_post %{nil}",
                "_build_id_links none",
            ]
            try await run(
                "rpmbuild",
                ["-bb", "--target", "x86_64-linux", "--quiet"] + defines.flatMap { ["--define", $0] }
                    + [folder.appending("kernel.spec").string])
            try FileManager.default.moveItem(
                atPath: folder.appending("RPMS/x86_64/kernel-core-5.10.0-1.x86_64.rpm").string, toPath: file.string)
        }

        /// One layer, with the kernel where images made of kernels have it.
        private func makeLayout(of kernel: KernelImage, in folder: FilePath, at layout: FilePath) async throws {
            let files = FileManager.default
            let boot = folder.appending("root/data/kernels/5.10/boot")
            let blobs = layout.appending("blobs/sha256")
            for folder in [boot, blobs] {
                try files.createDirectory(atPath: folder.string, withIntermediateDirectories: true)
            }
            try files.copyItem(
                atPath: kernel.path.string, toPath: boot.appending("vmlinuz-\(kernel.releaseLabel)").string)
            let layer = folder.appending("layer")
            try await run("tar", ["-czf", layer.string, "-C", folder.appending("root").string, "data"])
            func descriptor(_ blob: FilePath) throws -> String {
                let digest = try Files.digest(of: blob)
                let size = try #require(try Files.status(blob)).size
                try files.moveItem(atPath: blob.string, toPath: blobs.appending(digest).string)
                return #"{"digest": "sha256:\#(digest)", "size": \#(size)}"#
            }
            let manifest = folder.appending("manifest")
            try write(#"{"schemaVersion": 2, "layers": [\#(try descriptor(layer))]}"#, to: manifest)
            try write(
                #"{"schemaVersion": 2, "manifests": [\#(try descriptor(manifest))]}"#,
                to: layout.appending("index.json"))
            try write(#"{"imageLayoutVersion": "1.0.0"}"#, to: layout.appending("oci-layout"))
        }

        private func run(_ tool: String, _ arguments: [String]) async throws {
            let result = try await Subprocess.run(
                .name(tool), arguments: Arguments(arguments), output: .discarded, error: .string(limit: 64 << 10))
            try #require(result.terminationStatus.isSuccess, "\(result.standardError)")
        }
    }
}
