package import Machine
package import SystemPackage

/// The accelerators that x86-64 guests run with.
package enum Accelerator: String, Codable, Sendable, CaseIterable {
    case kvm, tcg
}

/// A part of the machine: arguments for QEMU, and the kernel parameters that belong to them.
package struct Device: Sendable, Equatable {
    package var arguments: [String]
    package var kernelArguments: [String] = []

    /// A panicking kernel reboots at once, and QEMU ends instead; an oops counts as a panic, or a crash would go unseen.
    package static let exitOnPanic = Device(arguments: ["-no-reboot"], kernelArguments: ["panic=-1", "oops=panic"])

    /// `earlyprintk` is for images that cannot be unpacked and kernels that die before they have drivers: it makes them say why.
    ///
    /// Time stamps tell the kernel's lines from those of programs.
    package static func console(path: String) -> Device {
        Device(
            arguments: ["-chardev", "file,id=console,path=\(path)", "-serial", "chardev:console"],
            kernelArguments: ["console=ttyS0", "earlyprintk=ttyS0", "quiet", "printk.time=1"])
    }

    /// An ivshmem device that is handed its memory over the socket `descriptor`.
    ///
    /// Memory that came this way is part of the device state of a snapshot, unlike memory that QEMU opened by a path. QEMU refuses
    /// to migrate a machine whose mailbox is not its own (`master=on`).
    package static func mailbox(descriptor: Int32) -> Device {
        Device(arguments: [
            "-chardev", "socket,id=mailbox,fd=\(descriptor)", "-device",
            "ivshmem-doorbell,chardev=mailbox,vectors=1,master=on",
        ])
    }

    /// A ramfs, which is what kernels before 3.13 unpack an initramfs into: those of 3.13 to 3.16, and el7's, take a tmpfs
    /// otherwise, and refuse uprobes on the files in it with EIO.
    package static func initramfs(path: String) -> Device {
        Device(arguments: ["-initrd", path], kernelArguments: ["rdinit=/init", "rootfstype=ramfs"])
    }

    /// The guest's memory while it boots, in a file that this process reads to take a snapshot.
    package static func memory(path: String, mebibytes: Int) -> Device {
        memory(mebibytes, "share=on,mem-path=\(path)")
    }

    /// The guest's memory as a snapshot has it: pages come from the file when they are first touched, and what the guest writes
    /// stays in its own copies.
    package static func memory(of snapshot: FilePath, mebibytes: Int) -> Device {
        // A comma in the value of an option of QEMU is written twice.
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

    /// `pc` has what every kernel since 3.10 has drivers for.
    ///
    /// Machine types change between QEMU versions, so the QEMU build is part of a snapshot's key.
    package static func processor(_ accelerator: Accelerator) -> Device {
        switch accelerator {
        case .kvm: Device(arguments: ["-accel", "kvm", "-cpu", "host"])
        // Guests with three loaders translate some 60 MiB of code; with 32 MiB of cache, what was translated is thrown away
        // over and over, and the cells of one kernel took 56 s of a processor instead of 27 s. A cache of 128 MiB was no faster.
        // "IO-APIC + timer doesn't work!" is a panic seen under TCG on a busy host.
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

    /// No network, no other device, and QEMU itself may start nothing and gain nothing.
    package static let bare = Device(arguments: [
        "-machine", "pc,memory-backend=ram", "-smp", "1", "-nodefaults", "-no-user-config", "-display", "none",
        "-sandbox", "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny",
    ])
}

/// QEMU's command line for a guest.
package struct CommandLine: Sendable, Equatable {
    /// Descriptors of the new QEMU, in the order that `cmx_spawn` is given them.
    package static let monitorDescriptor: Int32 = 3
    package static let mailboxDescriptor: Int32 = 4
    package static let consoleDescriptor: Int32 = 5
    package static let memoryDescriptor: Int32 = 6

    package let arguments: [String]

    /// With a `snapshot` the machine waits for the rest of that snapshot instead of booting.
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
