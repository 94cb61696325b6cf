package import Foundation
internal import HostTools
internal import ProbeObject
package import RunPlanning
internal import SystemPackage

/// A full run, then the cells affected by each change, until Ctrl-C.
package struct Watch: Sendable {
    /// A completed run of a watch.
    package struct Run: Sendable {
        package let session: RunSession
        package let outcome: RunSession.Outcome
        /// When the newest changed file was written; `nil` for the first run.
        package let savedAt: Date?
    }

    private let request: RunRequest
    private let environment: RunEnvironment
    private let show: @Sendable (Run) async throws -> Void
    private let mayPass: @Sendable (any Error) -> Bool

    /// How long no file may be written for a change to be complete: compilers write in pieces.
    private static let quiet = Duration.milliseconds(40)

    /// Prepares for `request`; `show` displays a completed run, and an error that it throws ends the watch.
    ///
    /// `mayPass` returns whether the next change may fix an error: an incomplete file, a source that does not compile.
    package init(
        _ request: RunRequest, in environment: RunEnvironment, show: @escaping @Sendable (Run) async throws -> Void,
        mayPass: @escaping @Sendable (any Error) -> Bool
    ) {
        self.request = request
        self.environment = environment
        self.show = show
        self.mayPass = mayPass
    }

    /// Returns at Ctrl-C between two runs.
    ///
    /// - Throws: Errors in the input of the first run, and what `show` throws.
    package func run() async throws {
        let watch = try watcher()
        let session = try await RunSession(request, in: environment)
        let files = try Files(of: session, workspace: environment.workspace, manifest: request.manifest)
        // Before the first run: changes during it belong to the second.
        try files.look(with: watch)
        do {
            try await Interruption.cancelling {
                try await measure(session, since: nil)
                try await follow(watch, files, session: session)
            }
        } catch is CancellationError {
            environment.display.say("stopped watching")
        }
    }

    private func watcher() throws(SessionError) -> FolderWatch {
        do { return try FolderWatch() } catch { throw .cannotWatch(nil, error) }
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
            } catch let error where mayPass(error) {
                // The file is probably still being written.
                environment.display.say("\(error)\nwaiting for the next change")
            }
        }
        throw CancellationError()
    }

    private func measure(_ session: RunSession, since save: Date?) async throws {
        try await show(Run(session: session, outcome: try await session.measure(), savedAt: save))
    }

    private func tell(_ files: Files) {
        environment.display.say(
            "watching \(files.count == 1 ? "1 file" : "\(files.count) files"); press Ctrl-C to stop")
    }

    private static func modification(of file: FilePath) -> Date? {
        let attributes = try? FileManager.default.attributesOfItem(atPath: file.string)
        return attributes?[.modificationDate] as? Date
    }
}

extension Watch {
    /// The relevant files, and the variants made from each.
    private struct Files {
        private var variants: [FilePath: Set<VariantName>] = [:]
        /// Manifests; a change in one can affect every variant.
        private var manifests: Set<FilePath>

        var count: Int { variants.count + manifests.count }

        init(of session: RunSession, workspace: Workspace, manifest: FilePath?) throws {
            let project = manifest ?? workspace.project
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

        /// System headers only change when the machine is updated, so they are not watched.
        private static func isOfTheSystem(_ file: FilePath) -> Bool {
            file.extension == "h" && ["/usr", "/opt", "/lib"].contains { file.starts(with: FilePath($0)) }
        }

        func look(with watch: FolderWatch) throws {
            for folder in Set((Array(variants.keys) + manifests).map { $0.removingLastComponent() }) {
                do { try watch.add(folder) } catch {
                    throw SessionError.cannotWatch(folder, error)
                }
            }
        }

        func matter(_ file: FilePath) -> Bool { variants[file] != nil || manifests.contains(file) }

        /// `nil` if any variant may be affected.
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
