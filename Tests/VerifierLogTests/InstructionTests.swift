import Testing

@testable import VerifierLog

@Suite struct InstructionTests {
    struct Sample: Sendable, CustomTestStringConvertible {
        var line: String
        var kind: Instruction.Kind
        var destination: Instruction.Operand?
        var source: Instruction.Operand?
        var operation: String?

        var testDescription: String { line }

        init(
            _ line: String, _ kind: Instruction.Kind, _ destination: Instruction.Operand? = nil,
            _ source: Instruction.Operand? = nil, _ operation: String? = nil
        ) {
            self.line = line
            self.kind = kind
            self.destination = destination
            self.source = source
            self.operation = operation
        }
    }

    static let samples: [Sample] = [
        Sample("0: (bf) r6 = r1", .alu, .register(6), .register(1), "="),
        Sample("3: (b7) r1 = 0 ; R1_w=0", .alu, .register(1), .immediate(0), "="),
        Sample("4: (07) r2 += -4", .alu, .register(2), .immediate(-4), "+="),
        Sample("4: (0f) r2 += r7", .alu, .register(2), .register(7), "+="),
        Sample("5: (bc) (u32) r2 = (u32) r7", .alu, .register(2), .register(7), "="),
        Sample("5: (bc) w2 = w7", .alu, .register(2), .register(7), "="),
        Sample("16: (c7) r1 s>>= 32                   ; R1=scalar()", .alu, .register(1), .immediate(32), "s>>="),
        Sample("7: (87) r1 = -r1", .alu, .register(1), nil, "="),
        Sample(
            "10: (79) r3 = *(u64 *)(r6 +80)", .load, .register(3), .memory(base: 6, offset: 80, size: 8), "="),
        Sample("9: (91) r3 = *(s8 *)(r6 -1)", .load, .register(3), .memory(base: 6, offset: -1, size: 1), "="),
        Sample("5: (18) r1 = 0xff22512d02933200", .load, .register(1), .immediate(-0xdd_aed2_fd6c_ce00), "="),
        Sample("5: (18) r1 = map[fd:4]", .load, .register(1), nil, "="),
        Sample("2: (63) *(u32 *)(r10 -4) = r8", .store, .memory(base: 10, offset: -4, size: 4), .register(8), "="),
        Sample("2: (7a) *(u64 *)(r10 -8) = 1", .store, .memory(base: 10, offset: -8, size: 8), .immediate(1), "="),
        Sample(
            "9: (db) lock *(u64 *)(r0 +0) += r1", .store, .memory(base: 0, offset: 0, size: 8), .register(1), "+="),
        Sample(
            "9: (db) r2 = atomic64_fetch_add((u64 *)(r1 +0), r2)", .load, .register(2),
            .memory(base: 1, offset: 0, size: 8), "="),
        Sample("9: (15) if r7 == 0x0 goto pc+13", .jump, .register(7), .immediate(0), "=="),
        Sample("14: (6d) if r8 s> r0 goto pc+8", .jump, .register(8), .register(0), "s>"),
        Sample("14: (a6) if w8 < 0x10 goto pc-3 ; R8=scalar()", .jump, .register(8), .immediate(16), "<"),
        Sample("14: (05) goto pc-3", .jump),
        Sample("22: (85) call bpf_perf_event_output#25", .call),
        Sample("23: (95) exit", .exit),
    ]

    @Test(arguments: samples)
    func readsOperands(sample: Sample) throws {
        let line = Line(sample.line[...])
        #expect(line.kind == .instruction)
        let instruction = try #require(line.instruction)
        #expect(instruction.kind == sample.kind)
        #expect(instruction.destination == sample.destination)
        #expect(instruction.source == sample.source)
        #expect(instruction.operation.map(String.init) == sample.operation)
    }

    @Test(arguments: [
        ("9: (15) if r7 == 0x0 goto pc+13", 23), ("16: (c5) if r1 s< 0x1e8480 goto pc-11 infinite loop", 6),
        ("3: (85) call pc+2", 6), ("3: (85) call bpf_loop#181", nil), ("4: (95) exit", nil),
        ("4: (05) goto pc+9223372036854775807", nil), ("4: (05) goto pc+99999999999999999999", nil),
    ])
    func followsJumps(line: String, target: Int?) {
        #expect(Instruction(line: line[...])?.target == target)
    }

    @Test func namesTheCallee() {
        #expect(Instruction(line: "3: (85) call bpf_loop#181 ; R0=scalar()")?.callee == "bpf_loop#181")
        #expect(Instruction(line: "3: (85) call bpf_loop#181")?.text == "call bpf_loop#181")
    }

    @Test(arguments: [
        "", "3:", "3: (", "3: (8", "3: (85", "3: (xy) call f", "x: (85) call f", "99999999999: (95) exit",
    ])
    func nonInstructionsAreRejected(line: String) {
        #expect(Instruction(line: line[...]) == nil)
    }
}
