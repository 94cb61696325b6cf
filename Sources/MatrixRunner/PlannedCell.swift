package import GuestLink
package import Machine
package import MatrixModel
package import SystemPackage

/// A kernel module that a guest needs.
package struct GuestModule: Sendable, Hashable {
    package var name: String
    /// The uncompressed file.
    package var file: FilePath
    /// SHA-256 of the file's bytes, in hex.
    package var digest: String

    package init(name: String, file: FilePath, digest: String) {
        self.name = name
        self.file = file
        self.digest = digest
    }
}

/// A file of this machine that is sent to guests.
package struct PlannedFile: Sendable, Hashable {
    package var path: FilePath
    /// SHA-256 of its bytes, in hex.
    package var digest: String
    package var lines: LineTable
    /// For an object: its variables that are in no section.
    package var commonSymbols: [String]

    package init(
        path: FilePath, digest: String, lines: LineTable = LineTable(), commonSymbols: [String] = []
    ) {
        self.path = path
        self.digest = digest
        self.lines = lines
        self.commonSymbols = commonSymbols
    }
}

/// A file that a cell needs in its guest.
package struct CellFile: Sendable, Hashable {
    /// Absolute, at most 511 bytes.
    package var guestPath: String
    package var file: PlannedFile

    package init(guestPath: String, file: PlannedFile) {
        self.guestPath = guestPath
        self.file = file
    }
}

/// A cell that has to be measured, or whose result is already known.
package struct PlannedCell: Sendable, Hashable {
    package var key: CellKey
    /// Its place in the matrix.
    package var position = 0
    /// The digest of everything that decides its outcome; `nil` if the result must not be reused.
    package var inputs: String?
    /// Why the cell cannot be measured: the kernel's image, a module, the loader, or the compiler of its variant is not
    /// available.
    package var obstacle: String?
    /// The loader, unless the guest image contains it.
    package var loader: PlannedFile?
    /// `nil` for a loader without an object.
    package var object: PlannedFile?
    /// Additional files in its guest; no two cells of a guest have one at the same path.
    package var files: [CellFile]
    /// Names of the object's programs, for objects that a loader cannot even open.
    package var programs: [String]
    /// The stages after the load; `nil` to stop there.
    package var plan: StagePlan?
    /// Exactly the modules inserted while it runs: in order, each after those it depends on.
    package var modules: [GuestModule]
    /// Additional arguments on its guest's kernel command line; may be empty.
    package var kernelArguments = ""
    package var expectations: [Expectation]
    package var options: LoadOptions

    package init(
        key: CellKey, loader: PlannedFile? = nil, object: PlannedFile?, files: [CellFile] = [], programs: [String],
        plan: StagePlan? = nil, modules: [GuestModule] = [], expectations: [Expectation], options: LoadOptions = []
    ) {
        self.key = key
        self.options = options
        self.loader = loader
        self.files = files
        self.object = object
        self.programs = programs
        self.plan = plan
        self.modules = modules
        self.expectations = expectations
    }

    /// A cell whose object is only loaded.
    package init(
        key: CellKey, object: FilePath, objectDigest: String, programs: [String], modules: [GuestModule] = [],
        expectations: [Expectation]
    ) {
        self.init(
            key: key, object: PlannedFile(path: object, digest: objectDigest), programs: programs, modules: modules,
            expectations: expectations)
    }
}

extension PlannedCell {
    /// The name of the user's executable that runs for it; `nil` if there is none.
    fileprivate var ownProgram: String? {
        if loader != nil { return "loader \(key.loader)" }
        if case .exec = plan?.subject { return "program \(key.probe)/\(key.variant)" }
        return nil
    }
}

/// The cells of one kernel.
package struct KernelBatch: Sendable {
    package var kernel: KernelID
    package var spec: GuestSpec
    /// The kernel's `CONFIG_…` file, for loaders that resolve `extern … __kconfig`; `nil` if its package has none.
    package var config: FilePath?
    /// The BTF that loaders use if the kernel has none of its own.
    package var externalBTF: PlannedFile?
    package var cells: [PlannedCell]

    package init(
        kernel: KernelID, spec: GuestSpec, config: FilePath? = nil, externalBTF: PlannedFile? = nil,
        cells: [PlannedCell]
    ) {
        self.kernel = kernel
        self.spec = spec
        self.config = config
        self.externalBTF = externalBTF
        self.cells = cells
    }
}

extension KernelBatch {
    /// The batch in parts that must not share a guest: cells with different kernel arguments, and cells with a user's
    /// program.
    ///
    /// A user's program runs as root and could write anything into its guest's memory, including the results of other
    /// cells. It therefore has its own guests, where it can affect only its own cells.
    var parts: [KernelBatch] {
        let parts = Dictionary(grouping: cells) { [$0.kernelArguments, $0.ownProgram ?? ""] }
        return parts.sorted { $0.key.lexicographicallyPrecedes($1.key) }.map { key, cells in
            var batch = self
            batch.cells = cells
            batch.spec.extraArguments = [spec.extraArguments, key[0]].filter { !$0.isEmpty }.joined(separator: " ")
            return batch
        }
    }
}
