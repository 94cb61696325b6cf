import Foundation
package import MatrixModel

/// A run as SARIF 2.1.0: a result for each program that failed, with the kernels it failed on.
///
/// Levels: `error` for what was not expected, `note` for what was. Code scanning of GitHub refuses a file in which a result has no
/// place in a source, so a result without one is a notification of the run; and so is what was not measured.
///
/// Source: OASIS, "Static Analysis Results Interchange Format (SARIF) Version 2.1.0".
package enum SARIFReport {
    /// A cause from the catalogue.
    package struct Rule: Sendable {
        package var id: String
        package var category: String
        package var meaning: String
        package var reason: String?
        package var advice: String
        package var since: String?

        package init(
            id: String, category: String, meaning: String, reason: String?, advice: String, since: String?
        ) {
            self.id = id
            self.category = category
            self.meaning = meaning
            self.reason = reason
            self.advice = advice
            self.since = since
        }
    }

    /// Writes the file as one line of JSON.
    ///
    /// `rules` describe the causes in the run; a cause without a rule is described by its own message. `manifest`
    /// returns the file that describes a probe, used for results without a source line, or `nil` if there is none.
    package static func render(
        _ document: MatrixDocument, rules: [Rule], manifest: (String) -> CodeLocation?
    ) throws -> String {
        let results = SARIFResult.all(of: document)
        let known = Dictionary(rules.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
        let ids = Array(Set(results.map(\.rule))).sorted()
        let places = Dictionary(uniqueKeysWithValues: ids.enumerated().map { ($1, $0) })
        let spans = KernelSpans(document.kernels)
        var located: [SARIFLog.Result] = []
        var notifications: [SARIFLog.Notification] = []
        for result in results {
            let message = SARIFLog.Message(result.message(kernels: spans.words(for: result.kernels)))
            guard let place = result.location ?? manifest(result.row.probe), let index = places[result.rule] else {
                notifications.append(SARIFLog.Notification(level: result.level, message: message))
                continue
            }
            located.append(
                SARIFLog.Result(
                    ruleId: result.rule, ruleIndex: index, level: result.level, message: message,
                    locations: [SARIFLog.Location(place, function: result.program, qualifiedName: result.name)],
                    partialFingerprints: ["compatMatrix/v1": result.fingerprint],
                    properties: ["kernels": result.kernels]))
        }
        notifications += document.gaps.map { gap in
            SARIFLog.Notification(
                level: .warning,
                message: SARIFLog.Message("\(gap.kernel) was not measured (\(gap.words)): \(gap.reason)"))
        }
        notifications += document.exceptions.compactMap(\.notice).map { notice in
            SARIFLog.Notification(level: .warning, message: SARIFLog.Message(notice))
        }
        let log = SARIFLog(
            run: SARIFLog.Run(
                tool: SARIFLog.Tool(
                    version: document.run.tool,
                    rules: ids.map { id in descriptor(id, known[id], first: results.first { $0.rule == id }) }),
                invocation: SARIFLog.Invocation(
                    startTimeUtc: document.run.startedAt, toolExecutionNotifications: notifications),
                results: located))
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(log), as: UTF8.self)
    }

    private static func descriptor(_ id: String, _ rule: Rule?, first: SARIFResult?) -> SARIFLog.Rule {
        let words = SARIFResult.descriptions[id]
        let meaning = rule?.meaning ?? words?.meaning ?? first?.line ?? id
        let advice = rule?.advice ?? words?.advice ?? first?.advice ?? "Read the log."
        return SARIFLog.Rule(
            id: id, shortDescription: SARIFLog.Message(meaning),
            fullDescription: SARIFLog.Message([meaning, rule?.reason].compactMap(\.self).joined(separator: " ")),
            help: SARIFLog.Message([advice, rule?.since].compactMap(\.self).joined(separator: " ")),
            properties: ["tags": ["eBPF"] + (rule.map { [$0.category] } ?? [])])
    }
}
