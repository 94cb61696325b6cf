extension KernelFacts {
    /// The facts that matter for a kernel that was just added.
    package var summary: [FactSheet.Row] {
        [
            .line(label: "release", text: release),
            .line(label: "distribution", text: "\(distribution)"),
            .line(label: "boots", text: bootText),
            .line(label: "BPF", text: offersText),
        ] + gapRows
    }

    /// Its identity, and how it booted.
    package var identityRows: [FactSheet.Row] {
        [
            .line(label: "release", text: release),
            .line(label: "version", text: versionText),
            .line(label: "distribution", text: "\(distribution)"),
            .line(label: "boots", text: bootText),
            .line(label: "serial console", text: boot.hasSerialConsole ? "works" : "nothing arrived on ttyS0"),
        ] + gapRows
    }

    /// Its features, without the names of helpers.
    package var offerRows: [FactSheet.Row] {
        var rows: [FactSheet.Row] = [
            .heading("BPF"),
            .line(label: "bpf()", text: hasBPF ? "available" : "not available: this kernel loads no BPF program"),
        ]
        if hasBPF {
            rows.append(.line(label: "BTF", text: hasBTF ? "/sys/kernel/btf/vmlinux" : "none"))
            rows += FeatureGroup.ofBPF.flatMap { $0.shown(features).rows(label: $0.label) }
            rows += programTypes.rows(label: "program types")
            rows += mapTypes.rows(label: "map types")
            rows.append(.list(label: "helpers", words: helperCounts))
            rows += [
                .list(label: "iterators", words: lists["iterators"] ?? []),
                .list(label: "struct_ops", words: lists["struct_ops"] ?? []),
            ]
            if !kernelFunctions.isEmpty {
                let source = settings["kfuncs_from"].map { ", from \($0)" } ?? ""
                rows.append(.line(label: "kfuncs", text: "\(kernelFunctions.count)\(source), without those of modules"))
            }
        }
        return rows + settingRows
    }

    /// The names of all helpers: first those that every type may call, then the additional ones of each type; and of
    /// kfuncs.
    package var helperRows: [FactSheet.Row] {
        let kfuncs: [FactSheet.Row] =
            kernelFunctions.isEmpty
            ? [] : [.heading("Kernel functions"), .list(label: "kfuncs", words: kernelFunctions)]
        return ownHelperRows + kfuncs
    }

    private var ownHelperRows: [FactSheet.Row] {
        let types = helperTypes
        let sets = types.compactMap { helpers[$0].map(Set.init) }
        guard let first = sets.first, let names = types.first.flatMap({ helpers[$0] }) else { return [] }
        let common = sets.dropFirst().reduce(first) { $0.intersection($1) }
        func words(_ names: [String]) -> [String] { names.map { $0.hasPrefix("bpf_") ? String($0.dropFirst(4)) : $0 } }
        return [
            .heading("Helpers, without the prefix bpf_"),
            .list(label: "in all types", words: words(names.filter(common.contains))),
        ]
            + types.enumerated().map { number, type in
                // Tracing types often have the same helpers.
                if let twin = types[..<number].first(where: { helpers[$0] == helpers[type] }) {
                    return .line(label: type, text: "same as \(twin)")
                }
                return .list(label: type, words: words((helpers[type] ?? []).filter { !common.contains($0) }))
            }
    }

    private var bootText: String {
        "in \(boot.readySeconds.tenths) s (\(boot.uptimeSeconds.tenths) s by the guest's clock)"
    }

    private var offersText: String {
        guard hasBPF else { return "no bpf(): this kernel loads no BPF program" }
        return "\(programTypes.present.count) program types, \(mapTypes.present.count) map types, "
            + (hasBTF ? "BTF" : "no BTF")
    }

    private var gapRows: [FactSheet.Row] { gap.map { [.line(label: "incomplete", text: $0)] } ?? [] }

    /// Types in the kernel's order.
    var helperTypes: [String] { programTypes.present.filter { helpers[$0] != nil } }

    private var helperCounts: [String] { helperTypes.map { "\($0) \(helpers[$0]?.count ?? 0)" } }

    private var settingRows: [FactSheet.Row] {
        let names = [("tracefs", "tracefs"), ("lockdown", "lockdown"), ("lsm", "LSMs")]
        let controls = [
            ("unprivileged_bpf_disabled", "kernel.unprivileged_bpf_disabled"),
            ("bpf_jit_enable", "net.core.bpf_jit_enable"), ("bpf_jit_harden", "net.core.bpf_jit_harden"),
        ]
        return [.heading("In the guest")]
            + names.map { setting, label in .list(label: label, words: settings[setting].map { [$0] } ?? []) }
            + FeatureGroup.withoutBPF.shown(features).rows(label: FeatureGroup.withoutBPF.label)
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
            .list(label: "  absent", words: absent), .list(label: "  unknown", words: unknown),
        ]
    }
}

extension KernelConfig {
    /// For people, including the `source` of the config.
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
