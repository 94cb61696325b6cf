/// The known range of a scalar.
///
/// A bound that a kernel does not print is unknown, except that kernels omit signed bounds that equal the unsigned
/// ones.
package struct Bounds: Sendable, Hashable {
    package var signedMinimum = Int64.min
    package var signedMaximum = Int64.max
    package var unsignedMinimum = UInt64.min
    package var unsignedMaximum = UInt64.max

    package static let unknown = Bounds()

    package var isUnknown: Bool { self == .unknown }

    package init() {}

    /// - Parameter state: The state of a scalar, or of a pointer with a variable offset.
    ///
    /// Source: print_verifier_state() of Linux 4.15 (`smin_value`), 6.1 (`smin`) and 7.3 (`smin=smin32`).
    init(of state: RegisterState) {
        if state.isScalar, let constant = state.constant {
            signedMinimum = constant
            signedMaximum = constant
            unsignedMinimum = UInt64(bitPattern: constant)
            unsignedMaximum = unsignedMinimum
            return
        }
        var printed: Set<Substring> = []
        for (names, value) in state.fields {
            guard let number = Int64(verifier: value) else { continue }
            for name in names {
                printed.insert(name.hasSuffix("_value") ? name.dropLast(6) : name)
                switch name {
                case "smin", "smin_value": signedMinimum = number
                case "smax", "smax_value": signedMaximum = number
                case "umin", "umin_value": unsignedMinimum = UInt64(bitPattern: number)
                case "umax", "umax_value": unsignedMaximum = UInt64(bitPattern: number)
                default: break
                }
            }
        }
        if let maximum = Int64(exactly: unsignedMaximum) {
            if !printed.contains("smin") { signedMinimum = Int64(clamping: unsignedMinimum) }
            if !printed.contains("smax") { signedMaximum = maximum }
        } else if unsignedMinimum > UInt64(Int64.max) {
            if !printed.contains("smin") { signedMinimum = Int64(bitPattern: unsignedMinimum) }
            if !printed.contains("smax") { signedMaximum = Int64(bitPattern: unsignedMaximum) }
        }
    }
}

extension RegisterState {
    package var bounds: Bounds { Bounds(of: self) }
}
