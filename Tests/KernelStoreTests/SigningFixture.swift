import FoundationEssentials
import Subprocess
import SystemPackage
import TestSupport
import Testing

/// Signs packages that rpmbuild made with keys of the test's own.
struct SigningFixture {
    let folder: FilePath

    /// Runs `program`; its own GnuPG home and rpm macros, so that nothing of the machine's user is read or changed.
    @discardableResult
    func run(_ program: String, _ arguments: [String]) async throws -> String {
        let result = try await Subprocess.run(
            .name(program), arguments: Arguments(arguments),
            environment: .inherit.updating(["GNUPGHOME": folder.appending("gpg").string, "HOME": folder.string]),
            workingDirectory: folder, output: .string(limit: 1 << 20), error: .string(limit: 1 << 20))
        try #require(result.terminationStatus.isSuccess, "\(program): \(result.standardError)")
        return result.standardOutput
    }

    /// Makes a key, and writes its public half where distribution-gpg-keys has those of vendors.
    func makeKey(_ name: String, isKnown: Bool = true) async throws {
        let home = folder.appending("gpg").string
        try FileManager.default.createDirectory(
            atPath: home, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        try await run(
            "gpg",
            ["--batch", "--quiet", "--passphrase", "", "--quick-gen-key", "\(name) <x@invalid>", "rsa2048", "sign"])
        let key = try await run("gpg", ["--batch", "--armor", "--export", name])
        let vendor = isKnown ? "centos" : "somebody"
        try write(key, to: folder.appending("keys/\(vendor)/RPM-GPG-KEY-\(name)"))
        try await endAgent()
    }

    /// gpg starts one whenever it needs a secret key, and it would outlive the test.
    private func endAgent() async throws { try await run("gpgconf", ["--kill", "gpg-agent"]) }

    var keys: FilePath { folder.appending("keys") }

    /// A package with `content` as the kernel of `release`.
    func package(release: String = "5.14.0-1.el9.x86_64", content: [UInt8]) async throws -> FilePath {
        let bytes = try await RpmFixture.package([Member(path: "lib/modules/\(release)/vmlinuz", bytes: content)])
        try write(bytes, to: folder.appending("kernel.rpm"))
        return folder.appending("kernel.rpm")
    }

    func sign(_ package: FilePath, by name: String) async throws {
        try await run(
            "rpmsign",
            [
                "--addsign", "--define", "__gpg /usr/bin/gpg", "--define", "_gpg_name \(name)", "--define",
                "_gpg_digest_algo sha256", package.string,
            ])
        try await endAgent()
    }
}
