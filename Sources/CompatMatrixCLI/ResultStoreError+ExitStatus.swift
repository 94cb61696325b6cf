import ResultStore

extension ResultStoreError: HasExitStatus {
    package var exitStatus: ExitStatus {
        switch self {
        case .unknownRun, .ambiguousRun, .noRuns, .runExists: .usage
        case .foreignDatabase, .newerDatabase, .corruptRow, .badLogReference, .unreadableLog, .damagedLog: .invalidInput
        case .folderUnusable, .diskFull, .database: .notMeasured
        }
    }
}
