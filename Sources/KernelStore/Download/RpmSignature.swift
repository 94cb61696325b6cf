import HostTools
import SystemPackage

/// What the signature of a package proves about its origin.
///
/// A signature that contradicts the package is not a value but the error `KernelStoreError.badSignature`.
package enum FileSignature: Sendable, Hashable, CustomStringConvertible {
    /// The name on the key, and its id.
    case signed(by: String)
    case unsigned
    case unknownKey(id: String)
    /// The signature could not be checked, because a tool or key is missing.
    case unchecked(KernelStoreError)

    package var description: String {
        switch self {
        case .signed(let signer): "signed by \(signer)"
        case .unsigned: "not signed, so its digest is pinned now"
        case .unknownKey(let id): "signed with an unknown key (\(id)), so its digest is pinned now"
        case .unchecked(let reason): "signature not checked, so its digest is pinned now: \(reason)"
        }
    }
}

/// Checks `.rpm` files with rpmkeys against the keys of the vendors that sign kernels.
struct RpmSignature {
    /// Of distribution-gpg-keys.
    let vendorKeys: FilePath
    let cache: FilePath

    /// `name` is the file's name in messages.
    func check(_ file: FilePath, named name: String) async throws(KernelStoreError) -> FileSignature {
        // rpmkeys would only report digests that do not match.
        try RpmLead.requireWhole(file)
        let keyring: RpmKeyring
        let report: ToolRunner.Output
        do throws(KernelStoreError) {
            keyring = try await RpmKeyring.imported(from: vendorKeys, in: cache)
            report = try await ToolRunner(tool: "rpmkeys").run(
                ["--dbpath", keyring.folder.string, "--checksig", "--verbose", file.string])
        } catch .cancelled {
            throw .cancelled
        } catch {
            return .unchecked(error)
        }
        let lines = report.text.split(separator: "\n").compactMap { RpmCheck(line: $0) }
        if let bad = lines.first(where: { $0.result == "BAD" }) { throw .badSignature(file: name, problem: bad.what) }
        guard !lines.isEmpty else { throw .badSignature(file: name, problem: report.problem) }
        // Before rpm 4.14, the header contained no digest of the payload, so a valid header alone does not authenticate
        // the files.
        let vouchesForPayload = lines.contains { $0.isSignature && !$0.isOfHeader && $0.result == "OK" }
        let hasPayloadDigest = lines.contains { $0.what.hasPrefix("Payload SHA") && $0.result == "OK" }
        let good = lines.filter { $0.isSignature && $0.result == "OK" }
        if let id = good.first?.keyID, vouchesForPayload || hasPayloadDigest {
            return .signed(by: keyring.name(ofKey: id))
        }
        guard let unknown = lines.first(where: { $0.isSignature })?.keyID else { return .unsigned }
        return good.isEmpty ? .unknownKey(id: unknown) : .unsigned
    }
}

/// A line of `rpmkeys --checksig --verbose`, `Header V4 RSA/SHA256 Signature, key ID 88c78700: OK`.
struct RpmCheck: Equatable {
    let what: String
    let result: String

    init?(line: some StringProtocol) {
        guard let match = String(line).wholeMatch(of: /\s+(.*\S)\s*:\s+([A-Z]+)(?:\s+\(.*\))?/) else { return nil }
        what = String(match.1)
        result = String(match.2)
    }

    var isSignature: Bool { keyID != nil }
    var isOfHeader: Bool { what.hasPrefix("Header") }

    /// rpm 6 prints the whole fingerprint, which ends with the id.
    var keyID: String? {
        what.firstMatch(of: /[Ss]ignature, key (?:ID|fingerprint:?) ([0-9a-fA-F]+)/).map { $0.1.lowercased() }
    }
}
