internal import Glibc
package import SystemPackage

/// The identity of a program, which changes with its file.
package enum ProgramIdentity {
    /// Its path, size and modification time; `nil` if there is no executable.
    package static func of(_ program: FilePath) -> String? {
        var status = stat()
        guard stat(program.string, &status) == 0, access(program.string, X_OK) == 0 else { return nil }
        return "\(program) \(status.st_size) \(status.st_mtim.tv_sec).\(status.st_mtim.tv_nsec)"
    }
}
