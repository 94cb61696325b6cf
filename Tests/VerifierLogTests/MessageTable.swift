import Foundation

/// The messages that one source can print, as `scripts/messages` found them.
struct MessageTable: Decodable {
    struct Message: Decodable {
        /// With the conversions of `printf`, or whatever the language has.
        var shape: String
        var file: String
        var level: String
        /// The first and the last version that has it, of those in `read`.
        var since: String
        var until: String
    }

    var messages: [Message]
    /// What was read, by version.
    var read: [String: String]

    init(source: String) throws { self = try JSONDecoder().decode(Self.self, from: messageData(source)) }
}

/// What stands for the conversions of a shape, and why some messages have no entry.
struct MessageDecisions {
    struct Value {
        var conversion: SharedRegex
        var before: SharedRegex
        var text: String
    }

    struct Decision {
        /// One of four words.
        ///
        /// `internal`: an error of the kernel or the loader itself, or a text that never reaches a person. `debug`: written on
        /// success, or for debugging only. `context`: goes with the line that decides. `usage`: a command line or a call of a
        /// library that is wrong, which the text says in full.
        var reason: String
        /// Of which sources; all if empty.
        var sources: [String]
        /// The path, or its beginning.
        var file: String
        var level: String
        var shape: SharedRegex
    }

    static let bundled = Result { try MessageDecisions(json: messageData("decisions")) }

    let conversions: SharedRegex
    let values: [Value]
    let decisions: [Decision]

    private struct Content: Decodable {
        struct Value: Decodable {
            var conversion: String
            var before: String?
            var value: String
        }

        struct Decision: Decodable {
            var reason: String
            var sources: [String]?
            var file: String?
            var level: String?
            var shape: String?
        }

        var conversions: String
        var values: [Value]
        var decisions: [Decision]
    }

    init(json: Data) throws {
        let content = try JSONDecoder().decode(Content.self, from: json)
        conversions = try SharedRegex(content.conversions)
        values = try content.values.map {
            Value(
                conversion: try SharedRegex($0.conversion), before: try SharedRegex($0.before ?? ""), text: $0.value)
        }
        decisions = try content.decisions.map {
            Decision(
                reason: $0.reason, sources: $0.sources ?? [], file: $0.file ?? "", level: $0.level ?? "",
                shape: try SharedRegex($0.shape ?? ""))
        }
    }

    /// A line as it is printed.
    func line(of shape: String) -> String {
        var line = ""
        var end = shape.startIndex
        for range in conversions.ranges(in: shape) {
            line += shape[end..<range.lowerBound]
            let conversion = String(shape[range])
            line += values.first { $0.conversion.isFound(in: conversion) && $0.before.isFound(in: line) }?.text ?? ""
            end = range.upperBound
        }
        return (line + shape[end...]).trimmingCharacters(in: .whitespaces)
    }

    func decision(on message: MessageTable.Message, of source: String) -> Decision? {
        decisions.first {
            ($0.sources.isEmpty || $0.sources.contains(source)) && message.file.hasPrefix($0.file)
                && ($0.level.isEmpty || $0.level == message.level) && $0.shape.isFound(in: message.shape)
        }
    }
}

/// `Regex` is not `Sendable`.
final class SharedRegex: Sendable {
    /// `nil` for the empty expression, which is found everywhere.
    private let regex: NSRegularExpression?

    init(_ text: String) throws { regex = text.isEmpty ? nil : try NSRegularExpression(pattern: text) }

    func isFound(in text: String) -> Bool {
        regex.map { $0.firstMatch(in: text, range: NSRange(text.startIndex..., in: text)) != nil } ?? true
    }

    func ranges(in text: String) -> [Range<String.Index>] {
        (regex?.matches(in: text, range: NSRange(text.startIndex..., in: text)) ?? [])
            .compactMap { Range($0.range, in: text) }
    }
}

private func messageData(_ name: String) throws -> Data {
    try Data(contentsOf: Bundle.module.bundleURL.appending(path: "Resources/messages/\(name).json"))
}
