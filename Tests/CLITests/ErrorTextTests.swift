import Foundation
import GuestImage
import GuestLink
import KernelStore
import Machine
import Manifests
import MatrixAnalysis
import MatrixModel
import MatrixRunner
import MatrixSession
import ProbeObject
import Reports
import ResultStore
import RunPlanning
import SystemPackage
import TestSupport
import Testing

@testable import CompatMatrixCLI
@testable import Loaders

/// The text of every error that users see, one golden file per type.
struct ErrorTextTests {
    private static let file: FilePath = "/data/file"
    private static let folder: FilePath = "/data"
    private static let suite = AptSuite(archive: .debian, name: "bookworm")

    @Test func probeErrors() throws {
        try expect(
            "ProbeObjectError", in: "ProbeObject/ProbeObjectError",
            [
                Sample(ProbeObjectError.missing(Self.file)), Sample(ProbeObjectError.unreadable(Self.file, .ioError)),
                Sample(ProbeObjectError.empty(Self.file)), Sample(ProbeObjectError.notELF(Self.file)),
                Sample(ProbeObjectError.truncated(Self.file)),
                Sample(ProbeObjectError.tooLarge(Self.file, limit: 64 << 20)),
                Sample(ProbeObjectError.wrongMachine(Self.file, machine: 62)),
                Sample(ProbeObjectError.wrongFormat(Self.file, is: "a 32-bit object")),
                Sample(ProbeObjectError.noProgram(Self.file)),
                Sample(ProbeObjectError.noCompiler(tried: ["clang", "clang-19"])),
                Sample(ProbeObjectError.unusableCompiler(Self.file, variable: "CLANG")),
                Sample(ProbeObjectError.noRustCompiler(tried: [])),
                Sample(ProbeObjectError.noRustCompiler(tried: [Self.file])),
                Sample(ProbeObjectError.unusableRustCompiler(Self.file, variable: "RUSTC")),
                Sample(ProbeObjectError.compilation(source: Self.file, message: "1:1: error: unknown type name")),
                Sample(ProbeObjectError.unwritable(Self.file, .noSpace)),
            ])
        try expect(
            "ProbeSelectionError", in: "ProbeObject/ProbeSelection",
            [
                Sample(ProbeSelectionError.matchesNothing(option: "--probe", glob: "x*", known: ["a", "b"])),
                Sample(ProbeSelectionError.sameName(probe: "p", variant: "v", first: "a.o", second: "b.o")),
            ])
    }

    @Test func manifestErrors() throws {
        try expect(
            "ManifestError", in: "Manifests/ManifestError",
            [
                Sample(ManifestError.unreadable(file: Self.file, errno: .permissionDenied)),
                Sample(ManifestError.misnamed(file: Self.file, expected: "debian-6.1.yaml")),
                Sample(ManifestError.notYAML(file: Self.file, line: 3, problem: "expected a mapping")),
                Sample(
                    ManifestError.unknownKey(file: Self.file, line: 3, key: "kernal", known: ["kernels", "loaders"])),
                Sample(ManifestError.missingKey(file: Self.file, line: 1, key: "summary")),
                Sample(
                    ManifestError.wrongValue(file: Self.file, line: 2, key: "cpu", value: "v9", expected: "v1 or v2")),
            ])
        try expect(
            "KernelLocation", in: nil,
            ["", "ftp://example.org/x", "http://me:secret@example.org/x"].map { text in
                Sample(try malformed { () throws(Malformed) in try KernelLocation(text, in: Self.folder) }, "location")
            } + [Sample(try malformed { () throws(Malformed) in try OCIReference("alpine") }, "image")])
    }

