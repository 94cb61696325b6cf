/// The settings of a map that an application changes between open and load.
package struct MapSetting: Sendable, Hashable {
    /// The map that serves as the template for the values of an array or hash of maps.
    package struct Inner: Sendable, Hashable {
        package var type: MapType
        /// In bytes; 0 for a type without keys.
        package var keySize: UInt32
        package var valueSize: UInt32
        package var maxEntries: UInt32

        package init(type: MapType, keySize: UInt32, valueSize: UInt32, maxEntries: UInt32) {
            self.type = type
            self.keySize = keySize
            self.valueSize = valueSize
            self.maxEntries = maxEntries
        }
    }

    package var map: String
    package var maxEntries: UInt32?
    /// The absolute path at which it is pinned.
    package var pin: String?
    package var inner: Inner?

    package init(map: String, maxEntries: UInt32? = nil, pin: String? = nil, inner: Inner? = nil) {
        self.map = map
        self.maxEntries = maxEntries
        self.pin = pin
        self.inner = inner
    }

    /// The lines of a stage plan.
    var lines: [[String]] {
        var lines: [[String]] = []
        if let maxEntries { lines.append(["max-entries", map, "\(maxEntries)"]) }
        if let pin { lines.append(["pin", map, pin]) }
        if let inner {
            let numbers = [inner.type.number, inner.keySize, inner.valueSize, inner.maxEntries]
            lines.append(["inner", map] + numbers.map { "\($0)" })
        }
        return lines
    }
}

/// A map type by libbpf's name.
package struct MapType: Sendable, Hashable {
    package let name: String
    /// As in `enum bpf_map_type` of include/uapi/linux/bpf.h.
    package var number: UInt32 { UInt32(Self.names.firstIndex(of: name) ?? 0) }

    /// `nil` for a name that libbpf does not know.
    package init?(_ name: String) {
        guard Self.names.dropFirst().contains(name) else { return nil }
        self.name = name
    }

    /// By number.
    ///
    /// Source: libbpf 1.7, `map_type_name`.
    private static let names = [
        "unspec", "hash", "array", "prog_array", "perf_event_array", "percpu_hash", "percpu_array", "stack_trace",
        "cgroup_array", "lru_hash", "lru_percpu_hash", "lpm_trie", "array_of_maps", "hash_of_maps", "devmap", "sockmap",
        "cpumap", "xskmap", "sockhash", "cgroup_storage", "reuseport_sockarray", "percpu_cgroup_storage", "queue",
        "stack", "sk_storage", "devmap_hash", "struct_ops", "ringbuf", "inode_storage", "task_storage", "bloom_filter",
        "user_ringbuf", "cgrp_storage", "arena", "insn_array",
    ]
}
