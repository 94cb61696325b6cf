import MatrixModel
import Testing

@testable import VerifierLog

/// Logs that the kernels in their names wrote, of objects that clang 19 made for `-mcpu=v1` to `v4`.
@Suite struct LengthShapeTests {
    @Test(
        arguments: [
            ("4.15-spill", "size-negative", .spill), ("5.4-spill-v4", "size-negative", .spill),
            ("5.4-index-spill", "math-unbounded", .spill), ("4.15-constant", "size-negative", .spilledConstant),
            ("5.4-copy", "size-negative", .copy), ("4.15-decrement", "size-negative", .decrement),
            ("6.1-decrement", "size-negative", .decrement), ("5.10-saturating", "size-negative", .saturating),
            ("7.3-saturating", "size-negative", .saturating), ("6.8-linked-copy", "size-negative", .linkedCopy),
            ("6.12-linked-copy", "size-unbounded", .linkedCopy), ("5.4-lower-half", "size-negative", .lowerHalf),
            ("6.8-sign-extended-move", "size-negative", .signExtendedMove),
            ("7.3-extended-twice", "size-negative", .extendedTwice),
            ("5.4-error-return", "size-negative", .errorReturn),
            ("4.15-helper-return", "size-unbounded", .helperReturn), ("7.3-subtracted", "size-negative", .subtracted),
            ("5.15-no-lower-bound", "size-negative", .noLowerBound), ("6.12-index", "math-unbounded", .noLowerBound),
            ("6.1-no-upper-bound", "size-unbounded", .noUpperBound),
        ] as [(String, String, LengthShape)])
    func namesTheShape(log: String, cause id: String, shape: LengthShape) throws {
        let text = LogSummary(of: try golden(log))
        let cause = try #require(Catalogue.bundled.cause(ofText: text))
        #expect(cause.id == id)
        let explanation = Catalogue.bundled.explanation(of: cause, ofText: text)
        #expect(explanation.shape == shape.rawValue)
        #expect(explanation.reason.contains(shape.story.ofAnyKernel))
        #expect(explanation.suggestion == shape.suggestion)
        #expect(explanation.at != nil)
    }

    @Test(
        arguments: [
            (.spill, KernelRelease(5, 4), "a spilled number; this kernel is 5.4."),
            (.spill, nil, "a spilled number."), (.decrement, KernelRelease(6, 1, 152), "this kernel is 6.1.152."),
            // A distribution may have taken it out again, so the version is no contradiction worth printing.
            (.copy, KernelRelease(5, 15), "with the same number."), (.noLowerBound, KernelRelease(5, 4), nil),
        ] as [(LengthShape, KernelRelease?, String?)])
    func saysSinceWhen(shape: LengthShape, kernel: KernelRelease?, end: String?) {
        let fact = shape.fact(kernel: kernel)
        #expect((fact == nil) == (end == nil))
        if let fact, let end { #expect(fact.hasSuffix(end), "\(fact)") }
    }

    /// Branches of a loop, and a report of 7.3 that was cut off behind its headings.
    @Test(arguments: [
        (
            String(repeating: "6: (a5) if r1 < 0x1f4 goto pc-2\n5: (07) r1 += 1\n", count: 9),
            ["(taken)", "8 more iterations of the last step"]
        ),
        ("Verification failed: Call Type Safety: Invalid call argument\nReason:\n\nSuggestion:\n", []),
    ])
    func saysWhatThereIsToSay(above: String, ends: [String]) throws {
        let text = LogSummary(of: above + "7: (95) exit\nR0 !read_ok\n")
        let cause = try #require(Catalogue.bundled.cause(ofText: text))
        let explanation = Catalogue.bundled.explanation(of: cause, ofText: text)
        #expect(!explanation.reason.isEmpty && !explanation.suggestion.isEmpty)
        #expect(explanation.path.count == ends.count)
        for (event, end) in zip(explanation.path, ends) { #expect(event.hasSuffix(end), "\(event)") }
    }

    /// Where the path shows too little nothing is guessed.
    @Test(arguments: ["", "1: (85) call bpf_perf_event_output#25\n", "from 7 to 9: R5=inv(id=0)\n"])
    func staysSilentWithoutAPath(above: String) throws {
        let text = LogSummary(of: above + CauseTests.sizeNegative + "\nprocessed 3 insns\n")
        let cause = try #require(Catalogue.bundled.cause(ofText: text))
        let explanation = Catalogue.bundled.explanation(of: cause, ofText: text)
        #expect(explanation.shape == nil)
        #expect(explanation.suggestion == cause.advice)
    }
}
