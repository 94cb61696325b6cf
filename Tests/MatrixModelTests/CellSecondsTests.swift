import Foundation
import MatrixModel
import Testing

@Suite struct CellSecondsTests {
    private let cell = CellResult(
        key: CellKey(kernel: "k-1.0", probe: "p", variant: "v", loader: "l"), verdict: .pass, stage: .fire,
        expected: .pass, asExpected: true, cached: false, reason: nil, console: nil,
        programs: [
            ProgramResult(
                name: "p", type: "xdp", verdict: .pass, stage: .fire, errno: 0, cause: nil, log: nil, logComplete: true,
                stats: nil, seconds: ProgramSeconds(load: 0.25, fire: 1))
        ], seconds: CellSeconds(queue: 2, load: 0.25, total: 1.5))

    @Test func comesBackFromJSONWithEveryKey() throws {
        let json = try JSONEncoder().encode(cell)
        #expect(try JSONDecoder().decode(CellResult.self, from: json) == cell)
        let object = try #require(JSONSerialization.jsonObject(with: json) as? [String: Any])
        #expect((object["seconds"] as? [String: Any])?.keys.sorted() == ["attach", "fire", "load", "queue", "total"])
    }

    /// Documents of before times were recorded are compared and merged too.
    @Test(arguments: ["", #","seconds": null"#])
    func readsADocumentWithoutTimes(key: String) throws {
        let old = """
            {"kernel": "k-1.0", "probe": "p", "variant": "v", "loader": "l", "verdict": "pass", "stage": "fire",
             "expected": "pass", "asExpected": true, "cached": false, "programs": [{"name": "p", "type": "xdp",
             "verdict": "pass", "stage": "fire", "errno": 0, "logComplete": true\(key)}]\(key)}
            """
        var expected = cell
        expected.seconds = CellSeconds()
        expected.programs[0].seconds = ProgramSeconds()
        #expect(try JSONDecoder().decode(CellResult.self, from: Data(old.utf8)) == expected)
    }

    @Test func sumsProgramsAndOmitsUnknownValues() {
        let programs = [
            ProgramSeconds(load: 0.1, attach: 0.25, fire: 0.5), ProgramSeconds(load: 0.2, fire: 0.5), ProgramSeconds(),
        ]
        #expect(
            CellSeconds(of: programs, queue: nil, totalMicroseconds: 1_250_000)
                == CellSeconds(load: 0.3, attach: 0.25, fire: 0.5, total: 1.25))
        #expect(CellSeconds(of: [], queue: 1, totalMicroseconds: nil) == CellSeconds(queue: 1))
    }
}
