import Glibc
import SystemPackage
import Testing

/// Bytes of files that the program is given.
enum Fixture {
    /// The header of an x86 kernel image, without a kernel behind it.
    ///
    /// Source: Linux `Documentation/arch/x86/boot.rst`, "The Real-Mode Kernel Header".
    static func bzImage(banner: String = "6.1.0-1-amd64 (debian-kernel@lists) #1 SMP") -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: 4096)
        bytes[0x1F1] = 1
        bytes.replaceSubrange(0x1FE..<0x200, with: [0x55, 0xAA])
        bytes.replaceSubrange(0x202..<0x206, with: "HdrS".utf8)
        bytes.replaceSubrange(0x20E..<0x210, with: [0x00, 0x01])
        bytes.replaceSubrange(0x300..<(0x300 + banner.utf8.count), with: banner.utf8)
        return bytes
    }

    /// A Debian package whose last member is longer than the file.
    static let packageCutShort: [UInt8] = {
        func member(_ name: String, size: Int) -> String {
            [(name, 16), ("0", 12), ("0", 6), ("0", 6), ("100644", 8), ("\(size)", 10)]
                .map { $0 + String(repeating: " ", count: $1 - $0.utf8.count) }.joined() + "`\n"
        }
        let head = "!<arch>\n" + member("debian-binary", size: 4) + "2.0\n" + member("data.tar", size: 1 << 20)
        return Array(head.utf8) + [UInt8](repeating: 0, count: 512)
    }()

    /// The header of an object for x86-64: machine 62, as elf.h has it.
    static let x86Object: [UInt8] =
        [0x7f, 0x45, 0x4c, 0x46, 2, 1, 1] + [UInt8](repeating: 0, count: 9) + [1, 0, 62, 0]
        + [UInt8](repeating: 0, count: 44)
}

extension Sandbox {
    static let kernel = "debian-6.1"

    /// Puts a kernel on the axis that never boots.
    func addKernel() async throws {
        try write(Fixture.bzImage(), to: "vmlinuz")
        let outcome = try await run("kernels", "add", "vmlinuz", "--id", Self.kernel, "--no-boot")
        try #require(outcome.isSuccess, "\(outcome.stderr)")
    }

    /// Puts a probe `tiny` with one variant `only` on the axis.
    func addProbe() throws {
        try write("summary: Does nothing.\nvariants:\n  only: { source: only.bpf.c }\n", to: "probes/tiny/probe.yaml")
        try write(
            """
            __attribute__((section("socket"), used)) int nothing(void *context) { return 0; }
            char LICENSE[] __attribute__((section("license"), used)) = "GPL";

            """, to: "probes/tiny/only.bpf.c")
    }

    /// An object to run without a manifest, `tiny.bpf.o`.
    func addObject() async throws {
        try addProbe()
        let outcome = try await run("probes", "build")
        try #require(outcome.isSuccess, "\(outcome.stderr)")
        let built = try #require(try files().keys.first { $0.hasSuffix("/only.bpf.o") })
        try write([UInt8](contents(of: built)), to: "tiny.bpf.o")
    }

    /// Kernel and object: all that a run needs but a QEMU.
    func addCell() async throws {
        try await addKernel()
        try await addObject()
    }

    /// Puts a loader among those that `make guest` builds, which can do no more than say its version.
    func addLoader(_ name: String, saying version: String) throws {
        try write("#!/bin/sh\necho '\(version)'\n", to: "images/guest/build/loader-\(name)").makeExecutable()
    }

    /// The only folder on the `PATH` of programs that shall see this QEMU or none.
    var bin: FilePath { root.appending("bin") }

    /// Puts a QEMU on `bin` that says `version` and else does what `script` says.
    func addQEMU(version: String, script: String) throws {
        let file = try write(
            """
            #!/bin/sh
            if [ "$1" = --version ]; then echo "QEMU emulator version \(version) (a stub)"; exit; fi
            \(script)

            """, to: "bin/qemu-system-x86_64")
        try file.makeExecutable()
    }
}

extension FilePath {
    func makeExecutable() throws {
        let descriptor = try FileDescriptor.open(self, .readOnly)
        try descriptor.closeAfter { try #require(fchmod(descriptor.rawValue, 0o755) == 0) }
    }
}
