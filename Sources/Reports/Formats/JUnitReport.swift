import Foundation
package import MatrixModel

/// A run as JUnit XML for Jenkins, GitLab and others: one suite per kernel, one case per cell.
///
/// Cells that are as expected pass, including expected failures. Cells that were not measured are skipped and not
/// errors: whether they fail a job depends on the exit status, which honors `--allow-missing`.
package enum JUnitReport {
    /// The limit for logs and consoles, in bytes: GitLab accepts files of 30 MB.
    static let logBudget = 8 << 20
    static let longestLog = 16 << 10

    /// Writes the file; `log` provides the logs and consoles of unexpected results, as for `HTMLReport`.
    package static func render(
        _ document: MatrixDocument, log: @escaping (String) throws -> LogEnds?
    ) throws -> String {
        let shown = document.cells.count { $0.isUnexpected || $0.verdict == .notMeasured }
        let logs = LogExcerpts(limit: min(longestLog, logBudget / max(shown, 1)), read: log)
        let cells = Dictionary(grouping: document.cells, by: \.kernel)
        var suites: [XMLElement] = []
        var total = 0.0
        for kernel in document.kernels {
            let cells = cells[kernel.id] ?? []
            let seconds = cells.reduce(0) { $0 + $1.caseSeconds }
            total += seconds
            var suite = XMLElement(
                "testsuite",
                [
                    ("name", kernel.id), ("tests", "\(cells.count)"),
                    ("failures", "\(cells.count(where: \.isUnexpected))"),
                    ("errors", "0"), ("skipped", "\(cells.count { $0.verdict == .notMeasured })"),
                    ("time", Self.seconds(seconds)), ("timestamp", String(document.run.startedAt.prefix { $0 != "Z" })),
                ])
            suite.add(properties(of: kernel, in: document))
            for cell in cells { suite.add(try testCase(cell, logs)) }
            suites.append(suite)
        }
        var root = XMLElement(
            "testsuites",
            [
                ("name", "compat-matrix"), ("tests", "\(document.cells.count)"),
                ("failures", "\(document.cells.count(where: \.isUnexpected))"), ("errors", "0"),
                ("time", Self.seconds(total)),
            ])
        for suite in suites { root.add(suite) }
        return #"<?xml version="1.0" encoding="UTF-8"?>"# + "\n" + root.text + "\n"
    }

    private static func properties(of kernel: KernelRow, in document: MatrixDocument) -> XMLElement {
        var properties = XMLElement("properties")
        let values = [
            ("run", document.run.id), ("tool", document.run.tool), ("release", kernel.release),
            ("status", kernel.status.rawValue), ("reason", kernel.reason),
        ]
        for case (let name, let value?) in values {
            properties.add(XMLElement("property", [("name", name), ("value", value)]))
        }
        return properties
    }

    private static func testCase(_ cell: CellResult, _ logs: LogExcerpts) throws -> XMLElement {
        var testCase = XMLElement(
            "testcase",
            [
                ("name", "\(cell.variant)/\(cell.loader)"), ("classname", cell.probe),
                ("time", seconds(cell.caseSeconds)),
            ])
        if cell.verdict == .notMeasured {
            testCase.add(XMLElement("skipped", [("message", cell.reason ?? "not measured")]))
        } else if cell.isUnexpected {
            let finding = Finding(cell)
            let type = finding.cause.isEmpty ? cell.verdict.rawValue : finding.cause
            var failure = XMLElement("failure", [("message", message(of: cell, finding)), ("type", type)])
            failure.add(try story(of: cell, logs))
            testCase.add(failure)
        } else if cell.verdict != .pass {
            let finding = Finding(cell)
            var output = XMLElement("system-out")
            let cause = [finding.cause, finding.detail].filter { !$0.isEmpty }.joined(separator: ": ")
            let why = cell.expectedReason.map { "\n\($0)" } ?? ""
            output.add("\(cell.verdict.rawValue), as expected\(cause.isEmpty ? "" : ": \(cause)")\(why)\n")
            testCase.add(output)
            return testCase
        }
        if let console = cell.console, let text = try logs.end(of: console) {
            var output = XMLElement("system-out")
            output.add("last lines of the guest's console:\n\(text)")
            testCase.add(output)
        }
        return testCase
    }

    /// `fail, where pass was expected: size-negative: R5 min value is negative, …`.
    private static func message(of cell: CellResult, _ finding: Finding) -> String {
        let what = [finding.cause, finding.detail].filter { !$0.isEmpty }.joined(separator: ": ")
        if cell.verdict == .pass { return finding.detail }
        let how =
            cell.verdict == cell.expected
            ? "but not for the expected reason" : "but \(cell.expected.rawValue) was expected"
        return "\(cell.verdict.rawValue), \(how)" + (what.isEmpty ? "" : ": \(what)")
    }

    /// Each program that did not pass: cause, location, advice, and the end of its log.
    private static func story(of cell: CellResult, _ logs: LogExcerpts) throws -> String {
        var lines = cell.expectedReason.map { ["expected: \($0)"] } ?? []
        for program in cell.programs where program.verdict != .pass {
            let errno = program.errno == 0 ? nil : LinuxErrno(number: program.errno).name
            let stage = program.stage.map { "at \($0.rawValue)" }
            let how = [program.verdict.rawValue, stage, errno].compactMap(\.self).joined(separator: " ")
            lines.append("program \(program.name) (\(program.type)): \(how)")
            if let cause = program.cause {
                lines.append("\(cause.id): \(cause.line)")
                if let place = cause.location { lines.append("at \(place.file):\(place.line)") }
                if let source = cause.source { lines.append("source: \(source)") }
                lines.append("→ \(program.explanation?.suggestion ?? cause.advice)")
            }
            if let name = program.log, let log = try logs.end(of: name) {
                lines += ["", "last lines of \(name):", log]
            }
        }
        if let reason = cell.reason { lines.append(reason) }
        return lines.joined(separator: "\n") + "\n"
    }

    /// With a decimal point in every locale, and at most as many digits as the schema allows.
    private static func seconds(_ seconds: Double) -> String {
        let milliseconds = Int((max(0, seconds) * 1000).rounded())
        let rest = milliseconds % 1000
        return "\(milliseconds / 1000).\(rest < 100 ? rest < 10 ? "00" : "0" : "")\(rest)"
    }
}

/// The ends of logs, which contain the reason.
struct LogExcerpts {
    /// In bytes.
    let limit: Int
    let read: (String) throws -> LogEnds?

    /// Whole lines, at most `limit` bytes; `nil` if the file is gone.
    func end(of name: String) throws -> String? {
        guard let ends = try read(name) else { return nil }
        let text = ends.tail.isEmpty ? ends.head : ends.tail
        let part = text.utf8.suffix(limit)
        guard part.count < text.utf8.count else { return text }
        let start = part.firstIndex(of: UInt8(ascii: "\n")).map { part.index(after: $0) } ?? part.startIndex
        return "…\n" + String(decoding: part[start...], as: UTF8.self)
    }
}

extension CellResult {
    /// The time in the guest, or the sum of the loads if only those were measured.
    fileprivate var caseSeconds: Double {
        seconds.total ?? Double(programs.compactMap { $0.stats?.loadMicroseconds }.reduce(0, +)) / 1_000_000
    }
}
