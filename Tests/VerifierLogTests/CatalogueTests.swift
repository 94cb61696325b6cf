import MatrixModel
import Testing

@testable import VerifierLog

@Suite struct CatalogueTests {
    static let examples = Catalogue.bundled.entries.compactMap { entry in entry.example.map { (entry.id, $0) } }

    @Test(arguments: examples)
    func matchesItsOwnExample(id: String, example: String) {
        #expect(Catalogue.bundled.entry(matching: example)?.id == id)
    }

    @Test func everyEntryCanBeReached() {
        for entry in Catalogue.bundled.entries {
            #expect((entry.example == nil) == (entry.pattern == nil), "\(entry.id)")
            let errnos = entry.errnos + entry.attachErrnos + entry.fireErrnos
            #expect(entry.pattern != nil || !errnos.isEmpty || entry.narrowing != nil, "\(entry.id)")
        }
    }

    @Test func patternsAreRegularExpressions() throws {
        for entry in Catalogue.bundled.entries { try entry.pattern?.check() }
    }

    /// A pattern without a literal that the index can use is run on every line: three of them once took three quarters of
    /// the time.
    @Test func patternsAreFoundByTheirLiterals() {
        for entry in Catalogue.bundled.entries {
            guard let pattern = entry.pattern else { continue }
            #expect(!pattern.literals.isEmpty && pattern.literals.allSatisfy { $0.count >= 3 }, "\(entry.id)")
        }
    }

    @Test func idsAndErrnosAreUnique() {
        let ids = Catalogue.bundled.entries.map(\.id)
        #expect(Set(ids).count == ids.count)
        #expect(!ids.contains(Catalogue.unknown))
        for stage in [Stage.load, .attach, .fire] {
            let errnos = Catalogue.bundled.entries.flatMap { $0.errnos(at: stage) }
            #expect(Set(errnos).count == errnos.count, "\(stage)")
        }
        let ofMaps = Catalogue.bundled.entries.flatMap(\.mapErrnos)
        #expect(Set(ofMaps).count == ofMaps.count)
    }

    @Test func entriesNameExistingFiles() throws {
        for entry in Catalogue.bundled.entries {
            for id in entry.with.flatMap({ [$0.key, $0.value] }) {
                #expect(Catalogue.bundled[id: id] != nil, "\(entry.id): \(id)")
            }
            guard let reference = entry.feature else { continue }
            if let name = reference.name {
                #expect(FeatureTable.bundled.feature(reference.kind, named: name) != nil, "\(entry.id): \(name)")
            } else {
                let example = try #require(entry.example)
                let group = try #require(reference.group, "\(entry.id)")
                #expect(entry.pattern?.capture(group, in: example) != nil, "\(entry.id): \(group)")
            }
        }
    }

    @Test func adviceIsOneSentence() {
        for entry in Catalogue.bundled.entries {
            #expect(entry.advice.hasSuffix("."), "\(entry.id)")
            #expect(entry.advice.count <= 200, "\(entry.id)")
            #expect(!entry.advice.dropLast().contains(". "), "\(entry.id)")
            #expect(entry.advice.first?.isUppercase == true, "\(entry.id)")
        }
    }

    @Test(arguments: [
        ("*(R11-8) min value is negative, either use unsigned or 'var &= const'", "size-negative"),
        ("R1 max value is outside of the array range", "idx-max"),
        ("invalid stack type R1 off=-520 access_size=8", "stack-oob.limit"),
        ("program of this type cannot use helper bpf_probe_read_user#112", "helper-not-allowed"),
        ("unknown func bpf_probe_read_user#112", "helper-not-allowed"),
        ("invalid func unknown#195896080", "core-relo"),
        ("verifier internal error: stack slot", "verifier-bug"),
        ("BPF_LD_[ABS|IND] uses reserved fields", "reserved-fields"),
        ("cannot call kernel function from non-GPL compatible program", "gpl"),
        ("struct task_struct doesn't have field at offset 4", "btf-access"),
        ("access beyond the end of member comm (mend:3016) in struct task_struct with off 3010 size 8", "btf-access"),
        ("R2 memory, len pair leads to invalid memory access", "kfunc-mem-len"),
        ("arg#0 expected pointer to ctx, but got fp", "kfunc-arg-type"),
        ("JIT is required for calling kernel function", "needs-jit"),
        ("The function do_work return type STRUCT big is unsupported.", "trampoline-signature"),
        ("arg1 in fill() is PTR while watch() has INT", "extension"),
        ("bpf_spin_lock cannot be accessed directly by load/store", "special-offset"),
        ("Global function fill() doesn't return scalar. Only those are supported.", "global-function"),
        ("libbpf: prog 'watch': failed to attach to tcx: Device or resource busy", "attach-busy"),
        ("Attaching fexit/fsession/fmod_ret to __noreturn function 'do_exit' is rejected.", "noreturn"),
    ])
    func knowsTheOtherWordings(line: String, id: String) {
        #expect(Catalogue.bundled.entry(matching: line)?.id == id)
    }

    @Test(arguments: ["", "R5 is a fine register", "processed 15 insns (limit 1000000)"])
    func otherTextMatchesNothing(line: String) {
        #expect(Catalogue.bundled.entry(matching: line) == nil)
    }
}
