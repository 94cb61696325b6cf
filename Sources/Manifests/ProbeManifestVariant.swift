package import MatrixModel
package import SystemPackage

/// One way to build a probe.
package struct ProbeVariant: Sendable, Hashable {
    package enum Origin: Sendable, Hashable {
        case source(FilePath, InstructionSet, flags: [String])
        /// Compiled in advance, by any compiler.
        case object(FilePath)
        /// Without BPF.
        case tracefs(TracefsEvent)
        /// No known object: an executable that loads its own programs.
        case exec(ProbeExecutable)
    }

    package var name: String
    package var origin: Origin
    package var settings: ProbeSettings
    /// In the order of the file: the first matching rule applies.
    package var expectations: [Expectation]

    /// The source file; `nil` without an object.
    package var file: FilePath? {
        switch origin {
        case .source(let file, _, _), .object(let file): file
        case .exec(let executable): executable.program
        case .tracefs: nil
        }
    }

    /// The `-mcpu` of a source.
    package var cpu: String? {
        switch origin {
        case .source(_, let cpu, _): cpu.rawValue
        case .object, .tracefs, .exec: nil
        }
    }
}

/// The BPF instructions that clang can use, its `-mcpu`.
package enum InstructionSet: String, Sendable, CaseIterable {
    /// No "less than": this was clang's default before version 20.
    case v1
    /// The default: every kernel since 4.14 accepts it, and clang's own default depends on the clang version.
    case v2
    /// 32-bit jumps (5.1); atomics that return a value are included and need 5.12.
    case v3
    /// Signed division, sign-extending loads, byte swaps, long jumps (6.6).
    case v4
}

extension ProbeVariant {
    /// Reads an entry of `variants`; `shared` are the settings of the whole probe.
    init(
        _ node: ManifestNode, name: String, in folder: FilePath, shared: ProbeSettings
    ) throws(ManifestError) {
        let keys = try node.mapping(
            known: ["source", "object", "tracefs", "exec", "cpu", "cflags"] + ProbeSettings.keys)
        self.name = name
        origin = try Origin(keys, of: node, in: folder)
        var shared = shared
        // The probe's stages apply to objects: an executable does all that itself.
        if keys["exec"] != nil { shared.stages = .none }
        settings = try ProbeSettings(keys, else: shared)
        try settings.stages.check()
        if case .tracefs(let event) = origin { _ = try settings.stages.plan(event) }
        expectations = []
    }
}

extension ProbeVariant.Origin {
    init(_ keys: [String: ManifestNode], of node: ManifestNode, in folder: FilePath) throws(ManifestError) {
        if let exec = keys["exec"] {
            try Self.refuse(
                [
                    "source", "object", "tracefs", "cpu", "cflags", "loaders", "fullLogs", "trialSizes", "constants",
                    "maps",
                ] + ProbeStages.keys,
                among: keys, beside: "exec")
            self = .exec(try ProbeExecutable(exec, in: folder))
            return
        }
        if let tracefs = keys["tracefs"] {
            try Self.refuse(
                [
                    "source", "object", "cpu", "cflags", "loaders", "fullLogs", "trialSizes", "constants", "maps",
                    "attach",
                ], among: keys, beside: "tracefs")
            if let map = try keys["event"]?.mapping(known: ["map", "contains"])["map"] {
                throw map.wrong(expected: "no 'map' with 'tracefs'")
            }
            self = .tracefs(try TracefsEvent(tracefs))
            return
        }
        if let object = keys["object"] {
            try Self.refuse(["source", "cpu", "cflags"], among: keys, beside: "object")
            self = .object(try object.file(in: folder))
            return
        }
        let source = try keys.required("source", in: node).file(in: folder)
        let cpu: InstructionSet = if let node = keys["cpu"] { try InstructionSet(node) } else { .v2 }
        self = .source(source, cpu, flags: try keys["cflags"]?.texts() ?? [])
    }

    private static func refuse(
        _ others: [String], among keys: [String: ManifestNode], beside key: String
    ) throws(ManifestError) {
        for other in others {
            if let node = keys[other] { throw node.wrong(expected: "no '\(other)' with '\(key)'") }
        }
    }
}

extension InstructionSet {
    init(_ node: ManifestNode) throws(ManifestError) {
        guard let value = InstructionSet(rawValue: try node.text()) else {
            throw node.wrong(expected: Self.allCases.map(\.rawValue).joined(separator: ", "))
        }
        self = value
    }
}

extension ManifestNode {
    /// The path, relative to `folder`, of an existing file.
    func file(in folder: FilePath) throws(ManifestError) -> FilePath {
        let path = folder.pushing(FilePath(try text())).lexicallyNormalized()
        guard ManifestFile.exists(path) else { throw wrong(expected: "a file in \(folder)") }
        return path
    }

    func texts() throws(ManifestError) -> [String] {
        var texts: [String] = []
        for node in try list() { texts.append(try node.text()) }
        return texts
    }
}
