package import MatrixModel

/// A feature that kernels may have.
package struct Feature: Sendable, Hashable, Decodable {
    package enum Kind: String, Sendable, Decodable, CaseIterable {
        case programType = "program type", mapType = "map type", attachType = "attach type"
        case helper, kfunc, instruction
        case structOps = "struct_ops"
        /// Of the verifier or of bpf(), such as `bounded loops`.
        case capability
    }

    package var kind: Kind
    /// libbpf's name: `ringbuf`, `bpf_loop`.
    package var name: String
    /// The text that a verifier prints if it does not know the name: a helper's number, or an opcode.
    package var key: String?
    /// The first mainline version; distributions may have it earlier, or never.
    package var since: KernelRelease
    /// The first mainline version without it, if it was removed.
    package var until: KernelRelease?
    /// The config option that it requires, without `CONFIG_`.
    package var config: String?
    /// The module that contains it if the option is `m`.
    package var module: String?

    private enum CodingKeys: String, CodingKey { case kind, name, key, since, until, config, module }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        kind = try container.decode(Kind.self, forKey: .kind)
        name = try container.decode(String.self, forKey: .name)
        key = try container.decodeIfPresent(String.self, forKey: .key)
        config = try container.decodeIfPresent(String.self, forKey: .config)
        module = try container.decodeIfPresent(String.self, forKey: .module)
        since = try Self.release(container.decode(String.self, forKey: .since), in: container)
        until = try container.decodeIfPresent(String.self, forKey: .until).map { try Self.release($0, in: container) }
    }

    private static func release(
        _ text: String, in container: KeyedDecodingContainer<CodingKeys>
    ) throws -> KernelRelease {
        guard let release = KernelRelease(text) else {
            throw DecodingError.dataCorruptedError(
                forKey: .since, in: container, debugDescription: "'\(text)' is not a kernel version")
        }
        return release
    }

    /// As the subject of a sentence.
    var subject: String {
        switch kind {
        case .helper, .kfunc: name
        case .programType, .mapType, .attachType, .structOps: "The \(kind.rawValue) \(name)"
        case .instruction: "The instruction \(name)"
        case .capability: name.prefix(1).uppercased() + name.dropFirst()
        }
    }

    /// Whether `subject` is plural.
    var isPlural: Bool { kind == .capability && name.hasSuffix("s") }
}
