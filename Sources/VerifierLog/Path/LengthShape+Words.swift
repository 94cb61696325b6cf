import MatrixModel

/// The text for each shape, and the first version that accepts it.
extension LengthShape {
    /// Why the verifier rejects the number, as sentences that follow "rN, …, may be negative.".
    var story: String {
        switch self {
        case .spill:
            "The program checked it, spilled it to the stack and reloaded it. This kernel's verifier forgets the range of a "
                + "spilled number."
        case .spilledConstant:
            "It is a constant that was spilled to the stack and reloaded. This kernel's verifier forgets spilled constants."
        case .copy:
            "The program checked another register with the same number. This kernel's verifier does not apply the check to "
                + "the copy."
        case .decrement:
            "The program subtracts 1 only if it is not 0, but this kernel's verifier does not narrow the range on \"not "
                + "equal\"."
        case .saturating:
            "The program subtracts 1 and compares the result with the original number, but this kernel's verifier learns "
                + "nothing from comparing a number with itself."
        case .linkedCopy:
            "The program checked the sum of the number and a constant, but this kernel's verifier does not derive the "
                + "range of the number from that."
        case .lowerHalf:
            "The program checked its lower 32 bits, but this kernel's verifier does not derive the range of all 64 bits "
                + "from that."
        case .signExtendedMove:
            "The program checked its lower 32 bits and sign-extended them with a move (-mcpu=v4). No verifier up to 7.3 "
                + "keeps the range across that move."
        case .extendedTwice:
            "The program extended its lower 32 bits to 64 bits twice, and checked the other result."
        case .errorReturn:
            "It is a helper's return value, and this kernel's verifier does not connect your check to it on the error path."
        case .helperReturn:
            "It is a helper's return value, and this kernel's verifier does not know that the helper returns at most the "
                + "size passed to it."
        case .subtracted: "The program decreases it after the check."
        case .maskedCopy: "The program masks a copy of it, but uses the number itself."
        case .reloaded:
            "It was reloaded from the stack, and the log does not show what was stored there. Verifiers before 5.10 forget "
                + "the range of a spilled number."
        case .noLowerBound: "Nothing on the path keeps it at 0 or above."
        case .noUpperBound: "Nothing on the path limits it."
        }
    }

    var suggestion: String {
        switch self {
        case .spill, .spilledConstant:
            "Check or mask it (`n &= SIZE - 1`) after the reload, right before it is used, or use a constant. With fewer "
                + "live variables, it stays in a register."
        case .copy:
            "Check the same register that is used: `barrier_var(n)` between check and use (in Rust, an `asm!` with the "
                + "value as input and output) keeps the compiler from checking a copy."
        case .decrement, .saturating:
            "Mask the result (`n = (n - 1) & (SIZE - 1)`) right before it is used, or return early if the length is 0 or "
                + "less."
        case .linkedCopy: "Check the number itself instead of the sum, right before it is used."
        case .lowerHalf, .extendedTwice:
            "Keep it in a 64-bit variable (`long`, `u64`) from its origin to its use, or mask it right before it is used."
        case .signExtendedMove:
            "Build with `-mcpu=v3` or lower, or keep it in a 64-bit variable from its origin to its use."
        case .errorReturn, .helperReturn:
            "Check both bounds (`n <= 0 || n > SIZE`), or mask it right before it is used."
        case .subtracted: "Check it after the subtraction, or mask it right before it is used."
        case .maskedCopy:
            "Use the masked value: mask the variable itself right before it is used, with `asm volatile(\"\" : "
                + "\"+r\"(n))` behind the mask so that clang keeps it."
        case .reloaded:
            "Check or mask it (`n &= SIZE - 1`) after the reload, right before it is used. Linux 5.10 and later accept the "
                + "check before the spill."
        case .noLowerBound:
            "Return early if it is negative or too large (`if (n < 0 || n >= SIZE) return 0;`), or make it unsigned and check "
                + "the upper bound, before it is used."
        case .noUpperBound: "Return early if it exceeds the buffer, or mask it with a power of two minus one."
        }
    }

    /// The first version that accepts it, as a sentence; `nil` if no kernel does.
    func fact(kernel: KernelRelease?) -> String? {
        guard let since else { return nil }
        let here = kernel.map { $0 < since.release ? "; this kernel is \($0.short)" : "" } ?? ""
        return "\(since.words)\(here)."
    }

    private var since: (release: KernelRelease, words: String)? {
        switch self {
        case .spill:
            (KernelRelease(5, 10), "Linux 5.10 and later keep the range of a spilled number")
        case .spilledConstant:
            (KernelRelease(5, 3), "Linux 5.3 and later keep a spilled constant")
        case .copy:
            (KernelRelease(5, 10), "Linux 5.10 and later apply the range to other registers with the same number")
        case .decrement: (KernelRelease(6, 8), "Linux 6.8 and later narrow the range on \"not equal\"")
        case .saturating: (KernelRelease(6, 8), "Linux 6.8 to 6.18 accept this form, 7.3 does not")
        case .linkedCopy:
            (
                KernelRelease(6, 13),
                "Kernels after 6.12, at the latest 6.18, derive the range from a register plus a constant"
            )
        case .lowerHalf: (KernelRelease(5, 7), "Linux 5.7 and later track bounds of the lower 32 bits")
        case .errorReturn:
            (KernelRelease(5, 10), "Linux 5.10 and later accept this form, as do some kernels before 5.4")
        case .helperReturn:
            (
                KernelRelease(5, 7),
                "Linux 5.4 knows the range of the result of bpf_probe_read_str, Linux 5.7 also that of _user and _kernel"
            )
        case .reloaded: (KernelRelease(5, 10), "Linux 5.10 and later keep the range of a spilled number")
        case .extendedTwice, .signExtendedMove, .subtracted, .maskedCopy, .noLowerBound, .noUpperBound: nil
        }
    }
}
