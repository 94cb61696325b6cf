import Foundation
import MatrixModel
import Testing

@testable import VerifierLog

/// Logs in the form of those that people post, each with the cause that an expert would name.
@Suite struct PublicCaseTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var id: String
        var reference: String
        var log: String

        var testDescription: String { "\(id): \(reference)" }
    }

    /// `=== ID | REFERENCE`, and the log below it.
    static let cases: [Case] = {
        let url = Bundle.module.bundleURL.appending(path: "Resources/public-cases.txt")
        guard let text = try? String(contentsOf: url, encoding: .utf8) else { return [] }
        return text.components(separatedBy: "\n=== ").dropFirst().map { part in
            let lines = part.split(separator: "\n", maxSplits: 1, omittingEmptySubsequences: false)
            let title = lines[0].components(separatedBy: " | ")
            return Case(id: title[0], reference: title[1], log: String(lines[1]))
        }
    }()

    @Test func thereIsACaseForEachThread() {
        #expect(Self.cases.count { $0.reference.contains("#") } >= 64)
        // A text without the reason is explained as such.
        #expect(Self.cases.allSatisfy { $0.id == Catalogue.unknown || Catalogue.bundled[id: $0.id] != nil })
    }

    @Test(arguments: cases)
    func namesTheCause(of one: Case) throws {
        let cause = try #require(Catalogue.bundled.cause(ofText: one.log))
        #expect(cause.id == one.id, "\(cause.line)")
    }
}
