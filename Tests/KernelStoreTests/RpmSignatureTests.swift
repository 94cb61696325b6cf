import SystemPackage
import TestSupport
import Testing

@testable import KernelStore

/// rpmkeys itself, on packages that rpmbuild made and rpmsign signed.
@Suite(.timeLimit(.minutes(10))) struct RpmSignatureTests {
    private let kernel = bzImage("5.14.0-1.el9.x86_64 (mockbuild@x) #1 SMP")

    private func withFixture(_ body: (SigningFixture) async throws -> Void) async throws {
        try await withFolder { try await body(SigningFixture(folder: $0)) }
    }

    private func check(_ package: FilePath, _ fixture: SigningFixture) async throws -> FileSignature {
        try await RpmSignature(vendorKeys: fixture.keys, cache: fixture.folder.appending("cache"))
            .check(package, named: "kernel.rpm")
    }

    @Test func namesTheVendorThatSigned() async throws {
        try await withFixture { fixture in
            try await fixture.makeKey("Vendor")
            let package = try await fixture.package(content: kernel)
            #expect(try await check(package, fixture) == .unsigned)
            try await fixture.sign(package, by: "Vendor")
            guard case .signed(let signer) = try await check(package, fixture) else {
                Issue.record("not signed")
                return
            }
            #expect(signer.hasPrefix("Vendor <x@invalid>, key "))
        }
    }

    @Test func unknownKeyIsNotAVendors() async throws {
        try await withFixture { fixture in
            try await fixture.makeKey("Vendor")
            try await fixture.makeKey("Stranger", isKnown: false)
            let package = try await fixture.package(content: kernel)
            try await fixture.sign(package, by: "Stranger")
            guard case .unknownKey(let id) = try await check(package, fixture) else {
                Issue.record("the key is known")
                return
            }
            #expect(id.count >= 8)
        }
    }

    /// In the payload, where only a digest in the signed header tells, and in the header itself.
    @Test(arguments: [-40, -400]) func fileChangedAfterSigningIsRejected(offset: Int) async throws {
        try await withFixture { fixture in
            try await fixture.makeKey("Vendor")
            let package = try await fixture.package(content: kernel)
            try await fixture.sign(package, by: "Vendor")
            var bytes = try contents(of: package)
            bytes[bytes.count + offset] ^= 0xFF
            try write(bytes, to: package)
            let error = await #expect(throws: KernelStoreError.self) { try await check(package, fixture) }
            guard case .badSignature(file: "kernel.rpm", _) = error else {
                Issue.record("\(String(describing: error))")
                return
            }
        }
    }

    @Test func truncatedRpmIsReported() async throws {
        try await withFixture { fixture in
            let package = try await fixture.package(content: kernel)
            let bytes = try contents(of: package)
            try write(Array(bytes.dropLast()), to: package)
            let expected = Int64(bytes.count)
            await #expect(throws: KernelStoreError.cutShort(file: package, expected: expected, found: expected - 1)) {
                try await check(package, fixture)
            }
        }
    }

    @Test func signatureIsUncheckedWithoutVendorKeys() async throws {
        try await withFolder { folder in
            try write([0xED, 0xAB, 0xEE, 0xDB], to: folder.appending("x.rpm"))
            let signature = RpmSignature(vendorKeys: folder.appending("none"), cache: folder)
            let found = try await signature.check(folder.appending("x.rpm"), named: "x.rpm")
            #expect(
                found
                    == .unchecked(
                        .vendorKeysMissing(folder: folder.appending("none"), package: "distribution-gpg-keys")))
        }
    }

    @Test(arguments: [
        ("    Header V4 RSA/SHA256 Signature, key ID 88c78700: OK", "88c78700", "OK", true),
        ("    V3 RSA/SHA256 Signature, key ID f4a80eb5: NOKEY", "f4a80eb5", "NOKEY", false),
        (
            "    Header OpenPGP V4 EdDSA/SHA512 signature, key fingerprint: 0123456789abcdef0123456789abcdef01234567: OK",
            "0123456789abcdef0123456789abcdef01234567", "OK", true
        ),
        ("    Payload SHA256 digest: BAD (Expected 00 != ff)", nil, "BAD", false),
        ("    MD5 digest: OK", nil, "OK", false),
    ])
    func parsesTheOutputOfRpmkeys(line: String, key: String?, result: String, isOfHeader: Bool) throws {
        let check = try #require(RpmCheck(line: line))
        #expect(check.keyID == key)
        #expect(check.result == result)
        #expect(check.isOfHeader == isOfHeader)
    }
}
