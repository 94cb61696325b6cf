extension GuestFinding {
    /// The sentence for people: one line, without a full stop.
    ///
    /// The catalogue's entries for findings match these sentences as well, so that saved logs can be explained. The
    /// sentences about plans and triggers are duplicated in `images/guest/protocol/trigger_sentence.c`, for loaders
    /// that receive them as text.
    package var sentence: String {
        let (first, second, third) = (argument(0), argument(1), argument(2))
        switch code {
        case .text: return first

        case .programTypeRejected: return "this kernel rejects every program of type \(first)"
        case .mapTypeRejected: return "this kernel rejects every map of type \(first)"
        case .attachTypeRejected: return "this kernel rejects programs of type \(first) with attach type \(second)"
        case .flagsRejected: return "this kernel rejects programs of type \(first) with flags \(second)"
        case .versionRejected: return "this kernel rejects programs of type \(first) with kernel version \(second)"
        case .lengthRejected: return "this kernel rejects programs of \(first) instructions, even if they do nothing"
        case .helperMissing: return "this kernel has no helper \(first)"
        case .helperElsewhere: return "this kernel allows helper \(first) for programs of type \(second)"
        case .memlockTooLow: return "this kernel accepts the program with a higher RLIMIT_MEMLOCK"
        case .lockedDown: return "this kernel is locked down: \(first)"
        case .mapBTFRejected:
            return "this kernel rejects BTF for map keys and values (needs 4.18), and \(first) always sends it"

        case .helperNowhere: return "no program type of this kernel can call helper \(first)"
        case .callsRejected: return "this kernel rejects calls between BPF functions"
        case .mapSizeMissing: return "this kernel accepts maps of type \(first), but this one has no max_entries"

        case .planUnreadable: return "cannot read the stage plan: \(first)"
        case .planLineUnknown: return "this guest does not know the line '\(first)' of the stage plan"
        case .planWithoutProgram: return "the stage plan contains no program to run"
        case .planWithoutTracefsEvent: return "the stage plan contains no tracefs event"
        case .replacedFunctionMissing:
            return "no program that loads in this object has the function that program '\(first)' replaces"
        case .loadTargetUnnamed:
            return "\(first) loads program '\(second)' for a target in the kernel's BTF; name it with 'attach'"
        case .arrayRefused: return "this kernel rejects the programs that the object puts into '\(first)'"
        case .mapSized: return "map '\(first)' has no max_entries and was given a size for the trial"
        case .mapNotFound: return "\(first) finds no map '\(second)' in the object"
        case .innerMapUnusable:
            return "map '\(first)' has no inner map, only array_of_maps and hash_of_maps do"
        case .mapSettingUnsupported: return "\(first) cannot set '\(second)' of map '\(third)'"
        case .innerMapRejected: return "this kernel rejects the inner map of '\(first)': \(second)"
        case .relocationsSkipped:
            return "this kernel has no BTF, so \(first) loaded the program without its CO-RE relocations"
        case .loadTargetRefused: return "cannot set the target of '\(first)' to '\(second)': \(third)"

        case .capabilityAbsent:
            let since = Capability(first)?.since.map { " (needs \($0))" } ?? ""
            return "this kernel has no \(first)\(since), so the cell ran without it"
        case .capabilityMissing:
            let subject = second.isEmpty ? first : "\(first) of type \(second)"
            return "this kernel requires \(third) for \(subject), and the loader does not have it"
        case .privilegesUnavailable:
            return "this kernel cannot run a program as another user with capabilities (needs 4.3)"
        case .sysctlAbsent: return "this kernel has no sysctl \(first)"
        case .sysctlRejected: return "this kernel rejects '\(second)' for the sysctl \(first): \(third)"

        case .targetUnnamed:
            return "the section of program '\(second)' names no target, and \(first) leaves that to the application; "
                + "name it with 'attach'"
        case .targetNotPathAndSymbol: return "'\(first)' is not a target of the form /path:symbol"
        case .targetNotCategoryAndName: return "'\(first)' is not a tracepoint of the form category/name"
        case .targetNotSymbolAndOffset: return "'\(first)' is not a target of the form symbol+offset"
        case .typeNotAttachable:
            return "\(first) cannot attach programs of type \(second); leave out 'attach' to stop at the load"
        case .sectionNotAttachable:
            return "\(first) cannot attach programs of section '\(second)'; leave out 'attach' to stop at the load"
        case .interfaceMissing: return "the cell's network has no interface '\(first)', only lo"
        case .cgroupUnopenable:
            return "cannot open \(first.isEmpty ? "the cell's cgroup" : "cgroup \(first)"): \(second)"
        case .classifierMissing:
            return "this guest has no clsact qdisc or no bpf classifier; most kernels have them in the modules "
                + "sch_ingress and cls_bpf, which 'modules' can name"
        case .packetSocketsMissing:
            return "this guest has no packet sockets; the filter is attached to raw IPv4 sockets and sees no link layer"
        case .perfEventUnknown: return "'\(first)' is not a perf event that compat-matrix can attach to"
        case .perfEventMissing: return "this guest has no perf event '\(first)': \(second)"
        case .iteratorMapMissing: return "the object has no map '\(first)' for the iterator"
        case .lsmUnknown:
            return "cannot tell whether the bpf LSM is active: this kernel has no /sys/kernel/security/lsm"
        case .lsmInactive:
            return "the bpf LSM is not active on this kernel (lsm=\(first)): its programs attach and never run"

        case .symbolAbsent: return "this kernel has no function '\(first)'"
        case .symbolRenamed: return "this kernel has no function '\(first)', but \(second)"
        case .symbolNotTraceable: return "this kernel has the function '\(first)', but it cannot be probed"
        case .notErrorInjectable:
            return "this kernel does not list '\(first)' among the functions whose result a program may replace"
        case .tracepointAbsent: return "this kernel has no tracepoint '\(first)'"
        case .recordExceeded:
            return
                "a program that reads nothing attaches to '\(first)', whose record has \(second) bytes on this kernel"

        case .eventMapMissing: return "the object has no map '\(first)' for the event"
        case .eventMapAmbiguous:
            return "the object does not have exactly one perf event array or ring buffer; name the event's map"
        case .eventsUnopenable: return "cannot open \(Self.source(first)) for events: \(second)"
        case .eventsUnreadable: return "cannot read events from \(Self.source(first)): \(second)"
        case .noEvent: return "no event arrived in \(Self.source(first)) within \(second) s of the trigger"
        case .noFittingEvent: return "none of \(first) events in \(Self.source(second)) contains '\(third)'"
        case .runCount: return "'\(first)' ran \(second == "1" ? "once" : "\(second) times")"

        case .triggerNotStarted: return "cannot start the trigger: \(first)"
        case .triggerServiceEnded: return "the process that runs triggers in the guest has ended"
        case .bashMissing: return "this guest has no bash for the trigger: \(first)"
        case .terminalMissing: return "cannot open a terminal for the trigger's shell: \(first)"
        case .shellNotStarted: return "cannot start a shell for the trigger: \(first)"
        case .noPrompt: return "bash showed no prompt within \(first) s: \(second)"
        case .commandOverdue: return "the trigger's command did not end within \(first) s"
        case .commandFailed: return "the trigger's command ended with status \(first): \(second)"

        case .symbolNotFound: return "cannot find '\(first)' in \(second): \(third)"
        case .definitionRejected: return "\(first) rejects '\(second)': Invalid argument"
        case .definitionFailed: return "cannot write '\(second)' to \(first): \(third)"
        case .eventNotEnabled: return "cannot enable '\(first)': \(second)"
        case .stringsReadLater:
            return "this kernel cannot dereference pointers at a uprobe; the string was read from the process's memory"
        case .traceUnreadable: return "cannot read trace_pipe: \(first)"
        case .noTraceEvent: return "no event '\(first)' arrived within \(second) s of the trigger"
        case .noFittingTraceEvent: return "none of \(first) events '\(second)' contains '\(third)'"

        case .rootMissing: return "cannot prepare a root directory for the exec program: \(first)"
        case .programNotStarted: return "cannot start the exec program: \(first)"
        case .programKilled: return "the exec program was killed by signal \(first) (\(second))"
        case .programFailed: return "the exec program ended with exit status \(first); expected \(second)"
        case .programWithoutLine:
            return "no line of the exec program's output contains '\(first)'; it ended with exit status \(second)"
        }
    }

    /// The line of a log that shows it; text from a user's loader is shown unchanged.
    package var line: String { code == .text ? sentence : "compat-matrix: \(sentence)" }

    private static func source(_ map: String) -> String { map.isEmpty ? "the iterator's output" : "map '\(map)'" }
}
