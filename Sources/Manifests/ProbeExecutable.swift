package import SystemPackage

/// A user's executable that loads its own programs, from the key `exec` of a variant.
package struct ProbeExecutable: Sendable, Hashable {
    package struct File: Sendable, Hashable {
        /// Its absolute path in the guest.
        package var guest: FilePath
        package var host: FilePath
    }

    package var program: FilePath
    package var arguments: [String]
    /// Files in addition to the executable and its libraries.
    package var files: [File]
    package var environment: [String: String]
    /// The exit status that means success; `nil` if the exit status does not matter.
    package var status: Int32?
    /// The text that a line of its output must contain; `nil` for no requirement.
    package var line: String?
}

extension ProbeExecutable {
    /// Reads the value of `exec`; paths of this machine are relative to `folder`.
    init(_ node: ManifestNode, in folder: FilePath) throws(ManifestError) {
        let keys = try node.mapping(known: ["program", "arguments", "files", "environment", "pass"])
        program = try keys.required("program", in: node).file(in: folder)
        arguments = []
        for argument in try keys["arguments"]?.list() ?? [] { arguments.append(try argument.argument()) }
        files = try keys["files"]?.guestFiles(in: folder) ?? []
        environment = [:]
        for (name, value) in try keys["environment"]?.namedEntries() ?? [] {
            guard name.wholeMatch(of: /[A-Za-z_][A-Za-z0-9_]*/) != nil else {
                throw value.wrong(
                    expected: "a variable name instead of '\(name)': letters, digits and '_', not starting with a digit"
                )
            }
            environment[name] = try value.argument()
        }
        guard let pass = keys["pass"] else {
            status = 0
            return
        }
        let rules = try pass.mapping(known: ["status", "line"])
        guard !rules.isEmpty else { throw pass.wrong(expected: "'status', 'line', or both") }
        status = try rules["status"]?.exitStatus()
        line = try rules["line"]?.field()
    }
}

extension ManifestNode {
    /// An argument for a program; may be empty.
    fileprivate func argument() throws(ManifestError) -> String { try text().isEmpty ? "" : field() }

    fileprivate func exitStatus() throws(ManifestError) -> Int32 {
        guard let status = Int32(try text()), (0...255).contains(status) else { throw wrong(expected: "0 to 255") }
        return status
    }

    /// A mapping of guest paths to files, or a list of files that have the same path in the guest.
    ///
    /// Relative paths in a list start at the root directory, in which the program starts.
    fileprivate func guestFiles(in folder: FilePath) throws(ManifestError) -> [ProbeExecutable.File] {
        var files: [ProbeExecutable.File] = []
        if let nodes = try? list() {
            for node in nodes {
                let path = FilePath("/").pushing(FilePath(try node.text()))
                files.append(.init(guest: try node.guestPath(path), host: try node.file(in: folder)))
            }
        } else {
            for (name, node) in try namedEntries() {
                guard FilePath(name).isAbsolute else {
                    throw node.wrong(expected: "an absolute path in the guest as key, not '\(name)'")
                }
                files.append(.init(guest: try node.guestPath(FilePath(name)), host: try node.file(in: folder)))
            }
        }
        return files
    }

    /// - Throws: `ManifestError` for a path that leaves the root directory, or that is in one of the kernel's file
    ///   systems.
    private func guestPath(_ path: FilePath) throws(ManifestError) -> FilePath {
        let path = FilePath(root: "/", path.components.filter { $0.kind != .currentDirectory })
        let isUsable = path.components.allSatisfy { $0.kind == .regular } && path.string.utf8.count <= 400
        let first = path.components.first?.string ?? ""
        guard isUsable, path.string.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }), path.components.count > 0,
            !["proc", "sys", "dev"].contains(first)
        else {
            throw wrong(
                expected: "a path in the guest of at most 400 bytes, without '..' and not below /proc, /sys or /dev")
        }
        return path
    }
}
