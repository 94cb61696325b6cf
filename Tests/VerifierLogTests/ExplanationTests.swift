import MatrixModel
import Testing

@testable import VerifierLog

@Suite struct ExplanationTests {
    private static func explain(_ log: String, kernel: KernelRelease? = nil) throws -> Explanation {
        let text = LogSummary(of: try golden(log))
        let cause = try #require(Catalogue.bundled.cause(ofText: text))
        return Catalogue.bundled.explanation(of: cause, log: text, kernel: kernel)
    }

    @Test func explanationHasFourSectionsWithoutAKernelReport() throws {
        let told = try Self.explain("5.4-spill-v4", kernel: KernelRelease(5, 4))
        #expect(told.reason.hasPrefix("r5, the length passed to bpf_perf_event_output(), may be negative. "))
        let call = "bpf_perf_event_output(ctx, &events, BPF_F_CURRENT_CPU, b, kept);"
        #expect(told.at?.hasSuffix(": call bpf_perf_event_output#25 ; \(call)") == true)
        let notes = told.path.map { line in
            line.split(separator: " ; ").first?.split(separator: " (").last?.dropLast() ?? "nothing"
        }
        #expect(told.path.allSatisfy { $0.contains(" ; ") })
        #expect(
            notes == [
                "not taken", "origin of the number", "not taken, checked", "not taken, checked",
                "spilled to the stack", "not taken", "reloaded from the stack",
            ])
        #expect(told.facts == [LengthShape.spill.fact(kernel: KernelRelease(5, 4))])
    }

    @Test func passesTheKernelsOwnReportOn() throws {
        let told = try Self.explain("7.3-too-long")
        #expect(told.reason.hasPrefix("The verifier cannot prove offset + access_size <= object_size. Here, "))
        #expect(told.reason.hasSuffix("access_size is 4096; object_size is 128."))
        #expect(
            told.at == "18: (85) call bpf_perf_event_output#25 (error: access may be outside object bounds) ; "
                + "bpf_perf_event_output(ctx, &events, BPF_F_CURRENT_CPU, b, n); @ oversize.bpf.c:9")
        #expect(told.path.count == 5)
        #expect(
            told.path[2]
                == "10: (c5) if r5 s< 0x0 goto pc+8 (branch: took the false branch of this conditional, goto not "
                + "followed) ; if (n < 0 || n > 4096) return 0; @ oversize.bpf.c:8")
        #expect(told.path[4].contains("map value from buffers at offset 0)"))
        #expect(
            told.suggestion
                == "Add or adjust a bounds check that proves offset + access_size stays within the object.")
    }

    @Test func showsTheEndOfALongPath() throws {
        let branches = (0..<100).map { "\($0): (15) if r1 == 0x\($0 % 10) goto pc+200\n" }.joined()
        let text = LogSummary(of: branches + "100: (95) exit\nR0 !read_ok\nprocessed 101 insns\n")
        let cause = try #require(Catalogue.bundled.cause(ofText: text))
        let told = Catalogue.bundled.explanation(of: cause, ofText: text)
        #expect(told.path.count == 16)
        #expect(told.path.first == "85 earlier steps")
        #expect(told.path.last == "99: if r1 == 0x9 goto pc+200 (not taken)")
        #expect(told.at == "100: exit")
    }

    @Test func tellsWhatItCanWithoutALog() {
        let messages = "compat-matrix: this kernel rejects every map of type ringbuf\n"
        let cause = Catalogue.bundled.cause(ofLog: "", loaderMessages: messages, errno: 22)
        let told = cause.map {
            Catalogue.bundled.explanation(of: $0, log: "", loaderMessages: messages, kernel: KernelRelease(5, 4))
        }
        #expect(told?.at == nil)
        #expect(told?.path == [])
        #expect(
            told?.facts == ["The map type ringbuf needs Linux 5.8; this kernel is 5.4 and does not have it."])
        #expect(told?.suggestion == cause?.advice)
    }

    @Test func guessesAtNothing() throws {
        let told = try Self.explain("7.3-unknown")
        #expect(told.shape == nil)
        #expect(told.facts == [])
        #expect(told.suggestion == "Pass another value.")
    }
}
