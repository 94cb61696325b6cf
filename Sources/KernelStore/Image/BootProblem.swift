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
        case .cutShort: "it is truncated"
        case .tooLarge: "it would load more than \(KernelLimits.imageMiB) MiB"
        case .segment(let address):
            "it has a segment at 0x\(String(address, radix: 16)), outside of 2 MiB to 4 GiB or with impossible sizes"
        case .entry(let address): "its entry point 0x\(String(address, radix: 16)) is outside of all segments"
        case .noBanner: "it contains no 'Linux version' text"
        case .payload: "its compressed kernel extends past the end of the file"
        }
    }
}
