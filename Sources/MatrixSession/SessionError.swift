package import MatrixModel
package import Reports
package import SystemPackage

/// Why a session cannot begin, or ended early.
package enum SessionError: Error, Equatable, CustomStringConvertible {
    /// Neither a manifest nor a folder of probes nor an object.
    case nothingToRun
    case noProbe(in: FilePath)
    case noProbesFolder
    case noPreviousRun(in: FilePath, stored: Int)
    case unreadableRun(file: String, reason: String)
    case invalidRun(file: String, ReportError)
    /// Cells that are over are kept in `run`.
    case interrupted(run: String, kept: Int, planned: Int)
    case bisectionInterrupted(run: String)
    case archiveTakesOneKernel(pattern: String, kernels: [String])
    case notOfAnArchive(KernelID)
    case noCell(of: [String])
    case cannotWatch(FilePath?, Errno)
    case unplanned(CellKey)
    case notADay(String)

    package var description: String {
        switch self {
        case .nothingToRun:
            "there is neither a compat-matrix.yaml nor a folder 'probes' here; 'compat-matrix init' writes one for the "
                + "objects that it finds, and --object names one"
        case .noProbe(let place): "\(place) holds no probe: a probe is a folder in it with a 'probe.yaml'"
        case .noProbesFolder: "there is no folder 'probes' here; run in the folder that holds it"
        case .noPreviousRun(let folder, let stored): "there is no previous run in \(folder): only \(stored) stored"
        case .unreadableRun(let file, let reason): "cannot read \(file): \(reason)"
        case .invalidRun(let file, let error): "\(file): \(error)"
        case .interrupted(let run, let kept, let planned):
            "interrupted: \(kept) of \(planned) cells are kept in run \(run)"
        case .bisectionInterrupted(let run): "interrupted: what was measured is kept in run \(run)"
        case .archiveTakesOneKernel(let pattern, let kernels):
            "--archive takes one kernel; \(pattern) is \(kernels.joined(separator: ", "))"
        case .notOfAnArchive(let kernel): "\(kernel) comes from no apt archive: there is nothing to look through"
        case .noCell(let kernels): "no cell came of \(kernels.joined(separator: ", "))"
        case .cannotWatch(nil, let error): "cannot watch files: \(error)"
        case .cannotWatch(let folder?, let error): "cannot watch \(folder): \(error)"
        case .unplanned(let cell): "unplanned \(cell)"
        case .notADay(let text): "'\(text)' is no day"
        }
    }
}
