internal import FoundationEssentials
package import SystemPackage

/// Facts about this host that are slow to determine, each stored with its subject.
package struct HostFacts: Sendable {
    private let folder: FilePath

    /// Stores them in `folder`, the cache folder.
    package init(folder: FilePath) { self.folder = folder }

    /// The fact stored under `name`, if it was determined for the same `subject`.
    package func read(_ name: String, for subject: String) -> String? {
        guard let text = try? String(contentsOfFile: path(name).string, encoding: .utf8) else { return nil }
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        return lines.count >= 2 && lines[0] == subject ? lines[1] : nil
    }

    /// A fact that cannot be stored is determined again next time.
    package func write(_ name: String, for subject: String, value: String) {
        try? PrivateFolder.create(folder)
        try? AtomicFile.write(Array("\(subject)\n\(value)\n".utf8), to: path(name))
    }

    private func path(_ name: String) -> FilePath { folder.appending("host-\(name)") }
}
