/// The times of a cell, in seconds; each is `null` if it was not measured.
package struct CellSeconds: Codable, Sendable, Hashable {
    /// Host time from the start of the measurement until the cell began in its guest; `null` for a cell from the store.
    @Nullable package var queue: Double?
    /// The loads that decided the verdicts, summed over all programs.
    @Nullable package var load: Double?
    /// The sum over all programs.
    @Nullable package var attach: Double?
    /// From the start of the trigger until the event arrived or was given up.
    @Nullable package var fire: Double?
    /// The whole cell in its guest, including the start of its loader; `null` if it brought the guest down.
    @Nullable package var total: Double?

    package init(
        queue: Double? = nil, load: Double? = nil, attach: Double? = nil, fire: Double? = nil, total: Double? = nil
    ) {
        self.queue = queue
        self.load = load
        self.attach = attach
        self.fire = fire
        self.total = total
    }

    /// The sums over `programs`, except that all of them await the same event; `queue` is in seconds.
    package init(of programs: [ProgramSeconds], queue: Double?, totalMicroseconds: Int?) {
        self.init(
            queue: queue, load: programs.compactMap(\.load).sum, attach: programs.compactMap(\.attach).sum,
            fire: programs.compactMap(\.fire).max(), total: totalMicroseconds.map(Double.init(microseconds:)))
    }
}

/// The times of a program, in seconds; each is `null` if it was not measured.
package struct ProgramSeconds: Codable, Sendable, Hashable {
    /// The load that decided the verdict.
    @Nullable package var load: Double?
    @Nullable package var attach: Double?
    /// The cell's value, because one event counts for all programs.
    @Nullable package var fire: Double?

    package init(load: Double? = nil, attach: Double? = nil, fire: Double? = nil) {
        self.load = load
        self.attach = attach
        self.fire = fire
    }

    package init(loadMicroseconds: Int?, attachMicroseconds: Int?, fireMicroseconds: Int?) {
        self.init(
            load: loadMicroseconds.map(Double.init(microseconds:)),
            attach: attachMicroseconds.map(Double.init(microseconds:)),
            fire: fireMicroseconds.map(Double.init(microseconds:)))
    }
}

extension Double {
    /// Seconds as shown to people and in JSON; a clock's nanoseconds are noise.
    package var roundedToMilliseconds: Double { (self * 1000).rounded() / 1000 }

    fileprivate init(microseconds: Int) { self = Double(microseconds) / 1_000_000 }
}

extension [Double] {
    /// Rounded to microseconds, to remove binary fractions; `nil` for an empty list.
    fileprivate var sum: Double? { isEmpty ? nil : (reduce(0, +) * 1_000_000).rounded() / 1_000_000 }
}

extension KeyedDecodingContainer {
    /// Documents of versions that recorded no times lack the key.
    package func decode(_ type: CellSeconds.Type, forKey key: Key) throws -> CellSeconds {
        try decodeIfPresent(type, forKey: key) ?? CellSeconds()
    }

    /// Documents of versions that recorded no times lack the key.
    package func decode(_ type: ProgramSeconds.Type, forKey key: Key) throws -> ProgramSeconds {
        try decodeIfPresent(type, forKey: key) ?? ProgramSeconds()
    }
}
