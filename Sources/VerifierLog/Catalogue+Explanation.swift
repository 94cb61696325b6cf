package import MatrixModel

extension Catalogue {
    /// The four sections for a failure whose cause is known, or known to be unknown.
    ///
    /// `loader` also contains the loader's feature probes; `kernel` is the release that the guest reported, and
    /// `options` the config it was built with.
    package func explanation(
        of cause: Cause, log: LogSummary, loader: LoaderOutput = LoaderOutput(), kernel: KernelRelease? = nil,
        options: KernelOptions? = nil
    ) -> Explanation {
        explanation(
            of: cause, lines: log.isEmpty ? loader.log ?? log.lines : log.lines, loader: loader, kernel: kernel,
            options: options)
    }

    package func explanation(
        of cause: Cause, log: String, loaderMessages: String = "", kernel: KernelRelease? = nil
    ) -> Explanation {
        explanation(of: cause, log: LogSummary(of: log), loader: LoaderOutput(loaderMessages), kernel: kernel)
    }

    func explanation(
        of cause: Cause, lines: [Line], loader: LoaderOutput, kernel: KernelRelease?, options: KernelOptions? = nil
    ) -> Explanation {
        explanation(
            of: cause, lines: lines, path: FailingPath(in: lines), loader: loader, kernel: kernel, options: options)
    }

    /// The same for a `path` that was read from `lines` before: that takes most of the time.
    func explanation(
        of cause: Cause, lines: [Line], path: FailingPath, loader: LoaderOutput, kernel: KernelRelease?,
        options: KernelOptions? = nil
    ) -> Explanation {
        let entry = self[id: cause.id]
        let isOfVerifier = lines.contains { $0.text.trimmed.hasSuffix(cause.line) } && !path.steps.isEmpty
        // A cause that the log does not name is not what the kernel reports.
        let report = lines.contains { $0.text.trimmed.hasSuffix(cause.line) } ? KernelReport(in: lines) : nil
        let finding = isOfVerifier ? Self.lengthFinding(of: cause, on: path) : nil
        var facts = [finding?.shape.fact(kernel: kernel)].compactMap(\.self)
        let features = featureFacts(of: cause, loader: loader)
        facts += features.compactMap { $0.sentence(kernel: kernel, options: options) }
        let obstacles = Self.obstacles(beside: cause, in: loader)
        for fact in obstacles.compactMap({ obstacleFact($0, kernel: kernel, options: options) })
        where !facts.contains(fact) { facts.append(fact) }
        // "4.15+." is the age of the text, and "Always." no news to a reader.
        if facts.isEmpty, let since = cause.since, since.first?.isNumber == false, !since.hasPrefix("Always") {
            facts.append(since)
        }
        return Explanation(
            reason: report?.reason ?? Self.reason(cause, entry, finding, on: path),
            at: report?.at ?? (isOfVerifier ? path.words(at: path.steps.count - 1) : nil),
            path: report?.path.suffix(Self.longestPath).map(\.self)
                ?? (isOfVerifier ? Self.events(on: path, notes: finding?.notes ?? [:]) : []),
            suggestion: obstacles.first.flatMap { self.entry(for: $0.code) }?.advice
                ?? features.lazy.compactMap { $0.advice(kernel: kernel, options: options) }.first
                ?? report?.suggestion ?? finding?.shape.suggestion ?? Self.advice(on: cause, options), facts: facts,
            shape: finding?.shape.rawValue)
    }

    /// What is missing on the path is only known of a path that is all there.
    private static func lengthFinding(of cause: Cause, on path: FailingPath) -> LengthFinding? {
        let finding = LengthFinding(of: cause, on: path)
        let isAboutWhatIsMissing = [.noLowerBound, .noUpperBound, .helperReturn].contains(finding?.shape)
        return isAboutWhatIsMissing && !path.isWhole ? nil : finding
    }

    /// Guards in the code ask the kernel's BTF, which not every kernel has.
    private static func advice(on cause: Cause, _ options: KernelOptions?) -> String {
        guard let options, options["DEBUG_INFO_BTF"] == .off, cause.advice.contains("bpf_core_") else {
            return cause.advice
        }
        return "Ship a variant without it: this kernel has no BTF, so guards such as `bpf_core_field_exists` "
            + "do not work there."
    }

