import Foundation
import Subprocess
import SystemPackage
import TestSupport
import Testing

extension GuestTests {
    /// The Aya loader as a file, and what it is built with; no guest boots.
    @Suite(.serialized, .ownProcessorForLong) struct AyaBuildTests {
        private static let loader = Repository.guestTools.appending("loader-aya")
        private static let scripts = Repository.root.appending("images/guest/loaders/aya")

        private struct Outcome {
            var status: TerminationStatus
            var output: String
            var messages: String
        }

        private func call(
            _ program: FilePath, _ arguments: [String] = [], environment: Environment = .inherit,
            in folder: FilePath = Repository.root
        ) async throws -> Outcome {
            let result = try await Subprocess.run(
                .path(program), arguments: Arguments(arguments), environment: environment, workingDirectory: folder,
                output: .string(limit: 64 << 10), error: .string(limit: 64 << 10))
            return Outcome(
                status: result.terminationStatus, output: result.standardOutput, messages: result.standardError)
        }

        private func bytes(_ file: FilePath) throws -> Data { try Data(contentsOf: URL(filePath: file.string)) }

        /// It is that of the package that the crate came with.
        @Test func printsTheVersionOfItsCrate() async throws {
            let versions = try String(
                contentsOfFile: Repository.guestTools.appending("crates/versions").string, encoding: .utf8)
            let package = try #require(versions.firstMatch(of: /librust-aya-dev=([\d.]+)-/)?.output.1)
            let outcome = try await call(Self.loader, ["--version"])
            #expect(outcome.status == .exited(0) && outcome.output == "aya \(package)\n" && outcome.messages.isEmpty)
        }

        @Test(arguments: [[], ["x", "/object", ""], ["1", "/object"], ["--zygote"]])
        func saysHowItIsCalled(arguments: [String]) async throws {
            let outcome = try await call(Self.loader, arguments)
            #expect(outcome.status == .exited(64) && outcome.messages.hasPrefix("usage: loader-aya --version | CELL"))
        }

        @Test func isSmallAndStatic() throws {
            let binary = try bytes(Self.loader)
            #expect(binary.count <= 6 << 20)
            #expect(binary.range(of: Data("/ld-linux".utf8)) == nil)
            #expect(binary.range(of: Data(Repository.root.string.utf8)) == nil)
        }

        /// Snapshots and stored cells are keyed by it.
        @Test func isTheSameWhereverItIsBuilt() async throws {
            try await withFolder { folder in
                let files = FileManager.default
                let guest = folder.appending("images/guest")
                try files.createDirectory(atPath: guest.appending("build").string, withIntermediateDirectories: true)
                let parts = ["Makefile", "agent", "kit", "loaders", "protocol", "shell", "tests"]
                for part in parts.map({ "images/guest/\($0)" }) + ["scripts"] {
                    let copy = folder.pushing(FilePath(part))
                    try files.createDirectory(
                        atPath: copy.removingLastComponent().string, withIntermediateDirectories: true)
                    try files.copyItem(atPath: Repository.root.pushing(FilePath(part)).string, toPath: copy.string)
                }
                try files.copyItem(
                    atPath: Repository.guestTools.appending("crates").string,
                    toPath: guest.appending("build/crates").string)
                let make = try await call("/usr/bin/make", ["build/loader-aya"], in: guest)
                try #require(make.status == .exited(0), "\(make.messages)")
                #expect(try bytes(guest.appending("build/loader-aya")) == bytes(Self.loader))
            }
        }

        @Test func cratesAreBroughtOnce() async throws {
            let list = Repository.guestTools.appending("crates/versions")
            let before = try FileManager.default.attributesOfItem(atPath: list.string)[.modificationDate] as? Date
            // Does not access the network: with this mirror, any access would be an error.
            let outcome = try await call(
                Repository.root.appending("scripts/rust-crates"),
                environment: .inherit.updating(["COMPAT_MATRIX_DEBIAN_MIRROR": "file:///nonexistent/"]))
            #expect(outcome.status == .exited(0) && outcome.output.isEmpty && outcome.messages.isEmpty)
            let after = try FileManager.default.attributesOfItem(atPath: list.string)[.modificationDate] as? Date
            #expect(before == after)
        }

        /// `make guest` prints that line, and continues.
        @Test func missingPartsAreReportedInOneLine() async throws {
            try await withFolder { folder in
                for tool in ["bash", "dirname", "dpkg", "sed", "tail"] { try link(tool, in: folder) }
                // Nothing that these print is a version.
                for tool in ["cargo", "rustc"] { try link(tool, to: "echo", in: folder) }
                let outcome = try await call(
                    Self.scripts.appending("prepare"), environment: .inherit.updating(["PATH": folder.string]))
                #expect(outcome.status == .exited(1))
                #expect(
                    outcome.messages
                        == "it needs cargo and rustc 1.80 or newer: apt-get install rustc-web cargo-web\n")
            }
        }

        private func link(_ tool: String, to other: String? = nil, in folder: FilePath) throws {
            try FileManager.default.createSymbolicLink(
                atPath: folder.appending(tool).string, withDestinationPath: "/usr/bin/\(other ?? tool)")
        }

        /// An unreachable mirror is an error of one line, and leaves nothing behind that could be taken for crates.
        @Test func unreachableMirrorLeavesNothingBehind() async throws {
            try await withFolder { folder in
                let scripts = folder.appending("scripts")
                try FileManager.default.createDirectory(
                    atPath: scripts.string, withIntermediateDirectories: true)
                for name in ["rust-crates", "debian-packages"] {
                    try FileManager.default.copyItem(
                        atPath: Repository.root.appending("scripts/\(name)").string,
                        toPath: scripts.appending(name).string)
                }
                let script = scripts.appending("rust-crates")
                let outcome = try await call(
                    script, environment: .inherit.updating(["COMPAT_MATRIX_DEBIAN_MIRROR": "http://127.0.0.1:9/"]))
                #expect(outcome.status == .exited(1))
                #expect(
                    outcome.messages.wholeMatch(of: /debian-packages: apt cannot read trixie: Failed to fetch .+\n/)
                        != nil,
                    "\(outcome.messages)")
                let left = try FileManager.default.contentsOfDirectory(
                    atPath: folder.appending("images/guest/build").string)
                #expect(left.isEmpty)
            }
        }
    }
}
