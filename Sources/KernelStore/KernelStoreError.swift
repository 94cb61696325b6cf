package import Manifests
package import MatrixModel
package import SystemPackage

/// Why a kernel's image could not be fetched, which proves nothing about the kernel.
package indirect enum KernelStoreError: Error, Hashable, CustomStringConvertible {
    case unreadable(file: FilePath, errno: Errno)
    case unwritable(file: FilePath, errno: Errno)
    case invalidLock(file: FilePath, problem: String)

    case notAKernel(file: FilePath, looks: FileLook)
    case unbootable(file: FilePath, BootProblem)
    /// Sizes in bytes.
    case cutShort(file: FilePath, expected: Int64, found: Int64)
    case damagedPackage(file: FilePath, problem: String)
    case invalidContainer(file: FilePath, ContainerProblem)
    case noKernelInPackage(file: FilePath)
    case noKernelInImage(file: FilePath)
    case noModules(file: FilePath)
    case modulesNotHere(KernelID)
    case noSuchModule(KernelID, name: String, nearest: [String])
    case damagedModule(KernelID, name: String)
    case moduleFolderGone(KernelID, folder: FilePath)
    case noConfig(package: String)
    /// `looks` is `nil` for a kernel, and for a package without a config.
    case notAConfig(file: String, looks: FileLook?)
    case tooLarge(file: FilePath, limitMiB: Int)
    /// `file` is a folder or an archive.
    case noBTF(file: FilePath, release: String)
    case ambiguousBTF(file: FilePath, release: String, candidates: [String])
    case notBTF(file: FilePath)

    case mirrorUnknown(AptArchive, variable: String, package: String)
    case keyringMissing(AptArchive, file: FilePath, package: String)
    case suiteUnavailable(AptSuite, problem: String)
    case noSuchPackage(pattern: String, AptSuite)
    case downloadFailed(package: String, AptSuite, problem: String)
    case toolMissing(tool: String, package: String)
    case toolFailed(tool: String, problem: String)
    /// The fetch failed a few minutes ago; `reason` is the message at that time.
    case failedBefore(KernelID, reason: String, minutes: Int)
    case cancelled

    case unreachable(host: String, problem: String)
    case stalled(host: String, seconds: Int)
    /// `received` in bytes.
    case brokenOff(WebAddress, received: Int64, problem: String)
    case answered(WebAddress, status: Int)
    case badRedirect(WebAddress, problem: String)
    case insecure(host: String, problem: String)
    case downloadTooLarge(WebAddress, limitMiB: Int)

    case registryFailed(OCIReference, problem: String)
    case imageTooLarge(OCIReference, limitMiB: Int)
    case vendorKeysMissing(folder: FilePath, package: String)
    case badSignature(file: String, problem: String)

    /// An error in `file`, a temporary copy of `source`, which is the name that users know.
    case inDownload(KernelStoreError, file: FilePath, source: String)

    case lockedVersionGone(KernelID, locked: String, AptSuite, nearest: String?)
    case differsFromLock(KernelID, what: String, locked: String, found: String)

    case idTaken(KernelID, by: FilePath)
    case idUnguessable(file: FilePath, release: String)
    case unknownID(KernelID)

    package var description: String {
        switch self {
        case .unreadable(let file, let errno): "cannot read \(file): \(errno)"
        case .unwritable(let file, let errno): "cannot write \(file): \(errno)"
        case .invalidLock(let file, let problem):
            "\(file): not a kernel lock: \(problem); restore the file, or delete it and run "
                + "'compat-matrix kernels refresh'"
        case .notAKernel(let file, let look):
            "\(file): not a kernel, but \(look.rawValue); pass a bzImage or vmlinux for x86-64, or a .deb, .rpm or "
                + "container image that contains one"
        case .unbootable(let file, let problem): "\(file): not a bootable kernel: \(problem)"
        case .invalidContainer(let file, let problem): "\(file): unusable container image: \(problem)"
        case .noKernelInImage(let file):
            "\(file): no kernel in the image (boot/vmlinuz* or lib/modules/*/vmlinuz, below any directory)"
        case .noModules(let file):
            "\(file): contains no modules; pass a package or a lib/modules/<release> directory"
        case .modulesNotHere(let id):
            "the modules of \(id) are not fetched; run 'compat-matrix kernels refresh \(id)' if its archive has them, "
                + "or set 'modules' in its manifest"
        case .noSuchModule(let id, let name, let nearest):
            "\(id) has no module \(name)"
                + (nearest.isEmpty ? "" : "; similar names: \(nearest.joined(separator: ", "))")
        case .damagedModule(let id, let name): "the module \(name) of \(id) is not an x86-64 module, or is truncated"
        case .moduleFolderGone(let id, let folder): "\(folder): the modules of \(id) are no longer there"
        case .cutShort(let file, let expected, let found):
            "\(file): truncated: \(found) bytes instead of at least \(expected); download it again"
        case .damagedPackage(let file, let problem): "\(file): damaged package: \(problem); download it again"
        case .noKernelInPackage(let file):
            "\(file): no kernel in the package (boot/vmlinuz-* or lib/modules/*/vmlinuz)"
        case .noConfig(let package): "the kernel's config is neither in \(package) nor in a related package"
        case .notAConfig(let file, let look):
            "\(file): neither a kernel config nor a package that contains one"
                + (look.map { ", but \($0.rawValue)" } ?? "")
        case .tooLarge(let file, let limit): "\(file): larger than \(limit) MiB, the limit for such files"
        case .noBTF(let file, let release): "\(file): no BTF for \(release) (\(release).btf or \(release).btf.tar.xz)"
        case .ambiguousBTF(let file, let release, let candidates):
            "\(file): different BTF for \(release) in \(candidates.joined(separator: " and ")); name the file itself"
        case .notBTF(let file):
            "\(file): not BTF, or truncated; pass raw BTF, an ELF file with a .BTF section, or a BTFHub archive"
        case .mirrorUnknown(let archive, let variable, let package):
            "no mirror of the \(archive.rawValue) archive is configured; install \(package) or set \(variable)"
        case .keyringMissing(let archive, let file, let package):
            "\(file): the keyring of the \(archive.rawValue) archive is missing; install \(package)"
        case .suiteUnavailable(let suite, let problem): "cannot use the archive of \(suite): \(problem)"
        case .noSuchPackage(let pattern, let suite): "\(suite) has no package \(pattern)"
        case .downloadFailed(let package, let suite, let problem):
            "cannot download \(package) of \(suite): \(problem)"
        case .toolMissing(let tool, let package): "\(tool) is not installed; install \(package)"
        case .toolFailed(let tool, let problem): "\(tool) failed: \(problem)"
        case .failedBefore(let id, let reason, let minutes):
            "\(reason) (\(minutes == 0 ? "just now" : "\(minutes) min ago"); retry with "
                + "'compat-matrix kernels fetch \(id)')"
        case .cancelled: "interrupted before it was fetched"
        case .unreachable(let host, let problem): "cannot reach the server at \(host): \(problem)"
        case .stalled(let host, let seconds):
            "the server at \(host) stalled: almost no data for \(seconds) s; the next fetch resumes"
        case .brokenOff(let address, let received, let problem):
            "\(address): connection lost after \(received) bytes: \(problem)"
        case .answered(let address, let status):
            "the server at \(address.host) returned status \(status) for \(address)"
        case .badRedirect(let address, let problem): "\(address): unusable redirect: \(problem)"
        case .insecure(let host, let problem): "no secure connection to the server at \(host): \(problem)"
        case .downloadTooLarge(let address, let limit):
            "\(address): larger than \(limit) MiB, the limit for kernel packages"
        case .registryFailed(let reference, let problem): "cannot download \(reference): \(problem)"
        case .imageTooLarge(let reference, let limit):
            "\(reference): larger than \(limit) MiB, the limit for container images"
        case .vendorKeysMissing(let folder, let package): "no vendor keys in \(folder); install \(package)"
        case .badSignature(let file, let problem):
            "\(file) does not match its signature or digests, so it was modified or damaged: \(problem)"
        case .inDownload(let error, let file, let source): "\(error)".replacing(file.string, with: source)
        case .lockedVersionGone(let id, let locked, let suite, let nearest):
            "\(suite) no longer has the locked \(locked)"
                + (nearest.map { "; the nearest is \($0): lock it with 'compat-matrix kernels refresh \(id)'" } ?? "")
        case .differsFromLock(let id, let what, let locked, let found):
            "the \(what) has SHA-256 \(found), but \(locked) is locked; it was discarded; "
                + "to accept it, run 'compat-matrix kernels refresh \(id)'"
        case .idTaken(let id, let file):
            "\(id) already exists as \(file); choose another id with --id, or remove it first"
        case .idUnguessable(let file, let release):
            "\(file): cannot derive an id from its release '\(release)'; set one with --id, such as local-6.1"
        case .unknownID(let id): "unknown kernel \(id); list the kernels with 'compat-matrix kernels list'"
        }
    }
}

extension KernelStoreError {
    /// The file that was read and has the wrong content.
    var file: FilePath? {
        switch self {
        case .unreadable(let file, _), .notAKernel(let file, _), .unbootable(let file, _), .cutShort(let file, _, _),
            .damagedPackage(let file, _), .invalidContainer(let file, _), .noKernelInPackage(let file),
            .noKernelInImage(let file), .noModules(let file), .tooLarge(let file, _), .idUnguessable(let file, _):
            file
        default: nil
        }
    }

    /// Whether a partial download is worth keeping for the next attempt.
    var leavesDownload: Bool {
        switch self {
        case .unreachable, .stalled, .brokenOff, .insecure, .cancelled: true
        case .answered(_, let status): status >= 500
        default: false
        }
    }

    /// Whether the user can fix the reason on this machine, so that an immediate retry makes sense.
    var isMendedHere: Bool {
        switch self {
        case .toolMissing, .toolFailed, .keyringMissing, .vendorKeysMissing, .mirrorUnknown, .unreadable, .unwritable,
            .invalidLock, .differsFromLock, .lockedVersionGone:
            true
        case .inDownload(let error, _, _): error.isMendedHere
        default: false
        }
    }
}
