import Testing

@testable import VerifierLog

@Suite struct LineKindTests {
    @Test(
        arguments: [
            ("", .blank), ("   ", .blank), ("; return 0;", .source), ("12: (85) call bpf_loop#181", .instruction),
            ("0: R1=ctx() R10=fp0", .state), (" R0_w=inv(id=0)", .state), ("12: frame1: R1=fp0", .state),
            ("12:", .state),
            ("frame1: R1=ctx()", .state), ("fp-8=mmmm????", .state), ("*(R11-8)=scalar()", .state),
            ("cur state: R1=1", .state),
            ("from 3 to 7: R0=inv(id=0)", .branch), ("from 3 to 7 (speculative execution): R0=1", .branch),
            ("from 3 to 7: safe", .pruned), ("from 3 to 7 (speculative execution): safe", .pruned),
            ("12: safe", .pruned),
            ("last_idx 9 first_idx 0", .precision), ("mark_precise: frame0: regs=r5", .precision),
            ("[27] INT unsigned long size=8", .types), ("\tname type_id=3", .types),
            ("\t(anon) type_id=3 bits_offset=0", .types),
            ("\t type_id=6 offset=0 size=24", .types), ("\tCLOSED val=7", .types),
            ("\tR2 invalid mem access 'inv'", .message), ("\tload program: permission denied", .message),
            ("func#0 @0", .note),
            ("[3] STRUCT event size=4 vlen=2 Member exceeds struct_size", .message), ("[17] Invalid kind:17", .message),
            ("\tname type_id=3 bits_offset=64 Invalid member bits_offset", .message),
            ("caller:", .note),
            ("Live regs before insn:", .note), ("  3: .12....... (b7) r0 = 0", .note),
            ("arg#0 reference type('UNKNOWN ') size cannot be determined: -22", .note),
            ("processed 15 insns (limit 1000000)", .total), ("stack depth", .total), ("libbpf: prog 'x'", .loader),
            ("R5 min value is negative", .message), ("*(R11-8) min value is negative", .message),
            ("from 3 to here", .message),
            ("arg#0 is no pointer", .message), ("0: error relocating function", .message), ("[   12.5] oops", .message),
            ("frame pointer is read only", .message), ("math between fp pointer and register", .message),
        ] as [(String, LineKind)])
    func isDetectedFromTheFirstBytes(line: String, kind: LineKind) {
        #expect(Line(line[...]).kind == kind)
    }

    @Test(arguments: [("from 3 to 7: safe", 3, 7), ("  from 12 to 5 (speculative execution): R0=1", 12, 5)])
    func namesBothEndsOfABranch(line: String, origin: Int, target: Int) throws {
        let branch = try #require(Line(line[...]).branch)
        #expect(branch.origin == origin)
        #expect(branch.target == target)
    }
}
