internal import CGuestProtocol
internal import MatrixModel

extension GuestFinding {
    /// Parses the payload of a finding; `text` are the bytes after its head.
    init(_ head: cmx_finding, text: [UInt8]) throws(FrameError) {
        let code = try Code(head.code)
        let expected = Int(cmx_finding_argument_count(head.code))
        var arguments = text.split(separator: 0, omittingEmptySubsequences: false)
        // The last argument is also terminated.
        guard arguments.removeLast().isEmpty, arguments.count == expected, head.argument_count == expected,
            text.count <= CMX_FINDING_BYTES
        else { throw .wrongArguments(code: head.code, count: head.argument_count, expected: expected) }
        self.init(code, arguments.map { String(decoding: $0, as: UTF8.self) })
    }
}

extension GuestFinding.Code {
    /// By its number in the wire format.
    init(_ number: UInt32) throws(FrameError) {
        guard let code = Self.byNumber[number] else { throw .unknownFinding(code: number) }
        self = code
    }

    private static let byNumber = Dictionary(uniqueKeysWithValues: allCases.map { ($0.wire.rawValue, $0) })

    var wire: cmx_finding_code {
        switch self {
        case .text: CMX_FINDING_TEXT
        case .programTypeRejected: CMX_FINDING_PROGRAM_TYPE_REJECTED
        case .mapTypeRejected: CMX_FINDING_MAP_TYPE_REJECTED
        case .attachTypeRejected: CMX_FINDING_ATTACH_TYPE_REJECTED
        case .flagsRejected: CMX_FINDING_FLAGS_REJECTED
        case .versionRejected: CMX_FINDING_VERSION_REJECTED
        case .lengthRejected: CMX_FINDING_LENGTH_REJECTED
        case .helperMissing: CMX_FINDING_HELPER_MISSING
        case .helperElsewhere: CMX_FINDING_HELPER_ELSEWHERE
        case .memlockTooLow: CMX_FINDING_MEMLOCK_TOO_LOW
        case .lockedDown: CMX_FINDING_LOCKED_DOWN
        case .mapBTFRejected: CMX_FINDING_MAP_BTF_REJECTED
        case .helperNowhere: CMX_FINDING_HELPER_NOWHERE
        case .mapSizeMissing: CMX_FINDING_MAP_SIZE_MISSING
        case .callsRejected: CMX_FINDING_CALLS_REJECTED
        case .symbolAbsent: CMX_FINDING_SYMBOL_ABSENT
        case .symbolRenamed: CMX_FINDING_SYMBOL_RENAMED
        case .symbolNotTraceable: CMX_FINDING_SYMBOL_NOT_TRACEABLE
        case .notErrorInjectable: CMX_FINDING_NOT_ERROR_INJECTABLE
        case .tracepointAbsent: CMX_FINDING_TRACEPOINT_ABSENT
        case .recordExceeded: CMX_FINDING_RECORD_EXCEEDED
        case .planUnreadable: CMX_FINDING_PLAN_UNREADABLE
        case .planLineUnknown: CMX_FINDING_PLAN_LINE_UNKNOWN
        case .planWithoutProgram: CMX_FINDING_PLAN_WITHOUT_PROGRAM
        case .planWithoutTracefsEvent: CMX_FINDING_PLAN_WITHOUT_TRACEFS_EVENT
        case .mapSized: CMX_FINDING_MAP_SIZED
        case .relocationsSkipped: CMX_FINDING_RELOCATIONS_SKIPPED
        case .arrayRefused: CMX_FINDING_ARRAY_REFUSED
        case .mapNotFound: CMX_FINDING_MAP_NOT_FOUND
        case .innerMapUnusable: CMX_FINDING_INNER_MAP_UNUSABLE
        case .mapSettingUnsupported: CMX_FINDING_MAP_SETTING_UNSUPPORTED
        case .innerMapRejected: CMX_FINDING_INNER_MAP_REJECTED
        case .capabilityAbsent: CMX_FINDING_CAPABILITY_ABSENT
        case .capabilityMissing: CMX_FINDING_CAPABILITY_MISSING
        case .privilegesUnavailable: CMX_FINDING_PRIVILEGES_UNAVAILABLE
        case .sysctlAbsent: CMX_FINDING_SYSCTL_ABSENT
        case .sysctlRejected: CMX_FINDING_SYSCTL_REJECTED
        case .replacedFunctionMissing: CMX_FINDING_REPLACED_FUNCTION_MISSING
        case .loadTargetUnnamed: CMX_FINDING_LOAD_TARGET_UNNAMED
        case .loadTargetRefused: CMX_FINDING_LOAD_TARGET_REFUSED
        case .targetUnnamed: CMX_FINDING_TARGET_UNNAMED
        case .targetNotPathAndSymbol: CMX_FINDING_TARGET_NOT_PATH_AND_SYMBOL
        case .targetNotCategoryAndName: CMX_FINDING_TARGET_NOT_CATEGORY_AND_NAME
        case .targetNotSymbolAndOffset: CMX_FINDING_TARGET_NOT_SYMBOL_AND_OFFSET
        case .typeNotAttachable: CMX_FINDING_TYPE_NOT_ATTACHABLE
        case .sectionNotAttachable: CMX_FINDING_SECTION_NOT_ATTACHABLE
        case .interfaceMissing: CMX_FINDING_INTERFACE_MISSING
        case .cgroupUnopenable: CMX_FINDING_CGROUP_UNOPENABLE
        case .classifierMissing: CMX_FINDING_CLASSIFIER_MISSING
        case .packetSocketsMissing: CMX_FINDING_PACKET_SOCKETS_MISSING
        case .perfEventUnknown: CMX_FINDING_PERF_EVENT_UNKNOWN
        case .perfEventMissing: CMX_FINDING_PERF_EVENT_MISSING
        case .iteratorMapMissing: CMX_FINDING_ITERATOR_MAP_MISSING
        case .lsmUnknown: CMX_FINDING_LSM_UNKNOWN
        case .lsmInactive: CMX_FINDING_LSM_INACTIVE
        case .eventMapMissing: CMX_FINDING_EVENT_MAP_MISSING
        case .eventMapAmbiguous: CMX_FINDING_EVENT_MAP_AMBIGUOUS
        case .eventsUnopenable: CMX_FINDING_EVENTS_UNOPENABLE
        case .eventsUnreadable: CMX_FINDING_EVENTS_UNREADABLE
        case .noEvent: CMX_FINDING_NO_EVENT
        case .noFittingEvent: CMX_FINDING_NO_FITTING_EVENT
        case .runCount: CMX_FINDING_RUN_COUNT
        case .triggerNotStarted: CMX_FINDING_TRIGGER_NOT_STARTED
        case .triggerServiceEnded: CMX_FINDING_TRIGGER_SERVICE_ENDED
        case .bashMissing: CMX_FINDING_BASH_MISSING
        case .terminalMissing: CMX_FINDING_TERMINAL_MISSING
        case .shellNotStarted: CMX_FINDING_SHELL_NOT_STARTED
        case .noPrompt: CMX_FINDING_NO_PROMPT
        case .commandOverdue: CMX_FINDING_COMMAND_OVERDUE
        case .commandFailed: CMX_FINDING_COMMAND_FAILED
        case .symbolNotFound: CMX_FINDING_SYMBOL_NOT_FOUND
        case .definitionRejected: CMX_FINDING_DEFINITION_REJECTED
        case .definitionFailed: CMX_FINDING_DEFINITION_FAILED
        case .eventNotEnabled: CMX_FINDING_EVENT_NOT_ENABLED
        case .stringsReadLater: CMX_FINDING_STRINGS_READ_LATER
        case .traceUnreadable: CMX_FINDING_TRACE_UNREADABLE
        case .noTraceEvent: CMX_FINDING_NO_TRACE_EVENT
        case .noFittingTraceEvent: CMX_FINDING_NO_FITTING_TRACE_EVENT
        case .rootMissing: CMX_FINDING_ROOT_MISSING
        case .programNotStarted: CMX_FINDING_PROGRAM_NOT_STARTED
        case .programKilled: CMX_FINDING_PROGRAM_KILLED
        case .programFailed: CMX_FINDING_PROGRAM_FAILED
        case .programWithoutLine: CMX_FINDING_PROGRAM_WITHOUT_LINE
        }
    }
}
