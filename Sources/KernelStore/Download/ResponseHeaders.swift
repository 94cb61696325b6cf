/// The last response in the headers that curl saved.
///
/// Each redirect has a separate block before it.
struct ResponseHeaders: Equatable {
    let status: Int
    private let fields: [String: String]

    /// `nil` before the first status line has arrived.
    init?(_ text: String) {
        var status: Int?
        var fields: [String: String] = [:]
        for line in text.split(whereSeparator: \.isNewline) {
            if line.hasPrefix("HTTP/") {
                status = line.split(separator: " ").dropFirst().first.flatMap { Int($0) }
                fields = [:]
            } else if let colon = line.firstIndex(of: ":") {
                fields[line[..<colon].lowercased()] = line[line.index(after: colon)...].trimmingSpace
            }
        }
        guard let status else { return nil }
        self.status = status
        self.fields = fields
    }

    /// The validator that identifies the file's version; `nil` if the server sent none.
    ///
    /// Source: RFC 9110, 13.1.5: a weak entity tag must not be used in If-Range.
    var validator: String? {
        if let tag = fields["etag"], !tag.hasPrefix("W/") { return tag }
        return fields["last-modified"]
    }

    /// The size of the whole file in bytes; `nil` if the server did not send it.
    var total: Int64? {
        switch status {
        case 200: fields["content-length"].flatMap { Int64($0) }
        case 206: fields["content-range"]?.split(separator: "/").last.flatMap { Int64($0) }
        default: nil
        }
    }

    /// Whether this answer continues the file that `earlier` was about.
    ///
    /// A validator that is left out of a partial answer says nothing (RFC 9110, 15.3.7), another one does.
    func continues(_ earlier: ResponseHeaders) -> Bool {
        guard status == 206, total == nil || earlier.total == nil || total == earlier.total else { return false }
        return ["etag", "last-modified"].allSatisfy { key in
            guard let before = earlier.fields[key], let now = fields[key] else { return true }
            return before == now
        }
    }
}
