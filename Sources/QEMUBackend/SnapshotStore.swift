internal import CGuestProtocol
internal import Foundation
internal import GuestLink
internal import HostTools
internal import Logging
internal import Machine
internal import SystemPackage

/// Snapshots of booted guests: `<kernel id>-<memory>m-<loaders>-<key>-<digest>.snapshot`; a digest of the kernel
/// arguments follows the loaders if there are any.
///
/// The key covers everything that affects a snapshot. In case of doubt, a snapshot is not used, and the guest boots.
struct SnapshotStore: Sendable {
    let folder: FilePath

    /// The number of loader sets for which a kernel keeps snapshots with the same memory; each takes some 100 MB.
    static let loaderSetsKept = 3

    /// Everything that must match for a snapshot to be used; `qemu` distinguishes builds of QEMU.
    ///
    /// Kernel and initramfs are compared by content, regardless of their paths.
    static func key(_ spec: GuestSpec, accelerator: Accelerator, qemu: String) -> String {
        var machine = spec
        (machine.kernel, machine.initramfs) = ("kernel", "initramfs")
        var parts = CommandLine(machine, accelerator: accelerator).arguments
        parts += [qemu, spec.kernelDigest, spec.initramfsDigest, "protocol \(CMX_PROTOCOL_VERSION)"]
        if accelerator == .kvm { parts.append(hostProcessor()) }
        let joined = parts.joined(separator: "\u{0}")
        return String(Digest.of(joined).prefix(32))
    }

    /// With KVM, the guest sees the host's processor, so a snapshot works only on this model.
    private static func hostProcessor() -> String {
        let info = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)) ?? ""
        return info.split(separator: "\n").filter { $0.hasPrefix("model name") || $0.hasPrefix("flags") }
            .prefix(2).joined()
    }

    /// The snapshot for `key`, if it exists and is intact; it becomes the most recently used one.
    ///
    /// A snapshot that is damaged, belongs to another key, or could have been written by another user is removed.
    func find(_ spec: GuestSpec, key: String) -> FilePath? {
        guard let path = paths(spec, key: key).first else { return nil }
        guard PrivateFolder.isOurs(path) else {
            Logger.current.info("discarded the snapshot \(path): another user can write to it")
            discard(spec, key: key)
            return nil
        }
        guard SnapshotDigest.of(path, key: key).map({ self.path(spec, key: key, digest: $0) == path }) == true else {
            Logger.current.info("discarded the snapshot \(path): its content has changed")
            discard(spec, key: key)
            return nil
        }
        // If the time cannot be set, the snapshot is only removed earlier.
        _ = utimensat(AT_FDCWD, path.string, nil, 0)
        return path
    }

    /// The folder, which must exist before a QEMU starts that will write to it; `nil` if it cannot be created.
    func createdFolder() -> FilePath? { (try? PrivateFolder.create(folder)).map { folder } }

    /// Calls `write` to fill a file under a temporary name; the snapshot appears completely or not at all.
    ///
    /// Removes snapshots that will not be used again: those of the same kernel, memory and loaders with another key,
    /// and those of the least recently used loader sets if there are more than `loaderSetsKept`.
    func save(_ spec: GuestSpec, key: String, write: (FilePath) async throws -> Void) async throws {
        try PrivateFolder.create(folder)
        let temporary = folder.appending(".\(UUID().uuidString).part")
        do {
            try await write(temporary)
            guard let digest = SnapshotDigest.of(temporary, key: key) else { throw Errno.ioError }
            let path = path(spec, key: key, digest: digest)
            try AtomicFile.move(temporary, to: path)
            for other in try obsolete(beside: path, of: spec) { try? FileManager.default.removeItem(at: other) }
        } catch {
            try? FileManager.default.removeItem(atPath: temporary.string)
            throw error
        }
    }

    func discard(_ spec: GuestSpec, key: String) {
        for path in paths(spec, key: key) { try? FileManager.default.removeItem(atPath: path.string) }
    }

    private func obsolete(beside snapshot: FilePath, of spec: GuestSpec) throws -> [URL] {
        let saved = snapshot.lastComponent?.string
        let others = try FileManager.default.contentsOfDirectory(
            at: URL(filePath: folder.string), includingPropertiesForKeys: [.contentModificationDateKey]
        ).filter { $0.lastPathComponent.hasPrefix(Self.prefix(spec)) && $0.lastPathComponent != saved }
        let isSameSet = { (snapshot: URL) in snapshot.lastPathComponent.hasPrefix(Self.prefixWithLoaders(spec)) }
        let otherSets = others.filter { !isSameSet($0) }.sorted { Self.lastUse(of: $0) > Self.lastUse(of: $1) }
        return others.filter(isSameSet) + otherSets.dropFirst(Self.loaderSetsKept - 1)
    }

    private static func lastUse(of snapshot: URL) -> Date {
        (try? snapshot.resourceValues(forKeys: [.contentModificationDateKey]))?.contentModificationDate ?? .distantPast
    }

    private func path(_ spec: GuestSpec, key: String, digest: String) -> FilePath {
        folder.appending("\(Self.prefixWithLoaders(spec))\(key)-\(digest).snapshot")
    }

    /// The snapshots with any digest; there is at most one.
    private func paths(_ spec: GuestSpec, key: String) -> [FilePath] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.string)) ?? []
        let prefix = "\(Self.prefixWithLoaders(spec))\(key)-"
        return names.filter { $0.hasPrefix(prefix) && $0.hasSuffix(".snapshot") }.map { folder.appending($0) }
    }

    private static func prefix(_ spec: GuestSpec) -> String { "\(spec.kernelID)-\(spec.memoryMiB)m-" }

    private static func prefixWithLoaders(_ spec: GuestSpec) -> String {
        // Guests with other arguments are different guests, and a run may need both.
        let arguments = spec.extraArguments.isEmpty ? "" : "+\(Digest.of(spec.extraArguments).prefix(8))"
        return prefix(spec) + spec.loaders.sorted().joined(separator: "+") + arguments + "-"
    }
}
