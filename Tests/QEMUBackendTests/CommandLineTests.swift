import Machine
import SystemPackage
import Testing

@testable import QEMUBackend

struct CommandLineTests {
    /// The command line of a guest, a line an option; what differs between accelerators is given.
    private func golden(
        processor: [String], timer: String = "", memory: String = "share=on,mem-path=/proc/self/fd/6"
    ) -> [String] {
        """
        -machine pc,memory-backend=ram
        -smp 1
        -nodefaults
        -no-user-config
        -display none
        -sandbox on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny
        \(processor.joined(separator: "\n"))
        -m 192M
        -object memory-backend-file,id=ram,size=192M,\(memory)
        -no-reboot
        -chardev file,id=console,path=/proc/self/fd/5
        -serial chardev:console
        -chardev socket,id=mailbox,fd=4
        -device ivshmem-doorbell,chardev=mailbox,vectors=1,master=on
        -chardev socket,id=monitor,fd=3
        -mon chardev=monitor,mode=control
        -initrd /cache/guest.cpio
        -kernel /cache/vmlinuz
        """.split { $0.isWhitespace }.map(String.init)
            + [
                "-append",
                "\(timer)panic=-1 oops=panic console=ttyS0 earlyprintk=ttyS0 quiet printk.time=1 rdinit=/init "
                    + "rootfstype=ramfs",
            ]
    }

    private let tcgProcessor = ["-accel tcg,tb-size=64", "-cpu \(Device.emulated)"]
    private let timer = "no_timer_check "
    private var tcg: [String] { golden(processor: tcgProcessor, timer: timer) }

    @Test func underTCG() {
        #expect(CommandLine(.sample, accelerator: .tcg).arguments == tcg)
    }

    @Test func underKVM() {
        let arguments = CommandLine(.sample, accelerator: .kvm).arguments
        #expect(arguments == golden(processor: ["-accel kvm", "-cpu host"]))
    }

    /// A snapshot fits the machine that it was taken of, so nothing differs but where the memory comes from.
    @Test(arguments: [("/cache/a.snapshot", "/cache/a.snapshot"), ("/cache/a,b", "/cache/a,,b")])
    func whenRestoring(snapshot: FilePath, quoted: String) {
        let arguments = CommandLine(.sample, accelerator: .tcg, snapshot: snapshot).arguments
        let memory = "share=off,readonly=on,rom=off,mem-path=\(quoted)"
        #expect(
            arguments == golden(processor: tcgProcessor, timer: timer, memory: memory) + ["-incoming", "defer", "-S"])
    }

    @Test func theKernelsOwnArgumentsComeLast() {
        var spec = GuestSpec.sample
        spec.extraArguments = "clocksource=tsc quiet=no"
        let arguments = CommandLine(spec, accelerator: .tcg).arguments
        #expect(arguments.last == "\(tcg[tcg.count - 1]) clocksource=tsc quiet=no")
    }
}
