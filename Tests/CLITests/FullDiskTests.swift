import CompatMatrixCLI
import Foundation
import Subprocess
import SystemPackage
import Testing

/// A file system without room, which neither needs root nor a mount: a library loaded before libc's answers writes below
/// one folder with ENOSPC after a number of bytes.
@Suite(.timeLimit(.minutes(10))) struct FullDiskTests {
    /// Source: `man 2 write`; ld.so(8), `LD_PRELOAD`.
    private static let library = """
        #define _GNU_SOURCE
        #include <dlfcn.h>
        #include <errno.h>
        #include <stdio.h>
        #include <stdlib.h>
        #include <string.h>
        #include <sys/types.h>
        #include <sys/uio.h>
        #include <unistd.h>

        static long room = -1;

        static int is_full(int fd, size_t bytes) {
            char link[64], path[4096];
            const char *folder = getenv("FULL_DISK_FOLDER");
            snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
            ssize_t length = readlink(link, path, sizeof path - 1);
            if (!folder || length < 0) return 0;
            path[length] = 0;
            if (strncmp(path, folder, strlen(folder)) != 0) return 0;
            if (room < 0) room = atol(getenv("FULL_DISK_BYTES"));
            if (bytes > (size_t)room) {
                errno = ENOSPC;
                return 1;
            }
            room -= bytes;
            return 0;
        }

        #define NEXT(type, name, ...) ((type (*)(__VA_ARGS__))dlsym(RTLD_NEXT, name))

        ssize_t write(int fd, const void *bytes, size_t count) {
            return is_full(fd, count) ? -1 : NEXT(ssize_t, "write", int, const void *, size_t)(fd, bytes, count);
        }

        ssize_t pwrite(int fd, const void *bytes, size_t count, off_t offset) {
            return is_full(fd, count) ? -1
                : NEXT(ssize_t, "pwrite64", int, const void *, size_t, off_t)(fd, bytes, count, offset);
        }

        ssize_t pwrite64(int fd, const void *bytes, size_t count, off_t offset) { return pwrite(fd, bytes, count, offset); }

        """

    private func preload(in sandbox: Sandbox, folder: FilePath, bytes: Int) async throws -> [Environment.Key: String] {
        let source = try sandbox.write(Self.library, to: "full/disk.c")
        let library = sandbox.root.appending("full/disk.so")
        let result = try await Subprocess.run(
            .name("gcc"), arguments: ["-shared", "-fPIC", "-o", library.string, source.string, "-ldl"],
            output: .discarded,
            error: .string(limit: 1 << 20))
        try #require(result.terminationStatus.isSuccess, "\(result.standardError)")
        return ["LD_PRELOAD": library.string, "FULL_DISK_FOLDER": folder.string, "FULL_DISK_BYTES": "\(bytes)"]
    }

    /// From an empty file to a store that contains all of the run except its last rows.
    @Test(arguments: [0, 4_096, 8_192, 40_000, 60_000]) func database(bytes: Int) async throws {
        try await Sandbox.with { sandbox in
            try await sandbox.addCell()
            let results = sandbox.root.appending("results")
            let environment = try await preload(in: sandbox, folder: results, bytes: bytes)
            let outcome = try await sandbox.run(
                ["run", "--object", "tiny.bpf.o"], path: sandbox.bin, environment: environment)
            outcome.expectRefusal(.notMeasured, saying: ["\(results)", "space"])
            #expect(try sandbox.leftovers() == [])
            try await sandbox.addStoredRun()
        }
    }

    /// What was measured is shown and stored, only its page is missing.
    @Test func pageOfARun() async throws {
        try await Sandbox.with { sandbox in
            try await sandbox.addCell()
            let runs = sandbox.root.appending("results/2")
            let environment = try await preload(in: sandbox, folder: runs, bytes: 100)
            let outcome = try await sandbox.run(
                ["run", "--object", "tiny.bpf.o"], path: sandbox.bin, environment: environment)
            #expect(outcome.status == .notMeasured)
            outcome.expectSentence(["\(runs)", "report.html", "space"])
            #expect(outcome.stdout.contains("1 not measured") && !outcome.stdout.contains("report:"))
            #expect(try sandbox.files().keys.allSatisfy { !$0.hasSuffix(".html") })
            #expect(try sandbox.leftovers() == [])
            let later = try await sandbox.run("report")
            #expect(later.isSuccess)
        }
    }

    /// The initramfs is the first that a run writes into the cache.
    @Test func cacheOfARun() async throws {
        try await Sandbox.with { sandbox in
            try await sandbox.addCell()
            let cache = sandbox.root.appending("images/cache")
            let before = try sandbox.files()
            let environment = try await preload(in: sandbox, folder: cache, bytes: 0)
            let outcome = try await sandbox.run(
                ["run", "--object", "tiny.bpf.o"], path: sandbox.bin, environment: environment)
            outcome.expectRefusal(.notMeasured, saying: ["\(cache)", "space"])
            // What is stored already decides whether the run needs an initramfs at all, so the store is there.
            #expect(
                try sandbox.files().filter { !$0.key.hasPrefix("full/") && !$0.key.hasPrefix("results/") } == before)
            let runs = try await sandbox.run("runs", "--json")
            #expect((try JSONSerialization.jsonObject(with: Data(runs.stdout.utf8)) as? [Any])?.isEmpty == true)
        }
    }

    @Test(arguments: [0, 4_200]) func kernelToAdd(bytes: Int) async throws {
        try await Sandbox.with { sandbox in
            try sandbox.write(Fixture.bzImage(), to: "vmlinuz")
            let before = try sandbox.files()
            let environment = try await preload(
                in: sandbox, folder: sandbox.root.appending("images/cache"), bytes: bytes)
            let outcome = try await sandbox.run(
                ["kernels", "add", "vmlinuz", "--id", "local-6.1"], environment: environment)
            outcome.expectRefusal(.notMeasured, saying: ["\(sandbox.root)", "space"])
            #expect(try sandbox.files().filter { !$0.key.hasPrefix("full/") } == before)
        }
    }

    @Test func reportToAFile() async throws {
        try await Sandbox.with { sandbox in
            try await sandbox.addStoredRun()
            let output = try sandbox.write("what was there", to: "out/report.html")
            let environment = try await preload(in: sandbox, folder: sandbox.root.appending("out"), bytes: 100)
            let outcome = try await sandbox.run(["report", "--output", "out/report.html"], environment: environment)
            outcome.expectRefusal(.notMeasured, saying: ["\(output)", "space"])
            #expect(try String(decoding: sandbox.contents(of: "out/report.html"), as: UTF8.self) == "what was there")
            #expect(try sandbox.leftovers() == [])
        }
    }
}
