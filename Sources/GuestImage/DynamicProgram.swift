internal import CElf
internal import Foundation
internal import HostTools
package import SystemPackage

/// A program of this machine with everything it needs to run in a guest: its interpreter and its libraries.
package struct DynamicProgram: Sendable, Equatable {
    package let path: FilePath
    /// Their paths, both on this machine and in the guest; empty for a static program.
    package let libraries: [FilePath]

    /// Determines the libraries with the program's own interpreter.
    ///
    /// - Throws: `GuestImageError` for a file that is not a program, or lacks a library.
    package init(_ path: FilePath) async throws(GuestImageError) {
        self.path = path
        guard let interpreter = try Self.interpreter(of: path) else {
            libraries = []
            return
        }
        let linker = ToolRunner(.path(interpreter), environment: ["LD_PRELOAD": nil, "LD_LIBRARY_PATH": nil])
        let answer: ToolRunner.Output
        do { answer = try await linker.run(["--list", path.string], within: nil) } catch {
            throw .librariesUnknown(program: path, problem: "\(interpreter) --list: \(error)")
        }
        let found = try Self.libraries(of: path, in: answer.text)
        guard answer.succeeded else {
            throw .librariesUnknown(program: path, problem: "\(interpreter) --list: \(answer.complaints)")
        }
        libraries = found.contains(interpreter) ? found : found + [interpreter]
    }

    /// The interpreter with which the kernel starts the program; `nil` for a static one.
    static func interpreter(of program: FilePath) throws(GuestImageError) -> FilePath? {
        guard let bytes = FileManager.default.contents(atPath: program.string) else { throw .cannotRead(program) }
        var copy = [UInt8](bytes)
        let name: String?? = copy.withUnsafeMutableBytes { buffer in
            _ = elf_version(UInt32(EV_CURRENT))
            guard let elf = elf_memory(buffer.baseAddress?.assumingMemoryBound(to: CChar.self), buffer.count) else {
                return nil
            }
            defer { elf_end(elf) }
            var count = 0
            guard elf_kind(elf) == ELF_K_ELF, elf_getphdrnum(elf, &count) == 0, let headers = elf64_getphdr(elf) else {
                return nil
            }
            let header = UnsafeBufferPointer(start: headers, count: count).first { $0.p_type == UInt32(PT_INTERP) }
            guard let header else { return .some(nil) }
            let (end, overflow) = header.p_offset.addingReportingOverflow(header.p_filesz)
            guard !overflow, end <= UInt64(buffer.count) else { return nil }
            return String(decoding: buffer[Int(header.p_offset)..<Int(end)].prefix { $0 != 0 }, as: UTF8.self)
        }
        guard let name else { throw .librariesUnknown(program: program, problem: "it is not a 64-bit ELF program") }
        return name.map { FilePath($0) }
    }

    /// The paths in what an interpreter prints.
    ///
    /// `libc.so.6 => /lib/x86_64-linux-gnu/libc.so.6 (0x00007f…)`, `/lib64/ld-linux-x86-64.so.2 (0x00007f…)`, and
    /// `linux-vdso.so.1 (0x00007f…)`, which is no file; `libx.so => not found` for what is missing.
    ///
    /// Source: glibc 2.36, `elf/rtld.c`; musl 1.2, `ldso/dynlink.c`.
    static func libraries(of program: FilePath, in text: String) throws(GuestImageError) -> [FilePath] {
        var paths: [FilePath] = []
        for line in text.split(separator: "\n") {
            let line = line.drop { $0 == "\t" || $0 == " " }
            let arrow = line.firstRange(of: " => ")
            let place = line[(arrow?.upperBound ?? line.startIndex)...]
            if arrow != nil, place.hasPrefix("not found") {
                throw .libraryMissing(program: program, library: String(line.prefix { $0 != " " }))
            }
            guard place.hasPrefix("/") else { continue }
            paths.append(FilePath(String(place.firstRange(of: " (0x").map { place[..<$0.lowerBound] } ?? place)))
        }
        return paths
    }
}
