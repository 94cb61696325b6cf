import ArgumentParser
import Loaders
import Machine
import MatrixSession
import RunPlanning

extension LoaderOption: ExpressibleByArgument {
    static let help: ArgumentHelp = """
        Only loaders whose name matches this pattern, or NAME=PATH: one of your own, called NAME; repeatable. There are: \
        \(ShippedLoader.allCases.map(\.rawValue).joined(separator: ", ")).
        """
}

extension Shard: ExpressibleByArgument {}

extension AcceleratorOption: ExpressibleByArgument {}

package enum StartOption: String, ExpressibleByArgument, CaseIterable, Sendable {
    case auto, warm, cold

    var policy: StartPolicy {
        switch self {
        case .auto: .auto
        case .warm: .warm
        case .cold: .cold
        }
    }
}

extension RunReference {
    static let help = "A stored run's id or its beginning, 'latest', 'previous', or a file of JSON."
}

extension RunRequest {
    /// What `validate()` throws, as a mistake on the command line.
    func validateAsArguments() throws {
        do { try validate() } catch { throw ValidationError("\(error)") }
    }
}
