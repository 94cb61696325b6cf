/// One line of `doctor`.
package struct HostFinding: Sendable, Equatable, CustomStringConvertible {
    package enum Weight: Sendable { case good, worthKnowing, obstacle }

    package let weight: Weight
    package let text: String

    static func good(_ text: String) -> HostFinding { HostFinding(weight: .good, text: text) }

    /// A run is possible, but slower or smaller than it could be.
    static func worthKnowing(_ text: String) -> HostFinding { HostFinding(weight: .worthKnowing, text: text) }

    /// Nothing can be measured until this is fixed.
    static func obstacle(_ text: String) -> HostFinding { HostFinding(weight: .obstacle, text: text) }

    package var description: String {
        switch weight {
        case .good: "✓ \(text)"
        case .worthKnowing: "! \(text)"
        case .obstacle: "✗ \(text)"
        }
    }
}
