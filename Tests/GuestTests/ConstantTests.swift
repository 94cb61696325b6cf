import MatrixModel
import Testing

extension CommandTests {
    /// Constants that an application sets before it loads the object.
    @Suite(.serialized, .ownProcessor) struct ConstantTests {
        /// The gate is 0 in the object, and behind it is a helper that no kernel has.
        ///
        /// A verifier that knows the constant never looks at the call.
        private static let probe = """
            #include <linux/bpf.h>
            #include <bpf/bpf_helpers.h>

            const volatile unsigned char wants_helper = 0;
            static const volatile int limit = 0;
            const volatile char mark[16] = "";

            struct {
                __uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
                __uint(key_size, 4);
                __uint(value_size, 4);
            } events SEC(".maps");

            SEC("raw_tracepoint/sched_process_exit") int watch(void *context)
            {
                char text[16] = {};
                if (wants_helper)
                    return ((long (*)(void)) 60000)();
                if (limit != -70000)
                    return 0;
                for (int i = 0; i < 15; i++)
                    text[i] = mark[i];
                bpf_perf_event_output(context, &events, BPF_F_CURRENT_CPU, text, sizeof(text));
                return 0;
            }

            char LICENSE[] SEC("license") = "GPL";

            """
        private static let manifest = """
            summary: Report ends of processes with a text of the application's.
            loaders: [libbpf, aya, cilium]
            attach: true
            trigger: { shell: "true" }
            event: { map: events, contains: set by the app }
            constants: { limit: -70000, mark: set by the app }
            variants:
              set: { source: watch.bpf.c }
              with-helper: { source: watch.bpf.c, constants: { wants_helper: true } }
              another-limit: { source: watch.bpf.c, constants: { limit: 0x7fffffff } }

            """

        @Test func theVerifierAndTheProgramSeeWhatIsSet() async throws {
            try await Installation.with { tool in
                try tool.replaceProbes(with: ["text/probe.yaml": Self.manifest, "text/watch.bpf.c": Self.probe])
                let document = try await tool.run(["--kernel", "debian-6.1"]) { _ in }.document
                #expect(document.cells.count == 9)
                for cell in document.cells {
                    let program = try #require(cell.programs.first, "\(cell.key)")
                    switch cell.variant {
                    case "set": #expect((cell.verdict, cell.stage) == (.pass, .fire), "\(cell)")
                    case "with-helper":
                        #expect((cell.verdict, cell.stage) == (.fail, .load), "\(cell)")
                        #expect(program.cause?.line.contains("60000") == true, "\(cell)")
                    default:
                        #expect((cell.verdict, cell.stage) == (.fail, .fire), "\(cell)")
                        #expect(program.cause?.id == "no-event", "\(cell)")
                    }
                }
            }
        }
    }
}
