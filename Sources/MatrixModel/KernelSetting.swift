/// A sysctl that is set while a cell runs.
package struct KernelSetting: Sendable, Hashable {
    /// As `kernel.unprivileged_bpf_disabled`.
    package var name: String
    package var value: String

    package init(name: String, value: String) {
        self.name = name
        self.value = value
    }

    /// The line of a stage plan.
    var line: [String] { ["sysctl", name, value] }
}
