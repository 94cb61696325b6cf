import Manifests
import Testing

@testable import KernelStore

struct AptMirrorsTests {
    /// A server that does not exist (RFC 2606): only the choice matters.
    private static func site(_ name: String, _ scheme: String = "http") -> String { "\(scheme)://\(name).invalid" }

    private func mirrors(
        _ targets: [String] = [], environment: [String: String] = [:], descriptions: [AptArchive: String] = [:]
    ) -> AptMirrors {
        AptMirrors(
            environment: environment, targets: targets.compactMap { AptMirrors.Target(Substring($0)) },
            descriptions: descriptions)
    }

    private static let asked = [
        "NodeSource|NodeSource|\(site("node", "https"))/x|nodistro",
        "Debian Backports|Debian Backports|\(site("m"))/debian|bookworm-backports",
        "Debian|Debian|\(site("m"))/debian|bookworm",
        "Debian|Debian-Security|\(site("s"))/security|bookworm-security",
    ]
    /// Before the first `apt-get update` apt knows no origin.
    private static let unasked = [
        "||\(site("node", "https"))/x|nodistro", "||\(site("m"))/debian/|bookworm",
        "||\(site("m"))/debian-security|bookworm-security",
    ]

    @Test(arguments: [
        (asked, AptArchive.debian, "\(site("m"))/debian"),
        (asked, .debianSecurity, "\(site("s"))/security"),
        (unasked, .debian, "\(site("m"))/debian/"),
        (unasked, .debianSecurity, "\(site("m"))/debian-security"),
        (["Debian|Debian|\(site("m"))/debian/|trixie"], .debianSecurity, "\(site("m"))/debian-security"),
        (["Ubuntu|Ubuntu|\(site("u"))/ubuntu|noble"], .ubuntu, "\(site("u"))/ubuntu"),
    ])
    func usesWhatTheMachineUses(targets: [String], archive: AptArchive, mirror: String) throws {
        #expect(try mirrors(targets).mirror(of: archive) == mirror)
    }

    @Test func fallsBackToTheDescriptionOfTheArchive() throws {
        let ubuntu = """
            Suite: devel
            BaseURI: \(Self.site("ports"))/ubuntu-ports/
            BaseURI-amd64: \(Self.site("amd64"))/ubuntu
            """
        let known = mirrors(descriptions: [.ubuntu: ubuntu, .debian: "Suite: sid\nBaseURI: \(Self.site("d"))/debian\n"])
        #expect(try known.mirror(of: .ubuntu) == "\(Self.site("amd64"))/ubuntu")
        #expect(try known.mirror(of: .debian) == "\(Self.site("d"))/debian")
        #expect(try known.mirror(of: .debianSecurity) == "\(Self.site("d"))/debian-security")
    }

    @Test(arguments: AptArchive.allCases)
    func theEnvironmentGoesFirst(archive: AptArchive) throws {
        let named = mirrors(Self.asked, environment: [archive.mirrorVariable: "\(Self.site("e"))/x"])
        #expect(try named.mirror(of: archive) == "\(Self.site("e"))/x")
    }

    @Test(arguments: AptArchive.allCases)
    func unknownMirrorIsReportedWithAdvice(archive: AptArchive) {
        let error = #expect(throws: KernelStoreError.self) { try mirrors().mirror(of: archive) }
        #expect(error.map { "\($0)".contains("install python-apt-common or set COMPAT_MATRIX_") } == true)
    }
}
