import FoundationEssentials
import Glibc
import HostTools
package import Manifests
import Synchronization
package import SystemPackage

/// Compiles variants into `<cache>/probes/<probe>-<key>/<variant>.bpf.o`, each only if one of its inputs changed.
///
/// The key identifies the probe's own folder: a user's projects share a cache, and two of them may have a probe of the
/// same name at the same time.
package struct ProbeBuilder: Sendable {
    private let cache: FilePath
    private let compiler: ProbeCompiler?
    private let rust: RustCompiler?
    private let digests = InputDigests()

    /// - Parameters:
    ///   - cache: The cache folder; a subfolder `probes` is created in it.
    ///   - compiler: For sources in C; not needed without any.
    ///   - rust: For sources in Rust.
    package init(cache: FilePath, compiler: ProbeCompiler?, rust: RustCompiler? = nil) {
        self.cache = cache.absolute.appending("probes")
        self.compiler = compiler
        self.rust = rust
    }

    /// The object of the variant that is made from `source`, compiled or found.
    ///
    /// - Throws: `ProbeObjectError`; for a source that does not compile, with the compiler's message.
    package func object(
        from source: FilePath, _ cpu: InstructionSet, flags: [String], variant: String, in probe: ProbeManifest
    ) async throws -> ObjectFile {
        let compiler = try compiler(of: source)
        let folder = folder(of: probe)
        try Self.makeFolder(folder)
        let product = Product(stem: folder.appending(variant))
        let arguments = compiler.arguments(cpu, flags: flags)
        if let object = found(product, of: source, by: compiler, arguments, in: probe.folder) { return object }
        return try await compile(source, by: compiler, arguments, in: probe.folder, to: product)
    }

    /// `object` with the variant's values for its variables; the same object if there are none.
    ///
    /// It is written to a separate folder, because a compiled variant can have any file name.
    ///
    /// - Throws: `ManifestError`, `ProbeObjectError`.
    func object(_ object: ObjectFile, setting variant: ProbeVariant, in probe: ProbeManifest) throws -> ObjectFile {
        guard !variant.settings.constants.isEmpty else { return object }
        let folder = folder(of: probe).appending("constants")
        try Self.makeFolder(folder)
        return try object.setting(variant.settings.constants, copy: folder.appending("\(variant.name).bpf.o"))
    }

    private func compiler(of source: FilePath) throws(ProbeObjectError) -> any SourceCompiler {
        if source.isRust {
            guard let rust else { throw .noRustCompiler(tried: []) }
            return rust
        }
        guard let compiler else { throw .noCompiler(tried: []) }
        return compiler
    }

    /// The inputs of the variant's last build; empty if there was none.
    func inputs(of variant: String, in probe: ProbeManifest) -> [FilePath] {
        let product = Product(stem: folder(of: probe).appending(variant))
        guard let bytes = try? FileBytes.read(product.record),
            let record = BuildRecord(text: String(decoding: bytes, as: UTF8.self))
        else { return [] }
        return record.inputs.map { probe.folder.absolute.pushing(FilePath($0.path)).lexicallyNormalized() }
    }

    /// The folder for the compiled objects of `probe`.
    func folder(of probe: ProbeManifest) -> FilePath {
        let key = Digest.of(probe.folder.absolute.string).prefix(12)
        return cache.appending("\(probe.name)-\(key)")
    }

    /// The result of an earlier build, if nothing has changed since.
    private func found(
        _ product: Product, of source: FilePath, by compiler: any SourceCompiler, _ arguments: [String],
        in folder: FilePath
    ) -> ObjectFile? {
        guard let bytes = try? FileBytes.read(product.record),
            let record = BuildRecord(text: String(decoding: bytes, as: UTF8.self)),
            record.compiler == compiler.identity, record.arguments == arguments,
            // The source is the first prerequisite of the rule. The manifest may name another one by now.
            record.inputs.first?.path == source.relative(to: folder).string,
            record.inputs.allSatisfy({ digests.digest(of: folder.pushing(FilePath($0.path))) == $0.digest }),
            let object = try? ObjectFile(product.object), object.digest == record.object
        else { return nil }
        return object
    }

    private func compile(
        _ source: FilePath, by compiler: any SourceCompiler, _ arguments: [String], in folder: FilePath,
        to product: Product
    ) async throws -> ObjectFile {
        do {
            return try await TemporaryFolder.with(beside: product.stem) { attempt in
                try await compile(source, by: compiler, arguments, in: folder, to: product, by: attempt)
            }
        } catch let error as Errno {
            throw ProbeObjectError.unwritable(product.stem, error)
        }
    }

    private func compile(
        _ source: FilePath, by compiler: any SourceCompiler, _ arguments: [String], in folder: FilePath,
        to product: Product, by attempt: FilePath
    ) async throws -> ObjectFile {
        let scratch = Product(stem: attempt.appending("probe"))
        try await compiler.compile(
            source.relative(to: folder), in: folder, arguments: arguments, object: scratch.object, rule: scratch.rule)
        // Checked under its temporary name, so that an invalid object never gets the name that a run looks for.
        let checked = try Self.readObject(scratch.object, of: source)
        let rule = String(decoding: try FileBytes.read(scratch.rule), as: UTF8.self)
        let inputs = BuildRecord.prerequisites(rule: rule).compactMap { path in
            digests.digest(of: folder.pushing(FilePath(path))).map { BuildRecord.Input(digest: $0, path: path) }
        }
        let record = BuildRecord(
            compiler: compiler.identity, arguments: arguments, object: checked.digest, inputs: inputs)
        try FileBytes.move(scratch.object, to: product.object)
        try FileBytes.write(Array(record.text.utf8), to: product.record)
        return try ObjectFile(product.object)
    }

    /// Errors about the source's content name the source, not a temporary file.
    private static func readObject(_ object: FilePath, of source: FilePath) throws -> ObjectFile {
        do {
            return try ObjectFile(object)
        } catch ProbeObjectError.noProgram {
            throw ProbeObjectError.noProgram(source)
        }
    }

    private static func makeFolder(_ folder: FilePath) throws(ProbeObjectError) {
        do {
            try PrivateFolder.create(folder)
        } catch {
            throw .unwritable(folder, Errno(rawValue: errno))
        }
    }
}

extension FilePath {
    var isRust: Bool { `extension` == "rs" }

    /// The absolute path, because the compiler runs in the probe's folder.
    var absolute: FilePath {
        FilePath(FileManager.default.currentDirectoryPath).pushing(self).lexicallyNormalized()
    }

    /// The path passed to a compiler that runs in `folder`; a path outside of it stays absolute.
    fileprivate func relative(to folder: FilePath) -> FilePath {
        var path = absolute
        _ = path.removePrefix(folder.absolute)
        return path
    }
}

/// The files that belong to one compiled variant.
private struct Product {
    var stem: FilePath
    var object: FilePath { FilePath("\(stem).bpf.o") }
    var record: FilePath { FilePath("\(stem).key") }
    var rule: FilePath { FilePath("\(stem).d") }
}

/// Digests of inputs; each file is read once per build, because all variants share the system's headers.
private final class InputDigests: Sendable {
    private let known = Mutex<[FilePath: String]>([:])

    /// `nil` if the file cannot be read.
    func digest(of file: FilePath) -> String? {
        if let digest = known.withLock({ $0[file] }) { return digest }
        guard let bytes = try? FileBytes.read(file) else { return nil }
        let digest = Digest.of(bytes)
        known.withLock { $0[file] = digest }
        return digest
    }
}
