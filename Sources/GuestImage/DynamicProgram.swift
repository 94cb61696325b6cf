internal import Foundation
internal import Subprocess
package import SystemPackage

/// A program of this machine with all that it needs to run in a guest: its interpreter and its libraries.
package struct DynamicProgram: Sendable, Equatable {
    package let path: FilePath
    /// Where they are on this machine, and will be in the guest; none for a static program.
    package let libraries: [FilePath]

    /// Asks `ldd`, which has the program's own interpreter look for what it would load.
    ///
    /// - Throws: `GuestImageError.librariesUnknown` and `.libraryMissing`.
    package init(_ path: FilePath) async throws(GuestImageError) {
        self.path = path
        let answer: (status: TerminationStatus, text: String, complaint: String)
        do {
            let result = try await Subprocess.run(
                .name("ldd"), arguments: [path.string], environment: .inherit.updating(["LC_ALL": "C"]),
                output: .string(limit: 1 << 20), error: .string(limit: 1 << 16))
            answer = (result.terminationStatus, result.standardOutput, result.standardError)
        } catch {
            throw .librariesUnknown(program: path, problem: "\(error)")
        }
        let isStatic = (answer.text + answer.complaint).contains("not a dynamic executable")
        guard isStatic || answer.status.isSuccess else {
            throw .librariesUnknown(program: path, problem: answer.complaint)
        }
        libraries = isStatic ? [] : try Self.libraries(of: path, in: answer.text)
    }

    /// The paths in what `ldd` prints.
    ///
    /// `libc.so.6 => /lib/x86_64-linux-gnu/libc.so.6 (0x00007f…)`, `/lib64/ld-linux-x86-64.so.2 (0x00007f…)`, and
    /// `linux-vdso.so.1 (0x00007f…)`, which is no file; `libx.so => not found` for what is missing.
    ///
    /// Source: glibc 2.36, `elf/rtld.c`, the output of LD_TRACE_LOADED_OBJECTS.
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
