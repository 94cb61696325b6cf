/// Why a kernel image is none that could boot, as far as its bytes say.
package enum BootProblem: Error, Hashable, CustomStringConvertible {
    case headers
    case cutShort
    case tooLarge
    case segment(at: UInt64)
    case entry(UInt64)
    case noBanner
    case payload

    package var description: String {
        switch self {
        case .headers: "its ELF headers are not those of an x86-64 kernel"
        case .cutShort: "it is cut short"
        case .tooLarge: "it would load more than \(KernelLimits.imageMiB) MiB"
        case .segment(let address):
            "it has a segment at 0x\(String(address, radix: 16)), outside of 2 MiB to 4 GiB, or with impossible sizes"
        case .entry(let address): "it starts at 0x\(String(address, radix: 16)), where it loads nothing"
        case .noBanner: "it holds no 'Linux version' text"
        case .payload: "the compressed kernel in it would end behind its end"
        }
    }
}
