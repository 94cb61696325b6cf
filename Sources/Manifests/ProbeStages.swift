package import MatrixModel

/// What a manifest says of the stages past the load: at the probe for all its variants, at a variant for itself.
package struct ProbeStages: Sendable, Hashable {
    /// Programs that do not go where their sections say; `nil` for an object that nothing is said of.
    private var attach: [Placed<StagePlan.Attachment>]?
    private var trigger: Placed<StagePlan.Trigger>?
    private var event: Placed<StagePlan.Event>?

    static let keys = ["attach", "trigger", "event"]

    /// Loaded and no more.
    static let none = ProbeStages()

    private init() {}

    /// Reads those of `keys` that are about stages; where one of them is missing, that of `shared` counts.
    init(_ keys: [String: ManifestNode], else shared: ProbeStages) throws(ManifestError) {
        self = shared
        if let node = keys["attach"] {
            attach = try node.attachments()
            if attach == nil { try stopAtLoad(keys) }
        }
        if let node = keys["trigger"] { trigger = Placed(try StagePlan.Trigger(node), at: node.place) }
        if let node = keys["event"] { event = Placed(try StagePlan.Event(node), at: node.place) }
    }

    /// The probe's trigger and event are not for a variant that goes no further than the load.
    private mutating func stopAtLoad(_ keys: [String: ManifestNode]) throws(ManifestError) {
        for key in ["trigger", "event"] {
            if let node = keys[key] { throw node.wrong(expected: "no '\(key)' with 'attach: false'") }
        }
        self = .none
    }

    /// - Throws: `ManifestError` for what is wrong with any object.
    func check() throws(ManifestError) {
        if let trigger, event == nil, attach == nil { throw trigger.place.missing("event") }
    }

    /// What to do with an object of `programs`.
    ///
    /// - Parameters:
    ///   - programs: Their names.
    ///   - maps: The names of those that the object itself defines, not of those that libbpf makes of its variables.
    ///   - firesAlone: Whether one of them needs no trigger: an iterator is read, a clock ticks.
    /// - Returns: `nil` when the object is loaded and no more.
    /// - Throws: `ManifestError.wrongValue` for a program or a map that the object does not have, and `.missingKey` for an event
    ///   that nothing would bring.
    package func plan(programs: [String], maps: [String], firesAlone: Bool) throws(ManifestError) -> StagePlan? {
        guard attach != nil || event != nil else { return nil }
        let attachments = attach ?? []
        for attachment in attachments where !programs.contains(attachment.value.program) {
            throw attachment.place.wrong(
                attachment.value.program,
                expected: "one of the object's programs: \(programs.joined(separator: ", "))")
        }
        try checkEventsMap(isOneOf: maps)
        if !firesAlone { try checkEventIsBrought() }
        return StagePlan(.programs(attachments.map(\.value)), trigger: trigger?.value, event: event?.value)
    }

    /// What to do where an event of tracefs takes the place of an object; the probe's map is for variants with maps.
    package func plan(_ tracefs: TracefsEvent) throws(ManifestError) -> StagePlan {
        try checkEventIsBrought()
        return StagePlan(
            .tracefs(tracefs), trigger: trigger?.value,
            event: event.map { StagePlan.Event(contains: $0.value.contains) })
    }

    /// Maps that libbpf makes of variables, `.bss` and `watch.data`, have a point in their names, and no other map has.
    private func checkEventsMap(isOneOf maps: [String]) throws(ManifestError) {
        guard let event, let map = event.value.map, !map.contains("."), !maps.contains(map) else { return }
        let known = maps.isEmpty ? "no 'map': the object has none" : "one of the object's maps: "
        throw event.place.wrong(map, expected: known + maps.joined(separator: ", "))
    }

    private func checkEventIsBrought() throws(ManifestError) {
        if let event, trigger == nil { throw event.place.missing("trigger") }
    }
}

extension ManifestNode {
    /// `true`, `false` (then `nil`), or programs with their targets.
    fileprivate func attachments() throws(ManifestError) -> [Placed<StagePlan.Attachment>]? {
        switch try? text() {
        case "true": return []
        case "false": return nil
        case .some: throw wrong(expected: "true, false, or a mapping of programs to targets")
        case nil: break
        }
        var attachments: [Placed<StagePlan.Attachment>] = []
        for (program, node) in try namedEntries() {
            let place = ManifestPlace(file: file, line: node.line, key: key)
            attachments.append(Placed(.init(program: program, target: try node.field()), at: place))
        }
        return attachments
    }

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
