import Foundation
import MatrixModel
import Subprocess
import SystemPackage
import TestSupport
import Testing

@testable import Reports

/// The page's modules, and what their types say of the data.
@Suite struct PageScriptTests {
    private static let sources = SourceTree.root.appending("Sources")
    private static let folder = sources.appending("Reports/Resources")

    @Test func everyModuleFollowsThoseItImports() throws {
        let list = try Self.text(at: Self.sources.appending("CResources/resources.c"))
        let modules = list.matches(of: /Reports\/Resources\/(\w+\.js)"/).map { String($0.1) }
        let files = try FileManager.default.contentsOfDirectory(atPath: Self.folder.string)
        #expect(modules.sorted() == files.filter { $0.hasSuffix(".js") }.sorted())
        var seen: Set<String> = []
        for module in modules {
            let imports = try Self.text(at: Self.folder.appending(module)).matches(of: /from "\.\/(\w+\.js)";/)
            for name in imports.map({ String($0.1) }) { #expect(seen.contains(name), "\(module) imports \(name)") }
            seen.insert(module)
        }
    }

    @Test func bundleHasNoImportsAndExports() {
        let modules = """
            /** @import { Cell } from "./types.d.ts" */
            import {
              one,
            } from "./one.js";

            export const two = one;
            export function three() {
              return "export ";
            }
            """
        #expect(
            HTMLReport.bundle(modules) == """

                const two = one;
                function three() {
                  return "export ";
                }

                """)
    }

    /// The type checker reads `types.d.ts`, which is written by hand, and believes it.
    @Test func typesAreThoseOfTheData() async throws {
        let run = SampleRun.withLoaders()
        let data = try ReportData(run.document, comparison: run.comparison()) { _ in 0 }
        let types = Self.folder.appending("types.d.ts")
        let module = """
            import type { CellFields, Data, Program } from "file://\(types)";
            export const data: Data = \(try HTMLReport.json(data));
            const cell = \(try HTMLReport.json(data.fields.cell)) as const;
            const program = \(try HTMLReport.json(data.fields.program)) as const;
            export const allOfCell: Exclude<keyof CellFields, typeof cell[number]> extends never ? true : false = true;
            export const allOfProgram: Exclude<keyof Program, typeof program[number]> extends never ? true : false = true;
            """
        try await withFolder { folder in
            let file = try write(module, to: folder.appending("data.ts"))
            let result = try await Subprocess.run(
                .path(Script.folder.appending("bin/deno")),
                arguments: ["check", "--quiet", "--config", Self.folder.appending("deno.json").string, file.string],
                environment: .inherit.updating(["DENO_DIR": "\(folder)/deno", "NO_COLOR": "1"]),
                output: .string(limit: 1 << 20), error: .string(limit: 1 << 20))
            #expect(result.terminationStatus.isSuccess, "\(result.standardError)")
        }
    }

    private static func text(at path: FilePath) throws -> String {
        try String(contentsOfFile: path.string, encoding: .utf8)
    }
}
