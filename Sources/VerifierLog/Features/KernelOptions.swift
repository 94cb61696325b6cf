internal import Glibc

/// The configuration that a kernel was built with, from its `CONFIG_…` file.
package struct KernelOptions: Sendable {
    /// The value of an option.
    package enum Setting: Sendable {
        case builtIn, module, off
    }

    private let text: [UInt8]

    /// `text` is the complete file.
    package init(text: [UInt8]) { self.text = text }

    /// The value of the option; `name` is without `CONFIG_`.
    ///
    /// Options that the file does not mention are off.
    package subscript(name: String) -> Setting {
        let words = Array("CONFIG_\(name)=".utf8)
        return text.withUnsafeBytes { text in
            var line = text[...]
            while line.count > words.count {
                if line.starts(with: words) {
                    return line[line.startIndex + words.count] == UInt8(ascii: "m") ? .module : .builtIn
                }
                guard let base = line.isEmpty ? nil : text.baseAddress?.advanced(by: line.startIndex),
                    let end = memchr(base, Int32(UInt8(ascii: "\n")), line.count)
                else { break }
                line = text[(line.startIndex + (UnsafeRawPointer(end) - base) + 1)...]
            }
            return .off
        }
    }
}
