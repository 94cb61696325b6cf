import MatrixModel
import SystemPackage
import Testing

@testable import Manifests

/// What manifests say of the stages past the load.
@Suite struct ProbeStagesTests {
    private static let file: FilePath = "/probes/p/probe.yaml"

    /// The plan of the first variant for an object of `programs`; `a` is an event of tracefs that needs no file.
    private func plan(_ text: String, programs: [String] = ["f", "g"], firesAlone: Bool = false) throws -> StagePlan? {
        let probe = try ProbeManifest(file: Self.file, text: text)
        let variant = try #require(probe.variants.first)
        guard case .tracefs(let event) = variant.origin else {
            return try variant.settings.stages.plan(programs: programs, maps: ["m", "lines"], firesAlone: firesAlone)
        }
        return try variant.settings.stages.plan(event)
    }

    /// A manifest whose variant is a source that is there: this file.
    private static func manifest(_ variant: String, probe: String = "") -> String {
        let source = FilePath(#filePath)
        return "summary: x\nvariants: { a: { source: \(source)\(variant.isEmpty ? "" : ", \(variant)") } }\n\(probe)"
    }

    private static let plans: [(String, String, String?)] = [
        ("", "", nil),
        ("attach: true", "", "attach\n"),
        ("", "attach: true", "attach\n"),
        ("attach: { g: lo/ingress, f: do_exit+4 }", "attach: true", "attach\tg\tlo/ingress\nattach\tf\tdo_exit+4\n"),
        ("attach: { g: true, f: false }", "attach: true", "attach\tg\nexclude\tf\n"),
        ("attach: { f: false }", "", "attach\nexclude\tf\n"),
        ("attach: false", "attach: true\ntrigger: { shell: ':' }\nevent: { map: m }", nil),
        (
            "", "attach: true\ntrigger: { type: echo hi }\nevent: { map: lines, contains: hi }",
            "attach\ntrigger\ttype\techo hi\nevent\tlines\ncontains\thi\n"
        ),
        (
            "trigger: { shell: ls /tmp }", "trigger: { type: x }\nevent: {}",
            "attach\ntrigger\tshell\tls /tmp\nevent\t\n"
        ),
        ("trigger: { shell: ':' }", "attach: true", "attach\ntrigger\tshell\t:\n"),
        (
            "event: { contains: hi }", "trigger: { type: x }\nevent: { map: m }",
            "attach\ntrigger\ttype\tx\nevent\t\ncontains\thi\n"
        ),
    ]

    @Test(arguments: plans)
    func aPlanIsWhatProbeAndVariantSay(variant: String, probe: String, text: String?) throws {
        #expect(try plan(Self.manifest(variant, probe: probe))?.text == text)
    }

    /// Programs that the object calls itself are not attached unless the manifest names them; the first one also calls
    /// itself.
    @Test(arguments: [
        ("attach: true", ["g"], "attach\nexclude\tg\n"), ("attach: true", ["f", "g"], "attach\n"),
        ("attach: { g: true }", ["g"], "attach\tg\n"),
        ("attach: { g: lo }", ["f", "g"], "attach\tg\tlo\nexclude\tf\n"),
    ])
    func targetsOfTailCallsAreLeftOut(variant: String, tailCalled: [String], text: String) throws {
        let probe = try ProbeManifest(file: Self.file, text: Self.manifest(variant))
        let plan = try probe.variants.first?.settings.stages.plan(
            programs: ["f", "g"], tailCalled: tailCalled, maps: [], firesAlone: false)
        #expect(plan?.text == text)
    }

    @Test(arguments: [".bss", "watch.data", "lines"])
    func anEventComesThroughAMapOfTheObject(map: String) throws {
        let manifest = Self.manifest("trigger: { shell: ':' }, event: { map: \(map) }")
        #expect(try plan(manifest)?.text == "attach\ntrigger\tshell\t:\nevent\t\(map)\n")
    }

    @Test func unknownMapIsAnError() throws {
        let manifest = Self.manifest("trigger: { shell: ':' }, event: { map: line }")
        let error = #expect(throws: ManifestError.self) { try plan(manifest) }
        #expect(error?.description.hasSuffix("'event' is 'line'; expected one of the object's maps: m, lines") == true)
    }

    @Test func anIteratorNeedsNoTrigger() throws {
        let manifest = Self.manifest("event: { contains: init }")
        #expect(try plan(manifest, firesAlone: true)?.text == "attach\nevent\t\ncontains\tinit\n")
    }

    /// The probe's map is of the variants that have one, and nothing is to be attached.
    @Test func anEventOfTracefsTakesTheProbesTrigger() throws {
        let manifest = """
            summary: x
            attach: true
            trigger: { type: echo hi }
            event: { map: lines, contains: hi }
            variants:
              a: { tracefs: { uretprobe: "/bin/bash:readline", fetch: "line=+0($retval):string" } }
            """
        let text =
            "tracefs\turetprobe\t/bin/bash:readline\tline=+0($retval):string\ntrigger\ttype\techo hi\nevent\t\ncontains\thi\n"
        #expect(try plan(manifest)?.text == text)
        #expect(try plan(manifest)?.lastStage == .fire)
    }

    @Test(arguments: [
        (TracefsEvent(kind: .kprobe, target: "do_exit+4"), "do_exit"),
        (TracefsEvent(kind: .uprobe, target: "/opt/a:b/c:main+0x10"), "main"),
        (TracefsEvent(kind: .uretprobe, target: "/bin/bash:readline"), "readline"),
    ])
    func theSymbolOfAnEventStandsForItsProgram(event: TracefsEvent, symbol: String) {
        #expect(event.symbol == symbol)
    }

    private static let mistakes: [(String, String)] = [
        (manifest("attach: yes please"), "2: 'attach' is 'yes please'; expected true, false, or a mapping"),
        (manifest("attach: { f: false, g: false }"), "2: 'attach' is 'f'; expected a program that is attached"),
        (manifest("attach: [f]"), "2: 'attach' is 'a list'; expected a mapping of names"),
        (manifest("attach: { f: '' }"), "2: 'f' is ''; expected one line"),
        (manifest("attach: { gone: x }"), "2: 'attach' is 'gone'; expected one of the object's programs: f, g"),
        (manifest("", probe: "attach: { gone: x }"), "3: 'attach' is 'gone'; expected one of the object's programs"),
        (manifest("attach: false, trigger: { type: x }"), "2: 'trigger' is 'a mapping'; expected no 'trigger' with"),
        (manifest("trigger: { type: x }"), "2: the key 'event' is missing"),
        (manifest("", probe: "trigger: { type: x }"), "3: the key 'event' is missing"),
        (manifest("event: { map: m }"), "2: the key 'trigger' is missing"),
        (manifest("trigger: { type: x, shell: y }, event: {}"), "2: 'trigger' is 'a mapping'; expected either 'type'"),
        (manifest("trigger: {}, event: {}"), "2: 'trigger' is 'a mapping'; expected either 'type' or 'shell'"),
        (manifest("trigger: { run: x }, event: {}"), "2: unknown key 'run'; known keys: type, shell"),
        (manifest("trigger: { type: \"a\\tb\" }, event: {}"), "2: 'type' is 'a\tb'; expected one line"),
        (manifest("trigger: { shell: \"a\\nb\" }, event: {}"), "2: 'shell' is 'a\nb'; expected one line"),
        (manifest("trigger: { type: x }, event: { holds: y }"), "2: unknown key 'holds'; known keys: map, contains"),
        (
            manifest("trigger: { type: \(String(repeating: "x", count: 513)) }, event: {}"),
            "2: 'type' is '\(String(repeating: "x", count: 513))'; expected at most 512 bytes"
        ),
    ]

    private static let tracefsMistakes: [(String, String)] = [
        (tracefs("{}"), "3: 'tracefs' is 'a mapping'; expected exactly one of kprobe, kretprobe, uprobe, uretprobe"),
        (tracefs("{ kprobe: a, kretprobe: b }"), "3: 'tracefs' is 'a mapping'; expected exactly one of"),
        (tracefs("{ kprobe: /bin/bash:readline }"), "3: 'kprobe' is '/bin/bash:readline'; expected symbol[+offset]"),
        (tracefs("{ uprobe: readline }"), "3: 'uprobe' is 'readline'; expected /path:symbol[+offset]"),
        (tracefs("{ uprobe: '/bin/bash:' }"), "3: 'uprobe' is '/bin/bash:'; expected /path:symbol[+offset]"),
        (tracefs("{ perf: x }"), "3: unknown key 'perf'"),
        (tracefs("{ kprobe: a }, source: a.c"), "3: 'source' is 'a.c'; expected no 'source' with 'tracefs'"),
        (tracefs("{ kprobe: a }, object: a.o"), "3: 'object' is 'a.o'; expected no 'object' with 'tracefs'"),
        (tracefs("{ kprobe: a }, attach: true"), "3: 'attach' is 'true'; expected no 'attach' with 'tracefs'"),
        (tracefs("{ kprobe: a }, event: { map: m }"), "3: 'map' is 'm'; expected no 'map' with 'tracefs'"),
        (tracefs("{ kprobe: a }, event: { contains: m }"), "3: the key 'trigger' is missing"),
    ]

    /// Each complaint names the line and the key.
    @Test(arguments: mistakes + tracefsMistakes)
    func errorIsReported(text: String, complaint: String) throws {
        let error = #expect(throws: ManifestError.self) { try plan(text) }
        #expect(error?.description.hasPrefix("\(Self.file):\(complaint)") == true, "\(error?.description ?? "none")")
    }

    private static func tracefs(_ variant: String) -> String {
        "summary: x\nvariants:\n  a: { tracefs: \(variant) }"
    }
}
