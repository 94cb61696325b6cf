package import GuestLink

/// The identity and features of a kernel, established in a guest.
///
/// Nothing here is looked up by version, because distributions backport features.
package struct KernelFacts: Codable, Sendable, Equatable {
    /// How the guest booted.
    package struct Boot: Codable, Sendable, Equatable {
        /// From the start of the VMM to the agent's first frame; the guest was booted, not restored.
        package var readySeconds: Double
        /// The guest's own clock at that moment.
        package var uptimeSeconds: Double
        /// Whether anything arrived on the first serial port.
        ///
        /// A kernel that was booted with `quiet` may print nothing at boot; during an examination, PID 1 prints a line
        /// of its own.
        package var hasSerialConsole: Bool

        package init(readySeconds: Double, uptimeSeconds: Double, hasSerialConsole: Bool) {
            self.readySeconds = readySeconds
            self.uptimeSeconds = uptimeSeconds
            self.hasSerialConsole = hasSerialConsole
        }
    }

    /// `uname -r`.
    package var release: String
    /// `uname -v`.
    package var versionText: String
    package var boot: Boot
    /// The features that decide loads and attachments: `bounded_loops`, `kernel_btf`.
    package var features = Offers()
    package var programTypes = Offers()
    package var mapTypes = Offers()
    /// By program type, the helpers that it may call, oldest first; types with a special way of loading are omitted.
    package var helpers: [String: [String]] = [:]
    /// Names of `kfuncs` (kernel functions that programs may call), `iterators` and `struct_ops`, without those from
    /// modules.
    package var lists: [String: [String]] = [:]
    /// The contents of files in /proc and /sys: `lsm`, `lockdown`, `banner`.
    package var settings: [String: String] = [:]
    /// The config embedded in the kernel; `nil` if there is none.
    package var config: KernelConfig?
    /// Why the examination ended early, so that missing entries above prove nothing.
    package var gap: String?

    package init(hello: Hello, boot: Boot) {
        release = hello.release
        versionText = hello.versionText
        self.boot = boot
    }

    package var distribution: Distribution {
        Distribution(release: release, versionText: versionText, banner: settings["banner"] ?? "")
    }
}

/// Names of one kind, each list in the kernel's own order.
package struct Offers: Codable, Sendable, Equatable {
    package var present: [String] = []
    package var absent: [String] = []
    /// Could not be determined.
    package var unknown: [String] = []

    package init(present: [String] = [], absent: [String] = [], unknown: [String] = []) {
        self.present = present
        self.absent = absent
        self.unknown = unknown
    }

    mutating func note(_ name: String, isThere: Bool?) {
        switch isThere {
        case true?: present.append(name)
        case false?: absent.append(name)
        case nil: unknown.append(name)
        }
    }
}

extension KernelFacts {
    package var hasBPF: Bool { features.present.contains("bpf_syscall") }
    package var hasBTF: Bool { features.present.contains("kernel_btf") }
    /// Functions of the kernel image that programs may call.
    package var kernelFunctions: [String] { lists["kfuncs"] ?? [] }
}
