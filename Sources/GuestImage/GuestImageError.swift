package import SystemPackage

package enum GuestImageError: Error, Equatable, CustomStringConvertible {
    case binariesMissing(FilePath)
    case archive(String)
    case cannotWrite(FilePath, reason: String)
    case cannotRead(FilePath)
    case librariesUnknown(program: FilePath, problem: String)
    case libraryMissing(program: FilePath, library: String)
    case notAProgram(FilePath, problem: String)

    package var description: String {
        switch self {
        case .binariesMissing(let folder):
            "the guest's agent and loaders are missing from \(folder): run 'make guest' in the repository"
        case .archive(let message): "cannot write the guest's initramfs: \(message)"
        case .cannotWrite(let path, let reason): "cannot write \(path): \(reason)"
        case .cannotRead(let path): "cannot read \(path), which is needed in guests"
        case .librariesUnknown(let program, let problem):
            "cannot determine the libraries of \(program), which is needed in guests: \(problem)"
        case .libraryMissing(let program, let library):
            "the library \(library) of \(program), which is needed in guests, is missing; reinstall \(program)"
        case .notAProgram(let path, let problem): "\(path) \(problem)"
        }
    }
}
