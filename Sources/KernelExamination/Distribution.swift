/// The distribution that built a kernel, derived from the kernel's own version text.
///
/// Based on the conventions of those who build kernels, not on a table of kernels: RPM's `%{dist}` tag in the release,
/// a name in `uname -v`, or the builder's address.
package struct Distribution: Sendable, Equatable, CustomStringConvertible {
    /// `Debian`, `Ubuntu`, `Enterprise Linux 9`; `nil` if the kernel does not name one.
    package var name: String?
    /// The part of the text that proves it.
    package var evidence: String

    /// - Parameters:
    ///   - release: `uname -r`.
    ///   - versionText: `uname -v`.
    ///   - banner: /proc/version; may be empty.
    package init(release: String, versionText: String, banner: String) {
        if let (name, tag) = Self.distTag(in: release) {
            self.name = name
            evidence = tag
        } else if let name = Self.names.first(where: versionText.contains) {
            self.name = name
            evidence = versionText
        } else if let (name, address) = Self.builder(in: banner) {
            self.name = name
            evidence = address
        } else if let (name, flavour) = Self.flavour(in: release) {
            self.name = name
            evidence = flavour
        } else {
            name = nil
            evidence = release
        }
    }

    package var description: String { name ?? "unknown" }

    /// Distributions that put their name into `uname -v`.
    private static let names = ["Debian", "Ubuntu", "Alpine", "NixOS"]

    /// `%{dist}` as vendors of RPMs define it, a word and a number between dots: `3.10.0-1160.el7.x86_64`.
    private static func distTag(in release: String) -> (name: String, tag: String)? {
        let vendors = [
            "el": "Enterprise Linux", "fc": "Fedora", "amzn": "Amazon Linux", "azl": "Azure Linux", "cm": "CBL-Mariner",
            "oe": "openEuler", "an": "Anolis OS", "tl": "TencentOS", "mga": "Mageia",
        ]
        for part in release.split(whereSeparator: { ".-+".contains($0) }).reversed() {
            let word = part.prefix { $0.isLetter }
            let rest = part.dropFirst(word.count)
            let number = rest.prefix { $0.isNumber }
            guard !number.isEmpty, let vendor = vendors[String(word)] else { continue }
            // `el8uek` and `el9_4`: the vendor's own suffix follows the number.
            return ("\(vendor) \(number)", String(part))
        }
        return nil
    }

    /// `(geeko@buildhost)`, `(debian-kernel@lists.debian.org)`, `(archlinux@archlinux)`.
    private static func builder(in banner: String) -> (name: String, address: String)? {
        guard let address = banner.firstMatch(of: /\(([^()\s]+@[^()\s]+)\)/)?.output.1 else { return nil }
        let words: KeyValuePairs = [
            "debian": "Debian", "buildd@lcy": "Ubuntu", "geeko@": "SUSE", "archlinux": "Arch Linux", "alpine": "Alpine",
            "nixbld": "NixOS", "gentoo": "Gentoo", "amazon": "Amazon Linux", "void": "Void Linux",
        ]
        let lowered = address.lowercased()
        guard let (_, name) = words.first(where: { lowered.contains($0.key) }) else { return nil }
        return (name, String(address))
    }

    /// The suffix of the version, if neither name nor builder identifies the distribution: `6.9.1-arch1-1`,
    /// `5.14.21-default`.
    private static func flavour(in release: String) -> (name: String, flavour: String)? {
        let flavours = ["arch": "Arch Linux", "cos": "Container-Optimized OS", "default": "SUSE", "MANJARO": "Manjaro"]
        for part in release.split(whereSeparator: { ".-+".contains($0) }).dropFirst() {
            let word = part.prefix { $0.isLetter }
            if let name = flavours[String(word)] { return (name, String(part)) }
        }
        return nil
    }
}
