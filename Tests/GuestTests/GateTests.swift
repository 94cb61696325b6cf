import Foundation
import MatrixModel
import Subprocess
import SystemPackage
import TestSupport
import Testing

extension CommandTests {
    /// A baseline, and what became better or worse since, on a real kernel.
    @Suite(.serialized, .ownProcessor) struct GateTests {
        static let kernel = "debian-6.12"

        private static func source(checked: Bool) -> String {
            """
            #include <linux/bpf.h>
            #include <bpf/bpf_helpers.h>

            struct { __uint(type, BPF_MAP_TYPE_HASH); __uint(max_entries, 8); __type(key, int); __type(value, long); }
                counts SEC(".maps");

            SEC("kprobe/do_exit") int count_exits(void *context)
            {
                int key = 1;
                long *count = bpf_map_lookup_elem(&counts, &key);
                \(checked ? "if (count)" : "")
                    *count += 1;
                return 0;
            }

            char LICENSE[] SEC("license") = "GPL";

            """
        }

        /// An object that every kernel accepts, and one that no kernel accepts.
        static func compile(good: FilePath, bad: FilePath) async throws {
            try await compileObject(source(checked: true), to: good)
            try await compileObject(source(checked: false), to: bad)
        }

        static func replace(_ file: FilePath, by other: FilePath) throws {
            let bytes = try Data(contentsOf: URL(filePath: other.string))
            try bytes.write(to: URL(filePath: file.string), options: .atomic)
        }

        @Test func regressionsFailAndFixesDoNot() async throws {
            try await Installation.with { tool in
                let (good, bad) = (tool.work.appending("good.o"), tool.work.appending("bad.o"))
                try await Self.compile(good: good, bad: bad)
                let object = tool.work.appending("exits.bpf.o")
                let manifest = tool.work.appending("compat-matrix.yaml")
                let text = "objects:\n  - object: exits.bpf.o\n"
                try write(text + "kernels: [\(Self.kernel)]\nbaseline: base.json\n", to: manifest)

                try Self.replace(object, by: good)
                let first = try await tool.run("--no-baseline")
                #expect(first.status == .exited(0))
                try write(first.output, to: tool.work.appending("base.json"))

                try Self.replace(object, by: bad)
                let worse = try await tool.run()
                #expect(worse.status == .exited(1))
                let place = "exits/object (libbpf) on \(Self.kernel)"
                #expect(
                    worse.messages.contains("gate: fails on 1 regression\n  regression: \(place): fail, was pass\n"),
                    "\(worse.messages)")
                #expect(worse.messages.contains("bad-deref"))
                let run = try worse.document.run.id
                // As bad as before, compared with the previous run; nothing boots for it.
                let same = try await tool.run("--baseline", run)
                #expect(same.status == .exited(0))
                #expect(same.messages.contains("1 not as expected, but no worse than the baseline"), "\(same.messages)")
                #expect(try same.document.cells.allSatisfy(\.cached))
                // With the times of the run that measured it, in which alone it waited.
                let (measured, stored) = try (worse.document.cells.map(\.seconds), same.document.cells.map(\.seconds))
                #expect(measured.allSatisfy { $0.queue != nil && $0.load != nil && $0.total != nil })
                #expect(
                    stored
                        == measured.map { seconds in
                            CellSeconds(
                                load: seconds.load, attach: seconds.attach, fire: seconds.fire, total: seconds.total)
                        })

                // Excused, with a reason, and then no longer.
                let rule = "    expect: [{ verdict: fail, cause: bad-deref, reason: Known., expires: DAY }]\n"
                let rest = "kernels: [\(Self.kernel)]\nbaseline: base.json\n"
                try write(text + rule.replacing("DAY", with: "2999-12-31") + rest, to: manifest)
                let excused = try await tool.run()
                #expect(excused.status == .exited(0))
                #expect(excused.messages.contains("1 worse than the baseline, but expected"))
                let row = try #require(try excused.document.exceptions.first)
                #expect((row.state, row.cells, row.expires, row.line) == (.used, 1, "2999-12-31", 3))
                #expect(try excused.document.cells.map(\.expectedReason) == ["Known."])
                try write(excused.output, to: tool.work.appending("excused.json"))
                try write(text + rule.replacing("DAY", with: "2020-01-01") + rest, to: manifest)
                let expired = try await tool.run("--baseline", "excused.json")
                #expect(expired.status == .exited(1))
                let words =
                    "regression: \(place): fail is no longer expected: expired exception (until 2020-01-01): Known."
                #expect(expired.messages.contains(words), "\(expired.messages)")

                try Self.replace(object, by: good)
                let fixed = try await tool.run("--baseline", run)
                #expect(fixed.status == .exited(0))
                #expect(fixed.messages.contains("1 fix"), "\(fixed.messages)")
            }
        }
    }

    /// `run --watch` on a real kernel.
    @Suite(.serialized, .ownProcessor) struct WatchTests {
        @Test func aSavedObjectIsRunAgain() async throws {
            try await Installation.with { tool in
                let (good, bad) = (tool.work.appending("good.o"), tool.work.appending("bad.o"))
                try await GateTests.compile(good: good, bad: bad)
                let object = tool.work.appending("exits.bpf.o")
                let other = tool.work.appending("other.bpf.o")
                for file in [object, other] { try GateTests.replace(file, by: good) }
                let arguments = ["--kernel", GateTests.kernel, "--object", object.string, "--object", other.string]
                let outcome = try await tool.watch(arguments) { watching in
                    try await watching.wait(for: "2 cells: 2 pass")
                    try await watching.waitUntilReady(times: 1)
                    try GateTests.replace(object, by: bad)
                    try await watching.wait(for: "1 cell: 1 fail")
                    try await watching.waitUntilReady(times: 2)
                    // A compiler that is not done.
                    let bytes = try Data(contentsOf: URL(filePath: good.string))
                    try bytes.prefix(bytes.count / 2).write(to: URL(filePath: object.string))
                    try await watching.waitForMessage("waiting for the next change")
                    try bytes.write(to: URL(filePath: object.string))
                    try await watching.wait(for: "1 cell: 1 pass")
                    try await watching.waitUntilReady(times: 3)
                    try watching.tool.send(.interrupt)
                }
                #expect(outcome.status == .exited(0), "\(outcome.messages)")
                #expect(outcome.messages.contains("exits.bpf.o is truncated or damaged"))
                let seconds = outcome.output.matches(of: /([0-9.]+) s after the change was saved/)
                    .compactMap { Double($0.1) }
                Attachment.record("\(seconds)", named: "seconds from save to verdict.txt")
                #expect(seconds.count == 2)
                // The unchanged object is only in the first table.
                #expect(outcome.output.ranges(of: "other").count == 1)
            }
        }
    }
}
