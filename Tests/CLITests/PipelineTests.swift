import Foundation
import Subprocess
import SystemPackage
import Testing
import Yams

/// `action.yml` and `ci/gitlab.yml`: their schemas, and the shell in them, run with a stand-in for what only their servers have.
@Suite(.timeLimit(.minutes(10))) struct PipelineTests {
    private struct Action: Decodable {
        struct Input: Decodable {
            var description: String
            var `default`: String
        }
        struct Runs: Decodable {
            struct Step: Decodable {
                var name: String
                var id: String?
                var `if`: String?
                var shell: String?
                var env: [String: String]?
                var run: String?
                var uses: String?
            }
            var steps: [Step]
        }
        var inputs: [String: Input]
        var runs: Runs

        static func read() throws -> Action {
            try YAMLDecoder().decode(Action.self, from: Repository.text(of: "action.yml"))
        }

        /// The variables of a step, as GitHub fills them in.
        func environment(of step: Runs.Step, inputs given: [String: String]) -> [String: String] {
            (step.env ?? [:]).mapValues { value in
                inputs.reduce(value) { text, input in
                    text.replacing("${{ inputs.\(input.key) }}", with: given[input.key] ?? input.value.default)
                }
            }
        }
    }

    /// The hidden job that a user's job extends.
    private struct GitLab: Decodable {
        struct Job: Decodable {
            var variables: [String: String]
            var before_script: [String]
            var script: [String]
        }
        var job: Job

        private enum CodingKeys: String, CodingKey { case job = ".compat-matrix" }
    }

    @Test(arguments: [
        ("github-actions", "action.yml"), ("github-workflows", ".github/workflows/ci.yml"),
        ("gitlab-ci", "ci/gitlab.yml"),
    ])
    func filesMatchTheSchemasOfTheirConsumers(schema: String, file: String) async throws {
        let checker = Repository.root.appending(".build/python/bin/python3")
        let result = try await Subprocess.run(
            .path(checker),
            arguments: [
                "-m", "check_jsonschema", "--builtin-schema", "vendor.\(schema)",
                Repository.root.appending(file).string,
            ], output: .string(limit: 1 << 20), error: .string(limit: 1 << 20))
        #expect(result.terminationStatus.isSuccess, "\(result.standardOutput)\(result.standardError)")
    }

    /// An expression in shell text would be replaced before the shell reads it, so text from a pull request could
    /// become a command.
    @Test func noExpressionIsInShellText() throws {
        let action = try Action.read()
        let shell = action.runs.steps.compactMap(\.run)
        #expect(shell.count == 2)
        #expect(shell.allSatisfy { !$0.contains("${{") })
        for step in action.runs.steps {
            #expect((step.run == nil) != (step.uses == nil) && (step.run == nil) == (step.shell == nil), "\(step.name)")
            if let uses = step.uses { #expect(uses.contains(/@v[0-9]+$/), "\(uses)") }
        }
        // Each input reaches a step.
        let text = try Repository.text(of: "action.yml")
        for input in action.inputs.keys {
            #expect(text.contains("${{ inputs.\(input) }}") || text.contains("inputs.\(input) "), "\(input)")
        }
    }

    @Test(arguments: [(1, "missing", Int32(1)), (0, "missing", 0), (69, "unexpected", 0)])
    func theActionSetsUpRunsAndReports(run status: Int, failOn: String, ends: Int32) async throws {
        try await Sandbox.with { sandbox in
            try sandbox.addFailedRun()
            try sandbox.addTool(runningTo: status, at: "stand-in")
            try sandbox.addAction()
            let action = try Action.read()
            let runner = ["GITHUB_ACTION_PATH": "\(sandbox.root)/action", "RUNNER_TEMP": "\(sandbox.root)/runner"]
                .merging(["PATH": "\(sandbox.bin):/usr/bin:/bin"]) { $1 }
            let inputs = ["fail-on": failOn, "kernels": "debian-*\nubuntu-5.4", "args": "--jobs\n2"]
            var outcome: Sandbox.ShellOutcome?
            for step in action.runs.steps {
                guard let script = step.run, outcome?.status ?? 0 == 0 else { continue }
                let environment = runner.merging(action.environment(of: step, inputs: inputs)) { $1 }
                outcome = try await sandbox.shell(
                    ["--noprofile", "--norc", "-eo", "pipefail", "-c", script], environment: environment)
            }
            #expect(outcome?.status == ends, "\(outcome?.stderr ?? "no step")")
            #expect(String(decoding: try sandbox.contents(of: "setup"), as: UTF8.self) == "run\n")
            let arguments = String(decoding: try sandbox.contents(of: "arguments"), as: UTF8.self)
            #expect(arguments.hasPrefix("run\n--kernel\ndebian-*\n--kernel\nubuntu-5.4\n--jobs\n2\n"))
            #expect(sandbox.outputs?.first == "status=\(status)")
            #expect(sandbox.outputs?.contains("report=compat-matrix-report") == true)
            #expect(sandbox.summary?.isEmpty == false)
        }
    }

    /// With an installed program nothing is built.
    @Test func theActionTakesAnInstalledProgram() async throws {
        try await Sandbox.with { sandbox in
            try sandbox.addFailedRun()
            let tool = try sandbox.addTool(runningTo: 0, at: "installed/compat-matrix")
            try sandbox.addAction()
            let action = try Action.read()
            #expect(action.runs.steps.first?.if == "inputs.binary == ''")
            let step = try #require(action.runs.steps.first { $0.id == "gate" })
            let environment = action.environment(of: step, inputs: ["binary": tool.string])
                .merging(["GITHUB_ACTION_PATH": "\(sandbox.root)/action", "RUNNER_TEMP": "/nowhere"]) { $1 }
            let outcome = try await sandbox.shell(
                ["-eo", "pipefail", "-c", try #require(step.run)], environment: environment)
            #expect(outcome.status == 0, "\(outcome.stderr)")
            #expect(try sandbox.files()["setup"] == nil)
        }
    }

    @Test func theGitLabJobSetsUpAndRuns() async throws {
        try await Sandbox.with { sandbox in
            try sandbox.addFailedRun()
            try sandbox.addTool(runningTo: 1, at: "stand-in")
            try sandbox.addAction()
            let job = try YAMLDecoder().decode(GitLab.self, from: Repository.text(of: "ci/gitlab.yml")).job
            var environment = job.variables
            environment["COMPAT_MATRIX_REPOSITORY"] = "https://example.org/compat-matrix.git"
            environment["COMPAT_MATRIX_SOURCE"] = "\(sandbox.root)/action"
            environment["COMPAT_MATRIX_PREFIX"] = "\(sandbox.root)/runner/compat-matrix"
            environment["XDG_CACHE_HOME"] = "\(sandbox.root)/.cache"
            environment["PATH"] = "\(sandbox.root)/runner/compat-matrix/bin:\(sandbox.bin):/usr/bin:/bin"
            // GitLab runs the lines one after another in one shell, and stops at the first that fails.
            let script = (job.before_script + job.script).joined(separator: "\n")
            let outcome = try await sandbox.shell(
                ["-eo", "pipefail", "-c", script], environment: environment, onGitHub: false)
            #expect(outcome.status == 1, "\(outcome.stderr)")
            #expect(
                String(decoding: try sandbox.contents(of: "cloned"), as: UTF8.self)
                    == "clone --quiet --depth 1 --branch main -- https://example.org/compat-matrix.git \(sandbox.root)/action\n"
            )
            #expect(try !sandbox.contents(of: "compat-matrix-report/junit.xml").isEmpty)
        }
    }
}

extension Sandbox {
    /// Puts a copy of the parts of this repository that CI needs at `action`, with a `make` and a `git` on the `PATH`
    /// that only record their arguments: `make install` installs `stand-in`.
    fileprivate func addAction() throws {
        try write("#!/bin/bash\necho \"$@\" >'\(root)/setup'\n", to: "action/scripts/setup")
        try write(Repository.text(of: "scripts/ci-gate"), to: "action/scripts/ci-gate")
        try write(
            """
            #!/bin/bash
            for word in "$@"; do [[ $word != PREFIX=* ]] || prefix=${word#PREFIX=}; done
            [[ $1 == install && -n $prefix ]] || exit 2
            mkdir -p "$prefix/bin"
            cp '\(root)/stand-in' "$prefix/bin/compat-matrix"
            cp '\(root)/action/scripts/ci-gate' "$prefix/bin/compat-matrix-ci"

            """, to: "bin/make")
        try write("#!/bin/bash\necho \"$@\" >'\(root)/cloned'\n", to: "bin/git")
        for file in ["action/scripts/setup", "action/scripts/ci-gate", "bin/make", "bin/git"] {
            try FileManager.default.setAttributes(
                [.posixPermissions: 0o755], ofItemAtPath: root.appending(file).string)
        }
    }
}
