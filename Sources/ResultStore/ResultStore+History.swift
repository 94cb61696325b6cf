import GRDB
package import MatrixModel

extension ResultStore {
    /// The names of all stored probes, sorted.
    package func probes() throws -> [String] {
        try read { db in try String.fetchAll(db, sql: "SELECT DISTINCT probe FROM cells ORDER BY probe") }
    }

    /// The newest runs that contain `probe`, at most `limit`, oldest first, with the cells of that probe only.
    package func documents(of probe: String, newest limit: Int) throws -> [MatrixDocument] {
        try read { db in
            let runs = try Row.fetchAll(
                db,
                sql: """
                    SELECT * FROM runs WHERE number IN (SELECT DISTINCT run FROM cells WHERE probe = ?)
                    ORDER BY startedAt DESC, number DESC LIMIT ?
                    """, arguments: [probe, limit])
            return try runs.reversed().map { run in
                let number: Int64 = run["number"]
                let kernels = try Row.fetchAll(db, sql: "SELECT * FROM kernels WHERE run = ?", arguments: [number])
                let loaders = try Row.fetchAll(
                    db, sql: "SELECT * FROM loaders WHERE run = ? ORDER BY name", arguments: [number])
                let programs = try Self.programs(
                    db,
                    sql: """
                        SELECT programs.* FROM programs JOIN cells ON cells.number = cell WHERE run = ? AND probe = ?
                        """, [number, probe])
                let cells = try Row.fetchAll(
                    db, sql: "SELECT * FROM cells WHERE run = ? AND probe = ? ORDER BY position, number",
                    arguments: [number, probe])
                return MatrixDocument(
                    run: RunInfo(run), kernels: try kernels.map { try KernelRow($0) },
                    loaders: try loaders.map { try LoaderRow($0) },
                    cells: try cells.map { try CellResult($0, programs: programs[$0["number"]] ?? []) })
            }
        }
    }

    /// The number of cells in each run with a worse verdict than in the previous run; by the run's id.
    ///
    /// From best to worst: pass, rejection, hanging kernel, crashing kernel.
    package func worsened() throws -> [String: Int] {
        let ranks = Verdict.allCases.filter { $0 != .notMeasured }.sorted().enumerated()
            .map { "('\($1.rawValue)', \($0))" }.joined(separator: ", ")
        return try read { db in
            let rows = try Row.fetchAll(
                db,
                sql: """
                    WITH pairs AS (
                        SELECT id, number, lag(number) OVER (ORDER BY startedAt, number) AS earlier FROM runs),
                    ranks (verdict, rank) AS (VALUES \(ranks))
                    SELECT id, count(*) AS worse FROM pairs
                    JOIN cells AS old ON old.run = earlier
                    JOIN cells AS new ON new.run = pairs.number AND new.kernel = old.kernel AND new.probe = old.probe
                        AND new.variant = old.variant AND new.loader = old.loader
                    JOIN ranks AS was ON was.verdict = old.verdict
                    JOIN ranks AS now ON now.verdict = new.verdict
                    WHERE now.rank > was.rank GROUP BY id
                    """)
            return Dictionary(uniqueKeysWithValues: rows.map { ($0["id"], $0["worse"]) })
        }
    }

    /// Whether the log's file exists.
    ///
    /// - Throws: `ResultStoreError.badLogReference`.
    package func hasLog(_ reference: String) throws -> Bool { try logs.has(reference) }
}
