import Foundation
import KernelStore
import Manifests
import MatrixModel
import MatrixRunner
import SystemPackage
import TestSupport
import Testing

/// The repository that these tests were built in.
enum Repository {
    static let root = SourceTree.root
    static let probes = root.appending("probes")
    static let kernels = root.appending("kernels")
    static let cache = root.appending("images").appending("cache")
    static let guestTools = root.appending("images").appending("guest").appending("build")
    static let tool = root.appending(".build").appending("debug").appending("compat-matrix")

    /// The image that `compat-matrix kernels fetch` brought.
    static func kernel(_ id: String) throws -> KernelImage {
        let store = KernelStore(catalogueFolders: [kernels], cache: cache)
        let manifest = try #require(try store.catalogue().first { $0.id.text == id })
        return try #require(try store.image(of: manifest), "fetch \(id) with 'compat-matrix kernels fetch'")
    }

    /// Modules of a kernel and those that they depend on, out of its packages.
    static func modules(_ names: [String], of kernel: String) throws -> [GuestModule] {
        let store = KernelStore(catalogueFolders: [kernels], cache: cache)
        let manifest = try #require(try store.catalogue().first { $0.id.text == kernel })
        return try store.modules(names, of: manifest).map {
            GuestModule(name: $0.name, file: $0.path, digest: $0.sha256)
        }
    }

    /// A guest that only tests boot; `make -C images/guest tests` builds it.
    static func testGuest(_ name: String) -> FilePath { guestTools.appending("tests").appending(name) }
}

/// Keeps a guest's console with the test's result.
func attachConsole(_ bytes: [UInt8], of name: String) {
    Attachment.record(String(decoding: bytes, as: UTF8.self), named: "\(name)-console.log")
}
