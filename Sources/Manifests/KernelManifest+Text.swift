import SystemPackage
import Yams

extension KernelManifest {
    /// The content to write to `file`; reading it gives the same kernel.
    package var text: String {
        var pairs = [("source", source.node)]
        if !commandLine.isEmpty { pairs.append(("commandLine", ManifestText.text(commandLine))) }
        if let btf { pairs.append(("btf", ManifestText.text(btf.string))) }
        if !isGate { pairs.append(("gate", Node("false"))) }
        return ManifestText.of(ManifestText.mapping(pairs))
    }
}

extension KernelSource {
    fileprivate var node: Node {
        switch self {
        case .apt(let source):
            let suite = source.suite
            let apt = [
                ("archive", suite.archive.rawValue), ("suite", suite.name), ("component", suite.component),
                ("package", source.package),
            ]
            return ManifestText.mapping([("apt", ManifestText.mapping(apt.map { ($0, ManifestText.text($1)) }))])
        case .file(let source):
            var pairs = [(source.location.key, source.location.node)]
            if let config = source.config { pairs.append(("config", config.node)) }
            if !source.modules.isEmpty { pairs.append(("modules", ManifestText.list(source.modules.map(\.node)))) }
            return ManifestText.mapping(pairs)
        }
    }
}

extension KernelLocation {
    fileprivate var key: String {
        switch self {
        case .file: "file"
        case .url: "url"
        case .oci: "oci"
        }
    }

    fileprivate var node: Node {
        switch self {
        case .file(let path): ManifestText.text(path.string)
        case .url(let address): ManifestText.text(address.description)
        case .oci(let reference): ManifestText.text(reference.description)
        }
    }
}
