import MatrixModel
import Testing

@testable import VerifierLog

/// Entries that take the place of a more general one.
@Suite struct NarrowingTests {
    private static let narrow = Catalogue.bundled.entries.filter { $0.narrowing != nil }

    @Test func generalEntriesExist() {
        for entry in Self.narrow {
            for id in entry.narrowing?.ids ?? [] { #expect(Catalogue.bundled[id: id] != nil, "\(entry.id): \(id)") }
        }
    }

    @Test func patternsAreRegularExpressions() throws {
        for narrowing in Self.narrow.compactMap(\.narrowing) {
            try narrowing.line?.check()
            for pattern in narrowing.beside { try pattern.check() }
            #expect(
                narrowing.line != nil || !narrowing.beside.isEmpty || !narrowing.errnos.isEmpty
                    || narrowing.condition != nil)
        }
    }

    @Test func everyConditionIsUsed() {
        let used = Set(Self.narrow.compactMap { $0.narrowing?.condition })
        #expect(used == Set(PathCondition.allCases))
    }

    /// An id with a dot belongs to an entry that has the part before it as its id.
    @Test func idsWithADotHaveAGeneralEntry() {
        for entry in Catalogue.bundled.entries where entry.id.contains(".") {
            let general = String(entry.id.prefix { $0 != "." })
            #expect(Catalogue.bundled[id: general] != nil, "\(entry.id)")
        }
    }

    /// A helper's number names another one in a kernel with helpers of its own, and a loader may not read what is there.
    @Test(arguments: [
        ("unknown func bpf_vmalloc#136", []), ("unknown func bpf_skc_to_tcp6_sock#136", ["Linux 5.9"]),
        ("libbpf: Error loading vmlinux BTF: -3", ["needs Linux 5.4."]),
    ])
    func factsSayOnlyWhatTheTextShows(text: String, ends: [String]) throws {
        let log = LogSummary(of: text)
        let cause = try #require(Catalogue.bundled.cause(ofText: log))
        let facts = Catalogue.bundled.explanation(of: cause, ofText: log).facts
        #expect(facts.count == ends.count)
        for (fact, end) in zip(facts, ends) { #expect(fact.contains(end), "\(fact)") }
    }

    private static let ofErrno = """
        [{"id": "ring", "category": "Attachment", "regex": "ring failed", "literals": ["ring failed"],
          "onlyErrnos": [1, 9, 13], "meaning": "M.", "advice": "A."},
         {"id": "ring.closed", "category": "Attachment", "narrows": ["ring"], "errno": [9], "meaning": "M.",
          "advice": "A."},
         {"id": "told", "category": "Attachment", "summary": true, "regex": "^Exception: ",
          "literals": ["Exception: "], "meaning": "M.", "advice": "A."}]
        """

    /// An entry explains only failures with the errnos that its reasons have, and a narrower one those of its own.
    @Test(arguments: [
        ("ring failed", "ring"), ("ring failed: Permission denied", "ring"), ("ring failed: EBADF", "ring.closed"),
        ("ring failed\n\nCaused by:\n    Bad file descriptor (os error 9)", "ring.closed"),
        ("ring failed: No such device\nException: no ring", "told"),
        ("ioctl: No such device\nring failed\nException: no ring", "told"),
        ("ring failed: Permission denied\nclose: Bad file descriptor", "ring"),
    ])
    func theStatedErrnoChoosesAmongEntries(text: String, id: String) throws {
        let catalogue = try Catalogue(json: Array(Self.ofErrno.utf8))
        #expect(catalogue.cause(ofText: text + "\n")?.id == id)
        #expect(catalogue.cause(ofLog: "", loaderMessages: text, errno: 22, stage: .attach)?.id == id)
    }

    /// Where no line states one, that of the loader counts.
    @Test func theLoadersErrnoNarrowsACause() throws {
        let catalogue = try Catalogue(json: Array(Self.ofErrno.utf8))
        #expect(
            catalogue.cause(ofLog: "", loaderMessages: "ring failed", errno: 9, stage: .attach)?.id == "ring.closed")
    }

    /// Of what the log does not show, the general entry says nothing either.
    @Test(arguments: [
        ("R7 invalid mem access 'map_value_or_null'", "bad-deref"), ("R3 invalid mem access 'inv'", "number-deref"),
        ("invalid bpf_context access off=24 size=8", "ctx-access"),
        ("R6 unbounded memory access, make sure to bounds check any such access", "any-unbounded"),
        ("R3 offset is outside of the packet", "pkt-range"),
        ("invalid indirect read from stack off -8+0 size 8", "stack-uninit"),
        ("bpf: Argument list too long", "argument-list"),
    ])
    func aMessageAloneKeepsItsEntry(line: String, id: String) {
        #expect(Catalogue.bundled.cause(ofText: line)?.id == id)
    }

    @Test(arguments: [
        ("bad-deref.copied", "bad-deref", true), ("bad-deref", "bad-deref", true),
        ("bad-deref", "bad-deref.copied", false), ("bad-deref.copied", "bad", false),
    ])
    func aNarrowCauseMeetsTheExpectationOfTheGeneralOne(id: String, expected: String, isMet: Bool) {
        let cause = Cause(id: id, category: "", line: "", source: nil, advice: "", since: nil)
        #expect(cause.isOrNarrows(expected) == isMet)
    }
}
