import FoundationEssentials
import GRDB
import MatrixModel

/// Rows as values; an unknown value of an enum means that the file was damaged or edited.
extension RunInfo {
    init(_ row: Row) {
        self.init(
            id: row["id"], startedAt: row["startedAt"], durationSeconds: row["durationSeconds"], tool: row["tool"],
            host: HostInfo(qemu: row["qemu"], accelerator: row["accelerator"], cpus: row["cpus"]))
    }
}

extension KernelRow {
    init(_ row: Row) throws {
        self.init(
            id: row["id"], release: row["release"], family: row["family"], btf: row["btf"],
            externalBTF: row["externalBTF"], start: try row.optionalWord("start", of: "kernels"),
            readySeconds: row["readySeconds"],
            status: try row.word("status", of: "kernels"), reason: row["reason"])
    }
}

extension LoaderRow {
    init(_ row: Row) throws {
        self.init(
            name: row["name"], library: row["library"], version: row["version"],
            status: try row.word("status", of: "loaders"), reason: row["reason"])
    }
}

extension ExceptionRow {
    init(_ row: Row) throws {
        self.init(
            probe: row["probe"], file: row["file"], line: row["line"], variants: row["variants"],
            kernels: row["kernels"], loaders: row["loaders"],
            verdict: try row.optionalWord("verdict", of: "exceptions"),
            stage: try row.optionalWord("stage", of: "exceptions"), cause: row["cause"], reason: row["reason"],
            expires: row["expires"], state: try row.word("state", of: "exceptions"), cells: row["cells"])
    }
}

extension CellResult {
    init(_ row: Row, programs: [ProgramResult]) throws {
        self.init(
            key: CellKey(kernel: row["kernel"], probe: row["probe"], variant: row["variant"], loader: row["loader"]),
            verdict: try row.word("verdict", of: "cells"), stage: try row.optionalWord("stage", of: "cells"),
            expected: try row.word("expected", of: "cells"), asExpected: row["asExpected"], cached: row["cached"],
            event: row["event"], reason: row["reason"], console: row["console"], programs: programs,
            expectedReason: row["expectedReason"],
            seconds: CellSeconds(
                queue: row["queueSeconds"], load: row["loadSeconds"], attach: row["attachSeconds"],
                fire: row["fireSeconds"], total: row["totalSeconds"]))
    }
}

extension ProgramResult {
    init(_ row: Row) throws {
        let hasStats: Bool = row["hasStats"]
        self.init(
            name: row["name"], type: row["type"], verdict: try row.word("verdict", of: "programs"),
            stage: try row.optionalWord("stage", of: "programs"), errno: row["errno"], cause: Cause(row),
            log: row["log"], logComplete: row["logComplete"],
            logCut: try row.optionalWord("logCut", of: "programs"), stats: hasStats ? ProgramStatistics(row) : nil,
            explanation: try Explanation(row),
            seconds: ProgramSeconds(load: row["loadSeconds"], attach: row["attachSeconds"], fire: row["fireSeconds"]))
    }
}

extension Cause {
    fileprivate init?(_ row: Row) {
        guard let id: String = row["causeId"] else { return nil }
        self.init(
            id: id, category: row["causeCategory"], line: row["causeLine"], source: row["causeSource"],
            advice: row["causeAdvice"], since: row["causeSince"], location: CodeLocation(row))
    }
}

extension CodeLocation {
    fileprivate init?(_ row: Row) {
        guard let file: String = row["causeFile"] else { return nil }
        self.init(file: file, line: row["causeFileLine"])
    }
}

extension Explanation {
    fileprivate init?(_ row: Row) throws {
        guard let text: String = row["explanation"] else { return nil }
        do {
            self = try JSONDecoder().decode(Explanation.self, from: Data(text.utf8))
        } catch {
            throw ResultStoreError.corruptRow(table: "programs", column: "explanation", value: text)
        }
    }

    /// The stored form.
    func text() throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        return String(decoding: try encoder.encode(self), as: UTF8.self)
    }
}

extension ProgramStatistics {
    fileprivate init(_ row: Row) {
        self.init(
            instructions: row["instructions"], limit: row["instructionLimit"], totalStates: row["totalStates"],
            peakStates: row["peakStates"], stackDepth: row["stackDepth"],
            verificationMicroseconds: row["verificationMicroseconds"], loadMicroseconds: row["loadMicroseconds"],
            size: ProgramSize(
                instructions: row["programInstructions"], translatedBytes: row["translatedBytes"],
                jitedBytes: row["jitedBytes"]))
    }
}

extension Row {
    func word<Word: RawRepresentable<String>>(_ column: String, of table: String) throws -> Word {
        guard let word: Word = try optionalWord(column, of: table) else {
            throw ResultStoreError.corruptRow(table: table, column: column, value: "NULL")
        }
        return word
    }

    fileprivate func optionalWord<Word: RawRepresentable<String>>(_ column: String, of table: String) throws -> Word? {
        guard let text: String = self[column] else { return nil }
        guard let word = Word(rawValue: text) else {
            throw ResultStoreError.corruptRow(table: table, column: column, value: text)
        }
        return word
    }
}
