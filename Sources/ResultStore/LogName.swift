/// The name of a log: `logs/<sha256>.txt` in references, possibly `<sha256>.txt.gz` on disk.
struct LogName {
    /// The digest of the uncompressed text.
    private let digest: String

    /// `digest` is the text's SHA-256 in hexadecimal.
    init(digest: String) { self.digest = digest }

    /// - Throws: `ResultStoreError.badLogReference` for anything but a value of `reference`, so that no reference can
    ///   leave the folder.
    init(reference: String) throws {
        let parts = reference.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, parts[0] == "logs", parts[1].hasSuffix(".txt"), parts[1].utf8.count == 68,
            parts[1].utf8.dropLast(4).allSatisfy({ "0123456789abcdef".utf8.contains($0) })
        else { throw ResultStoreError.badLogReference(reference) }
        digest = String(parts[1].dropLast(4))
    }

    /// The name of a log file; `nil` for any other file.
    init?(file: String) {
        let text = file.hasSuffix(".gz") ? String(file.dropLast(3)) : file
        guard let name = try? LogName(reference: "logs/\(text)") else { return nil }
        self = name
    }

    var reference: String { "logs/\(plain)" }
    var plain: String { "\(digest).txt" }
    var compressed: String { "\(plain).gz" }
}
