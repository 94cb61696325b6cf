import Foundation
import Subprocess
import SystemPackage
import TestSupport
import Testing

extension GuestTests {
    /// What libbpf loaders are built with; no guest boots.
    @Suite(.serialized, .ownProcessor) struct LibbpfBuildTests {
        private struct Outcome {
            var status: TerminationStatus
            var output: String
            var messages: String
        }

        private func call(_ program: FilePath, _ arguments: [String], isOffline: Bool = false) async throws -> Outcome {
            // Where an attempt to fetch anything fails.
            let mirror: [Environment.Key: String?] = ["COMPAT_MATRIX_DEBIAN_MIRROR": "http://127.0.0.1:9/"]
            let result = try await Subprocess.run(
                .path(program), arguments: Arguments(arguments),
                environment: .inherit.updating(isOffline ? mirror : [:]),
                output: .string(limit: 64 << 10), error: .string(limit: 64 << 10))
            return Outcome(
                status: result.terminationStatus, output: result.standardOutput, messages: result.standardError)
        }

        /// A copy of what prepares the build, with nothing fetched yet.
        private func withPreparation(_ body: (FilePath) async throws -> Void) async throws {
            try await withFolder { folder in
                for part in ["scripts", "images/guest/loaders/libbpf", "images/guest/loaders/versions"] {
                    let copy = folder.pushing(FilePath(part))
                    try FileManager.default.createDirectory(
                        atPath: copy.removingLastComponent().string, withIntermediateDirectories: true)
                    try FileManager.default.copyItem(
                        atPath: Repository.root.pushing(FilePath(part)).string, toPath: copy.string)
                }
                try await body(folder)
            }
        }

        /// The loader has the version that `prepare` names, be it the suite's or this machine's.
        @Test func loaderPrintsTheVersionItWasBuiltWith() async throws {
            let prepared = try await call(
                Repository.root.appending("images/guest/loaders/libbpf/prepare"), [], isOffline: true)
            let version = try #require(prepared.output.split(separator: "\n").first)
            let loader = try await call(Repository.guestTools.appending("loader-libbpf"), ["--version"])
            #expect(loader.output == "libbpf \(version)\n")
        }

        /// Without the suite, the library of this machine is used, and one line reports which one and why.
        @Test func offlineBuildUsesThisMachinesLibrary() async throws {
            try await withPreparation { folder in
                let outcome = try await call(
                    folder.appending("images/guest/loaders/libbpf/prepare"), [], isOffline: true)
                #expect(outcome.status == .exited(0))
                #expect(
                    outcome.output.wholeMatch(of: #/1\.[\d.]+\nthis machine\n\n.*-lbpf.*\n/#) != nil,
                    "\(outcome.output)")
                #expect(
                    outcome.messages.wholeMatch(
                        of: #/make guest: .+ machine's .+, not the current one: debian-packages: .+\n/#) != nil,
                    "\(outcome.messages)")
            }
        }

        /// Another version is that version or none.
        @Test(arguments: [
            ("libbpf@1.1", "debian-packages: apt cannot read bookworm: "),
            ("libbpf@9.9", "no suite of Debian has libbpf 9.9"),
            ("nothing@1", "no suite of Debian has nothing 1"),
        ])
        func versionThatCannotBeHadIsAnError(name: String, words: String) async throws {
            try await withPreparation { folder in
                for part in ["Makefile", "protocol", "kit", "shell", "agent", "tests", "loaders"] {
                    let copy = folder.pushing(FilePath("images/guest/\(part)"))
                    try? FileManager.default.removeItem(atPath: copy.string)
                    try FileManager.default.copyItem(
                        atPath: Repository.root.pushing(FilePath("images/guest/\(part)")).string, toPath: copy.string)
                }
                let outcome = try await call(folder.appending("scripts/loader"), [name], isOffline: true)
                #expect(outcome.status == .exited(1) && outcome.output.isEmpty)
                #expect(outcome.messages.hasPrefix(words), "\(outcome.messages)")
                #expect(outcome.messages.split(separator: "\n").count == 1, "\(outcome.messages)")
            }
        }
    }
}
