import Foundation
import MatrixModel
import Subprocess
import SystemPackage
import Testing

extension CommandTests {
    /// `--object`: an object without a manifest.
    @Suite(.serialized, .ownProcessor) struct ObjectTests {
        private static let source = """
            #include <linux/bpf.h>
            #include <bpf/bpf_helpers.h>

            struct { __uint(type, BPF_MAP_TYPE_HASH); __uint(max_entries, 8); __type(key, int); __type(value, long); }
                counts SEC(".maps");

            SEC("xdp") int let_pass(struct xdp_md *context) { return XDP_PASS; }

            SEC("kprobe/do_exit") int trusting(void *context)
            {
                int key = 1;
                long *count = bpf_map_lookup_elem(&counts, &key);
                *count += 1;
                return 0;
            }

            SEC("tracepoint/sched/sched_process_exit") int careful(void *context)
            {
                int key = 1;
                long *count = bpf_map_lookup_elem(&counts, &key);
                if (count)
                    *count += 1;
                return 0;
            }

            char LICENSE[] SEC("license") = "GPL";

            """

        @Test func eachProgramHasItsOwnResult() async throws {
            try await Installation.with { tool in
                let object = tool.work.appending("unprepared.bpf.o")
                try await compileObject(Self.source, to: object)
                let outcome = try await tool.run(
                    "--object", object.string, "--kernel", "ubuntu-5.4", "--kernel", "debian-7.3")
                let document = try outcome.document
                #expect(outcome.status == .exited(1))
                #expect(document.cells.map(\.kernel) == ["ubuntu-5.4", "debian-7.3"])
                for cell in document.cells { try expectEachProgram(cell, results: tool.results) }
            }
        }

        private func expectEachProgram(_ cell: CellResult, results: FilePath) throws {
            #expect((cell.probe, cell.variant, cell.verdict, cell.stage) == ("unprepared", "object", .fail, .load))
            #expect(Set(cell.programs.map(\.name)) == ["let_pass", "trusting", "careful"])
            for program in cell.programs {
                let refused = program.name == "trusting"
                #expect(program.verdict == (refused ? .fail : .pass))
                #expect(program.errno == (refused ? EACCES : 0))
                #expect(program.logComplete)
                let log = try String(
                    contentsOfFile: results.pushing(FilePath(#require(program.log))).string, encoding: .utf8)
                if refused {
                    #expect(program.cause?.id == "bad-deref")
                    #expect(
                        log.hasPrefix("0: ") || log.contains("\n0: "), "the whole log starts at the first instruction")
                    #expect(log.contains("invalid mem access 'map_value_or_null'"))
                    #expect(program.cause?.source?.contains("*count += 1") == true)
                }
                let stats = try #require(program.stats)
                #expect(try #require(stats.instructions) > 0)
                #expect(stats.limit == 1_000_000)
            }
        }
    }
}
