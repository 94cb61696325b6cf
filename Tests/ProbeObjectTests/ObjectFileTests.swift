import HostTools
import SystemPackage
import TestSupport
import Testing

@testable import ProbeObject

struct ObjectFileTests {
    @Test func programsAreThoseOutsideText() async throws {
        try await withFolder { folder in
            let object = try ObjectFile(await compiled(Sources.twoPrograms, in: folder))
            #expect(
                object.programs == [
                    ObjectFile.Program(name: "first", section: "kprobe/do_exit"),
                    ObjectFile.Program(name: "second", section: "xdp"),
                ])
            #expect(object.maps == [])
            #expect(object.digest.count == 64)
        }
    }

    /// Global variables are not included: libbpf makes maps of them and names those itself.
    @Test func mapsAreThoseOfTheSectionForMaps() async throws {
        try await withFolder { folder in
            let maps = """
                struct { int (*type)[2]; } lines __attribute__((section(".maps"), used));
                struct { int (*type)[2]; } counts __attribute__((section(".maps"), used));
                int variable = 3;
                """
            let object = try ObjectFile(await compiled(maps + "\n" + Sources.twoPrograms, in: folder))
            #expect(object.maps.sorted() == ["counts", "lines"])
            #expect(object.programs.map(\.name) == ["first", "second"])
        }
    }

    @Test func programsInProgramArraysAreTailCalled() async throws {
        try await withFolder { folder in
            let array = """
                int second(void *);
                struct { int (*type)[3]; int (*values[1])(void *); } calls __attribute__((section(".maps"), used)) =
                    {.values = {second}};
                """
            let object = try ObjectFile(await compiled(array + "\n" + Sources.twoPrograms, in: folder))
            #expect(object.tailCalled == ["second"])
        }
    }

    @Test func sameBytesSameDigest() throws {
        // The SHA-256 of "abc", from FIPS 180-2.
        #expect(
            Digest.of(Array("abc".utf8)) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    }

    @Test(arguments: [
        ([UInt8](), ProbeObjectError.empty),
        (Array("#!/bin/sh\n".utf8), ProbeObjectError.notELF),
        ([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1], ProbeObjectError.truncated),
    ])
    func bytesThatAreNoObject(bytes: [UInt8], error: @Sendable (FilePath) -> ProbeObjectError) async throws {
        try await withFolder { folder in
            let file = try write(bytes, to: folder.appending("x.bpf.o"))
            #expect(throws: error(file)) { try ObjectFile(file) }
        }
    }

    @Test func missingFileIsReported() async throws {
        try await withFolder { folder in
            let gone = folder.appending("gone.bpf.o")
            #expect(throws: ProbeObjectError.missing(gone)) { try ObjectFile(gone) }
            #expect("\(ProbeObjectError.missing(gone))".hasPrefix("\(gone): no such file"))
        }
    }

    /// The mistake of giving the user-space half of a project.
    @Test func objectForTheHostIsReported() async throws {
        try await withFolder { folder in
            let file = try await compiled("int f(void) { return 1; }", in: folder, target: "x86_64-linux-gnu")
            #expect(throws: ProbeObjectError.wrongMachine(file, machine: 62)) { try ObjectFile(file) }
        }
    }

    @Test func bigEndianObjectIsReported() async throws {
        try await withFolder { folder in
            let file = try await compiled(Sources.twoPrograms, in: folder, target: "bpfeb")
            #expect(throws: ProbeObjectError.wrongFormat(file, is: "a big-endian object")) { try ObjectFile(file) }
        }
    }

    @Test func objectWithOnlyFunctionsHasNoProgram() async throws {
        try await withFolder { folder in
            let file = try await compiled("int f(void) { return 1; }", in: folder)
            #expect(throws: ProbeObjectError.noProgram(file)) { try ObjectFile(file) }
        }
    }

    /// However much of an object is there, the rest is missed.
    @Test func everyTruncationIsSeen() async throws {
        try await withFolder { folder in
            let whole = try FileBytes.read(await compiled(Sources.twoPrograms, in: folder))
            for length in [16, 63, 64, 200, whole.count / 2, whole.count - 65, whole.count - 1] {
                let file = try write(Array(whole.prefix(length)), to: folder.appending("\(length).o"))
                #expect(throws: ProbeObjectError.truncated(file), "\(length) of \(whole.count) bytes") {
                    try ObjectFile(file)
                }
            }
        }
    }
}
