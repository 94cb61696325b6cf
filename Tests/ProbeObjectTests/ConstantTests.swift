import Manifests
import SystemPackage
import TestSupport
import Testing

@testable import ProbeObject

/// Constants that a manifest sets in an object.
struct ConstantTests {
    private static let source = """
        const volatile unsigned char flag = 0;
        static const volatile int number = 7;
        const volatile unsigned long long wide = 1;
        const volatile char text[6] = "abc";
        int counter = 3;
        int zeroed;
        __attribute__((section("kprobe/do_exit"), used)) int first(void *ctx)
        {
            zeroed += number;
            return flag + (int)wide + text[1] + counter++;
        }
        char LICENSE[] __attribute__((section("license"), used)) = "GPL";
        """

    /// The only variant of a probe with that line of constants.
    private func build(_ constants: String, in folder: FilePath) async throws -> BuiltVariant {
        let object = try await compiled(Self.source, in: folder)
        try write(FileBytes.read(object), to: folder.pushing("p/p.o"))
        try write(
            "summary: s\nvariants:\n  x: { object: p.o, constants: \(constants) }\n", to: folder.pushing("p/probe.yaml")
        )
        let built = try await ProbeSelection().build(folder: folder, cache: folder.appending("cache"))
        return try #require(built.first)
    }

    private func value(_ name: String, of object: ObjectFile) throws -> [UInt8] {
        let variable = try #require(object.variables.first { $0.name == name })
        return Array(try FileBytes.read(object.path)[variable.place])
    }

    @Test func onlyTheirBytesChange() async throws {
        try await withFolder { folder in
            let built = try await build(
                "{ flag: true, number: -2, wide: 0x1122334455667788, text: hello, counter: 258 }", in: folder)
            let object = try #require(built.object)
            #expect(try value("flag", of: object) == [1])
            #expect(try value("number", of: object) == [0xFE, 0xFF, 0xFF, 0xFF])
            #expect(try value("wide", of: object) == [0x88, 0x77, 0x66, 0x55, 0x44, 0x33, 0x22, 0x11])
            #expect(try value("text", of: object) == Array("hello".utf8) + [0])
            #expect(try value("counter", of: object) == [2, 1, 0, 0])
            let original = try FileBytes.read(folder.pushing("p/p.o"))
            let set = try FileBytes.read(object.path)
            #expect(zip(original, set).count { $0 != $1 } <= 1 + 4 + 8 + 5 + 2 && original.count == set.count)
            #expect(built.programs == ["first"])
        }
    }

    @Test func otherValuesAreAnotherObject() async throws {
        try await withFolder { folder in
            let first = try await build("{ number: 1 }", in: folder).object?.digest
            let second = try await build("{ number: 2 }", in: folder).object?.digest
            let again = try await build("{ number: 1 }", in: folder).object?.digest
            #expect(first != second && first == again)
        }
    }

    /// The name of a variant may be that of another one and more.
    @Test func theCopyTakesNoOtherVariantsPlace() async throws {
        try await withFolder { folder in
            try write(Self.source.utf8, to: folder.pushing("p/p.c"))
            let manifest = """
                summary: s
                variants:
                  x: { source: p.c, constants: { number: 1 } }
                  constants: { source: p.c }
                  x.constants: { source: p.c }
                """
            try write(manifest, to: folder.pushing("p/probe.yaml"))
            let built = try await ProbeSelection().build(folder: folder, cache: folder.appending("cache"))
            #expect(Set(built.compactMap { $0.object?.path }).count == 3)
            #expect(try built.map { try value("number", of: #require($0.object))[0] } == [1, 7, 7])
        }
    }

    @Test(arguments: [
        (
            "{ missing: 1 }",
            "expected the name of a constant or an initialised variable of the object (it has "
        ),
        ("{ zeroed: 1 }", "expected the name of a constant"),
        ("{ first: 1 }", "expected the name of a constant"),
        ("{ flag: 256 }", "'flag' is '256'; expected a number that fits into 1 bytes"),
        ("{ number: -2147483649 }", "expected a number that fits into 4 bytes"),
        ("{ number: many }", "'number' is 'many'; expected a number"),
        ("{ text: sixsix }", "'text' is 'sixsix'; expected a text of at most 5 bytes"),
        ("{ number: [1] }", "expected text"), ("[1]", "expected a mapping"),
    ])
    func aMistakeNamesItsLine(constants: String, complaint: String) async throws {
        try await withFolder { folder in
            let error = await #expect(throws: ManifestError.self) { try await build(constants, in: folder) }
            let text = error?.description ?? "none"
            #expect(text.hasPrefix("\(folder)/p/probe.yaml:3: ") && text.contains(complaint), "\(text)")
        }
    }
}
