/// Why an image of containers cannot be used.
package enum ContainerProblem: Hashable, Sendable, CustomStringConvertible {
    case neither
    case architecture
    case severalImages(Int)
    case nesting
    case layers(Int)
    case missing(String)
    case differs(String)
    case digest(String)
    case json(String)
    case tooLarge(String, limitMiB: Int)

    package var description: String {
        switch self {
        case .neither:
            "it has neither index.json (OCI layout) nor manifest.json ('docker save')"
        case .architecture: "it contains no image for linux/amd64"
        case .severalImages(let count): "it contains \(count) images instead of one"
        case .nesting: "its indexes are nested too deeply"
        case .layers(let count): "it has too many layers: \(count)"
        case .missing(let name): "\(name.shortened) is missing"
        case .differs(let name): "\(name.shortened) does not match its digest; download the image again"
        case .digest(let digest): "it contains a digest that is not SHA-256: '\(digest.shortened)'"
        case .json(let name): "\(name.shortened) is not the expected JSON"
        case .tooLarge(let name, let limit): "\(name.shortened) is larger than \(limit) MiB"
        }
    }
}

extension String {
    /// Names come from the archive, so they may be of any length and hold control characters.
    fileprivate var shortened: String {
        String(prefix(100).map { $0.isASCII && !$0.isLetter && !$0.isNumber && !$0.isPunctuation ? "?" : $0 })
    }
}
