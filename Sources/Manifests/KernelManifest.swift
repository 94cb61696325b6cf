package import MatrixModel
package import SystemPackage

/// The manifest of one kernel: which kernel, the source of its image, and additional kernel arguments.
package struct KernelManifest: Sendable, Hashable {
    package let id: KernelID
    package let source: KernelSource
    /// Added to the arguments that the guest needs; empty if the manifest names none.
    package let commandLine: String
    /// The absolute path of a file, folder or archive with the BTF of this kernel, in case it has none of its own.
    package let btf: FilePath?
    /// Whether a verdict on this kernel can be unexpected; `false` if the kernel is only observed.
    package let isGate: Bool
    /// The manifest itself; relative `file:` paths start in its folder.
    package let file: FilePath

    package init(
        id: KernelID, source: KernelSource, commandLine: String = "", btf: FilePath? = nil, isGate: Bool = true,
        file: FilePath
    ) {
        self.id = id
        self.source = source
        self.commandLine = commandLine
        self.btf = btf
        self.isGate = isGate
        self.file = file
    }

    /// Parses `text` as the manifest in `file`, whose name without `.yaml` is the kernel's id.
    package init(file: FilePath, text: String) throws(ManifestError) {
        let document = try ManifestNode(file: file, text: text)
        let values = try document.mapping(known: ["source", "commandLine", "btf", "gate"])
        let name = file.stem ?? ""
        guard let id = KernelID(name) else {
            throw .wrongValue(
                file: file, line: 1, key: "(file name)", value: name,
                expected: "<family>-<version>.yaml, such as debian-6.12.yaml")
        }
        self.init(
            id: id,
            source: try KernelSource(values.required("source", in: document), in: file),
            commandLine: try values["commandLine"]?.kernelArguments() ?? "",
            btf: try values["btf"]?.path(in: file.removingLastComponent()),
            isGate: try values["gate"]?.flag() ?? true,
            file: file)
    }

    /// Reads the manifest in `file`; throws `ManifestError.unreadable` if it cannot be opened or is not UTF-8.
    package init(reading file: FilePath) throws(ManifestError) {
        let text: String
        do {
            // Does not wait for a writer if it is a named pipe.
            let descriptor = try FileDescriptor.open(file, .readOnly, options: [.nonBlocking])
            defer { try? descriptor.close() }
            text = try descriptor.readText()
        } catch let error as Errno {
            throw .unreadable(file: file, errno: error)
        } catch {
            throw .unreadable(file: file, errno: .ioError)
        }
        try self.init(file: file, text: text)
    }
}

extension FileDescriptor {
    /// The content of a small text file.
    fileprivate func readText() throws -> String {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 16 * 1024)
        while case let count = try buffer.withUnsafeMutableBytes({ try read(into: $0) }), count > 0 {
            bytes += buffer[..<count]
        }
        guard let text = String(validating: bytes, as: UTF8.self) else { throw Errno.illegalByteSequence }
        return text
    }
}

extension ManifestNode {
    /// Kernel arguments on one line, because a line break could end a command line that contains them.
    func kernelArguments() throws(ManifestError) -> String {
        let text = try text()
        guard text.utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7F }), text.utf8.count <= 1024 else {
            throw wrong(expected: "at most 1024 printable ASCII characters on one line")
        }
        return text
    }
}
