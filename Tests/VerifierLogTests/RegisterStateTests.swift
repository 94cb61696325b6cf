import Testing

@testable import VerifierLog

@Suite struct RegisterStateTests {
    @Test(
        arguments: [
            ("R1=ctx", .register(1), "ctx", nil), ("R0=imm5", .register(0), "scalar", 5),  // 4.4
            ("R10=fp0", .register(10), "fp", 0), ("fp-8=map_value", .stack(-8), "map_value", nil),  // 4.15
            ("R8_w=invP0", .register(8), "scalar", 0), ("R2_w=inv64", .register(2), "scalar", 64),  // 5.4
            ("R0_rw=invP(id=0,umax_value=64,var_off=(0x0; 0x7f))", .register(0), "scalar", nil),
            ("R2_w=fp-20", .register(2), "fp", -20), ("R1_w=P-1", .register(1), "scalar", -1),  // 6.1
            ("R1=0xffffffff80000000", .register(1), "scalar", -2_147_483_648),  // 6.8
            ("R0_w=map_value_or_null(id=1,off=0,ks=4,vs=8,imm=0)", .register(0), "map_value_or_null", nil),
            ("R1=trusted_ptr_task_struct()", .register(1), "trusted_ptr_task_struct", nil),  // 7.3
            ("fp-8=mmmmscalar(umax=255)", .stack(-8), "scalar", nil),
            ("*(R11-8)=scalar()", .argument(-8), "scalar", nil),
            ("fp-8=mmmm????", .stack(-8), "", nil), ("fp-8=00000000", .stack(-8), "", nil),
            ("fp-16_w=0", .stack(-16), "scalar", 0),
        ] as [(String, RegisterState.Place, String, Int64?)])
    func readsEveryKernelsForm(word: String, place: RegisterState.Place, type: String, constant: Int64?) throws {
        let state = try #require(RegisterState(word: word[...]))
        #expect(state.place == place)
        #expect(state.type == type)
        #expect(state.constant == constant)
        #expect(state.isPrecise == word.contains("P"))
    }

    @Test(
        arguments: [
            ("R0=inv(id=0,umax_value=64,var_off=(0x0; 0x7f))", 0, 64, 0, 64),
            ("R0=inv(id=0)", .min, .max, 0, .max), ("R0=scalar()", .min, .max, 0, .max), ("R0=-1", -1, -1, .max, .max),
            ("R5=scalar(smax=4096)", .min, 4096, 0, .max),
            ("R5=scalar(smin=smin32=0,smax=umax=smax32=umax32=255,var_off=(0x0; 0xff))", 0, 255, 0, 255),
            ("R1=scalar(smin=0xffffffff80000000,smax=0x7fffffff)", -2_147_483_648, 2_147_483_647, 0, .max),
            (
                "R0_w=inv(id=0,umin_value=18446744071562067968,var_off=(0xffffffff80000000; 0x7fffffff))",
                -2_147_483_648, -1,
                18_446_744_071_562_067_968, .max
            ),
        ] as [(String, Int64, Int64, UInt64, UInt64)])
    func readsBounds(word: String, smin: Int64, smax: Int64, umin: UInt64, umax: UInt64) throws {
        let bounds = try #require(RegisterState(word: word[...])).bounds
        #expect(bounds.signedMinimum == smin)
        #expect(bounds.signedMaximum == smax)
        #expect(bounds.unsignedMinimum == umin)
        #expect(bounds.unsignedMaximum == umax)
    }

    @Test func readsDetails() throws {
        let state = try #require(RegisterState(word: "R0=map_value(id=3+8,map=lines,ks=4,vs=64,var_off=(0x0; 0x7f))"))
        #expect(state.id == 3)
        #expect(state.detail("map") == "lines")
        #expect(state.detail("var_off") == "(0x0; 0x7f)")
        #expect(state.detail("off") == nil)
        #expect(RegisterState(word: "R0=scalar(id=0)")?.id == nil)
    }

    @Test(arguments: [
        (" R0_w=inv(id=0,var_off=(0x0; 0x7f)) R10=fp0 fp-8=mmmm????", 3),
        ("from 14 to 23: R0=inv(id=0) R6=ctx(id=0,off=0,imm=0)", 2),
        ("9: (db) lock *(u64 *)(r0 +0) += r1      ; R0=map_value(off=0) R1_w=1 refs=2", 2),
        ("0: frame1: R1=ctx() R10=fp0 cb", 2), ("from 3 to 7: safe", 0), ("R0 !read_ok", 0),
        ("; if (R1=fp0)", 0), (" R0=inv( R1=((( R2=)))", 1), (" R12=1 R=2 fp8=3 fp-=4 =5", 0),
    ])
    func findsTheRegistersOfALine(line: String, count: Int) {
        #expect(Line(line[...]).registers.count == count)
    }
}
