package import SystemPackage

extension BuiltVariant {
    /// The same with source files below `folder` named relative to it; others keep their absolute path.
    package func namingFiles(from folder: FilePath) -> BuiltVariant {
        var variant = self
        variant.object = object?.namingFiles { name in
            var path = FilePath(name)
            return path.removePrefix(folder) && !path.isEmpty ? path.string : name
        }
        return variant
    }
}
