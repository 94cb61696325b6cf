import Foundation
import MatrixModel

/// The part of SARIF's object model that is used here, with the standard's names.
struct SARIFLog: Encodable {
    var schema = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/os/schemas/sarif-schema-2.1.0.json"
    var version = "2.1.0"
    var runs: [Run]

    init(run: Run) { runs = [run] }

    private enum CodingKeys: String, CodingKey {
        case schema = "$schema"
        case version, runs
    }

    enum Level: String, Encodable { case error, warning, note }

    struct Run: Encodable {
        var tool: Tool
        var invocations: [Invocation]
        var originalUriBaseIds = [Location.root: ["description": Message("The root of the repository.")]]
        var results: [Result]
        var columnKind = "utf16CodeUnits"

        init(tool: Tool, invocation: Invocation, results: [Result]) {
            self.tool = tool
            invocations = [invocation]
            self.results = results
        }
    }

    struct Tool: Encodable {
        struct Driver: Encodable {
            var name = "compat-matrix"
            var semanticVersion: String
            var rules: [Rule]
        }
        var driver: Driver

        init(version: String, rules: [Rule]) { driver = Driver(semanticVersion: version, rules: rules) }
    }

    struct Rule: Encodable {
        var id: String
        var shortDescription: Message
        var fullDescription: Message
        var help: Message
        var properties: [String: [String]]
    }

    struct Invocation: Encodable {
        var executionSuccessful = true
        var startTimeUtc: String
        var toolExecutionNotifications: [Notification]
    }

    struct Notification: Encodable {
        var level: Level
        var message: Message
    }

    struct Message: Encodable {
        var text: String

        /// Control characters become U+FFFD; braces are doubled (3.11.5), and links (3.11.6) are escaped.
        init(_ text: String) {
            var plain = String.UnicodeScalarView()
            for scalar in text.unicodeScalars {
                switch scalar.value {
                case 0x0A: plain.append(scalar)
                case 0x09, 0x0D: plain.append(" ")
                case 0x00...0x1F, 0x7F...0x9F, 0x200B...0x200F, 0x2028...0x202E, 0x2060...0x2069, 0xFEFF:
                    plain.append("\u{FFFD}")
                case 0x7B, 0x7D: plain.append(contentsOf: [scalar, scalar])
                case 0x28 where plain.last == "]": plain.append(contentsOf: " (".unicodeScalars)
                default: plain.append(scalar)
                }
            }
            self.text = String(plain)
        }
    }

    struct Result: Encodable {
        var ruleId: String
        var ruleIndex: Int
        var level: Level
        var message: Message
        var locations: [Location]
        var partialFingerprints: [String: String]
        var properties: [String: [String]]
    }

    struct Location: Encodable {
        /// The base of all paths.
        static let root = "SRCROOT"

        struct Physical: Encodable {
            var artifactLocation: [String: String]
            var region: [String: Int]
        }
        struct Logical: Encodable {
            var name: String
            var fullyQualifiedName: String
            var kind = "function"
        }
        var physicalLocation: Physical
        /// `nil` for a result that does not belong to a single program.
        var logicalLocations: [Logical]?

        init(_ place: CodeLocation, function: String?, qualifiedName: String) {
            let isInside = !place.file.hasPrefix("/")
            let path = Self.percentEncoded(place.file)
            physicalLocation = Physical(
                artifactLocation: isInside ? ["uri": path, "uriBaseId": Self.root] : ["uri": "file://\(path)"],
                region: ["startLine": max(1, place.line)])
            logicalLocations = function.map { [Logical(name: $0, fullyQualifiedName: qualifiedName)] }
        }

        /// Source: RFC 3986, 2.3 and 3.3; a colon in the first segment would be a scheme.
        private static func percentEncoded(_ path: String) -> String {
            var text = ""
            for byte in path.utf8 {
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                    UInt8(ascii: "~"), UInt8(ascii: "/"):
                    text.unicodeScalars.append(Unicode.Scalar(byte))
                default: text += String(format: "%%%02X", byte)
                }
            }
            return text
        }
    }
}
