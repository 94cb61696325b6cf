import MatrixModel

/// A version of a package, as apt shows it.
struct AptPackage: Equatable {
    let name: String
    let version: String
    /// Of the `.deb`, in bytes.
    let size: Int64
    /// Names only, each alternative on its own.
    let dependencies: [String]
    let recommendations: [String]

    /// `package=version`, as apt takes it.
    var pinned: String { "\(name)=\(version)" }

    /// Reads what `apt-cache show` prints of one version; `nil` without name or version.
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

    /// Where the kernel is when this package holds none.
    ///
    /// From 7.0 on Debian's signed `linux-image-*` is empty and depends on `linux-binary-*`; a meta package
    /// (`linux-image-cloud-amd64`) depends on the image of the day.
    var kernelDependency: String? {
        dependencies.first { $0.hasPrefix("linux-binary-") } ?? dependencies.first { $0.hasPrefix("linux-image-") }
    }

    /// The packages that come with this one for the same kernel and no other.
    ///
    /// One of them has the config where this one has not: `linux-modules-<release>` on Ubuntu, `linux-base-<release>` on
    /// Debian since 7.2.
    func companions(ofRelease release: String) -> [String] {
        guard !release.isEmpty else { return [] }
        return (dependencies + recommendations).filter { $0.hasSuffix("-\(release)") }
    }
}

/// A package name or a shell pattern, which then means the kernels one would install and nothing near them.
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

    /// Unsigned twins, debug symbols and real-time kernels match only when the pattern itself names them.
    func matches(_ name: String) -> Bool {
        guard glob.matches(name) else { return false }
        let wanted = Set(text.split(separator: "-"))
        return isExact
            || name.split(separator: "-").allSatisfy { wanted.contains($0) || !Self.besideTheAxis.contains($0) }
    }

    private static let besideTheAxis: Set<Substring> = ["unsigned", "dbg", "dbgsym", "rt"]
}
