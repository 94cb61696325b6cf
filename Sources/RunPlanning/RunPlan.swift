internal import Foundation
package import GuestImage
internal import GuestLink
internal import HostTools
internal import KernelStore
internal import Loaders
internal import Machine
internal import Manifests
package import MatrixModel
package import MatrixRunner
internal import ProbeObject
package import ResultStore
internal import SystemPackage

extension PlannedCell {
    /// The cell of a variant with its loader on `kernel`, at `position` in the matrix; its inputs are computed later.
    init(position: Int, kernel: RunKernel, loaded: LoadedVariant, fullLogs: Bool, trialSizes: Bool, day: Day) {
        let (variant, loader) = (loaded.variant, loaded.loader)
        self.init(
            key: CellKey(
                kernel: kernel.id.text, probe: variant.probe, variant: variant.variant, loader: loader.name),
            loader: loader.fileForGuests,
            object: variant.object.map {
                PlannedFile(path: $0.path, digest: $0.digest, lines: $0.lines, commonSymbols: $0.commonSymbols)
            },
            files: loaded.executable?.files ?? [], programs: variant.programs,
            plan: loaded.executable?.plan ?? variant.plan,
            expectations: kernel.manifest.isGate ? variant.expectations.on(day) : .anything)
        self.position = position
        if variant.ownLoader == nil, trialSizes { plan = .withTrialSizes(plan) }
        let settings = variant.settings
        plan = .with(settings.privileges.privileges, sysctls: settings.sysctls, plan)
        kernelArguments = settings.kernelArguments
        // Other loaders do not fetch verifier logs.
        if variant.ownLoader == nil, fullLogs || settings.fullLogs { options.insert(.fullLogs) }
        if loader.canStay { options.insert(.mayStay) }
        switch kernel.modules(settings.modules) {
        case .success(let found):
            modules = found
            obstacle = loader.obstacle ?? variant.obstacle
        case .failure(let error): obstacle = "\(error)"
        }
    }

    /// The result of an earlier run with the same inputs, if it kept as much of the log: an abridged log is not enough
    /// for a cell that needs the complete one.
    package func answer(in stored: [String: CachedCell]) -> CachedCell? {
        guard let hit = inputs.flatMap({ stored[$0] }) else { return nil }
        let isAbridged = hit.cell.programs.contains { $0.logCut == .abridged }
        return isAbridged && options.contains(.fullLogs) ? nil : hit
    }
}

/// The cells of a run: kernel, then probe, variant, loader.
///
/// A pure function of the selection.
package struct RunPlan: Sendable {
    package let kernels: [RunKernel]
    package let cells: [PlannedCell]
    /// The selected variants of the probes.
    package let variants: [LoadedVariant]
    private let day: Day

    package var count: Int { cells.count }

    /// Plans every cell, or those of `shard`.
    ///
    /// `tool` distinguishes builds of this program, because a build that judges differently must not reuse results of
    /// an older one. `day` is the day of the run, on which rules may have expired.
    package init(
        kernels: [RunKernel], variants: [LoadedVariant], guestImage: GuestImage, tool: String, shard: Shard?,
        fullLogs: Bool, trialSizes: Bool = false, day: Day
    ) {
        self.kernels = kernels
        self.variants = variants
        self.day = day
        var cells: [PlannedCell] = []
        var position = 0
        for kernel in kernels {
            for variant in variants {
                defer { position += 1 }
                guard shard?.holds(position) ?? true else { continue }
                var cell = PlannedCell(
                    position: position, kernel: kernel, loaded: variant, fullLogs: fullLogs, trialSizes: trialSizes,
                    day: day)
                if cell.obstacle == nil {
                    cell.inputs = Self.inputs(of: cell, kernel: kernel, guestImage: guestImage, tool: tool)
                }
                cells.append(cell)
            }
        }
        self.cells = cells
    }

    private static func inputs(
        of cell: PlannedCell, kernel: RunKernel, guestImage: GuestImage, tool: String
    ) -> String? {
        guard case .success(let image) = kernel.image else { return nil }
        let arguments = [kernel.manifest.commandLine, cell.kernelArguments].filter { !$0.isEmpty }
            .joined(separator: " ")
        // The image was built from its config, so only its presence in the guest has to be part of the key.
        let parts = [
            cell.object?.digest ?? "no object", cell.plan?.text ?? "no plan", image.sha256,
            image.config == nil ? "no config" : "config", kernel.externalBTF?.sha256 ?? "no external BTF",
            arguments, cell.key.loader, cell.loader?.digest ?? "", guestImage.digest(for: cell.key.loader), tool,
            cell.modules.map(\.digest).joined(separator: " "),
            // The same object in another place has its source lines there.
            cell.object?.lines.files.sorted().joined(separator: " ") ?? "",
            cell.files.map { "\($0.guestPath) \($0.file.digest)" }.joined(separator: "\n"),
        ]
        return Digest.of(parts.joined(separator: "\u{0}"))
    }

    /// Which rules of `expect` a run of this plan needed.
    package func exceptions(in document: MatrixDocument, isWhole: Bool) -> [ExceptionRow] {
        let outsideGate = Set(kernels.filter { !$0.manifest.isGate }.map(\.id.text))
        let count = ExceptionCount(
            of: variants.map(\.variant).map {
                .init(probe: $0.probe, name: $0.variant, expectations: $0.expectations.on(day))
            },
            in: document, isOfGate: { !outsideGate.contains($0) })
        return count.rows(isWhole: isWhole)
    }

    /// The cells among `chosen` that can be measured, by kernel.
    package func batches(of chosen: [PlannedCell], initramfs: InitramfsFile) -> [KernelBatch] {
        let cells = Dictionary(grouping: chosen, by: \.key.kernel)
        return kernels.compactMap { kernel in
            guard case .success(let image) = kernel.image, let cells = cells[kernel.id.text] else { return nil }
            return KernelBatch(
                kernel: kernel.id, spec: GuestSpec(kernel.manifest, image: image, initramfs: initramfs),
                config: image.config,
                externalBTF: kernel.externalBTF.map { PlannedFile(path: $0.path, digest: $0.sha256) }, cells: cells)
        }
    }
}
