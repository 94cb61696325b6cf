import MatrixModel

/// A version of a package, as reported by apt.
struct AptPackage: Equatable {
    let name: String
    let version: String
    /// The size of the `.deb`, in bytes.
    let size: Int64
    /// Names only, with alternatives as separate entries.
    let dependencies: [String]
    let recommendations: [String]

    /// `package=version`, as apt expects it.
    var pinned: String { "\(name)=\(version)" }

    /// Parses the output of `apt-cache show` for one version; `nil` without name or version.
    init?(stanza: some StringProtocol) {
        var fields: [Substring: String] = [:]
        for line in stanza.split(separator: "\n") {
            guard let colon = line.firstIndex(of: ":"), line.first?.isWhitespace == false else { continue }
            fields[Substring(line[..<colon])] = line[line.index(after: colon)...].trimmingSpace
        }
        guard let name = fields["Package"], let version = fields["Version"] else { return nil }
        self.name = name
        self.version = version
        size = fields["Size"].flatMap(Int64.init) ?? 0
        dependencies = Self.names(in: fields["Depends"])
        recommendations = Self.names(in: fields["Recommends"])
    }

    private static func names(in relation: String?) -> [String] {
        (relation ?? "").split { $0 == "," || $0 == "|" }.map {
            String($0.trimmingSpace.prefix { $0 != " " && $0 != ":" })
        }
    }

    /// The dependency with the kernel if this package contains none.
    ///
    /// Since 7.0, Debian's signed `linux-image-*` is empty and depends on `linux-binary-*`; a metapackage
    /// (`linux-image-cloud-amd64`) depends on the current image.
    var kernelDependency: String? {
        dependencies.first { $0.hasPrefix("linux-binary-") } ?? dependencies.first { $0.hasPrefix("linux-image-") }
    }

    /// The packages that belong to this one and the same kernel.
    ///
    /// One of them has the config if this one does not: `linux-modules-<release>` on Ubuntu, `linux-base-<release>` on
    /// Debian since 7.2.
    func companions(ofRelease release: String) -> [String] {
        guard !release.isEmpty else { return [] }
        return (dependencies + recommendations).filter { $0.hasSuffix("-\(release)") }
    }
}

/// A package name or a shell pattern, which matches only kernels that users would install.
struct PackagePattern: Equatable {
    let text: String
    private let glob: Glob

    init(_ text: String) {
        self.text = text
        glob = Glob(text)
    }

    /// What every match starts with.
    var literalPrefix: String { String(text.prefix { $0 != "*" && $0 != "?" }) }

    private var isExact: Bool { literalPrefix == text }

    /// Unsigned variants, debug symbols and real-time kernels match only if the pattern names them.
    func matches(_ name: String) -> Bool {
        guard glob.matches(name) else { return false }
        let wanted = Set(text.split(separator: "-"))
        return isExact
            || name.split(separator: "-").allSatisfy { wanted.contains($0) || !Self.besideTheAxis.contains($0) }
    }

    private static let besideTheAxis: Set<Substring> = ["unsigned", "dbg", "dbgsym", "rt"]
}
