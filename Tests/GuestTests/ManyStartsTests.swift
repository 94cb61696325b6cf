import Foundation
import Machine
import MatrixModel
import SystemPackage
import Testing

extension GuestTests {
    /// A machine that starts guests all day, one after another.
    @Suite(.serialized, .ownProcessor) struct ManyStartsTests {
        /// `make chaos` takes 2,000.
        private static let starts =
            ProcessInfo.processInfo.environment["COMPAT_MATRIX_STARTS"].flatMap { Int($0) } ?? 40

        @Test func startsLeaveNothingBehind() async throws {
            try await Bench.with(guest: Repository.guestTools) { bench in
                let spec = bench.spec(try Repository.kernel("debian-6.1"))
                let backend = bench.backend(snapshots: bench.ownSnapshots)
                var seconds: [Double] = []
                var before = try Holdings(of: bench.folder)
                for number in 0..<Self.starts {
                    let (start, ready) = try await backend.withGuest(spec, start: .auto) { guest in
                        (guest.start, guest.readySeconds)
                    }
                    seconds.append(ready)
                    #expect(start == (number == 0 ? .cold : .warm))
                    // The first ones fill what the process keeps.
                    if number == 9 { before = try Holdings(of: bench.folder) }
                }
                let after = try Holdings(of: bench.folder)
                #expect(after.files == before.files)
                // Other tests of this process open and close files, too.
                #expect(after.mailboxes <= before.mailboxes + 2)
                #expect(after.bytesOnDisk == before.bytesOnDisk)

                let sorted = seconds.dropFirst().sorted()
                let (median, tail) = (sorted[sorted.count / 2], sorted[sorted.count * 99 / 100])
                print("starts: \(sorted.count) warm, median \(median) s, 99th percentile \(tail) s")
                // Few starts have no percentile to speak of, and share the machine with other tests.
                if Self.starts >= 1000 { #expect(tail <= 2 * median) }
            }
        }

        /// What a start could leave.
        private struct Holdings {
            var files: [String]
            var bytesOnDisk: Int
            /// Descriptors of memory that is shared with guests.
            var mailboxes: Int

            init(of folder: FilePath) throws {
                files = try FileManager.default.subpathsOfDirectory(atPath: folder.string).sorted()
                bytesOnDisk = files.reduce(0) { sum, name in
                    var status = stat()
                    return lstat(folder.pushing(FilePath(name)).string, &status) == 0
                        ? sum + Int(status.st_blocks) * 512 : sum
                }
                let descriptors = try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")
                mailboxes = descriptors.count {
                    (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/\($0)"))?
                        .contains("compat-matrix-") == true
                }
            }
        }
    }
}
