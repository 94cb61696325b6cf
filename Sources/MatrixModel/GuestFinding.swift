/// A fact that a loader or the agent in a guest established itself, beyond the output of kernel and library.
package struct GuestFinding: Hashable, Sendable {
    /// The kinds of findings; `guest_protocol.h` defines their numbers and arguments.
    package enum Code: String, CaseIterable, Decodable, Sendable {
        /// Text from a loader that is not part of the guest image.
        case text

        // The kernel rejects it, according to feature probes that differ in one respect only.
        case programTypeRejected, mapTypeRejected, attachTypeRejected, flagsRejected, versionRejected, lengthRejected
        case helperMissing, helperElsewhere, memlockTooLow, lockedDown, mapBTFRejected
        case helperNowhere, mapSizeMissing, callsRejected

        // The plan, and the object as a whole.
        case planUnreadable, planLineUnknown, planWithoutProgram, planWithoutTracefsEvent
        case replacedFunctionMissing, loadTargetUnnamed, loadTargetRefused, mapSized, arrayRefused, relocationsSkipped
        case mapNotFound, innerMapUnusable, mapSettingUnsupported, innerMapRejected

        // The user, the capabilities and the sysctls of the cell.
        case capabilityAbsent, capabilityMissing, privilegesUnavailable, sysctlAbsent, sysctlRejected

        // Attaching.
        case targetUnnamed, targetNotPathAndSymbol, targetNotCategoryAndName, targetNotSymbolAndOffset
        case typeNotAttachable, sectionNotAttachable, interfaceMissing, cgroupUnopenable, classifierMissing
        case packetSocketsMissing, perfEventUnknown, perfEventMissing, iteratorMapMissing, lsmUnknown, lsmInactive

        // The target of a program that was not attached.
        case symbolAbsent, symbolRenamed, symbolNotTraceable, notErrorInjectable, tracepointAbsent, recordExceeded

        // Events.
        case eventMapMissing, eventMapAmbiguous, eventsUnopenable, eventsUnreadable, noEvent, noFittingEvent, runCount

        // The trigger.
        case triggerNotStarted, triggerServiceEnded, bashMissing, terminalMissing, shellNotStarted, noPrompt
        case commandOverdue, commandFailed

        // The tracefs loader.
        case symbolNotFound, definitionRejected, definitionFailed, eventNotEnabled, stringsReadLater, traceUnreadable
        case noTraceEvent, noFittingTraceEvent

        // The exec loader.
        case rootMissing, programNotStarted, programKilled, programFailed, programWithoutLine
    }

    package var code: Code
    /// As many as the code requires.
    package var arguments: [String]

    package init(_ code: Code, _ arguments: [String] = []) {
        self.code = code
        self.arguments = arguments
    }

    /// Empty if the finding has no such argument, or the guest did not send it.
    func argument(_ index: Int) -> String {
        guard arguments.indices.contains(index) else { return "" }
        // A text of a program may have several lines.
        return arguments[index].split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
            .joined(separator: " ")
    }
}
