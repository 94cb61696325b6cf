import CResources
import FoundationEssentials

/// In which version of Linux each feature appeared, `Resources/features.json`.
package struct FeatureTable: Sendable {
    package let features: [Feature]
    private let places: [Key: Int]

    private struct Key: Hashable {
        var kind: Feature.Kind
        var name: String
    }

    package static let bundled: FeatureTable = {
        do {
            return try FeatureTable(json: [UInt8](cmx_features()))
        } catch {
            preconditionFailure("the table of features built into the program is broken: \(error)")
        }
    }()

    package init(json: [UInt8]) throws {
        features = try JSONDecoder().decode([Feature].self, from: Data(json))
        var places: [Key: Int] = [:]
        for (place, feature) in features.enumerated() {
            for name in [feature.name, feature.key].compactMap(\.self) {
                places[Key(kind: feature.kind, name: name)] = place
            }
        }
        self.places = places
    }

    /// The feature that messages call `name`: its name, a helper's number, or an opcode.
    package func feature(_ kind: Feature.Kind, named name: String) -> Feature? {
        places[Key(kind: kind, name: name)].map { features[$0] }
    }
}
