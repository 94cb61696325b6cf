import Foundation
import GuestImage
import KernelStore
import Loaders
import Machine
import Manifests
import MatrixModel
import ProbeObject
import QEMUBackend
import SystemPackage

/// What `doctor` checks, without repairing anything and without network access.
package struct HostExamination: Sendable {
    private let workspace: Workspace

    package init(workspace: Workspace) { self.workspace = workspace }

    /// In the order in which they are printed.
    package static let checks = [machine, compiler, guestTools, kernels, space]

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

    /// Lets a guest of a few bytes run with each accelerator: that /dev/kvm is there says little.
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
        // Only kvm is known to hang; tcg may take its time on a busy host.
        let limit: Duration = accelerator == .kvm ? .seconds(2) : .seconds(20)
        do {
            return try await Accelerator.runsGuest(accelerator, qemu: qemu, within: limit)
        } catch is MachineError {
            return false
        }
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

    /// Kernels that are here need no archive.
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

    /// Six kernels with their packages and snapshots take 0.6 GB; a run stores a few MB.
    package func space() async throws -> [HostFinding] {
        try [("kernels and snapshots", workspace.cache, 1 << 30), ("results", workspace.results, 64 << 20)].map {
            use, folder, wanted in
            let free = try FreeSpace.bytes(at: folder)
            let text = "\(ByteSize(bytes: free)) free for \(use) (\(folder))"
            return free >= wanted
                ? .good(text)
                : .worthKnowing(
                    "\(text), \(ByteSize(bytes: wanted)) recommended; free some with 'compat-matrix clean'")
        }
    }
}
