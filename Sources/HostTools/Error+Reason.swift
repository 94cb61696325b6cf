internal import Foundation
internal import SystemPackage

extension Error {
    /// What the system said, where Foundation wraps it; its own words are a paragraph.
    package var reason: String {
        let underlying = (self as? CocoaError)?.underlying as? POSIXError
        return underlying.map { Errno(rawValue: $0.code.rawValue).description } ?? localizedDescription
    }
}
