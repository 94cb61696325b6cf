internal import CSpawn
internal import Foundation
internal import HostTools
package import Machine
package import MatrixModel
package import SystemPackage

/// The QEMU installed on this machine.
package struct QEMU: Sendable, Equatable {
    package static let name = "qemu-system-x86_64"
    /// Under TCG, Debian 12's 7.2 booted cleanly in 2 of 14 attempts, and 10.0.2 in 16 of 16.
    package static let oldestForTCG = KernelRelease(8, 2)
    /// Restoring needs `file:` URIs with an offset (8.2); versions before 9.0 are untested.
    package static let oldestForWarmStarts = KernelRelease(9, 0)

    package let path: FilePath
    package let version: String
    /// Distinguishes builds, for snapshots: version, size and time of the binary.
    package let identity: String

    /// Finds QEMU on `searchPath` (`PATH`) and determines its version.
    ///
    /// The version is stored in `cache` until the binary changes, because running QEMU takes 50 ms.
    package static func locate(searchPath: String, cache: FilePath) async throws -> QEMU {
        let candidates = searchPath.split(separator: ":").map { FilePath(String($0)).appending(name) }
        guard let path = candidates.first(where: { access($0.string, X_OK) == 0 }),
            let binary = ProgramIdentity.of(path)
        else { throw MachineError.vmmMissing(name: name) }
        let remembered = HostFacts(folder: cache)
        if let version = remembered.read("qemu", for: binary) {
            return QEMU(path: path, version: version, identity: "\(version) \(binary)")
        }
        let version = try await askVersion(of: path)
        remembered.write("qemu", for: binary, value: version)
        return QEMU(path: path, version: version, identity: "\(version) \(binary)")
    }

    /// The version of Landlock that confines guests' QEMUs; `nil` if it is not available.
    package static var landlockVersion: Int? {
        let version = Int(cmx_landlock_version())
        return version == 0 ? nil : version
    }

    /// - Throws: `MachineError.vmmTooOld` if this QEMU corrupts guests with `accelerator`.
    package func check(for accelerator: Accelerator) throws(MachineError) {
        guard accelerator == .tcg, let release = KernelRelease(version), release < Self.oldestForTCG else { return }
        throw .vmmTooOld(version: version, minimum: "\(Self.oldestForTCG.major).\(Self.oldestForTCG.minor)")
    }

    package var canRestore: Bool { KernelRelease(version).map { $0 >= Self.oldestForWarmStarts } ?? false }

    private static func askVersion(of path: FilePath) async throws -> String {
        let output = try MemoryFile(name: "compat-matrix-version")
        let process = try QEMUProcess(
            path: path, arguments: ["--version"], descriptors: [-1, output.descriptor, output.descriptor])
        defer { process.kill() }
        _ = try await process.wait(for: .seconds(10))
        let text = String(decoding: output.contents(), as: UTF8.self)
        // "QEMU emulator version 10.0.2 (Debian 1:10.0.2+ds-2+deb13u1~bpo12+1)"
        guard let range = text.range(of: "version "), KernelRelease(text[range.upperBound...]) != nil else {
            let firstLine = text.split(separator: "\n").first.map(String.init) ?? "no output"
            throw MachineError.vmmUnusable(path: path, reason: "'--version' printed no version: \(firstLine)")
        }
        return String(text[range.upperBound...].prefix { !$0.isWhitespace })
    }
}
