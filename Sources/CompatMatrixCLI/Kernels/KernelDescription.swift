import Foundation
import KernelExamination
import KernelStore
import Machine
import Manifests
import MatrixModel
import MatrixSession
import SystemPackage

/// Everything known about a kernel, from its manifest, the store, and a guest.
struct KernelDescription: Sendable {
    let listing: KernelListing
    /// `nil` if it was not booted.
    var boot: BootOutcome<KernelFacts>?
    /// From its package, or else from the kernel itself.
    var config: (values: KernelConfig, source: String)?
    /// The BTF that the manifest names, in case the kernel has none of its own, or why it cannot be used.
    let externalBTF: Result<ExternalBTF?, KernelStoreError>

    init(
        _ kernel: KernelManifest, image: KernelImage?, boot: BootOutcome<KernelFacts>?,
        externalBTF: Result<ExternalBTF?, KernelStoreError>
    ) {
        listing = KernelListing(kernel, image: image)
        self.boot = boot
        self.externalBTF = externalBTF
        if let file = image?.config, let text = FileManager.default.contents(atPath: file.string) {
            config = (KernelConfig(text: text), "\(file)")
        } else if let values = facts?.config {
            config = (values, "/proc/config.gz in the guest")
        }
    }

    var facts: KernelFacts? { if case .booted(let facts)? = boot { facts } else { nil } }
    var failure: BootFailure? { if case .didNotBoot(let failure)? = boot { failure } else { nil } }

    /// Everything; helpers by name only if requested.
    func sheet(withHelpers: Bool) -> FactSheet {
        let label = listing.release.map { "\($0), according to its image" } ?? "unknown until fetched"
        var rows: [FactSheet.Row] = [.line(label: "kernel", text: listing.id)]
        rows += facts?.identityRows ?? [.line(label: "release", text: label)]
        rows += listing.lines.map { .line(label: $0.name, text: $0.value) }
        rows.append(.line(label: "external BTF", text: externalBTFText))
        if let facts {
            rows += facts.offerRows
            if withHelpers { rows += facts.helperRows }
        }
        rows += failure?.rows ?? []
        if let config { rows += config.values.rows(source: config.source) }
        return FactSheet(rows)
    }

    private var externalBTFText: String {
        switch externalBTF {
        case .success(let btf?): "\(btf.origin) (\(btf.size >> 10) KiB)"
        case .success(nil): "none"
        case .failure(let error): "unusable: \(error)"
        }
    }

    /// The facts that matter for a kernel that was just added.
    var summary: FactSheet {
        let digest = FactSheet.Row.line(label: "sha256", text: listing.sha256 ?? "not fetched")
        return FactSheet([digest] + (facts?.summary ?? []) + (failure?.rows ?? []))
    }
}

extension BootFailure {
    fileprivate var rows: [FactSheet.Row] {
        let lines = lastLines(12)
        return [.line(label: "boots", text: "no: \(reason)")]
            + (lines.isEmpty ? [] : [.heading("Last lines of its console")])
            + lines.map { .line(label: "", text: $0) }
    }
}

extension KernelDescription: Encodable {
    private enum CodingKeys: String, CodingKey {
        case facts, distribution, bootFailure, config, configSource, externalBTF
    }

    private struct Failure: Encodable {
        var reason: String
        var console: String
    }

    /// The keys of the listing and the facts from the guest; missing values are `null`.
    func encode(to encoder: any Encoder) throws {
        try listing.encode(to: encoder)
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(facts, forKey: .facts)
        try container.encode(facts?.distribution.name, forKey: .distribution)
        try container.encode(
            failure.map { Failure(reason: $0.reason, console: String(decoding: $0.console, as: UTF8.self)) },
            forKey: .bootFailure)
        try container.encode(config?.values.values, forKey: .config)
        try container.encode(config?.source, forKey: .configSource)
        try container.encode((try? externalBTF.get())?.origin, forKey: .externalBTF)
    }
}

extension KernelDescription {
    /// `kernel` with the facts from a guest, new or cached, or with the reason for their absence.
    ///
    /// `booth` is `nil` if nothing should be booted.
    ///
    /// - Throws: `KernelStoreError`, `CancellationError`.
    static func examined(
        _ kernel: KernelManifest, store: KernelStore, booth: KernelBooth?
    ) async throws -> (description: KernelDescription, obstacle: MachineError?) {
        let image = try store.image(of: kernel)
        guard let image else {
            return (KernelDescription(kernel, image: nil, boot: nil, externalBTF: .success(nil)), nil)
        }
        // Facts from another machine or version are better than none.
        let known = FactsFile(of: image).read(image: image.sha256, commandLine: kernel.commandLine)
        var boot = known.map(BootOutcome.booted)
        var obstacle: MachineError?
        if let booth {
            do { boot = try await booth.facts(of: kernel, image: image) } catch let error as MachineError {
                obstacle = error
            }
        }
        let externalBTF = Result { () throws(KernelStoreError) in try store.externalBTF(of: kernel, image: image) }
        return (KernelDescription(kernel, image: image, boot: boot, externalBTF: externalBTF), obstacle)
    }

    /// Why there are no reliable facts; `nil` if there are.
    func gap(_ obstacle: MachineError?) -> String? {
        let id = listing.id
        guard listing.fetched else { return "\(id) is not fetched; run 'compat-matrix kernels fetch \(id)'" }
        if let failure { return "\(id) does not boot: \(failure.reason)" }
        if let facts { return facts.gap.map { "not all features of \(id) are known: \($0)" } }
        return "\(id) cannot be booted here" + (obstacle.map { ": \($0)" } ?? "")
    }
}
