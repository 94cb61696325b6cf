import MatrixModel

/// A run in which every text is hostile: everything that can come from a guest, a loader, a source or another tool's
/// file.
enum HostileRun {
    static let texts = [
        "</script><img src=x onerror=alert(1)>", "]]><injected/>", "\u{1b}[31mred\u{1b}]0;title\u{7}", "nul\0nul",
        "a | b \\| c \\", "`code` ``more`` *bold* _under_ ~~gone~~", "line\nbreak\r\nand\ttab",
        "=cmd|' /C calc'!A0", "+1", "-2", "@SUM(A1)", " =1+1", "\u{FF1D}1", "a,b;\"quoted\" 'single'",
        "@octocat #123 https://example.org/x www.example.org :tada: [link](javascript:x) <http://x>",
        "%0A::error::injected", "::error title=x::injected", "{0} {name} }}", "\u{202E}gnp.exe\u{2066}",
        "\u{2028}\u{FEFF}\u{FFFE}\u{FFFF}", "&amp; &lt; &#60;", "- [ ] task", "# heading", "$math$", "é 漢 🧪",
        String(repeating: "long ", count: 40_000), "",
    ]

    /// One kernel and one cell for each text, each in every place where a text can be.
    static func document(_ texts: [String] = texts, verdict: Verdict = .fail, asExpected: Bool = false)
        -> MatrixDocument
    {
        MatrixDocument(
            run: RunInfo(
                id: "20261122T100000Z-1a2b", startedAt: "2026-11-22T10:00:00Z", durationSeconds: 1, tool: "0.1.0",
                host: HostInfo(qemu: nil, accelerator: nil, cpus: 2)),
            kernels: texts.map { text in
                KernelRow(
                    id: text, release: text, family: text, btf: true, start: .warm, readySeconds: 1,
                    status: verdict == .notMeasured ? .notMeasured : .measured, reason: text)
            },
            cells: texts.enumerated().map { cell($1, number: $0, verdict, asExpected) })
    }

    private static func cell(_ text: String, number: Int, _ verdict: Verdict, _ asExpected: Bool) -> CellResult {
        let cause = Cause(
            id: text.isEmpty ? "empty" : text, category: text, line: text, source: text, advice: text, since: text,
            location: CodeLocation(file: text.isEmpty ? "empty.c" : text, line: number))
        let program = ProgramResult(
            name: text, type: text, verdict: verdict, stage: .load, errno: 13, cause: cause, log: "logs/\(number).txt",
            logComplete: true, stats: ProgramStatistics(instructions: number, stackDepth: text),
            explanation: Explanation(reason: text, at: text, path: [text], suggestion: text, facts: [text]))
        return CellResult(
            key: CellKey(kernel: text, probe: text, variant: "v\(number)\(text)", loader: text), verdict: verdict,
            stage: .load, expected: asExpected ? verdict : .pass, asExpected: asExpected, cached: false, event: text,
            reason: text, console: "logs/\(number).txt", programs: [program])
    }

    /// An expired rule and one that excuses nothing, of every text.
    static func exceptions(_ text: String) -> [ExceptionRow] {
        [ExceptionRow.State.expired, .unneeded, .used].map { state in
            ExceptionRow(
                probe: text, file: text, line: 3, variants: text, kernels: text, verdict: .fail, reason: text,
                expires: text, state: state, cells: 2)
        }
    }

    /// The log of `logs/<number>.txt`.
    static func log(_ name: String) -> LogEnds? {
        let number = Int(name.dropFirst("logs/".count).prefix { $0.isNumber })
        return number.flatMap { texts.indices.contains($0) ? LogEnds("first\n\(texts[$0])\nlast\n") : nil }
    }

    static let empty = MatrixDocument(
        run: RunInfo(
            id: "20261122T100000Z-1a2b", startedAt: "2026-11-22T10:00:00Z", durationSeconds: 0, tool: "0.1.0",
            host: HostInfo(qemu: nil, accelerator: nil, cpus: 2)), kernels: [], cells: [])

    /// 100 kernels, 100 variants, a tenth of which fail unexpectedly with long texts.
    static func large(kernels: Int = 100, variants: Int = 100) -> MatrixDocument {
        var document = empty
        document.kernels = (0..<kernels).map { number in
            KernelRow(
                id: "kernel-\(number).0", release: "\(number).0", family: "kernel", btf: true, start: .warm,
                readySeconds: 1, status: .measured, reason: nil)
        }
        for kernel in document.kernels {
            for number in 0..<variants {
                let fails = number % 10 == 0
                let line = "R\(number) min value is negative " + String(repeating: "x", count: 300)
                let cause = Cause(
                    id: "size-negative", category: "Memory", line: line, source: "f();", advice: "Clamp it.",
                    since: nil, location: CodeLocation(file: "probes/p/v\(number).c", line: 7))
                let program = ProgramResult(
                    name: "watch", type: "kprobe", verdict: fails ? .fail : .pass, stage: .load, errno: fails ? 13 : 0,
                    cause: fails ? cause : nil, log: "logs/0.txt", logComplete: true, stats: nil)
                document.cells.append(
                    CellResult(
                        key: CellKey(
                            kernel: kernel.id, probe: "p\(number / 10)", variant: "v\(number)", loader: "libbpf"),
                        verdict: fails ? .fail : .pass, stage: .load, expected: .pass, asExpected: !fails,
                        cached: false,
                        reason: nil, console: nil, programs: [program]))
            }
        }
        return document
    }
}
