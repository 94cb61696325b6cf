package import SystemPackage

/// The location of a file that contains a kernel, its config or its modules.
package enum KernelLocation: Sendable, Hashable, CustomStringConvertible {
    /// A file, or the folder of an OCI layout; absolute once it is read from a manifest.
    case file(FilePath)
    case url(WebAddress)
    case oci(OCIReference)

    /// Prefixed with the manifest's key, `file /boot/vmlinuz`.
    package var description: String {
        switch self {
        case .file(let path): "file \(path)"
        case .url(let address): "url \(address)"
        case .oci(let reference): "oci \(reference)"
        }
    }
}

extension KernelLocation {
    /// A path or a URL as typed by a user, distinguished by `://`; relative paths start at `folder`.
    ///
    /// - Throws: `Malformed` for an empty path, and for an invalid URL or one with a scheme other than http(s).
    package init(_ text: String, in folder: FilePath) throws(Malformed) {
        guard text.contains("://") else {
            guard !text.isEmpty, !text.utf8.contains(0) else {
                throw Malformed(text: text, expected: "a path or a URL")
            }
            self = .file(folder.pushing(FilePath(text)).lexicallyNormalized())
            return
        }
        self = .url(try WebAddress(text))
    }
}

/// A text that does not have the expected form.
package struct Malformed: Error, Equatable, CustomStringConvertible {
    /// Without any credentials that it contained.
    package let text: String
    package let expected: String

    package var description: String { "'\(text)': expected \(expected)" }
}

/// An `http` or `https` URL that can be written to a lock file and a report, because it contains no credentials.
package struct WebAddress: Sendable, Hashable, CustomStringConvertible {
    package let description: String

    package init(_ text: String) throws(Malformed) {
        guard let match = text.wholeMatch(of: /(https?):\/\/([^\/?#]+)([^#]*)(?:#.*)?/.ignoresCase()),
            text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }), text.utf8.count <= 2048
        else { throw Malformed(text: text, expected: "the URL of a file, http://… or https://…") }
        guard !match.2.contains("@") else {
            throw Malformed(
                text: "\(match.1)://…@\(match.2.split(separator: "@").last ?? "")\(match.3)",
                expected: "a URL without a user name and password: it is copied to locks and reports")
        }
        description = "\(match.1.lowercased())://\(match.2)\(match.3.isEmpty ? "/" : match.3)"
    }

    /// The last part of the path, or the host if the path is empty.
    package var fileName: String {
        description.prefix { $0 != "?" }.split(separator: "/").last.map(String.init) ?? host
    }

    /// The server's name for messages.
    package var host: String { String(description.split(separator: "/")[1]) }
}

/// An image in a registry, `quay.io/lvh-images/kernel-images:6.1-main`.
///
/// Source: the reference grammar of github.com/distribution/reference. Docker Hub is not the default, because a
/// manifest may be read on machines with another default.
package struct OCIReference: Sendable, Hashable, CustomStringConvertible {
    package let registry: String
    package let name: String
    package let tag: String?
    /// `sha256:` and 64 digits.
    package let digest: String?

    package init(_ text: String) throws(Malformed) {
        let pattern =
            /([A-Za-z0-9.\-]+(?::[0-9]+)?)\/([a-z0-9._\-\/]+)(?::([A-Za-z0-9_][A-Za-z0-9._\-]{0,127}))?(?:@(sha256:[0-9a-f]{64}))?/
        guard let match = text.wholeMatch(of: pattern),
            match.1.first?.isLetter == true || match.1.first?.isNumber == true,
            match.1.contains(where: { $0 == "." || $0 == ":" }) || match.1 == "localhost",
            match.2.split(separator: "/", omittingEmptySubsequences: false).allSatisfy({
                $0.first.map { $0.isLetter || $0.isNumber } ?? false
            })
        else {
            throw Malformed(
                text: text,
                expected: "registry/name[:tag][@sha256:digest], such as quay.io/lvh-images/kernel-images:6.1-main")
        }
        registry = String(match.1)
        name = String(match.2)
        tag = match.3.map(String.init)
        digest = match.4.map(String.init)
    }

    package var description: String {
        "\(registry)/\(name)" + (tag.map { ":\($0)" } ?? "") + (digest.map { "@\($0)" } ?? "")
    }
}
