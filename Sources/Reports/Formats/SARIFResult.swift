import Foundation
import HostTools
import MatrixModel

/// A failure of one program, or another result of a cell, with all its kernels.
struct SARIFResult {
    var rule: String
    var row: RowKey
    /// `nil` for a result of the whole cell.
    var program: String?
    var verdict: Verdict
    var expected: Verdict
    var asExpected: Bool
    /// The deciding line of the first kernel, or why it has none.
    var line: String
    var advice: String?
    /// From the first kernel that has one.
    var location: CodeLocation?
    var kernels: [String]

    var name: String { [row.probe, row.variant, program].compactMap(\.self).joined(separator: "/") }
    var level: SARIFLog.Level { asExpected ? .note : .error }

    /// Stable across runs until the failure changes: it contains neither kernels nor lines.
    var fingerprint: String {
        let parts = [rule, row.probe, row.variant, row.loader, program ?? "", asExpected ? "expected" : "unexpected"]
        return String(Digest.of(parts.joined(separator: "\u{0}")).prefix(32))
    }

    func message(kernels: String) -> String {
        let what =
            switch verdict {
            case .fail: "fails"
            case .crash: "crashes the guest"
            case .timeout: "times out"
            case .pass: "passes"
            case .notMeasured: "was not measured"
            }
        let how =
            asExpected
            ? "as expected"
            : verdict == expected ? "but not for the expected reason" : "but \(expected.rawValue) was expected"
        let sentence = "\(name) (\(row.loader)) \(what) on \(kernels), \(how)"
        return (line.isEmpty ? "\(sentence)." : "\(sentence): \(line)") + (advice.map { "\n\($0)" } ?? "")
    }

    /// In the order of the document; a location that only some kernels have is used for all.
    static func all(of document: MatrixDocument) -> [SARIFResult] {
        var results: [SARIFResult] = []
        var places: [Key: Int] = [:]
        for cell in document.cells where cell.verdict != .notMeasured && (cell.verdict != .pass || cell.isUnexpected) {
            let failed = cell.verdict == .fail ? cell.programs.filter { $0.verdict == .fail } : []
            for result in failed.isEmpty ? [SARIFResult(cell)] : failed.map({ SARIFResult(cell, $0) }) {
                if let place = places[result.key] {
                    results[place].kernels.append(cell.kernel)
                    results[place].location = results[place].location ?? result.location
                } else {
                    places[result.key] = results.count
                    results.append(result)
                }
            }
        }
        // Before 5.0, and for attachments of a whole object, there may be no line; another result of the variant may
        // have one.
        let known = Dictionary(
            results.compactMap { result in result.location.map { (result.row, $0) } },
            uniquingKeysWith: { first, _ in first })
        for index in results.indices where results[index].location == nil {
            results[index].location = known[results[index].row]
        }
        return results
    }

    private struct Key: Hashable {
        var rule: String
        var row: RowKey
        var program: String?
        var verdict: Verdict
        var asExpected: Bool
    }

    private var key: Key {
        Key(rule: rule, row: row, program: program, verdict: verdict, asExpected: asExpected)
    }

    private init(_ cell: CellResult) {
        let finding = Finding(cell)
        rule = Self.rule(of: cell.verdict)
        row = cell.row
        verdict = cell.verdict
        expected = cell.expected
        asExpected = cell.asExpected
        line = cell.verdict == .pass ? "" : finding.detail
        location = cell.programs.compactMap { $0.cause?.location }.first
        kernels = [cell.kernel]
    }

    private init(_ cell: CellResult, _ result: ProgramResult) {
        rule = result.cause?.id ?? Self.rule(of: .fail)
        row = cell.row
        program = result.name
        verdict = .fail
        expected = cell.expected
        asExpected = cell.asExpected
        let errno = result.errno == 0 ? nil : LinuxErrno(number: result.errno)
        line =
            result.cause?.line ?? errno.map { [$0.name, $0.meaning].compactMap(\.self).joined(separator: ": ") } ?? ""
        advice = result.explanation?.suggestion ?? result.cause?.advice
        location = result.cause?.location
        kernels = [cell.kernel]
    }

    private static func rule(of verdict: Verdict) -> String {
        switch verdict {
        case .pass: "unexpected-pass"
        case .fail: "failed"
        case .crash: "guest-crash"
        case .timeout: "timeout"
        case .notMeasured: "not-measured"
        }
    }

    /// For results without a message of a verifier or loader.
    static let descriptions = [
        "unexpected-pass": (
            meaning: "A variant passes although a rule in its manifest expects otherwise.",
            advice: "Remove the rule from the manifest, or narrow its kernels."
        ),
        "failed": (
            meaning: "A program failed, and neither the kernel nor the loader reported a reason.",
            advice: "Check the errno and the stage in the report."
        ),
        "guest-crash": (
            meaning: "The kernel panicked, oopsed or locked up.",
            advice: "Do not ship the variant for these kernels, and report the console message to the distribution."
        ),
        "timeout": (
            meaning: "The cell did not finish in time.",
            advice:
                "Raise --timeout to check whether it finishes at all; verifying a large program can take minutes."
        ),
    ]
}
