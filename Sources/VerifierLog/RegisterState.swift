/// What the verifier knows of a register or a stack slot: `R5_w=scalar(umax=255,var_off=(0x0; 0xff))`, `fp-8=mmmm????`.
package struct RegisterState: Sendable, Equatable {
    package enum Place: Sendable, Hashable {
        case register(Int)
        /// Bytes from the frame pointer, below zero: `fp-8`.
        case stack(Int)
        /// An argument beyond the fifth, from 7.2: `*(R11-8)`.
        case argument(Int)
    }

    package let place: Place
    /// The kernel's word with the older names replaced by today's: `scalar` (`inv`, `imm`), `map_value_or_null`, `fp`,
    /// `ptr_task_struct`; empty for a slot of single bytes.
    package let type: Substring
    /// Whether the verifier tracks it exactly: `P5`, `Pscalar()`, `invP5`.
    package let isPrecise: Bool
    /// The value of a scalar that is known, or the offset of `fp-8`.
    package let constant: Int64?
    /// One letter for each byte of a stack slot that is no whole spilled register: `mmmm????`.
    package let slots: Substring
    /// The part in parentheses.
    private let details: Substring

    package var isScalar: Bool { type == "scalar" }

    /// As the kernel writes it today, without the register's name: `scalar(smax=128)`.
    var words: String {
        if let constant { return isScalar ? "\(constant)" : "\(type)\(constant)" }
        return details.isEmpty ? "\(type)\(type.isEmpty ? slots : "")" : "\(type)(\(details))"
    }

    /// What registers that hold one value have in common; `nil` where none is printed, or 0.
    package var id: Int? {
        detail("id").flatMap { Int($0.prefix { $0.isNumber }) }.flatMap { $0 == 0 ? nil : $0 }
    }

    /// The register that a message names first: 5 of `R5 min value is negative, …`.
    static func number(namedIn message: String) -> Int? {
        message.split(separator: " ").lazy.compactMap { $0.hasPrefix("R") ? Int($0.dropFirst()) : nil }.first
    }

    /// What `name=` says: `vs` of a map value, `off`, `map`.
    package func detail(_ name: String) -> Substring? {
        for (names, value) in fields where names.contains(Substring(name)) { return value }
        return nil
    }

    /// A field and the names it has: from 6.8 `smin=smin32=0`.
    var fields: [(names: [Substring], value: Substring)] {
        details.parts(by: ",").map { field in
            let words = field.split(separator: "=", omittingEmptySubsequences: false)
            return (Array(words.dropLast()), words.last ?? "")
        }
    }

    /// The registers of a line of any kind, in its order; what is not a register's state is passed over.
    static func all(in line: Substring) -> [RegisterState] {
        line.parts(by: " ").compactMap(RegisterState.init(word:))
    }

    /// - Parameter word: `R0_w=inv(id=0,umax_value=255,var_off=(0x0; 0xff))`.
    init?(word: Substring) {
        guard let equals = word.utf8.firstIndex(of: UInt8(ascii: "=")), let place = Place(word[..<equals]) else {
            return nil
        }
        self.place = place
        var value = word[word.utf8.index(after: equals)...]
        let letters = place.isStack ? value.prefixOfSlots : value.prefix(0)
        slots = letters
        value = value[letters.endIndex...]
        let open = value.utf8.firstIndex(of: UInt8(ascii: "(")) ?? value.endIndex
        details = value[open...].dropFirst().dropLast(value.utf8.last == UInt8(ascii: ")") ? 1 : 0)

        var name = value[..<open]
        var isPrecise = false
        func take(_ prefix: String) -> Bool {
            guard name.hasPrefix(prefix) else { return false }
            name = name.dropFirst(prefix.count)
            return true
        }
        func takePrecision() {
            guard name.utf8.first == UInt8(ascii: "P") else { return }
            name = name.dropFirst()
            isPrecise = true
        }
        takePrecision()
        if name == "scalar" {
            type = "scalar"
            constant = nil
        } else if take("inv") || take("imm") {
            takePrecision()
            type = "scalar"
            constant = Int64(verifier: name)
        } else if let number = Int64(verifier: name) {
            type = "scalar"
            constant = number
        } else if take("fp") {
            type = "fp"
            constant = Int64(verifier: name)
        } else {
            type = name
            constant = nil
        }
        self.isPrecise = isPrecise
    }
}

extension RegisterState.Place {
    /// - Parameter text: With the marks of liveness that 5.0 to 6.17 print: `R5_w`, `fp-8_rw`.
    fileprivate init?(_ text: Substring) {
        let name = text.prefix { $0 != "_" }
        if name.hasPrefix("R"), let number = Int(name.dropFirst()), (0...11).contains(number) {
            self = .register(number)
        } else if name.hasPrefix("fp-"), let offset = Int(name.dropFirst(2)) {
            self = .stack(offset)
        } else if name.hasPrefix("*(R11-"), name.hasSuffix(")"), let offset = Int(name.dropFirst(5).dropLast()) {
            self = .argument(offset)
        } else {
            return nil
        }
    }

    fileprivate var isStack: Bool {
        if case .stack = self { true } else { false }
    }
}

extension Substring {
    /// The letters of a slot, all eight of it or those beside a smaller spilled register: `mmmmscalar(umax=255)`.
    ///
    /// Source: Linux 7.3 kernel/bpf/log.c, `slot_type_char`.
    fileprivate var prefixOfSlots: Substring {
        let letters = prefix { "?rm0difp".contains($0) }
        return letters.prefix(letters.utf8.count >= 4 ? 8 : 0)
    }

    /// Split at `separator` outside parentheses.
    fileprivate func parts(by separator: Unicode.Scalar) -> [Substring] {
        var parts: [Substring] = []
        var depth = 0
        var start = startIndex
        for index in utf8.indices {
            switch utf8[index] {
            case UInt8(ascii: "("): depth += 1
            case UInt8(ascii: ")"): depth -= 1
            case UInt8(ascii: separator) where depth <= 0:
                if start < index { parts.append(self[start..<index]) }
                start = utf8.index(after: index)
            default: break
            }
        }
        if start < endIndex { parts.append(self[start...]) }
        return parts
    }
}
