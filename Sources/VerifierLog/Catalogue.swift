import CResources
import FoundationEssentials
package import MatrixModel

/// The verifier and loader messages that compat-matrix can explain.
package struct Catalogue: Sendable {
    /// If several entries match a line, the first one is the cause, so narrower patterns come first.
    package let entries: [CatalogueEntry]
    private let index: LiteralIndex

    /// The catalogue that is part of the program, `Resources/catalogue.json`.
    package static let bundled: Catalogue = {
        do {
            return try Catalogue(json: [UInt8](cmx_catalogue()))
        } catch {
            preconditionFailure("the catalogue built into the program is broken: \(error)")
        }
    }()

    package init(json: [UInt8]) throws {
        entries = try JSONDecoder().decode([CatalogueEntry].self, from: Data(json))
        index = LiteralIndex(entries.map(\.pattern))
    }

    package subscript(id id: String) -> CatalogueEntry? { entries.first { $0.id == id } }

    /// The entry for a single line of a log or of a loader.
    package func entry(matching line: String) -> CatalogueEntry? { entry(matching: Line(Substring(line))) }

    /// The entry for a finding; `nil` for a finding that is not a cause.
    package func entry(for code: GuestFinding.Code) -> CatalogueEntry? { entries.first { $0.findings.contains(code) } }

    /// The entry for an errno without a message; while a map is created, entries about maps take precedence over
    /// entries about loads.
    func entry(forErrno errno: Int32, at stage: Stage) -> CatalogueEntry? {
        let ofMaps = stage == .maps ? entries.first { $0.mapErrnos.contains(errno) } : nil
        return ofMaps ?? entries.first { $0.errnos(at: stage).contains(errno) }
    }

    func entry(matching line: Line, where holds: (CatalogueEntry) -> Bool = { _ in true }) -> CatalogueEntry? {
        if let finding = line.finding { return entry(for: finding.code).flatMap { holds($0) ? $0 : nil } }
        // By index, because iterating would copy every entry for every line.
        for index in index.candidates(in: line.text.utf8.span) {
            guard holds(entries[index]), let pattern = entries[index].pattern else { continue }
            if pattern.matches(line.text) { return entries[index] }
        }
        return nil
    }
}

extension [UInt8] {
    init(_ resource: cmx_resource) {
        self.init(UnsafeRawBufferPointer(start: resource.bytes, count: resource.count))
    }
}
