import Foundation
import Manifests
import MatrixModel
import SystemPackage
import TestSupport
import Testing

struct KernelManifestTests {
    private let file: FilePath = "/axis/debian-6.1.yaml"

    @Test func readsAnAptSource() throws {
        let text = """
            source:
              apt:
                archive: debian-security
                suite: bookworm-security
                package: linux-image-6.1.0-*-cloud-amd64
            commandLine: mitigations=off bpftest
            gate: false
            """
        let kernel = try KernelManifest(file: file, text: text)
        let suite = AptSuite(archive: .debianSecurity, name: "bookworm-security", component: "main")
        #expect(kernel.id.text == "debian-6.1")
        #expect(kernel.source == .apt(AptSource(suite: suite, package: "linux-image-6.1.0-*-cloud-amd64")))
        #expect(kernel.commandLine == "mitigations=off bpftest")
        #expect(!kernel.isGate)
    }

    @Test(arguments: [
        ("vmlinuz", "/axis/vmlinuz"), ("../images/linux.deb", "/images/linux.deb"), ("/boot/vmlinuz", "/boot/vmlinuz"),
        ("\"a # b.deb\"", "/axis/a # b.deb"),
    ])
    func aFileIsRelativeToTheManifest(written: String, expected: FilePath) throws {
        let kernel = try KernelManifest(file: file, text: "source:\n  file: \(written)\n")
        #expect(kernel.source == .file(FileSource(.file(expected))))
        #expect(kernel.commandLine == "" && kernel.isGate)
    }

    @Test(arguments: [
        ("url: 'https://host.invalid/a/kernel-core.rpm'", "url https://host.invalid/a/kernel-core.rpm"),
        ("url: HTTP://host.invalid:8080#part", "url http://host.invalid:8080/"),
        ("url: 'http://[::1]/a?b=c@d'", "url http://[::1]/a?b=c@d"),
        ("oci: quay.io/lvh-images/kernel-images:6.1-main", "oci quay.io/lvh-images/kernel-images:6.1-main"),
        (
            "oci: 'localhost/a@sha256:\(String(repeating: "0f", count: 32))'",
            "oci localhost/a@sha256:\(String(repeating: "0f", count: 32))"
        ),
        (
            "{file: vmlinux, config: ../config, modules: lib/modules/6.1}",
            "file /axis/vmlinux, config file /config, modules file /axis/lib/modules/6.1"
        ),
        (
            "{url: 'http://h.invalid/a.rpm', modules: [a.rpm, 'https://h.invalid/b.rpm']}",
            "url http://h.invalid/a.rpm, modules file /axis/a.rpm, modules url https://h.invalid/b.rpm"
        ),
    ])
    func readsWhereAFileIs(written: String, expected: String) throws {
        let source = written.hasPrefix("{") ? written : "{\(written)}"
        let kernel = try KernelManifest(file: file, text: "source: \(source)\n")
        #expect(kernel.source.description == expected)
    }

    @Test func passwordInURLIsRejectedAndNotPrinted() {
        let text = "source: {url: 'https://me:secret@host.invalid/x'}"
        let error = #expect(throws: ManifestError.self) { try KernelManifest(file: file, text: text) }
        let said = error.map { "\($0)" } ?? ""
        #expect(said.contains("https://…@host.invalid/x") && said.contains("password"), "\(said)")
        #expect(!said.contains("secret"))
    }

    @Test(arguments: [
        ("sources: {file: x}", ":1: unknown key 'sources'"),
        ("source: {file: x}\ncommandline: y", ":2: unknown key 'commandline'"),
        ("commandLine: x", "the key 'source' is missing"),
        ("source: {}", "exactly one of 'apt', 'file', 'url' and 'oci'"),
        ("source: {config: x}", "exactly one of 'apt', 'file', 'url' and 'oci'"),
        ("source: {file: x, apt: {archive: debian, suite: a, package: b}}", "exactly one of 'apt', 'file', 'url'"),
        ("source: {apt: {archive: debian, suite: a, package: b}, config: c}", "only with the last three"),
        ("source: {file: x, url: 'http://h.invalid/'}", "exactly one of 'apt', 'file', 'url'"),
        ("source: {file: ''}", "'file' is ''; expected the path"),
        ("source: {file: 'http://h.invalid/x'}", "use 'url' for a URL"),
        ("source: {url: 'ftp://h.invalid/x'}", "'url' is 'ftp://h.invalid/x'; expected the URL of a file, http"),
        ("source: {url: 'file:///etc/passwd'}", "expected the URL of a file, http"),
        ("source: {url: 'http:///x'}", "expected the URL of a file, http"),
        ("source: {url: 'http://h.invalid/a b'}", "expected the URL of a file, http"),
        ("source: {oci: kernel-images}", "'oci' is 'kernel-images'; expected registry/name"),
        ("source: {oci: 'name/without/registry:1'}", "expected registry/name"),
        ("source: {oci: 'quay.io/../x'}", "expected registry/name"),
        ("source: {oci: '--x.y/z'}", "expected registry/name"),
        ("source: {file: x, config: ''}", "'config' is ''; expected a path or a URL"),
        ("source: {file: x, modules: [a, 'ftp://h.invalid/x']}", "'modules' is 'ftp://h.invalid/x'"),
        ("source:\n  apt: {archive: fedora, suite: a, package: b}", ":2: 'archive' is 'fedora'; expected debian,"),
        ("source: {apt: {archive: debian, package: b}}", "the key 'suite' is missing"),
        ("source: {apt: {archive: debian, suite: 'a main\\n', package: b}}", "'suite' is"),
        ("source: {apt: {archive: debian, suite: a, package: '-o=Dir=/'}}", "'package' is '-o=Dir=/'"),
        ("source: {apt: {archive: debian, suite: a, package: b, version: c}}", "unknown key 'version'"),
        ("source: {file: x}\ncommandLine: \"a\\nb\"", "'commandLine' is"),
        ("source: {file: x}\ngate: maybe", ":2: 'gate' is 'maybe'; expected true or false"),
        ("source: [", "invalid YAML"),
    ])
    func errorIsReported(text: String, complaint: String) {
        let error = #expect(throws: ManifestError.self) { try KernelManifest(file: file, text: text) }
        let said = error.map { "\($0)" } ?? ""
        #expect(said.hasPrefix("/axis/debian-6.1.yaml") && said.contains(complaint), "\(said)")
    }

