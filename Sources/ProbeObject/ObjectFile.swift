internal import Glibc
internal import HostTools
package import MatrixModel
package import SystemPackage

/// A BPF object file that a loader can open.
package struct ObjectFile: Sendable, Hashable {
    package struct Program: Sendable, Hashable {
        package var name: String
        /// It names the type and usually the attach target: `uretprobe//bin/bash:readline`.
        package var section: String
    }

    /// A variable whose initial value is in the file.
    package struct Variable: Sendable, Hashable {
        package var name: String
        /// Offsets in the file, in bytes.
        package var place: Range<Int>
    }

    package let path: FilePath
    /// SHA-256 of the whole file in hexadecimal.
    package let digest: String
    /// In the order of the symbol table, at least one.
    package let programs: [Program]
    /// Names of the maps that it defines, in the order of the symbol table.
    package let maps: [String]
    /// Names of programs that the object itself puts into program arrays.
    package let tailCalled: [String]
    /// Names of variables that are in no section, as with `-fcommon`.
    package let commonSymbols: [String]
    /// Constants and initialized variables, static ones last.
    package let variables: [Variable]
    /// File names as the compiler recorded them, until they are resolved.
    package private(set) var lines: LineTable

    /// Reads and checks the file.
    ///
    /// - Throws: `ProbeObjectError`, which distinguishes a missing file, an empty one, a truncated one, one that is not
    ///   ELF, and one for another machine.
    package init(_ path: FilePath) throws(ProbeObjectError) {
        let bytes = try FileBytes.read(path)
        guard !bytes.isEmpty else { throw .empty(path) }
        self.path = path
        digest = Digest.of(bytes)
        let contents = try ElfReader.contents(of: bytes, in: path)
        programs = contents.programs
        maps = contents.maps
        tailCalled = contents.tailCalled
        commonSymbols = contents.commonSymbols
        variables = contents.variables
        lines = contents.lines
    }

    /// The same with absolute file names for files that are found; `folders` are those in which the compiler may have
    /// run.
    func findingFiles(compiledIn folders: [FilePath]) -> ObjectFile {
        namingFiles { name in
            let candidates = folders.map { $0.absolute.pushing(FilePath(name)).lexicallyNormalized() }
            return candidates.first { access($0.string, F_OK) == 0 }?.string
                ?? FilePath(name).lexicallyNormalized().string
        }
    }

    /// The same with the file names that `name` returns.
    func namingFiles(_ name: (String) -> String) -> ObjectFile {
        var object = self
        object.lines = lines.namingFiles(name)
        return object
    }
}
