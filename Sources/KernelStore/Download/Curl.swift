import FoundationEssentials
import Glibc
import HostTools
import Manifests
import SystemPackage

/// One call of curl that writes a file.
struct Curl {
    let address: WebAddress
    let limits: DownloadLimits

    /// How a call ended, unless with an error.
    enum Outcome: Equatable {
        case complete
        /// The server does not support resuming from the end of the file.
        case notResumable
        /// The connection was lost; the file contains what arrived.
        case brokenOff(problem: String)
    }

    /// The relevant part of the output of `--write-out '%{json}'`.
    private struct Report: Decodable {
        var http_code: Int
        var errormsg: String?
        /// Seconds until there was a connection; 0 without one.
        var time_connect: Double
    }

    /// Appends the rest of the file to `part`, or replaces it if `validator` is `nil`.
    ///
    /// `headers` receives the response headers as they arrive.
    func run(into part: FilePath, headers: FilePath, continuing validator: String?) async throws(KernelStoreError)
        -> Outcome
    {
        try ToolRunner.requireInstalled("curl")
        // The system limits the file size, because a server can announce any length.
        let output = try await ToolRunner(tool: "prlimit").run(
            ["--fsize=\(limits.sizeMiB << 20)", "--core=0", "curl"] + arguments(part, headers, validator))
        guard let status = output.status else {
            guard output.exceededFileLimit else { throw .toolFailed(tool: "curl", problem: output.problem) }
            throw .downloadTooLarge(address, limitMiB: limits.sizeMiB)
        }
        let report = try? JSONDecoder().decode(Report.self, from: Data(output.text.utf8))
        return try outcome(status, report, problem: report?.errormsg ?? output.problem, writing: part)
    }

    private func arguments(_ part: FilePath, _ headers: FilePath, _ validator: String?) -> [String] {
        var arguments = [
            // Must be first, so that the user's .curlrc has no effect; a proxy comes from the environment.
            "--disable", "--silent", "--show-error", "--globoff", "--fail", "--location", "--max-redirs", "10",
            "--proto", "=http,https", "--proto-redir", "=http,https",
            "--connect-timeout", "\(limits.connect.components.seconds)",
            "--speed-limit", "\(DownloadLimits.slowestBytesPerSecond)", "--speed-time",
            "\(limits.stall.components.seconds)",
            "--max-filesize", "\(limits.sizeMiB << 20)",
            "--write-out", "%{json}", "--dump-header", headers.string, "--output", part.string,
        ]
        if let validator { arguments += ["--continue-at", "-", "--header", "If-Range: \(validator)"] }
        return arguments + ["--url", address.description]
    }

    /// Source: curl(1), "EXIT CODES".
    private func outcome(
        _ status: Int32, _ report: Report?, problem: String, writing part: FilePath
    ) throws(KernelStoreError) -> Outcome {
        let host = address.host
        switch status {
        case 0: return .complete
        case 1, 47: throw .badRedirect(address, problem: problem)
        case 5, 6, 7, 97: throw .unreachable(host: host, problem: problem)
        case 22 where report?.http_code == 416: return .notResumable
        case 22: throw .answered(address, status: report?.http_code ?? 0)
        case 23: throw .unwritable(file: part, errno: Files.isFull(part) ? .noSpace : .ioError)
        case 28 where report?.time_connect == 0:
            throw .unreachable(host: host, problem: "no connection within \(limits.connect.components.seconds) s")
        case 28: throw .stalled(host: host, seconds: Int(limits.stall.components.seconds))
        case 33: return .notResumable
        case 35, 51, 53...54, 58...60, 64, 66, 77, 80, 82...83, 90...91: throw .insecure(host: host, problem: problem)
        case 63: throw .downloadTooLarge(address, limitMiB: limits.sizeMiB)
        default: return .brokenOff(problem: problem)
        }
    }
}
