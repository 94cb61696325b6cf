/// Upper limits for kernels and their files.
enum KernelLimits {
    static let imageMiB = 256
    /// With debug symbols.
    static let unpackedImageMiB = 1024
    static let configMiB = 4
    static let moduleMiB = 128
}
