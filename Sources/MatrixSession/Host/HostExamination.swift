import Foundation
import GuestImage
import HostTools
import KernelStore
import Loaders
import Machine
import Manifests
import MatrixModel
import ProbeObject
import QEMUBackend
import SystemPackage

/// The checks of `doctor`; they repair nothing and access no network.
package struct HostExamination: Sendable {
    private let workspace: Workspace

    package init(workspace: Workspace) { self.workspace = workspace }

    /// In the order in which they are printed.
    package static let checks = [machine, confinement, compiler, guestTools, kernels, folders, space, clock]

    private var searchPath: String { ProcessInfo.processInfo.environment["PATH"] ?? "" }

    package func machine() async throws -> [HostFinding] {
        let qemu: QEMU
        do {
            qemu = try await QEMU.locate(searchPath: searchPath, cache: workspace.cache)
        } catch let error as MachineError {
            return [.obstacle("\(error)")]
        }
        let name = "QEMU \(qemu.version) (\(qemu.path))"
        let accelerator = try await accelerator(of: qemu)
        guard let best = accelerator.best else { return [.good(name), accelerator.finding] }
        do {
            try qemu.check(for: best)
        } catch {
            return [.obstacle("\(error)"), accelerator.finding]
        }
        let start: HostFinding =
            qemu.canRestore
            ? .good("\(name), with warm starts")
            : .worthKnowing("\(name), without warm starts: install QEMU \(QEMU.oldestForWarmStarts.major).0 or newer")
        return [start, accelerator.finding]
    }

    /// Runs a guest of a few bytes with each accelerator, because the existence of /dev/kvm proves little.
    private func accelerator(of qemu: QEMU) async throws -> (best: Accelerator?, finding: HostFinding) {
        let kvm: String
        switch (access("/dev/kvm", F_OK) == 0, access("/dev/kvm", R_OK | W_OK) == 0) {
        case (false, _): kvm = "/dev/kvm does not exist"
        case (true, false): kvm = "no permission to open /dev/kvm"
        case (true, true):
            if try await runs(.kvm, qemu) { return (.kvm, .good("accelerator: kvm runs a guest")) }
            kvm = "/dev/kvm exists, but cannot run a guest"
        }
        guard try await runs(.tcg, qemu) else {
            return (nil, .obstacle("accelerator: \(qemu.path) cannot run a guest, not even with tcg; reinstall QEMU"))
        }
        return (.tcg, .good("accelerator: tcg runs a guest (\(kvm))"))
    }

    private func runs(_ accelerator: Accelerator, _ qemu: QEMU) async throws -> Bool {
        // Only kvm is known to hang; tcg may be slow on a busy host.
        let limit: Duration = accelerator == .kvm ? .seconds(2) : .seconds(20)
        do {
            return try await Accelerator.runsGuest(accelerator, qemu: qemu, within: limit)
        } catch is MachineError {
            return false
        }
    }

    /// Whether a guest that escapes from its machine is confined.
    package func confinement() async throws -> [HostFinding] {
        guard let landlock = QEMU.landlockVersion else {
            return [
                .worthKnowing(
                    "QEMU cannot be confined: this kernel has no Landlock (since 5.13), or it is not in the list of "
                        + "'lsm='; a guest that escapes could change your files")
            ]
        }
        return [.good("QEMU is confined with Landlock (version \(landlock))")]
    }

    package func compiler() async throws -> [HostFinding] {
        do {
            return [.good("a clang with the bpf target (\(try await ProbeCompiler.find().clang))")]
        } catch let error as ProbeObjectError {
            return [.obstacle("\(error)")]
        }
    }

    package func guestTools() async throws -> [HostFinding] {
        do {
            _ = try await GuestImage.forGuests(tools: workspace.guestTools).initramfs(in: workspace.cache)
            return [.good("the guest's agent and loaders (\(workspace.guestTools))")]
        } catch {
            return [.obstacle("\(error)")]
        }
    }

    /// Fetched kernels need no archive.
    package func kernels() async throws -> [HostFinding] {
        let store = KernelStore(workspace)
        let missing: [KernelManifest]
        let count: Int
        do {
            let all = try store.catalogue()
            count = all.count
            missing = try all.filter { try store.image(of: $0) == nil }
        } catch let error where error is ManifestError || error is KernelStoreError {
            return [.obstacle("\(error)")]
        }
        let fetched = "\(count - missing.count) of \(count) kernels fetched"
        guard !missing.isEmpty else {
            return [count > 0 ? .good(fetched) : .obstacle("no kernels: add one with 'compat-matrix kernels add FILE'")]
        }
        let obstacles = await store.obstacles(to: missing)
        let weigh = missing.count == count && !obstacles.isEmpty ? HostFinding.obstacle : HostFinding.worthKnowing
        return [.worthKnowing("\(fetched); fetch the others with 'compat-matrix kernels fetch'")]
            + obstacles.map { weigh("\($0)") }
    }

    /// Whether the folders that runs write to belong to this user.
    package func folders() async throws -> [HostFinding] {
        let cache = workspace.cache
        return [cache, workspace.results].compactMap { folder -> HostFinding? in
            guard let owner = (try? Stat(folder))?.userID.rawValue else { return nil }
            guard access(folder.string, W_OK | X_OK) == 0 else {
                return .obstacle(
                    "\(folder) cannot be written by this user: it belongs to the user with id \(owner); make it yours with "
                        + "'chown -R', or run compat-matrix as that user")
            }
            guard folder == cache, !PrivateFolder.isOurs(folder) else { return nil }
            return .worthKnowing(
                "other users can change \(folder), so its snapshots are not used; make it yours with 'chown' and "
                    + "'chmod go-w'")
        }
    }

    /// Detects a clock that went back, as on machines without a battery.
    package func clock() async throws -> [HostFinding] {
        let (now, built) = (Date().timeIntervalSince1970, try? Stat("/proc/self/exe").st_mtim.tv_sec)
        guard let built, now < Double(built) - 3600 else { return [] }
        return [
            .worthKnowing(
                "the clock is wrong: \(Date().formatted(.iso8601)) is before this program was built; certificates, "
                    + "'expires' dates and the order of runs depend on it")
        ]
    }

    /// Six kernels with their packages and snapshots take 0.6 GB; a run stores a few MB.
    package func space() async throws -> [HostFinding] {
        let temporary = FilePath(ProcessInfo.processInfo.environment["TMPDIR"] ?? "/tmp")
        return try [
            ("kernels and snapshots", workspace.cache, 1 << 30, "free some with 'compat-matrix clean'"),
            ("results", workspace.results, 64 << 20, "free some with 'compat-matrix runs prune --keep N'"),
            ("compiler output", temporary, 16 << 20, "set TMPDIR to a folder with more"),
        ].map { use, folder, wanted, advice in
            let free = try FreeSpace.bytes(at: folder)
            let text = "\(ByteSize(bytes: free)) free for \(use) (\(folder))"
            return free >= wanted
                ? .good(text) : .worthKnowing("\(text), \(ByteSize(bytes: wanted)) recommended; \(advice)")
        }
    }
}
