import GRDB
package import MatrixModel

extension ResultStore {
    /// The seconds that each of `cells` took in its guest when it was last measured.
    ///
    /// Counts runs of this store, finished or not, and neither cells that were answered from it nor runs from elsewhere.
    ///
    /// - Returns: By cell; one that was never measured is missing.
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
