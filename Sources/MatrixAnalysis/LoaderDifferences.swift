package import MatrixModel

/// Variants that load on a kernel with one loader and not with another, and the failures of the latter.
///
/// Two loaders that fail for different causes are not a difference, because neither helps.
package struct LoaderDifferences: Codable, Sendable, Hashable {
    /// Those with the most cells first, then by loader and cause.
    package var differences: [LoaderDifference]

    package init(_ document: MatrixDocument) {
        let contests = Dictionary(grouping: document.cells.filter(\.isMeasured)) { cell in
            Contest(kernel: cell.kernel, probe: cell.probe, variant: cell.variant)
        }
        let order = KernelOrder(document.kernels.map(\.id))
        let sorted = contests.filter { $0.value.count > 1 }.sorted { left, right in
            let rows = (left.key.probe, left.key.variant), others = (right.key.probe, right.key.variant)
            return rows == others ? order[left.key.kernel] < order[right.key.kernel] : rows < others
        }
        var found: [LoaderDifference] = []
        var places: [LoaderDifference.Key: Int] = [:]
        for (contest, cells) in sorted {
            let passing = cells.filter { $0.verdict == .pass }.map(\.loader).sorted()
            guard !passing.isEmpty else { continue }
            for cell in cells where cell.verdict != .pass {
                let difference = LoaderDifference(cell)
                let place = places[difference.key] ?? found.count
                if place == found.count {
                    places[difference.key] = place
                    found.append(difference)
                }
                found[place].add(contest.kernel, probe: contest.probe, variant: contest.variant, passing: passing)
            }
        }
        differences = found.sorted { left, right in
            let counts = (left.cells, right.cells)
            let names = (left.loader, left.cause ?? ""), others = (right.loader, right.cause ?? "")
            return counts.0 == counts.1 ? names < others : counts.0 > counts.1
        }
    }

    private struct Contest: Hashable {
        var kernel: String
        var probe: String
        var variant: String
    }
}

/// A failure that one loader has and another does not.
package struct LoaderDifference: Codable, Sendable, Hashable {
    /// A variant, and the kernels on which the same other loaders pass with it.
    package struct Place: Codable, Sendable, Hashable {
        package var probe: String
        package var variant: String
        /// Loaders, by name.
        package var passing: [String]
        /// Oldest first.
        package var kernels: [String]
    }

    /// The failing loader.
    package var loader: String
    package var verdict: Verdict
    @Nullable package var stage: Stage?
    /// An id from the catalogue.
    @Nullable package var cause: String?
    @Nullable package var category: String?
    /// 0 if no step failed with an errno.
    package var errno: Int32
    /// The deciding line, as the oldest kernel wrote it for the first variant.
    @Nullable package var line: String?
    /// The reason in one sentence, from the explanation if there is one.
    @Nullable package var reason: String?
    @Nullable package var suggestion: String?
    /// The kernel version that introduced the rule.
    @Nullable package var since: String?
    /// By probe and variant.
    package var places: [Place] = []

    package var cells: Int { places.reduce(0) { $0 + $1.kernels.count } }

    fileprivate struct Key: Hashable {
        var loader: String
        var verdict: Verdict
        var stage: Stage?
        var cause: String?
        var errno: Int32
    }

    fileprivate var key: Key {
        // The same cause can come with several errnos; without a cause, the errno is the only information.
        Key(loader: loader, verdict: verdict, stage: stage, cause: cause, errno: cause == nil ? errno : 0)
    }

    fileprivate init(_ cell: CellResult) {
        let culprit =
            cell.programs.first { $0.verdict == cell.verdict && $0.cause != nil }
            ?? cell.programs.first { $0.verdict == cell.verdict }
        loader = cell.loader
        verdict = cell.verdict
        stage = culprit?.stage ?? cell.stage
        cause = culprit?.cause?.id
        category = culprit?.cause?.category
        errno = culprit?.errno ?? 0
        line = culprit?.cause?.line
        reason = culprit?.explanation?.reason ?? cell.reason
        suggestion = culprit?.explanation?.suggestion ?? culprit?.cause?.advice
        since = culprit?.cause?.since
    }

    fileprivate mutating func add(_ kernel: String, probe: String, variant: String, passing: [String]) {
        let place = places.lastIndex { $0.probe == probe && $0.variant == variant && $0.passing == passing }
        if let place {
            places[place].kernels.append(kernel)
        } else {
            places.append(Place(probe: probe, variant: variant, passing: passing, kernels: [kernel]))
        }
    }
}

/// The number of passes with a loader, kernel by kernel.
package struct LoaderReach: Codable, Sendable, Hashable {
    package struct Count: Codable, Sendable, Hashable {
        package var kernel: String
        package var passed: Int
        package var measured: Int
    }

    package var loader: String
    /// In the order of the document's kernels, without kernels that have no cell of the loader.
    package var kernels: [Count]

    package var passed: Int { kernels.reduce(0) { $0 + $1.passed } }
    package var measured: Int { kernels.reduce(0) { $0 + $1.measured } }

    /// One for each loader with cells, by name.
    package static func all(in document: MatrixDocument) -> [LoaderReach] {
        Dictionary(grouping: document.cells, by: \.loader).sorted { $0.key < $1.key }.map { loader, cells in
            let byKernel = Dictionary(grouping: cells, by: \.kernel)
            let counts = document.kernels.compactMap { kernel in
                byKernel[kernel.id].map { cells in
                    Count(
                        kernel: kernel.id, passed: cells.count { $0.verdict == .pass },
                        measured: cells.count(where: \.isMeasured))
                }
            }
            return LoaderReach(loader: loader, kernels: counts)
        }
    }
}
