import Foundation
import HostTools
import SystemPackage
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(2))) struct HostToolsTests {
    /// Source: FIPS 180-4, the example "abc".
    @Test func digestsAreHexadecimal() {
        let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        var digest = Digest()
        digest.update(Array("a".utf8))
        digest.update(Array("bc".utf8))
        #expect(Digest.of("abc") == abc && digest.hexadecimal() == abc)
        #expect(digest.base64() == "ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=")
    }

    @Test func aFileIsReplacedWholeOrNotAtAll() async throws {
        try await withFolder { folder in
            let file = folder.appending("file")
            try AtomicFile.write([1, 2], to: file)
            try AtomicFile.write([3], to: file)
            #expect(FileManager.default.contents(atPath: file.string) == Data([3]))
            // A folder that is not empty cannot be replaced by a file.
            try FileManager.default.createDirectory(
                atPath: folder.appending("taken/inside").string, withIntermediateDirectories: true)
            #expect(throws: Errno.self) { try AtomicFile.write([4], to: folder.appending("taken")) }
            #expect(throws: Errno.noSuchFileOrDirectory) { try AtomicFile.write([5], to: folder.appending("no/file")) }
            #expect(try names(in: folder) == ["file", "taken"])
        }
    }

    @Test func aTemporaryFolderIsGoneHoweverItEnds() async throws {
        try await withFolder { folder in
            await #expect(throws: Errno.ioError) {
                try await TemporaryFolder.with(beside: folder.appending("x")) { inner in
                    try AtomicFile.write([1], to: inner.appending("file"))
                    throw Errno.ioError
                }
            }
            #expect(try names(in: folder) == [])
            // It names this process, which is there.
            let name = try #require(TemporaryFolder.name(beside: folder.appending("x")).lastComponent?.string)
            #expect(!TemporaryFolder.isAbandoned(name) && !TemporaryFolder.isAbandoned("x"))
            #expect(TemporaryFolder.isAbandoned(".x.4194305-1f.new"), "beyond the largest process id of Linux")
        }
    }

    @Test func aLockIsHeldUntilItIsReleased() async throws {
        try await withFolder { folder in
            let file = folder.appending("lock")
            let held = try FileLock(blockingOn: file)
            let waiting = Task { try await FileLock(file) }
            try await Task.sleep(for: .milliseconds(150))
            waiting.cancel()
            await #expect(throws: FileLock.Problem.cancelled) { try await waiting.value }
            held.release()
            try await FileLock(replaceable: file).release()
            try await FileLock(folder, .folder).release()
        }
    }

    @Test func aToolEndsInAnOutputOrAProblem() async throws {
        let shell = ToolRunner(.path("/bin/sh"), environment: ["WORD": "hello", "HOME": nil])
        let output = try await shell.run(["-c", "echo $WORD$HOME; echo 'E: no' >&2; exit 3"], within: nil)
        #expect(output.text == "hello\n" && output.status == 3 && output.ending == "exited(3)")
        #expect(output.problem == "no" && !output.succeeded)
        let killed = try await shell.run(["-c", "kill -9 $$"], within: nil)
        #expect(killed.signal == 9 && killed.status == nil && killed.ending == "signaled(9)")
        await #expect(throws: ToolRunner.Problem.overdue(.milliseconds(100))) {
            try await shell.run(["-c", "exec sleep 60"], within: .milliseconds(100))
        }
        let problem = await #expect(throws: ToolRunner.Problem.self) {
            try await ToolRunner(.name("compat-matrix-has-no-such-tool")).run([], within: nil)
        }
        guard case .notFound? = problem else {
            Issue.record("\(problem.map { "\($0)" } ?? "nothing")")
            return
        }
        #expect(!ToolRunner.isInstalled("compat-matrix-has-no-such-tool") && ToolRunner.isInstalled("sh"))
    }
}
