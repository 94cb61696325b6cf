import Foundation
package import SystemPackage

/// A version of a loader's library that a suite of Debian has, and that a loader can be built with.
package struct LoaderRelease: Sendable, Hashable {
    package var loader: ShippedLoader
    /// `1.1`: without the last number, which updates of a suite change.
    package var version: String
    package var suite: String

    /// Its name in cells and for `--loader`: `libbpf@1.1`.
    package var name: String { "\(loader.rawValue)@\(version)" }

    package init(loader: ShippedLoader, version: String, suite: String) {
        self.loader = loader
        self.version = version
        self.suite = suite
    }

    /// The releases listed by the guest tools in `folder`, by loader and in the order of the list; empty if there is no
    /// list.
    ///
    /// Source: `images/guest/loaders/versions`, one line `<loader> <version> <suite>` per release.
    package static func all(in folder: FilePath) -> [LoaderRelease] {
        let text = FileManager.default.contents(atPath: folder.appending("versions").string) ?? Data()
        return list(String(decoding: text, as: UTF8.self))
    }

    static func list(_ text: String) -> [LoaderRelease] {
        let releases = text.split(separator: "\n").compactMap { line -> LoaderRelease? in
            let words = line.split(separator: " ").map(String.init)
            guard words.count == 3, let loader = ShippedLoader(rawValue: words[0]) else { return nil }
            return LoaderRelease(loader: loader, version: words[1], suite: words[2])
        }
        return ShippedLoader.allCases.flatMap { loader in releases.filter { $0.loader == loader } }
    }
}

extension ShippedLoader {
    /// The origin of the default library, for people; `nil` if the guest tools in `folder` do not record it.
    package func origin(in folder: FilePath) -> String? {
        let text = FileManager.default.contents(atPath: folder.appending("origin-\(rawValue)").string)
        return text.map { String(decoding: $0, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines) }
    }
}
