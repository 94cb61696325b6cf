package import MatrixModel

/// Why parts cannot be joined to one run; each case names the parts.
package enum RunMergeError: Error, Equatable, CustomStringConvertible {
    case conflictingCell(CellKey, first: Verdict, firstPart: String, second: Verdict, secondPart: String)
    case conflictingKernel(id: String, first: String, firstPart: String, second: String, secondPart: String)
    case conflictingLoader(name: String, first: String, firstPart: String, second: String, secondPart: String)

    package var description: String {
        switch self {
        case .conflictingCell(let key, let first, let firstPart, let second, let secondPart):
            """
            \(key.kernel) \(key.probe)/\(key.variant) (\(key.loader)) is \(first) in \(firstPart) and \(second) in \
            \(secondPart); they are not shards of one run
            """
        case .conflictingKernel(let id, let first, let firstPart, let second, let secondPart):
            "the kernel \(id) is \(first) in \(firstPart) and \(second) in \(secondPart); they are not shards of one run"
        case .conflictingLoader(let name, let first, let firstPart, let second, let secondPart):
            "the loader \(name) is \(first) in \(firstPart) and \(second) in \(secondPart); they are not shards of one run"
        }
    }
}

/// Joins what shards measured into one run.
package enum RunMerge {
    /// A shard with what people call it: its file.
    package struct Part: Sendable {
        package var name: String
        package var document: MatrixDocument

        package init(name: String, document: MatrixDocument) {
            self.name = name
            self.document = document
        }
    }

    /// Joins the cells of `parts`, which must not be empty, into one run: kernels oldest first, everything else by
    /// name, because no shard knows the order of the plan.
    ///
    /// If several parts contain the same cell, it counts once, and a measured result is preferred. The run began with
    /// the earliest part and lasted as long as the longest. Its id is derived from the ids of the parts, regardless of
    /// their order.
    package static func join(_ parts: [Part]) throws(RunMergeError) -> MatrixDocument {
        guard parts.count > 1 else { return parts[0].document }
        let kernels = try kernels(of: parts)
        let order = KernelOrder(kernels.map(\.id) + parts.flatMap { $0.document.cells.map(\.kernel) })
        let cells = try cells(of: parts).sorted { left, right in
            let kernels = (order[left.kernel], order[right.kernel])
            return kernels.0 == kernels.1
                ? (left.probe, left.variant, left.loader) < (right.probe, right.variant, right.loader)
                : kernels.0 < kernels.1
        }
        return MatrixDocument(
            run: run(of: parts.map(\.document.run)), kernels: kernels, loaders: try loaders(of: parts),
            exceptions: exceptions(of: parts), cells: cells)
    }

    private static func run(of runs: [RunInfo]) -> RunInfo {
        let startedAt = runs.map(\.startedAt).min() ?? ""
        let stamp = startedAt.filter { RunInfo.isID("\($0)") && $0 != "-" }
        // Like the ids of other runs: a time, and a suffix that distinguishes runs of the same second.
        let tail = String(0x1000 | checksum(Set(runs.map(\.id)).sorted().joined(separator: " ")), radix: 16)
        let accelerators = Set(runs.map(\.host.accelerator))
        func joined(_ texts: [String?]) -> String? {
            let known = Set(texts.compactMap(\.self)).sorted()
            return known.isEmpty ? nil : known.joined(separator: ", ")
        }
        return RunInfo(
            id: "\(stamp)-\(tail)", startedAt: startedAt,
            durationSeconds: runs.map(\.durationSeconds).max() ?? 0, tool: joined(runs.map(\.tool)) ?? "",
            host: HostInfo(
                qemu: joined(runs.map(\.host.qemu)),
                accelerator: accelerators.count == 1 ? runs[0].host.accelerator : nil,
                cpus: runs.map(\.host.cpus).max() ?? 0))
    }

    /// FNV-1a, folded to 16 bits.
    private static func checksum(_ text: String) -> UInt16 {
        let hash = text.utf8.reduce(0x811c_9dc5 as UInt32) { ($0 ^ UInt32($1)) &* 0x0100_0193 }
        return UInt16(truncatingIfNeeded: hash >> 16 ^ hash)
    }

    private static func cells(of parts: [Part]) throws(RunMergeError) -> [CellResult] {
        var found: [CellKey: (part: String, cell: CellResult)] = [:]
        for part in parts {
            for cell in part.document.cells {
                guard let (other, known) = found[cell.key] else {
                    found[cell.key] = (part.name, cell)
                    continue
                }
                guard known.isMeasured, cell.isMeasured else {
                    if cell.isMeasured { found[cell.key] = (part.name, cell) }
                    continue
                }
                guard known.verdict == cell.verdict else {
                    throw .conflictingCell(
                        cell.key, first: known.verdict, firstPart: other, second: cell.verdict, secondPart: part.name)
                }
            }
        }
        return found.values.map(\.cell)
    }

    /// Oldest first; a part that measured the kernel takes precedence.
    private static func kernels(of parts: [Part]) throws(RunMergeError) -> [KernelRow] {
        var found: [String: KernelRow] = [:]
        var releases: [String: (part: String, release: String)] = [:]
        for part in parts {
            for row in part.document.kernels {
                if let release = row.release {
                    if let (other, known) = releases[row.id], known != release {
                        throw .conflictingKernel(
                            id: row.id, first: known, firstPart: other, second: release, secondPart: part.name)
                    }
                    releases[row.id] = (part.name, release)
                }
                found[row.id] = found[row.id].map { $0.joined(with: row) } ?? row
            }
        }
        return KernelOrder(found.keys).sorted(found.keys).compactMap { found[$0] }
    }

    /// A rule that one part needed is needed; that a rule is unneeded is unknown, because no part had all cells.
    private static func exceptions(of parts: [Part]) -> [ExceptionRow] {
        var found: [ExceptionRow] = []
        for row in parts.flatMap(\.document.exceptions) {
            guard let place = found.firstIndex(where: { $0.isSameRule(as: row) }) else {
                found.append(row)
                continue
            }
            found[place].cells += row.cells
            if row.state == .used { found[place].state = .used }
            if found[place].state == .unneeded, row.state != .unneeded { found[place].state = row.state }
        }
        return found.sorted { ($0.probe, $0.file, $0.line) < ($1.probe, $1.file, $1.line) }
    }

    private static func loaders(of parts: [Part]) throws(RunMergeError) -> [LoaderRow] {
        var found: [String: (part: String, row: LoaderRow)] = [:]
        for part in parts {
            for row in part.document.loaders {
                guard let (other, known) = found[row.name], known.status == .available else {
                    found[row.name] = (part.name, row)
                    continue
                }
                if row.status == .available, let first = known.version, let second = row.version, first != second {
                    throw .conflictingLoader(
                        name: row.name, first: first, firstPart: other, second: second, secondPart: part.name)
                }
            }
        }
        return found.values.map(\.row).sorted { $0.name < $1.name }
    }
}

extension ExceptionRow {
    fileprivate func isSameRule(as other: ExceptionRow) -> Bool {
        var other = other
        other.state = state
        other.cells = cells
        return self == other
    }
}

extension KernelRow {
    /// Joins two rows about the same kernel: everything known in either, and the longer wait.
    fileprivate func joined(with other: KernelRow) -> KernelRow {
        let isMeasured = status == .measured || other.status == .measured
        return KernelRow(
            id: id, release: release ?? other.release, family: family, btf: btf ?? other.btf,
            externalBTF: externalBTF ?? other.externalBTF, start: start ?? other.start,
            readySeconds: [readySeconds, other.readySeconds].compactMap(\.self).max(),
            status: isMeasured ? .measured : .notMeasured, reason: isMeasured ? nil : reason ?? other.reason)
    }
}
