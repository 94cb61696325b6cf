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
            "\(folder) lacks the guest's agent and loaders; 'make guest' in the repository builds them"
        case .archive(let message): "cannot write the guest's initramfs: \(message)"
        case .cannotWrite(let path, let reason): "cannot write \(path): \(reason)"
        case .cannotRead(let path): "\(path), which goes into guests, cannot be read"
        case .librariesUnknown(let program, let problem):
            "\(program) goes into guests, and what it needs there cannot be found out: \(problem)"
        case .libraryMissing(let program, let library):
            "\(program) goes into guests, and its library \(library) is not on this machine; install \(program) again"
        case .notAProgram(let path, let problem): "\(path) \(problem)"
        }
    }
}
