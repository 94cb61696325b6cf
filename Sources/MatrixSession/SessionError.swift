package import MatrixModel
package import Reports
package import SystemPackage

/// Why a session could not start, or ended early.
package enum SessionError: Error, Equatable, CustomStringConvertible {
    /// There is no manifest, no folder of probes, and no object.
    case nothingToRun
    case noProbe(in: FilePath)
    case noProbesFolder
    case noPreviousRun(in: FilePath, stored: Int)
    case unreadableRun(file: String, reason: String)
    case invalidRun(file: String, ReportError)
    /// Completed cells are kept in `run`.
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
            "no compat-matrix.yaml and no directory 'probes' here: create one with 'compat-matrix init', or pass "
                + "an object with --object"
        case .noProbe(let place): "no probes in \(place): a probe is a subdirectory with a 'probe.yaml'"
        case .noProbesFolder: "no directory 'probes' here: change to the directory that contains it"
        case .noPreviousRun(let folder, let stored): "no previous run in \(folder): only \(stored) stored"
        case .unreadableRun(let file, let reason): "cannot read \(file): \(reason)"
        case .invalidRun(let file, let error): "\(file): \(error)"
        case .interrupted(let run, let kept, let planned):
            "interrupted: \(kept) of \(planned) cells are kept in run \(run)"
        case .bisectionInterrupted(let run): "interrupted: results so far are kept in run \(run)"
        case .archiveTakesOneKernel(let pattern, let kernels):
            "--archive needs exactly one kernel; '\(pattern)' matches \(kernels.joined(separator: ", "))"
        case .notOfAnArchive(let kernel):
            "\(kernel) does not come from an apt archive: use --archive with a kernel that does"
        case .noCell(let kernels): "no result for \(kernels.joined(separator: ", "))"
        case .cannotWatch(nil, let error): "cannot watch files: \(error)"
        case .cannotWatch(let folder?, let error): "cannot watch \(folder): \(error)"
        case .unplanned(let cell):
            "\(cell.kernel) \(cell.probe)/\(cell.variant) (\(cell.loader)) is not part of the plan"
        case .notADay(let text): "'\(text)' is not a date"
        }
    }
}
