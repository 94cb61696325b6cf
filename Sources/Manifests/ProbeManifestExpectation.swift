import MatrixModel
import SystemPackage

/// One entry of `expect`.
struct ExpectationRule {
    private let variants: [Glob]
    let expectation: Expectation

    /// - Parameters:
    ///   - node: The entry.
    ///   - known: The existing variants; a glob that matches none of them is a mistake.
    /// - Throws: `ManifestError` that names the key.
    init(_ node: ManifestNode, variants known: [String]) throws(ManifestError) {
        let keys = try node.mapping(known: [
            "kernels", "variants", "loaders", "verdict", "stage", "cause", "reason", "expires",
        ])
        variants = if let node = keys["variants"] { try Self.globs(node, over: known) } else { [Glob("*")] }

        let expected = try Self.verdict(keys.required("verdict", in: node))
        for key in ["stage", "cause"] {
            guard let node = keys[key], expected != .fail else { continue }
            throw node.wrong(expected: "no '\(key)' if the verdict is '\(expected?.rawValue ?? Self.any)'")
        }
        let kernels: KernelSelector = if let node = keys["kernels"] { try Self.selector(node) } else { .everyKernel }
        expectation = Expectation(
            kernels: kernels, loaders: try keys["loaders"]?.loaders(), verdict: expected,
            cause: try keys["cause"]?.text(), stage: try keys["stage"].map(Self.stage),
            reason: try keys["reason"]?.text(), expires: try keys["expires"].map(Self.day),
            origin: node.origin(variants: variants))
    }

    func applies(to variant: String) -> Bool { variants.contains { $0.matches(variant) } }

    private static let any = "any"

    /// `nil` for `any`.
    private static func verdict(_ node: ManifestNode) throws(ManifestError) -> Verdict? {
        // `notMeasured` is about the host, so no manifest can expect it.
        let verdicts = Verdict.allCases.filter { $0 != .notMeasured }
        let text = try? node.text()
        if text == any { return nil }
        guard let verdict = verdicts.first(where: { $0.rawValue == text }) else {
            throw node.wrong(expected: (verdicts.map(\.rawValue) + [any]).joined(separator: ", "))
        }
        return verdict
    }

    private static func stage(_ node: ManifestNode) throws(ManifestError) -> Stage {
        guard let stage = Stage(rawValue: try node.text()) else {
            throw node.wrong(expected: Stage.allCases.map(\.rawValue).joined(separator: ", "))
        }
        return stage
    }

    private static func day(_ node: ManifestNode) throws(ManifestError) -> Day {
        guard let day = Day(try node.text()) else { throw node.wrong(expected: "a date, such as 2026-12-31") }
        return day
    }

    private static func selector(_ node: ManifestNode) throws(ManifestError) -> KernelSelector {
        guard let selector = KernelSelector(try node.text()) else {
            throw node.wrong(expected: "an id, a glob, or comparisons such as '>=5.4, <5.10'")
        }
        return selector
    }

    /// One glob or a list.
    private static func globs(_ node: ManifestNode, over known: [String]) throws(ManifestError) -> [Glob] {
        var globs: [Glob] = []
        for node in try node.listOrSelf() {
            let glob = Glob(try node.text())
            guard known.contains(where: glob.matches) else {
                throw node.wrong(expected: "one of the variants: \(known.joined(separator: ", "))")
            }
            globs.append(glob)
        }
        return globs
    }
}

extension ManifestNode {
    /// Its place, short enough for a line: of the file's path only the last folder, which is the probe's name.
    fileprivate func origin(variants: [Glob]) -> ExpectationOrigin {
        let names = file.components.suffix(2).map(\.string)
        return ExpectationOrigin(
            file: names.joined(separator: "/"), line: line,
            variants: variants.map(\.description).joined(separator: ", "))
    }
}