    /// Other obstacles that the loader found: advice about the cause alone would not help.
    private static func obstacles(beside cause: Cause, in loader: LoaderOutput) -> [GuestFinding] {
        loader.findings.filter {
            [.programTypeRejected, .callsRejected].contains($0.code) && $0.sentence != cause.line
        }
    }

    private func obstacleFact(_ finding: GuestFinding, kernel: KernelRelease?, options: KernelOptions?) -> String? {
        guard let entry = entry(for: finding.code) else { return nil }
        let cause = entry.cause(line: finding.sentence, source: nil)
        return featureFacts(of: cause, loader: LoaderOutput()).first?.sentence(kernel: kernel, options: options)
    }

    /// Events that a reader can still take in; a report of 7.3 has up to 64.
    private static let longestPath = 16

    private static func reason(
        _ cause: Cause, _ entry: CatalogueEntry?, _ finding: LengthFinding?, on path: FailingPath
    ) -> String {
        guard let finding else {
            guard let entry else { return "This message is not in the catalogue." }
            return [entry.meaning, entry.reason].compactMap(\.self).joined(separator: " ")
        }
        let what =
            ["size-unbounded", "idx-max", "any-unbounded"].contains(cause.generalID)
            ? "may be too large" : "may be negative"
        let role =
            if case .call(let name)? = path.steps.last?.operation {
                "the length passed to \(Self.withoutNumber(name))"
            } else {
                "the number added to a pointer"
            }
        let state = path.state(of: finding.register).map { " Verifier state: \($0.words)." } ?? ""
        return "r\(finding.register), \(role), \(what). \(finding.shape.story)\(state)"
    }

    /// `bpf_perf_event_output()` for `bpf_perf_event_output#25`, the verifier's name of a helper.
    private static func withoutNumber(_ name: some StringProtocol) -> String {
        name.contains("#") ? "\(name.prefix { $0 != "#" })()" : "\(name)"
    }

    /// The branches and the steps of the value, at most the last `longestPath`.
    private static func events(on path: FailingPath, notes: [Int: String]) -> [String] {
        let events = path.steps.indices.dropLast().compactMap { place -> String? in
            let taken = path.isTaken(at: place).map { $0 ? "taken" : "not taken" }
            let words = [taken, notes[place]].compactMap(\.self).joined(separator: ", ")
            return words.isEmpty ? nil : path.words(at: place, note: words)
        }
        let told = Rounds.collapsed(events)
        guard told.count > longestPath else { return told }
        return ["\(told.count - longestPath + 1) earlier steps"] + told.suffix(longestPath - 1)
    }
}

extension LengthFinding {
    /// The number that `cause` is about, followed along the path; `nil` for causes about anything else.
    init?(of cause: Cause, on path: FailingPath) {
        guard let last = path.steps.last else { return nil }
        switch cause.id {
        case "size-negative": self.init(named: cause.line, missing: .lower, on: path)
        case "size-unbounded": self.init(named: cause.line, missing: .upper, on: path)
        case "math-unbounded":
            guard case .arithmetic(_, _, .register(let index), _) = last.operation else { return nil }
            self.init(of: index, missing: .lower, on: path)
        case "idx-negative", "idx-max", "any-unbounded":
            self.init(indexOf: cause.line, missing: cause.id == "idx-negative" ? .lower : .upper, on: path)
        default: return nil
        }
    }

    private init?(named line: String, missing bound: Bound, on path: FailingPath) {
        guard let register = RegisterState.number(namedIn: line) else { return nil }
        self.init(of: register, missing: bound, on: path)
    }

    /// The message names a pointer; the number is what was added to it last.
    private init?(indexOf line: String, missing bound: Bound, on path: FailingPath) {
        guard let pointer = RegisterState.number(namedIn: line) else { return nil }
        for place in path.steps.indices.dropLast().reversed() {
            guard path.steps[place].operation.writes(pointer) else { continue }
            guard case .arithmetic(_, "+=", .register(let index), _) = path.steps[place].operation else { return nil }
            self.init(of: index, missing: bound, on: path.cut(after: place))
            // An index with all bounds that still is too large was compared with the wrong limit.
            if shape == .noUpperBound || shape == .noLowerBound { return nil }
            return
        }
        return nil
    }
}
