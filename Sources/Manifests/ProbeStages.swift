package import MatrixModel

/// The settings for the stages after the load: a probe's settings apply to all its variants, a variant's settings to
/// that variant.
package struct ProbeStages: Sendable, Hashable {
    /// The settings for single programs; `nil` if the manifest has none for this object.
    private var attach: [Placed<Choice>]?
    private var trigger: Placed<StagePlan.Trigger>?
    private var event: Placed<StagePlan.Event>?

    /// The setting for one program.
    private enum Choice: Hashable {
        case attach(StagePlan.Attachment)
        case exclude(String)

        var program: String {
            switch self {
            case .attach(let attachment): attachment.program
            case .exclude(let program): program
            }
        }
    }

    static let keys = ["attach", "trigger", "event"]

    /// Load only.
    static let none = ProbeStages()

    private init() {}

    /// Reads the keys about stages; missing ones are taken from `shared`.
    init(_ keys: [String: ManifestNode], else shared: ProbeStages) throws(ManifestError) {
        self = shared
        if let node = keys["attach"] {
            attach = try Self.choices(node)
            if attach == nil { try stopAtLoad(keys) }
        }
        if let node = keys["trigger"] { trigger = Placed(try StagePlan.Trigger(node), at: node.place) }
        if let node = keys["event"] { event = Placed(try StagePlan.Event(node), at: node.place) }
    }

    /// The probe's trigger and event do not apply to a variant that stops at the load.
    private mutating func stopAtLoad(_ keys: [String: ManifestNode]) throws(ManifestError) {
        for key in ["trigger", "event"] {
            if let node = keys[key] { throw node.wrong(expected: "no '\(key)' with 'attach: false'") }
        }
        self = .none
    }

    /// - Throws: `ManifestError` for settings that are wrong for any object.
    func check() throws(ManifestError) {
        if let trigger, event == nil, attach == nil { throw trigger.place.missing("event") }
    }

    /// What to do with an object of `programs`.
    ///
    /// - Parameters:
    ///   - programs: Their names.
    ///   - tailCalled: Those that the object puts into program arrays: they are called, and not attached, unless they are named.
    ///   - maps: The names of those that the object itself defines, not of those that libbpf makes of its variables.
    ///   - firesAlone: Whether one of them needs no trigger: an iterator is read, a clock ticks.
    /// - Returns: `nil` when the object is loaded and no more.
    /// - Throws: `ManifestError.wrongValue` for a program or a map that the object does not have, and `.missingKey` for an event
    ///   that nothing would bring.
    package func plan(
        programs: [String], tailCalled: [String] = [], maps: [String], firesAlone: Bool
    ) throws(ManifestError) -> StagePlan? {
        guard attach != nil || event != nil else { return nil }
        let choices = attach ?? []
        for choice in choices where !programs.contains(choice.value.program) {
            throw choice.place.wrong(
                choice.value.program,
                expected: "one of the object's programs: \(programs.joined(separator: ", "))")
        }
        let subject = Self.subject(choices.map(\.value), programs: programs, tailCalled: tailCalled)
        if case .programs(_, let excluded) = subject, excluded.count == programs.count, let first = choices.first {
            throw first.place.wrong(
                first.value.program, expected: "a program that is attached, or 'attach: false' to attach none")
        }
        try checkEventsMap(isOneOf: maps)
        if !firesAlone { try checkEventIsBrought() }
        return StagePlan(subject, trigger: trigger?.value, event: event?.value)
    }

    /// A program that calls itself is also a target of tail calls: one of them has to be the first.
    private static func subject(
        _ choices: [Choice], programs: [String], tailCalled: [String]
    ) -> StagePlan.Subject {
        let attachments = choices.compactMap { if case .attach(let attachment) = $0 { attachment } else { nil } }
        let named = choices.map(\.program)
        let chosen = choices.compactMap { if case .exclude(let program) = $0 { program } else { nil } }
        let called = programs.filter { tailCalled.contains($0) && !named.contains($0) }
        let leavesNone = Set(chosen + called).count == programs.count
        return .programs(attachments, excluded: chosen + (leavesNone ? [] : called))
    }

    /// The plan if a tracefs event replaces the object; the probe's map is for variants with maps.
    package func plan(_ tracefs: TracefsEvent) throws(ManifestError) -> StagePlan {
        try checkEventIsBrought()
        return StagePlan(
            .tracefs(tracefs), trigger: trigger?.value,
            event: event.map { StagePlan.Event(contains: $0.value.contains) })
    }

    /// Maps that libbpf creates for variables, such as `.bss` and `watch.data`, have a dot in their names; other maps
    /// do not.
    private func checkEventsMap(isOneOf maps: [String]) throws(ManifestError) {
        guard let event, let map = event.value.map, !map.contains("."), !maps.contains(map) else { return }
        let known = maps.isEmpty ? "no 'map': the object has none" : "one of the object's maps: "
        throw event.place.wrong(map, expected: known + maps.joined(separator: ", "))
    }

    private func checkEventIsBrought() throws(ManifestError) {
        if let event, trigger == nil { throw event.place.missing("trigger") }
    }
}

