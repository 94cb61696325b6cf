package import MatrixModel

/// Two versions of the same thing, if both are known and differ.
package struct Revision: Codable, Sendable, Hashable {
    package var from: String
    package var to: String

    init?(_ from: String?, _ to: String?) {
        guard let from, let to, from != to else { return nil }
        self.from = from
        self.to = to
    }
}

/// The differences in a cell's environment between two runs.
package struct Setting: Codable, Sendable, Hashable {
    /// The kernel's releases as its guests reported them: the same id refers to a different kernel.
    @Nullable package var kernelRelease: Revision?
    @Nullable package var loaderVersion: Revision?

    package var isSame: Bool { kernelRelease == nil && loaderVersion == nil }

    struct Table {
        private let releases: [String: Revision]
        private let versions: [String: Revision]

        init(kernels: [KernelChange], loaders: [LoaderChange]) {
            releases = kernels.reduce(into: [:]) { $0[$1.id] = $1.release }
            versions = loaders.reduce(into: [:]) { $0[$1.name] = $1.version }
        }

        func setting(of key: CellKey) -> Setting {
            Setting(kernelRelease: releases[key.kernel], loaderVersion: versions[key.loader])
        }
    }
}

/// A changed kernel column; `from` or `to` is missing if that run does not have the id.
package struct KernelChange: Codable, Sendable, Hashable {
    package var id: String
    @Nullable package var from: KernelRow.Status?
    @Nullable package var to: KernelRow.Status?
    @Nullable package var release: Revision?
    /// Why it is not measured now.
    @Nullable package var reason: String?

    static func all(from: [KernelRow], to: [KernelRow]) -> [KernelChange] {
        let old = Dictionary(from.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
        let new = Dictionary(to.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
        return KernelOrder(Array(old.keys) + new.keys).sorted(Set(old.keys).union(new.keys)).compactMap { id in
            let change = KernelChange(
                id: id, from: old[id]?.status, to: new[id]?.status,
                release: Revision(old[id]?.release, new[id]?.release),
                reason: new[id]?.reason)
            return change.from == change.to && change.release == nil ? nil : change
        }
    }
}

/// A changed loader; `from` or `to` is missing if that run does not have the name.
package struct LoaderChange: Codable, Sendable, Hashable {
    package var name: String
    @Nullable package var from: LoaderRow.Status?
    @Nullable package var to: LoaderRow.Status?
    @Nullable package var version: Revision?
    /// Why it is missing now.
    @Nullable package var reason: String?

    static func all(from: [LoaderRow], to: [LoaderRow]) -> [LoaderChange] {
        let old = Dictionary(from.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        let new = Dictionary(to.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        return Set(old.keys).union(new.keys).sorted().compactMap { name in
            let change = LoaderChange(
                name: name, from: old[name]?.status, to: new[name]?.status,
                version: Revision(old[name]?.version, new[name]?.version), reason: new[name]?.reason)
            return change.from == change.to && change.version == nil ? nil : change
        }
    }
}
