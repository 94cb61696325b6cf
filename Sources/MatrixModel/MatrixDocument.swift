/// A stored run as JSON (`compat-matrix/1`); described by `docs/matrix.schema.json`.
package struct MatrixDocument: Codable, Sendable, Hashable {
    package static let currentSchema = "compat-matrix/1"

    package var schema: String = MatrixDocument.currentSchema
    package var run: RunInfo
    /// In the order of `KernelRelease`, oldest first.
    package var kernels: [KernelRow]
    /// By name; every loader that a cell names.
    package var loaders: [LoaderRow]
    /// The rules of `expect` of the probes in the run, by probe, in the order of their manifests.
    package var exceptions: [ExceptionRow]
    /// In the order of the plan: kernel, then probe, variant, loader.
    package var cells: [CellResult]

    package init(
        run: RunInfo, kernels: [KernelRow], loaders: [LoaderRow] = [], exceptions: [ExceptionRow] = [],
        cells: [CellResult]
    ) {
        self.run = run
        self.kernels = kernels
        self.loaders = loaders
        self.exceptions = exceptions
        self.cells = cells
    }

    /// Decodes documents of versions that had only one loader and did not name it, and of those without exceptions.
    package init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        schema = try values.decode(String.self, forKey: .schema)
        run = try values.decode(RunInfo.self, forKey: .run)
        kernels = try values.decode([KernelRow].self, forKey: .kernels)
        loaders = try values.decodeIfPresent([LoaderRow].self, forKey: .loaders) ?? []
        exceptions = try values.decodeIfPresent([ExceptionRow].self, forKey: .exceptions) ?? []
        cells = try values.decode([CellResult].self, forKey: .cells)
    }
}

package struct RunInfo: Codable, Sendable, Hashable {
    /// Sorts by time: `20261122T100000Z-1a2b`.
    package var id: String
    /// ISO 8601 in UTC, to the second.
    package var startedAt: String
    package var durationSeconds: Double
    /// The version of compat-matrix that measured the run.
    package var tool: String
    package var host: HostInfo

    package init(id: String, startedAt: String, durationSeconds: Double, tool: String, host: HostInfo) {
        self.id = id
        self.startedAt = startedAt
        self.durationSeconds = durationSeconds
        self.tool = tool
        self.host = host
    }

    /// Whether `id` is a valid run id: it names a folder, so another text could lead out of the results.
    package static func isID(_ id: String) -> Bool {
        !id.isEmpty && id.utf8.count <= 64
            && id.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "-_".contains($0)) }
    }
}

package struct HostInfo: Codable, Sendable, Hashable {
    /// QEMU's version, `null` when no QEMU was found.
    @Nullable package var qemu: String?
    /// `tcg` or `kvm`; `null` when nothing was booted.
    @Nullable package var accelerator: String?
    package var cpus: Int

    package init(qemu: String?, accelerator: String?, cpus: Int) {
        self.qemu = qemu
        self.accelerator = accelerator
        self.cpus = cpus
    }
}

/// A column of the matrix: a kernel, and whether this run could measure it.
package struct KernelRow: Codable, Sendable, Hashable {
    package enum Status: String, Codable, Sendable { case measured, notMeasured }

    package var id: String
    /// The release that the guest reported (`uname -r`), never the label; `null` if no guest reported one.
    @Nullable package var release: String?
    package var family: String
    /// Whether the guest has `/sys/kernel/btf/vmlinux`; `null` if unknown.
    @Nullable package var btf: Bool?
    /// The origin of the BTF that loaders use instead of the kernel's own; `null` if the kernel has its own, or none
    /// was given.
    @Nullable package var externalBTF: String?
    /// `null` if every cell was answered from the store, or no guest started.
    @Nullable package var start: Start?
    /// From QEMU's start to the first frame of the guest.
    @Nullable package var readySeconds: Double?
    package var status: Status
    /// Why the kernel was not measured.
    @Nullable package var reason: String?

    package init(
        id: String, release: String?, family: String, btf: Bool?, externalBTF: String? = nil, start: Start?,
        readySeconds: Double?, status: Status, reason: String?
    ) {
        self.id = id
        self.release = release
        self.family = family
        self.btf = btf
        self.externalBTF = externalBTF
        self.start = start
        self.readySeconds = readySeconds
        self.status = status
        self.reason = reason
    }
}

extension [KernelRow] {
    /// By the version in the id; invalid ids come last.
    package var oldestFirst: [KernelRow] {
        sorted { left, right in
            switch (KernelID(left.id), KernelID(right.id)) {
            case (let left?, let right?): left < right
            case (_?, nil): true
            case (nil, _?): false
            case (nil, nil): left.id < right.id
            }
        }
    }
}

/// A loader: a library as its users get it, or a way to test without one.
package struct LoaderRow: Codable, Sendable, Hashable {
    package enum Status: String, Codable, Sendable {
        /// The guest contains it; its cells have the results.
        case available
        /// It could not be built or found on the host, so none of its cells were measured.
        case missing
    }

    /// The name in cells: `libbpf`, or the user's name for it.
    package var name: String
    /// The library, as the loader reports it; `null` for a loader without one, and if the loader is missing.
    @Nullable package var library: String?
    /// Of the library.
    @Nullable package var version: String?
    package var status: Status
    /// Why it is missing, and how to get it.
    @Nullable package var reason: String?

    package init(name: String, library: String?, version: String?, status: Status, reason: String?) {
        self.name = name
        self.library = library
        self.version = version
        self.status = status
        self.reason = reason
    }
}
