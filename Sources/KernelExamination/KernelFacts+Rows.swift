extension KernelFacts {
    /// What one wants to know of a kernel that was just added.
    package var summary: [FactSheet.Row] {
        [
            .line(label: "release", text: release),
            .line(label: "distribution", text: "\(distribution)"),
            .line(label: "boots", text: bootText),
            .line(label: "BPF", text: offersText),
        ] + gapRows
    }

    /// What it is and how it came up.
    package var identityRows: [FactSheet.Row] {
        [
            .line(label: "release", text: release),
            .line(label: "version", text: versionText),
            .line(label: "distribution", text: "\(distribution)"),
            .line(label: "boots", text: bootText),
            .line(label: "serial console", text: boot.hasSerialConsole ? "works" : "nothing arrived on ttyS0"),
        ] + gapRows
    }

    /// What it offers, but for the names of helpers.
    package var offerRows: [FactSheet.Row] {
        var rows: [FactSheet.Row] = [
            .heading("BPF"),
            .line(label: "bpf()", text: hasBPF ? "there" : "not there: this kernel takes no BPF program at all"),
        ]
        if hasBPF {
            rows.append(.line(label: "BTF", text: hasBTF ? "/sys/kernel/btf/vmlinux" : "none"))
            rows += FeatureGroup.allCases.flatMap { $0.rows(of: features) }
            rows += programTypes.rows(label: "program types")
            rows += mapTypes.rows(label: "map types")
            rows.append(.list(label: "helpers", words: helperCounts))
        }
        return rows + settingRows
    }

    /// The names of all helpers: first those that every type may call, then what each type has besides.
    package var helperRows: [FactSheet.Row] {
        let types = helperTypes
        let sets = types.compactMap { helpers[$0].map(Set.init) }
        guard let first = sets.first, let names = types.first.flatMap({ helpers[$0] }) else { return [] }
        let common = sets.dropFirst().reduce(first) { $0.intersection($1) }
        func words(_ names: [String]) -> [String] { names.map { $0.hasPrefix("bpf_") ? String($0.dropFirst(4)) : $0 } }
        return [
            .heading("Helpers, without their bpf_"),
            .list(label: "in all of these", words: words(names.filter(common.contains))),
        ]
            + types.enumerated().map { number, type in
                // Tracing types tend to have the very same.
                if let twin = types[..<number].first(where: { helpers[$0] == helpers[type] }) {
                    return .line(label: type, text: "as \(twin)")
                }
                return .list(label: type, words: words((helpers[type] ?? []).filter { !common.contains($0) }))
            }
    }

    private var bootText: String {
        "in \(boot.readySeconds.tenths) s, \(boot.uptimeSeconds.tenths) s of that on the guest's own clock"
    }

    private var offersText: String {
        guard hasBPF else { return "no bpf(): this kernel takes no BPF program at all" }
        return "\(programTypes.present.count) program types, \(mapTypes.present.count) map types, "
            + (hasBTF ? "BTF" : "no BTF")
    }

    private var gapRows: [FactSheet.Row] { gap.map { [.line(label: "incomplete", text: $0)] } ?? [] }

    /// Types in the kernel's order.
    private var helperTypes: [String] { programTypes.present.filter { helpers[$0] != nil } }

    private var helperCounts: [String] { helperTypes.map { "\($0) \(helpers[$0]?.count ?? 0)" } }

    private var settingRows: [FactSheet.Row] {
        let names = [("tracefs", "tracefs"), ("lockdown", "lockdown"), ("lsm", "LSMs")]
        let controls = [
            ("unprivileged_bpf_disabled", "kernel.unprivileged_bpf_disabled"),
            ("bpf_jit_enable", "net.core.bpf_jit_enable"), ("bpf_jit_harden", "net.core.bpf_jit_harden"),
        ]
        return [.heading("In the guest")]
            + names.map { setting, label in .list(label: label, words: settings[setting].map { [$0] } ?? []) }
            + [
                .list(
                    label: "sysctls",
                    words: controls.compactMap { name, full in settings[name].map { "\(full)=\($0)" } })
            ]
    }
}

extension Offers {
    fileprivate func rows(label: String) -> [FactSheet.Row] {
        guard present.count + absent.count + unknown.count > 0 else { return [] }
        return [
            .list(label: label, words: present.isEmpty ? ["none"] : present),
            .list(label: "  absent", words: absent), .list(label: "  not found out", words: unknown),
        ]
    }
}

/// What the kernel can do, in the words of people who write probes.
private enum FeatureGroup: CaseIterable {
    case loads, attaches, log

    private var features: [(name: String, words: String)] {
        switch self {
        case .loads:
            [
                ("global_data", "global data"), ("mmapable_arrays", "mmap-able arrays"), ("btf_load", "BTF of objects"),
                ("subprograms", "functions"), ("bounded_loops", "bounded loops"), ("may_goto", "may_goto"),
                ("million_instructions", "1000000 instructions"), ("cpu_v2", "-mcpu=v2"), ("cpu_v3", "-mcpu=v3"),
                ("cpu_v4", "-mcpu=v4"), ("atomic_fetch", "atomic fetch"),
            ]
        case .attaches:
            [
                ("kprobe_pmu", "kprobe PMU"), ("uprobe_pmu", "uprobe PMU"), ("perf_link", "perf link"),
                ("kprobe_multi", "kprobe.multi"), ("uprobe_multi", "uprobe.multi"), ("fentry", "fentry"),
            ]
        case .log: [("log_statistics", "statistics"), ("rotating_log", "keeps the end when full")]
        }
    }

    private var label: String {
        switch self {
        case .loads: "loads"
        case .attaches: "attaches with"
        case .log: "verifier's log"
        }
    }

    func rows(of offers: Offers) -> [FactSheet.Row] {
        func words(_ names: [String]) -> [String] { features.filter { names.contains($0.name) }.map(\.words) }
        return Offers(
            present: words(offers.present), absent: words(offers.absent), unknown: words(offers.unknown)
        ).rows(label: label)
    }
}

extension KernelConfig {
    /// For people, who want to know that it was read in `source`.
    package func rows(source: String) -> [FactSheet.Row] {
        [
            .heading("Config, from \(source)"),
            .list(label: "set", words: set.map { "\($0.option)=\($0.value)" }),
            .list(label: "not set", words: unset),
        ]
    }
}

extension Double {
    fileprivate var tenths: Double { (self * 10).rounded() / 10 }
}
