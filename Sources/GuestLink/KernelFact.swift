internal import CGuestProtocol

/// One answer of an examination.
package struct KernelFact: Equatable, Sendable {
    package enum Kind: CaseIterable, Sendable {
        case feature, programType, mapType
        /// `name` is a program type, `text` the helpers it may call, one per line.
        case helpers
        /// `text` is the content of a file in /proc or /sys.
        case setting
        /// `text` is a part of the kernel's own `CONFIG_…` file.
        case config
        /// `name` is the list, `text` its entries, one per line.
        case list
    }

    package var kind: Kind
    package var name: String
    /// `nil` if it could not be determined.
    package var isThere: Bool?
    package var text: [UInt8]

    package init(kind: Kind, name: String, isThere: Bool?, text: [UInt8] = []) {
        self.kind = kind
        self.name = name
        self.isThere = isThere
        self.text = text
    }
}

extension KernelFact.Kind {
    init(_ kind: UInt32) throws(FrameError) {
        switch cmx_fact_kind(kind) {
        case CMX_FACT_FEATURE: self = .feature
        case CMX_FACT_PROGRAM_TYPE: self = .programType
        case CMX_FACT_MAP_TYPE: self = .mapType
        case CMX_FACT_HELPERS: self = .helpers
        case CMX_FACT_SETTING: self = .setting
        case CMX_FACT_CONFIG: self = .config
        case CMX_FACT_LIST: self = .list
        default: throw .unknownFact(kind: kind)
        }
    }
}
