import Foundation
import KernelExamination
import KernelStore
import Machine
import MatrixModel
import Subprocess
import SystemPackage
import TestSupport
import Testing

extension GuestTests {
    /// The features that kernels report agree with what is known about Linux.
    @Suite(.serialized, .ownProcessor) struct ExaminationTests {
        /// Something that came with a version of Linux.
        struct Novelty: Sendable, CustomTestStringConvertible {
            var name: String
            var since: KernelRelease
            /// The option without which no version has it.
            var option: String?
            var isIn: @Sendable (KernelFacts) -> Bool

            var testDescription: String { name }

            static func feature(_ name: String, _ major: Int, _ minor: Int, needs option: String? = nil) -> Novelty {
                Novelty(name: name, since: KernelRelease(major, minor), option: option) {
                    $0.features.present.contains(name)
                }
            }
            static func program(_ name: String, _ major: Int, _ minor: Int) -> Novelty {
                Novelty(name: name, since: KernelRelease(major, minor)) { $0.programTypes.present.contains(name) }
            }
            static func map(_ name: String, _ major: Int, _ minor: Int) -> Novelty {
                Novelty(name: name, since: KernelRelease(major, minor)) { $0.mapTypes.present.contains(name) }
            }
            static func listed(_ name: String, as list: String, _ major: Int, _ minor: Int) -> Novelty {
                Novelty(name: "\(list) \(name)", since: KernelRelease(major, minor)) {
                    $0.lists[list]?.contains(name) == true
                }
            }
            static func helper(_ name: String, in type: String, _ major: Int, _ minor: Int) -> Novelty {
                Novelty(name: "\(name) in \(type)", since: KernelRelease(major, minor)) {
                    $0.helpers[type]?.contains(name) == true
                }
            }
        }

        /// Of upstream's history; none of it is in the stable series that the tests boot, or was backported to them.
        private static let history: [Novelty] = [
            .feature("bpf_syscall", 3, 18), .feature("cpu_v2", 4, 14), .feature("subprograms", 4, 16),
            .feature("kprobe_pmu", 4, 17), .feature("uprobe_pmu", 4, 17), .feature("btf_load", 4, 18),
            .feature("cpu_v3", 5, 1), .feature("global_data", 5, 2), .feature("million_instructions", 5, 2),
            .feature("log_statistics", 5, 2), .feature("bounded_loops", 5, 3), .feature("mmapable_arrays", 5, 5),
            .feature("atomic_fetch", 5, 12), .feature("perf_link", 5, 15),
            .feature("kprobe_multi", 5, 18, needs: "FPROBE"),
            .feature("rotating_log", 6, 4), .feature("cpu_v4", 6, 6), .feature("uprobe_multi", 6, 6),
            .feature("may_goto", 6, 9), .feature("sleepable", 5, 10), .feature("tail_call_in_function", 5, 10),
            .feature("load_acquire", 6, 15), .feature("jit", 3, 18),
            .feature("kprobe_events", 2, 6), .feature("uprobe_events", 3, 5), .feature("socket_filter", 3, 19),
            .feature("tracepoint", 4, 7), .feature("perf_event", 4, 9), .feature("cgroup", 4, 10),
            .feature("xdp", 4, 12), .feature("sockmap", 4, 14), .feature("raw_tracepoint", 4, 17),
            .feature("tp_btf", 5, 5), .feature("fentry", 5, 5), .feature("fmod_ret", 5, 7),
            .feature("lsm", 5, 7, needs: "BPF_LSM"), .feature("lsm_active", 5, 7, needs: "BPF_LSM"),
            .feature("cgroup_link", 5, 7), .feature("iterators", 5, 8), .feature("xdp_link", 5, 9),
            .feature("netns_link", 5, 9), .feature("netfilter", 6, 4, needs: "NETFILTER_BPF_LINK"),
            .feature("tcx", 6, 6), .feature("netkit", 6, 7, needs: "NETKIT"),
            .feature("kprobe_session", 6, 10, needs: "FPROBE"),
            .listed("tcp_congestion_ops", as: "struct_ops", 5, 6), .listed("task", as: "iterators", 5, 8),
            .listed("cgroup", as: "iterators", 6, 1), .listed("tcp_slow_start", as: "kfuncs", 5, 13),
            .listed("bpf_key_put", as: "kfuncs", 6, 1), .listed("bpf_throw", as: "kfuncs", 6, 7),
            .program("kprobe", 4, 1), .program("xdp", 4, 8), .program("raw_tracepoint", 4, 17),
            .program("tracing", 5, 5),
            .program("sk_lookup", 5, 9), .program("syscall", 5, 14), .program("netfilter", 6, 4),
            .map("hash", 3, 19), .map("struct_ops", 5, 6), .map("stack_trace", 4, 6), .map("cpumap", 4, 15),
            .map("queue", 4, 20),
            .map("sk_storage", 5, 2), .map("ringbuf", 5, 8), .map("task_storage", 5, 11), .map("user_ringbuf", 6, 1),
            .map("arena", 6, 9),
            .helper("bpf_probe_read", in: "kprobe", 4, 1), .helper("bpf_probe_read_kernel", in: "kprobe", 5, 5),
            .helper("bpf_ringbuf_output", in: "tracepoint", 5, 8), .helper("bpf_get_func_ip", in: "kprobe", 5, 15),
            .helper("bpf_loop", in: "xdp", 5, 17), .helper("bpf_xdp_adjust_head", in: "xdp", 4, 10),
        ]

