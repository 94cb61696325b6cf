import MatrixModel
import Testing

@testable import VerifierLog

/// Failures that a loader, the system or another program decided, in texts that are made up in their form.
@Suite struct LoaderReasonTests {
    @Test func aDescriptorIsNoErrno() {
        #expect(StatedError(in: Line("invalid perf event FD -1")) == nil)
        #expect(StatedError(in: Line("prog_fd=-1 was passed")) == nil)
        #expect(StatedError(in: Line("failed to load program: -22"))?.errno == 22)
    }

    /// Go writes errors in lower case; other programs say the same words in front of a path.
    @Test(arguments: [
        ("field Hit: program hit: load program: invalid argument", SpeakingLoader.cilium),
        ("load program: permission denied: 3: (79) r0 = *(u64 *)(r1 +0)", SpeakingLoader.cilium),
        ("ERROR: Cannot load program: /usr/lib/hit.o (errno 22, Invalid argument)", nil),
    ])
    func onlyGoWritesOfALoadInLowerCase(line: String, loader: SpeakingLoader?) {
        #expect(SpeakingLoader(in: [Line(Substring(line))]) == loader)
    }

    /// The program was verified, and another part of the kernel refused it.
    @Test func aRefusalAfterTheVerifierIsOfAPolicy() throws {
        let text =
            "-- BEGIN PROG LOAD LOG --\nprocessed 43 insns (limit 1000000) max_states_per_insn 0 total_states 4 "
            + "peak_states 4 mark_read 1\n-- END PROG LOAD LOG --\nError: bpf_load_program() of hit: Operation not permitted\n"
        let told = try #require(Catalogue.bundled.diagnosis(of: LogSummary(of: text))).explanation
        #expect(told.suggestion.contains("audit log") && told.reason.contains("went through the program"))
        let other = text.replacing("Operation not permitted", with: "Invalid argument")
        let compared = try #require(Catalogue.bundled.diagnosis(of: LogSummary(of: other))).explanation
        #expect(!compared.suggestion.contains("audit log"))
    }
}
