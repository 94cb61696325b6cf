import MatrixAnalysis
import MatrixModel

/// The variants of a probe to ship, as text.
struct PlanRow: Encodable {
    /// A contender and its kernels.
    struct Share: Encodable {
        var variant: String
        var loader: String
        var kernels: [String]
        var on: String
    }

    struct Dead: Encodable {
        var variant: String
        var loader: String
        var standing: ContenderStanding.Standing
        /// The variant that dominates it.
        var by: String?
    }

    var probe: String
    var loader: String?
    var lowest: String?
    var steadyFrom: String?
    var holes: String
    var uncovered: String
    var notMeasured: String
    /// The smallest set that covers every kernel, each with the kernels on which it is the best of the set.
    var cover: [Share]
    var isExact: Bool
    /// The best variant on each kernel.
    var winners: [Share]
    var dead: [Dead]

    init(_ plan: ProbePlan, _ spans: KernelSpans) {
        probe = plan.probe
        loader = plan.loader
        lowest = plan.support.lowest
        steadyFrom = plan.support.steadyFrom
        holes = spans.words(for: plan.support.holes)
        uncovered = spans.words(for: plan.uncovered)
        notMeasured = spans.words(for: plan.notMeasured)
        isExact = plan.isExact
        cover = Self.shares(plan.kernels, spans, \.fromCover)
        winners = Self.shares(plan.kernels, spans, \.winner)
        dead = plan.contenders.filter(\.standing.isDead).map {
            Dead(
                variant: $0.contender.variant, loader: $0.contender.loader, standing: $0.standing, by: $0.by?.variant)
        }
    }

    /// Contenders in the order of their first kernel.
    private static func shares(
        _ kernels: [KernelChoice], _ spans: KernelSpans, _ choice: (KernelChoice) -> Contender?
    ) -> [Share] {
        var contenders: [Contender] = []
        var ids: [Contender: [String]] = [:]
        for kernel in kernels {
            guard let contender = choice(kernel) else { continue }
            if ids[contender] == nil { contenders.append(contender) }
            ids[contender, default: []].append(kernel.kernel)
        }
        return contenders.map { contender in
            let kernels = ids[contender] ?? []
            return Share(
                variant: contender.variant, loader: contender.loader, kernels: kernels, on: spans.words(for: kernels))
        }
    }
}
