/// A size of memory or files, as users write it: `10 GiB`, `512M`, `4096`.
package struct ByteSize: Sendable, Hashable, CustomStringConvertible {
    package var bytes: Int

    package init(bytes: Int) { self.bytes = bytes }

    /// Of the powers of 1024, in capitals.
    private static let units = [
        ["", "B"], ["K", "KB", "KIB"], ["M", "MB", "MIB"], ["G", "GB", "GIB"], ["T", "TB", "TIB"],
    ]

    /// A whole number of bytes, or with a unit, of 1024, 1024², 1024³ or 1024⁴ bytes; `nil` for anything else.
    package init?(_ text: String) {
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        let unit = text.dropFirst(digits.count).drop { $0 == " " }.uppercased()
        guard let number = Int(digits), let power = Self.units.firstIndex(where: { $0.contains(unit) }) else {
            return nil
        }
        let (bytes, isTooLarge) = number.multipliedReportingOverflow(by: 1 << (10 * power))
        guard !isTooLarge else { return nil }
        self.bytes = bytes
    }

    package static func gibibytes(_ count: Int) -> ByteSize { ByteSize(bytes: count << 30) }

    /// With one decimal, in MiB or GiB.
    package var description: String {
        let tenths = (bytes < 1 << 30 ? bytes * 10 + 1 << 19 : bytes / 1024 * 10 + 1 << 19) >> 20
        return "\(tenths / 10).\(tenths % 10) \(bytes < 1 << 30 ? "MiB" : "GiB")"
    }
}
