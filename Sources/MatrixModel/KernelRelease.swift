/// The version in a kernel release (`5.4.0-216-generic`), compared by number: 6.12 is newer than 6.8.
package struct KernelRelease: Sendable, Hashable, Comparable, CustomStringConvertible {
    package var major: Int
    package var minor: Int
    package var patch: Int

    package init(_ major: Int, _ minor: Int, _ patch: Int = 0) {
        self.major = major
        self.minor = minor
        self.patch = patch
    }

    /// Parses the leading `major.minor[.patch]` of `text`; `nil` if it does not start with one.
    package init?(_ text: some StringProtocol) {
        let version = text.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
        let parts = version.split(separator: ".", omittingEmptySubsequences: false).prefix(3).map { Int($0) }
        guard parts.count >= 2, let major = parts[0], let minor = parts[1] else { return nil }
        self.init(major, minor, parts.count > 2 ? parts[2] ?? 0 : 0)
    }

    package static func < (left: KernelRelease, right: KernelRelease) -> Bool {
        (left.major, left.minor, left.patch) < (right.major, right.minor, right.patch)
    }

    package var description: String { "\(major).\(minor).\(patch)" }
}

/// A kernel's id, `<family>-<version>`: `debian-6.12`, `el7-3.10`.
package struct KernelID: Sendable, Hashable, Comparable, CustomStringConvertible {
    package let text: String
    package let family: String
    /// The version in the id; the release reported by the guest takes precedence.
    package let labelled: KernelRelease

    /// `nil` unless `text` is a family of letters, digits and dashes, a dash, and a version.
    package init?(_ text: String) {
        guard let dash = text.lastIndex(of: "-"), dash != text.startIndex,
            let labelled = KernelRelease(text[text.index(after: dash)...]),
            text.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || "-._+".contains($0)) })
        else { return nil }
        self.text = text
        self.family = String(text[..<dash])
        self.labelled = labelled
    }

    package static func < (left: KernelID, right: KernelID) -> Bool {
        (left.labelled, left.family, left.text) < (right.labelled, right.family, right.text)
    }

    package var description: String { text }
}
