import MatrixModel
import Testing

@Suite struct KernelReleaseTests {
    @Test(arguments: [
        ("6.12.117+deb12-cloud-amd64", KernelRelease(6, 12, 117)),
        ("5.4.0-216-generic", KernelRelease(5, 4, 0)),
        ("3.10.0-1160.el7.x86_64", KernelRelease(3, 10, 0)),
        ("7.3", KernelRelease(7, 3)),
        ("6.8.0-rc1", KernelRelease(6, 8)),
    ])
    func readsTheVersionOfARelease(text: String, expected: KernelRelease) {
        #expect(KernelRelease(text) == expected)
    }

    @Test(arguments: ["", "generic", "6", "v6.1", "six.one"])
    func rejectsInvalidReleases(text: String) {
        #expect(KernelRelease(text) == nil)
    }

    @Test func comparesByNumber() throws {
        #expect(KernelRelease(6, 8) < KernelRelease(6, 12))
        #expect(KernelRelease(5, 10, 262) > KernelRelease(5, 10))
    }

    @Test func ordersKernelsByVersionThenFamily() throws {
        let ids = try ["debian-6.12", "ubuntu-5.4", "debian-5.4", "el7-3.10"].map { try #require(KernelID($0)) }
        #expect(ids.sorted().map(\.text) == ["el7-3.10", "debian-5.4", "ubuntu-5.4", "debian-6.12"])
    }

    @Test(arguments: ["debian", "-6.1", "debian-x", "de/bian-6.1", "debian 6-6.1"])
    func refusesAnIdWithoutFamilyOrVersion(text: String) {
        #expect(KernelID(text) == nil)
    }
}