        /// The oldest, one in the middle and the newest.
        @Test(arguments: ["ubuntu-5.4", "debian-6.1", "debian-7.3"])
        func answersAgreeWithHistory(id: String) async throws {
            try await Bench.with(guest: Repository.guestTools) { bench in
                let kernel = try Repository.kernel(id)
                let facts = try await examine(bench.spec(kernel), on: bench)
                #expect(facts.gap == nil)
                #expect(facts.release == kernel.releaseLabel)
                let release = try #require(KernelRelease(facts.release))
                let config = KernelConfig(
                    text: try Data(contentsOf: URL(filePath: try #require(kernel.config).string)))
                for novelty in Self.history {
                    let isConfigured = novelty.option.map { config.values[$0] != nil } ?? true
                    #expect(
                        novelty.isIn(facts) == (release >= novelty.since && isConfigured),
                        "\(novelty.name) on \(facts.release)")
                }
                #expect(facts.boot.hasSerialConsole)
                #expect(facts.boot.readySeconds > 0 && facts.boot.uptimeSeconds > 0)
                #expect(id.hasPrefix("\(facts.distribution)".lowercased()))
                #expect(facts.settings["banner"]?.contains(facts.release) == true)
                // What only one type has any use for.
                #expect(facts.helpers["kprobe"]?.contains("bpf_xdp_adjust_head") == false)
                #expect(facts.helpers["xdp"]?.contains("bpf_override_return") == false)
                for type in facts.helpers.keys { #expect(facts.programTypes.present.contains(type)) }
            }
        }

        private func examine(_ spec: GuestSpec, on bench: Bench) async throws -> KernelFacts {
            switch try await KernelExaminer(backend: bench.backend()).examine(spec) {
            case .booted(let facts): return facts
            case .didNotBoot(let failure):
                attachConsole(failure.console, of: spec.kernelID)
                throw MachineError.protocolBroken(failure.reason)
            }
        }

        /// A loader that brings its guest down has still booted.
        @Test func guestThatDiesDuringExaminationLeavesAGap() async throws {
            try await Bench.with(guest: Repository.testGuest("misbehaving")) { bench in
                let facts = try await examine(bench.spec(try Repository.kernel("debian-6.1")), on: bench)
                #expect(facts.gap?.hasPrefix("probing the features ended early: the guest reset itself") == true)
                #expect(facts.release.hasPrefix("6.1."))
            }
        }

        /// The second time nothing boots.
        @Test func showCachesTheGuestsAnswers() async throws {
            try await Installation.with(kernels: .none) { tool in
                let copied = try await tool.fetchCopy(of: "debian-6.1", commandLine: "loglevel=5")
                let first = try await tool.kernels("show", copied, "--json")
                #expect(first.status == .exited(0), "\(first.messages)")
                #expect(first.messages.contains("booting to probe"))
                let second = try await tool.kernels("show", copied, "--json")
                #expect(second.status == .exited(0) && second.messages == "")
                #expect(second.output == first.output)
                let text = try await tool.kernels("show", copied, "--helpers")
                let features = try await tool.features(copied, "--json")
                #expect(features.status == .exited(0) && features.messages == "")
                #expect(try Self.onlyKernel(of: features.output) == Self.object(of: first.output))
                for words in ["kprobe PMU", "map_lookup_elem", "serial console"] {
                    #expect(text.output.contains(words), "\(words)")
                }

                let verified = try await tool.kernels("verify", copied)
                #expect(verified.status == .exited(0) && verified.output.hasPrefix("\(copied)  intact, boots in "))
            }
        }

        private static func object(of json: String) throws -> NSDictionary {
            try #require(try JSONSerialization.jsonObject(with: Data(json.utf8)) as? NSDictionary)
        }

        private static func onlyKernel(of json: String) throws -> NSDictionary {
            let kernels = try #require(object(of: json)["kernels"] as? [NSDictionary])
            try #require(kernels.count == 1)
            return kernels[0]
        }

        /// Its console shows why.
        @Test func aKernelThatPanicsDoesNotBoot() async throws {
            try await Installation.with(kernels: .none) { tool in
                let copied = try await tool.fetchCopy(
                    of: "debian-6.1", commandLine: "rdinit=/nonexistent init=/nonexistent")
                let shown = try await tool.kernels("show", copied)
                #expect(shown.status == .exited(69))
                #expect(shown.output.contains("Kernel panic - not syncing"), "\(shown.output)")
                let verified = try await tool.kernels("verify", copied)
                #expect(verified.status == .exited(69))
                #expect(verified.output.hasPrefix("\(copied)  DOES NOT BOOT: QEMU exited before the guest was ready"))
                #expect(verified.output.contains("Kernel panic - not syncing: "))
                #expect(verified.messages.contains("\(copied): "), "the last lines of its console")
            }
        }
    }
}

extension Installation {
    /// Puts a fetched kernel on the axis under another id, and brings its image.
    fileprivate func fetchCopy(of id: String, commandLine: String = "") async throws -> String {
        let image = try Repository.kernel(id)
        let copied = "local-6.1"
        try FileManager.default.createDirectory(atPath: ownKernels.string, withIntermediateDirectories: true)
        try write(
            "source:\n  file: \(image.path)\ncommandLine: \(commandLine)\n", to: ownKernels.appending("\(copied).yaml"))
        let fetched = try await kernels("fetch", copied)
        try #require(fetched.status == .exited(0), "\(fetched.messages)")
        return copied
    }
}
