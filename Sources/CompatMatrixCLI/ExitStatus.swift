package import ArgumentParser
import GuestImage
import KernelStore
package import Loaders
import Machine
import Manifests
import MatrixAnalysis
import MatrixRunner
import MatrixSession
package import ProbeObject
import Reports
import ResultStore
import RunPlanning

/// The exit status of the process; the README lists the same values.
package enum ExitStatus: Int32, Sendable {
    case everyCellAsExpected = 0
    case unexpectedVerdicts = 1
    /// Also for a glob or a name that matches nothing.
    case usage = 64
    /// A file the user named or wrote is missing or invalid.
    case invalidInput = 65
    /// Something could not be measured or fetched.
    case notMeasured = 69
    /// A bug in compat-matrix.
    case internalError = 70
    case interrupted = 130

    package var code: ExitCode { ExitCode(rawValue) }
}

extension Gate {
    /// `nil` if the run passes.
    func status(allowMissing: Bool) -> ExitStatus? {
        switch decision(allowMissing: allowMissing) {
        case .passes: nil
        case .fails: .unexpectedVerdicts
        case .isIncomplete: .notMeasured
        }
    }
}

/// An error that defines the exit status of the process.
package protocol HasExitStatus: Error, CustomStringConvertible {
    var exitStatus: ExitStatus { get }
}

/// Ends a command with one sentence on stderr.
package struct CommandFailure: HasExitStatus, Equatable {
    package let exitStatus: ExitStatus
    package let description: String

    package init(_ exitStatus: ExitStatus, _ description: String) {
        self.exitStatus = exitStatus
        self.description = description
    }
}

extension ManifestError: HasExitStatus {
    package var exitStatus: ExitStatus { .invalidInput }
}

extension KernelStoreError: HasExitStatus {
    package var exitStatus: ExitStatus {
        switch self {
        case .unreadable, .invalidLock, .notAKernel, .unbootable, .cutShort, .damagedPackage, .invalidContainer,
            .noKernelInPackage, .noKernelInImage, .noModules, .notAConfig, .tooLarge, .noBTF, .ambiguousBTF, .notBTF,
            .badSignature:
            .invalidInput
        case .idTaken, .idUnguessable, .unknownID: .usage
        case .cancelled: .interrupted
        case .inDownload(let error, _, _): error.exitStatus
        case .unwritable, .failedBefore, .mirrorUnknown, .keyringMissing, .suiteUnavailable, .noSuchPackage,
            .downloadFailed, .toolMissing, .toolFailed, .unreachable, .stalled, .brokenOff, .answered, .badRedirect,
            .insecure,
            .downloadTooLarge, .registryFailed, .imageTooLarge, .vendorKeysMissing, .lockedVersionGone,
            .differsFromLock, .noConfig, .modulesNotHere, .noSuchModule, .damagedModule, .moduleFolderGone:
            .notMeasured
        }
    }
}

extension MachineError: HasExitStatus {
    package var exitStatus: ExitStatus { .notMeasured }
}

extension MatrixRunnerError: HasExitStatus {
    package var exitStatus: ExitStatus { .invalidInput }
}

extension GuestImageError: HasExitStatus {
    package var exitStatus: ExitStatus {
        switch self {
        case .binariesMissing, .cannotWrite, .cannotRead, .librariesUnknown, .libraryMissing: .notMeasured
        case .notAProgram: .invalidInput
        case .archive: .internalError
        }
    }
}

extension SessionError: HasExitStatus {
    package var exitStatus: ExitStatus {
        switch self {
        case .nothingToRun, .noPreviousRun, .archiveTakesOneKernel, .notOfAnArchive: .usage
        case .noProbe, .noProbesFolder, .unreadableRun, .invalidRun: .invalidInput
        case .interrupted, .bisectionInterrupted: .interrupted
        case .cannotWatch: .notMeasured
        case .noCell, .unplanned, .notADay: .internalError
        }
    }
}

extension KernelSelectionError: HasExitStatus {
    package var exitStatus: ExitStatus { .usage }
}

extension LoaderChoiceError: HasExitStatus {
    package var exitStatus: ExitStatus {
        switch self {
        case .nothingMatches: .usage
        case .unknown: .invalidInput
        }
    }
}

extension LoaderError: HasExitStatus {
    package var exitStatus: ExitStatus { .invalidInput }
}

extension ReportError: HasExitStatus {
    package var exitStatus: ExitStatus {
        switch self {
        case .notADocument, .unknownSchema: .invalidInput
        case .brokenTemplate, .notCompressed: .internalError
        }
    }
}

extension ResultStoreError: HasExitStatus {
    package var exitStatus: ExitStatus {
        switch self {
        case .unknownRun, .ambiguousRun, .noRuns, .runExists: .usage
        case .foreignDatabase, .newerDatabase, .corruptRow, .badRunID, .badLogReference, .unreadableLog, .damagedLog:
            .invalidInput
        case .folderUnusable, .diskFull, .database: .notMeasured
        }
    }
}

extension ProbeObjectError: HasExitStatus {
    package var exitStatus: ExitStatus {
        switch self {
        case .missing, .unreadable, .empty, .notELF, .truncated, .tooLarge, .wrongMachine, .wrongFormat, .noProgram,
            .compilation:
            .invalidInput
        case .noCompiler, .unusableCompiler, .noRustCompiler, .unusableRustCompiler, .unwritable: .notMeasured
        }
    }
}

extension ProbeSelectionError: HasExitStatus {
    package var exitStatus: ExitStatus { .usage }
}
