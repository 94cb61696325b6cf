/// The loaders that are part of this project, in the order of the matrix.
package enum ShippedLoader: String, CaseIterable, Sendable {
    case libbpf, aya, cilium, tracefs, exec

    /// Whether it loads objects (as users' own loaders do), rather than a replacement for one.
    package var takesObjects: Bool {
        switch self {
        case .libbpf, .aya, .cilium: true
        case .tracefs, .exec: false
        }
    }

    /// Whether guests contain it even in runs that do not use it.
    ///
    /// libbpf's loader also examines kernels; those of tracefs and exec are small. The others are megabytes in size,
    /// and take time to warm up before a snapshot.
    package var isInEveryGuest: Bool {
        switch self {
        case .libbpf, .tracefs, .exec: true
        case .aya, .cilium: false
        }
    }

    /// The command that provides it if it was not built.
    package var remedy: String {
        switch self {
        case .libbpf, .tracefs, .exec: "run 'make guest' in the repository"
        case .aya: "run 'apt-get install rustc-web cargo-web', then 'make guest' in the repository"
        case .cilium:
            "run 'apt-get install golang-go golang-github-cilium-ebpf-dev', then 'make guest' in the repository"
        }
    }
}
