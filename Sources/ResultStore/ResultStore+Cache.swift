import GRDB
package import MatrixModel

/// A result of an earlier run, with its kernel.
package struct CachedCell: Sendable, Hashable {
    package var cell: CellResult
    package var kernel: KernelRow
}

extension ResultStore {
    /// The newest `pass` or `fail` for each of `inputs`.
    ///
    /// Other verdicts are never reused: cells that crashed, hung or could not be measured are measured again. The same
    /// applies to a cell whose kernel has no row in its run.
    ///
    /// - Returns: By inputs; inputs that were never measured are missing.
    package func cached(inputs: [String]) throws -> [String: CachedCell] {
        try read { db in
            var found: [String: CachedCell] = [:]
            var rest = inputs[...]
            while !rest.isEmpty {
                let chunk = rest.prefix(Self.chunk)
                rest = rest.dropFirst(chunk.count)
                try Self.lookUp(Array(chunk), into: &found, db)
            }
            return found
        }
    }

    /// Below 999, the smallest limit for variables of any SQLite.
    private static let chunk = 900

    private static func lookUp(_ inputs: [String], into found: inout [String: CachedCell], _ db: Database) throws {
        let marks = Array(repeating: "?", count: inputs.count).joined(separator: ", ")
        let rows = try Row.fetchAll(
            db,
            sql: """
                SELECT * FROM cells WHERE number IN (
                    SELECT max(number) FROM cells WHERE verdict IN ('pass', 'fail') AND inputs IN (\(marks)) GROUP BY inputs)
                """,
            arguments: StatementArguments(inputs))
        let numbers = rows.map { row -> Int64 in row["number"] }
        let programs = try Self.programs(
            db, sql: "SELECT * FROM programs WHERE cell IN (\(numbers.map(String.init).joined(separator: ", ")))", [])
        var kernels: [Int64: [String: KernelRow]] = [:]
        for row in rows {
            let run: Int64 = row["run"]
            if kernels[run] == nil { kernels[run] = try Self.kernels(of: run, db) }
            let cell = try CellResult(row, programs: programs[row["number"]] ?? [])
            guard let kernel = kernels[run]?[cell.kernel] else { continue }
            found[row["inputs"]] = CachedCell(cell: cell, kernel: kernel)
        }
    }

    private static func kernels(of run: Int64, _ db: Database) throws -> [String: KernelRow] {
        let rows = try Row.fetchAll(db, sql: "SELECT * FROM kernels WHERE run = ?", arguments: [run])
        return Dictionary(uniqueKeysWithValues: try rows.map { try KernelRow($0) }.map { ($0.id, $0) })
    }
}
