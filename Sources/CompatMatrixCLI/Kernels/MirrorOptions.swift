import ArgumentParser
import Manifests

/// Where archives are, for one command.
struct MirrorOptions: ParsableArguments {
    @Option(
        name: .customLong("mirror"),
        help: ArgumentHelp(
            "Where an archive is: debian, debian-security or ubuntu, '=' and a URL; repeatable.",
            valueName: "archive=url"))
    var mirrors: [String] = []

    /// Throws `CommandFailure` with `.usage` for an archive that is unknown, or what is no URL.
    func byArchive() throws -> [AptArchive: String] {
        var found: [AptArchive: String] = [:]
        for mirror in mirrors {
            let parts = mirror.split(separator: "=", maxSplits: 1).map(String.init)
            guard parts.count == 2, let archive = AptArchive(rawValue: parts[0]) else {
                let known = AptArchive.allCases.map(\.rawValue).joined(separator: ", ")
                throw CommandFailure(.usage, "--mirror \(mirror): expected one of \(known), '=' and a URL")
            }
            do {
                found[archive] = try WebAddress(parts[1]).description
            } catch {
                throw CommandFailure(.usage, "--mirror \(archive.rawValue): \(error)")
            }
        }
        return found
    }
}
