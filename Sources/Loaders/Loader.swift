package import MatrixModel
package import MatrixRunner

/// A loader of a run.
package struct Loader: Sendable, Hashable {
    package enum State: Sendable, Hashable {
        /// `library` and `version` are from its `--version`; `nil` for a loader without a library.
        case available(PlannedFile, library: String?, version: String?)
        /// It was not built, or does not run on this machine; `reason` contains the remedy.
        case missing(reason: String)
    }

    package var name: String
    package var state: State
    /// Whether the guest image contains it; a user's own loader is sent with the cells that need it.
    package var isInGuestImage: Bool
    /// Whether it declares that it can be resident; not needed for loaders in the image.
    package var canStay: Bool

    package init(name: String, state: State, isInGuestImage: Bool, canStay: Bool = false) {
        self.name = name
        self.state = state
        self.isInGuestImage = isInGuestImage
        self.canStay = canStay
    }

    /// The file that has to be sent to a guest for it.
    package var fileForGuests: PlannedFile? {
        if case .available(let file, _, _) = state, !isInGuestImage { file } else { nil }
    }

    /// Whether guests of a run that uses it boot with it.
    fileprivate var comesInGuestImage: Bool { isInGuestImage && obstacle == nil }

    package var obstacle: String? {
        if case .missing(let reason) = state { reason } else { nil }
    }

    package var row: LoaderRow {
        switch state {
        case .available(_, let library, let version):
            LoaderRow(name: name, library: library, version: version, status: .available, reason: nil)
        case .missing(let reason):
            LoaderRow(name: name, library: nil, version: nil, status: .missing, reason: reason)
        }
    }
}

extension Sequence<Loader> {
    /// The names of the loaders that must be part of the guest image.
    package var namesInGuestImage: [String] { filter(\.comesInGuestImage).map(\.name) }
}
