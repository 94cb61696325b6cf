import KernelExamination
import Testing

@Suite struct DistributionTests {
    @Test(arguments: [
        ("6.1.0-56-cloud-amd64", "#1 SMP PREEMPT_DYNAMIC Debian 6.1.192-2 (2026-10-01)", "Debian"),
        ("5.4.0-216-generic", "#236-Ubuntu SMP Fri Apr 11 19:53:21 UTC 2025", "Ubuntu"),
        ("3.10.0-1160.el7.x86_64", "#1 SMP Mon Oct 19 16:18:59 UTC 2020", "Enterprise Linux 7"),
        ("5.14.0-427.13.1.el9_4.x86_64", "#1 SMP PREEMPT_DYNAMIC", "Enterprise Linux 9"),
        ("5.15.0-8.91.4.1.el8uek.x86_64", "#2 SMP", "Enterprise Linux 8"),
        ("6.8.5-301.fc40.x86_64", "#1 SMP PREEMPT_DYNAMIC", "Fedora 40"),
        ("4.14.336-257.562.amzn2.x86_64", "#1 SMP", "Amazon Linux 2"),
        ("6.1.79-99.167.amzn2023.x86_64", "#1 SMP", "Amazon Linux 2023"),
        ("6.9.1-arch1-1", "#1 SMP PREEMPT_DYNAMIC", "Arch Linux"),
    ])
    func identifiesTheDistribution(release: String, versionText: String, expected: String) {
        #expect(Distribution(release: release, versionText: versionText, banner: "").name == expected)
    }

    @Test(arguments: [
        (
            "5.14.21-150500.53-default",
            "Linux version 5.14.21-150500.53-default (geeko@buildhost) (gcc (SUSE Linux) 7.5.0) #1", "SUSE"
        ),
        (
            "4.9.0-3-amd64", "Linux version 4.9.0-3-amd64 (debian-kernel@lists.debian.org) (gcc version 6.3.0) #1",
            "Debian"
        ),
    ])
    func distributionIsFoundByItsBuilder(release: String, banner: String, expected: String) {
        #expect(Distribution(release: release, versionText: "#1 SMP", banner: banner).name == expected)
    }

    /// The compiler's distribution is that of whoever built it, who may be anybody.
    @Test(arguments: [
        (
            "6.6.0",
            "Linux version 6.6.0 (me@desk) (gcc (Debian 12.2.0-14) 12.2.0, GNU ld (GNU Binutils for Debian) 2.40) #1"
        ),
        ("6.6.0-rc1+", ""), ("", ""), ("..-.-", "()(@)"), ("4.19.0-elevated1", ""),
    ])
    func aKernelWithoutAVendorIsLocal(release: String, banner: String) {
        let distribution = Distribution(release: release, versionText: "#1 SMP", banner: banner)
        #expect(distribution.name == nil)
        #expect("\(distribution)" == "unknown")
    }
}
