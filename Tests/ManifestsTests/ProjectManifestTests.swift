import FoundationEssentials
import MatrixModel
import SystemPackage
import TestSupport
import Testing

@testable import Manifests

struct ProjectManifestTests {
    private static let probe = "summary: x\nvariants: { a: { object: a.o } }"

    /// The sample of the documentation is a whole one.
    @Test func theSampleInTheDocumentationIsRead() throws {
        let page = SourceTree.root.pushing("docs/manifest.md")
        let text = try String(contentsOfFile: page.string, encoding: .utf8)
        let sample = try #require(
            text.split(separator: "```yaml\n").dropFirst().compactMap { $0.split(separator: "```").first }
                .first { $0.contains("\nobjects:") })
        let files = [
            "bpf/probes/execs/probe.yaml": Self.probe, "bpf/probes/execs/a.o": "", "bpf/exits.bpf.c": "",
            "build/one.bpf.o": "", "build/two.bpf.o": "", "build/readme": "", "vendor/opensnoop.bpf.o": "",
        ]
        try withFolder(files) { folder in
            let project = try ProjectManifest(file: folder.appending("compat-matrix.yaml"), text: String(sample))
            let probes = try project.catalogue()
            #expect(probes.map(\.name) == ["execs", "exits", "one", "two", "opens"])
            #expect(probes.dropFirst(2).allSatisfy { $0.variants.map(\.name) == ["object"] })
            #expect(probes[1].variants[0].file == folder.appending("bpf").appending("exits.bpf.c"))
            #expect(probes[4].variants[0].origin == .object(folder.appending("vendor").appending("opensnoop.bpf.o")))
            #expect(probes[4].variants[0].settings.modules == ["veth"])
            let rule = try #require(probes[4].variants[0].expectations.first)
            #expect(rule.verdict == nil && rule.kernels.description == "el7-*")
            #expect(rule.origin?.file.hasSuffix("/compat-matrix.yaml") == true)
            #expect(project.kernels.map(\.value) == ["debian-*", "ubuntu-5.4"])
            #expect(project.loaders.map(\.value) == ["libbpf"])
            #expect(project.baseline?.value == folder.appending("compat-baseline.json").string)
            #expect(project.results == folder.appending("out").appending("compat"))
            #expect((project.timeout, project.jobs) == (60, 2))
            var gate = GateRules(failOn: [.regression, .growth], failsOnUnneeded: true)
            (gate.growthPercent, gate.growthInstructions, gate.headroomPercent) = (20, 100, 10)
            #expect(project.gate == gate)
            #expect(gate.conditions(hasBaseline: false) == [.regression, .growth, .unneeded])
        }
    }

    private static let endings: [(GateRules, Bool, Set<GateCondition>)] = [
        (GateRules(), false, [.unexpected]), (GateRules(), true, [.regression]), (GateRules(failOn: []), true, []),
        (GateRules(failsOnUnneeded: true), true, [.regression, .unneeded]),
        (GateRules(failOn: [.unexpected, .headroom]), true, [.unexpected, .headroom]),
    ]

    @Test(arguments: endings)
    func whatEndsARun(rules: GateRules, hasBaseline: Bool, conditions: Set<GateCondition>) {
        #expect(rules.conditions(hasBaseline: hasBaseline) == conditions)
    }

    @Test(arguments: [
        ("latest", "latest"), ("20261122", "20261122"), ("base.json", "/p/base.json"), ("../a/b", "/a/b"),
        ("/x/base.json", "/x/base.json"),
    ])
    func aBaselineIsAFileOrARun(text: String, value: String) throws {
        let project = try ProjectManifest(
            file: "/p/compat-matrix.yaml", text: "objects: [a.o]\nbaseline: '\(text)'\n")
        #expect(project.baseline?.value == value)
    }

    /// Each complaint names the line and the key.
    @Test(arguments: [
        ("", "1: the key 'probes' or 'objects' is missing"),
        ("kernels: [a]", "1: the key 'probes' or 'objects' is missing"),
        ("objects: [a.o]\nkernel: [debian-*]", "2: unknown key 'kernel'; known keys: probes, objects, kernels"),
        ("objects: [a.o]\ntimeout: 0", "2: 'timeout' is '0'; expected a number from 1 to 86400"),
        ("objects: [a.o]\njobs: many", "2: 'jobs' is 'many'; expected a number from 1 to 256"),
        ("objects: [a.o]\nbaseline: ''", "2: 'baseline' is ''; expected a JSON file of a run"),
        ("objects: [a.o]\nresults: ''", "2: 'results' is ''; expected a path"),
        ("objects: [a.o]\ngate: { fail: [growth] }", "2: unknown key 'fail'; known keys: failOn"),
        ("objects: [a.o]\ngate:\n  failOn: [regresion]", "3: 'failOn' is 'regresion'; expected unexpected, regression"),
        ("objects: [a.o]\ngate: { unneeded: yes }", "2: 'unneeded' is 'yes'; expected fail or tell"),
        ("objects: [a.o]\ngate: { growthPercent: -1 }", "2: 'growthPercent' is '-1'; expected a percentage"),
        ("objects: [a.o]\ngate: { headroomPercent: nan }", "2: 'headroomPercent' is 'nan'; expected a percentage"),
        ("objects: [a.o]\ngate: { growthInstructions: 1.5 }", "2: 'growthInstructions' is '1.5'; expected a number"),
        ("objects: [gone.o]", "1: 'objects' is 'gone.o'; expected a file in"),
        ("objects: ['*.bpf.o']", "1: 'objects' is '*.bpf.o'; expected a glob that matches a file in"),
        ("objects:\n- { object: '*.o', name: b }", "2: 'name' is 'b'; expected no 'name' with an 'object'"),
        ("objects:\n- { object: a.o, name: ../b }", "2: 'name' is '../b'; expected names of letters"),
        ("objects:\n- { object: a.o, source: b }", "2: unknown key 'source'; known keys: object, name"),
        ("objects:\n- { name: b }", "2: the key 'object' is missing"),
        ("objects:\n- object: a.o\n  expect: [{ verdict: ok }]", "3: 'verdict' is 'ok'; expected pass"),
        ("probes: [gone]", "1: 'probes' is '"),
        ("probes:\n- { summary: x, variants: { a: { object: a.o } } }", "2: the key 'name' is missing"),
        ("probes:\n- name: p\n  summary: x\n  variants:\n    a: { objekt: a.o }", "5: unknown key 'objekt'"),
        ("objects: [a.o", "2: invalid YAML"),
    ])
    func errorIsReported(text: String, complaint: String) throws {
        try withFolder(["a.o": "", "b.o": ""]) { folder in
            let file = folder.appending("compat-matrix.yaml")
            let error = #expect(throws: ManifestError.self) {
                try ProjectManifest(file: file, text: text).catalogue()
            }
            #expect(error?.description.hasPrefix("\(file):\(complaint)") == true, "\(error?.description ?? "none")")
        }
    }

    /// Except for names that would be globs.
    @Test(arguments: KernelManifestTests.awkwardNames.filter { !$0.contains { "*[{".contains($0) } })
    func aDraftIsReadBack(name: String) throws {
        let objects = ["\(name).bpf.o", "build/\(name).bpf.o"]
        try withFolder([objects[0]: "", objects[1]: ""]) { folder in
            let text = ProjectDraft(objects: objects.map { FilePath($0) }, probes: nil).text
            let probes = try ProjectManifest(file: folder.appending("compat-matrix.yaml"), text: text).catalogue()
            let files = objects.map { folder.pushing(FilePath($0)) }
            #expect(probes.flatMap { $0.variants.map(\.file) } == files, "\(text)")
        }
    }

    @Test func aDraftReadsAsAPersonWouldWriteIt() {
        let text = ProjectDraft(objects: ["a.bpf.o", "b c/a.bpf.o", "x: y.o"], probes: "probes").text
        #expect(text.contains("\nprobes: [probes]\n"), "\(text)")
        let entries = """

            objects:
              - a.bpf.o
              - object: b c/a.bpf.o
                name: b-c-a
              - object: 'x: y.o'
                name: x--y

            # Kernels
            """
        #expect(text.contains(entries), "\(text)")
    }

    /// What a command needs that only reads stored runs: objects need not be built for it.
    @Test func whatItNamesNeedNotBeThereToReadIt() throws {
        let text = "objects: [gone.o]\nprobes: [gone]\nresults: /stored"
        #expect(try ProjectManifest(file: "/p/compat-matrix.yaml", text: text).results == "/stored")
    }
}
