import Foundation
import GuestImage
import HostTools
package import Manifests
package import MatrixModel
package import MatrixRunner
package import ProbeObject
import SystemPackage

/// A user's executable prepared for guests, with its libraries from this machine and its additional files.
///
/// It has its own root directory there, in which every file has the same path as here, so `/proc/self/exe`, `$ORIGIN`
/// and the path of the interpreter stay valid.
package struct GuestExecutable: Sendable, Hashable {
    package var plan: StagePlan
    package var files: [CellFile]

    /// The size limit of a program and its files, so that they fit into guest memory; in bytes.
    package static let mostBytes = 64 << 20

    /// - Throws: `LoaderError` for a file that is not a program, lacks a library, or is too large.
    package init(_ executable: ProbeExecutable, of variant: BuiltVariant) async throws {
        let name = "\(variant.probe)/\(variant.variant)"
        do {
            try await self.init(executable, root: Self.root(for: name))
        } catch let error as GuestImageError {
            throw LoaderError.programUnusable(variant: name, error)
        } catch let error as TooMuch {
            throw LoaderError.programTooLarge(variant: name, bytes: error.bytes, limit: Self.mostBytes)
        } catch let error as TakenPath {
            throw LoaderError.twoFilesInOnePlace(variant: name, error.path)
        }
    }

    private struct TooMuch: Error { var bytes: Int }

    private struct TakenPath: Error { var path: FilePath }

    private init(_ executable: ProbeExecutable, root: String) async throws {
        let program = executable.program.withoutLinks
        let file = try ProgramFile(program, longest: Self.mostBytes)
        let libraries = file.interpreter == nil ? [] : try await DynamicProgram(program).libraries
        var paths: [FilePath: FilePath] = [program: program]
        for library in libraries { paths[library.lexicallyNormalized()] = library }
        for file in executable.files {
            guard paths.updateValue(file.host, forKey: file.guest) == nil else { throw TakenPath(path: file.guest) }
        }
        files = []
        var bytes = 0
        for (guest, host) in paths.sorted(by: { $0.key.string < $1.key.string }) {
            guard let data = FileManager.default.contents(atPath: host.string) else {
                throw GuestImageError.notAProgram(host, problem: "cannot be read")
            }
            bytes += data.count
            guard bytes <= Self.mostBytes else { throw TooMuch(bytes: bytes) }
            let digest = Digest.of(data)
            files.append(CellFile(guestPath: root + guest.string, file: PlannedFile(path: host, digest: digest)))
        }
        let environment = Self.environment.merging(executable.environment) { _, own in own }
        plan = StagePlan(
            .exec(
                ProgramCall(
                    root: root, program: program.string, arguments: executable.arguments,
                    environment: environment.map { "\($0)=\($1)" }.sorted(), status: executable.status,
                    output: executable.line)))
    }

    /// The default environment of every program.
    private static let environment = [
        "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root", "TERM": "dumb",
    ]

    /// Unique among the variants of a guest.
    private static func root(for name: String) -> String {
        let digest = Digest.of(name)
        return "/job/root-\(digest.prefix(16))"
    }
}

extension FilePath {
    /// The path under which the kernel knows it, and from which `$ORIGIN` is derived.
    fileprivate var withoutLinks: FilePath { FilePath(URL(filePath: string).resolvingSymlinksInPath().path) }
}
