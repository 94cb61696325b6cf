/// The `.modinfo` section of a kernel module.
///
/// Source: elf(5); Linux `include/linux/moduleparam.h` (`name=value`, each with a zero behind it), scripts/mod/modpost.c
/// (`depends=` names modules, with commas between).
struct ModuleInfo: Equatable {
    let dependencies: [String]

    private static let sectionHeaderSize = 64
    private static let dependencyLimit = 256

    /// `nil` unless `module` is a relocatable x86-64 file with that section.
    init?(module: [UInt8]) {
        guard module.count >= 64, FileLook(elf: module) == .object,
            let table = Self.range(module, offset: module.number(at: 40, bytes: 8), size: 0)?.lowerBound,
            module.number(at: 58, bytes: 2) == UInt64(Self.sectionHeaderSize)
        else { return nil }
        let count = Int(module.number(at: 60, bytes: 2))
        let names = Int(module.number(at: 62, bytes: 2))
        guard count * Self.sectionHeaderSize <= module.count - table, names < count else { return nil }
        func section(_ index: Int) -> Range<Int>? {
            let header = table + index * Self.sectionHeaderSize
            return Self.range(
                module, offset: module.number(at: header + 24, bytes: 8),
                size: module.number(at: header + 32, bytes: 8))
        }
        guard let nameTable = section(names) else { return nil }
        let wanted = Array(".modinfo".utf8) + [0]
        let found = (0..<count).first { index in
            let name = Int(module.number(at: table + index * Self.sectionHeaderSize, bytes: 4))
            return name < nameTable.count
                && module[(nameTable.lowerBound + name)..<nameTable.upperBound].starts(with: wanted)
        }
        guard let found, let range = section(found) else { return nil }
        let key = Array("depends=".utf8)
        let line = module[range].split(separator: 0).first { $0.starts(with: key) }
        let value = String(decoding: line?.dropFirst(key.count) ?? [], as: UTF8.self)
        dependencies = value.split(separator: ",").prefix(Self.dependencyLimit).map { ModuleName.normal($0) }
    }

    /// `nil` if it is not completely inside the file.
    private static func range(_ module: [UInt8], offset: UInt64, size: UInt64) -> Range<Int>? {
        guard let start = Int(exactly: offset), let length = Int(exactly: size), start <= module.count,
            length <= module.count - start
        else { return nil }
        return start..<start + length
    }
}

/// Names of modules, in which the kernel treats `-` and `_` as equal.
enum ModuleName {
    static func normal(_ name: some StringProtocol) -> String { String(name.map { $0 == "-" ? "_" : $0 }) }

    /// `dummy` for `kernel/net/dummy.ko.xz`; `nil` if the path is not that of a module.
    static func ofFile(_ path: some StringProtocol) -> String? {
        let name = Substring(path.split(separator: "/").last ?? "").droppingCompression
        return name.hasSuffix(".ko") && name.count > 3 ? normal(name.dropLast(3)) : nil
    }

    /// Names that the user may have meant, most similar first.
    static func nearest(to name: String, among names: some Sequence<String>) -> [String] {
        let ranked = names.compactMap { candidate -> (distance: Int, name: String)? in
            let distance = distance(name, candidate)
            return distance <= 2 || name.count > 2 && candidate.contains(name) ? (distance, candidate) : nil
        }
        return ranked.sorted { ($0.distance, $0.name) < ($1.distance, $1.name) }.prefix(3).map(\.name)
    }

    /// The Levenshtein distance.
    private static func distance(_ left: String, _ right: String) -> Int {
        let right = Array(right.utf8.prefix(64))
        var row = Array(0...right.count)
        for (index, byte) in left.utf8.prefix(64).enumerated() {
            var corner = row[0]
            row[0] = index + 1
            for column in right.indices {
                let change = corner + (byte == right[column] ? 0 : 1)
                corner = row[column + 1]
                row[column + 1] = min(change, row[column] + 1, corner + 1)
            }
        }
        return row[right.count]
    }
}
