import FoundationEssentials
import Glibc
import HostTools
import Logging
import Manifests
import SystemPackage

/// The limits of a download.
struct DownloadLimits: Sendable, Equatable {
    /// A machine without network access should detect that within seconds.
    var connect: Duration = .seconds(10)
    /// How long almost no data may arrive.
    var stall: Duration = .seconds(20)
    /// openSUSE's kernel-default, the largest of all, has 170 MiB; Debian's kernels with symbols have 1 GiB.
    var sizeMiB = 2048
    /// How often the connection may break, as long as each attempt makes progress.
    var attempts = 5

    static let slowestBytesPerSecond = 1024
}

/// Called with the bytes so far, and with the total if the server sent it.
typealias DownloadProgress = @Sendable (_ received: Int64, _ total: Int64?) -> Void

/// A file of a web server, downloaded by curl.
///
/// While it arrives, it is `<digest of the URL>.part`, with the response headers next to it. The next download
/// continues from there, provided that the server confirms that the file has not changed.
struct Download {
    let address: WebAddress
    /// For all downloads, on the file system of the cache.
    let folder: FilePath
    let limits: DownloadLimits

    private var part: FilePath { folder.appending("\(key).part") }
    private var headers: FilePath { folder.appending("\(key).headers") }
    private var key: String { Digest.of(address.description) }

    /// Passes the complete file to `body` and deletes it afterwards.
    ///
    /// - Parameters:
    ///   - isHere: Called once no other process downloads the same file; a value that it returns is used instead.
    ///   - progress: Called about four times a second.
    ///   - body: Given the file, which exists only while it runs.
    /// - Returns: What `body`, or else `isHere`, returns.
    /// - Throws: `KernelStoreError`. A rejected file is removed; a file whose connection broke or stalled is kept for
    ///   the next attempt.
    func withFile<Value>(
        unless isHere: () throws(KernelStoreError) -> Value? = { nil }, progress: @escaping DownloadProgress,
        _ body: (FilePath) async throws(KernelStoreError) -> Value
    ) async throws(KernelStoreError) -> Value {
        try Files.makeFolder(folder)
        let lock = try await Files.lock(replaceable: part)
        defer { lock.release() }
        var isWorthKeeping = false
        defer { if !isWorthKeeping { removeAll() } }
        if let value = try isHere() { return value }
        do throws(KernelStoreError) {
            try await receive(progress)
        } catch {
            isWorthKeeping = error.leavesDownload && isResumable
            throw error
        }
        return try await body(part)
    }

    /// Resumes the download until it is complete, as long as each attempt makes progress.
    private func receive(_ progress: @escaping DownloadProgress) async throws(KernelStoreError) {
        var attempts = 0
        let started = ContinuousClock.now
        while true {
            attempts += 1
            let before = try size()
            let outcome = try await attempt(progress)
            let received = try size()
            switch outcome {
            case .complete:
                Logger.current.info(
                    "fetched \(address): \(received) bytes in \(Diagnostics.seconds(since: started))")
                return
            case .notResumable where attempts < limits.attempts:
                Logger.current.info("cannot resume \(address) after \(before) bytes; starting again")
                restart()
            case .brokenOff(let problem) where attempts < limits.attempts && received > before:
                Logger.current.info("lost the connection to \(address) after \(received) bytes: \(problem); resuming")
            case .notResumable:
                throw .brokenOff(address, received: received, problem: "the file changed during the download")
            case .brokenOff(let problem): throw .brokenOff(address, received: received, problem: problem)
            }
        }
    }

    private func attempt(_ progress: @escaping DownloadProgress) async throws(KernelStoreError) -> Curl.Outcome {
        let earlier = try answer(in: headers)
        let validator = try size() > 0 ? earlier?.validator : nil
        // The headers of a partial file are kept until there are new ones, because it could not be resumed without
        // them.
        let fresh = validator == nil ? headers : folder.appending("\(key).headers.new")
        if validator == nil { restart() }
        defer { if fresh != headers { Files.remove(fresh) } }
        let outcome = try await reporting(progress, headers: fresh) { () throws(KernelStoreError) in
            try await Curl(address: address, limits: limits).run(into: part, headers: fresh, continuing: validator)
        }
        guard let earlier, validator != nil, let now = try answer(in: fresh), now.status == 206 else { return outcome }
        // A server without If-Range support would append another file.
        return now.continues(earlier) ? outcome : .notResumable
    }

    private func reporting<Value: Sendable>(
        _ progress: @escaping DownloadProgress, headers: FilePath,
        _ body: () async throws(KernelStoreError) -> Value
    ) async throws(KernelStoreError) -> Value {
        let watch = Task {
            var total: Int64?
            while (try? await Task.sleep(for: .milliseconds(250))) != nil {
                total = try total ?? answer(in: headers)?.total
                progress(try size(), total)
            }
        }
        defer { watch.cancel() }
        return try await body()
    }

    private var isResumable: Bool { (try? answer(in: headers))?.validator != nil }

    private func answer(in headers: FilePath) throws(KernelStoreError) -> ResponseHeaders? {
        guard let bytes = try Files.readIfThere(headers) else { return nil }
        return ResponseHeaders(String(decoding: bytes, as: UTF8.self))
    }

    /// In bytes, of what is here.
    private func size() throws(KernelStoreError) -> Int64 { try Files.status(part)?.size ?? 0 }

    /// Truncates the file instead of removing it, because other processes wait for its lock.
    private func restart() {
        part.withPlatformString { _ = truncate($0, 0) }
        Files.remove(headers)
    }

    private func removeAll() {
        Files.remove(headers)
        Files.remove(part)
    }
}
