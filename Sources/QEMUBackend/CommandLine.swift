package import Machine
package import SystemPackage

/// The accelerators that x86-64 guests run with.
package enum Accelerator: String, Codable, Sendable, CaseIterable {
    case kvm, tcg
}

/// A part of the machine: arguments for QEMU, and the kernel parameters that go with them.
package struct Device: Sendable, Equatable {
    package var arguments: [String]
    package var kernelArguments: [String] = []

    /// A panicking kernel reboots immediately, and QEMU exits instead; an oops counts as a panic, because a crash would
    /// otherwise go unnoticed.
    package static let exitOnPanic = Device(arguments: ["-no-reboot"], kernelArguments: ["panic=-1", "oops=panic"])

    /// `earlyprintk` is for images that cannot be unpacked and kernels that die before they have drivers: it makes them
    /// print the reason.
    ///
    /// Time stamps distinguish the kernel's lines from those of programs.
    package static func console(path: String) -> Device {
        Device(
            arguments: ["-chardev", "file,id=console,path=\(path)", "-serial", "chardev:console"],
            kernelArguments: ["console=ttyS0", "earlyprintk=ttyS0", "quiet", "printk.time=1"])
    }

    /// An ivshmem device that receives its memory over the socket `descriptor`.
    ///
    /// Memory received this way is part of the device state of a snapshot, unlike memory that QEMU opens by path. QEMU
    /// refuses to migrate a machine that does not own its mailbox (`master=on`).
    package static func mailbox(descriptor: Int32) -> Device {
        Device(arguments: [
            "-chardev", "socket,id=mailbox,fd=\(descriptor)", "-device",
            "ivshmem-doorbell,chardev=mailbox,vectors=1,master=on",
        ])
    }

    /// A ramfs, into which kernels before 3.13 unpack an initramfs: without this option, kernels 3.13 to 3.16, and
    /// el7's, use a tmpfs, on which they reject uprobes with EIO.
    package static func initramfs(path: String) -> Device {
        Device(arguments: ["-initrd", path], kernelArguments: ["rdinit=/init", "rootfstype=ramfs"])
    }

    /// The guest's memory while it boots, in a file that this process reads to take a snapshot.
    package static func memory(path: String, mebibytes: Int) -> Device {
        memory(mebibytes, "share=on,mem-path=\(path)")
    }

    /// The guest's memory from a snapshot: pages come from the file when they are first touched, and the guest writes
    /// to private copies.
    package static func memory(of snapshot: FilePath, mebibytes: Int) -> Device {
        // In the value of a QEMU option, commas are doubled.
        let path = snapshot.string.replacing(",", with: ",,")
        return memory(mebibytes, "share=off,readonly=on,rom=off,mem-path=\(path)")
    }

    private static func memory(_ mebibytes: Int, _ properties: String) -> Device {
        Device(arguments: [
            "-m", "\(mebibytes)M", "-object", "memory-backend-file,id=ram,size=\(mebibytes)M,\(properties)",
        ])
    }

    package static func monitor(descriptor: Int32) -> Device {
        Device(arguments: ["-chardev", "socket,id=monitor,fd=\(descriptor)", "-mon", "chardev=monitor,mode=control"])
    }

    /// `pc` has devices for which every kernel since 3.10 has drivers.
    ///
    /// Machine types change between QEMU versions, so the QEMU build is part of a snapshot's key.
    package static func processor(_ accelerator: Accelerator) -> Device {
        switch accelerator {
        case .kvm: Device(arguments: ["-accel", "kvm", "-cpu", "host"])
        // Guests with three loaders translate some 60 MiB of code. With a cache of 32 MiB, translated code was
        // discarded over and over, and the cells of one kernel took 56 s of processor time instead of 27 s. A cache of
        // 128 MiB was no faster. "IO-APIC + timer doesn't work!" is a panic seen under TCG on a busy host.
        case .tcg:
            Device(arguments: ["-accel", "tcg,tb-size=64", "-cpu", emulated], kernelArguments: ["no_timer_check"])
        }
    }

    /// The processor that TCG emulates: everything it supports, except features that kernels use because they are fast
    /// in hardware.
    ///
    /// With `erms` and `fsrm`, kernels copy and clear memory with `rep movsb`, which TCG executes one byte at a time,
    /// with eight times as many steps as `rep movsq`. With `la57`, page tables have a fifth level, and TCG walks them
    /// after each change of the address space. Together they cost 8 to 15 % of a guest's processor time
    /// (docs/decisions/025).
    package static let emulated = "max,erms=off,fsrm=off,la57=off"

    /// No network and no other devices, and QEMU itself cannot start programs or gain privileges.
    package static let bare = Device(arguments: [
        "-machine", "pc,memory-backend=ram", "-smp", "1", "-nodefaults", "-no-user-config", "-display", "none",
        "-sandbox", "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny",
    ])
}

/// QEMU's command line for a guest.
package struct CommandLine: Sendable, Equatable {
    /// Descriptors of the new QEMU, in the order passed to `cmx_spawn`.
    package static let monitorDescriptor: Int32 = 3
    package static let mailboxDescriptor: Int32 = 4
    package static let consoleDescriptor: Int32 = 5
    package static let memoryDescriptor: Int32 = 6

    package let arguments: [String]

    /// With a `snapshot`, the machine waits for the rest of that snapshot instead of booting.
    package init(_ spec: GuestSpec, accelerator: Accelerator, snapshot: FilePath? = nil) {
        let memory: Device =
            if let snapshot {
                .memory(of: snapshot, mebibytes: spec.memoryMiB)
            } else {
                .memory(path: "/proc/self/fd/\(Self.memoryDescriptor)", mebibytes: spec.memoryMiB)
            }
        let devices: [Device] = [
            .bare,
            .processor(accelerator),
            memory,
            .exitOnPanic,
            .console(path: "/proc/self/fd/\(Self.consoleDescriptor)"),
            .mailbox(descriptor: Self.mailboxDescriptor),
            .monitor(descriptor: Self.monitorDescriptor),
            .initramfs(path: spec.initramfs.string),
        ]
        var kernelArguments = devices.flatMap(\.kernelArguments)
        if !spec.extraArguments.isEmpty { kernelArguments.append(spec.extraArguments) }
        arguments =
            devices.flatMap(\.arguments)
            + ["-kernel", spec.kernel.string]
            + ["-append", kernelArguments.joined(separator: " ")]
            + (snapshot == nil ? [] : ["-incoming", "defer", "-S"])
    }
}
