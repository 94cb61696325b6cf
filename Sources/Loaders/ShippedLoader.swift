/// The loaders whose sources are this project's, in the order in which the matrix shows them.
package enum ShippedLoader: String, CaseIterable, Sendable {
    case libbpf, aya, cilium, tracefs, exec

    /// Whether it loads objects, as a user's own loaders do, or a replacement for one.
    package var takesObjects: Bool {
        switch self {
        case .libbpf, .aya, .cilium: true
        case .tracefs, .exec: false
        }
    }

    /// Whether guests have it even in runs that do not use it.
    ///
    /// libbpf's loader also examines kernels; those of tracefs and exec are small. The others are megabytes, and take their time to
    /// warm up before a snapshot.
    package var isInEveryGuest: Bool {
        switch self {
        case .libbpf, .tracefs, .exec: true
        case .aya, .cilium: false
        }
    }

    /// What brings it where it was not built.
    package var remedy: String {
        switch self {
        case .libbpf, .tracefs, .exec: "run 'make guest' in the repository"
        case .aya: "run 'apt-get install rustc-web cargo-web', then 'make guest' in the repository"
        case .cilium:
            "run 'apt-get install golang-go golang-github-cilium-ebpf-dev', then 'make guest' in the repository"
        }
    }
}
