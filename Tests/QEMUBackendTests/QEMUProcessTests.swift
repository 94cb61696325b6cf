import CSpawn
import Foundation
import Machine
import Subprocess
import SystemPackage
import TestSupport
import Testing

@testable import QEMUBackend

@Suite(.timeLimit(.minutes(10))) struct QEMUProcessTests {
    private func shell(_ script: String, descriptors: [Int32] = [-1, -1, -1]) throws -> QEMUProcess {
        try QEMUProcess(path: "/bin/sh", arguments: ["-c", script], descriptors: descriptors)
    }

    @Test(arguments: [
        ("exit 0", QEMUProcess.Ending.exited(0)), ("exit 7", .exited(7)), ("exit 200", .exited(200)),
        ("kill -TERM $$", .signalled(SIGTERM)), ("kill -KILL $$", .signalled(SIGKILL)),
    ])
    func exitAndSignalAreDistinguished(script: String, ending: QEMUProcess.Ending) async throws {
        #expect(try await shell(script).wait(for: .seconds(30)) == ending)
    }

    @Test func killEndsTheProcessAndIsHarmlessAfterwards() async throws {
        let process = try shell("exec sleep 1000")
        #expect(process.endingIfOver() == nil)
        process.kill()
        #expect(process.endingIfOver() == .signalled(SIGKILL))
        process.kill()
        #expect(process.endingIfOver() == .signalled(SIGKILL))
    }

    @Test func aBusyProcessIsActiveAndASleepingOneIsNot() async throws {
        let busy = try shell("while :; do :; done")
        let idle = try shell("exec sleep 1000")
        defer {
            busy.kill()
            idle.kill()
        }
        try await Task.sleep(for: .milliseconds(300))
        let before = (try #require(busy.processorTime()).total, try #require(idle.processorTime()).total)
        try await Task.sleep(for: .milliseconds(500))
        // Waiting for a processor counts, so a busy host changes nothing.
        #expect(try #require(busy.processorTime()).total - before.0 > 0.3)
        #expect(try #require(idle.processorTime()).total - before.1 < 0.1)
        busy.kill()
        #expect(busy.processorTime() == nil)
    }

    /// What something that got out of a guest into its QEMU would try; each line of the output says whether it could.
    private static let deeds = """
        try() { if "$@" 2>/dev/null; then echo "$1 yes"; else echo "$1 no"; fi }
        inside() { echo x >"$0/inside/file"; }
        outside() { echo x >"$0/outside"; }
        change() { echo x >"$0/there"; }
        remove() { rm "$0/there"; }
        read() { cat "$0/there" >/dev/null; }
        device() { echo x >/dev/null; }
        signal() { kill -0 $PPID; }
        connect() { (exec 3<>/dev/tcp/127.0.0.1/9) 2>&1 | grep -q refused; }
        dump() { [ "$(ulimit -c)" != 0 ]; }
        for deed in inside outside change read remove device signal connect dump; do try $deed; done
        """

    private func deeds(_ freedom: QEMUProcess.Freedom, in folder: FilePath) async throws -> Set<String> {
        try FileManager.default.createDirectory(
            atPath: folder.appending("inside").string, withIntermediateDirectories: true)
        try write("there", to: folder.appending("there"))
        let output = try MemoryFile(name: "output")
        let process = try QEMUProcess(
            path: "/bin/bash", arguments: ["-c", Self.deeds, folder.string],
            descriptors: [-1, output.descriptor, -1], freedom: freedom)
        try await wait { process.endingIfOver() != nil }
        let lines = String(decoding: output.contents(), as: UTF8.self).split(separator: "\n")
        try #require(lines.count == 9)
        return Set(lines.filter { $0.hasSuffix(" yes") }.map { String($0.dropLast(4)) })
    }

    @Test func aConfinedProcessCannotChangeTheHost() async throws {
        try await withFolder { folder in
            let landlock = cmx_landlock_version()
            var usual: Set = ["read", "device"]
            // Kernels that cannot hold a process to something let it.
            if landlock == 0 { usual.formUnion(["inside", "outside", "change", "remove"]) }
            if landlock < 4 { usual.insert("connect") }
            if landlock < 6 { usual.insert("signal") }
            #expect(try await deeds(.confined(folder: nil), in: folder) == usual)
            #expect(
                try await deeds(.confined(folder: folder.appending("inside")), in: folder)
                    == usual.union(["inside"]))
            let free = try await deeds(.full, in: folder)
            #expect(
                free.isSuperset(of: ["inside", "outside", "change", "remove", "read", "device", "signal", "connect"]))
        }
    }

    @Test func unusableExecutableIsReported() async throws {
        try await withFolder { folder in
            let text = folder.appending("text")
            try write("no program", to: text)
            for (path, errno) in [
                (folder.appending("missing"), Errno.noSuchFileOrDirectory), (text, .permissionDenied),
                (folder, .permissionDenied),
            ] {
                #expect(throws: MachineError.cannotStart(path: path, errno: errno)) {
                    try QEMUProcess(path: path, arguments: [], descriptors: [-1, -1, -1])
                }
            }
            let program = folder.appending("program")
            try await writeProgram("no program", to: program)
            #expect(throws: MachineError.cannotStart(path: program, errno: .execFormatError)) {
                try QEMUProcess(path: program, arguments: [], descriptors: [-1, -1, -1])
            }
        }
    }

    @Test func onlyTheRequestedDescriptorsAreOpen() async throws {
        // Inheritable on purpose: what another part of this program forgot to protect must not leak.
        let leak = open("/dev/null", O_RDONLY)
        defer { close(leak) }
        let output = try MemoryFile(name: "output")
        let third = try MemoryFile(name: "third")
        let script = """
            echo three >&3
            for number in $(seq 0 99); do [ -e /proc/$$/fd/$number ] && echo $number; done
            read line && echo "stdin is not empty"
            exit 0
            """
        let process = try shell(script, descriptors: [-1, output.descriptor, -1, third.descriptor])
        #expect(try await process.wait(for: .seconds(30)) == .exited(0))
        #expect(String(decoding: output.contents(), as: UTF8.self) == "0\n1\n2\n3\n")
        #expect(String(decoding: third.contents(), as: UTF8.self) == "three\n")
    }

    /// Ctrl-C goes to the terminal's foreground processes: a guest is ended by us and not by the terminal.
    @Test func aProcessHasASessionOfItsOwn() async throws {
        let output = try MemoryFile(name: "output")
        let process = try shell(
            "read -r pid name state parent group session rest </proc/$$/stat; echo $((session - $$))",
            descriptors: [-1, output.descriptor, -1])
        #expect(try await process.wait(for: .seconds(30)) == .exited(0))
        #expect(String(decoding: output.contents(), as: UTF8.self) == "0\n")
    }

    /// Starts a process from a thread that is over at once, says its number and waits.
    private static let parent = """
        #include <cmx_spawn.h>
        #include <pthread.h>
        #include <stdio.h>
        #include <unistd.h>

        static pid_t child;

        static void *start(void *unused)
        {
            char *arguments[] = {"sleep", "1000", NULL};
            int descriptors[] = {-1, -1, -1};
            return (void *)(long)cmx_spawn("/bin/sleep", arguments, descriptors, 3, NULL, &child);
        }

        int main(void)
        {
            pthread_t thread;
            void *error;
            pthread_create(&thread, NULL, start, NULL);
            pthread_join(thread, &error);
            if (error != NULL)
                return 1;
            usleep(200 * 1000);
            printf("%d\\n", child);
            fflush(stdout);
            pause();
        }
        """

    @Test func aProcessEndsWithItsParentAndNotWithAThread() async throws {
        try await withFolder { folder in
            let program = folder.appending("parent")
            try await compile(Self.parent, to: program)
            let output = try MemoryFile(name: "output")
            let parent = try QEMUProcess(path: program, arguments: [], descriptors: [-1, output.descriptor, 2])
            try await wait { output.contents().last == UInt8(ascii: "\n") }
            let number = String(decoding: output.contents().dropLast(), as: UTF8.self)
            let child = try #require(pid_t(number))
            #expect(isAsleep(child))
            parent.kill()
            try await wait { !isAsleep(child) }
        }
    }

    /// Whether the process is the `sleep` that was started; of a zombie only the name is left.
    private func isAsleep(_ process: pid_t) -> Bool {
        (try? String(contentsOfFile: "/proc/\(process)/cmdline", encoding: .utf8))?.hasPrefix("sleep\0") == true
    }

    private func compile(_ source: String, to program: FilePath) async throws {
        let spawn = SourceTree.root.pushing("Sources/CSpawn")
        let file = FilePath("\(program).c")
        try write(source, to: file)
        let result = try await Subprocess.run(
            .name("gcc"),
            arguments: [
                "-pthread", "-I", spawn.appending("include").string, file.string, spawn.appending("cmx_spawn.c").string,
                "-o", program.string,
            ], output: .discarded, error: .string(limit: 64 << 10))
        try #require(result.terminationStatus.isSuccess, "\(result.standardError)")
    }
}
