import Foundation
import MatrixModel
import ResultStore
import Subprocess
import SystemPackage
import TestSupport
import Testing

/// This repository, whose shell and YAML users run in their CI.
enum Repository {
    static let root = SourceTree.root
    static let gate = root.appending("scripts/ci-gate")

    static func text(of file: String) throws -> String {
        try String(contentsOf: URL(filePath: root.appending(file).string), encoding: .utf8)
    }
}

extension Sandbox {
    struct ShellOutcome {
        var status: Int32?
        var stdout: String
        var stderr: String
    }

    /// What a step of a CI job sees, and what it left.
    var summary: String? { try? String(decoding: contents(of: "summary"), as: UTF8.self) }
    var outputs: [String]? {
        try? String(decoding: contents(of: "outputs"), as: UTF8.self).split(separator: "\n").map(String.init)
    }

    /// Runs a script in the sandbox as GitHub's `shell: bash` does, or as a GitLab job does without `GITHUB_…`.
    func shell(_ arguments: [String], environment: [String: String], onGitHub: Bool = true) async throws -> ShellOutcome
    {
        var changes: [Environment.Key: String?] = ["HOME": root.string, "TMPDIR": root.appending("tmp").string]
        for name in ["XDG_CONFIG_HOME", "XDG_CACHE_HOME"] as [Environment.Key] {
            changes.updateValue(nil, forKey: name)
        }
        if onGitHub {
            changes["GITHUB_ACTIONS"] = "true"
            changes["GITHUB_STEP_SUMMARY"] = root.appending("summary").string
            changes["GITHUB_OUTPUT"] = root.appending("outputs").string
        }
        for (name, value) in environment { changes[Environment.Key(stringLiteral: name)] = value }
        let result = try await Subprocess.run(
            .name("bash"), arguments: Arguments(arguments), environment: .inherit.updating(changes),
            workingDirectory: root, output: .string(limit: 1 << 22), error: .string(limit: 1 << 22))
        guard case .exited(let status) = result.terminationStatus else {
            return ShellOutcome(status: nil, stdout: result.standardOutput, stderr: result.standardError)
        }
        return ShellOutcome(status: status, stdout: result.standardOutput, stderr: result.standardError)
    }

    func gate(_ environment: [String: String], onGitHub: Bool = true) async throws -> ShellOutcome {
        try await shell([Repository.gate.string], environment: environment, onGitHub: onGitHub)
    }

    /// Puts a compat-matrix at `name` whose `run` measures nothing, writes its arguments to `arguments`, prints `words`
    /// and exits with `status`; all other commands are the real ones.
    @discardableResult
    func addTool(runningTo status: Int, saying words: String = "", at name: String = "bin/stand-in") throws -> FilePath
    {
        let tool = try write(
            """
            #!/bin/bash
            if [[ $1 != run ]]; then exec '\(Self.program)' "$@"; fi
            printf '%s\\n' "$@" >'\(root)/arguments'
            echo '::error::said by a guest'
            echo '\(words)' >&2
            exit \(status)

            """, to: name)
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: tool.string)
        return tool
    }

    /// Stores a run with an unexpected failure at a known line, and with a kernel that was not measured.
    func addFailedRun() throws {
        let cause = Cause(
            id: "size-negative", category: "Memory", line: "R5 min value is negative, 100 % of it", source: "f();",
            advice: "Clamp it.", since: nil, location: CodeLocation(file: "probes/watch/a,b.bpf.c", line: 12))
        let program = ProgramResult(
            name: "watch", type: "kprobe", verdict: .fail, stage: .load, errno: 13, cause: cause, log: nil,
            logComplete: true, stats: nil)
        func cell(_ kernel: String, _ verdict: Verdict, _ programs: [ProgramResult]) -> CellResult {
            CellResult(
                key: CellKey(kernel: kernel, probe: "watch", variant: "plain", loader: "libbpf"), verdict: verdict,
                stage: .load, expected: .pass, asExpected: false, cached: false,
                reason: verdict == .fail ? nil : "no QEMU", console: nil, programs: programs)
        }
        func kernel(_ id: String, _ status: KernelRow.Status) -> KernelRow {
            KernelRow(
                id: id, release: nil, family: "debian", btf: nil, start: nil, readySeconds: nil, status: status,
                reason: status == .measured ? nil : "no QEMU")
        }
        try ResultStore(folder: root.appending("results")).add(
            MatrixDocument(
                run: RunInfo(
                    id: "20261122T100000Z-1a2b", startedAt: "2026-11-22T10:00:00Z", durationSeconds: 4, tool: "0.1.0",
                    host: HostInfo(qemu: nil, accelerator: nil, cpus: 2)),
                kernels: [kernel("debian-6.1", .measured), kernel("debian-6.12", .notMeasured)],
                cells: [cell("debian-6.1", .fail, [program]), cell("debian-6.12", .notMeasured, [])]))
    }
}
