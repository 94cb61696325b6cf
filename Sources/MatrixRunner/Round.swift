internal import Machine

/// The circumstances in which a cell is measured.
///
/// Every cell starts in the first round; its evidence may send it to another.
enum Round: Hashable, Sendable {
    case first
    /// In a guest with more memory, for cells that ran out of memory.
    case large
    /// Alone in a freshly booted guest. Only this result counts, because QEMU and a busy host can ruin a guest, which
    /// must not become a verdict about a probe.
    case secondChance

    /// The round in which a cell with this `evidence` is measured again, or `nil` if the evidence is final.
    func next(after evidence: Evidence) -> Round? {
        switch self {
        case .secondChance: nil
        case .first where evidence.isDoubtful, .large where evidence.isDoubtful: .secondChance
        case .first where evidence.lacksMemory: .large
        case .first, .large: nil
        }
    }

    /// The guest for this round, given the kernel's usual one.
    func spec(_ usual: GuestSpec) -> GuestSpec {
        guard self == .large else { return usual }
        var spec = usual
        spec.memoryMiB = max(spec.memoryMiB, GuestSpec.largeMemoryMiB)
        return spec
    }

    /// How guests of this round start in a run with the start policy `policy`.
    ///
    /// A second chance never uses a snapshot, because the snapshot may be damaged.
    func startPolicy(_ policy: StartPolicy) -> StartPolicy { self == .secondChance ? .cold : policy }
}
