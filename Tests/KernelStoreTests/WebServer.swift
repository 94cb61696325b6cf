import Foundation
import Manifests
import Subprocess
import SystemPackage
import Testing

/// `server.py`, serving a folder on the loopback for as long as `body` runs.
struct WebServer {
    let port: Int
    private let log: FilePath

    static func serving(
        _ folder: FilePath, _ body: (WebServer) async throws -> Void
    ) async throws {
        let script = try #require(Bundle.module.path(forResource: "Resources/server", ofType: "py"))
        let log = folder.removingLastComponent().appending("requests.log")
        _ = try await Subprocess.run(
            .name("python3"), arguments: [script, folder.string, log.string], input: .none, output: .discarded,
            error: .discarded
        ) { execution in
            defer { try? execution.send(signal: .kill) }
            try await body(WebServer(port: try await port(in: log), log: log))
        }
    }

    private static func port(in log: FilePath) async throws -> Int {
        while true {
            let line = try? String(contentsOfFile: log.string, encoding: .utf8).split(separator: "\n").first
            if let port = line.flatMap({ Int($0) }) { return port }
            try await Task.sleep(for: .milliseconds(20))
        }
    }

    /// `behaviour` is a method of the script's handler, `path` a file below the folder.
    func address(_ behaviour: String, _ path: String) throws -> WebAddress {
        try WebAddress("http://127.0.0.1:\(port)/\(behaviour)/\(path)")
    }

    /// Status and Range of each answer, `206 bytes=500-`.
    func answers() throws -> [String] {
        try String(contentsOfFile: log.string, encoding: .utf8).split(separator: "\n").dropFirst().map {
            $0.split(separator: " ").dropFirst().joined(separator: " ")
        }
    }
}
