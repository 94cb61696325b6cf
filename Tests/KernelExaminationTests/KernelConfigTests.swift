import KernelExamination
import Testing

@Suite struct KernelConfigTests {
    private let text = """
        #
        # Automatically generated file; DO NOT EDIT.
        #
        CONFIG_BPF=y
        CONFIG_BPF_SYSCALL=y
        CONFIG_NET_CLS_BPF=m
        # CONFIG_BPF_LSM is not set
        CONFIG_LSM="landlock,bpf"
        CONFIG_HZ=250
        CONFIG_CC_VERSION_TEXT="gcc (Debian 12.2.0-14)"
        CONFIG_KPROBE_EVENT=y
        BPF_JIT=y
        CONFIG_DEBUG_INFO_BTF
        """

    @Test func keepsWhatDecides() {
        let config = KernelConfig(text: text.utf8)
        #expect(
            config.values == [
                "BPF": "y", "BPF_SYSCALL": "y", "NET_CLS_BPF": "m", "LSM": "landlock,bpf", "HZ": "250",
                // The name before 4.11.
                "KPROBE_EVENTS": "y",
            ])
        #expect(config.set.map(\.option).starts(with: ["BPF", "BPF_SYSCALL"]))
        #expect(config.unset.contains("BPF_LSM") && config.unset.contains("BPF_JIT"))
        #expect(config.set.count + config.unset.count == KernelConfig.options.count)
    }

    @Test(arguments: [[], [0xff, 0xfe, 0x0a], Array("CONFIG_=\nCONFIG_BPF=\nCONFIG_LSM=\"".utf8)] as [[UInt8]])
    func survivesInvalidConfigs(bytes: [UInt8]) {
        let config = KernelConfig(text: bytes)
        #expect(config.values.allSatisfy { ["", "\""].contains($0.value) })
    }

    @Test func everyOptionIsNamedOnce() {
        #expect(Set(KernelConfig.options).count == KernelConfig.options.count)
    }
}