    @Test func machineErrors() throws {
        let console = Array("[    0.1] Kernel panic - not syncing: no init".utf8)
        try expect(
            "MachineError", in: "Machine/MachineError",
            [
                Sample(MachineError.vmmMissing(name: "qemu-system-x86_64")),
                Sample(MachineError.vmmUnusable(path: Self.file, reason: "it printed no version")),
                Sample(MachineError.vmmTooOld(version: "7.2", minimum: "8.2")),
                Sample(MachineError.cannotStart(path: Self.file, errno: .notPermitted)),
                Sample(MachineError.endedEarly(message: "exited with 1", console: console)),
                Sample(MachineError.neverReady(limit: .seconds(60), console: console)),
                Sample(MachineError.neverReady(limit: .seconds(60), console: [])),
                Sample(MachineError.halted(console: console)),
                Sample(MachineError.monitor(command: "migrate", message: "no such capability")),
                Sample(MachineError.hostResource(what: "the mailbox", errno: .noSpace)),
                Sample(MachineError.protocolBroken("it sent half a frame")),
                Sample(MachineError.vmmEnded(reason: "QEMU ended with signal 9")),
                Sample(MachineError.otherKernel(expected: "5.4.0-216-generic", reported: "6.1.0-56-cloud-amd64")),
                Sample(
                    MachineError.moduleRefused(
                        name: "veth", errno: .noSuchFileOrDirectory, log: Array("veth: bad".utf8))),
                Sample(MachineError.moduleFatal(name: "veth", reason: "it rebooted", console: console)),
            ])
        try expect(
            "GuestImageError", in: "GuestImage/GuestImageError",
            [
                Sample(GuestImageError.binariesMissing(Self.folder)), Sample(GuestImageError.archive("no memory")),
                Sample(GuestImageError.cannotWrite(Self.file, reason: "no space left on device")),
                Sample(GuestImageError.cannotRead(Self.file)),
                Sample(GuestImageError.librariesUnknown(program: "/bin/bash", problem: "it has no interpreter")),
                Sample(GuestImageError.libraryMissing(program: "/bin/bash", library: "libtinfo.so.6")),
                Sample(GuestImageError.notAProgram(Self.file, problem: "is not an ELF file")),
            ])
        try expect(
            "FrameError", in: "GuestLink/HostFrame",
            [
                Sample(FrameError.unknownType(99)), Sample(FrameError.oversized(length: 2_000_000, limit: 1_000_000)),
                Sample(FrameError.wrongLength(type: 3, length: 5, expected: 8)),
                Sample(FrameError.unknownFact(kind: 99)), Sample(FrameError.unknownStage(99)),
                Sample(FrameError.unknownSource(99)), Sample(FrameError.unknownFinding(code: 99)),
                Sample(FrameError.wrongArguments(code: 4, count: 1, expected: 2)),
                Sample(FrameError.nameTooLong("name", limit: 3)),
            ])
        try expect(
            "MatrixRunnerError", in: "MatrixRunner/GuestSitting", [Sample(MatrixRunnerError.unreadable(Self.file))])
    }

    @Test func storeAndReportErrors() throws {
        try expect(
            "ResultStoreError", in: "ResultStore/ResultStoreError",
            [
                Sample(ResultStoreError.folderUnusable(Self.folder, .permissionDenied)),
                Sample(ResultStoreError.diskFull(Self.folder)), Sample(ResultStoreError.foreignDatabase(Self.file)),
                Sample(ResultStoreError.newerDatabase(Self.file)),
                Sample(ResultStoreError.database(Self.file, message: "disk I/O error")),
                Sample(ResultStoreError.corruptRow(table: "cell", column: "verdict", value: "x")),
                Sample(ResultStoreError.noRuns(Self.folder)), Sample(ResultStoreError.unknownRun("2026")),
                Sample(ResultStoreError.ambiguousRun("2026", ["20261122T1", "20261123T1"])),
                Sample(ResultStoreError.runExists("20261122T1")), Sample(ResultStoreError.badRunID("../x")),
                Sample(ResultStoreError.badLogReference("../x")),
                Sample(ResultStoreError.unreadableLog(Self.file, .ioError)),
                Sample(ResultStoreError.damagedLog(Self.file)),
            ])
        try expect(
            "ReportError", in: "Reports/ReportError",
            [
                Sample(ReportError.notADocument(problem: "the key 'run' is missing")),
                Sample(ReportError.unknownSchema(found: "compat-matrix/9", supported: "compat-matrix/1")),
                Sample(ReportError.brokenTemplate(problem: "unknown tag")),
                Sample(ReportError.notCompressed(status: -4)),
            ])
        let key = CellKey(kernel: "debian-6.1", probe: "p", variant: "v", loader: "libbpf")
        try expect(
            "RunMergeError", in: "MatrixAnalysis/RunMerge",
            [
                Sample(
                    RunMergeError.conflictingCell(
                        key, first: .pass, firstPart: "1.json", second: .fail, secondPart: "2.json")),
                Sample(
                    RunMergeError.conflictingKernel(
                        id: "debian-6.1", first: "6.1.1", firstPart: "1.json", second: "6.1.2", secondPart: "2.json")),
                Sample(
                    RunMergeError.conflictingLoader(
                        name: "aya", first: "0.13", firstPart: "1.json", second: "0.14", secondPart: "2.json")),
            ])
    }

