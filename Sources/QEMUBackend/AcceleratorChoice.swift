internal import Foundation
internal import HostTools
internal import Machine
package import SystemPackage

extension Accelerator {
    /// KVM if it really runs a guest, otherwise TCG.
    ///
    /// It proves little that /dev/kvm can be opened: on some cloud machines it opens, creates a virtual machine and
    /// then hangs forever. Therefore, a guest of a few instructions must end by itself within two seconds. The answer
    /// is cached until the host reboots.
    package static func best(with qemu: QEMU, cache: FilePath) async throws -> Accelerator {
        guard access("/dev/kvm", R_OK | W_OK) == 0 else { return .tcg }
        let boot = (try? String(contentsOfFile: "/proc/sys/kernel/random/boot_id", encoding: .utf8)) ?? "unknown boot"
        let subject =
            boot.trimmingCharacters(in: .whitespacesAndNewlines) + " " + qemu.identity
            // The proof of one guest program does not apply to another.
            + " " + Data(program).base64EncodedString()
        let facts = HostFacts(folder: cache)
        if let known = facts.read("accelerator", for: subject).flatMap(Accelerator.init(rawValue:)) { return known }
        let best: Accelerator = try await runsGuest(.kvm, qemu: qemu) ? .kvm : .tcg
        facts.write("accelerator", for: subject, value: best.rawValue)
        return best
    }

    /// The value that the tiny guest writes to QEMU's debug-exit port, and the resulting exit status:
    /// `(value << 1) | 1`.
    private static let proof: (value: UInt8, exitStatus: Int32) = (0x10, 0x21)

    /// Whether a guest that only reports that it ran does so in time; unless it hangs, it takes a tenth of a second.
    package static func runsGuest(
        _ accelerator: Accelerator, qemu: QEMU, within limit: Duration = .seconds(2)
    ) async throws -> Bool {
        let firmware = FilePath(NSTemporaryDirectory()).appending("compat-matrix-\(UUID().uuidString).rom")
        defer { try? FileManager.default.removeItem(atPath: firmware.string) }
        try Data(rom()).write(to: URL(filePath: firmware.string))
        let processor = accelerator == .kvm ? "host" : Device.emulated
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

    /// 64 KiB of firmware, whose end is where an x86 processor starts.
    private static func rom() -> [UInt8] {
        let jump: [UInt8] = [0xe9, 0x8d, 0xff]  // jmp to `program`, from the last sixteen bytes
        var bytes = [UInt8](repeating: 0xf4, count: 64 << 10)
        bytes.replaceSubrange(programOffset..<programOffset + program.count, with: program)
        bytes.replaceSubrange((bytes.count - 16)..<(bytes.count - 16 + jump.count), with: jump)
        return bytes
    }

    private static let programOffset = 0xff80

    /// Goes to protected mode and shifts by a register, with the instruction of BMI2 where the processor has it.
    ///
    /// A KVM on a host without hardware virtualisation of its own (PVM) emulates what a kernel's mode does, one instruction
    /// after the other, until it meets one that it does not know: the real-mode guest that was here before passed, and Debian's
    /// 6.12 hung in its decompressor with "KVM internal error. Suberror: 1" at a `shlx`.
    private static let program: [UInt8] = [
        0xfa,  // cli
        0x2e, 0x66, 0x0f, 0x01, 0x16, 0xd0, 0xff,  // lgdtl %cs:table
        0x0f, 0x20, 0xc0, 0x0c, 0x01, 0x0f, 0x22, 0xc0,  // cr0 |= 1
        0x66, 0xea, 0x98, 0xff, 0xff, 0xff, 0x08, 0x00,  // ljmpl $8, the next instruction
        0xb8, 0x07, 0x00, 0x00, 0x00, 0x31, 0xc9, 0x0f, 0xa2,  // cpuid 7, 0
        0xb0, proof.value,  // mov value, %al
        0xf6, 0xc7, 0x01, 0x74, 0x0f,  // no BMI2: on to `out`
        0xb9, 0x04, 0x00, 0x00, 0x00, 0xb8, 0x01, 0x00, 0x00, 0x00,  // mov $4, %ecx; mov $1, %eax
        0xc4, 0xe2, 0x71, 0xf7, 0xc0,  // shlx %ecx, %eax, %eax: the value again
        0xe6, 0xf4, 0xf4,  // out %al, $0xf4; hlt
        0x90, 0x90, 0x90, 0x90, 0x90, 0x90,
        0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,  // the table of segments: none, and all memory as code
        0xff, 0xff, 0x00, 0x00, 0x00, 0x9b, 0xcf, 0x00,
        0x0f, 0x00, 0xc0, 0xff, 0xff, 0xff,  // its length less one, and where it is
    ]
}
