import Testing

@testable import KernelStore

struct AptPackageTests {
    @Test func readsAStanza() throws {
        let package = try #require(
            AptPackage(
                stanza: """
                    Package: linux-image-7.3.4+deb13-cloud-amd64
                    Source: linux-signed-amd64 (7.3.4+1)
                    Version: 7.3.4-1~bpo13+1
                    Size: 1928
                    Recommends: apparmor, linux-modules-extra-7.3.4+deb13-cloud-amd64 | linux-modules-extra
                    Depends: linux-base (>= 4.12~), kmod | busybox:any, linux-binary-7.3.4+deb13-cloud-amd64 (= 7.3.4-1)
                    Description: Linux
                     Version: not this one
                    """))
        #expect(package.pinned == "linux-image-7.3.4+deb13-cloud-amd64=7.3.4-1~bpo13+1")
        #expect(package.dependencies == ["linux-base", "kmod", "busybox", "linux-binary-7.3.4+deb13-cloud-amd64"])
        #expect(package.kernelDependency == "linux-binary-7.3.4+deb13-cloud-amd64")
        #expect(package.size == 1928)
        #expect(
            package.companions(ofRelease: "7.3.4+deb13-cloud-amd64") == [
                "linux-binary-7.3.4+deb13-cloud-amd64", "linux-modules-extra-7.3.4+deb13-cloud-amd64",
            ])
        #expect(package.companions(ofRelease: "") == [])
    }

    @Test(arguments: ["", "Package: a", "Version: 1", "no stanza at all"])
    func textWithoutVersionIsRejected(stanza: String) {
        #expect(AptPackage(stanza: stanza) == nil)
    }

    @Test(arguments: [
        ("linux-image-6.1.0-*-cloud-amd64", "linux-image-6.1.0-56-cloud-amd64", true),
        ("linux-image-6.1.0-*-cloud-amd64", "linux-image-6.1.0-56-cloud-amd64-unsigned", false),
        ("linux-image-6.1.0-*-cloud-amd64", "linux-image-6.12.9-cloud-amd64", false),
        ("linux-image-6.1.0-*amd64*", "linux-image-6.1.0-56-cloud-amd64-dbg", false),
        ("linux-image-6.1.0-*amd64*", "linux-image-6.1.0-56-rt-amd64", false),
        ("linux-image-*-rt-amd64", "linux-image-6.1.0-56-rt-amd64", true),
        ("linux-image-*-generic", "linux-image-unsigned-5.4.0-216-generic", false),
        ("linux-image-6.1.0-56-amd64-unsigned", "linux-image-6.1.0-56-amd64-unsigned", true),
        ("linux-image-amd64", "linux-image-amd64-dbg", false),
    ])
    func takesTheKernelsOneWouldInstall(pattern: String, name: String, matches: Bool) {
        #expect(PackagePattern(pattern).matches(name) == matches)
    }
}