    @Test func loaderErrors() throws {
        let library = GuestImageError.libraryMissing(program: "/data/loader", library: "libbpf.so.1")
        try expect(
            "LoaderError", in: "Loaders/LoaderSearch",
            [
                Sample(LoaderError.unusable(name: "mine", library)),
                Sample(LoaderError.notALoader(name: "mine", Self.file, problem: "it printed nothing")),
                Sample(LoaderError.programUnusable(variant: "p/v", library)),
                Sample(LoaderError.programTooLarge(variant: "p/v", bytes: 300 << 20, limit: 256 << 20)),
                Sample(LoaderError.twoFilesInOnePlace(variant: "p/v", Self.file)),
            ])
        try expect(
            "LoaderOptionError", in: "RunPlanning/LoaderOption",
            [
                Sample(LoaderOptionError.unusableName("-x")),
                Sample(LoaderOptionError.taken(name: "aya", path: "./aya")),
                Sample(LoaderOptionError.pathMissing(name: "mine")),
                Sample(LoaderOptionError.unknown("ayaa", known: ["libbpf", "aya"])),
            ])
        try expect(
            "LoaderChoiceError", in: "RunPlanning/LoaderChoice",
            [
                Sample(LoaderChoiceError.nothingMatches("ayaa", known: ["libbpf", "aya"])),
                Sample(LoaderChoiceError.unknown("mine", known: ["libbpf", "aya"])),
            ])
        try expect(
            "LoaderVersionProblem", in: "Loaders/LoaderVersion",
            [
                Sample(LoaderVersionProblem.doesNotRun("permission denied")),
                Sample(LoaderVersionProblem.silent(.seconds(5))), Sample(LoaderVersionProblem.failed("exited(1)")),
                Sample(LoaderVersionProblem.unreadable("usage: x")),
            ])
    }

