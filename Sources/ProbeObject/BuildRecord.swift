import SystemPackage

/// The inputs of an object, stored next to it, so that it is only recompiled when one changes.
struct BuildRecord: Equatable {
    struct Input: Equatable {
        var digest: String
        /// As clang saw it: relative to the probe's folder, or absolute.
        var path: String
    }

    var compiler: String
    var arguments: [String]
    /// The digest of the object: an object that was changed or truncated afterwards is not trusted.
    var object: String
    /// The source and every header that was read, including the system's.
    var inputs: [Input]

    var text: String {
        let head = ["compiler \(compiler)", "arguments \(arguments.joined(separator: "\u{1f}"))", "object \(object)"]
        return (head + inputs.map { "input \($0.digest) \($0.path)" }).joined(separator: "\n") + "\n"
    }
}

extension BuildRecord {
    /// `nil` for a text that this program did not write; the object is then compiled again.
    init?(text: String) {
        var compiler: String?
        var arguments: [String]?
        var object: String?
        var inputs: [Input] = []
        for line in text.split(separator: "\n") {
            let parts = line.split(separator: " ", maxSplits: 1).map(String.init)
            guard parts.count == 2 else { return nil }
            switch parts[0] {
            case "compiler": compiler = parts[1]
            case "arguments": arguments = parts[1].split(separator: "\u{1f}").map(String.init)
            case "object": object = parts[1]
            case "input":
                let input = parts[1].split(separator: " ", maxSplits: 1).map(String.init)
                guard input.count == 2 else { return nil }
                inputs.append(Input(digest: input[0], path: input[1]))
            default: return nil
            }
        }
        guard let compiler, let arguments, let object, !inputs.isEmpty else { return nil }
        self.init(compiler: compiler, arguments: arguments, object: object, inputs: inputs)
    }

    /// The prerequisites of the first rule in the output of `clang -MD`.
    ///
    /// `x.o: x.c \` and lines of further files, with blanks in names written as `\ `.
    static func prerequisites(rule: String) -> [String] {
        guard let colon = rule.firstRange(of: ": ") else { return [] }
        var paths: [String] = []
        var path = ""
        var isEscaped = false
        for character in rule[colon.upperBound...] {
            switch (character, isEscaped) {
            case ("\\", false):
                isEscaped = true
                continue
            case (" ", true): path.append(character)
            case (" ", false), ("\n", _):
                if !path.isEmpty { paths.append(path) }
                path = ""
            case (_, true): path += "\\\(character)"
            case (_, false): path.append(character)
            }
            isEscaped = false
        }
        if !path.isEmpty { paths.append(path) }
        return paths
    }
}
