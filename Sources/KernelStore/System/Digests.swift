import Crypto
import SystemPackage

extension Sequence<UInt8> {
    var hexadecimal: String {
        map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}

extension SHA256 {
    /// The digest of a whole file, read piece by piece.
    static func digest(of file: FilePath) throws(KernelStoreError) -> String {
        var hash = SHA256()
        try Files.forEachPiece(of: file) { hash.update(bufferPointer: $0) }
        return hash.finalize().hexadecimal
    }
}
