import MatrixModel
import Reports
import Testing

@Suite struct TerminalTableTests {
    @Test func drawsAWholeRun() {
        #expect(TerminalTable.render(SampleRun().document, style: .plain, width: nil) == Self.wholeRun)
    }

    @Test func splitsIntoBlocksAndNamesLoaders() {
        #expect(TerminalTable.render(Self.twoLoaders, style: .plain, width: 50) == Self.blocks)
    }

    @Test(arguments: [60, 80, 100, 132]) func staysWithinTheTerminal(width: Int) {
        let table = TerminalTable.render(SampleRun().document, style: .plain, width: width)
        // The count at the end is prose that a terminal may wrap.
        for line in table.split(separator: "\n").dropLast() { #expect(line.count <= width, "\(line)") }
    }

    @Test func coloursNeverChangeTheText() {
        let document = SampleRun().document
        let coloured = TerminalTable.render(document, style: .colour, width: 100)
        #expect(coloured.contains("\u{1b}[1;31m✗ fail ≠\u{1b}[0m"))
        #expect(
            coloured.replacing(/\u{1b}\[[0-9;]*m/, with: "")
                == TerminalTable.render(document, style: .plain, width: 100))
    }

    @Test func terminalNeverObeysALog() throws {
        var document = SampleRun().document
        let place = try #require(document.cells.firstIndex { $0.programs.first?.cause != nil })
        document.cells[place].programs[0].cause?.line = "\u{1b}]0;owned\u{7}\rover\u{202e}txt\nnext"
        document.kernels[4].reason = nil
        let table = TerminalTable.render(document, style: .plain, width: nil)
        #expect(table.contains(#"\u{1b}]0;owned\u{7} over\u{202e}txt next"#))
        #expect(!table.unicodeScalars.contains { $0.properties.generalCategory == .control && $0 != "\n" })
    }

    @Test func unneededExceptionsAreReported() {
        var document = SampleRun().document
        let row = { (line: Int, verdict: Verdict?, variants: String, kernels: String, state: ExceptionRow.State) in
            ExceptionRow(
                probe: "events", file: "events/probe.yaml", line: line, variants: variants, kernels: kernels,
                verdict: verdict, reason: line == 9 ? nil : "Too\u{1b}[1m old.", expires: "2026-10-01", state: state,
                cells: line == 12 ? 1 : 2)
        }
        document.exceptions = [
            row(9, .fail, "ringbuf", "<5.8", .expired), row(12, .crash, "*", "*", .expired),
            row(15, .fail, "*", "el7-*", .used), row(18, nil, "*", "el7-*", .unneeded),
            row(21, .fail, "*", "*", .untested),
        ]
        let table = TerminalTable.render(document, style: .plain, width: nil)
        #expect(
            table.contains(
                #"""

                exceptions
                  ! events/probe.yaml:9  expired exception (until 2026-10-01): fail of events/ringbuf on <5.8 (2 cells)
                  ! events/probe.yaml:12  expired exception (until 2026-10-01): crash of events: Too\u{1b}[1m old. (1 cell)
                  ! events/probe.yaml:18  unneeded exception: any of events on el7-*: Too\u{1b}[1m old.


                """#), "\(table)")
    }

    @Test func reportsThatNothingWasMeasured() {
        var document = SampleRun().document
        document.cells.removeAll { $0.kernel != "debian-6.18" }
        document.kernels.removeAll { $0.id != "debian-6.18" }
        let table = TerminalTable.render(document, style: .plain, width: nil)
        #expect(table.hasSuffix("19 cells · 19 not measured · 4.2 s\n"))
        #expect(!table.contains("as expected"))
    }

    static var twoLoaders: MatrixDocument {
        var document = SampleRun().document
        document.kernels = ["ubuntu-5.4", "debian-5.10", "debian-6.1", "el9-5.14"].map { id in
            KernelRow(
                id: id, release: nil, family: String(id.prefix { $0 != "-" }), btf: nil, start: nil, readySeconds: nil,
                status: .measured, reason: nil)
        }
        document.cells = document.kernels.flatMap { kernel in
            ["aya", "libbpf"].map { loader in
                let verdict: Verdict = loader == "aya" ? .fail : .pass
                let program = ProgramResult(
                    name: "p", type: "kprobe", verdict: verdict, stage: .load, errno: 13,
                    cause: verdict == .fail ? SampleFailure.sizeNegative.cause : nil, log: nil, logComplete: true,
                    stats: nil)
                return CellResult(
                    key: CellKey(kernel: kernel.id, probe: "readline", variant: "percpu", loader: loader),
                    verdict: verdict, stage: .load, expected: .pass, asExpected: verdict == .pass, cached: false,
                    reason: nil, console: nil, programs: [program])
            }
        }
        return document
    }

    private static let blocks = """
                           ubuntu    debian    debian
                           5.4       5.10      6.1
        readline
          percpu (aya)     ✗ fail ≠  ✗ fail ≠  ✗ fail ≠
          percpu (libbpf)  ✓ pass    ✓ pass    ✓ pass

                           el9
                           5.14
        readline
          percpu (aya)     ✗ fail ≠
          percpu (libbpf)  ✓ pass

        ≠ not as expected
          ✗ readline/percpu (aya)  every kernel
              size-negative: R5 min value is negative, ei…

        8 cells: 4 pass, 4 fail · 4 not as expected · 4.2 s

        """

    private static let wholeRun = """
                                   ubuntu  debian  debian    debian       debian  debian
                                   5.4     5.10    6.1       6.12         6.18    7.3
        readline
          fixed-buffer             ✓ pass  ✓ pass  ✓ pass    ✓ pass       · n/m   ✓ pass
          percpu-buffer            ✗ fail  ✓ pass  ✓ pass    ✓ pass       · n/m   ✓ pass
          percpu-buffer-v3         ✓ pass  ✓ pass  ✓ pass    ✓ pass       · n/m   ✓ pass
          percpu-buffer-unchecked  ✗ fail  ✗ fail  ✗ fail    ✗ fail       · n/m   ✗ fail
          percpu-buffer-masked     ✓ pass  ✓ pass  ✓ pass    ✓ pass       · n/m   ✓ pass
        drop-nul
          compare                  ✗ fail  ✗ fail  ✗ fail    ✓ pass       · n/m   ✓ pass
          masked                   ✓ pass  ✓ pass  ✓ pass    ✓ pass       · n/m   ✓ pass
        task-state
          state                    ✓ pass  ✓ pass  ✗ fail    ✗ fail       · n/m   ✗ fail
          either-name              ✓ pass  ✓ pass  ✓ pass ≠  ✓ pass       · n/m   ✓ pass
        signal-sent
          unchecked                ✗ fail  ✓ pass  ✓ pass    ✗ fail ≠     · n/m   ✗ fail ≠
          checked                  ✗ fail  ✓ pass  ✓ pass    ✓ pass       · n/m   ✓ pass
        events
          ringbuf                  ✗ fail  ✓ pass  ✓ pass    ✓ pass       · n/m   ✓ pass
          perf-buffer              ✓ pass  ✓ pass  ✓ pass    ✓ pass       · n/m   ✓ pass
        path-walk
          bpf-loop                 ✗ fail  ✗ fail  ✓ pass    ✓ pass       · n/m   ✓ pass
          bounded                  ✓ pass  ✓ pass  ✓ pass    ✓ pass       · n/m   ✓ pass
          unrolled                 ✓ pass  ✓ pass  ✓ pass    ◷ timeout ≠  · n/m   ✓ pass
          tail-call-in-loop        ✗ fail  ✗ fail  ✓ pass    ✓ pass       · n/m   ! crash ≠
        match-name
          strncasecmp              ✗ fail  ✗ fail  ✗ fail    ✗ fail       · n/m   ✓ pass
          by-hand                  ✓ pass  ✓ pass  ✓ pass    ✓ pass       · n/m   ✓ pass

        ≠ not as expected
          ✓ task-state/either-name       debian-6.1               passes, but fail was expected
          ✗ signal-sent/unchecked        debian-6.12, debian-7.3  trusted-null: R1 invalid mem access 'trusted_ptr_or_null_'
              → Mask it right before it is used.
          ◷ path-walk/unrolled           debian-6.12              no answer within 20 s
          ! path-walk/tail-call-in-loop  debian-7.3               BUG: kernel NULL pointer dereference, address: 0000000000000048

        failures as expected
          ✗ readline/percpu-buffer            ubuntu-5.4                           size-negative: R5 min value is negative, either use unsigned or 'var &= const'
          ✗ readline/percpu-buffer-unchecked  every measured kernel                size-negative: R5 min value is negative, either use unsigned or 'var &= const'
          ✗ drop-nul/compare                  ubuntu-5.4, debian-5.10, debian-6.1  size-negative: R5 min value is negative, either use unsigned or 'var &= const'
          ✗ task-state/state                  debian-6.1, debian-6.12, debian-7.3  core-field: invalid func unknown#195896080
          ✗ signal-sent/unchecked             ubuntu-5.4                           trusted-null: R1 invalid mem access 'trusted_ptr_or_null_'
          ✗ signal-sent/checked               ubuntu-5.4                           EINVAL: at load: invalid argument
          ✗ events/ringbuf                    ubuntu-5.4                           EINVAL: at maps: invalid argument
          ✗ path-walk/bpf-loop                ubuntu-5.4, debian-5.10              helper-unknown-id: invalid func unknown#181
          ✗ path-walk/tail-call-in-loop       ubuntu-5.4, debian-5.10              helper-unknown-id: invalid func unknown#181
          ✗ match-name/strncasecmp            ubuntu-5.4, debian-5.10…6.12         kfunc-poison: calling invalid kfunc bpf_strncasecmp: not in this kernel's BTF

        little headroom
          ! path-walk/bounded  debian-6.12  4.9 % headroom

        not measured
          · debian-6.18  the guest sent nothing within 60 s, twice (19 cells)

        114 cells: 68 pass, 25 fail, 1 crash, 1 timeout · 68 fired · 19 not measured · 5 not as expected · 14 from the store · 4.2 s

        """
}
