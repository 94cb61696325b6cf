import MatrixModel

/// A few lines of code as they are often written when a verifier rejects them, and as it accepts them.
package struct FixSketch: Sendable, Codable, Hashable {
    package enum Language: String, Sendable, Codable, CaseIterable { case c, rust, go }

    package var language: Language
    package var before: String
    package var after: String

    /// `nil` where the fix is not one of the common ones.
    init?(for cause: Cause, entry: CatalogueEntry?, text: LogSummary, loader: SpeakingLoader?) {
        guard let fix = CommonFix(for: cause, entry: entry, text: text) else { return nil }
        let language: Language =
            switch loader {
            case .aya: .rust
            case .cilium where fix.isOfLoader: .go
            default: .c
            }
        self = fix.sketch(in: language)
    }

    init(_ language: Language, _ before: String, _ after: String) {
        self.language = language
        self.before = before
        self.after = after
    }
}

/// The fixes that most rejections need.
enum CommonFix: CaseIterable {
    case nullCheck, lengthMask, indexMask, packetBounds, ringBufferRelease, memlock, fieldExists

    /// Selected by the line's content, because several entries need the same fix.
    init?(for cause: Cause, entry: CatalogueEntry?, text: LogSummary) {
        let line = cause.line
        if line.contains("map_value_or_null"), line.contains("invalid mem access") || line.contains("prohibited") {
            self = .nullCheck
        } else if line.contains("invalid access to packet") || line.contains("offset is outside of the packet") {
            self = .packetBounds
        } else if Self.lengths.contains(cause.id) {
            self = .lengthMask
        } else if Self.indices.contains(cause.id), !line.contains("pkt"), !line.contains("packet") {
            self = .indexMask
        } else if cause.id == "ref-leak", text.lines.contains(where: { $0.text.contains("call bpf_ringbuf_reserve#") })
        {
            self = .ringBufferRelease
        } else if cause.id.contains("memlock"), !Self.ofRights.contains(cause.id) {
            self = .memlock
        } else if entry?.advice.contains("bpf_core_field_exists") == true, cause.id != "btf-access" {
            self = .fieldExists
        } else {
            return nil
        }
    }

    /// Of these, a mask right before the use is a fix for every shape.
    private static let lengths: Set<String> = ["size-negative", "size-unbounded"]
    /// A process that may not raise the limit is not helped by a call that does.
    private static let ofRights: Set<String> = ["memlock-limit.refused", "memlock-limit.privileges"]
    /// Of these, what has no bound is added to a pointer.
    private static let indices: Set<String> = ["any-unbounded", "math-unbounded"]

    /// Whether the fix is in the program that loads, not in the one that is loaded.
    var isOfLoader: Bool { self == .memlock }

    /// BPF programs for cilium/ebpf are written in C, so Go is only there for what the loader does.
    func sketch(in language: FixSketch.Language) -> FixSketch {
        switch (self, language) {
        case (.nullCheck, .rust):
            FixSketch(
                .rust, "let value = MAP.get_ptr_mut(&key).unwrap_unchecked();\n*value += 1;",
                "if let Some(value) = MAP.get_ptr_mut(&key) {\n    *value += 1;\n}")
        case (.nullCheck, _):
            FixSketch(
                .c, "value = bpf_map_lookup_elem(&map, &key);\nvalue->count++;",
                "value = bpf_map_lookup_elem(&map, &key);\nif (!value)\n    return 0;\nvalue->count++;")
        case (.lengthMask, .rust):
            FixSketch(
                .rust, "let data = &buf[..len];",
                "let len = len & (SIZE - 1); // SIZE is a power of two\nlet data = &buf[..len];")
        case (.lengthMask, _):
            FixSketch(
                .c, "bpf_probe_read_kernel(buf, len, src);",
                "len &= SIZE - 1; /* SIZE is a power of two */\nbpf_probe_read_kernel(buf, len, src);")
        case (.indexMask, .rust):
            FixSketch(
                .rust, "let value = (*entry).values.get_unchecked(i);",
                "let i = i & (SIZE - 1); // SIZE is a power of two\nlet value = (*entry).values.get_unchecked(i);")
        case (.indexMask, _):
            FixSketch(
                .c, "entry->values[i] = value;",
                "i &= SIZE - 1; /* i is unsigned, SIZE a power of two */\nentry->values[i] = value;")
        case (.packetBounds, .rust):
            FixSketch(
                .rust, "let header = start as *const Header;\nlet port = (*header).port;",
                "if start + mem::size_of::<Header>() > end {\n    return Ok(xdp_action::XDP_PASS); // TC_ACT_OK for tc\n}\n"
                    + "let header = start as *const Header;\nlet port = (*header).port;")
        case (.packetBounds, _):
            FixSketch(
                .c, "struct header *h = data;\nport = h->port;",
                "struct header *h = data;\nif ((void *)(h + 1) > data_end)\n    return XDP_PASS; /* TC_ACT_OK for tc */\nport = h->port;"
            )
        case (.ringBufferRelease, .rust):
            FixSketch(
                .rust, "let entry = EVENTS.reserve::<Event>(0)?;\nif skip {\n    return None;\n}\nentry.submit(0);",
                "let entry = EVENTS.reserve::<Event>(0)?;\nif skip {\n    entry.discard(0);\n    return None;\n}\n"
                    + "entry.submit(0);")
        case (.ringBufferRelease, _):
            FixSketch(
                .c,
                "e = bpf_ringbuf_reserve(&events, sizeof(*e), 0);\nif (!e)\n    return 0;\nif (skip)\n    return 0;\n"
                    + "bpf_ringbuf_submit(e, 0);",
                "e = bpf_ringbuf_reserve(&events, sizeof(*e), 0);\nif (!e)\n    return 0;\nif (skip) {\n"
                    + "    bpf_ringbuf_discard(e, 0);\n    return 0;\n}\nbpf_ringbuf_submit(e, 0);")
        case (.memlock, .go):
            FixSketch(
                .go, "coll, err := ebpf.NewCollection(spec)",
                "if err := rlimit.RemoveMemlock(); err != nil {\n\treturn err\n}\ncoll, err := ebpf.NewCollection(spec)"
            )
        case (.memlock, .rust):
            FixSketch(
                .rust, "let mut ebpf = Ebpf::load_file(path)?;",
                "let limit = libc::rlimit { rlim_cur: libc::RLIM_INFINITY, rlim_max: libc::RLIM_INFINITY };\n"
                    + "unsafe { libc::setrlimit(libc::RLIMIT_MEMLOCK, &limit) };\nlet mut ebpf = Ebpf::load_file(path)?;"
            )
        case (.memlock, .c):
            FixSketch(
                .c, "err = bpf_object__load(obj);",
                "struct rlimit limit = { RLIM_INFINITY, RLIM_INFINITY };\nsetrlimit(RLIMIT_MEMLOCK, &limit);\n"
                    + "err = bpf_object__load(obj);")
        case (.fieldExists, _):
            FixSketch(
                .c, "state = BPF_CORE_READ(task, state);",
                "if (bpf_core_field_exists(task->state))\n    state = BPF_CORE_READ(task, state);\nelse\n"
                    + "    state = BPF_CORE_READ((struct task_struct___new *)task, __state);")
        }
    }
}
