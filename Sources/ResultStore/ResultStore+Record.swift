import GRDB
package import MatrixModel

/// A cell with values that the document does not contain.
package struct RecordedCell: Sendable, Hashable {
    package var cell: CellResult
    /// Its position in the plan: cells are stored as they finish, and read in this order.
    package var position: Int
    /// A digest of everything that decides the outcome (object, kernel, loader, guest); `nil` if the result must not be
    /// reused.
    package var inputs: String?

    package init(_ cell: CellResult, position: Int, inputs: String?) {
        self.cell = cell
        self.position = position
        self.inputs = inputs
    }
}

extension ResultStore {
    /// Stores the beginning of a run; until `finish(run:durationSeconds:)` is called, it counts as interrupted.
    ///
    /// - Throws: `ResultStoreError.runExists`.
    package func begin(run: RunInfo) throws {
        try write { db in try Self.insert(run, finished: false, db) }
    }

    /// Stores a kernel's row, or replaces it.
    package func record(kernel: KernelRow, in run: String) throws {
        try write { db in try Self.upsert(kernel, run: try Self.number(of: run, db), db) }
    }

    /// Stores a loader's row, or replaces it.
    package func record(loader: LoaderRow, in run: String) throws {
        try write { db in try Self.upsert(loader, run: try Self.number(of: run, db), db) }
    }

    /// Stores the exceptions in their order, replacing those stored before.
    package func record(exceptions: [ExceptionRow], in run: String) throws {
        try write { db in try Self.replace(exceptions, run: try Self.number(of: run, db), db) }
    }

    /// Stores one cell immediately, so that it is kept if this process dies.
    package func record(_ cell: RecordedCell, in run: String) throws { try record([cell], in: run) }

    /// Stores cells in one transaction, each replacing an earlier result of the same cell.
    package func record(_ cells: [RecordedCell], in run: String) throws {
        try write { db in
            let number = try Self.number(of: run, db)
            for cell in cells { try Self.upsert(cell, run: number, db) }
        }
    }

    package func finish(run: String, durationSeconds: Double) throws {
        try write { db in
            let number = try Self.number(of: run, db)
            try db.execute(
                sql: "UPDATE runs SET finished = 1, durationSeconds = ? WHERE number = ?",
                arguments: [durationSeconds, number])
        }
    }

    /// Stores a complete run from elsewhere, in its own order; its cells are never reused as cached results.
    ///
    /// - Throws: `ResultStoreError.runExists`.
    package func add(_ document: MatrixDocument) throws {
        try write { db in
            try Self.insert(document.run, finished: true, db)
            let number = db.lastInsertedRowID
            for kernel in document.kernels { try Self.upsert(kernel, run: number, db) }
            for loader in document.loaders { try Self.upsert(loader, run: number, db) }
            try Self.replace(document.exceptions, run: number, db)
            for (position, cell) in document.cells.enumerated() {
                try Self.upsert(RecordedCell(cell, position: position, inputs: nil), run: number, db)
            }
        }
    }

    static func number(of run: String, _ db: Database) throws -> Int64 {
        let number = try Int64.fetchOne(db, sql: "SELECT number FROM runs WHERE id = ?", arguments: [run])
        guard let number else { throw ResultStoreError.unknownRun(run) }
        return number
    }

    private static func insert(_ run: RunInfo, finished: Bool, _ db: Database) throws {
        do {
            try db.execute(
                sql: """
                    INSERT INTO runs (id, startedAt, durationSeconds, finished, tool, qemu, accelerator, cpus)
                    VALUES (?, ?, ?, ?, ?, ?, ?, ?)
                    """,
                arguments: [
                    run.id, run.startedAt, run.durationSeconds, finished, run.tool, run.host.qemu, run.host.accelerator,
                    run.host.cpus,
                ])
        } catch let error as DatabaseError where error.extendedResultCode == .SQLITE_CONSTRAINT_UNIQUE {
            throw ResultStoreError.runExists(run.id)
        }
    }

    private static func upsert(_ kernel: KernelRow, run: Int64, _ db: Database) throws {
        let statement = try db.cachedStatement(
            sql: """
                INSERT OR REPLACE INTO kernels
                    (run, id, release, family, btf, externalBTF, start, readySeconds, status, reason)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """)
        try statement.execute(arguments: [
            run, kernel.id, kernel.release, kernel.family, kernel.btf, kernel.externalBTF,
            kernel.start?.rawValue, kernel.readySeconds, kernel.status.rawValue, kernel.reason,
        ])
    }

