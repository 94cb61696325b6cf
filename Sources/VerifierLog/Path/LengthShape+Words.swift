import MatrixModel

/// What is said of each shape, and from which version on it is accepted.
extension LengthShape {
    /// What became of the number, to follow "rN … may be negative: ".
    var story: String {
        switch self {
        case .spill:
            "the program checked it, saved it on the stack and loaded it again, and this verifier forgets the range of a "
                + "number on the stack"
        case .spilledConstant:
            "it is a constant that was saved on the stack and loaded again, and this verifier forgets numbers on the stack"
        case .copy:
            "the program checked another register that holds the same number, and this verifier does not carry the result "
                + "over"
        case .decrement:
            "the program takes one off only where it is not 0, and this verifier learns nothing from \"not equal\""
        case .saturating:
            "the program takes one off and compares the result with the number before, and this verifier learns nothing "
                + "from comparing a number with itself"
        case .linkedCopy:
            "the program checked the same number plus a constant, and this verifier does not compute back from it"
        case .lowerHalf:
            "the program checked its lower 32 bits, and this verifier learns nothing of all 64 from that"
        case .signExtendedMove:
            "the program checked its lower 32 bits and extended them by a sign-extending move (-mcpu=v4), through which no "
                + "verifier up to 7.3 keeps a range"
        case .extendedTwice:
            "the program made 64 bits of its lower 32 twice, and checked the other result"
        case .errorReturn:
            "it is what a helper returned, this verifier follows a failure of the helper as a path of its own, and there "
                + "does not see that the check rules it out"
        case .helperReturn:
            "it is what a helper returned, and this verifier does not know that a helper returns no more than the size it "
                + "was given"
        case .subtracted: "the program makes it smaller after it checked it"
        case .noLowerBound: "nothing on the path keeps it from being below 0"
        case .noUpperBound: "nothing on the path keeps it below a limit"
        }
    }

    var suggestion: String {
        switch self {
        case .spill, .spilledConstant:
            "Check or mask it (`n &= SIZE - 1`) after it is loaded again, right before it is used, or use a constant; fewer "
                + "live variables keep it in a register."
        case .copy:
            "Check the very register that is used: `barrier_var(n)` (in Rust an `asm!` with the value in and out) between "
                + "check and use keeps the compiler from checking a copy."
        case .decrement, .saturating:
            "Mask the result (`n = (n - 1) & (SIZE - 1)`) right before it is used, or return early where the length is 0 or "
                + "less."
        case .linkedCopy: "Check the number itself and not the sum, right before it is used."
        case .lowerHalf, .extendedTwice:
            "Keep it in a 64-bit variable (`long`, `u64`) from where it comes to where it is used, or mask it right before "
                + "that."
        case .signExtendedMove:
            "Build with `-mcpu=v3` or lower, or keep it in a 64-bit variable from where it comes to where it is used."
        case .errorReturn, .helperReturn:
            "Check both bounds (`n <= 0 || n > SIZE`), or mask it right before it is used."
        case .subtracted: "Check it after the subtraction, or mask it right before it is used."
        case .noLowerBound: "Make it unsigned, or return early where it is below 0, before it is used."
        case .noUpperBound: "Return early where it is more than the buffer holds, or mask it by a power of two less 1."
        }
    }

    /// Since when it is accepted, as a sentence; `nil` where no kernel takes it.
    func fact(kernel: KernelRelease?) -> String? {
        guard let since else { return nil }
        let here = kernel.map { $0 < since.release ? "; this kernel is \($0.short)" : "" } ?? ""
        return "\(since.words)\(here)."
    }

    private var since: (release: KernelRelease, words: String)? {
        switch self {
        case .spill:
            (KernelRelease(5, 10), "Linux 5.10 and later keep the range of a number that is saved on the stack")
        case .spilledConstant:
            (KernelRelease(5, 3), "Linux 5.3 and later keep a constant that is saved on the stack")
        case .copy:
            (KernelRelease(5, 10), "Linux 5.10 and later carry the range over to other registers with the number")
        case .decrement: (KernelRelease(6, 8), "Linux 6.8 and later learn from \"not equal\"")
        case .saturating: (KernelRelease(6, 8), "Linux 6.8 to 6.18 accept this form, 7.3 does not")
        case .linkedCopy:
            (KernelRelease(6, 13), "Kernels after 6.12, by 6.18, compute back from a register plus a constant")
        case .lowerHalf: (KernelRelease(5, 7), "Linux 5.7 and later keep bounds of the lower 32 bits")
        case .errorReturn: (KernelRelease(5, 10), "Linux 5.10 and later accept this form, and so do some before 5.4")
        case .helperReturn:
            (
                KernelRelease(5, 7),
                "The range of what bpf_probe_read_str returns is known by 5.4, of its _user and _kernel forms since 5.7"
            )
        case .extendedTwice, .signExtendedMove, .subtracted, .noLowerBound, .noUpperBound: nil
        }
    }
}
