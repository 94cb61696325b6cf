import GRDB

/// The tables.
///
/// A released migration is never changed; the next one alters its result.
enum Schema {
    /// `CMTX`, which identifies compat-matrix's databases.
    static let applicationID: Int32 = 0x434D_5458

    static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("v1 runs, kernels, cells, programs") { db in try db.execute(sql: version1) }
        migrator.registerMigration("v2 events") { db in try db.execute(sql: "ALTER TABLE cells ADD COLUMN event TEXT") }
        migrator.registerMigration("v3 numbers of programs") { db in try db.execute(sql: numbersOfPrograms) }
        migrator.registerMigration("v4 explanations") { db in
            // As JSON, because it is only ever read as a whole.
            try db.execute(sql: "ALTER TABLE programs ADD COLUMN explanation TEXT")
        }
        migrator.registerMigration("v5 loaders") { db in try db.execute(sql: loaders) }
        migrator.registerMigration("v6 exceptions") { db in try db.execute(sql: exceptions) }
        migrator.registerMigration("v7 places in sources") { db in try db.execute(sql: placesInSources) }
        migrator.registerMigration("v10 loaders of exceptions") { db in
            try db.execute(sql: "ALTER TABLE exceptions ADD COLUMN loaders TEXT NOT NULL DEFAULT '*'")
        }
        migrator.registerMigration("v11 seconds") { db in try db.execute(sql: seconds) }
        migrator.registerMigration("v12 cut logs") { db in
            try db.execute(
                sql: "ALTER TABLE programs ADD COLUMN logCut TEXT CHECK (logCut IN ('abridged', 'limit'))")
        }
        migrator.registerMigration("v13 external BTF") { db in
            try db.execute(sql: "ALTER TABLE kernels ADD COLUMN externalBTF TEXT")
        }
        return migrator
    }

    private static let numbersOfPrograms = """
        ALTER TABLE programs ADD COLUMN loadMicroseconds INTEGER;
        ALTER TABLE programs ADD COLUMN programInstructions INTEGER;
        ALTER TABLE programs ADD COLUMN translatedBytes INTEGER;
        ALTER TABLE programs ADD COLUMN jitedBytes INTEGER;
        """

    /// The index finds the newest measurement of a cell by this store's own runs: `number` grows with time.
    private static let seconds = """
        ALTER TABLE cells ADD COLUMN queueSeconds REAL;
        ALTER TABLE cells ADD COLUMN loadSeconds REAL;
        ALTER TABLE cells ADD COLUMN attachSeconds REAL;
        ALTER TABLE cells ADD COLUMN fireSeconds REAL;
        ALTER TABLE cells ADD COLUMN totalSeconds REAL;
        ALTER TABLE programs ADD COLUMN loadSeconds REAL;
        ALTER TABLE programs ADD COLUMN attachSeconds REAL;
        ALTER TABLE programs ADD COLUMN fireSeconds REAL;

        CREATE INDEX measuredCells ON cells (kernel, probe, variant, loader, number)
            WHERE totalSeconds IS NOT NULL AND cached = 0 AND inputs IS NOT NULL;
        """

    private static let placesInSources = """
        ALTER TABLE programs ADD COLUMN causeFile TEXT;
        ALTER TABLE programs ADD COLUMN causeFileLine INTEGER CHECK ((causeFileLine IS NULL) = (causeFile IS NULL));
        """

    private static let loaders = """
        CREATE TABLE loaders (
            run INTEGER NOT NULL REFERENCES runs (number) ON DELETE CASCADE,
            name TEXT NOT NULL,
            library TEXT,
            version TEXT,
            status TEXT NOT NULL CHECK (status IN ('available', 'missing')),
            reason TEXT,
            PRIMARY KEY (run, name)
        ) STRICT, WITHOUT ROWID;
        """

    private static let exceptions = """
        ALTER TABLE cells ADD COLUMN expectedReason TEXT;

        CREATE TABLE exceptions (
            run INTEGER NOT NULL REFERENCES runs (number) ON DELETE CASCADE,
            position INTEGER NOT NULL,
            probe TEXT NOT NULL,
            file TEXT NOT NULL,
            line INTEGER NOT NULL,
            variants TEXT NOT NULL,
            kernels TEXT NOT NULL,
            verdict TEXT CHECK (verdict IN ('pass', 'fail', 'crash', 'timeout')),
            stage TEXT CHECK (stage IN ('open', 'maps', 'load', 'attach', 'fire')),
            cause TEXT,
            reason TEXT,
            expires TEXT,
            state TEXT NOT NULL CHECK (state IN ('used', 'unneeded', 'expired', 'untested')),
            cells INTEGER NOT NULL,
            PRIMARY KEY (run, position)
        ) STRICT, WITHOUT ROWID;
        """

    /// Values are literals here instead of enum cases: renaming a case must not change old databases.
    private static let version1 = """
        PRAGMA application_id = \(applicationID);

        CREATE TABLE runs (
            number INTEGER PRIMARY KEY,
            id TEXT NOT NULL UNIQUE,
            startedAt TEXT NOT NULL,
            durationSeconds REAL NOT NULL,
            finished INTEGER NOT NULL CHECK (finished IN (0, 1)),
            tool TEXT NOT NULL,
            qemu TEXT,
            accelerator TEXT,
            cpus INTEGER NOT NULL
        ) STRICT;

        CREATE TABLE kernels (
            run INTEGER NOT NULL REFERENCES runs (number) ON DELETE CASCADE,
            id TEXT NOT NULL,
            release TEXT,
            family TEXT NOT NULL,
            btf INTEGER CHECK (btf IN (0, 1)),
            start TEXT CHECK (start IN ('cold', 'warm')),
            readySeconds REAL,
            status TEXT NOT NULL CHECK (status IN ('measured', 'notMeasured')),
            reason TEXT,
            PRIMARY KEY (run, id)
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE cells (
            number INTEGER PRIMARY KEY,
            run INTEGER NOT NULL REFERENCES runs (number) ON DELETE CASCADE,
            position INTEGER NOT NULL,
            kernel TEXT NOT NULL,
            probe TEXT NOT NULL,
            variant TEXT NOT NULL,
            loader TEXT NOT NULL,
            inputs TEXT,
            verdict TEXT NOT NULL CHECK (verdict IN ('pass', 'fail', 'crash', 'timeout', 'notMeasured')),
            stage TEXT CHECK (stage IN ('open', 'maps', 'load', 'attach', 'fire')),
            expected TEXT NOT NULL CHECK (expected IN ('pass', 'fail', 'crash', 'timeout', 'notMeasured')),
            asExpected INTEGER NOT NULL CHECK (asExpected IN (0, 1)),
            cached INTEGER NOT NULL CHECK (cached IN (0, 1)),
            reason TEXT,
            console TEXT,
            UNIQUE (run, kernel, probe, variant, loader)
        ) STRICT;

        CREATE INDEX cellsByInputs ON cells (inputs, number) WHERE verdict IN ('pass', 'fail');

        CREATE TABLE programs (
            cell INTEGER NOT NULL REFERENCES cells (number) ON DELETE CASCADE,
            position INTEGER NOT NULL,
            name TEXT NOT NULL,
            type TEXT NOT NULL,
            verdict TEXT NOT NULL CHECK (verdict IN ('pass', 'fail', 'crash', 'timeout', 'notMeasured')),
            stage TEXT CHECK (stage IN ('open', 'maps', 'load', 'attach', 'fire')),
            errno INTEGER NOT NULL,
            causeId TEXT,
            causeCategory TEXT CHECK ((causeCategory IS NULL) = (causeId IS NULL)),
            causeLine TEXT CHECK ((causeLine IS NULL) = (causeId IS NULL)),
            causeSource TEXT,
            causeAdvice TEXT CHECK ((causeAdvice IS NULL) = (causeId IS NULL)),
            causeSince TEXT,
            log TEXT,
            logComplete INTEGER NOT NULL CHECK (logComplete IN (0, 1)),
            hasStats INTEGER NOT NULL CHECK (hasStats IN (0, 1)),
            instructions INTEGER,
            instructionLimit INTEGER,
            totalStates INTEGER,
            peakStates INTEGER,
            stackDepth TEXT,
            verificationMicroseconds INTEGER,
            PRIMARY KEY (cell, position)
        ) STRICT, WITHOUT ROWID;
        """
}
