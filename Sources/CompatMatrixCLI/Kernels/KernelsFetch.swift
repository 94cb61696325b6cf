package import ArgumentParser
import HostTools
import KernelStore
import Manifests
import MatrixModel
import MatrixSession

package struct KernelsFetch: AsyncParsableCommand, HasDiagnostics {
    package static let configuration = CommandConfiguration(
        commandName: "fetch", abstract: "Fetch kernel images in the versions that the lock pins.")

    @OptionGroup var selection: ArchiveSelection
    @OptionGroup var diagnostics: DiagnosticsOptions

    package init() {}

    package func run() async throws {
        let (store, chosen) = try selection.open()
        let outcomes = try await FetchDisplay.showing { display in
            try await Interruption.cancelling { await store.fetch(chosen, progress: display.show) }
        }
        var failures = FetchFailures()
        for outcome in outcomes {
            switch outcome.result {
            case .success(let image): print("\(outcome.kernel.id) \(image.releaseLabel) (\(image.origin))")
            case .failure(let error): failures.tell(error, of: outcome.kernel.id)
            }
        }
        try failures.check(of: outcomes.count, have: "fetched")
    }
}

package struct KernelsRefresh: AsyncParsableCommand, HasDiagnostics {
    package static let configuration = CommandConfiguration(
        commandName: "refresh",
        abstract: "Update the lock to the latest version of each kernel that its manifest matches.",
        discussion: "Prints the old and the new version of each kernel.")

    @OptionGroup var selection: ArchiveSelection
    @OptionGroup var diagnostics: DiagnosticsOptions

    package init() {}

    package func run() async throws {
        let (store, chosen) = try selection.open()
        let outcomes = try await FetchDisplay.showing { display in
            try await Interruption.cancelling { await store.refresh(chosen, progress: display.show) }
        }
        var failures = FetchFailures()
        for outcome in outcomes {
            switch outcome.result {
            case .success(let found) where found.isChanged:
                print("\(outcome.kernel.id): \(outcome.old ?? "not locked") → \(found.new)")
            case .success(let found): print("\(outcome.kernel.id): unchanged (\(found.new))")
            case .failure(let error): failures.tell(error, of: outcome.kernel.id)
            }
        }
        try failures.check(of: outcomes.count, have: "refreshed")
    }
}

/// Kernels, and the mirrors of their archives.
struct ArchiveSelection: ParsableArguments {
    @Argument(help: "Kernel ids or globs (default: all kernels).") var kernels: [String] = []
    @OptionGroup var mirrors: MirrorOptions

    func open() throws -> (store: KernelStore, chosen: [KernelManifest]) {
        let store = KernelStore(try Workspace.ofThisProcess(), mirrors: try mirrors.byArchive())
        return (store, try store.kernels(matching: kernels))
    }
}

/// The kernels of a fetch that could not be fetched.
struct FetchFailures {
    private var errors: [KernelStoreError] = []

    mutating func tell(_ error: KernelStoreError, of id: KernelID) {
        errors.append(error)
        Output.toStderr("compat-matrix: \(id): \(error)")
    }

    /// Throws an error with the matching exit status if there are any failures.
    func check(of count: Int, have: String) throws {
        guard let first = errors.first else { return }
        if errors.contains(.cancelled) { throw CommandFailure(.interrupted, "interrupted") }
        // An invalid lock affects all kernels.
        if case .invalidLock = first { throw CommandFailure(first.exitStatus, "no kernel could be \(have)") }
        throw CommandFailure(.notMeasured, "\(errors.count) of \(count) kernels could not be \(have)")
    }
}

/// The mirrors of archives, for one command.
struct MirrorOptions: ParsableArguments {
    @Option(
        name: .customLong("mirror"),
        help: ArgumentHelp(
            "Use another URL for the archive debian, debian-security or ubuntu; repeatable.",
            valueName: "archive=url"))
    var mirrors: [String] = []

    /// Throws `CommandFailure` with `.usage` for an unknown archive or an invalid URL.
    func byArchive() throws -> [AptArchive: String] {
        var found: [AptArchive: String] = [:]
        for mirror in mirrors {
            let parts = mirror.split(separator: "=", maxSplits: 1).map(String.init)
            guard parts.count == 2, let archive = AptArchive(rawValue: parts[0]) else {
                let known = AptArchive.allCases.map(\.rawValue).joined(separator: ", ")
                throw CommandFailure(.usage, "--mirror \(mirror): expected ARCHIVE=URL with one of \(known)")
            }
            do {
                found[archive] = try WebAddress(parts[1]).description
            } catch {
                throw CommandFailure(.usage, "--mirror \(archive.rawValue): \(error)")
            }
        }
        return found
    }
}
