/// A number on the failing path, identified by its origin.
struct TracedValue: Equatable {
    /// Which 64 bits of its origin it is.
    enum View: Equatable {
        case whole
        /// Shifted up, on the way to either of the others; by the step that did it.
        case shifted(step: Int)
        /// The lower half, extended by its sign or by zero; two extensions are two values to a verifier.
        case extended(step: Int)
        /// The lower half of which nothing else was made: what `w1` is.
        case lower
    }

    /// Where a value was from some step on.
    enum Location: Equatable {
        case register(Int)
        case stack(Int)
    }

    struct Stay: Equatable {
        var location: Location
        var from: Int
    }

    /// Numbers that are equal have the same origin.
    let origin: Int
    /// What was added since, modulo 2^64.
    var offset: Int64 = 0
    var view = View.whole
    var constant: Int64?
    /// Of where it is, in the tracer's history.
    var stay: Int?
}

/// Where all values of a path have been.
///
/// Copies of a value share what came before: of their own, they would take memory that grows with the square of a loop.
struct TracedHistory {
    private var stays: [(stay: TracedValue.Stay, previous: Int?)] = []

    mutating func move(_ value: TracedValue, to location: TracedValue.Location, at step: Int) -> TracedValue {
        var value = value
        stays.append((TracedValue.Stay(location: location, from: step), value.stay))
        value.stay = stays.count - 1
        return value
    }

    /// Where `value` has been, first to last.
    func stays(of value: TracedValue) -> [TracedValue.Stay] {
        sequence(first: value.stay) { $0.flatMap { stays[$0].previous } }.prefix { $0 != nil }
            .compactMap { $0.map { stays[$0].stay } }.reversed()
    }
}

/// A comparison on the failing path, as it turned out there.
struct TracedCheck: Equatable {
    var step: Int
    var value: TracedValue
    /// Where the compared value was.
    var register: Int
    /// `s>`, with the sides exchanged where the number stood on the left, and negated where the jump was not taken.
    var holds: Relation
    var against: Against

    enum Against: Equatable {
        case number(Int64)
        /// Another value; of the same origin when it is compared with itself.
        case value(origin: Int, offset: Int64)
    }

    /// Whether it proves that the value is not negative.
    var isLowerBound: Bool {
        guard case .number(let limit) = against else { return false }
        return switch holds {
        case .signed(.greaterOrEqual): limit >= 0
        case .signed(.greater): limit >= -1
        case .unsigned(.lessOrEqual), .unsigned(.less), .equal: limit >= 0
        default: false
        }
    }

    var isUpperBound: Bool {
        guard case .number = against else { return false }
        return switch holds {
        case .signed(.less), .signed(.lessOrEqual), .unsigned(.less), .unsigned(.lessOrEqual), .equal: true
        default: false
        }
    }

    var isNotZero: Bool { holds == .notEqual && against == .number(0) }
}

/// How two numbers compare.
enum Relation: Equatable {
    enum Order { case less, lessOrEqual, greater, greaterOrEqual }

    case signed(Order), unsigned(Order), equal, notEqual

    /// `nil` for `&`, which is no order.
    init?(_ sign: String) {
        let orders: [String: Order] = [
            "<": .less, "<=": .lessOrEqual, ">": .greater, ">=": .greaterOrEqual,
        ]
        if sign == "==" {
            self = .equal
        } else if sign == "!=" {
            self = .notEqual
        } else if let order = orders[sign] {
            self = .unsigned(order)
        } else if sign.hasPrefix("s"), let order = orders[String(sign.dropFirst())] {
            self = .signed(order)
        } else {
            return nil
        }
    }

    var negated: Relation {
        mapped { [.less: .greaterOrEqual, .lessOrEqual: .greater, .greater: .lessOrEqual][$0] ?? .less }
    }
    var exchanged: Relation {
        switch self {
        case .equal, .notEqual: self
        case .signed, .unsigned:
            mapped { [.less: .greater, .lessOrEqual: .greaterOrEqual, .greater: .less][$0] ?? .lessOrEqual }
        }
    }

    private func mapped(_ change: (Order) -> Order) -> Relation {
        switch self {
        case .signed(let order): .signed(change(order))
        case .unsigned(let order): .unsigned(change(order))
        case .equal: .notEqual
        case .notEqual: .equal
        }
    }
}
