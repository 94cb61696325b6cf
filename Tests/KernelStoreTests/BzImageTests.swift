import Testing

@testable import KernelStore

struct BzImageTests {
    @Test(arguments: [
        (
            "6.1.0-56-cloud-amd64 (debian-kernel@lists) (gcc-12) #1 SMP Debian 6.1.192-2", "6.1.0-56-cloud-amd64",
            "debian"
        ),
        ("5.4.0-216-generic (buildd@lcy02) #236-Ubuntu SMP Fri", "5.4.0-216-generic", "ubuntu"),
        ("3.10.0-1160.el7.x86_64 (mockbuild@x) #1 SMP", "3.10.0-1160.el7.x86_64", "el7"),
        ("5.14.0-427.13.1.el9_4.x86_64 (mockbuild@x) #1", "5.14.0-427.13.1.el9_4.x86_64", "el9"),
        ("5.10.220-209.869.amzn2.x86_64 (mockbuild@x) #1", "5.10.220-209.869.amzn2.x86_64", "amzn2"),
        ("6.9.4-200.fc40.x86_64 (mockbuild@x) #1", "6.9.4-200.fc40.x86_64", "fc40"),
        ("6.4.0-150600.21-default (geeko@buildhost) #1", "6.4.0-150600.21-default", "suse"),
        ("6.9.3 (me@here) #7", "6.9.3", "local"),
        ("", "", "local"),
    ])
    func readsTheBanner(banner: String, release: String, family: String) throws {
        let header = try #require(BzImage(header: bzImage(banner)))
        #expect(header.release == release)
        #expect(header.family == family)
        #expect(header.minimumSize == Int64(bzImage(banner).count))
    }

    @Test(arguments: [
        [UInt8](), Array("#!/bin/sh\n".utf8), [UInt8](repeating: 0, count: 4096), Array(bzImage("6.1 x").prefix(0x211)),
    ])
    func nonKernelsAreRejected(bytes: [UInt8]) {
        #expect(BzImage(header: bytes) == nil)
    }

    @Test func aPointerBehindTheHeaderNamesNothing() throws {
        var image = bzImage("6.1.0 x")
        image.replaceSubrange(0x20E...0x20F, with: [0xFF, 0xFF])
        #expect(try #require(BzImage(header: image)).release == "")
    }
}
