/// A line of a source file.
package struct CodeLocation: Codable, Sendable, Hashable {
    /// Relative to the repository if the file is in it, otherwise as the compiler named it.
    package var file: String
    /// From 1.
    package var line: Int

    package init(file: String, line: Int) {
        self.file = file
        self.line = line
    }
}

/// The source line of each instruction of an object, as far as the object contains it.
package struct LineTable: Sendable, Hashable {
    package struct Line: Sendable, Hashable {
        /// The first instruction of the line, counted from the beginning of its function.
        package var instruction: Int
        /// Its line is 0 for instructions that the compiler added.
        package var location: CodeLocation
        /// As the compiler read it, without leading and trailing blanks.
        package var text: String

        package init(instruction: Int, location: CodeLocation, text: String) {
            self.instruction = instruction
            self.location = location
            self.text = text
        }
    }

    package struct Program: Sendable, Hashable {
        /// One per 8 bytes, so that a wide instruction has two.
        package var opcodes: [UInt8]
        /// By instruction; never empty.
        package var lines: [Line]

        package init(opcodes: [UInt8], lines: [Line]) {
            self.opcodes = opcodes
            self.lines = lines
        }
    }

    /// By name; without programs whose lines the object does not contain.
    package var programs: [String: Program]
    /// The lines of functions that programs call.
    ///
    /// The loader decides where they end up in a program.
    package var functions: [Line]

    package init(programs: [String: Program] = [:], functions: [Line] = []) {
        self.programs = programs
        self.functions = functions
    }

    /// The same table with other file names.
    package func namingFiles(_ name: (String) -> String) -> LineTable {
        var names: [String: String] = [:]
        func renamed(_ line: Line) -> Line {
            var line = line
            let file = names[line.location.file] ?? name(line.location.file)
            names[line.location.file] = file
            line.location.file = file
            return line
        }
        return LineTable(
            programs: programs.mapValues { Program(opcodes: $0.opcodes, lines: $0.lines.map(renamed)) },
            functions: functions.map(renamed))
    }

    /// The names of all files, each once.
    package var files: Set<String> {
        Set(programs.values.flatMap(\.lines).map(\.location.file) + functions.map(\.location.file))
    }
}
