import MatrixModel
import ProbeObject
import SystemPackage

extension BuiltVariant {
    /// The same with source files below `folder` named from there; others keep their whole path.
    func namingFiles(from folder: FilePath) -> BuiltVariant {
        var variant = self
        variant.object = object?.namingFiles { name in
            var path = FilePath(name)
            return path.removePrefix(folder) && !path.isEmpty ? path.string : name
        }
        return variant
    }
}

extension BuiltObject {
    fileprivate func namingFiles(_ name: (String) -> String) -> BuiltObject {
        var object = self
        object.lines = lines.namingFiles(name)
        return object
    }
}
