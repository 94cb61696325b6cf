/// A line of a source file.
package struct CodeLocation: Codable, Sendable, Hashable {
    /// Relative to the repository where it lies in there, else as the compiler named it.
    package var file: String
    /// From 1.
    package var line: Int

    package init(file: String, line: Int) {
        self.file = file
        self.line = line
    }
}

/// Which source line each instruction of an object comes from, as far as the object says.
package struct LineTable: Sendable, Hashable {
    package struct Line: Sendable, Hashable {
        /// The first one that comes from it, counted from the beginning of its function.
        package var instruction: Int
        /// Its line is 0 for what the compiler added.
        package var location: CodeLocation
        /// As the compiler read it, without the blanks at either end.
        package var text: String

        package init(instruction: Int, location: CodeLocation, text: String) {
            self.instruction = instruction
            self.location = location
            self.text = text
        }
    }

    package struct Program: Sendable, Hashable {
        /// One for each 8 bytes, so that a wide instruction has two.
        package var opcodes: [UInt8]
        /// By instruction, at least one.
        package var lines: [Line]

        package init(opcodes: [UInt8], lines: [Line]) {
            self.opcodes = opcodes
            self.lines = lines
        }
    }

    /// By name; without those whose lines the object does not know.
    package var programs: [String: Program]
    /// Of the functions that programs call.
    ///
    /// Where they end up in a program is the loader's choice.
    package var functions: [Line]

    package init(programs: [String: Program] = [:], functions: [Line] = []) {
        self.programs = programs
        self.functions = functions
    }

    /// The same with other names for the files.
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
