import Manifests
import Testing

@testable import KernelStore

struct AptMirrorsTests {
    private func mirrors(
        _ targets: [String] = [], environment: [String: String] = [:], descriptions: [AptArchive: String] = [:]
    ) -> AptMirrors {
        AptMirrors(
            environment: environment, targets: targets.compactMap { AptMirrors.Target(Substring($0)) },
            descriptions: descriptions)
    }

    private static let asked = [
        "NodeSource|NodeSource|https://node.invalid/x|nodistro",
        "Debian Backports|Debian Backports|http://m.invalid/debian|bookworm-backports",
        "Debian|Debian|http://m.invalid/debian|bookworm",
        "Debian|Debian-Security|http://s.invalid/security|bookworm-security",
    ]
    /// Before the first `apt-get update` apt knows no origin.
    private static let unasked = [
        "||https://node.invalid/x|nodistro", "||http://m.invalid/debian/|bookworm",
        "||http://m.invalid/debian-security|bookworm-security",
    ]

    @Test(arguments: [
        (asked, AptArchive.debian, "http://m.invalid/debian"),
        (asked, .debianSecurity, "http://s.invalid/security"),
        (unasked, .debian, "http://m.invalid/debian/"),
        (unasked, .debianSecurity, "http://m.invalid/debian-security"),
        (["Debian|Debian|http://m.invalid/debian/|trixie"], .debianSecurity, "http://m.invalid/debian-security"),
        (["Ubuntu|Ubuntu|http://u.invalid/ubuntu|noble"], .ubuntu, "http://u.invalid/ubuntu"),
    ])
    func usesWhatTheMachineUses(targets: [String], archive: AptArchive, mirror: String) throws {
        #expect(try mirrors(targets).mirror(of: archive) == mirror)
    }

    @Test func fallsBackToTheDescriptionOfTheArchive() throws {
        let ubuntu = """
            Suite: devel
            BaseURI: http://ports.invalid/ubuntu-ports/
            BaseURI-amd64: http://amd64.invalid/ubuntu
            """
        let known = mirrors(descriptions: [.ubuntu: ubuntu, .debian: "Suite: sid\nBaseURI: http://d.invalid/debian\n"])
        #expect(try known.mirror(of: .ubuntu) == "http://amd64.invalid/ubuntu")
        #expect(try known.mirror(of: .debian) == "http://d.invalid/debian")
        #expect(try known.mirror(of: .debianSecurity) == "http://d.invalid/debian-security")
    }

    @Test(arguments: AptArchive.allCases)
    func theEnvironmentGoesFirst(archive: AptArchive) throws {
        let named = mirrors(Self.asked, environment: [archive.mirrorVariable: "http://e.invalid/x"])
        #expect(try named.mirror(of: archive) == "http://e.invalid/x")
    }

    @Test(arguments: AptArchive.allCases)
    func anUnknownMirrorSaysWhatToDo(archive: AptArchive) {
        let error = #expect(throws: KernelStoreError.self) { try mirrors().mirror(of: archive) }
        #expect(error.map { "\($0)".contains("install python-apt-common or set COMPAT_MATRIX_") } == true)
    }
}