    private static func upsert(_ loader: LoaderRow, run: Int64, _ db: Database) throws {
        try db.execute(
            sql: """
                INSERT OR REPLACE INTO loaders (run, name, library, version, status, reason) VALUES (?, ?, ?, ?, ?, ?)
                """,
            arguments: [run, loader.name, loader.library, loader.version, loader.status.rawValue, loader.reason])
    }

    private static func replace(_ exceptions: [ExceptionRow], run: Int64, _ db: Database) throws {
        try db.execute(sql: "DELETE FROM exceptions WHERE run = ?", arguments: [run])
        let statement = try db.cachedStatement(
            sql: """
                INSERT INTO exceptions (run, position, probe, file, line, variants, kernels, verdict, stage, cause, reason,
                    expires, state, cells, loaders)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """)
        for (position, row) in exceptions.enumerated() {
            try statement.execute(arguments: [
                run, position, row.probe, row.file, row.line, row.variants, row.kernels, row.verdict?.rawValue,
                row.stage?.rawValue, row.cause, row.reason, row.expires, row.state.rawValue, row.cells,
                row.loaders,
            ])
        }
    }

    private static func upsert(_ recorded: RecordedCell, run: Int64, _ db: Database) throws {
        let cell = recorded.cell
        // A new row, so that the highest number is the newest result; the old row is removed with its programs.
        let statement = try db.cachedStatement(
            sql: """
                INSERT OR REPLACE INTO cells (run, position, kernel, probe, variant, loader, inputs, verdict, stage,
                    expected, asExpected, cached, event, reason, console, expectedReason, queueSeconds, loadSeconds,
                    attachSeconds, fireSeconds, totalSeconds)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """)
        try statement.execute(arguments: [
            run, recorded.position, cell.kernel, cell.probe, cell.variant, cell.loader, recorded.inputs,
            cell.verdict.rawValue, cell.stage?.rawValue, cell.expected.rawValue, cell.asExpected, cell.cached,
            cell.event, cell.reason, cell.console, cell.expectedReason, cell.seconds.queue, cell.seconds.load,
            cell.seconds.attach, cell.seconds.fire, cell.seconds.total,
        ])
        let number = db.lastInsertedRowID
        for (position, program) in cell.programs.enumerated() {
            try insert(program, position: position, cell: number, db)
        }
    }

    private static func insert(_ program: ProgramResult, position: Int, cell: Int64, _ db: Database) throws {
        let statement = try db.cachedStatement(
            sql: """
                INSERT INTO programs (cell, position, name, type, verdict, stage, errno, causeId, causeCategory, causeLine,
                    causeSource, causeAdvice, causeSince, log, logComplete, hasStats, instructions, instructionLimit,
                    totalStates, peakStates, stackDepth, verificationMicroseconds, loadMicroseconds, programInstructions,
                    translatedBytes, jitedBytes, explanation, causeFile, causeFileLine, loadSeconds, attachSeconds,
                    fireSeconds, logCut)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?,
                    ?)
                """)
        let outcome: StatementArguments = [
            cell, position, program.name, program.type, program.verdict.rawValue, program.stage?.rawValue,
            program.errno,
        ]
        let cause: StatementArguments = [
            program.cause?.id, program.cause?.category, program.cause?.line, program.cause?.source,
            program.cause?.advice, program.cause?.since,
        ]
        let stats: StatementArguments = [
            program.log, program.logComplete, program.stats != nil, program.stats?.instructions, program.stats?.limit,
            program.stats?.totalStates, program.stats?.peakStates, program.stats?.stackDepth,
            program.stats?.verificationMicroseconds, program.stats?.loadMicroseconds,
            program.stats?.size.instructions, program.stats?.size.translatedBytes, program.stats?.size.jitedBytes,
            try program.explanation?.text(), program.cause?.location?.file, program.cause?.location?.line,
        ]
        let seconds: StatementArguments = [
            program.seconds.load, program.seconds.attach, program.seconds.fire, program.logCut?.rawValue,
        ]
        try statement.execute(arguments: outcome + cause + stats + seconds)
    }
}
