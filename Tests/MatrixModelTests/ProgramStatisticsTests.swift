import Foundation
import MatrixModel
import Testing

@Suite struct ProgramStatisticsTests {
    static let headrooms: [(Int?, Int?, Double?, Bool)] = [
        (1, 1_000_000, 99.9, false), (0, 100, 100, false), (900_000, 1_000_000, 10, false),
        (900_001, 1_000_000, 9.9, true), (1_000_001, 1_000_000, 0, true), (7, nil, nil, false), (nil, 100, nil, false),
        (7, 0, nil, false),
    ]

    @Test(arguments: headrooms)
    func reportsFreeSpace(instructions: Int?, limit: Int?, percent: Double?, isClose: Bool) {
        let statistics = ProgramStatistics(instructions: instructions, limit: limit)
        #expect(statistics.headroomPercent == percent)
        #expect(statistics.isCloseToLimit == isClose)
    }

    @Test func comesBackFromJSON() throws {
        let statistics = ProgramStatistics(
            instructions: 7, limit: 100, stackDepth: "64+0", verificationMicroseconds: 3, loadMicroseconds: 5,
            size: ProgramSize(instructions: 4, translatedBytes: 40, jitedBytes: 33))
        let json = try JSONEncoder().encode(statistics)
        #expect(try JSONDecoder().decode(ProgramStatistics.self, from: json) == statistics)
        let keys = try #require(JSONSerialization.jsonObject(with: json) as? [String: Any]).keys
        #expect(keys.count == 11)
    }

    /// Documents of before there were sizes are merged and compared too.
    @Test func readsADocumentWithFewerNumbers() throws {
        let old = #"{"instructions": 7, "limit": null, "stackDepth": "64"}"#
        #expect(
            try JSONDecoder().decode(ProgramStatistics.self, from: Data(old.utf8))
                == ProgramStatistics(instructions: 7, stackDepth: "64"))
    }
}
