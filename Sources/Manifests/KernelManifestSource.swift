package import SystemPackage

/// Where a kernel's image comes from.
package enum KernelSource: Sendable, Hashable, CustomStringConvertible {
    case apt(AptSource)
    /// A `.deb` or a plain bzImage, absolute once it was read from a manifest.
    case file(FilePath)

    package var description: String {
        switch self {
        case .apt(let source): "\(source)"
        case .file(let path): "file \(path)"
        }
    }
}

/// A package of an apt archive, by name or by a pattern that the newest version is taken of.
package struct AptSource: Sendable, Hashable, CustomStringConvertible {
    package let suite: AptSuite
    /// A package's name, or a shell pattern over names.
    package let package: String

    package init(suite: AptSuite, package: String) {
        self.suite = suite
        self.package = package
    }

    package var description: String { "apt \(suite) \(package)" }
}

/// What one `apt-get update` covers.
package struct AptSuite: Sendable, Hashable, CustomStringConvertible {
    package let archive: AptArchive
    package let name: String
    package let component: String

    package init(archive: AptArchive, name: String, component: String = "main") {
        self.archive = archive
        self.name = name
        self.component = component
    }

    package var description: String { "\(archive.rawValue) \(name)/\(component)" }
}

/// An archive by what it is, never by the name of a host that mirrors it.
package enum AptArchive: String, Sendable, CaseIterable {
    case debian
    case debianSecurity = "debian-security"
    case ubuntu
}

extension KernelSource {
    init(_ node: ManifestNode, in manifest: FilePath) throws(ManifestError) {
        let values = try node.mapping(known: ["apt", "file"])
        switch (values["apt"], values["file"]) {
        case (let apt?, nil): self = .apt(try AptSource(apt))
        case (nil, let file?):
            let text = try file.text()
            guard !text.isEmpty else { throw file.wrong(expected: "the path of a .deb or a bzImage") }
            self = .file(manifest.removingLastComponent().pushing(FilePath(text)).lexicallyNormalized())
        default: throw node.wrong(expected: "exactly one of 'apt' and 'file'")
        }
    }
}

extension AptSource {
    init(_ node: ManifestNode) throws(ManifestError) {
        let values = try node.mapping(known: ["archive", "suite", "component", "package"])
        let archive = try values.required("archive", in: node)
        guard let named = AptArchive(rawValue: try archive.text()) else {
            throw archive.wrong(expected: AptArchive.allCases.map(\.rawValue).joined(separator: ", "))
        }
        let suite = try values.required("suite", in: node).word(besides: "-._")
        let component = try values["component"]?.word(besides: "-._") ?? "main"
        let package = try values.required("package", in: node).word(besides: "-._+*?")
        self.init(suite: AptSuite(archive: named, name: suite, component: component), package: package)
    }
}

extension ManifestNode {
    /// A word that is written into apt's configuration and so may hold nothing that means something there.
    fileprivate func word(besides punctuation: String) throws(ManifestError) -> String {
        let text = try text()
        let fits = text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || punctuation.contains($0)) }
        guard fits, let first = text.first, first.isLetter || first.isNumber else {
            throw wrong(expected: "letters, digits and \(punctuation), a letter or digit first")
        }
        return text
    }
}
