package import MatrixModel

extension ExceptionRow {
    /// What there is to say of the rule, in one sentence for people; `nil` for one that is in use or was not tested.
    package var notice: String? {
        switch state {
        case .used, .untested: nil
        case .expired:
            "expired exception, held until \(expires ?? "-"): \(subject)" + (reason.map { ": \($0)" } ?? "")
                + (cells == 1 ? " (1 cell)" : " (\(cells) cells)")
        case .unneeded: "unneeded exception, it excuses nothing: \(subject)" + (reason.map { ": \($0)" } ?? "")
        }
    }

    /// As in `fail of readline/wide, plain on <5.12`.
    private var subject: String {
        let of = variants == "*" ? probe : "\(probe)/\(variants)"
        return "\(verdict?.rawValue ?? "any") of \(of)" + (kernels == "*" ? "" : " on \(kernels)")
            + (loaders == "*" ? "" : " with \(loaders)")
    }
}
