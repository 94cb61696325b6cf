import Foundation
import GuestImage
import GuestLink
import Machine
import MatrixModel
import SystemPackage
import Testing

extension GuestTests {
    /// Triggers run in copies of shells that wait in the snapshot, and no trigger changes the shell of the next.
    @Suite(.serialized, .ownProcessor, TriggerRun()) struct TriggerTests {
        private func run() throws -> TriggerRun.Outcome { try #require(TriggerRun.outcome) }

        @Test(arguments: TriggerRun.kinds) func aTriggerRunsInACopyOfAWaitingShell(kind: TriggerKind) throws {
            let state = try #require(try run().first[kind])
            #expect(state.isCopy && state.waitingShells == "2", "\(state)")
        }

        /// What is compared would show each of the changes.
        @Test(arguments: TriggerRun.changes, TriggerRun.kinds)
        func aChangeOfTheShellIsSeenInItsOwnCell(change: String, kind: TriggerKind) throws {
            let state = try #require(try run().during[kind]?[change])
            #expect(try state.shell != (#require(run().first[kind])).shell, "\(kind) \(change)")
        }

        @Test(arguments: TriggerRun.changes + TriggerRun.ends, TriggerRun.kinds)
        func theNextTriggerFindsTheShellAsItWas(change: String, kind: TriggerKind) throws {
            let next = try #require(try run().after[kind]?[change])
            #expect(try next == #require(run().first[kind]), "\(kind) after \(change)")
        }

        /// A shell for the trigger at hand, and one that waits for those that follow.
        @Test(arguments: TriggerRun.kinds) func killedShellIsReplaced(kind: TriggerKind) throws {
            let states = try #require(try run().afterKilling[kind])
            let first = try #require(try run().first[kind])
            #expect(!states.next.isCopy && states.next.waitingShells != "0", "\(states.next)")
            #expect(states.later == first)
        }

        @Test(arguments: TriggerRun.loaders) func aTriggerRunsInTheNetworkOfItsCell(loader: String) throws {
            let state = try #require(try run().byLoader[loader])
            #expect(state.network == ["bash", "loader-\(loader)"])
        }

        /// A program that kills everything it sees also kills its own loader, and everything that waits for other
        /// cells.
        @Test(arguments: TriggerRun.loaders) func everyLoaderSurvivesATriggerThatKillsAll(loader: String) throws {
            let killed = try #require(try run().killers[loader])
            #expect(killed.exit == .signalled(9))
            let (before, after) = try (run().byLoader[loader], run().afterKillers[loader])
            #expect(try #require(after) == #require(before), "\(loader)")
        }

        /// The waiting shell executes nothing; the second run of the trigger is a bash that starts.
        @Test(arguments: TriggerRun.loaders) func aProbeOfProgramStartsFires(loader: String) throws {
            let report = try #require(try run().starts[loader])
            let program = try #require(report.programs.last)
            #expect(program.stage == .fire && program.errno == 0, "\(loader): \(report.words)")
            #expect(report.event.contains("bash"))
        }
    }
}

enum TriggerKind: String, CaseIterable {
    case typed, command

    func trigger(_ text: String) -> StagePlan.Trigger { self == .typed ? .type(text) : .shell(text) }
}

/// What a trigger reports about its shell.
struct ShellState: Equatable, CustomStringConvertible {
    let description: String
    let isCopy: Bool
    let waitingShells: String
    /// Names of the threads in the shell's network, sorted: they are found in the order of their numbers as text.
    let network: [String]
    /// What a line can change.
    let shell: [String]

    /// `nil` for an event that a shell did not write.
    init?(_ event: String) {
        let text = event.prefix { $0 != "\0" && $0 != "\n" }
        let fields = text.split(separator: "|", omittingEmptySubsequences: false).map(String.init)
        guard fields.first == TriggerSource.mark, fields.count > 4 else { return nil }
        description = String(text)
        isCopy = fields[1] == "builtin"
        waitingShells = fields[2]
        network = fields[3].split(separator: " ").map(String.init).sorted()
        shell = Array(fields[4...])
    }

    static func == (left: ShellState, right: ShellState) -> Bool {
        left.isCopy == right.isCopy && left.waitingShells == right.waitingShells && left.network == right.network
            && left.shell == right.shell
    }
}

enum TriggerSource {
    static let mark = "state:"

    /// Sends what is written by anybody, where it begins with the mark.
    static let program = """
        #include <linux/bpf.h>
        #include <bpf/bpf_helpers.h>
        char LICENSE[] SEC("license") = "GPL";
        struct { __uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY); __type(key, int); __type(value, int); } lines SEC(".maps");
        struct write_call { unsigned long long common; long number; unsigned long descriptor; void *text; unsigned long length; };
        SEC("tracepoint/syscalls/sys_enter_write") int on_event(struct write_call *call)
        {
            char text[256] = {};
            unsigned long length = call->length;
            if (length > sizeof(text))
                length = sizeof(text);
            bpf_probe_read_user(text, length, call->text);
            if (__builtin_memcmp(text, "\(mark)", \(mark.utf8.count)) == 0)
                bpf_perf_event_output(call, &lines, BPF_F_CURRENT_CPU, text, sizeof(text));
            return 0;
        }
        """

