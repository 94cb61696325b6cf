import GRDB
package import MatrixModel

extension ResultStore {
    /// The duration of each of `cells` in its guest when it was last measured, in seconds.
    ///
    /// Includes unfinished runs of this store, but not cells answered from it, or runs from elsewhere.
    ///
    /// - Returns: By cell; cells that were never measured are missing.
    package func expectedSeconds(of cells: some Collection<CellKey>) throws -> [CellKey: Double] {
        try read { db in
            let statement = try db.cachedStatement(
                sql: """
                    SELECT totalSeconds FROM cells INDEXED BY measuredCells
                    WHERE kernel = ? AND probe = ? AND variant = ? AND loader = ?
                        AND totalSeconds IS NOT NULL AND cached = 0 AND inputs IS NOT NULL
                    ORDER BY number DESC LIMIT 1
                    """)
            return try cells.reduce(into: [:]) { seconds, cell in
                seconds[cell] = try Double.fetchOne(
                    statement, arguments: [cell.kernel, cell.probe, cell.variant, cell.loader])
            }
        }
    }
}
