import MatrixAnalysis
import MatrixModel

/// What the page's script reads.
///
/// Cells are arrays of numbers that point into tables, because there are thousands.
///
/// `cellFields` and `programFields` in `model.js` name the positions.
struct ReportData: Encodable {
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

    /// Lays out the tables; `log` says where the log of a name stands among the report's logs.
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
            try values.encode(column)
            try values.encode(row)
            try values.encode(loader)
            try values.encode(result.verdict.place)
            try values.encode(result.stage?.place)
            try values.encode(result.expected.place)
            try values.encode(result.asExpected ? 1 : 0)
            try values.encode(result.cached ? 1 : 0)
            try values.encode(reason)
            try values.encode(console)
            try values.encode(programs)
            try values.encode(event)
            guard result.seconds != CellSeconds() else { return }
            try values.encode(result.seconds.queue)
            try values.encode(result.seconds.load)
            try values.encode(result.seconds.attach)
            try values.encode(result.seconds.fire)
            try values.encode(result.seconds.total)
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
            try values.encode(name)
            try values.encode(type)
            try values.encode(result.verdict.place)
            try values.encode(result.stage?.place)
            try values.encode(result.errno)
            try values.encode(cause)
            try values.encode(explanation)
            try values.encode(log)
            try values.encode(result.logComplete ? nil : (result.logCut ?? .limit).place)
            try values.encode(result.seconds.load)
            try values.encode(result.seconds.attach)
            guard let stats = result.stats else { return }
            try values.encode(stats.instructions)
            try values.encode(stats.limit)
            try values.encode(stats.totalStates)
            try values.encode(stats.peakStates)
            try values.encode(stats.stackDepth)
            try values.encode(stats.verificationMicroseconds)
            try values.encode(stats.loadMicroseconds)
            try values.encode(stats.size.instructions)
            try values.encode(stats.size.translatedBytes)
            try values.encode(stats.size.jitedBytes)
        }
    }

    /// Each value once, in the order in which they came.
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
