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
            "it has neither an index.json, as an OCI layout, nor a manifest.json, as 'docker save' writes one"
        case .architecture: "it holds no image for linux/amd64"
        case .severalImages(let count): "it holds \(count) images, and one is needed"
        case .nesting: "its indexes lead from one to another without an end"
        case .layers(let count): "it has \(count) layers, which no image has"
        case .missing(let name): "it lacks \(name.shortened)"
        case .differs(let name): "\(name.shortened) has other bytes than its digest says; get the image again"
        case .digest(let digest): "it names a digest that is none of SHA-256: '\(digest.shortened)'"
        case .json(let name): "\(name.shortened) is not the JSON that it should be"
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
