/// The user and capabilities of a cell's loader, unless it is root with all capabilities.
package struct Privileges: Sendable, Hashable {
    package var user: UInt32
    /// All capabilities that the user has.
    package var capabilities: [Capability]

    package init(user: UInt32, capabilities: [Capability]) {
        self.user = user
        self.capabilities = capabilities
    }

    /// The lines of a stage plan.
    var lines: [[String]] {
        [["user", "\(user)"]] + capabilities.map { ["capability", "\($0.number)", $0.name] }
    }
}

/// A capability of Linux.
package struct Capability: Sendable, Hashable {
    /// As `CAP_BPF`.
    package let name: String
    /// As in include/uapi/linux/capability.h.
    package var number: Int { Self.names.firstIndex(of: name) ?? 0 }
    /// The first kernel that has it, if people still run kernels without it.
    package var since: String? { Self.recent[name] }

    /// `nil` for a name that Linux does not know.
    package init?(_ name: String) {
        guard Self.names.contains(name) else { return nil }
        self.name = name
    }

    private static let recent = ["CAP_PERFMON": "5.8", "CAP_BPF": "5.8", "CAP_CHECKPOINT_RESTORE": "5.9"]

    /// By number.
    private static let names = [
        "CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_DAC_READ_SEARCH", "CAP_FOWNER", "CAP_FSETID", "CAP_KILL", "CAP_SETGID",
        "CAP_SETUID", "CAP_SETPCAP", "CAP_LINUX_IMMUTABLE", "CAP_NET_BIND_SERVICE", "CAP_NET_BROADCAST",
        "CAP_NET_ADMIN", "CAP_NET_RAW", "CAP_IPC_LOCK", "CAP_IPC_OWNER", "CAP_SYS_MODULE", "CAP_SYS_RAWIO",
        "CAP_SYS_CHROOT", "CAP_SYS_PTRACE", "CAP_SYS_PACCT", "CAP_SYS_ADMIN", "CAP_SYS_BOOT", "CAP_SYS_NICE",
        "CAP_SYS_RESOURCE", "CAP_SYS_TIME", "CAP_SYS_TTY_CONFIG", "CAP_MKNOD", "CAP_LEASE", "CAP_AUDIT_WRITE",
        "CAP_AUDIT_CONTROL", "CAP_SETFCAP", "CAP_MAC_OVERRIDE", "CAP_MAC_ADMIN", "CAP_SYSLOG", "CAP_WAKE_ALARM",
        "CAP_BLOCK_SUSPEND", "CAP_AUDIT_READ", "CAP_PERFMON", "CAP_BPF", "CAP_CHECKPOINT_RESTORE",
    ]
}
