internal import Crypto
package import FoundationEssentials

/// SHA-256 digests as 64 lower-case hexadecimal digits, and the state of one whose bytes are still coming in.
package struct Digest {
    private var hash = SHA256()

    package init() {}

    package mutating func update(_ bytes: some DataProtocol) { hash.update(data: bytes) }

    package mutating func update(_ bytes: UnsafeRawBufferPointer) { hash.update(bufferPointer: bytes) }

    /// The digest of all bytes so far in base64, as a browser's content security policy wants it.
    package func base64() -> String { Data(hash.finalize()).base64EncodedString() }

    /// The digest of all bytes so far.
    package func hexadecimal() -> String {
        let digits = Array("0123456789abcdef".utf8)
        let text = hash.finalize().flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }
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
