import Foundation
package import GuestImage
import HostTools
import MatrixRunner
package import SystemPackage

/// Finds loaders on this machine and queries their versions.
package struct LoaderSearch: Sendable {
    private let own: [String: FilePath]
    private let tools: FilePath
    private let workshop: LoaderWorkshop?

    /// Larger ones would fill the guest, which keeps files in its memory.
    private static let longestLoader = 32 << 20

    /// - Parameters:
    ///   - own: The paths of the user's own loaders, by name.
    ///   - tools: The folder of the guest's agent and of the shipped loaders.
    ///   - workshop: Builds other versions that are missing; `nil` if that is not possible.
    package init(own: [String: FilePath] = [:], tools: FilePath, workshop: LoaderWorkshop? = nil) {
        self.own = own
        self.tools = tools
        self.workshop = workshop
    }

    /// The loaders with the given names, by name.
    ///
    /// - Throws: `LoaderError` for a user's file that is not a loader; a shipped loader is reported as missing instead.
    ///   `CancellationError`.
    package func find(_ names: Set<String>) async throws -> [String: Loader] {
        let releases = Dictionary(
            LoaderRelease.all(in: tools).map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        var found: [String: Loader] = [:]
        for name in names {
            if let path = own[name] {
                found[name] = try await ownLoader(name, at: path)
            } else if let loader = ShippedLoader(rawValue: name) {
                found[name] = try await shipped(loader)
            } else if let release = releases[name] {
                found[name] = try await other(release)
            }
        }
        return found
    }

    private func ownLoader(_ name: String, at path: FilePath) async throws -> Loader {
        do {
            let file = try ProgramFile(path, longest: Self.longestLoader)
            guard file.interpreter == nil else {
                throw GuestImageError.notAProgram(
                    path, problem: "is not static: link it with -static, guests do not contain its libraries")
            }
            return try await loader(name, PlannedFile(path: path, digest: file.digest), isInGuestImage: false)
        } catch let error as GuestImageError {
            throw LoaderError.unusable(name: name, error)
        } catch let problem as LoaderVersionProblem {
            throw LoaderError.notALoader(name: name, path, problem: "\(problem)")
        }
    }

    private func shipped(_ shipped: ShippedLoader) async throws -> Loader {
        let name = shipped.rawValue
        return try await toolsLoader(name, isInGuestImage: true, remedy: shipped.remedy)
            ?? missing(name, "the \(name) loader is not built: \(shipped.remedy)", isInGuestImage: true)
    }

    /// It is sent to guests with the cells that need it, so that they all boot from the same snapshot.
    private func other(_ release: LoaderRelease) async throws -> Loader {
        let (name, path) = (release.name, path(of: release.name))
        func missing(_ reason: String) -> Loader { self.missing(name, reason, isInGuestImage: false) }
        if !FileManager.default.fileExists(atPath: path.string) {
            guard let workshop else {
                return missing("the \(name) loader is not built: run 'scripts/loader \(name)' in the repository")
            }
            if let reason = try await workshop.build(release) {
                return missing("cannot build the \(name) loader: \(reason)")
            }
        }
        return try await toolsLoader(name, isInGuestImage: false, remedy: "delete it")
            ?? missing("the \(name) loader at \(path) cannot be read")
    }

    private func path(of name: String) -> FilePath { tools.appending("loader-\(name)") }

    /// A loader in the folder of the guest tools; `nil` if its file cannot be read.
    private func toolsLoader(_ name: String, isInGuestImage: Bool, remedy: String) async throws -> Loader? {
        let path = path(of: name)
        guard let bytes = FileManager.default.contents(atPath: path.string) else { return nil }
        do {
            var loader = try await loader(
                name, PlannedFile(path: path, digest: Digest.of(bytes)), isInGuestImage: isInGuestImage)
            // Loaders of the image wait in the snapshot.
            loader.canStay = !isInGuestImage
            return loader
        } catch let problem as LoaderVersionProblem {
            return missing(
                name, "the \(name) loader at \(path) is damaged: \(problem); \(remedy)", isInGuestImage: isInGuestImage)
        }
    }

    private func missing(_ name: String, _ reason: String, isInGuestImage: Bool) -> Loader {
        Loader(name: name, state: .missing(reason: reason), isInGuestImage: isInGuestImage)
    }

    private func loader(_ name: String, _ file: PlannedFile, isInGuestImage: Bool) async throws -> Loader {
        let version = try await LoaderVersion.ask(file.path)
        return Loader(
            name: name, state: .available(file, library: version.library, version: version.version),
            isInGuestImage: isInGuestImage, canStay: version.isResident && !isInGuestImage)
    }
}

/// An error in a user's file that should run in guests.
package enum LoaderError: Error, Equatable, CustomStringConvertible {
    /// Not a program that can run in a guest.
    case unusable(name: String, GuestImageError)
    /// A program that does not respond like a loader.
    case notALoader(name: String, FilePath, problem: String)
    /// The user's executable of `variant`, which is `<probe>/<variant>`.
    case programUnusable(variant: String, GuestImageError)
    case programTooLarge(variant: String, bytes: Int, limit: Int)
    case twoFilesInOnePlace(variant: String, FilePath)

    package var description: String {
        switch self {
        case .unusable(let name, let error): "--loader \(name): \(error)"
        case .notALoader(let name, let path, let problem):
            "--loader \(name): \(path) is not a loader: \(problem) (docs/loaders.md)"
        case .programUnusable(let variant, let error): "\(variant): \(error)"
        case .programTooLarge(let variant, let bytes, let limit):
            "\(variant): the executable and its files are too large for a guest: \(bytes >> 20) MiB; the limit is "
                + "\(limit >> 20) MiB"
        case .twoFilesInOnePlace(let variant, let path):
            "\(variant): two of its files have the same path \(path) in the guest"
        }
    }
}
