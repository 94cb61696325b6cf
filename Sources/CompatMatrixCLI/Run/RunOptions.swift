import ArgumentParser
import Loaders
import Machine
package import MatrixModel
import MatrixSession
import RunPlanning

extension LoaderOption: ExpressibleByArgument {
    static let help: ArgumentHelp = """
        Select loaders whose name matches this glob, or add your own with NAME=PATH; repeatable. Included: \
        \(ShippedLoader.allCases.map(\.rawValue).joined(separator: ", ")). NAME@VERSION selects another version of \
        the library ('compat-matrix loaders list').
        """
}

extension Shard: ExpressibleByArgument {}

extension ByteSize: ExpressibleByArgument {
    package init?(argument: String) { self.init(argument) }
}

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
    static let help = "Id (or a prefix of it) of a stored run, 'latest', 'previous', or a JSON file."
}

extension RunRequest {
    /// Reports errors of `validate()` as usage errors.
    func validateAsArguments() throws {
        do { try validate() } catch { throw ValidationError("\(error)") }
    }
}