    @Test func sessionErrors() throws {
        try expect(
            "RunRequestError", in: "RunPlanning/RunRequest",
            [
                Sample(RunRequestError.jobs, "jobs"), Sample(RunRequestError.timeout, "timeout"),
                Sample(RunRequestError.modulesWithoutObject, "modulesWithoutObject"),
                Sample(RunRequestError.module("nf conntrack")),
            ])
        let cell = CellKey(kernel: "debian-6.1", probe: "p", variant: "v", loader: "libbpf")
        try expect(
            "SessionError", in: "MatrixSession/SessionError",
            [
                Sample(SessionError.nothingToRun, "nothingToRun"), Sample(SessionError.noProbe(in: Self.folder)),
                Sample(SessionError.noProbesFolder, "noProbesFolder"),
                Sample(SessionError.noPreviousRun(in: Self.folder, stored: 1)),
                Sample(SessionError.unreadableRun(file: "1.json", reason: "permission denied")),
                Sample(SessionError.invalidRun(file: "1.json", .notADocument(problem: "the key 'run' is missing"))),
                Sample(SessionError.interrupted(run: "20261122T1", kept: 3, planned: 9)),
                Sample(SessionError.bisectionInterrupted(run: "20261122T1")),
                Sample(
                    SessionError.archiveTakesOneKernel(pattern: "debian-*", kernels: ["debian-6.1", "debian-6.12"])),
                Sample(SessionError.notOfAnArchive(try #require(KernelID("el9-5.14")))),
                Sample(SessionError.noCell(of: ["debian-6.1", "debian-6.12"])),
                Sample(SessionError.cannotWatch(nil, .tooManyOpenFiles)),
                Sample(SessionError.cannotWatch(Self.folder, .noSuchFileOrDirectory)),
                Sample(SessionError.unplanned(cell)), Sample(SessionError.notADay("2026-13-01")),
            ])
        try expect(
            "KernelSelectionError", in: "KernelStore/KernelStore",
            [
                Sample(KernelSelectionError.nothingMatches("debain-*", known: ["debian-6.1", "ubuntu-5.4"])),
                Sample(KernelSelectionError.unknown("debian-6", known: ["debian-6.1", "ubuntu-5.4"])),
            ])
    }

    /// So that no error a command can end with is missing above.
    @Test func everyErrorOfAModuleHasAGoldenFile() throws {
        let sources = SourceTree.root.appending("Sources")
        var types: Set<String> = []
        for name in try FileManager.default.subpathsOfDirectory(atPath: sources.string) where name.hasSuffix(".swift") {
            let code = try String(contentsOfFile: sources.pushing(FilePath(name)).string, encoding: .utf8)
            let enums = code.matches(of: /^package (?:indirect )?enum (\w+): [^{]*\bError\b/.anchorsMatchLineEndings())
            types.formUnion(enums.map { String($0.1) })
        }
        #expect(types.count >= 15)
        #expect(types.subtracting(try GoldenFile.names(in: "errors").map { String($0.dropLast(".txt".count)) }) == [])
    }

    @Test func kernelErrors() throws {
        let id = try #require(KernelID("debian-6.1"))
        let address = try WebAddress("https://example.org/kernel.deb")
        let image = try OCIReference("quay.io/kernels/image:6.1")
        let errors: [Sample] = [
            Sample(KernelStoreError.unreadable(file: Self.file, errno: .ioError)),
            Sample(KernelStoreError.unwritable(file: Self.file, errno: .noSpace)),
            Sample(KernelStoreError.invalidLock(file: Self.file, problem: "it is not JSON")),
            Sample(KernelStoreError.notAKernel(file: Self.file, looks: .zip)),
            Sample(KernelStoreError.notAKernel(file: Self.file, looks: .unknown)),
            Sample(KernelStoreError.unbootable(file: Self.file, .noBanner)),
            Sample(KernelStoreError.cutShort(file: Self.file, expected: 2000, found: 1000)),
            Sample(KernelStoreError.damagedPackage(file: Self.file, problem: "it has more than 9 entries")),
            Sample(KernelStoreError.invalidContainer(file: Self.file, .architecture)),
            Sample(KernelStoreError.noKernelInPackage(file: Self.file)),
            Sample(KernelStoreError.noKernelInImage(file: Self.file)),
            Sample(KernelStoreError.noModules(file: Self.file)),
            Sample(KernelStoreError.modulesNotHere(id)),
            Sample(KernelStoreError.noSuchModule(id, name: "veht", nearest: ["veth"])),
            Sample(KernelStoreError.damagedModule(id, name: "veth")),
            Sample(KernelStoreError.moduleFolderGone(id, folder: Self.folder)),
            Sample(KernelStoreError.noConfig(package: "linux-image")),
            Sample(KernelStoreError.notAConfig(file: "/data/file", looks: .text)),
            Sample(KernelStoreError.tooLarge(file: Self.file, limitMiB: 512)),
            Sample(KernelStoreError.noBTF(file: Self.file, release: "4.15.0-213-generic")),
            Sample(
                KernelStoreError.ambiguousBTF(
                    file: Self.file, release: "4.15.0-213-generic", candidates: ["/data/a.btf", "/data/b.btf"])),
            Sample(KernelStoreError.notBTF(file: Self.file)),
            Sample(KernelStoreError.mirrorUnknown(.ubuntu, variable: "MIRROR", package: "distro-info")),
            Sample(KernelStoreError.keyringMissing(.ubuntu, file: Self.file, package: "ubuntu-keyring")),
            Sample(KernelStoreError.suiteUnavailable(Self.suite, problem: "no Release file")),
            Sample(KernelStoreError.noSuchPackage(pattern: "linux-image-9*", Self.suite)),
            Sample(KernelStoreError.downloadFailed(package: "linux-image", Self.suite, problem: "404")),
            Sample(KernelStoreError.toolMissing(tool: "skopeo", package: "skopeo")),
            Sample(KernelStoreError.toolFailed(tool: "apt-get", problem: "exited with 100")),
            Sample(KernelStoreError.failedBefore(id, reason: "cannot reach the server", minutes: 3)),
            Sample(KernelStoreError.cancelled, "cancelled"),
            Sample(KernelStoreError.unreachable(host: "example.org", problem: "timeout")),
            Sample(KernelStoreError.stalled(host: "example.org", seconds: 30)),
            Sample(KernelStoreError.brokenOff(address, received: 1000, problem: "reset")),
            Sample(KernelStoreError.answered(address, status: 404)),
            Sample(KernelStoreError.badRedirect(address, problem: "it is not http")),
            Sample(KernelStoreError.insecure(host: "example.org", problem: "expired certificate")),
            Sample(KernelStoreError.downloadTooLarge(address, limitMiB: 512)),
            Sample(KernelStoreError.registryFailed(image, problem: "unauthorized")),
            Sample(KernelStoreError.imageTooLarge(image, limitMiB: 512)),
            Sample(KernelStoreError.vendorKeysMissing(folder: Self.folder, package: "distribution-gpg-keys")),
            Sample(KernelStoreError.badSignature(file: "kernel.rpm", problem: "NOKEY")),
            Sample(
                KernelStoreError.inDownload(
                    .noKernelInPackage(file: Self.file), file: Self.file, source: "https://example.org/kernel.deb")),
            Sample(KernelStoreError.lockedVersionGone(id, locked: "6.1.1", Self.suite, nearest: "6.1.2")),
            Sample(KernelStoreError.differsFromLock(id, what: "package", locked: "aa", found: "bb")),
            Sample(KernelStoreError.idTaken(id, by: Self.file)),
            Sample(KernelStoreError.idUnguessable(file: Self.file, release: "next")),
            Sample(KernelStoreError.unknownID(id)),
        ]
        try expect("KernelStoreError", in: "KernelStore/KernelStoreError", errors)
        try expect(
            "BootProblem", in: "KernelStore/Image/Vmlinux",
            [
                Sample(BootProblem.headers, "headers"), Sample(BootProblem.cutShort, "cutShort"),
                Sample(BootProblem.tooLarge, "tooLarge"), Sample(BootProblem.segment(at: 0x1000)),
                Sample(BootProblem.entry(0x1000)), Sample(BootProblem.noBanner, "noBanner"),
                Sample(BootProblem.payload, "payload"),
            ])
        try expect(
            "ContainerProblem", in: "KernelStore/Container/ContainerImage",
            [
                Sample(ContainerProblem.neither, "neither"), Sample(ContainerProblem.architecture, "architecture"),
                Sample(ContainerProblem.severalImages(2)), Sample(ContainerProblem.nesting, "nesting"),
                Sample(ContainerProblem.layers(1000)), Sample(ContainerProblem.missing("blobs/sha256/aa")),
                Sample(ContainerProblem.differs("blobs/sha256/aa")), Sample(ContainerProblem.digest("md5:aa")),
                Sample(ContainerProblem.json("index.json")),
                Sample(ContainerProblem.tooLarge("index.json", limitMiB: 4)),
            ])
    }

    /// The text of one case; `name` is needed for a case without a payload, which reflection cannot name.
    private struct Sample {
        var name: String
        var text: String

        init(_ value: any CustomStringConvertible, _ name: String? = nil) {
            self.name = name ?? Mirror(reflecting: value).children.first?.label ?? ""
            text = value.description
        }
    }

    /// Compares with `Golden/errors/<type>.txt`, and makes sure that no case in the first enum of `source` lacks a sample.
    private func expect(_ type: String, in source: String?, _ samples: [Sample]) throws {
        let lines = samples.map { "\($0.name): \($0.text.replacing("\n", with: "\n    "))\n" }
        try GoldenFile.expect(lines.joined(), "errors/\(type).txt")
        guard let source else { return }
        let path = SourceTree.root.pushing(FilePath("Sources/\(source).swift"))
        let code = try String(contentsOf: URL(filePath: path.string), encoding: .utf8)
        let start = try #require(code.firstRange(of: "enum \(type):")).upperBound
        let body = code[start...]
        let cases = body.prefix(upTo: body.firstRange(of: "\n}")?.lowerBound ?? body.endIndex)
            .split(separator: "\n").compactMap { $0.wholeMatch(of: #/    case (\w+).*/#)?.1 }
        #expect(Set(samples.map(\.name)) == Set(cases.map(String.init)), "\(type)")
    }

    private func malformed(_ body: () throws(Malformed) -> some Any) throws -> Malformed {
        do { _ = try body() } catch { return error }
        throw CommandFailure(.internalError, "nothing was thrown")
    }
}
