import Foundation
import HostTools
package import KernelExamination
package import KernelStore
import SystemPackage

/// The facts established about a kernel, kept next to its image.
package struct FactsFile: Sendable {
    /// Everything that affects the facts.
    struct Key: Codable, Equatable {
        /// SHA-256 of the kernel image.
        var image: String
        var commandLine: String
        /// SHA-256 of the initramfs, whose loader probes the features.
        var guestImage: String
        /// Accelerator and build of QEMU; `nil` without QEMU.
        var machine: String?
    }

    private struct Contents: Codable {
        var key: Key
        var facts: KernelFacts
    }

    let file: FilePath

    package init(of image: KernelImage) { file = image.path.removingLastComponent().appending("facts.json") }

    func read(_ key: Key) -> KernelFacts? {
        guard let contents = contents(), contents.key == key else { return nil }
        return contents.facts
    }

    /// The facts of this image and command line from an earlier examination on any machine.
    package func read(image: String, commandLine: String) -> KernelFacts? {
        guard let contents = contents(), contents.key.image == image, contents.key.commandLine == commandLine else {
            return nil
        }
        return contents.facts
    }

    /// Facts that cannot be stored are probed again next time.
    func write(_ facts: KernelFacts, for key: Key) {
        guard let bytes = try? JSONEncoder().encode(Contents(key: key, facts: facts)) else { return }
        try? AtomicFile.write(Array(bytes), to: file)
    }

    /// An unreadable file, or one of another version, counts as missing.
    private func contents() -> Contents? {
        guard let bytes = FileManager.default.contents(atPath: file.string) else { return nil }
        return try? JSONDecoder().decode(Contents.self, from: bytes)
    }
}
