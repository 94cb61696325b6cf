/// The name of a loader, and the versions of its library that the name stands for.
///
/// `libbpf@1.1` names the loader `libbpf` with version 1.1 of its library; a name without a version stands for the
/// default version.
package struct LoaderName: Sendable, Hashable {
    /// Without a version.
    package var loader: String
    /// The texts after `@` in a pattern that match it: for version `1.4.6`, also `1.4` and `1`.
    package var versions: [String]

    /// - Parameters:
    ///   - name: As in cells.
    ///   - version: The version of the library that was actually linked, if known.
    package init(_ name: String, version: String? = nil) {
        let parts = name.split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        loader = parts[0]
        versions = Self.spellings(of: version ?? "")
        if parts.count == 2 { versions += Self.spellings(of: parts[1]).filter { !versions.contains($0) } }
    }

    private static func spellings(of version: String) -> [String] {
        let numbers = version.split(separator: ".")
        return numbers.indices.reversed().map { numbers[...$0].joined(separator: ".") }
    }
}

extension Sequence<LoaderRow> {
    /// The names of loaders with the versions actually linked, by their names in cells.
    package var byNameOfCells: [String: LoaderName] {
        Dictionary(map { ($0.name, LoaderName($0.name, version: $0.version)) }, uniquingKeysWith: { first, _ in first })
    }
}

extension Glob {
    /// Whether it selects among versions of loaders: `libbpf@1.1`, `*@*`.
    package var namesVersion: Bool { description.contains("@") }

    /// Whether it selects the loader of that name: without an `@`, only names without one.
    package func chooses(loader name: String) -> Bool { namesVersion == name.contains("@") && matches(name) }

    /// Whether a rule with this name applies to `name`: without an `@`, it applies to every version.
    package func isAbout(_ name: LoaderName) -> Bool {
        namesVersion ? name.versions.contains { matches("\(name.loader)@\($0)") } : matches(name.loader)
    }
}
