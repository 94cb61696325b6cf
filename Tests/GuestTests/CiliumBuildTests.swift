import Foundation
import Subprocess
import SystemPackage
import TestSupport
import Testing

extension GuestTests {
    /// What the cilium loader is built with; no guest boots.
    @Suite(.serialized, .ownProcessor) struct CiliumBuildTests {
        private static let loader = Repository.guestTools.appending("loader-cilium")
        private static let versions = Repository.guestTools.appending("go/versions")
        /// Where an attempt to fetch anything would fail.
        private static let offline = Environment.inherit.updating([
            "COMPAT_MATRIX_DEBIAN_MIRROR": "http://127.0.0.1:9/"
        ])

        private struct Outcome {
            var status: TerminationStatus
            var output: String
            var messages: String
        }

        private func call(
            _ program: FilePath, _ arguments: [String] = [], environment: Environment = .inherit
        ) async throws -> Outcome {
            let result = try await Subprocess.run(
                .path(program), arguments: Arguments(arguments), environment: environment,
                output: .string(limit: 64 << 10), error: .string(limit: 64 << 10))
            return Outcome(
                status: result.terminationStatus, output: result.standardOutput, messages: result.standardError)
        }

        private static var hasFetched: Bool { FileManager.default.fileExists(atPath: versions.string) }

        @Test(.enabled(if: hasFetched, "Debian's unstable suite could not be fetched"))
        func versionIsThatOfTheFetchedPackage() async throws {
            let versions = try String(contentsOfFile: Self.versions.string, encoding: .utf8)
            let package = try #require(
                versions.firstMatch(of: /golang-github-cilium-ebpf-dev=([\d.]+)/)?.output.1)
            let outcome = try await call(Self.loader, ["--version"])
            #expect(outcome.output.hasPrefix("cilium/ebpf \(package)\n"))
        }

        @Test(.enabled(if: hasFetched, "Debian's unstable suite could not be fetched"))
        func packagesAreFetchedOnce() async throws {
            let outcome = try await call(Repository.root.appending("scripts/go-toolchain"), environment: Self.offline)
            #expect(outcome.status == .exited(0) && outcome.output.isEmpty && outcome.messages.isEmpty)
        }

        /// Without the suite, packages of this machine are used, and one line reports which ones and why.
        @Test func offlineBuildUsesThisMachinesPackages() async throws {
            try await withFolder { folder in
                for part in ["scripts", "images/guest/loaders/cilium"] {
                    let copy = folder.pushing(FilePath(part))
                    try FileManager.default.createDirectory(
                        atPath: copy.removingLastComponent().string, withIntermediateDirectories: true)
                    try FileManager.default.copyItem(
                        atPath: Repository.root.pushing(FilePath(part)).string, toPath: copy.string)
                }
                let prepare = folder.appending("images/guest/loaders/cilium/prepare")
                let outcome = try await call(prepare, ["--print"], environment: Self.offline)
                if outcome.status == .exited(0) {
                    #expect(
                        outcome.output.wholeMatch(
                            of: #/0\.\S+ \S+/go /usr/share/gocode netgo,osusergo(,old_library)? this machine\n/#)
                            != nil,
                        "\(outcome.output)")
                    #expect(
                        outcome.messages.wholeMatch(
                            of: #/make guest: .+ machine's .+, not the current one: debian-packages: .+\n/#) != nil,
                        "\(outcome.messages)")
                } else {
                    #expect(
                        outcome.messages.wholeMatch(of: #/debian-packages: .+ for an older version\n/#) != nil,
                        "\(outcome.messages)")
                }
                let build = folder.appending("images/guest/build").string
                #expect(try FileManager.default.contentsOfDirectory(atPath: build).isEmpty)
            }
        }
    }
}
