import MatrixModel

extension ManifestNode {
    /// A mapping of sysctl names to values.
    func kernelSettings() throws(ManifestError) -> [KernelSetting] {
        var settings: [KernelSetting] = []
        for (name, node) in try namedEntries() {
            guard KernelSetting.isUsable(name: name) else {
                throw node.wrong(
                    expected: "the name of a sysctl, such as net.core.bpf_jit_enable")
            }
            let setting = KernelSetting(name: name, value: try node.field())
            guard !setting.isFinal else {
                throw node.wrong(expected: "0 or 2: 2 rejects the same programs as 1, which no guest can undo")
            }
            settings.append(setting)
        }
        return settings
    }
}

extension KernelSetting {
    /// Whether `name` is a file below /proc/sys, with dots for slashes.
    fileprivate static func isUsable(name: String) -> Bool {
        let parts = name.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count > 1
            && parts.allSatisfy { part in
                !part.isEmpty && part.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "-_".contains($0)) }
            }
    }

    /// Whether the kernel rejects every later value.
    ///
    /// Source: Linux 5.13, kernel/bpf/syscall.c, `bpf_unpriv_handler`.
    fileprivate var isFinal: Bool { name == "kernel.unprivileged_bpf_disabled" && value == "1" }
}
