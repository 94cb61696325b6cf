package import ArgumentParser
import MatrixModel
import SystemPackage
import VerifierLog

/// `compat-matrix explain`: says what a verifier log means, wherever it comes from.
package struct Explain: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "explain",
        abstract: "Explain a verifier log, or a loader's output with the log in it.",
        discussion: "Prints the cause, the line that decided, why, where, what led there, and what to change.")

    @Argument(help: "The log; - for standard input.")
    var file = "-"

    package init() {}

    package func run() async throws {
        let text = LogSummary(of: try Self.text(of: file))
        guard let cause = Catalogue.bundled.cause(ofText: text) else {
            print("No message of a refusal in \(file == "-" ? "standard input" : file).")
            return
        }
        print(ExplanationText.render(cause, Catalogue.bundled.explanation(of: cause, ofText: text)))
    }

    private static func text(of file: String) throws -> String {
        do {
            guard file != "-" else { return try FileDescriptor.standardInput.text() }
            let descriptor = try FileDescriptor.open(FilePath(file), .readOnly)
            return try descriptor.closeAfter { try descriptor.text() }
        } catch let error as Errno {
            throw CommandFailure(.invalidInput, "cannot read the log \(file): \(error)")
        }
    }
}

extension FileDescriptor {
    /// What is left to read, with what is not UTF-8 replaced.
    fileprivate func text() throws -> String {
        var bytes: [UInt8] = []
        let chunk = 1 << 20
        while true {
            let part = try [UInt8](unsafeUninitializedCapacity: chunk) { buffer, count in
                count = try read(into: UnsafeMutableRawBufferPointer(buffer))
            }
            guard !part.isEmpty else { return String(decoding: bytes, as: UTF8.self) }
            bytes += part
        }
    }
}
