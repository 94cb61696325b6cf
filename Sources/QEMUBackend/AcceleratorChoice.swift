internal import Foundation
internal import Machine
package import SystemPackage

extension Accelerator {
    /// KVM where it really runs a guest, else TCG.
    ///
    /// That /dev/kvm opens says little: on some cloud machines it opens, makes a virtual machine and then hangs for ever.
    /// So a guest of sixteen bytes must end by itself within two seconds. The answer holds until the host boots again.
    package static func best(with qemu: QEMU, cache: FilePath) async throws -> Accelerator {
        guard access("/dev/kvm", R_OK | W_OK) == 0 else { return .tcg }
        let boot = (try? String(contentsOfFile: "/proc/sys/kernel/random/boot_id", encoding: .utf8)) ?? "unknown boot"
        let subject = boot.trimmingCharacters(in: .whitespacesAndNewlines) + " " + qemu.identity
        let facts = HostFacts(folder: cache)
        if let known = facts.read("accelerator", for: subject).flatMap(Accelerator.init(rawValue:)) { return known }
        let best: Accelerator = try await runsGuest(.kvm, qemu: qemu) ? .kvm : .tcg
        facts.write("accelerator", for: subject, value: best.rawValue)
        return best
    }

    /// What the tiny guest writes to QEMU's debug-exit port, and the exit status that comes of it: `(value << 1) | 1`.
    private static let proof: (value: UInt8, exitStatus: Int32) = (0x10, 0x21)

    /// Whether a guest that only says "I ran" does so in time; where it does not hang, it takes a tenth of a second.
    package static func runsGuest(
        _ accelerator: Accelerator, qemu: QEMU, within limit: Duration = .seconds(2)
    ) async throws -> Bool {
        let firmware = FilePath(NSTemporaryDirectory()).appending("compat-matrix-\(UUID().uuidString).rom")
        defer { try? FileManager.default.removeItem(atPath: firmware.string) }
        try Data(rom()).write(to: URL(filePath: firmware.string))
        let processor = accelerator == .kvm ? "host" : "max"
        let process = try QEMUProcess(
            path: qemu.path,
            arguments: [
                "-machine", "pc", "-accel", accelerator.rawValue, "-cpu", processor, "-m", "16M", "-nodefaults",
                "-no-user-config", "-display", "none", "-bios", firmware.string,
                "-device", "isa-debug-exit,iobase=0xf4,iosize=0x04",
            ], descriptors: [-1, -1, -1])
        defer { process.kill() }
        return try await process.wait(for: limit) == .exited(proof.exitStatus)
    }

    /// 64 KiB of firmware; an x86 processor starts at its last sixteen bytes: `mov al, value; out 0xf4, al; hlt`.
    private static func rom() -> [UInt8] {
        var bytes = [UInt8](repeating: 0xf4, count: 64 << 10)
        bytes.replaceSubrange(
            (bytes.count - 16)..., with: [0xb0, proof.value, 0xe6, 0xf4] + [UInt8](repeating: 0xf4, count: 12))
        return bytes
    }
}