    /// Names that mean something else to YAML, or to a terminal, unless they are quoted.
    static let awkwardNames = [
        "plain", "true", "null", "5.10", "~", "a b", " a", "a ", "a: b", "a #b", "#a", "- a", "*a", "&a", "!a", "{a}",
        "[a]", "'a'", "\"a\"", "a\\b", "a\nb", "a\tb", "\u{7F}", "\u{85}", "\u{2028}", "\u{1B}[1m", "grün", "🐝",
        String(repeating: "long name ", count: 20) + "end",
    ]

    @Test(arguments: awkwardNames) func whatIsWrittenIsReadBack(name: String) throws {
        let path = KernelLocation.file(FilePath("/x/\(name)"))
        let isPrintable = name.utf8.allSatisfy { (0x20..<0x7F).contains($0) }
        let kernel = KernelManifest(
            id: try #require(KernelID("debian-6.1")),
            source: .file(FileSource(path, config: path, modules: [path, path])),
            commandLine: isPrintable ? name : "", file: file)
        #expect(try KernelManifest(file: file, text: kernel.text) == kernel, "\(kernel.text)")
    }

    @Test func aWrittenManifestReadsAsAPersonWouldWriteIt() throws {
        let suite = AptSuite(archive: .debianSecurity, name: "bookworm-security")
        let kernel = KernelManifest(
            id: try #require(KernelID("debian-6.1")),
            source: .apt(AptSource(suite: suite, package: "linux-image-6.1.0-*-amd64")),
            commandLine: "mitigations=off 'x: y' #z", isGate: false, file: file)
        #expect(
            kernel.text == """
                source:
                  apt:
                    archive: debian-security
                    suite: bookworm-security
                    component: main
                    package: linux-image-6.1.0-*-amd64
                commandLine: 'mitigations=off ''x: y'' #z'
                gate: false

                """)
        #expect(try KernelManifest(file: file, text: kernel.text) == kernel)
    }

    @Test(arguments: ["debian.yaml", "6.1.yaml", "debian-x.yaml", "-6.1.yaml"])
    func invalidIdInFileNameIsReported(name: String) {
        let file = FilePath("/axis").appending(name)
        let error = #expect(throws: ManifestError.self) { try KernelManifest(file: file, text: "source: {file: x}") }
        #expect(error.map { "\($0)".contains("<family>-<version>.yaml") } == true)
    }

    /// No one will ever write to it.
    @Test func aNamedPipeIsNotWaitedFor() throws {
        try withFolder([:]) { folder in
            let file = folder.appending("a-1.2.yaml")
            try #require(file.withPlatformString { mkfifo($0, 0o600) } == 0)
            #expect(throws: ManifestError.self) { try KernelManifest(reading: file) }
        }
    }

    @Test func missingFileIsReported() {
        #expect(throws: ManifestError.unreadable(file: "/nowhere/a-1.2.yaml", errno: .noSuchFileOrDirectory)) {
            try KernelManifest(reading: "/nowhere/a-1.2.yaml")
        }
    }

    @Test(arguments: [
        "ubuntu-4.15", "ubuntu-5.4", "debian-5.10", "ubuntu-5.15", "debian-6.1", "ubuntu-6.8", "debian-6.12",
        "debian-6.18", "debian-7.3",
    ])
    func theDefaultsFromArchivesAreValid(id: String) throws {
        let kernel = try KernelManifest(reading: SourceTree.root.appending("kernels/\(id).yaml"))
        #expect(kernel.id.text == id)
        guard case .apt(let source) = kernel.source else {
            Issue.record("\(id) comes from \(kernel.source)")
            return
        }
        #expect(source.package.contains(id.split(separator: "-")[1]))
    }
}
