internal import CElf
internal import Foundation
internal import HostTools
package import SystemPackage

/// An executable of this machine that should run in guests, as described by its ELF header.
package struct ProgramFile: Sendable, Hashable {
    package let path: FilePath
    /// SHA-256 of its bytes, in hex.
    package let digest: String
    /// The interpreter with which the kernel starts it; `nil` for a static one.
    package let interpreter: FilePath?

    /// Reads the file and checks that it is a program for x86-64 of at most `longest` bytes.
    ///
    /// - Throws: `GuestImageError.notAProgram`.
    package init(_ path: FilePath, longest: Int) throws(GuestImageError) {
        // Does not wait for a writer if it is a named pipe.
        guard let attributes = try? FileManager.default.attributesOfItem(atPath: Self.real(path).string) else {
            throw .notAProgram(path, problem: "does not exist")
        }
        guard attributes[.type] as? FileAttributeType == .typeRegular else {
            throw .notAProgram(path, problem: "is not a file")
        }
        let size = (attributes[.size] as? NSNumber)?.intValue ?? 0
        guard size <= longest else {
            throw .notAProgram(
                path, problem: "is too large for a guest: \(size >> 20) MiB; the limit is \(longest >> 20) MiB")
        }
        guard FileManager.default.isExecutableFile(atPath: path.string) else {
            throw .notAProgram(path, problem: "is not executable: run 'chmod +x'")
        }
        guard let bytes = FileManager.default.contents(atPath: path.string) else {
            throw .notAProgram(path, problem: "cannot be read")
        }
        guard Self.isProgram(bytes) else { throw .notAProgram(path, problem: "is not an x86-64 ELF program") }
        self.path = path
        digest = Digest.of(bytes)
        do {
            interpreter = try DynamicProgram.interpreter(of: path)
        } catch {
            throw .notAProgram(path, problem: "is damaged: cannot read its ELF program headers")
        }
    }

    private static func real(_ path: FilePath) -> FilePath {
        FilePath(URL(filePath: path.string).resolvingSymlinksInPath().path)
    }

    private static func isProgram(_ bytes: Data) -> Bool {
        guard bytes.count >= MemoryLayout<Elf64_Ehdr>.size, bytes.starts(with: [0x7f, 0x45, 0x4c, 0x46]) else {
            return false
        }
        let header = bytes.withUnsafeBytes { $0.loadUnaligned(as: Elf64_Ehdr.self) }
        return bytes[Int(EI_CLASS)] == UInt8(ELFCLASS64) && header.e_machine == UInt16(EM_X86_64)
            && (header.e_type == UInt16(ET_EXEC) || header.e_type == UInt16(ET_DYN))
    }
}
