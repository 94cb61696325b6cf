import MatrixAnalysis
import MatrixModel
import MatrixSamples
import Testing

/// Searches over rows written as letters: `p` passes, `f` fails, `.` cannot be measured.
struct BisectionTests {
    private static func search(_ row: String, known: [Int] = []) -> (search: BoundarySearch, asked: [Int]) {
        let answers = row.map { (letter: Character) -> Bool? in letter == "." ? nil : letter == "p" }
        var search = BoundarySearch(count: answers.count)
        for place in known { search.note(answers[place], at: place) }
        var asked: [Int] = []
        while case let next = search.next, !next.isEmpty {
            for place in next { search.note(answers[place], at: place) }
            asked += next
        }
        return (search, asked)
    }

    @Test(
        arguments: [
            ("", [], [], 0), ("p", [], [], 1), ("pp", [], [], 2), ("fp", [], [0], 2), ("pf", [], [0], 2),
            // Both ends, and nothing between two that say the same.
            ("ppppppppp", [], [], 2), ("ppfppfppp", [], [], 2), ("fffffffff", [], [], 2),
            ("ffppppppp", [], [1], 5), ("ffffffffp", [], [7], 5),
            // What was known before costs nothing, and shows what the ends do not.
            ("ffppppppp", [1, 2, 8, 0], [1], 0), ("ffppppppp", [0, 4, 8], [1], 2),
            ("pfffppppp", [1], [0, 3], 5),
            // Two that pass between two that fail are never asked.
            ("ppfppfppp", [2], [1, 5], 6),
            // What cannot be measured is passed over, at an end and in between.
            (".ffpp.", [], [2], 6), ("f...p", [], [0], 5), (".....", [], [], 5), ("..p..", [], [], 5),
        ] as [(String, [Int], [Int], Int)])
    func turns(row: String, known: [Int], below: [Int], asked: Int) {
        let outcome = Self.search(row, known: known)
        #expect(outcome.search.turns.map(\.below) == below)
        #expect(outcome.asked.count == asked && Set(outcome.asked).count == asked, "\(outcome.asked)")
        #expect(outcome.search.unasked.count == row.count - asked - known.count)
    }

    /// Every row with one turn, of every length: found, with no more questions than halving takes.
    @Test func oneTurn() {
        for count in 2...64 {
            for turn in 0...count {
                let row = String(repeating: "f", count: turn) + String(repeating: "p", count: count - turn)
                let outcome = Self.search(row)
                #expect(outcome.search.turns.map(\.above) == ((1..<count).contains(turn) ? [turn] : []))
                let halvings = Int.bitWidth - (count - 1).leadingZeroBitCount
                #expect(outcome.asked.count <= 2 + halvings, "\(row): \(outcome.asked)")
            }
        }
    }

    /// For any row of answers, the reported boundaries exist.
    @Test(arguments: 0..<200 as Range<UInt64>) func turnsAreReal(seed: UInt64) {
        var random = Random(seed)
        let letters = (0..<Int.random(in: 1...30, using: &random)).map { _ in "pf.".randomElement(using: &random) ?? "p"
        }
        let known = letters.indices.filter { _ in Bool.random(using: &random) }
        let search = Self.search(String(letters), known: known).search
        for turn in search.turns {
            let between = letters[(turn.below + 1)..<turn.above]
            #expect(between.allSatisfy { $0 == "." })
            #expect(
                letters[turn.below] != letters[turn.above] && letters[turn.below] != "." && letters[turn.above] != ".")
        }
    }

    private static let kernels = ["el7-3.10", "ubuntu-4.15", "ubuntu-5.4", "debian-5.10", "debian-6.1"]

    /// Several variants share a guest: what one of them asks for is noted for all.
    @Test func variantsSideBySide() {
        var bisection = ProbeBisection(probe: "readline", kernels: Self.kernels)
        let rows = ["old": "pfppp", "new": "fffpp", "lost": "....."]
        var tested: [String] = []
        while case let next = bisection.next, !next.isEmpty {
            tested += next
            for kernel in next {
                for (variant, letters) in rows {
                    let letter = Array(letters)[Self.kernels.firstIndex(of: kernel) ?? 0]
                    let verdict: Verdict = letter == "." ? .notMeasured : letter == "p" ? .pass : .fail
                    bisection.note(.sample(kernel, variant, verdict), release: "5.0", isStored: kernel == "el7-3.10")
                }
            }
        }
        let results = bisection.results
        #expect(results.map(\.variant) == ["lost", "new", "old"])
        #expect(results[0].turns == [] && results[0].notMeasured.count == tested.count)
        #expect(results[1].turns.map(\.below) == ["ubuntu-5.4"] && results[1].turns.map(\.passesAbove) == [true])
        #expect(results[1].stored.map(\.id) == ["el7-3.10"])
        #expect(results[2].turns.map(\.below) == ["el7-3.10", "ubuntu-4.15"] && !results[2].isMonotonic)
    }

    /// No kernel is booted for a loader that is not there.
    @Test func aLoaderThatIsMissing() {
        var bisection = ProbeBisection(probe: "readline", kernels: Self.kernels)
        for kernel in bisection.next {
            bisection.note(.sample(kernel, "a", .pass), release: nil, isStored: false)
            bisection.note(.sample(kernel, "a", .notMeasured, loader: "aya"), release: nil, isStored: false)
        }
        #expect(bisection.next != [])
        bisection.giveUp(loader: "aya", reason: "no cargo")
        #expect(bisection.next == [])
        #expect(bisection.results.map(\.notMeasured.count) == [5, 0])
        #expect(bisection.results[0].kernels[2].reason == "no cargo")
    }

    @Test func nothingKnownYet() {
        let bisection = ProbeBisection(probe: "readline", kernels: Self.kernels)
        #expect(bisection.next == ["el7-3.10", "debian-6.1"] && bisection.results == [])
        #expect(ProbeBisection(probe: "readline", kernels: []).next == [])
    }
}
