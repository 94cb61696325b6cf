/// Text for an XML 1.0 document.
enum XMLText {
    /// As the content of an element or the value of an attribute in double quotes; characters that XML 1.0 forbids
    /// become U+FFFD.
    ///
    /// Line breaks are kept in contents. Attributes would be read with blanks instead, so they contain references.
    static func escaped(_ text: String, isAttribute: Bool = false) -> String {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.utf8.count + text.utf8.count / 16)
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": bytes += Array("&amp;".utf8)
            case "<": bytes += Array("&lt;".utf8)
            // Only `]]>` is forbidden, but a reader of the file may search for `>` as well.
            case ">": bytes += Array("&gt;".utf8)
            case "\"": bytes += Array("&quot;".utf8)
            case "\t" where isAttribute, "\n" where isAttribute: bytes += Array("&#\(scalar.value);".utf8)
            // A parser would turn a bare one into a line feed.
            case "\r": bytes += Array("&#13;".utf8)
            default: bytes += Array((isAllowed(scalar) ? scalar : "\u{FFFD}").utf8)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Source: Extensible Markup Language 1.0, fifth edition, production 2, `Char`.
    private static func isAllowed(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x09, 0x0A, 0x0D, 0x20...0xD7FF, 0xE000...0xFFFD, 0x10000...0x10FFFF: true
        default: false
        }
    }
}

/// An element with its attributes, written while it is created.
struct XMLElement {
    private let name: String
    private var attributes = ""
    private var content = ""

    init(_ name: String, _ attributes: [(String, String?)] = []) {
        self.name = name
        for case (let name, let value?) in attributes {
            self.attributes += " \(name)=\"\(XMLText.escaped(value, isAttribute: true))\""
        }
    }

    mutating func add(_ text: String) { content += XMLText.escaped(text) }
    mutating func add(_ child: XMLElement) { content += "\n\(child.text)" }

    var text: String {
        content.isEmpty ? "<\(name)\(attributes)/>" : "<\(name)\(attributes)>\(content)</\(name)>"
    }
}
