package import ProbeObject

extension ProbeObjectError: HasExitStatus {
    package var exitStatus: ExitStatus {
        switch self {
        case .missing, .unreadable, .empty, .notELF, .truncated, .wrongMachine, .wrongFormat, .noProgram, .compilation:
            .invalidInput
        case .noCompiler, .unusableCompiler, .noRustCompiler, .unusableRustCompiler, .unwritable: .notMeasured
        }
    }
}

extension ProbeSelectionError: HasExitStatus {
    package var exitStatus: ExitStatus { .usage }
}
