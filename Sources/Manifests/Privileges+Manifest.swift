package import MatrixModel

/// The user and the capabilities with which an object is loaded, as specified in a manifest.
package struct ProbePrivileges: Sendable, Hashable {
    private var user: UInt32?
    private var capabilities: [Capability]?

    static let keys = ["user", "capabilities"]

    /// Root with all capabilities.
    static let all = ProbePrivileges()

    private init() {}

    /// Reads the keys about privileges; missing ones are taken from `shared`.
    init(_ keys: [String: ManifestNode], else shared: ProbePrivileges = .all) throws(ManifestError) {
        user = try keys["user"]?.user() ?? shared.user
        capabilities = try keys["capabilities"]?.capabilities() ?? shared.capabilities
    }

    /// `nil` for root with all capabilities; other users have only the listed ones.
    package var privileges: Privileges? {
        if user ?? 0 == 0, capabilities == nil { return nil }
        return Privileges(user: user ?? 0, capabilities: capabilities ?? [])
    }
}

extension ManifestNode {
    /// A user id, by name or number; guests know only these two names.
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
