/// How an object is loaded, and the stages past the load: where programs attach, the trigger, and the expected event.
package struct StagePlan: Sendable, Hashable {
    package enum Subject: Sendable, Hashable {
        /// Only load the object's programs.
        case load
        /// Attach the object's programs except those `excluded`; those without an entry attach as their sections
        /// specify.
        case programs([Attachment], excluded: [String] = [])
        /// No object, but a tracefs event.
        case tracefs(TracefsEvent)
        /// No object, but a user's executable that loads its own programs.
        case exec(ProgramCall)
    }

    /// A program and its target, in the notation of its type: `tcp_connect+4`, `/bin/bash:readline`, `lo/ingress`.
    package struct Attachment: Sendable, Hashable {
        package var program: String
        /// `nil` for a program that is listed only because its section is optional.
        package var target: String?

        package init(program: String, target: String?) {
            self.program = program
            self.target = target
        }
    }

    /// What makes the event occur.
    package enum Trigger: Sendable, Hashable {
        /// A line for the prompt of a bash on a pseudo-terminal.
        case type(String)
        /// A command for `bash -c`.
        case shell(String)
    }

    package struct Event: Sendable, Hashable {
        /// The map that delivers it; `nil` for the object's only map for events.
        package var map: String?
        /// The text that it must contain; `nil` accepts any event.
        package var contains: String?

        package init(map: String? = nil, contains: String? = nil) {
            self.map = map
            self.contains = contains
        }
    }

    package var subject: Subject
    package var trigger: Trigger?
    package var event: Event?
    /// Whether maps without a size are given one.
    package var trialSizes = false
    /// Settings of the object's maps, applied before the load.
    package var maps: [MapSetting] = []
    /// `nil` for root with all capabilities.
    package var privileges: Privileges?
    /// Sysctls that are set while the cell runs.
    package var sysctls: [KernelSetting] = []

    package init(_ subject: Subject, trigger: Trigger? = nil, event: Event? = nil) {
        self.subject = subject
        self.trigger = trigger
        self.event = event
    }

    /// The stage of a cell that passes.
    package var lastStage: Stage {
        switch subject {
        case .exec: .fire
        case .load: .load
        case .programs, .tracefs: event == nil ? .attach : .fire
        }
    }

    /// `plan`, or the load alone, with sizes for maps without one.
    package static func withTrialSizes(_ plan: StagePlan?) -> StagePlan {
        changing(plan) { $0.trialSizes = true }
    }

    /// `plan`, or the load alone, with settings of maps; `plan` itself if there are none.
    package static func setting(_ maps: [MapSetting], in plan: StagePlan?) -> StagePlan? {
        maps.isEmpty ? plan : changing(plan) { $0.maps = maps }
    }

    /// `plan`, or the load alone, with those privileges and sysctls; `plan` itself if nothing differs from the default.
    package static func with(
        _ privileges: Privileges?, sysctls: [KernelSetting] = [], _ plan: StagePlan?
    ) -> StagePlan? {
        guard privileges != nil || !sysctls.isEmpty else { return plan }
        return changing(plan) { ($0.privileges, $0.sysctls) = (privileges, sysctls) }
    }

    /// The result of applying `change` to `plan`, or to the load alone.
    private static func changing(_ plan: StagePlan?, _ change: (inout StagePlan) -> Void) -> StagePlan {
        var plan = plan ?? StagePlan(.load)
        change(&plan)
        return plan
    }
}

/// A kprobe or uprobe in tracefs, for kernels whose BPF support is not sufficient.
package struct TracefsEvent: Sendable, Hashable {
    package enum Kind: String, Sendable, CaseIterable { case kprobe, kretprobe, uprobe, uretprobe }

    package var kind: Kind
    /// `symbol[+offset]`, for uprobes `/path:symbol[+offset]`.
    package var target: String
    /// What to record, in the syntax of `Documentation/trace/kprobetrace.rst`; empty to record only the hit.
    package var fetch: String

    package init(kind: Kind, target: String, fetch: String = "") {
        self.kind = kind
        self.target = target
        self.fetch = fetch
    }

    /// The symbol, which takes the place of the missing program's name.
    package var symbol: String {
        let place = target.lastIndex(of: ":").map { target[target.index(after: $0)...] } ?? target[...]
        return String(place.prefix { $0 != "+" })
    }
}

/// An executable that runs in a guest, and what it must do to pass.
package struct ProgramCall: Sendable, Hashable {
    /// The folder in the guest that becomes its root directory.
    package var root: String
    /// Its path in that root directory.
    package var program: String
    package var arguments: [String]
    /// `NAME=value`.
    package var environment: [String]
    /// `nil` if its exit status does not matter.
    package var status: Int32?
    /// The text that a line of its output must contain; `nil` for no requirement.
    package var output: String?

    package init(
        root: String, program: String, arguments: [String] = [], environment: [String] = [], status: Int32?,
        output: String? = nil
    ) {
        self.root = root
        self.program = program
        self.arguments = arguments
        self.environment = environment
        self.status = status
        self.output = output
    }

    fileprivate var lines: [[String]] {
        [["exec", root, program]] + arguments.map { ["argument", $0] } + environment.map { ["environment", $0] }
            + (status.map { [["status", "\($0)"]] } ?? []) + (output.map { [["output", $0]] } ?? [])
    }
}

extension StagePlan {
    /// The plan as sent to a guest (`docs/protocol.md`): one directive per line, with fields separated by single tabs.
    ///
    /// Fields cannot contain tabs or line breaks; manifests with such texts are rejected.
    package var text: String { lines.map { $0.joined(separator: "\t") + "\n" }.joined() }

    private var lines: [[String]] {
        var lines: [[String]]
        switch subject {
        case .load: lines = [["load"]]
        case .programs([], let excluded): lines = [["attach"]] + excluded.map { ["exclude", $0] }
        case .programs(let attachments, let excluded):
            lines =
                attachments.map { ["attach", $0.program] + ($0.target.map { [$0] } ?? []) }
                + excluded.map { ["exclude", $0] }
        case .exec(let call): lines = call.lines
        case .tracefs(let event): lines = [["tracefs", event.kind.rawValue, event.target, event.fetch]]
        }
        if trialSizes { lines.append(["trial-sizes"]) }
        lines += maps.flatMap(\.lines) + (privileges?.lines ?? []) + sysctls.map(\.line)
        switch trigger {
        case .type(let text): lines.append(["trigger", "type", text])
        case .shell(let command): lines.append(["trigger", "shell", command])
        case nil: break
        }
        if let event {
            lines.append(["event", event.map ?? ""])
            if let text = event.contains { lines.append(["contains", text]) }
        }
        return lines
    }
}
