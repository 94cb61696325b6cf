import MatrixModel
import Testing

@testable import VerifierLog

/// The causes of what loaders found out by themselves.
@Suite struct FindingCauseTests {
    /// Arguments as guests send them; of other codes any text will do.
    private static let arguments: [GuestFinding.Code: [String]] = [
        .programTypeRejected: ["raw_tracepoint"], .mapTypeRejected: ["ringbuf"],
        .attachTypeRejected: ["cgroup_sock", "cgroup_inet4_post_bind"], .flagsRejected: ["xdp", "0x20"],
        .versionRejected: ["kprobe", "3.16.7"], .lengthRejected: ["5000"], .mapBTFRejected: ["Aya"],
        .relocationsSkipped: ["Aya"], .capabilityMissing: ["programs", "kprobe", "CAP_BPF"],
        .lockedDown: ["confidentiality"], .mapSizeMissing: ["hash"], .helperMissing: ["130"],
        .helperElsewhere: ["130", "kprobe, xdp"],
        .lsmInactive: ["capability,yama"], .eventMapMissing: ["lines"],
        .definitionRejected: ["kprobe_events", "p:compat_matrix/do_exit do_exit arg=nonsense"],
        .programFailed: ["3", "0"], .programKilled: ["11", "Segmentation fault"],
        .programWithoutLine: ["ready", "0"], .programNotStarted: ["No such file or directory"],
        .noEvent: ["events", "5"], .noFittingEvent: ["3", "events", "hello"],
        .noFittingTraceEvent: ["3", "readline", "hello"], .commandFailed: ["1", "exit"],
    ]

    private static func sample(_ code: GuestFinding.Code) -> GuestFinding {
        GuestFinding(code, arguments[code] ?? ["one", "two", "three"])
    }

    private func cause(_ findings: [GuestFinding], errno: Int32 = 5, stage: Stage = .load) -> Cause? {
        var loader = LoaderOutput()
        for finding in findings { loader.append(finding) }
        return Catalogue.bundled.cause(ofLog: LogSummary(of: ""), loader: loader, errno: errno, stage: stage)
    }

    @Test func codeHasAtMostOneEntry() {
        let codes = Catalogue.bundled.entries.flatMap(\.findings)
        #expect(Set(codes).count == codes.count)
    }

    /// A log that somebody saved names the cause by its words, and those are the host's own.
    @Test(arguments: GuestFinding.Code.allCases) func theSentenceNamesTheCauseOfItsCode(code: GuestFinding.Code) {
        let entry = Catalogue.bundled.entry(for: code)
        let finding = Self.sample(code)
        #expect(Catalogue.bundled.entry(matching: finding.line)?.id == entry?.id, "\(finding.line)")
    }

    /// But for entries that are about messages of libraries as well.
    @Test func examplesAreSentences() {
        for entry in Catalogue.bundled.entries where !entry.findings.isEmpty && entry.id != "attach-target-missing" {
            #expect(entry.findings.contains { Self.sample($0).sentence == entry.example }, "\(entry.id)")
        }
    }

    @Test(arguments: GuestFinding.Code.allCases) func theCauseIsThatOfTheCode(code: GuestFinding.Code) throws {
        let entry = Catalogue.bundled.entry(for: code)
        let finding = Self.sample(code)
        let cause = try #require(self.cause([finding]))
        #expect(cause.id == entry?.id ?? Catalogue.unknown)
        #expect(cause.line == finding.sentence)
    }

    /// What a command or a file is called is no message of a loader.
    @Test func argumentsAreNotRead() {
        let words = "libbpf: prog 'p': failed to attach: Device or resource busy"
        #expect(cause([GuestFinding(.commandFailed, ["1", words])])?.id == Catalogue.unknown)
        #expect(cause([GuestFinding(.noEvent, [words, "5"])], errno: 110, stage: .fire)?.id == "no-event")
    }

    @Test func theWordsOfALoaderAreRead() {
        let words = "libbpf: prog 'p': failed to attach: Device or resource busy"
        #expect(cause([GuestFinding(.text, [words])], errno: 16, stage: .attach)?.id == "attach-function-taken")
    }

    @Test func theLastOfFindingsAndMessagesDecides() {
        let busy = "libbpf: prog 'p': failed to attach: Device or resource busy\n"
        let inactive = GuestFinding(.lsmInactive, ["capability"])
        var before = LoaderOutput()
        before.append(inactive)
        before.append(busy)
        var after = LoaderOutput(busy)
        after.append(inactive)
        let ids = [before, after].map {
            Catalogue.bundled.cause(ofLog: LogSummary(of: ""), loader: $0, errno: 16, stage: .attach)?.id
        }
        #expect(ids == ["attach-function-taken", "lsm-inactive"])
    }

    @Test func anInactiveLSMIsWhyNoEventCame() {
        let findings = [GuestFinding(.lsmInactive, ["capability"]), GuestFinding(.noEvent, ["lines", "5"])]
        #expect(cause(findings, errno: 110, stage: .fire)?.id == "lsm-inactive")
        let shown = findings.map(\.line).joined(separator: "\n")
        #expect(Catalogue.bundled.cause(ofText: shown)?.id == "lsm-inactive")
    }

    /// As libbpf frames one, with a finding behind it.
    @Test func aLogInTheLoadersWordsIsReadBesideFindings() {
        var loader = LoaderOutput(
            """
            libbpf: prog 'f': -- BEGIN PROG LOAD LOG --
            0: (85) call bpf_ringbuf_output#130
            invalid func unknown#130
            processed 1 insns (limit 1000000)
            -- END PROG LOAD LOG --

            """)
        loader.append(GuestFinding(.helperMissing, ["130"]))
        let log = LogSummary(of: "")
        let cause = Catalogue.bundled.cause(ofLog: log, loader: loader, errno: 22)
        #expect(cause?.line == "invalid func unknown#130")
        let facts = cause.map { Catalogue.bundled.explanation(of: $0, log: log, loader: loader).facts }
        #expect(facts == ["bpf_ringbuf_output needs Linux 5.8."])
    }
}
