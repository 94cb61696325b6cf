import SystemPackage

/// An unpacked x86-64 kernel: an ELF executable whose segments say where in memory they belong.
///
/// Source: elf(5); Linux `arch/x86/kernel/vmlinux.lds.S` (the entry is the physical address of `startup_64`, and the
/// segments' physical addresses are those that they have to be loaded at).
struct Vmlinux: Equatable {
    struct Segment: Equatable {
        let offset: Int64
        let physical: Int64
        let virtual: UInt64
        let fileSize: Int64
        let memorySize: Int64
    }

    /// Physical.
    let entry: Int64
    let segments: [Segment]

    /// The end of the first megabytes, which a loader uses: no x86-64 kernel is linked below.
    static let lowest: Int64 = 2 << 20
    private static let highest: Int64 = 1 << 32
    private static let headerSize = 64
    private static let programHeaderSize = 56
    private static let segmentLimit = 64

    /// Parses the headers of the ELF file of `size` bytes at `descriptor`.
    init(_ descriptor: FileDescriptor, size: Int64) throws(BootProblem) {
        let header = try Self.read(descriptor, from: 0, count: Self.headerSize)
        guard FileLook(elf: header) == nil, header.starts(with: "\u{7F}ELF".utf8) else { throw .headers }
        let count = Int(header.number(at: 56, bytes: 2))
        guard count <= Self.segmentLimit, header.number(at: 54, bytes: 2) == UInt64(Self.programHeaderSize),
            let offset = Int64(exactly: header.number(at: 32, bytes: 8)), offset <= size
        else { throw .headers }
        let table = try Self.read(descriptor, from: offset, count: count * Self.programHeaderSize)
        var segments: [Segment] = []
        for start in stride(from: 0, to: table.count, by: Self.programHeaderSize) {
            let segment = try Segment(Array(table[start..<start + Self.programHeaderSize]), of: size)
            if let segment { segments.append(segment) }
        }
        self.segments = segments
        guard segments.reduce(0, { $0 + $1.fileSize }) <= Int64(KernelLimits.imageMiB) << 20 else { throw .tooLarge }
        let entry = header.number(at: 24, bytes: 8)
        guard let physical = segments.lazy.compactMap({ $0.physical(of: entry) }).first else {
            throw .entry(entry)
        }
        self.entry = physical
    }

    /// The end of the loaded segments, and of the memory that the kernel uses.
    var loadedEnd: Int64 { segments.map { $0.physical + $0.fileSize }.max() ?? 0 }
    var memoryEnd: Int64 { segments.map { $0.physical + $0.memorySize }.max() ?? 0 }

    private static func read(
        _ descriptor: FileDescriptor, from offset: Int64, count: Int
    ) throws(BootProblem) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        let found = try? bytes.withUnsafeMutableBytes { try descriptor.read(fromAbsoluteOffset: offset, into: $0) }
        guard found == count else { throw .cutShort }
        return bytes
    }

    fileprivate static func isLoadable(_ range: (start: Int64, size: Int64)) -> Bool {
        range.start >= lowest && range.size >= 0 && range.size <= highest && range.start <= highest - range.size
    }
}

extension Vmlinux.Segment {
    private static let load: UInt64 = 1

    /// `nil` for a header with nothing to load.
    fileprivate init?(_ header: [UInt8], of fileSize: Int64) throws(BootProblem) {
        guard header.number(at: 0, bytes: 4) == Self.load, header.number(at: 40, bytes: 8) != 0 else { return nil }
        guard let offset = Int64(exactly: header.number(at: 8, bytes: 8)),
            let physical = Int64(exactly: header.number(at: 24, bytes: 8)),
            let size = Int64(exactly: header.number(at: 32, bytes: 8)),
            let memory = Int64(exactly: header.number(at: 40, bytes: 8)), size <= memory,
            Vmlinux.isLoadable((physical, memory))
        else { throw .segment(at: header.number(at: 24, bytes: 8)) }
        guard offset <= fileSize, size <= fileSize - offset else { throw .cutShort }
        self.init(
            offset: offset, physical: physical, virtual: header.number(at: 16, bytes: 8), fileSize: size,
            memorySize: memory)
    }

    /// The entry is a physical address; some linkers wrote the virtual one.
    fileprivate func physical(of entry: UInt64) -> Int64? {
        let size = UInt64(fileSize)
        if entry >= UInt64(physical), entry - UInt64(physical) < size { return Int64(entry) }
        if entry >= virtual, entry - virtual < size { return physical + Int64(entry - virtual) }
        return nil
    }
}

/// Why a kernel image cannot boot, according to its content.
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
