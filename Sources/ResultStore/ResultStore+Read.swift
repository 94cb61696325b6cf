import GRDB
package import MatrixModel

/// A summary of a stored run.
package struct RunSummary: Sendable, Hashable {
    package var run: RunInfo
    /// `false` while the run is in progress, and for interrupted runs.
    package var isFinished: Bool
    /// Cells by verdict, without verdicts that no cell has.
    package var counts: [Verdict: Int]
    /// Cells with an unexpected verdict; `notMeasured` is counted separately, in `counts`.
    package var unexpected: Int
}

extension ResultStore {
    /// All runs, newest first.
    package func runs() throws -> [RunSummary] {
        try read { db in
            var cells: [Int64: (counts: [Verdict: Int], unexpected: Int)] = [:]
            let tally = try Row.fetchCursor(
                db,
                sql: """
                    SELECT run, verdict, count(*) AS cells, sum(asExpected = 0) AS unexpected FROM cells GROUP BY run, verdict
                    """)
            while let row = try tally.next() {
                let verdict: Verdict = try row.word("verdict", of: "cells")
                cells[row["run"], default: ([:], 0)].counts[verdict] = row["cells"]
                if verdict != .notMeasured { cells[row["run"], default: ([:], 0)].unexpected += row["unexpected"] }
            }
            return try Row.fetchAll(db, sql: "SELECT * FROM runs ORDER BY startedAt DESC, number DESC").map { row in
                let (counts, unexpected) = cells[row["number"]] ?? ([:], 0)
                return RunSummary(
                    run: RunInfo(row), isFinished: row["finished"], counts: counts, unexpected: unexpected)
            }
        }
    }

    /// The id of the run that starts with `prefix`, or of the newest run.
    ///
    /// - Throws: `ResultStoreError.unknownRun` or `.ambiguousRun`; `.noRuns` if `prefix` is `nil` and nothing is
    ///   stored.
    package func run(matching prefix: String?) throws -> String {
        try read { db in
            guard let prefix else {
                let newest = try String.fetchOne(
                    db, sql: "SELECT id FROM runs ORDER BY startedAt DESC, number DESC LIMIT 1")
                guard let newest else { throw ResultStoreError.noRuns(folder) }
                return newest
            }
            let ids = try String.fetchAll(
                db, sql: "SELECT id FROM runs WHERE substr(id, 1, length(?1)) = ?1 ORDER BY id", arguments: [prefix])
            guard !prefix.isEmpty, let first = ids.first else { throw ResultStoreError.unknownRun(prefix) }
            guard ids.count == 1 || first == prefix else { throw ResultStoreError.ambiguousRun(prefix, ids) }
            return first
        }
    }

    /// A run in its current state, finished or not: kernels oldest first, cells in the order of the plan.
    ///
    /// `prefix` is the beginning of an id, or `nil` for the newest run.
    ///
    /// - Throws: As `run(matching:)`.
    package func document(run prefix: String? = nil) throws -> MatrixDocument {
        let id = try run(matching: prefix)
        return try read { db in
            guard let run = try Row.fetchOne(db, sql: "SELECT * FROM runs WHERE id = ?", arguments: [id]) else {
                throw ResultStoreError.unknownRun(id)
            }
            let number: Int64 = run["number"]
            let kernels = try Row.fetchAll(db, sql: "SELECT * FROM kernels WHERE run = ?", arguments: [number])
            let loaders = try Row.fetchAll(
                db, sql: "SELECT * FROM loaders WHERE run = ? ORDER BY name", arguments: [number])
            let exceptions = try Row.fetchAll(
                db, sql: "SELECT * FROM exceptions WHERE run = ? ORDER BY position", arguments: [number])
            let programs = try Self.programs(
                db, sql: "SELECT programs.* FROM programs JOIN cells ON cells.number = cell WHERE run = ?", [number])
            let cells = try Row.fetchAll(
                db, sql: "SELECT * FROM cells WHERE run = ? ORDER BY position, number", arguments: [number])
            return MatrixDocument(
                run: RunInfo(run), kernels: try kernels.map { try KernelRow($0) }.oldestFirst,
                loaders: try loaders.map { try LoaderRow($0) },
                exceptions: try exceptions.map { try ExceptionRow($0) },
                cells: try cells.map { try CellResult($0, programs: programs[$0["number"]] ?? []) })
        }
    }

    /// Programs by the number of their cell, in their own order.
    static func programs(_ db: Database, sql: String, _ arguments: StatementArguments) throws -> [Int64:
        [ProgramResult]]
    {
        var programs: [Int64: [ProgramResult]] = [:]
        let rows = try Row.fetchCursor(db, sql: sql + " ORDER BY cell, programs.position", arguments: arguments)
        while let row = try rows.next() { programs[row["cell"], default: []].append(try ProgramResult(row)) }
        return programs
    }
}
