import Foundation
import MatrixModel
import ProbeObject
import ResultStore
import Reports
import SystemPackage

/// `run --watch`: a whole run, then the cells of whatever changes, until Ctrl-C.
struct RunWatch {
    let options: RunCommand
    let workspace: Workspace

    /// How long nothing more may be written for a change to count as done: a compiler writes in pieces.
    private static let quiet = Duration.milliseconds(40)

    /// Returns at Ctrl-C between two runs.
    ///
    /// - Throws: `CommandFailure` with `.interrupted` at Ctrl-C in a run; what is wrong with the input of the first run.
    func run() async throws {
        let watch = try watcher()
        let session = try await RunSession(options: options, workspace: workspace)
        let files = try Files(of: session, workspace: workspace, config: options.config)
        // Before the first run: what changes during it is the second.
        try files.look(with: watch)
        do {
            try await Interruption.cancelling {
                try await measure(session, since: nil)
                try await follow(watch, files, session: session)
            }
        } catch is CancellationError {
            Output.toStderr("the watch has ended")
        }
    }

    private func watcher() throws(CommandFailure) -> FolderWatch {
        do { return try FolderWatch() } catch { throw CommandFailure(.notMeasured, "cannot watch files: \(error)") }
    }

    /// Never returns; throws `CancellationError` at Ctrl-C.
    private func follow(_ watch: FolderWatch, _ first: Files, session: RunSession) async throws {
        var files = first
        var pending: Set<FilePath> = []
        tell(files)
        while let changed = await watch.changes(quiet: Self.quiet, where: files.matter) {
            pending.formUnion(changed)
            do {
                let affected = files.variants(madeFrom: pending)
                let next = try await session.again { affected?.contains($0.name) ?? true }
                let newest = pending.compactMap(Self.modification).max()
                pending = []
                guard let next else { continue }
                files.learn(from: next.variants)
                try files.look(with: watch)
                try await measure(next, since: newest)
                tell(files)
            } catch let error as any HasExitStatus where error.exitStatus == .invalidInput {
                // Half of a file, or a source that does not compile: whoever writes it is not done.
                Output.toStderr("\(error)\nwaiting for the next change")
            }
        }
        throw CancellationError()
    }

    /// Runs and shows what came of it; `save` is when the newest of the changed files was written.
    private func measure(_ session: RunSession, since save: Date?) async throws {
        let outcome = try await session.measure()
        let document = try session.store.document(run: outcome.run)
        print(TerminalTable.render(document, style: Terminal.style, width: Terminal.width), terminator: "")
        if let save {
            print("\(Date().timeIntervalSince(save).roundedToMilliseconds) s after the change was saved")
        }
        print("")
        try Output.finish()
        if outcome.interrupted {
            throw CommandFailure(
                .interrupted,
                "interrupted: \(document.cells.count) of \(session.plan.count) cells are kept in run \(outcome.run)")
        }
        // After the answer: nobody waits for the page.
        _ = try ReportFile.writePage(of: document, in: session.store)
    }

    private func tell(_ files: Files) {
        Output.toStderr("watching \(files.count == 1 ? "1 file" : "\(files.count) files"); Ctrl-C ends it")
    }

    private static func modification(of file: FilePath) -> Date? {
        let attributes = try? FileManager.default.attributesOfItem(atPath: file.string)
        return attributes?[.modificationDate] as? Date
    }
}

extension RunWatch {
    /// The files that matter, and what is made from each.
    private struct Files {
        private var variants: [FilePath: Set<VariantName>] = [:]
        /// Manifests: whatever they name may be another.
        private var manifests: Set<FilePath>

        var count: Int { variants.count + manifests.count }

        init(of session: RunSession, workspace: Workspace, config: String?) throws {
            let project = try config.map(Workspace.absolute) ?? workspace.project
            manifests = Set([project].compactMap(\.self))
            if project == nil, let probes = workspace.probes {
                let named = session.variants.map { probes.appending($0.probe).appending("probe.yaml") }
                manifests.formUnion(named.filter(Workspace.isFile))
            }
            learn(from: session.variants)
        }

        mutating func learn(from built: [BuiltVariant]) {
            for variant in built {
                for file in variant.files where !Self.isOfTheSystem(file) {
                    variants[file, default: []].insert(variant.name)
                }
            }
        }

        /// Headers of the system change with an update of the machine, not while somebody works.
        private static func isOfTheSystem(_ file: FilePath) -> Bool {
            file.extension == "h" && ["/usr", "/opt", "/lib"].contains { file.starts(with: FilePath($0)) }
        }

        func look(with watch: FolderWatch) throws {
            for folder in Set((Array(variants.keys) + manifests).map { $0.removingLastComponent() }) {
                do { try watch.add(folder) } catch {
                    throw CommandFailure(.notMeasured, "cannot watch \(folder): \(error)")
                }
            }
        }

        func matter(_ file: FilePath) -> Bool { variants[file] != nil || manifests.contains(file) }

        /// `nil` when any variant may be another.
        func variants(madeFrom files: Set<FilePath>) -> Set<VariantName>? {
            guard manifests.isDisjoint(with: files) else { return nil }
            return files.reduce(into: []) { $0.formUnion(variants[$1] ?? []) }
        }
    }
}

/// Names a variant within a selection.
struct VariantName: Hashable, Sendable {
    var probe: String
    var variant: String
}

extension BuiltVariant {
    var name: VariantName { VariantName(probe: probe, variant: variant) }
}
