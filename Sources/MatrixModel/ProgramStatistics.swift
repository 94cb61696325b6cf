/// The cost of a program; `null` for values that the kernel does not report.
package struct ProgramStatistics: Sendable, Hashable {
    /// Instructions processed, which is not the program's size.
    package var instructions: Int?
    /// The number of instructions after which this kernel gives up.
    package var limit: Int?
    package var totalStates: Int?
    package var peakStates: Int?
    /// In bytes, one part per subprogram, as printed by the kernel: `64+0`.
    package var stackDepth: String?
    /// Measured by the kernel's own clock.
    package var verificationMicroseconds: Int?
    /// Duration of the whole system call in the guest, of which verification is only a part; also for a rejected
    /// program.
    package var loadMicroseconds: Int?
    package var size: ProgramSize

    package init(
        instructions: Int? = nil, limit: Int? = nil, totalStates: Int? = nil, peakStates: Int? = nil,
        stackDepth: String? = nil, verificationMicroseconds: Int? = nil, loadMicroseconds: Int? = nil,
        size: ProgramSize = ProgramSize()
    ) {
        self.instructions = instructions
        self.limit = limit
        self.totalStates = totalStates
        self.peakStates = peakStates
        self.stackDepth = stackDepth
        self.verificationMicroseconds = verificationMicroseconds
        self.loadMicroseconds = loadMicroseconds
        self.size = size
    }

    /// The unused part of the limit, in percent with one decimal; 0 for a program that reached it.
    package var headroomPercent: Double? {
        guard let instructions, let limit, limit > 0 else { return nil }
        return Double(max(0, limit - instructions) * 1000 / limit) / 10
    }

    /// Below this, a change of compiler or kernel may exceed the limit.
    package static let lowHeadroomPercent = 10.0

    package var isCloseToLimit: Bool { headroomPercent.map { $0 < Self.lowHeadroomPercent } ?? false }
}

package struct ProgramSize: Sendable, Hashable {
    /// BPF instructions passed to the kernel.
    package var instructions: Int?
    /// After the verifier's rewriting; 8 bytes per instruction.
    package var translatedBytes: Int?
    /// As machine code.
    package var jitedBytes: Int?

    package init(instructions: Int? = nil, translatedBytes: Int? = nil, jitedBytes: Int? = nil) {
        self.instructions = instructions
        self.translatedBytes = translatedBytes
        self.jitedBytes = jitedBytes
    }
}

extension ProgramStatistics: Codable {
    private enum CodingKeys: String, CodingKey {
        case instructions, limit, headroomPercent, totalStates, peakStates, stackDepth, verificationMicroseconds
        case loadMicroseconds, programInstructions, translatedBytes, jitedBytes
    }

    /// Decodes documents of versions with fewer numbers.
    package init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        func number(_ key: CodingKeys) throws -> Int? { try values.decodeIfPresent(Int.self, forKey: key) }
        self.init(
            instructions: try number(.instructions), limit: try number(.limit), totalStates: try number(.totalStates),
            peakStates: try number(.peakStates),
            stackDepth: try values.decodeIfPresent(String.self, forKey: .stackDepth),
            verificationMicroseconds: try number(.verificationMicroseconds),
            loadMicroseconds: try number(.loadMicroseconds),
            size: ProgramSize(
                instructions: try number(.programInstructions), translatedBytes: try number(.translatedBytes),
                jitedBytes: try number(.jitedBytes)))
    }

    /// Encodes every key, `null` for missing numbers; the headroom is derived from two others and never decoded.
    package func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: CodingKeys.self)
        try values.encode(instructions, forKey: .instructions)
        try values.encode(limit, forKey: .limit)
        try values.encode(headroomPercent, forKey: .headroomPercent)
        try values.encode(totalStates, forKey: .totalStates)
        try values.encode(peakStates, forKey: .peakStates)
        try values.encode(stackDepth, forKey: .stackDepth)
        try values.encode(verificationMicroseconds, forKey: .verificationMicroseconds)
        try values.encode(loadMicroseconds, forKey: .loadMicroseconds)
        try values.encode(size.instructions, forKey: .programInstructions)
        try values.encode(size.translatedBytes, forKey: .translatedBytes)
        try values.encode(size.jitedBytes, forKey: .jitedBytes)
    }
}
