import Machine
import SystemPackage
import Testing

@testable import QEMUBackend

struct CommandLineTests {
    /// The command line of a guest, a line an option; what differs between accelerators is given.
    private func golden(processor: [String], timer: String = "") -> [String] {
        """
        -machine pc
        -smp 1
        -nodefaults
        -no-user-config
        -display none
        -sandbox on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny
        \(processor.joined(separator: "\n"))
        -m 192M
        -no-reboot
        -chardev file,id=console,path=/proc/self/fd/5
        -serial chardev:console
        -object memory-backend-file,id=mailbox,share=on,size=16777216,mem-path=/proc/self/fd/4
        -device ivshmem-plain,memdev=mailbox,master=on
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

    private var tcg: [String] {
        golden(processor: ["-accel tcg,tb-size=64", "-cpu max"], timer: "no_timer_check ")
    }

    @Test func underTCG() {
        #expect(CommandLine(.sample, accelerator: .tcg, restoring: false).arguments == tcg)
    }

    @Test func underKVM() {
        let arguments = CommandLine(.sample, accelerator: .kvm, restoring: false).arguments
        #expect(arguments == golden(processor: ["-accel kvm", "-cpu host"]))
    }

    /// A snapshot fits the machine that it was taken of: all else is the same.
    @Test func whenRestoring() {
        let arguments = CommandLine(.sample, accelerator: .tcg, restoring: true).arguments
        #expect(arguments == tcg + ["-incoming", "defer", "-S"])
    }

    @Test func theKernelsOwnArgumentsComeLast() {
        var spec = GuestSpec.sample
        spec.extraArguments = "clocksource=tsc quiet=no"
        let arguments = CommandLine(spec, accelerator: .tcg, restoring: false).arguments
        #expect(arguments.last == "\(tcg[tcg.count - 1]) clocksource=tsc quiet=no")
    }
}
