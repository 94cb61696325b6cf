package import SystemPackage

/// Why there is no object to load.
///
/// Each says what to do about it.
package enum ProbeObjectError: Error, Equatable, CustomStringConvertible {
    case missing(FilePath)
    case unreadable(FilePath, Errno)
    case empty(FilePath)
    case notELF(FilePath)
    case truncated(FilePath)
    /// `machine` is ELF's number for it.
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
        case .missing(let file): "\(file): there is no such file; build it first or correct the path"
        case .unreadable(let file, let errno): "\(file): cannot be read: \(errno)"
        case .empty(let file): "\(file): is empty; compile it again"
        case .notELF(let file): "\(file): is not an ELF object; give what 'clang -target bpf -c' writes"
        case .truncated(let file): "\(file): is cut short or damaged; copy or compile it again"
        case .wrongMachine(let file, let machine):
            "\(file): is an object for \(Self.name(ofMachine: machine)), not for BPF; compile it with 'clang -target bpf'"
        case .wrongFormat(let file, let format):
            "\(file): is \(format); give the 64-bit little-endian object that 'clang -target bpf -c' writes"
        case .noProgram(let file):
            "\(file): holds no program; put each function that the kernel shall run into a section of its type, "
                + "as SEC(\"kprobe/do_exit\") does"
        case .noCompiler(let tried):
            "no clang with the bpf target among \(tried.joined(separator: ", ")); install clang, "
                + "or name one in \(ProbeCompiler.variable)"
        case .unusableCompiler(let file, let variable):
            "\(file): is no clang with the bpf target; correct \(variable) or unset it"
        case .noRustCompiler(let tried):
            "no rustc that has the target \(RustCompiler.target)"
                + (tried.isEmpty ? "" : " (\(tried.map(\.string).joined(separator: ", ")) has not)")
                + "; \(RustCompiler.packages), or name one in \(RustCompiler.variable)"
        case .unusableRustCompiler(let file, let variable):
            "\(file): is no rustc that has the target \(RustCompiler.target); \(RustCompiler.packages), "
                + "or correct \(variable) or unset it"
        case .compilation(let source, let message): "\(source): does not compile:\n\(message)"
        case .unwritable(let file, let errno): "\(file): cannot be written: \(errno)"
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
