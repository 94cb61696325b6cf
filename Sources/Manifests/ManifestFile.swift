import SystemPackage

/// Reads manifests and the files that they name.
enum ManifestFile {
    static func text(of file: FilePath) throws(ManifestError) -> String {
        do {
            let descriptor = try FileDescriptor.open(file, .readOnly)
            return try descriptor.closeAfter {
                var text: [UInt8] = []
                var buffer = [UInt8](repeating: 0, count: 16 * 1024)
                while case let count = try buffer.withUnsafeMutableBytes({ try descriptor.read(into: $0) }), count > 0 {
                    text += buffer.prefix(count)
                }
                return String(decoding: text, as: UTF8.self)
            }
        } catch let errno as Errno {
            throw .unreadable(file: file, errno: errno)
        } catch {
            throw .unreadable(file: file, errno: .ioError)
        }
    }

    static func exists(_ path: FilePath) -> Bool {
        guard let descriptor = try? FileDescriptor.open(path, .readOnly) else { return false }
        try? descriptor.close()
        return true
    }
}
