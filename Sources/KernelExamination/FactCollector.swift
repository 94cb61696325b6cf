import GuestLink

/// Collects the facts that an examination reports.
struct FactCollector {
    private(set) var facts: KernelFacts
    private var config: [UInt8] = []

    /// More than any kernel reports; stops a guest that never ends.
    static let byteLimit = 8 << 20
    private var bytes = 0

    init(_ facts: KernelFacts) { self.facts = facts }

    /// - Returns: Whether the guest kept within `byteLimit`.
    mutating func add(_ fact: KernelFact) -> Bool {
        bytes += fact.text.count + fact.name.utf8.count + 1
        guard bytes <= Self.byteLimit else { return false }
        switch fact.kind {
        case .feature: facts.features.note(fact.name, isThere: fact.isThere)
        case .programType: facts.programTypes.note(fact.name, isThere: fact.isThere)
        case .mapType: facts.mapTypes.note(fact.name, isThere: fact.isThere)
        case .helpers: facts.helpers[fact.name, default: []] += lines(fact.text)
        case .setting: facts.settings[fact.name] = String(decoding: fact.text, as: UTF8.self)
        case .config: config += fact.text
        case .list: facts.lists[fact.name, default: []] += lines(fact.text)
        }
        return true
    }

    /// The collected facts, which are incomplete if there is a `gap`.
    func finished(gap: String? = nil) -> KernelFacts {
        var facts = facts
        if !config.isEmpty { facts.config = KernelConfig(text: config) }
        facts.gap = gap
        return facts
    }

    private func lines(_ text: [UInt8]) -> [String] {
        text.split(separator: UInt8(ascii: "\n")).map { String(decoding: $0, as: UTF8.self) }
    }
}
