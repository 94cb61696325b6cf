import SystemPackage

/// The source of a kernel's image.
package enum KernelSource: Sendable, Hashable, CustomStringConvertible {
    case apt(AptSource)
    case file(FileSource)

    /// The text recorded in lock and cache; a different one means a different kernel.
    package var description: String {
        switch self {
        case .apt(let source): "\(source)"
        case .file(let source): "\(source)"
        }
    }
}

/// A kernel in a file of any supported type, local or remote, with its separate config and modules.
package struct FileSource: Sendable, Hashable, CustomStringConvertible {
    package let location: KernelLocation
    /// `nil` uses the config in the kernel's own file.
    package let config: KernelLocation?
    /// Folders like `lib/modules/<release>`, or packages that contain one; if empty, the modules come from the kernel's
    /// own file.
    package let modules: [KernelLocation]

    package init(_ location: KernelLocation, config: KernelLocation? = nil, modules: [KernelLocation] = []) {
        self.location = location
        self.config = config
        self.modules = modules
    }

    package var description: String {
        "\(location)" + (config.map { ", config \($0)" } ?? "") + modules.map { ", modules \($0)" }.joined()
    }
}

/// A package of an apt archive, by name, or the newest that matches a pattern.
package struct AptSource: Sendable, Hashable, CustomStringConvertible {
    package let suite: AptSuite
    /// A package name, or a shell pattern over names.
    package let package: String

    package init(suite: AptSuite, package: String) {
        self.suite = suite
        self.package = package
    }

    package var description: String { "apt \(suite) \(package)" }
}

/// The scope of one `apt-get update`.
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

/// An archive, identified by its content and never by a mirror's host name.
package enum AptArchive: String, Sendable, CaseIterable {
    case debian
    case debianSecurity = "debian-security"
    case ubuntu
}

extension KernelSource {
    /// The location of the kernel itself, without its separate config and modules.
    package var summary: String {
        switch self {
        case .apt(let source): "\(source)"
        case .file(let source): "\(source.location)"
        }
    }

    /// Whether fetching the image requires network access.
    package var isElsewhere: Bool {
        switch self {
        case .apt: true
        case .file(let source): if case .file = source.location { false } else { true }
        }
    }

    init(_ node: ManifestNode, in manifest: FilePath) throws(ManifestError) {
        let values = try node.mapping(known: ["apt", "file", "url", "oci", "config", "modules"])
        guard let apt = values["apt"] else {
            self = .file(try FileSource(values, of: node, in: manifest.removingLastComponent()))
            return
        }
        guard values.count == 1 else { throw node.wrong(expected: Self.kinds) }
        self = .apt(try AptSource(apt))
    }

    fileprivate static let kinds =
        "exactly one of 'apt', 'file', 'url' and 'oci', and 'config' and 'modules' only with the last three"
}

extension FileSource {
    fileprivate init(
        _ values: [String: ManifestNode], of node: ManifestNode, in folder: FilePath
    ) throws(ManifestError) {
        let location: KernelLocation
        switch (values["file"], values["url"], values["oci"]) {
        case (let file?, nil, nil): location = try file.path(in: folder)
        case (nil, let url?, nil): location = try url.parsed { text throws(Malformed) in .url(try WebAddress(text)) }
        case (nil, nil, let oci?): location = try oci.parsed { text throws(Malformed) in .oci(try OCIReference(text)) }
        default: throw node.wrong(expected: KernelSource.kinds)
        }
        var modules: [KernelLocation] = []
        for module in try values["modules"]?.listOrSelf() ?? [] { modules.append(try module.location(in: folder)) }
        self.init(location, config: try values["config"]?.location(in: folder), modules: modules)
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
    /// A location that is a path even if it looks like a URL.
    fileprivate func path(in folder: FilePath) throws(ManifestError) -> KernelLocation {
        let text = try text()
        guard !text.isEmpty, !text.contains("://"), !text.utf8.contains(0) else {
            throw wrong(expected: "the path of a file with a kernel; use 'url' for a URL")
        }
        return .file(folder.pushing(FilePath(text)).lexicallyNormalized())
    }

    fileprivate func location(in folder: FilePath) throws(ManifestError) -> KernelLocation {
        try parsed { text throws(Malformed) in try KernelLocation(text, in: folder) }
    }

    fileprivate func parsed<Value>(_ parse: (String) throws(Malformed) -> Value) throws(ManifestError) -> Value {
        let text = try text()
        do {
            return try parse(text)
        } catch {
            throw .wrongValue(file: file, line: line, key: key, value: error.text, expected: error.expected)
        }
    }

    /// A word for apt's configuration, restricted to characters without a special meaning there.
    fileprivate func word(besides punctuation: String) throws(ManifestError) -> String {
        let text = try text()
        let fits = text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || punctuation.contains($0)) }
        guard fits, let first = text.first, first.isLetter || first.isNumber else {
            throw wrong(expected: "letters, digits and \(punctuation), starting with a letter or digit")
        }
        return text
    }
}
