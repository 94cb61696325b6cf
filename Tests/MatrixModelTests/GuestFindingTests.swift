import MatrixModel
import Testing

@Suite struct GuestFindingTests {
    @Test(arguments: GuestFinding.Code.allCases) func eachCodeHasASentenceOnOneLine(code: GuestFinding.Code) {
        let sentence = GuestFinding(code, ["first\nline", "second", "third"]).sentence
        #expect(!sentence.isEmpty && !sentence.contains(where: \.isNewline))
        #expect(sentence.last?.isPunctuation == false || [")", "'"].contains(sentence.suffix(1)), "\(sentence)")
    }

    @Test func noTwoCodesHaveTheSameSentence() {
        let sentences = GuestFinding.Code.allCases.map { GuestFinding($0, ["x", "y", "z"]).sentence }
        #expect(Set(sentences).count == sentences.count)
    }

    @Test(arguments: [
        (GuestFinding(.noEvent, ["lines", "5"]), "no event arrived in map 'lines' within 5 s of the trigger"),
        (GuestFinding(.noEvent, ["", "5"]), "no event arrived in the iterator's output within 5 s of the trigger"),
        (GuestFinding(.cgroupUnopenable, ["", "No space left"]), "cannot open the cell's cgroup: No space left"),
        (GuestFinding(.runCount, ["watch", "1"]), "'watch' ran once"),
        (GuestFinding(.runCount, ["watch", "0"]), "'watch' ran 0 times"),
        (
            GuestFinding(.mapBTFRejected, ["Aya"]),
            "this kernel rejects BTF for map keys and values (needs 4.18), and Aya always sends it"
        ),
    ])
    func argumentsStandInTheSentence(finding: GuestFinding, sentence: String) {
        #expect(finding.sentence == sentence)
        #expect(finding.line == "compat-matrix: \(sentence)")
    }

    @Test func loaderOutputIsShownAsItIs() {
        #expect(GuestFinding(.text, ["cannot go on"]).line == "cannot go on")
    }
}
