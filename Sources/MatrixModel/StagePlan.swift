/// How an object is loaded, and the stages past the load: where programs attach, the trigger, and the expected event.
package struct StagePlan: Sendable, Hashable {
    package enum Subject: Sendable, Hashable {
        /// The object's programs are loaded and no more.
        case load
        /// The object's programs but those `excluded`; those without an entry go where their sections say.
        case programs([Attachment], excluded: [String] = [])
        /// No object at all: an event of tracefs.
        case tracefs(TracefsEvent)
        /// No object either: a program of the user's, which does its own loading.
        case exec(ProgramCall)
    }

    /// A program and its target, in the notation of its type: `tcp_connect+4`, `/bin/bash:readline`, `lo/ingress`.
    package struct Attachment: Sendable, Hashable {
        package var program: String
        /// `nil` for a program that is named only, since its section leaves it out otherwise.
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
        /// The map it comes through; `nil` for the only one of the object that events can come through.
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
    /// Whether maps without a size are given one for the trial.
    package var trialSizes = false
    /// What is set of the object's maps before the load.
    package var maps: [MapSetting] = []
    /// `nil` for root with all capabilities.
    package var privileges: Privileges?
    /// What is set of the kernel while the cell runs.
    package var sysctls: [KernelSetting] = []

    package init(_ subject: Subject, trigger: Trigger? = nil, event: Event? = nil) {
        self.subject = subject
        self.trigger = trigger
        self.event = event
    }

    /// Where a cell that passes has got to.
    package var lastStage: Stage {
        switch subject {
        case .exec: .fire
        case .load: .load
        case .programs, .tracefs: event == nil ? .attach : .fire
        }
    }

    /// `plan`, or the load alone, with maps that are given a size.
    package static func withTrialSizes(_ plan: StagePlan?) -> StagePlan {
        changing(plan) { $0.trialSizes = true }
    }

    /// `plan`, or the load alone, with what is set of maps; `plan` itself if nothing is.
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

    /// What `change` makes of `plan`, or of the load alone.
    private static func changing(_ plan: StagePlan?, _ change: (inout StagePlan) -> Void) -> StagePlan {
        var plan = plan ?? StagePlan(.load)
        change(&plan)
        return plan
    }
}

/// A kprobe or uprobe of tracefs, the way that is left where BPF cannot do it.
package struct TracefsEvent: Sendable, Hashable {
    package enum Kind: String, Sendable, CaseIterable { case kprobe, kretprobe, uprobe, uretprobe }

    package var kind: Kind
    /// `symbol[+offset]`, for uprobes `/path:symbol[+offset]`.
    package var target: String
    /// What to record, as `Documentation/trace/kprobetrace.rst` has it; empty for nothing but the hit.
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

/// A program that is run in a guest, and what it must do to pass.
package struct ProgramCall: Sendable, Hashable {
    /// The folder of the guest that is its root directory.
    package var root: String
    /// Its path below that.
    package var program: String
    package var arguments: [String]
    /// `NAME=value`.
    package var environment: [String]
    /// `nil` where its end does not count.
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
    /// The plan as a guest reads it (`docs/protocol.md`): a directive a line, its fields separated by one tab.
    ///
    /// No field may hold a tab or a line break; manifests with such a text are refused.
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
