package import SystemPackage
import Yams

/// The text of a new `compat-matrix.yaml`.
package struct ProjectDraft {
    private let entries: [Node]
    private let probes: String?

    /// - Parameters:
    ///   - objects: Relative to the folder of the file.
    ///   - probes: A folder of probes; `nil` if there is none.
    package init(objects: [FilePath], probes: String?) {
        var names: Set<String> = []
        entries = objects.map { object in
            let own = Self.usable(ProbeManifest.name(of: object))
            var name = own
            // Objects with the same name are distinguished by their directories.
            if !names.insert(name).inserted {
                name = Self.usable(object.removingLastComponent().string + "-" + own)
                var number = 2
                while !names.insert(name).inserted {
                    name = "\(own)-\(number)"
                    number += 1
                }
            }
            let path = ManifestText.text(object.string)
            guard name != ProbeManifest.name(of: object) else { return path }
            return ManifestText.mapping([("object", path), ("name", ManifestText.text(name))])
        }
        self.probes = probes
    }

    /// The folder `probes`, if it contains probes.
    package static func probeFolder(in folder: FilePath) throws(ManifestError) -> String? {
        let probes = folder.appending("probes")
        guard (try? Stat(probes))?.type == .directory, try !ProbeCatalogue.folders(in: probes).isEmpty else {
            return nil
        }
        return "probes"
    }

    package var text: String {
        let lists = [
            probes.map { folder in
                let folders = ManifestText.list([ManifestText.text(folder)], style: .flow)
                return "# The directory that contains one directory with a probe.yaml for each probe.\n"
                    + ManifestText.of(ManifestText.mapping([("probes", folders)]))
            },
            entries.isEmpty
                ? nil
                : """
                # Objects from your build. Each is loaded on every kernel, program by program. Globs are allowed:
                # build/*.bpf.o. To attach the programs of an object and wait for an event, write:
                #   - object: build/opensnoop.bpf.o
                #     attach: true
                #     trigger: { shell: "echo < /etc/passwd" }
                #     event: { map: events }
                objects:
                \(indented(entries))
                """,
        ]
        return lists.compactMap(\.self).reduce(Self.head) { $0 + "\n" + $1 } + "\n" + Self.tail
    }

    private static let head = """
        # Settings for `compat-matrix` in this directory and below. Paths are relative to this file.
        # docs/manifest.md of compat-matrix documents every key.

        """

    private static let tail = """
        # Kernels to test, as ids or globs (default: all that `compat-matrix kernels list` prints).
        # kernels: ["debian-*", ubuntu-5.4]

        # The baseline: a file written with `run --format json`, or `latest`.
        # baseline: compat-baseline.json

        # What makes `run` exit with 1. The default is `regression` with a baseline, and `unexpected` without one.
        # gate: { failOn: [regression, growth], growthPercent: 20, unneeded: fail }

        """

    /// Letters, digits and other characters that a name can contain; all others become dashes.
    private static func usable(_ name: String) -> String {
        let text = String(
            name.map { $0.isASCII && ($0.isLetter || $0.isNumber || "-._+".contains($0)) ? $0 : "-" }
        ).drop { $0 == "-" || $0 == "." }
        return text.isEmpty ? "object" : String(text)
    }

    /// The lines of a list that belongs to the key above it.
    private func indented(_ entries: [Node]) -> String {
        ManifestText.of(ManifestText.list(entries)).split(separator: "\n").map { "  \($0)\n" }.joined()
    }
}