    /// Says whether the shell is a copy, how many other shells there are, who shares its network, and what a line can change.
    static let state = [
        "s=$? w=0 n=", "for p in /proc/[0-9]*; do [[ $p/exe -ef /bin/bash && $p != /proc/$$ ]] && w=$((w+1)); done",
        "for t in /proc/[0-9]*/task/[0-9]*; do [[ $t/ns/net -ef /proc/self/ns/net ]] && read -r c <$t/comm && n+=\" $c\"; done",
        "v=$(compgen -v)",
        "echo \"\(mark)|$(type -t compat_matrix_await)|$w|$n|$PWD|$-|$s|$#|$(umask)|$(ulimit -n)|${#v}|$(trap)\"",
    ].joined(separator: "; ")
}

/// Runs every trigger once, for all tests of the suite.
struct TriggerRun: SuiteTrait, TestScoping {
    struct Outcome: Sendable {
        var first: [TriggerKind: ShellState] = [:]
        var during: [TriggerKind: [String: ShellState]] = [:]
        var after: [TriggerKind: [String: ShellState]] = [:]
        var afterKilling: [TriggerKind: (next: ShellState, later: ShellState)] = [:]
        var byLoader: [String: ShellState] = [:]
        var killers: [String: CellReport] = [:]
        var afterKillers: [String: ShellState] = [:]
        var starts: [String: CellReport] = [:]
    }

    @TaskLocal static var outcome: Outcome?

    static let kinds = TriggerKind.allCases
    static let loaders = ["libbpf", "aya", "cilium"]
    /// Changes to a shell that must not affect the next trigger.
    static let changes = [
        "cd /tmp", "export X=1", "set -e", "umask 077", "ulimit -n 64", "trap : USR1", "set -- a b",
    ]
    /// What a shell ends with.
    static let ends = ["exit", "exec sleep 1000", "kill -9 $$"]
    private static let killWaitingShells =
        "for p in /proc/[0-9]*; do [[ $p/exe -ef /bin/bash && $p != /proc/$$ ]] && kill -9 ${p#/proc/}; done"

    func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @concurrent @Sendable () async throws -> Void
    ) async throws {
        let sleep = try await DynamicProgram("/bin/sleep")
        let outcome = try await Bench.with(guest: Repository.guestTools, programs: [sleep]) { bench in
            let objects = try await TriggerObjects(in: bench.folder)
            let spec = bench.spec(try Repository.kernel("debian-6.1"))
            return try await bench.backend().withGuest(spec, start: .cold) { guest in
                var shells = Shells(session: CellSession(guest), objects: objects)
                return try await Self.run(&shells)
            }
        }
        try await Self.$outcome.withValue(outcome) { try await function() }
    }

    private static func run(_ shells: inout Shells) async throws -> Outcome {
        var outcome = Outcome()
        for kind in kinds {
            outcome.first[kind] = try await shells.state(kind)
            for change in changes {
                outcome.during[kind, default: [:]][change] = try await shells.state(kind, after: change)
                outcome.after[kind, default: [:]][change] = try await shells.state(kind)
            }
            for end in ends {
                _ = try await shells.run(kind, end)
                outcome.after[kind, default: [:]][end] = try await shells.state(kind)
            }
        }
        for kind in kinds {
            _ = try await shells.run(.command, killWaitingShells)
            let next = try await shells.state(kind)
            // The other kind's shell is replaced when it is wanted.
            for other in kinds where other != kind { _ = try await shells.state(other) }
            outcome.afterKilling[kind] = (next, try await shells.state(kind))
        }
        for loader in loaders {
            outcome.byLoader[loader] = try await shells.state(.command, loader: loader)
            outcome.starts[loader] = try await shells.starts(loader: loader)
        }
        for loader in loaders {
            outcome.killers[loader] = try await shells.run(.command, "kill -9 -1", loader: loader)
            outcome.afterKillers[loader] = try await shells.state(.command, loader: loader)
        }
        return outcome
    }
}

private struct TriggerObjects: Sendable {
    let writes: [UInt8]
    let starts: [UInt8]

    init(in folder: FilePath) async throws {
        writes = try await Self.compile(TriggerSource.program, to: folder.appending("writes.bpf.o"))
        starts = try await Self.compile(
            StageSource.prelude + StageSource.sending("tracepoint/sched/sched_process_exec"),
            to: folder.appending("starts.bpf.o"))
    }

    private static func compile(_ source: String, to object: FilePath) async throws -> [UInt8] {
        try await compileObject(source, to: object)
        return Array(try Data(contentsOf: URL(filePath: object.string)))
    }
}

/// Cells whose triggers are the point.
private struct Shells {
    var session: CellSession
    let objects: TriggerObjects

    /// Runs a trigger that need not come to an event.
    mutating func run(_ kind: TriggerKind, _ text: String, loader: String = "libbpf") async throws -> CellReport {
        try await session.run(loader: loader, object: objects.writes, plan: .attach(nil, kind.trigger(text)))
    }

    /// What a shell reports, after it did something else.
    mutating func state(
        _ kind: TriggerKind, after change: String? = nil, loader: String = "libbpf"
    ) async throws -> ShellState {
        let text = ([change].compactMap(\.self) + [TriggerSource.state]).joined(separator: "; ")
        let report = try await session.run(
            loader: loader, object: objects.writes,
            plan: .attach(nil, kind.trigger(text), StagePlan.Event(contains: TriggerSource.mark)))
        return try #require(ShellState(report.event), "\(kind) \(text): \(report)")
    }

    mutating func starts(loader: String) async throws -> CellReport {
        try await session.run(
            loader: loader, object: objects.starts,
            plan: .attach(nil, .shell("true"), StagePlan.Event(contains: "bash")))
    }
}
