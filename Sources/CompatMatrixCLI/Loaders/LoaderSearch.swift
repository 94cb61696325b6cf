import Foundation
import GuestImage
import HostTools
import MatrixRunner
import SystemPackage

/// Finds loaders on this machine, and asks them for their versions.
struct LoaderSearch: Sendable {
    private let own: [String: FilePath]
    private let tools: FilePath

    /// Larger ones would fill the guest: its memory is what files lie in.
    private static let longestLoader = 32 << 20

    init(_ options: [LoaderOption], _ workspace: Workspace) throws {
        tools = workspace.guestTools
        var own: [String: FilePath] = [:]
        for case .own(let name, let path) in options { own[name] = try Workspace.absolute(path) }
        self.own = own
    }

    /// Those of the given names, by name.
    ///
    /// - Throws: `CommandFailure` for a loader of the user's that is none; one of ours is missing then. `CancellationError`.
    func find(_ names: Set<String>) async throws -> [String: Loader] {
        var found: [String: Loader] = [:]
        for name in names {
            if let path = own[name] {
                found[name] = try await ownLoader(name, at: path)
            } else if let loader = ShippedLoader(rawValue: name) {
                found[name] = try await shipped(loader)
            }
        }
        return found
    }

    private func ownLoader(_ name: String, at path: FilePath) async throws -> Loader {
        do {
            let file = try ProgramFile(path, longest: Self.longestLoader)
            guard file.interpreter == nil else {
                throw GuestImageError.notAProgram(
                    path, problem: "is not static: link it with -static, a guest has none of its libraries")
            }
            return try await loader(name, PlannedFile(path: path, digest: file.digest), isInGuestImage: false)
        } catch let error as GuestImageError {
            throw CommandFailure(.invalidInput, "--loader \(name): \(error)")
        } catch let problem as LoaderVersionProblem {
            throw CommandFailure(.invalidInput, "--loader \(name): \(path) is no loader: \(problem) (docs/loaders.md)")
        }
    }

    private func shipped(_ shipped: ShippedLoader) async throws -> Loader {
        let (name, path) = (shipped.rawValue, tools.appending("loader-\(shipped.rawValue)"))
        guard let bytes = FileManager.default.contents(atPath: path.string) else {
            return missing(shipped, "the \(name) loader is not built: \(shipped.remedy)")
        }
        let digest = Digest.of(bytes)
        do {
            return try await loader(
                name, PlannedFile(path: path, digest: digest), isInGuestImage: true)
        } catch let problem as LoaderVersionProblem {
            return missing(shipped, "the \(name) loader at \(path) is damaged: \(problem); \(shipped.remedy)")
        }
    }

    private func missing(_ loader: ShippedLoader, _ reason: String) -> Loader {
        Loader(name: loader.rawValue, state: .missing(reason: reason), isInGuestImage: true)
    }

    private func loader(_ name: String, _ file: PlannedFile, isInGuestImage: Bool) async throws -> Loader {
        let version = try await LoaderVersion.ask(file.path)
        return Loader(
            name: name, state: .available(file, library: version.library, version: version.version),
            isInGuestImage: isInGuestImage, canStay: version.isResident && !isInGuestImage)
    }
}

extension GuestImage {
    /// The image of the guests of a run that needs `loaders`, by name: the loaders that every guest has, and those.
    ///
    /// Commands that need no particular loader share this image, and so snapshots, with runs of libbpf alone.
    static func forGuests(
        of workspace: Workspace, loaders: some Sequence<String> = []
    ) async throws(GuestImageError) -> GuestImage {
        let always = ShippedLoader.allCases.filter(\.isInEveryGuest).map(\.rawValue)
        return try await withShell(binaries: workspace.guestTools, loaders: Set(always).union(loaders))
    }
}
