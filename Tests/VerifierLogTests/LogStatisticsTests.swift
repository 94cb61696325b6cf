import MatrixModel
import Testing
import VerifierLog

@Suite struct LogStatisticsTests {
    @Test(arguments: [
        ("processed 12 insns\n", ProgramStatistics(instructions: 12)),
        ("processed 12 insns, stack depth 8\n", ProgramStatistics(instructions: 12, stackDepth: "8")),
        (
            "processed 12 insns (limit 131072), stack depth 64+0\n",
            ProgramStatistics(instructions: 12, limit: 131_072, stackDepth: "64+0")
        ),
        (
            "processed 15 insns (limit 1000000) max_states_per_insn 4 total_states 3 peak_states 2 mark_read 1\n",
            ProgramStatistics(instructions: 15, limit: 1_000_000, totalStates: 3, peakStates: 2)
        ),
        ("insns processed 12+3\nstack depth 8+0\n", ProgramStatistics(instructions: 15, stackDepth: "8+0")),
    ])
    func readsEveryForm(log: String, statistics: ProgramStatistics) {
        #expect(LogStatistics.parse("0: (95) exit\n" + log) == statistics)
    }

    @Test(arguments: [
        (
            "5.4-size-negative",
            ProgramStatistics(
                instructions: 31, limit: 1_000_000, totalStates: 2, peakStates: 2, stackDepth: "4",
                verificationMicroseconds: 10548)
        ),
        (
            "7.3-nullable",
            ProgramStatistics(
                instructions: 5, limit: 1_000_000, totalStates: 0, peakStates: 0, stackDepth: "0",
                verificationMicroseconds: 6175)
        ),
    ])
    func readsAWholeLog(name: String, statistics: ProgramStatistics) throws {
        #expect(LogStatistics.parse(try golden(name)) == statistics)
    }

    @Test(arguments: ["", "0: (95) exit\nR0 !read_ok\n", "BPF program is too large. Processed 1000001 insn\n"])
    func hasNoNumbersToGive(log: String) {
        #expect(LogStatistics.parse(log) == nil)
    }

    @Test func leavesOutNumbersThatItCannotRead() {
        #expect(LogStatistics.parse("processed 99999999999999999999 insns (limit x)\n") == nil)
    }
}
