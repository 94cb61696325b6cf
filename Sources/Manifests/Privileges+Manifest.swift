package import MatrixModel

/// The user and the capabilities with which an object is loaded, as specified in a manifest.
package struct ProbePrivileges: Sendable, Hashable {
    private var user: UInt32?
    private var capabilities: [Capability]?

    static let keys = ["user", "capabilities"]

    /// Root with all capabilities.
    static let all = ProbePrivileges()

    private init() {}

    /// Reads those of `keys` that are about privileges; where one of them is missing, that of `shared` counts.
    init(_ keys: [String: ManifestNode], else shared: ProbePrivileges = .all) throws(ManifestError) {
        user = try keys["user"]?.user() ?? shared.user
        capabilities = try keys["capabilities"]?.capabilities() ?? shared.capabilities
    }

    /// `nil` for root with all capabilities; another user has none, unless they are listed.
    package var privileges: Privileges? {
        if user ?? 0 == 0, capabilities == nil { return nil }
        return Privileges(user: user ?? 0, capabilities: capabilities ?? [])
    }
}

extension ManifestNode {
    /// The id of a user by name or number; guests have no other users than these two.
    fileprivate func user() throws(ManifestError) -> UInt32 {
        switch try text() {
        case "root": return 0
        case "nobody": return 65534
        case let text:
            // The last id means "no user".
            guard let id = UInt32(text), id < UInt32.max else { throw wrong(expected: "nobody, root or a user id") }
            return id
        }
    }

    fileprivate func capabilities() throws(ManifestError) -> [Capability] {
        var capabilities: [Capability] = []
        for node in try list() {
            guard let capability = Capability(try node.text()) else {
                throw node.wrong(expected: "names of capabilities, such as CAP_BPF")
            }
            if !capabilities.contains(capability) { capabilities.append(capability) }
        }
        return capabilities
    }
}
