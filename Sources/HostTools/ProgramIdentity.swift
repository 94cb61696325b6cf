internal import Glibc
package import SystemPackage

/// A program, by what changes when it does.
package enum ProgramIdentity {
    /// The path, its size and when it was written; `nil` where there is nothing that can be run.
    package static func of(_ program: FilePath) -> String? {
        var status = stat()
        guard stat(program.string, &status) == 0, access(program.string, X_OK) == 0 else { return nil }
        return "\(program) \(status.st_size) \(status.st_mtim.tv_sec).\(status.st_mtim.tv_nsec)"
    }
}