extension ProbeStages {
    /// `true`, `false` (then `nil`), or programs with their targets, `true` or `false`.
    private static func choices(_ attach: ManifestNode) throws(ManifestError) -> [Placed<Choice>]? {
        switch try? attach.text() {
        case "true": return []
        case "false": return nil
        case .some: throw attach.wrong(expected: "true, false, or a mapping of programs to targets, true or false")
        case nil: break
        }
        var choices: [Placed<Choice>] = []
        for (program, node) in try attach.namedEntries() {
            let choice: Choice =
                switch try node.field() {
                case "true": .attach(.init(program: program, target: nil))
                case "false": .exclude(program)
                case let target: .attach(.init(program: program, target: target))
                }
            choices.append(Placed(choice, at: ManifestPlace(file: attach.file, line: node.line, key: attach.key)))
        }
        return choices
    }
}

extension ManifestNode {
    /// A text that fits into one field of the stage plan.
    func field() throws(ManifestError) -> String {
        let text = try text()
        guard !text.isEmpty, text.unicodeScalars.allSatisfy({ $0.properties.generalCategory != .control }) else {
            throw wrong(expected: "one line without tabs or other control characters")
        }
        guard text.utf8.count <= Self.longestField else { throw wrong(expected: "at most \(Self.longestField) bytes") }
        return text
    }

    private static let longestField = 512
}

extension StagePlan.Trigger {
    fileprivate init(_ node: ManifestNode) throws(ManifestError) {
        let keys = try node.mapping(known: ["type", "shell"])
        switch (keys["type"], keys["shell"]) {
        case (let type?, nil): self = .type(try type.field())
        case (nil, let shell?): self = .shell(try shell.field())
        default: throw node.wrong(expected: "either 'type' or 'shell'")
        }
    }
}

extension StagePlan.Event {
    fileprivate init(_ node: ManifestNode) throws(ManifestError) {
        let keys = try node.mapping(known: ["map", "contains"])
        self.init(map: try keys["map"]?.field(), contains: try keys["contains"]?.field())
    }
}

extension TracefsEvent {
    /// Reads the value of `tracefs`.
    init(_ node: ManifestNode) throws(ManifestError) {
        let kinds = Kind.allCases.map(\.rawValue)
        let keys = try node.mapping(known: kinds + ["fetch"])
        let named = kinds.filter { keys[$0] != nil }
        guard named.count == 1, let kind = named.first.flatMap(Kind.init), let target = keys[kind.rawValue] else {
            throw node.wrong(expected: "exactly one of \(kinds.joined(separator: ", "))")
        }
        self.init(kind: kind, target: try target.field(), fetch: try keys["fetch"]?.field() ?? "")
        guard isUsable else {
            throw target.wrong(expected: kind.isInUserSpace ? "/path:symbol[+offset]" : "symbol[+offset]")
        }
    }

    private var isUsable: Bool {
        let isPlace = target.hasPrefix("/") && target.contains(":")
        return isPlace == kind.isInUserSpace && !symbol.isEmpty && !target.contains(" ")
    }
}

extension TracefsEvent.Kind {
    fileprivate var isInUserSpace: Bool { self == .uprobe || self == .uretprobe }
}
