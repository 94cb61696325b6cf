import Foundation
import SystemPackage
import TestSupport
import Testing

/// Holds the claims of `docs/architecture.md` and `CONTRIBUTING.md` about modules against the sources.
@Suite struct ArchitectureTests {
    /// A row of the table of modules.
    private struct Row {
        var name: String
        /// The C modules that only this one imports.
        var own: Set<String>
        var imports: Set<String>
    }

    private static func text(_ file: String) throws -> String {
        try String(contentsOfFile: SourceTree.root.pushing(FilePath(file)).string, encoding: .utf8)
    }

    private static func rows() throws -> [Row] {
        let section = try #require(try text("docs/architecture.md").split(separator: "\n## Modules\n").last)
        let lines = section.split(separator: "\n").drop { !$0.hasPrefix("| ---") }.dropFirst()
        return try lines.prefix { $0.hasPrefix("|") }.map { line in
            let columns = line.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
            try #require(columns.count == 3, "\(line)")
            let names = columns[0].matches(of: /`(\w+)`/).map { String($0.1) }
            let imports = columns[2] == "nothing" ? [] : columns[2].split(separator: ", ").map(String.init)
            return Row(name: try #require(names.first), own: Set(names.dropFirst()), imports: Set(imports))
        }
    }

    /// What each target of `Sources` declares in `Package.swift`, without other packages.
    private static func declared() throws -> [String: Set<String>] {
        try declarations().mapValues { Set($0.matches(of: /"(\w+)"/).map { String($0.1) }) }
    }

    /// The lists of dependencies as they are written there.
    private static func declarations() throws -> [String: Substring] {
        let targets = try text("Package.swift").matches(
            of: /(?:module|\.target|\.systemLibrary)\(\s*(?:name: )?"(\w+)"(?:,\s*(?:dependencies: )?\[([^\]]*)\])?/)
        let tests = try names(in: SourceTree.root.appending("Tests"))
        return targets.reduce(into: [:]) { declared, target in
            let name = String(target.1)
            guard !tests.contains(name) else { return }
            declared[name] = target.2 ?? ""
        }
    }

    /// The graph without the arrows that follow from others.
    private static func reduced(_ graph: [String: Set<String>]) -> [String: Set<String>] {
        func below(_ name: String) -> Set<String> {
            (graph[name] ?? []).reduce(into: []) { $0.formUnion(below($1).union([$1])) }
        }
        return graph.mapValues { direct in
            direct.filter { name in !direct.contains { $0 != name && below($0).contains(name) } }
        }
    }

    @Test func theTableShowsTheGraphOfThePackage() throws {
        let rows = try Self.rows()
        let graph = Self.reduced(try Self.declared())
        for row in rows {
            let declared = try #require(graph[row.name], "Package.swift has no \(row.name)")
            #expect(row.imports.union(row.own) == declared, "\(row.name)")
        }
        let listed = rows.reduce(into: Set<String>()) { $0.formUnion($1.own.union([$1.name])) }
        #expect(listed == Set(graph.keys))
    }

    /// The compiler accepts an import of any module that a dependency brings along.
    @Test func whatAModuleImportsIsDeclared() throws {
        let declarations = try Self.declarations()
        let products = try Self.text("Package.swift").matches(
            of: /let (\w+): Target.Dependency = \.product\(name: "(\w+)"/)
        let variables = Dictionary(uniqueKeysWithValues: products.map { (String($0.2), String($0.1)) })
        for (module, dependencies) in declarations {
            let folder = SourceTree.root.appending("Sources").appending(module)
            for file in try everything(below: folder) where file.hasSuffix(".swift") {
                let text = try String(contentsOfFile: folder.pushing(FilePath(file)).string, encoding: .utf8)
                for line in text.matches(of: /(?m)^(?:\w+ )*import (?:\w+ )?(\w+)/) {
                    let name = String(line.1)
                    let spelling = declarations[name] == nil ? variables[name] : "\"\(name)\""
                    #expect(spelling.map { dependencies.contains($0) } ?? true, "\(module)/\(file): \(name)")
                }
            }
        }
    }

    @Test func aModuleImportsOnlyModulesAboveIt() throws {
        var above: Set<String> = []
        for row in try Self.rows() {
            #expect(row.imports.isSubset(of: above), "\(row.name)")
            above.formUnion(row.own.union([row.name]))
        }
    }

    /// Calls that open a file, list a folder or start a process, here or in a library.
    private static let opening = [
        "FileDescriptor.open", "FileManager.", "contentsOfFile:", "Data(contentsOf:", "AtomicFile.", "FileLock(",
        "TemporaryFolder.", "Stat(", " stat(", " open(", " fopen(", " opendir(", " access(", " mkdir(", " unlink(",
        " rename(", "memfd_create(", "inotify_", "ToolRunner(", "Subprocess.run", "cmx_spawn(", "QEMUProcess(",
        "DatabasePool(", "DatabaseQueue(", "archive_read_open_file", "archive_write_open_file", "elf_begin", "gzopen",
    ].map { Data($0.utf8) }

    @Test func onlyTheListedModulesOpenFilesOrStartProcesses() throws {
        let page = try Self.text("docs/architecture.md").replacing("\n", with: " ")
        let claim = try #require(
            page.firstMatch(of: /Only ([^.]*) open files or start processes\. ([^.]*) reads the files/))
        let names = { (text: Substring) in Set(text.matches(of: /`(\w+)`/).map { String($0.1) }) }
        let sources = SourceTree.root.appending("Sources")
        var opening: Set<String> = []
        for name in try everything(below: sources) where name.hasSuffix(".swift") {
            let code = try String(contentsOfFile: sources.pushing(FilePath(name)).string, encoding: .utf8)
            let lines = code.split(separator: "\n").filter { !$0.drop { $0 == " " }.hasPrefix("//") }
            let bytes = Data(lines.joined(separator: "\n").utf8)
            guard Self.opening.contains(where: { bytes.range(of: $0) != nil }) else { continue }
            opening.formUnion(name.split(separator: "/").prefix(1).map(String.init))
        }
        #expect(opening == names(claim.1).union(names(claim.2)))
    }

    /// `Suite` or `Suite/test` in the last column of a table.
    @Test func everyPromiseNamesTestsThatExist() throws {
        let rows = try Self.text("docs/reliability.md").split(separator: "\n").filter {
            $0.hasPrefix("|") && !$0.hasPrefix("| ---") && !$0.hasSuffix("| test |")
        }
        #expect(!rows.isEmpty)
        let tests = SourceTree.root.appending("Tests")
        let code = try everything(below: tests).filter { $0.hasSuffix(".swift") }.map {
            try String(contentsOfFile: tests.pushing(FilePath($0)).string, encoding: .utf8)
        }
        for row in rows {
            let names = (row.split(separator: "|").last ?? "").matches(of: #/`(\w+)(?:/(\w+))?`/#)
            #expect(!names.isEmpty, "\(row)")
            for name in names {
                let isThere = code.contains { file in
                    file.contains("struct \(name.1)")
                        && (name.2.map { test in file.contains("func \(test)(") } ?? true)
                }
                #expect(isThere, "\(name.0)")
            }
        }
    }

    @Test func theMapForContributorsHasEveryModule() throws {
        let listed = try Self.text("CONTRIBUTING.md").matches(of: #/(?m)^Sources/(\w+)\s/#).map { String($0.1) }
        let sources = SourceTree.root.appending("Sources")
        let modules = try names(in: sources).filter { name in
            try name != "compat-matrix"
                && everything(below: sources.appending(name)).contains { $0.hasSuffix(".swift") }
        }
        #expect(listed.sorted() == modules)
    }
}
