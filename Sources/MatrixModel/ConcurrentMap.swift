extension Array where Element: Sendable {
    /// `transform` of every element, in order, at most `width` at once; the first error ends it.
    package func concurrentMap<Value: Sendable>(
        width: Int, _ transform: @escaping @Sendable (Element) async throws -> Value
    ) async throws -> [Value] {
        try await withThrowingTaskGroup(of: (Int, Value).self) { group in
            var rest = enumerated().makeIterator()
            func startNext() {
                guard let (index, element) = rest.next() else { return }
                group.addTask { (index, try await transform(element)) }
            }
            for _ in 0..<Swift.max(1, width) { startNext() }
            var values: [(index: Int, value: Value)] = []
            while let (index, value) = try await group.next() {
                values.append((index, value))
                startNext()
            }
            return values.sorted { $0.index < $1.index }.map(\.value)
        }
    }
}
