import CResources
import Foundation
import HostTools
package import MatrixAnalysis
package import MatrixModel
import Mustache

/// A run as a single HTML file that needs neither a network nor other files.
///
/// Text from a guest is data and never markup: it is in JSON without any `<`, and the script writes it only through
/// `textContent`. The content security policy allows exactly this style and this script, by digest.
package enum HTMLReport {
    /// The number of bytes of logs in a report; longer logs lose their middle, the longest first.
    static let logBudget = 24 << 20
    /// The limit for compressed logs in Base64, for logs that are not repetitive.
    static let packedLogLimit = 9 << 20

    /// Renders the report.
    ///
    /// - Parameters:
    ///   - document: The run.
    ///   - comparison: The differences from a baseline, if there is one.
    ///   - log: The ends of `logs/<sha256>.txt`, `nil` if the file does not exist; called once per name.
    /// - Returns: The page, up to about 15 MB for ten thousand cells.
    /// - Throws: What `log` throws, `ReportError.brokenTemplate` and `.notCompressed`.
    package static func render(
        _ document: MatrixDocument, comparison: RunComparison? = nil, log: (String) throws -> LogEnds?
    ) throws -> String {
        var shelf = LogShelf(budget: logBudget)
        let data = try ReportData(document, comparison: comparison) { name in try shelf.index(of: name, log: log) }
        let logs = try shelf.packed(within: packedLogLimit)
        let page: [String: Any] = [
            "title": "compat-matrix \(document.run.id)",
            "style": style, "styleDigest": digest(style),
            "script": script, "scriptDigest": digest(script),
            "data": try json(data), "logIndex": try json(logs.index),
            "pieces": logs.pieces.enumerated().map { ["number": "\($0)", "text": $1] },
        ]
        return try template.get().render(page)
    }

    private static let style = text(cmx_report_style())
    private static let script = "\"use strict\";\n(() => {\n\(bundle(text(cmx_report_script())))})();\n"

    private static let template = Result { () throws(ReportError) in
        do {
            return try MustacheTemplate(string: text(cmx_report_template()))
        } catch {
            throw .brokenTemplate(problem: "\(error)")
        }
    }

    /// Joins modules into one script, without `import` and `export`, which are not needed once every module follows
    /// those that it imports.
    ///
    /// A page of one file cannot contain modules, because an inline module has no address that another could import.
    /// Names must be unique over all modules, or the browser rejects the script.
    static func bundle(_ modules: String) -> String {
        var script = "", isImport = false
        for line in modules.split(separator: "\n", omittingEmptySubsequences: false) {
            isImport = isImport || line.hasPrefix("import ")
            if line.hasPrefix("/** @import ") { continue }
            if !isImport { script += (line.hasPrefix("export ") ? line.dropFirst("export ".count) : line) + "\n" }
            if line.hasSuffix(";") { isImport = false }
        }
        return script
    }

    private static func text(_ resource: cmx_resource) -> String {
        String(decoding: UnsafeRawBufferPointer(start: resource.bytes, count: resource.count), as: UTF8.self)
    }

    /// In the format of CSP's `script-src` and `style-src`.
    private static func digest(_ text: String) -> String {
        var digest = Digest()
        digest.update(Array(text.utf8))
        return digest.base64()
    }

    /// JSON for the inside of a `script` element: everything that HTML or an old script parser could interpret is
    /// escaped.
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
                // U+2028 and U+2029 are E2 80 A8 and E2 80 A9: the first two bytes have already been written.
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
