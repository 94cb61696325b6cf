package import MatrixModel
package import MatrixRunner

/// A loader of a run.
package struct Loader: Sendable, Hashable {
    package enum State: Sendable, Hashable {
        /// `library` and `version` are from its `--version`; `nil` for a loader without a library.
        case available(PlannedFile, library: String?, version: String?)
        /// It was not built, or does not run on this machine; `reason` tells how to install it.
        case missing(reason: String)
    }

    package var name: String
    package var state: State
    /// Whether the image of the run's guests has it; a user's own comes with the cells that want it.
    package var isInGuestImage: Bool
    /// Whether it declares that it can be resident; for loaders in the image this is not needed.
    package var canStay: Bool

    package init(name: String, state: State, isInGuestImage: Bool, canStay: Bool = false) {
        self.name = name
        self.state = state
        self.isInGuestImage = isInGuestImage
        self.canStay = canStay
    }

    /// What has to go into a guest for it.
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
    /// Of those that have to be in the image of the run's guests.
    package var namesInGuestImage: [String] { filter(\.comesInGuestImage).map(\.name) }
}
