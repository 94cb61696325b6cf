internal import CGuestProtocol
internal import Crypto
internal import Foundation
internal import GuestLink
internal import Machine
internal import SystemPackage

/// Snapshots of booted guests: `<kernel id>-<key>.snapshot`, and beside it what the guest said of itself.
///
/// The key covers all that shapes a snapshot. A doubt means no snapshot, and no snapshot means a cold boot.
struct SnapshotStore: Sendable {
    let folder: FilePath

    /// What must be the same for a snapshot to be used; `qemu` tells one build of QEMU from another.
    static func key(_ spec: GuestSpec, accelerator: Accelerator, qemu: String) -> String {
        var parts = CommandLine(spec, accelerator: accelerator, restoring: false).arguments
        parts += [qemu, spec.kernelDigest, spec.initramfsDigest, "protocol \(CMX_PROTOCOL_VERSION)"]
        if accelerator == .kvm { parts.append(hostProcessor()) }
        let joined = parts.joined(separator: "\u{0}")
        return SHA256.hash(data: Data(joined.utf8)).prefix(16).map { String(format: "%02x", $0) }.joined()
    }

    /// With KVM the guest sees the host's processor, so a snapshot is good on this model only.
    private static func hostProcessor() -> String {
        let info = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)) ?? ""
        return info.split(separator: "\n").filter { $0.hasPrefix("model name") || $0.hasPrefix("flags") }
            .prefix(2).joined()
    }

    /// The snapshot for `key`, when it is there whole.
    func find(_ spec: GuestSpec, key: String) -> FilePath? {
        let path = path(spec, key: key)
        return FileManager.default.fileExists(atPath: path.string) ? path : nil
    }

    /// Lets `write` fill a file under a temporary name; the snapshot appears whole or not at all.
    ///
    /// Older snapshots of the same kernel go: nothing would ever use them again.
    func save(_ spec: GuestSpec, key: String, write: (FilePath) async throws -> Void) async throws {
        try FileManager.default.createDirectory(atPath: folder.string, withIntermediateDirectories: true)
        let temporary = folder.appending(".\(UUID().uuidString).part")
        do {
            try await write(temporary)
            try FileManager.default.moveItemReplacing(temporary, with: path(spec, key: key))
        } catch {
            try? FileManager.default.removeItem(atPath: temporary.string)
            throw error
        }
        let obsolete = try FileManager.default.contentsOfDirectory(atPath: folder.string).filter {
            $0.hasPrefix(Self.prefix(spec)) && $0 != path(spec, key: key).lastComponent?.string
        }
        for name in obsolete { try? FileManager.default.removeItem(atPath: folder.appending(name).string) }
    }

    func discard(_ spec: GuestSpec, key: String) {
        try? FileManager.default.removeItem(atPath: path(spec, key: key).string)
    }

    private func path(_ spec: GuestSpec, key: String) -> FilePath {
        folder.appending("\(Self.prefix(spec))\(key).snapshot")
    }

    private static func prefix(_ spec: GuestSpec) -> String { "\(spec.kernelID)-\(spec.memoryMiB)m-" }
}

extension FileManager {
    /// rename(2), which replaces what is there in one step.
    fileprivate func moveItemReplacing(_ source: FilePath, with target: FilePath) throws {
        guard rename(source.string, target.string) == 0 else {
            throw CocoaError(.fileWriteUnknown, userInfo: [NSFilePathErrorKey: target.string])
        }
    }
}
