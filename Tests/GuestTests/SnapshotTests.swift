import Foundation
import GuestLink
import KernelStore
import Machine
import MatrixModel
import SystemPackage
import TestSupport
import Testing

extension GuestTests {
    /// A snapshot is used when it is good, and any doubt about it is a cold boot.
    @Suite(.serialized, .ownProcessor) struct SnapshotTests {
        private func start(_ bench: Bench, memoryMiB: Int = GuestSpec.defaultMemoryMiB) async throws -> Start {
            let kernel = try Repository.kernel("debian-6.1")
            return try await bench.backend(snapshots: bench.ownSnapshots).withGuest(
                bench.spec(kernel, memoryMiB: memoryMiB), start: .auto
            ) {
                guest in
                #expect(guest.hello.release == kernel.releaseLabel)
                return guest.start
            }
        }

        private func snapshots(_ bench: Bench) throws -> [FilePath] {
            try FileManager.default.contentsOfDirectory(atPath: bench.ownSnapshots.string).sorted()
                .map { bench.ownSnapshots.appending($0) }
        }

        @Test func theSecondStartIsWarm() async throws {
            try await Bench.with(guest: Repository.guestTools) { bench async throws in
                #expect(try await start(bench) == .cold)
                #expect(try snapshots(bench).count == 1)
                #expect(try await start(bench) == .warm)

                async let one = start(bench)
                async let other = start(bench)
                #expect(try await [one, other] == [.warm, .warm])

                // Another machine, another key: its guest boots, and both snapshots stay.
                #expect(try await start(bench, memoryMiB: 256) == .cold)
                #expect(try snapshots(bench).count == 2)
                #expect(try await start(bench) == .warm)
            }
        }

        enum Damage: CaseIterable {
            case cutShort, flipped
        }

        @Test(arguments: Damage.allCases)
        func aDamagedSnapshotIsReplaced(damage: Damage) async throws {
            try await Bench.with(guest: Repository.guestTools) { bench async throws in
                #expect(try await start(bench) == .cold)
                let snapshot = try #require(try snapshots(bench).first)
                switch damage {
                case .cutShort: #expect(truncate(snapshot.string, 1 << 20) == 0)
                case .flipped: try flipByte(of: snapshot)
                }
                #expect(try await start(bench) == .cold)
                #expect(try await start(bench) == .warm)
            }
        }

        /// Somewhere in the kernel's code.
        private func flipByte(of snapshot: FilePath) throws {
            let file = try FileDescriptor.open(snapshot, .readWrite)
            try file.closeAfter {
                var byte = [UInt8](repeating: 0, count: 1)
                _ = try byte.withUnsafeMutableBytes { try file.read(fromAbsoluteOffset: 20 << 20, into: $0) }
                _ = try file.writeAll(toAbsoluteOffset: 20 << 20, [byte[0] ^ 1])
            }
        }

        /// Regardless of its name, a guest that runs another kernel would report results of that kernel.
        @Test func anUnexpectedKernelIsRejected() async throws {
            try await Bench.with(guest: Repository.guestTools) { bench async throws in
                var spec = bench.spec(try Repository.kernel("debian-6.1"))
                let reported = try await bench.backend().withGuest(spec, start: .auto) { $0.hello.release }
                spec.release = "5.4.0-1-generic"
                await #expect(throws: MachineError.otherKernel(expected: spec.release, reported: reported)) {
                    // The shared snapshots are for those who know what they run.
                    try await bench.backend(snapshots: bench.ownSnapshots).withGuest(spec, start: .auto) { _ in }
                }
            }
        }

        /// Nowhere to put a snapshot costs speed, not the guest.
        @Test func aGuestRunsWithoutAPlaceForSnapshots() async throws {
            try await Bench.with(guest: Repository.guestTools) { bench async throws in
                let file = bench.folder.appending("file")
                try write("not a folder", to: file)
                let spec = bench.spec(try Repository.kernel("debian-6.1"))
                let start = try await bench.backend(snapshots: file.appending("snapshots"))
                    .withGuest(spec, start: .auto) { $0.start }
                #expect(start == .cold)
            }
        }
    }
}
