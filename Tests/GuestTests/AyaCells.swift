import MatrixModel
import MatrixRunner

/// A cell of the tests of the Aya loader.
struct AyaCell: Sendable {
    var name: String
    /// In C, or the name of a Rust file in the probe `readline`.
    var source: Source
    var plan: StagePlan?
    var loader = "aya"
    /// What comes of it on 4.15, 5.4 and 7.3: `pass fire`, `fail maps 22 aya-map-btf`, `notMeasured` and why.
    var outcomes: [String]

    enum Source: Sendable {
        case c(String)
        case rust(String)
    }

    func outcome(on kernel: String) -> String {
        outcomes[min(["ubuntu-4.15": 0, "ubuntu-5.4": 1][kernel] ?? 2, outcomes.count - 1)]
    }

    private init(_ name: String, _ source: Source, _ plan: StagePlan?, loader: String = "aya", _ outcomes: String...) {
        self.name = name
        self.source = source
        self.plan = plan
        self.loader = loader
        self.outcomes = outcomes
    }

    private static let typed = StagePlan.attach(
        nil, .type("echo typed-line"), StagePlan.Event(contains: "typed-line"))
    private static let readline = StagePlan.attach(
        nil, .type("echo typed-line"), StagePlan.Event(map: "lines", contains: "typed-line"))
    private static let ended = StagePlan.attach(nil, .shell("true"), StagePlan.Event(contains: "bash"))
    private static let legacyRefused = "fail open 95 libbpf-legacy"

    /// The layout of Aya's programs, with Aya and with libbpf.
    static let layout = [
        AyaCell("legacy maps", .c(AyaObjects.legacyMaps), typed, "pass fire"),
        AyaCell("legacy maps, libbpf", .c(AyaObjects.legacyMaps), typed, loader: "libbpf", legacyRefused),
        AyaCell("global data", .c(AyaObjects.globalData), nil, "fail open 22 aya-section", "pass load"),
        // Calls between functions came with 4.16.
        AyaCell("rust-fixed-buffer", .rust("rust-fixed-buffer"), readline, "fail load 22 calls-unknown", "pass fire"),
        AyaCell("rust-percpu-buffer", .rust("rust-percpu-buffer"), readline, "fail load 22 calls-unknown", "pass fire"),
        AyaCell("rust-global-data", .rust("rust-global-data"), readline, "fail open 22 aya-section", "pass fire"),
        AyaCell("rust, libbpf", .rust("rust-fixed-buffer"), readline, loader: "libbpf", legacyRefused),
        // With two perf event arrays, of which aya-log's does not count.
        AyaCell("aya-log", .c(AyaObjects.logging), ended, "pass fire"),
        AyaCell("a map that Aya has no type for", .c(AyaObjects.cgroupArray), nil, "fail open 22 aya-map-unsupported"),
        AyaCell("a program that is refused", .c(AyaObjects.refused), nil, "fail load 13 not-init"),
    ]

    /// What comes of the cells of the stages where it is not what comes of them with libbpf.
    private static let differences: [String: [String]] = [
        // Their maps are described by BTF, which Aya sends to any kernel.
        "tracepoint by name": [needsBTF, "pass fire"], "value of each processor": [needsBTF, "pass fire"],
        "XDP": [needsBTF, "pass fire"], "cgroup_skb": [needsBTF, "pass fire"],
        "cgroup/connect4": [needsBTF, "pass fire"], "cgroup/dev": [needsBTF, "pass fire"],
        "cgroup/sysctl": [needsBTF, "pass fire"], "sock_ops": [needsBTF, "pass fire"],
        "socket filter": [needsBTF, "pass fire"],
        "sk_lookup": [needsBTF, "fail load 22 prog-type-unknown", "pass fire"],
        "fentry": [needsBTF, "fail load 22 unsupported", "pass fire"],
        "fexit": [needsBTF, "fail load 22 unsupported", "pass fire"],
        "LSM": [needsBTF, "fail load 22 aya-btf-name", "pass fire"],
        "tp_btf": [needsBTF, "fail load 22 aya-btf-name", "pass fire"],
        "raw tracepoint": ["fail load 22 prog-type-unknown", "pass fire"],
        "ring buffer": ["fail maps 22 map-type-unknown", "fail maps 22 map-type-unknown", "pass fire"],
        // Aya knows no such sections.
        "iterator": [unknownSection], "kprobe.multi": [unknownSection], "uprobe.multi": [unknownSection],
        "fmod_ret": [unknownSection], "struct_ops": [unknownSection], "tcx": [unknownSection], "tc": [unknownSection],
        // Of what does not come to an event.
        "another text": ["fail fire 74 event-differs"], "no event": ["fail fire 110 no-event"],
        "no such function": ["fail attach 2 attach-target-missing"],
        "no such map": ["notMeasured the object has no map 'absent' for the event"],
        "no such interface": [needsBTF, "notMeasured the cell's network has no interface 'eth0', only lo"],
        "loader that dies": [
            needsBTF, "notMeasured the aya loader ended with signal 11 before it reported all results",
        ],
    ]
    private static let needsBTF = "fail maps 22 aya-map-btf"
    private static let unknownSection = "fail open 22 aya-program-section"

    /// About libbpf's own loader, or so slow that once is enough.
    private static let leftOut = [
        "event of the loader itself", "flood from a trigger that never ends", "trigger that never ends",
    ]

    /// Every way of attaching and every way in which an event comes back.
    static let stages = StageCell.all.compactMap { cell -> AyaCell? in
        guard let source = cell.source, !leftOut.contains(cell.name) else { return nil }
        var own = AyaCell(cell.name, .c(StageSource.prelude + source), cell.plan)
        own.outcomes = differences[cell.name] ?? ["pass fire"]
        return own
    }

    static func cells(of kernel: String) -> [AyaCell] {
        // The failing ones wait in vain: one kernel will do for them.
        let slow = Set(StageCell.failing.map(\.name))
        return layout + stages.filter { kernel == "ubuntu-5.4" || !slow.contains($0.name) }
    }
}
