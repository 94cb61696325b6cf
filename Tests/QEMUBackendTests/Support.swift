import Foundation
import Machine
import Subprocess
import SystemPackage
import TestSupport
import Testing

@testable import QEMUBackend

extension GuestSpec {
    static let sample = GuestSpec(
        kernelID: "debian-6.1", kernel: "/cache/vmlinuz", kernelDigest: "aa", initramfs: "/cache/guest.cpio",
        initramfsDigest: "bb")
}

/// Writes a program through another process.
///
/// A file that this process has open for writing, or a child that another test is just forking, cannot be executed
/// (ETXTBSY).
func writeProgram(_ text: String, to file: FilePath) async throws {
    let draft = FilePath("\(file).draft")
    try write(text, to: draft)
    let result = try await Subprocess.run(
        .name("install"), arguments: ["-m", "755", draft.string, file.string], output: .discarded,
        error: .string(limit: 4096))
    try #require(result.terminationStatus.isSuccess, "\(result.standardError)")
}

/// Puts a shell script in QEMU's place: `version` is its version output, `otherwise` what it does in all other calls.
func writeStub(in folder: FilePath, version: String, otherwise: String = "exit 1") async throws {
    let script = """
        #!/bin/sh
        if [ "$1" = --version ]; then
            echo asked >>"$0.asked"
            printf '%s\\n' '\(version)'
            exit
        fi
        \(otherwise)

        """
    try await writeProgram(script, to: folder.appending(QEMU.name))
}

/// Waits for something that is bound to come; the test's time limit ends it otherwise.
func wait(until condition: () throws -> Bool) async throws {
    while try !condition() { try await Task.sleep(for: .milliseconds(5)) }
}
