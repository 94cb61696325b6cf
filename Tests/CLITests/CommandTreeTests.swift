import Foundation
import Subprocess
import Testing

@Suite(.timeLimit(.minutes(10))) struct CommandTreeTests {
    /// The part of `--experimental-dump-help` that these tests need.
    private struct Dump: Decodable {
        var command: Command
    }

    private struct Command: Decodable {
        var commandName: String
        var abstract: String?
        var subcommands: [Command]?

        /// This command and all subcommands, each with its name on the command line.
        func all(after words: [String] = []) -> [(words: [String], command: Command)] {
            [(words, self)]
                + (subcommands ?? []).filter { $0.commandName != "help" }.flatMap {
                    $0.all(after: words + [$0.commandName])
                }
        }
    }

    @Test func everyCommandHasAnAbstractAndUsage() async throws {
        try await Sandbox.with { sandbox in
            let dump = try await sandbox.run("--experimental-dump-help")
            let tree = try JSONDecoder().decode(Dump.self, from: Data(dump.stdout.utf8)).command
            var usages: [String] = []
            for (words, command) in tree.all() {
                let help = try await sandbox.run(words + ["--help"])
                #expect(help.isSuccess && help.stderr == "")
                let abstract = try #require(command.abstract, "\(words)")
                #expect(abstract.hasSuffix("."), "\(abstract)")
                let lines = help.stdout.split(separator: "\n")
                #expect(lines.first?.hasPrefix("OVERVIEW: \(abstract.prefix(40))") == true, "\(help.stdout)")
                usages += lines.filter { $0.hasPrefix("USAGE: ") }.map { String($0.dropFirst("USAGE: ".count)) }
            }
            #expect(usages == Self.usages)
        }
    }

    @Test func everyHelpTextMatchesItsGoldenFile() async throws {
        try await Sandbox.with { sandbox in
            let dump = try await sandbox.run("--experimental-dump-help")
            let tree = try JSONDecoder().decode(Dump.self, from: Data(dump.stdout.utf8)).command
            var names: Set<String> = []
            for (words, _) in tree.all() {
                let help = try await sandbox.run(words + ["--help"], environment: ["COLUMNS": "80"])
                let name = (["compat-matrix"] + words).joined(separator: "-") + ".txt"
                names.insert(name)
                try GoldenFile.expect(help.stdout, "help/\(name)")
            }
            #expect(try GoldenFile.names(in: "help") == names)
        }
    }

    @Test func callWithoutCommandPrintsHelp() async throws {
        try await Sandbox.with { sandbox in
            let outcome = try await sandbox.run()
            #expect(outcome.isSuccess)
            #expect(outcome.stdout == (try await sandbox.run("--help")).stdout)
        }
    }

    /// Scripts rely on these.
    private static let usages = [
        "compat-matrix <subcommand>",
        "compat-matrix run <options>",
        "compat-matrix kernels <subcommand>",
        "compat-matrix kernels list [<kernels> ...] [--json]",
        "compat-matrix kernels show <kernel> [--helpers] [--no-boot] [--json] [--verbose]",
        "compat-matrix kernels add <file> [--config <config>] [--modules <modules> ...] [--btf <btf>] [--id <id>] [--no-boot] "
            + "[--verbose]",
        "compat-matrix kernels fetch [<kernels> ...] [--mirror <archive=url> ...] [--verbose]",
        "compat-matrix kernels remove <kernel>",
        "compat-matrix kernels verify [<kernels> ...] [--jobs <jobs>] [--no-boot] [--verbose]",
        "compat-matrix kernels refresh [<kernels> ...] [--mirror <archive=url> ...] [--verbose]",
        "compat-matrix probes <subcommand>",
        "compat-matrix probes list [--json]",
        "compat-matrix probes check [--loader <loader> ...] [--verbose]",
        "compat-matrix probes build [<glob>] [--verbose]",
        "compat-matrix loaders <subcommand>",
        "compat-matrix loaders list [--json] [--format <format>]",
        "compat-matrix report [<run>] [--format <format>] [--output <output>] [--results <results>]",
        "compat-matrix runs <subcommand>",
        "compat-matrix runs list [--json] [--format <format>] [--limit <limit>] [--results <results>]",
        "compat-matrix runs prune --keep <keep> [--results <results>]",
        "compat-matrix diff [<from>] [<to>] [--format <format>] [--growth <growth>] [--headroom <headroom>] "
            + "[--results <results>]",
        "compat-matrix history <probe> [--kernel <kernel> ...] [--variant <variant> ...] [--loader <loader> ...] "
            + "[--limit <limit>] [--format <format>] [--results <results>]",
        "compat-matrix plan [<run>] [--probe <probe> ...] [--loader <loader> ...] [--format <format>] "
            + "[--results <results>]",
        "compat-matrix bisect <probe> [--kernel <kernel> ...] [--variant <variant> ...] [--loader <loader> ...] "
            + "[--archive] [--format <format>] [--jobs <jobs>] [--accel <accel>] [--timeout <timeout>] "
            + "[--results <results>] [--no-cache] [--full-logs] [--verbose]",
        "compat-matrix merge <files> ... [--output <output>] [--store] [--results <results>]",
        "compat-matrix explain [--raw] [--format <format>] [--json] [<file>]",
        "compat-matrix features (<kernels> ... | --diff <a> <b>) [--helpers] [--json] [--verbose]",
        "compat-matrix doctor [--verbose]",
        "compat-matrix init [--force]",
        "compat-matrix clean [--all]",
    ]
}
