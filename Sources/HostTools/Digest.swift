internal import CNettle
package import FoundationEssentials

/// SHA-256 digests as 64 lower-case hexadecimal digits, and the state of a digest in progress.
package struct Digest {
    private var state = sha256_ctx()

    package init() { sha256_start(&state) }

    package mutating func update(_ bytes: some DataProtocol) {
        for region in bytes.regions { region.withUnsafeBytes { update($0) } }
    }

    package mutating func update(_ bytes: UnsafeRawBufferPointer) {
        guard let start = bytes.bindMemory(to: UInt8.self).baseAddress else { return }
        sha256_add(&state, bytes.count, start)
    }

    private var digest: [UInt8] {
        var state = state
        return [UInt8](unsafeUninitializedCapacity: Int(SHA256_DIGEST_SIZE)) { buffer, count in
            guard let start = buffer.baseAddress else { return }
            sha256_finish(&state, start)
            count = Int(SHA256_DIGEST_SIZE)
        }
    }

    /// The digest of all bytes so far in base64, the format of a browser's content security policy.
    package func base64() -> String { Data(digest).base64EncodedString() }

    /// The digest of all bytes so far.
    package func hexadecimal() -> String {
        let digits = Array("0123456789abcdef".utf8)
        let text = digest.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }
        return String(decoding: text, as: UTF8.self)
    }

    package static func of(_ bytes: some DataProtocol) -> String {
        var digest = Digest()
        digest.update(bytes)
        return digest.hexadecimal()
    }

    /// The digest of the text's UTF-8.
    package static func of(_ text: String) -> String { of(Array(text.utf8)) }
}
