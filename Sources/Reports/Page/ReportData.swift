import MatrixAnalysis
import MatrixModel

/// The data that the page's script reads.
///
/// Cells are arrays of indexes into tables, because there are thousands of them; `fields` names the positions.
///
/// `types.d.ts` contains these types for the script's type checker. A test compares it with the encoded data.
struct ReportData: Encodable {
    let fields = Fields()
    var run: RunInfo
    var kernels: [KernelRow]
    /// By name; every loader that a cell names.
    var loaders: [LoaderRow]
    /// Probe and variant of each row, variants of a probe together.
    var rows: [[String]]
    var verdicts = Verdict.allCases.map(\.rawValue)
    var symbols = Verdict.allCases.map(\.symbol)
    var stages = Stage.allCases.map(\.rawValue)
    var logCuts = LogCut.allCases.map(\.summary)
    var lowHeadroomPercent = ProgramStatistics.lowHeadroomPercent
    var causes: [Cause] = []
    var explanations: [Explanation] = []
    var texts: [String] = []
    /// Name and meaning of each errno that a program has.
    var errnos: [String: [String]] = [:]
    var cells: [Cell] = []
    var summary: ReportSummary

    /// Builds the tables; `log` returns the position of a log among the report's logs.
    init(_ document: MatrixDocument, comparison: RunComparison?, log: (String) throws -> Int) throws {
        run = document.run
        kernels = document.kernels
        loaders = document.everyLoader
        let rowNames = document.variantNames
        rows = rowNames.map { [$0.probe, $0.variant] }
        summary = ReportSummary(document, comparison: comparison)
        let columns = Dictionary(kernels.enumerated().map { ($1.id, $0) }, uniquingKeysWith: { first, _ in first })
        let places = Dictionary(rowNames.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
        let loaderPlaces = Dictionary(
            loaders.enumerated().map { ($1.name, $0) }, uniquingKeysWith: { first, _ in first })
        var causeTable = Table<Cause>()
        var explanationTable = Table<Explanation>()
        var textTable = Table<String>()
        for cell in document.cells {
            guard let column = columns[cell.kernel], let row = places[cell.name], let loader = loaderPlaces[cell.loader]
            else { continue }
            var programs: [Program] = []
            for program in cell.programs {
                let errno = LinuxErrno(number: program.errno)
                if program.errno != 0 { errnos["\(program.errno)"] = [errno.name, errno.meaning ?? ""] }
                programs.append(
                    Program(
                        result: program, name: textTable.index(of: program.name),
                        type: textTable.index(of: program.type),
                        cause: program.cause.map { causeTable.index(of: $0) },
                        explanation: program.explanation.map { explanationTable.index(of: $0) },
                        log: try program.log.map(log)))
            }
            cells.append(
                Cell(
                    result: cell, column: column, row: row, loader: loader,
                    reason: cell.reason.map { textTable.index(of: $0) }, console: try cell.console.map(log),
                    programs: programs, event: cell.event.map { textTable.index(of: $0) }))
        }
        causes = causeTable.values
        explanations = explanationTable.values
        texts = textTable.values
    }

    struct Cell: Encodable {
        var result: CellResult
        var column: Int
        var row: Int
        var loader: Int
        var reason: Int?
        var console: Int?
        var programs: [Program]
        var event: Int?

        func encode(to encoder: any Encoder) throws {
            var values = encoder.unkeyedContainer()
            for field in CellField.allCases where !field.isTime || result.seconds != CellSeconds() {
                try encode(field, into: &values)
            }
        }

        private func encode(_ field: CellField, into values: inout any UnkeyedEncodingContainer) throws {
            switch field {
            case .column: try values.encode(column)
            case .row: try values.encode(row)
            case .loader: try values.encode(loader)
            case .verdict: try values.encode(result.verdict.place)
            case .stage: try values.encode(result.stage?.place)
            case .expected: try values.encode(result.expected.place)
            case .asExpected: try values.encode(result.asExpected ? 1 : 0)
            case .cached: try values.encode(result.cached ? 1 : 0)
            case .reason: try values.encode(reason)
            case .console: try values.encode(console)
            case .programs: try values.encode(programs)
            case .event: try values.encode(event)
            case .queue: try values.encode(result.seconds.queue)
            case .load: try values.encode(result.seconds.load)
            case .attach: try values.encode(result.seconds.attach)
            case .fire: try values.encode(result.seconds.fire)
            case .total: try values.encode(result.seconds.total)
            }
        }
    }

    struct Program: Encodable {
        var result: ProgramResult
        var name: Int
        var type: Int
        var cause: Int?
        var explanation: Int?
        var log: Int?

        func encode(to encoder: any Encoder) throws {
            var values = encoder.unkeyedContainer()
            for field in ProgramField.allCases where !field.isStatistic || result.stats != nil {
                try encode(field, into: &values)
            }
        }

        private func encode(_ field: ProgramField, into values: inout any UnkeyedEncodingContainer) throws {
            let stats = result.stats
            switch field {
            case .name: try values.encode(name)
            case .type: try values.encode(type)
            case .verdict: try values.encode(result.verdict.place)
            case .stage: try values.encode(result.stage?.place)
            case .errno: try values.encode(result.errno)
            case .cause: try values.encode(cause)
            case .explanation: try values.encode(explanation)
            case .log: try values.encode(log)
            case .logCut: try values.encode(result.logComplete ? nil : (result.logCut ?? .limit).place)
            case .load: try values.encode(result.seconds.load)
            case .attach: try values.encode(result.seconds.attach)
            case .instructions: try values.encode(stats?.instructions)
            case .limit: try values.encode(stats?.limit)
            case .totalStates: try values.encode(stats?.totalStates)
            case .peakStates: try values.encode(stats?.peakStates)
            case .stackDepth: try values.encode(stats?.stackDepth)
            case .verificationMicroseconds: try values.encode(stats?.verificationMicroseconds)
            case .loadMicroseconds: try values.encode(stats?.loadMicroseconds)
            case .programInstructions: try values.encode(stats?.size.instructions)
            case .translatedBytes: try values.encode(stats?.size.translatedBytes)
            case .jitedBytes: try values.encode(stats?.size.jitedBytes)
            }
        }
    }

    /// The fields of a cell's array, in order.
    enum CellField: String, CaseIterable, Encodable {
        case column, row, loader, verdict, stage, expected, asExpected, cached, reason, console, programs, event
        // Seconds, only for a cell that was run.
        case queue, load, attach, fire, total

        fileprivate var isTime: Bool {
            switch self {
            case .queue, .load, .attach, .fire, .total: true
            default: false
            }
        }
    }

    /// The fields of a program's array, in order.
    enum ProgramField: String, CaseIterable, Encodable {
        case name, type, verdict, stage, errno, cause, explanation, log, logCut, load, attach
        // Only for a program with statistics from the verifier.
        case instructions, limit, totalStates, peakStates, stackDepth, verificationMicroseconds, loadMicroseconds
        case programInstructions, translatedBytes, jitedBytes

        fileprivate var isStatistic: Bool {
            switch self {
            case .name, .type, .verdict, .stage, .errno, .cause, .explanation, .log, .logCut, .load, .attach: false
            default: true
            }
        }
    }

    struct Fields: Encodable {
        var cell = CellField.allCases
        var program = ProgramField.allCases
    }

    /// Each distinct value once, in order of appearance.
    private struct Table<Value: Hashable> {
        private(set) var values: [Value] = []
        private var places: [Value: Int] = [:]

        mutating func index(of value: Value) -> Int {
            if let place = places[value] { return place }
            places[value] = values.count
            values.append(value)
            return values.count - 1
        }
    }
}

extension CaseIterable where Self: Equatable {
    fileprivate var place: Int? { Self.allCases.enumerated().first { $0.element == self }?.offset }
}
