package import Manifests
package import MatrixModel
package import SystemPackage

/// Why a kernel's image could not be had, which says nothing about what the kernel would do.
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

    case mirrorUnknown(AptArchive, variable: String, package: String)
    case keyringMissing(AptArchive, file: FilePath, package: String)
    case suiteUnavailable(AptSuite, problem: String)
    case noSuchPackage(pattern: String, AptSuite)
    case downloadFailed(package: String, AptSuite, problem: String)
    case toolMissing(tool: String, package: String)
    case toolFailed(tool: String, problem: String)
    /// Was tried a few minutes ago; `reason` is what was said then.
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

    /// What is wrong with `file`, our own copy of what lies at `source`, which is what people know it by.
    case inDownload(KernelStoreError, file: FilePath, source: String)

    case lockedVersionGone(KernelID, locked: String, AptSuite, nearest: String?)
    case differsFromLock(KernelID, what: String, locked: String, found: String)

    case idTaken(KernelID, by: FilePath)
    case idUnguessable(file: FilePath, release: String)
    case unknownID(KernelID)

    package var description: String {
        switch self {
        case .unreadable(let file, let errno): "\(file): cannot be read: \(errno)"
        case .unwritable(let file, let errno): "\(file): cannot be written: \(errno)"
        case .invalidLock(let file, let problem):
            "\(file): not a kernel lock: \(problem); restore the file, or delete it and run 'kernels refresh'"
        case .notAKernel(let file, let look):
            "\(file): not a kernel, it looks like \(look.rawValue); a bzImage or vmlinux for x86-64 is one, and a .deb, an"
                + " .rpm or a container image may hold one"
        case .unbootable(let file, let problem): "\(file): not a kernel that could boot: \(problem)"
        case .invalidContainer(let file, let problem): "\(file): not an image to take a kernel from: \(problem)"
        case .noKernelInImage(let file):
            "\(file): the image holds no kernel (boot/vmlinuz* or lib/modules/*/vmlinuz, below any folder)"
        case .noModules(let file):
            "\(file): no modules can come from it; a package, or a folder like lib/modules/<release>, may hold some"
        case .modulesNotHere(let id):
            "the modules of \(id) are not here; 'kernels refresh \(id)' brings them where its archive has them,"
                + " else its manifest names them with 'modules:'"
        case .noSuchModule(let id, let name, let nearest):
            "\(id) has no module \(name)" + (nearest.isEmpty ? "" : "; near it are \(nearest.joined(separator: ", "))")
        case .damagedModule(let id, let name): "\(id)'s module \(name) is no x86-64 module, or is cut short"
        case .moduleFolderGone(let id, let folder): "\(folder): the modules of \(id) were there and are no more"
        case .cutShort(let file, let expected, let found):
            "\(file): cut short: \(found) bytes, at least \(expected) expected; download it again"
        case .damagedPackage(let file, let problem): "\(file): a damaged package: \(problem); download it again"
        case .noKernelInPackage(let file):
            "\(file): the package holds no kernel (boot/vmlinuz-* or lib/modules/*/vmlinuz)"
        case .noConfig(let package): "neither \(package) nor a package that comes with it holds the kernel's config"
        case .notAConfig(let file, let look):
            "\(file): neither a kernel's config nor a package that holds one"
                + (look.map { ", it looks like \($0.rawValue)" } ?? "")
        case .tooLarge(let file, let limit): "\(file): holds more than \(limit) MiB, which no kernel package needs"
        case .mirrorUnknown(let archive, let variable, let package):
            "no mirror of the \(archive.rawValue) archive is known here; install \(package) or set \(variable)"
        case .keyringMissing(let archive, let file, let package):
            "\(file): the keyring of the \(archive.rawValue) archive is missing; install \(package)"
        case .suiteUnavailable(let suite, let problem): "the archive of \(suite) cannot be used: \(problem)"
        case .noSuchPackage(let pattern, let suite): "\(suite) has no package \(pattern)"
        case .downloadFailed(let package, let suite, let problem):
            "\(package) of \(suite) could not be downloaded: \(problem)"
        case .toolMissing(let tool, let package): "\(tool) is not installed here; install \(package)"
        case .toolFailed(let tool, let problem): "\(tool) failed: \(problem)"
        case .failedBefore(let id, let reason, let minutes):
            "\(reason) (\(minutes == 0 ? "just now" : "\(minutes) min ago"); 'kernels fetch \(id)' tries again)"
        case .cancelled: "interrupted before it was fetched"
        case .unreachable(let host, let problem): "the server at \(host) could not be reached: \(problem)"
        case .stalled(let host, let seconds):
            "the server at \(host) stalled: next to nothing came for \(seconds) s; the next fetch goes on from there"
        case .brokenOff(let address, let received, let problem):
            "\(address): the connection broke off after \(received) bytes: \(problem)"
        case .answered(let address, let status): "the server at \(address.host) answered \(status) for \(address)"
        case .badRedirect(let address, let problem): "\(address) leads elsewhere than to a file: \(problem)"
        case .insecure(let host, let problem): "no secure connection to the server at \(host): \(problem)"
        case .downloadTooLarge(let address, let limit):
            "\(address): more than \(limit) MiB came, which no kernel package needs"
        case .registryFailed(let reference, let problem): "\(reference) could not be had: \(problem)"
        case .imageTooLarge(let reference, let limit):
            "\(reference): more than \(limit) MiB came, which no image of kernels needs"
        case .vendorKeysMissing(let folder, let package): "\(folder) holds no vendor's keys; install \(package)"
        case .badSignature(let file, let problem):
            "\(file) does not fit its own signature or digests, so it was changed or damaged: \(problem)"
        case .inDownload(let error, let file, let source): "\(error)".replacing(file.string, with: source)
        case .lockedVersionGone(let id, let locked, let suite, let nearest):
            "\(suite) no longer has the locked \(locked)"
                + (nearest.map { ", the nearest is \($0); take it with 'kernels refresh \(id)'" } ?? "")
        case .differsFromLock(let id, let what, let locked, let found):
            "the \(what) has SHA-256 \(found), the lock says \(locked); nothing was kept,"
                + " 'kernels refresh \(id)' accepts it"
        case .idTaken(let id, let file): "\(id) is already \(file); choose another with --id, or remove it first"
        case .idUnguessable(let file, let release):
            "\(file): no id follows from its release '\(release)'; give one with --id, such as local-6.1"
        case .unknownID(let id): "there is no kernel \(id); 'kernels list' shows those there are"
        }
    }
}

extension KernelStoreError {
    /// What was read and is not what it should be.
    var file: FilePath? {
        switch self {
        case .unreadable(let file, _), .notAKernel(let file, _), .unbootable(let file, _), .cutShort(let file, _, _),
            .damagedPackage(let file, _), .invalidContainer(let file, _), .noKernelInPackage(let file),
            .noKernelInImage(let file), .noModules(let file), .tooLarge(let file, _), .idUnguessable(let file, _):
            file
        default: nil
        }
    }

    /// Whether what has come of a download is worth keeping for the next try.
    var leavesDownload: Bool {
        switch self {
        case .unreachable, .stalled, .brokenOff, .insecure, .cancelled: true
        case .answered(_, let status): status >= 500
        default: false
        }
    }

    /// Whether the next try may well go otherwise because of what somebody did here, not because time went by.
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
