package import SystemPackage

/// Why there is no object to load.
///
/// Each message includes the remedy.
package enum ProbeObjectError: Error, Equatable, CustomStringConvertible {
    case missing(FilePath)
    case unreadable(FilePath, Errno)
    case empty(FilePath)
    case notELF(FilePath)
    case truncated(FilePath)
    /// In bytes.
    case tooLarge(FilePath, limit: Int)
    /// `machine` is its number in ELF.
    case wrongMachine(FilePath, machine: UInt16)
    case wrongFormat(FilePath, is: String)
    case noProgram(FilePath)
    case noCompiler(tried: [String])
    case unusableCompiler(FilePath, variable: String)
    case noRustCompiler(tried: [FilePath])
    case unusableRustCompiler(FilePath, variable: String)
    case compilation(source: FilePath, message: String)
    case unwritable(FilePath, Errno)

    package var description: String {
        switch self {
        case .missing(let file): "\(file): no such file; build it first or correct the path"
        case .unreadable(let file, let errno): "cannot read \(file): \(errno)"
        case .empty(let file): "\(file) is empty; compile it again"
        case .notELF(let file): "\(file) is not an ELF object; compile it with 'clang -target bpf -c'"
        case .truncated(let file): "\(file) is truncated or damaged; copy or compile it again"
        case .tooLarge(let file, let limit):
            "\(file) is larger than \(limit >> 20) MiB, which no BPF object needs; strip its debug information"
        case .wrongMachine(let file, let machine):
            "\(file) is an object for \(Self.name(ofMachine: machine)), not BPF; compile it with 'clang -target bpf'"
        case .wrongFormat(let file, let format):
            "\(file) is \(format), not 64-bit little-endian; compile it with 'clang -target bpf -c'"
        case .noProgram(let file):
            "\(file) contains no program; put each program into a section that names its type, "
                + "such as SEC(\"kprobe/do_exit\")"
        case .noCompiler(let tried):
            "no clang with the bpf target among \(tried.joined(separator: ", ")); install clang, "
                + "or set \(ProbeCompiler.variable) to another one"
        case .unusableCompiler(let file, let variable):
            "\(file) is not a clang with the bpf target; correct or unset \(variable)"
        case .noRustCompiler(let tried):
            "no rustc with the target \(RustCompiler.target)"
                + (tried.isEmpty ? "" : " (tried: \(tried.map(\.string).joined(separator: ", ")))")
                + "; \(RustCompiler.packages), or set \(RustCompiler.variable) to another one"
        case .unusableRustCompiler(let file, let variable):
            "\(file) is not a rustc with the target \(RustCompiler.target); \(RustCompiler.packages), "
                + "or correct or unset \(variable)"
        case .compilation(let source, let message): "\(source) does not compile:\n\(message)"
        case .unwritable(let file, let errno): "cannot write \(file): \(errno)"
        }
    }

    /// Source: the System V ABI's registry of `e_machine`, as elf.h has it.
    private static func name(ofMachine machine: UInt16) -> String {
        switch machine {
        case 3: "x86"
        case 40: "ARM"
        case 62: "x86-64"
        case 183: "AArch64"
        case 243: "RISC-V"
        default: "machine \(machine)"
        }
    }
}
