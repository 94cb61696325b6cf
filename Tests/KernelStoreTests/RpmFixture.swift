import HostTools
import SystemPackage
import TestSupport
import Testing

@testable import KernelStore

/// A package that rpmbuild made.
enum RpmFixture {
    /// `payload` as rpm's macro `_binary_payload` takes it.
    static func package(_ members: [Member], payload: String = "w3.zstdio") async throws -> [UInt8] {
        try await withFolder { folder in
            let files = folder.appending("files")
            for member in members { try write(member.bytes, to: files.pushing(FilePath(member.path))) }
            let spec = """
                Name: kernel-core
                Version: 5.14.0
                Release: 1.el9
                Summary: A kernel
                License: GPL-2.0
                AutoReqProv: no
                %description
                %install
                cp -r \(files)/. %{buildroot}
                %files
                \(members.map { "/\($0.path)" }.joined(separator: "\n"))
                """
            try write(spec, to: folder.appending("kernel.spec"))
            let defines = [
                "_topdir \(folder)", "_binary_payload \(payload)", "debug_package %{nil}", "__os_install_post %{nil}",
                "_build_id_links none",
            ]
            let built = try await ToolRunner(tool: "rpmbuild").run(
                ["-bb", "--target", "x86_64-linux", "--quiet"] + defines.flatMap { ["--define", $0] }
                    + [folder.appending("kernel.spec").string])
            try #require(built.succeeded, "\(built.complaints)")
            return try contents(of: folder.appending("RPMS/x86_64/kernel-core-5.14.0-1.el9.x86_64.rpm"))
        }
    }
}
