/// The features of several kernels, side by side.
package struct FeatureComparison: Sendable, Equatable {
    /// A kernel with its known facts.
    package struct Column: Sendable {
        package var kernel: String
        package var facts: KernelFacts
        package var config: KernelConfig?

        package init(kernel: String, facts: KernelFacts, config: KernelConfig?) {
            self.kernel = kernel
            self.facts = facts
            self.config = config
        }
    }

    package enum Mark: Sendable, Hashable {
        case present, absent
        /// Could not be determined.
        case unknown
        case text(String)

        init(isThere: Bool) { self = isThere ? .present : .absent }
    }

    package struct Row: Sendable, Equatable {
        package var name: String
        /// In the order of the kernels.
        package var marks: [Mark]

        package var differs: Bool { marks.contains { $0 != marks.first } }
    }

    package struct Section: Sendable, Equatable {
        package var title: String
        package var rows: [Row]
        /// Whether there are too many rows to print one per line.
        package var isCatalogue = false
    }

    package var kernels: [String]
    package var sections: [Section]

    /// With `names`, helpers and kernel functions are separate rows; otherwise, they are counted.
    package init(_ columns: [Column], names: Bool) {
        kernels = columns.map(\.kernel)
        let facts = columns.map(\.facts)
        sections = [
            Self.identity(facts),
            Section(title: "Loads", rows: Self.rows(of: facts, in: .loads)),
            Section(title: "Attaches with", rows: Self.rows(of: facts, in: .attaches)),
            Section(title: "Verifier log", rows: Self.rows(of: facts, in: .log)),
            Section(title: "Without BPF", rows: Self.rows(of: facts, in: .withoutBPF)),
            Section(title: "Program types", rows: Self.rows(of: facts.map(\.programTypes))),
            Section(title: "Map types", rows: Self.rows(of: facts.map(\.mapTypes))),
            Section(title: "Iterators", rows: Self.rows(of: facts.map { $0.lists["iterators"] })),
            Section(title: "struct_ops", rows: Self.rows(of: facts.map { $0.lists["struct_ops"] })),
        ]
        sections += names ? Self.catalogues(facts) : [Self.counts(facts)]
        sections.append(Self.configuration(columns.map(\.config)))
        sections.removeAll(where: \.rows.isEmpty)
    }

    private static func identity(_ facts: [KernelFacts]) -> Section {
        func row(_ name: String, _ mark: (KernelFacts) -> Mark) -> Row { Row(name: name, marks: facts.map(mark)) }
        let settings = [
            ("LSMs", "lsm"), ("lockdown", "lockdown"), ("tracefs", "tracefs"), ("kfuncs from", "kfuncs_from"),
        ]
        return Section(
            title: "Kernel",
            rows: [
                row("release") { .text($0.release) }, row("distribution") { .text("\($0.distribution)") },
                row("bpf()") { Mark(isThere: $0.hasBPF) }, row("BTF") { Mark(isThere: $0.hasBTF) },
            ]
                + settings.map { label, name in row(label) { $0.settings[name].map(Mark.text) ?? .absent } }
                + ["unprivileged_bpf_disabled", "bpf_jit_enable", "bpf_jit_harden"].map { name in
                    row(name) { $0.settings[name].map(Mark.text) ?? .absent }
                })
    }

    private static func rows(of facts: [KernelFacts], in group: FeatureGroup) -> [Row] {
        let offers = facts.map { group.shown($0.features) }
        return group.features.map(\.words).map { words in Row(name: words, marks: offers.map { $0.mark(words) }) }
    }

    /// In the kernels' own order, according to the newest kernel.
    private static func rows(of offers: [Offers]) -> [Row] {
        let names = offers.reversed().flatMap(\.all).reduce(into: [String]()) { if !$0.contains($1) { $0.append($1) } }
        return names.map { name in Row(name: name, marks: offers.map { $0.mark(name) }) }
    }

    private static func rows(of lists: [[String]?]) -> [Row] {
        let sets = lists.map { Set($0 ?? []) }
        return sets.reduce(into: Set<String>()) { $0.formUnion($1) }.sorted().map { name in
            Row(name: name, marks: sets.map { Mark(isThere: $0.contains(name)) })
        }
    }

    private static func helperTypes(_ facts: [KernelFacts]) -> [String] {
        facts.reversed().flatMap(\.helperTypes).reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
    }

    private static func counts(_ facts: [KernelFacts]) -> Section {
        func count(_ names: [String]?) -> Mark { names.map { .text("\($0.count)") } ?? .absent }
        return Section(
            title: "Number of helpers",
            rows: helperTypes(facts).map { type in Row(name: type, marks: facts.map { count($0.helpers[type]) }) }
                + [Row(name: "kernel functions", marks: facts.map { count($0.lists["kfuncs"]) })])
    }

    private static func catalogues(_ facts: [KernelFacts]) -> [Section] {
        helperTypes(facts).map { type in
            Section(title: "Helpers of \(type)", rows: rows(of: facts.map { $0.helpers[type] }), isCatalogue: true)
        } + [Section(title: "Kernel functions", rows: rows(of: facts.map { $0.lists["kfuncs"] }), isCatalogue: true)]
    }

    private static func configuration(_ configs: [KernelConfig?]) -> Section {
        guard configs.contains(where: { $0 != nil }) else { return Section(title: "Config", rows: []) }
        return Section(
            title: "Config",
            rows: KernelConfig.options.map { option in
                Row(
                    name: option,
                    marks: configs.map { config in
                        guard let config else { return .unknown }
                        return config.values[option].map(Mark.text) ?? .absent
                    })
            })
    }
}

extension Offers {
    fileprivate var all: [String] { present + absent + unknown }

    /// Features that were not probed count as absent: a kernel without `bpf()` is not probed.
    fileprivate func mark(_ name: String) -> FeatureComparison.Mark {
        if present.contains(name) { return .present }
        return unknown.contains(name) ? .unknown : .absent
    }
}
