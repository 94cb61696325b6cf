import MatrixModel

/// What is known about a feature on this kernel, in one sentence.
struct FeatureFact {
    /// The source of the knowledge.
    ///
    /// The version alone never proves that a kernel lacks a feature, because distributions backport features.
    enum Answer: Equatable {
        /// Probed, or rejected by the kernel by its name.
        case absent
        /// The message only means this if the kernel is older than the feature.
        case absentIfOlder
        /// The kernel has it, but not for this program; with the program types that have it, if they were probed.
        case elsewhere([String])
        /// No probed program type may call it.
        case nowhere
        case unasked
    }

    var feature: Feature
    var answer: Answer

    /// `nil` if the message is not about the feature; `options` are those of the kernel, if known.
    func sentence(kernel: KernelRelease?, options: KernelOptions? = nil) -> String? {
        let needs = "\(feature.subject) \(feature.isPlural ? "need" : "needs") Linux \(feature.since.short)"
        let it = feature.isPlural ? "them" : "it"
        switch (answer, kernel) {
        case (.absentIfOlder, let kernel) where kernel.map({ $0 >= feature.since }) ?? true: return nil
        case (.absent, let kernel?) where kernel < feature.since, (.absentIfOlder, let kernel?):
            return "\(needs); this kernel is \(kernel.short) and does not have \(it)."
        case (.absent, let kernel?):
            let why = reason(on: kernel, options).map { ": \($0)" } ?? ""
            return "\(needs); this kernel is \(kernel.short) but does not have \(it)\(why)."
        case (.absent, nil), (.absentIfOlder, nil), (.elsewhere([]), nil):
            return "\(needs)."
        case (.nowhere, let kernel):
            let why = kernel.flatMap { $0 < feature.since ? nil : reason(on: $0, options) }.map { ": \($0)" } ?? ""
            let name = kernel.map { "this kernel is \($0.short), and" } ?? "on the kernel that was probed,"
            return "\(needs); \(name) no program type can call it\(why)."
        case (.elsewhere([]), let kernel?):
            let why = (kernel < feature.since ? nil : reason(on: kernel, options)).map { ": \($0)" } ?? ""
            return "\(needs); this kernel is \(kernel.short) and does not offer \(it) to this program\(why)."
        case (.elsewhere(let types), let kernel):
            let isBackport = kernel.map { $0 < feature.since } ?? false
            let name = kernel.map { "this kernel is \($0.short) and" } ?? "the kernel that was probed"
            return "\(needs); \(name) has \(it)\(isBackport ? ", as a backport," : "") for programs of type "
                + "\(types.joined(separator: ", ")), but not for this program."
        case (.unasked, let kernel):
            let known = kernel.map { "; this kernel is \($0.short) and was not probed" } ?? ""
            return
                "\(feature.subject) \(feature.isPlural ? "are" : "is") documented to need Linux \(feature.since.short)\(known)."
        }
    }

    /// What to change on a kernel that is new enough and lacks it; `nil` if nothing is known beyond the message.
    func advice(kernel: KernelRelease?, options: KernelOptions?) -> String? {
        guard [.absent, .nowhere, .elsewhere([])].contains(answer), let kernel, kernel >= feature.since else {
            return nil
        }
        if let until = feature.until, kernel >= until {
            return "Declare it `__weak` and guard its use: Linux \(until.short) no longer has \(feature.name)."
        }
        guard let config = feature.config, let options else { return nil }
        switch (options[config], feature.module) {
        case (.module, let module?):
            return
                "Load the module first (`modprobe \(module)`); here with `modules: [\(module)]` or `--module \(module)`."
        case (.off, _):
            return "Use a kernel that is built with CONFIG_\(config), or ship a variant without \(feature.name)."
        case (.module, nil), (.builtIn, _): return nil
        }
    }

    /// Why a kernel that is new enough lacks it; `nil` if the reason is unknown.
    private func reason(on kernel: KernelRelease, _ options: KernelOptions?) -> String? {
        if let until = feature.until, kernel >= until { return "Linux \(until.short) no longer has it" }
        guard let config = feature.config, let options else { return nil }
        switch (options[config], feature.module) {
        case (.off, _): return "CONFIG_\(config) is not set"
        case (.module, let module?):
            return "it is in the module \(module), which is not loaded; list it under 'modules', or use --module"
        case (.module, nil): return "CONFIG_\(config) is built as a module, which is not loaded"
        case (.builtIn, _): return nil
        }
    }
}

extension KernelRelease {
    /// `5.4` for 5.4.0, because a distribution's patch level is rarely meaningful.
    var short: String { patch == 0 ? "\(major).\(minor)" : description }
}

extension Catalogue {
    /// What the message of `cause` and the loader's probes show about features.
    func featureFacts(
        of cause: Cause, loader: LoaderOutput, table: FeatureTable = .bundled
    ) -> [FeatureFact] {
        guard let entry = self[id: cause.id], let reference = entry.feature else { return [] }
        let name =
            reference.name ?? reference.group.flatMap { entry.pattern?.capture($0, in: cause.line) }
        guard let name, let feature = table.feature(reference.kind, named: name) else { return [] }
        // A kernel with additional helpers may use numbers that mainline assigned to others.
        if feature.kind == .helper, let printed = entry.pattern?.capture("n", in: cause.line),
            printed.hasPrefix("bpf_"), printed != feature.name
        {
            return []
        }
        let asked = feature.kind == .helper ? LoaderAnswer.helper(feature.key ?? name, in: loader) : nil
        let answer: FeatureFact.Answer =
            switch reference.says {
            case .absent: asked ?? .absent
            case .absentIfOlder: asked ?? .absentIfOlder
            case .elsewhere: asked ?? .elsewhere([])
            case .nothing: asked ?? .unasked
            }
        return [FeatureFact(feature: feature, answer: answer)]
    }
}

/// A loader's finding about a helper, from probing the kernel.
enum LoaderAnswer {
    static func helper(_ number: String, in loader: LoaderOutput) -> FeatureFact.Answer? {
        loader.lines.lazy.compactMap { answer(about: number, in: $0) }.first
    }

    private static func answer(about number: String, in line: Line) -> FeatureFact.Answer? {
        switch line.finding {
        case let finding? where finding.arguments.first != number: return nil
        case let finding? where finding.code == .helperMissing: return .absent
        case let finding? where finding.code == .helperNowhere: return .nowhere
        case let finding? where finding.code == .helperElsewhere: return .elsewhere(types(finding.arguments.last ?? ""))
        case _?: return nil
        case nil: return answer(about: number, inText: line.text)
        }
    }

    /// The same, from a saved log.
    private static func answer(about number: String, inText line: Substring) -> FeatureFact.Answer? {
        if line.hasSuffix(GuestFinding(.helperMissing, [number]).sentence) { return .absent }
        if line.hasSuffix(GuestFinding(.helperNowhere, [number]).sentence) { return .nowhere }
        let words = GuestFinding(.helperElsewhere, [number, ""]).sentence
        return line.firstRange(of: words).map { .elsewhere(types(line[$0.upperBound...])) }
    }

    private static func types(_ list: some StringProtocol) -> [String] { list.split(separator: ",").map { $0.trimmed } }
}
