package import MatrixModel

extension ExceptionRow {
    /// A notice about the rule; `nil` for a rule that was used or not tested.
    package var notice: String? {
        switch state {
        case .used, .untested: nil
        case .expired:
            "expired exception (until \(expires ?? "-")): \(subject)" + (reason.map { ": \($0)" } ?? "")
                + (cells == 1 ? " (1 cell)" : " (\(cells) cells)")
        case .unneeded: "unneeded exception: \(subject)" + (reason.map { ": \($0)" } ?? "")
        }
    }

    /// For example `fail of readline/wide, plain on <5.12`.
    private var subject: String {
        let of = variants == "*" ? probe : "\(probe)/\(variants)"
        return "\(verdict?.rawValue ?? "any") of \(of)" + (kernels == "*" ? "" : " on \(kernels)")
            + (loaders == "*" ? "" : " with \(loaders)")
    }
}
