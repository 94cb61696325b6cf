import HostTools
import SystemPackage

/// The output of a loader for `--version`.
///
/// One line `<library> <version>`, or nothing for a loader without a library. A loader that can be resident adds a line
/// `resident`.
struct LoaderVersion: Sendable, Hashable {
    var library: String?
    var version: String?
    var isResident = false

    /// The time limit.
    static let limit: Duration = .seconds(5)

    /// Queries the program at `path` by running it on this machine.
    ///
    /// - Throws: `LoaderVersionProblem`; `CancellationError`.
    static func ask(_ path: FilePath, limit: Duration = limit) async throws -> LoaderVersion {
        let answer: ToolRunner.Output
        do {
            // Killed without time to clean up, because it has nothing to lose.
            answer = try await ToolRunner(.path(path), longestText: longestAnswer).run(["--version"], within: limit)
        } catch {
            switch error {
            case .cancelled: throw CancellationError()
            case .overdue: throw LoaderVersionProblem.silent(limit)
            case .notFound, .failed: throw LoaderVersionProblem.doesNotRun("\(error)")
            }
        }
        guard answer.succeeded else { throw LoaderVersionProblem.failed(answer.ending) }
        guard let version = LoaderVersion(answer.text) else { throw LoaderVersionProblem.unreadable(answer.text) }
        return version
    }

    private static let longestAnswer = 4096

    /// `nil` for any other output.
    init?(_ text: String) {
        guard !text.isEmpty else { return }
        let line = /([A-Za-z0-9][A-Za-z0-9._+\/\-]{0,63}) ([A-Za-z0-9][A-Za-z0-9._+~\-]{0,63})(\nresident)?\n?/
        guard let match = text.wholeMatch(of: line) else { return nil }
        library = String(match.1)
        version = String(match.2)
        isResident = match.3 != nil
    }
}

enum LoaderVersionProblem: Error, Equatable, CustomStringConvertible {
    case doesNotRun(String)
    case silent(Duration)
    case failed(String)
    case unreadable(String)

    var description: String {
        switch self {
        case .doesNotRun(let problem): "cannot run it with '--version': \(problem)"
        case .silent(let limit): "'--version' did not finish within \(limit)"
        case .failed(let status): "'--version' ended with \(status)"
        case .unreadable(let text):
            "'--version' printed '\(text.prefix(80))'; expected '<library> <version>' and optionally a line 'resident'"
        }
    }
}
