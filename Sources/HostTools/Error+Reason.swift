internal import Foundation
internal import SystemPackage

extension Error {
    /// The message of the system error that Foundation wraps, because its own message is a paragraph.
    package var reason: String {
        let underlying = (self as? CocoaError)?.underlying as? POSIXError
        return underlying.map { Errno(rawValue: $0.code.rawValue).description } ?? localizedDescription
    }
}
