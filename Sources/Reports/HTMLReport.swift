import Crypto
import Foundation
package import MatrixModel
import Mustache

/// A run as one HTML file that needs no network and no other file.
///
/// Text from a guest is data and never markup: it goes into JSON in which no `<` is left, and the script writes it
/// with `textContent` only. The content security policy admits this style and this script by digest and nothing else.
package enum HTMLReport {
    /// How many bytes of logs a report carries; longer logs lose their middle, the longest first.
    static let logBudget = 10 << 20

    /// Draws the report.
    ///
    /// - Parameters:
    ///   - document: The run.
    ///   - log: The ends of `logs/<sha256>.txt`, `nil` where there is no such file; asked once per name.
    /// - Returns: The page, up to about 15 MB for ten thousand cells.
    /// - Throws: What `log` throws, and `ReportError.brokenTemplate`.
    package static func render(_ document: MatrixDocument, log: (String) throws -> LogEnds?) throws -> String {
        var shelf = LogShelf(budget: logBudget)
        let data = try ReportData(document) { name in try shelf.index(of: name, log: log) }
        let style = text(PackageResources.report_css)
        let script = text(PackageResources.report_js)
        let page: [String: String] = [
            "title": "compat-matrix \(document.run.id)",
            "style": style, "styleDigest": digest(style),
            "script": script, "scriptDigest": digest(script),
            "data": try json(data), "logs": try json(shelf.finished()),
        ]
        return try template.get().render(page)
    }

    private static let template = Result { () throws(ReportError) in
        do {
            return try MustacheTemplate(string: text(PackageResources.report_html))
        } catch {
            throw .brokenTemplate(problem: "\(error)")
        }
    }

    private static func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

    /// As `script-src` and `style-src` of CSP want it.
    private static func digest(_ text: String) -> String {
        Data(SHA256.hash(data: Data(text.utf8))).base64EncodedString()
    }

    /// JSON that may stand inside a `script` element: what HTML or an old script parser could act on is escaped.
    ///
    /// These characters occur in JSON only inside strings, so replacing bytes is enough.
    static func json(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let plain = try encoder.encode(value)
        return plain.withUnsafeBytes { bytes in
            var safe: [UInt8] = []
            safe.reserveCapacity(bytes.count + bytes.count / 8)
            for index in bytes.indices {
                switch bytes[index] {
                case UInt8(ascii: "<"): safe += Escape.less
                case UInt8(ascii: ">"): safe += Escape.greater
                case UInt8(ascii: "&"): safe += Escape.ampersand
                // U+2028 and U+2029 are E2 80 A8 and E2 80 A9: the first two bytes are there already.
                case 0xA8 where safe.suffix(2) == Escape.separatorHead:
                    safe.removeLast(2)
                    safe += Escape.lineSeparator
                case 0xA9 where safe.suffix(2) == Escape.separatorHead:
                    safe.removeLast(2)
                    safe += Escape.paragraphSeparator
                case let byte: safe.append(byte)
                }
            }
            return String(decoding: safe, as: UTF8.self)
        }
    }

    private enum Escape {
        static let less = Array(#"\u003c"#.utf8)
        static let greater = Array(#"\u003e"#.utf8)
        static let ampersand = Array(#"\u0026"#.utf8)
        static let separatorHead: ArraySlice<UInt8> = [0xE2, 0x80]
        static let lineSeparator = Array(#"\u2028"#.utf8)
        static let paragraphSeparator = Array(#"\u2029"#.utf8)
    }
}
