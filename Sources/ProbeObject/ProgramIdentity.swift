// `stat` is Glibc's. Where a module imports libelf as well, a release build finds it in that one's headers.
internal import CElf
import Glibc
import SystemPackage

/// A program, by what changes when it does.
enum ProgramIdentity {
    /// The path, its size and when it was written; `nil` where there is nothing that can be run.
    static func of(_ program: FilePath) -> String? {
        var status = stat()
        guard stat(program.string, &status) == 0, access(program.string, X_OK) == 0 else { return nil }
        return "\(program) \(status.st_size) \(status.st_mtim.tv_sec).\(status.st_mtim.tv_nsec)"
    }
}
