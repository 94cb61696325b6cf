internal import FoundationEssentials
package import SystemPackage

/// Small facts about this host that are slow to find out, each kept with what it was found out for.
package struct HostFacts: Sendable {
    private let folder: FilePath

    /// Keeps them in `folder`, that of the caches.
    package init(folder: FilePath) { self.folder = folder }

    /// The fact that is kept under `name`, if it was found out for the same `subject`.
    package func read(_ name: String, for subject: String) -> String? {
        guard let text = try? String(contentsOfFile: path(name).string, encoding: .utf8) else { return nil }
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        return lines.count >= 2 && lines[0] == subject ? lines[1] : nil
    }

    /// A fact that cannot be kept is found out anew next time.
    package func write(_ name: String, for subject: String, value: String) {
        try? PrivateFolder.create(folder)
        try? AtomicFile.write(Array("\(subject)\n\(value)\n".utf8), to: path(name))
    }

    private func path(_ name: String) -> FilePath { folder.appending("host-\(name)") }
}
