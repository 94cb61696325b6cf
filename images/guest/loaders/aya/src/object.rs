//! What Aya does not expose about a loaded object: the order of its programs, their sections, the sizes of its maps.
use std::{cmp::Ordering, collections::HashMap};

use aya_obj::{
    generated::{bpf_insn, bpf_map_type, BPF_CALL, BPF_JMP, BPF_PSEUDO_CALL},
    maps::PinningType,
    Object, ProgramSection,
};
use object::{Object as _, ObjectSection as _};

pub struct ProgramPlace {
    pub name: String,
    /// Names the type and usually the target of the program.
    pub section: String,
    /// The number passed to the kernel; 0 if Aya could not link them.
    pub instructions: u32,
    /// Whether it calls functions of its own.
    pub calls_functions: bool,
    /// Whether it calls bpf_override_return().
    pub replaces_result: bool,
    /// As named by libbpf.
    pub kind: &'static str,
    section_index: usize,
    address: u64,
}

impl ProgramPlace {
    /// The part of the section's name after the type.
    pub fn section_target(&self) -> Option<&str> {
        self.section.split_once('/').map(|(_, target)| target).filter(|target| !target.is_empty())
    }
}

/// A map as defined in the object.
pub struct MapShape {
    pub kind: u32,
    pub key_bytes: usize,
    pub value_bytes: usize,
    pub entries: u32,
    pub flags: u32,
    /// Whether its definition pins it by its name.
    pub is_pinned: bool,
    /// Whether the object's BTF has types for key and value.
    pub has_btf: bool,
}

impl MapShape {
    /// Whether it needs a size and has none.
    pub fn lacks_size(&self) -> bool {
        // Perf event arrays have one entry per processor, storage maps have none: the kernel or Aya takes care of both.
        const SIZED_BY_OTHERS: [bpf_map_type; 6] = [
            bpf_map_type::BPF_MAP_TYPE_PERF_EVENT_ARRAY,
            bpf_map_type::BPF_MAP_TYPE_CGROUP_STORAGE,
            bpf_map_type::BPF_MAP_TYPE_PERCPU_CGROUP_STORAGE,
            bpf_map_type::BPF_MAP_TYPE_SK_STORAGE,
            bpf_map_type::BPF_MAP_TYPE_INODE_STORAGE,
            bpf_map_type::BPF_MAP_TYPE_TASK_STORAGE,
        ];
        self.entries == 0 && !SIZED_BY_OTHERS.iter().any(|kind| *kind as u32 == self.kind)
    }

    pub fn has_inner_map(&self) -> bool {
        let kinds = [bpf_map_type::BPF_MAP_TYPE_ARRAY_OF_MAPS, bpf_map_type::BPF_MAP_TYPE_HASH_OF_MAPS];
        kinds.iter().any(|kind| *kind as u32 == self.kind)
    }

    /// The size that it gets for a trial, if it has none.
    pub fn trial_size(&self) -> Option<u32> {
        const PAGE: u32 = 4096;
        let is_ring = [bpf_map_type::BPF_MAP_TYPE_RINGBUF, bpf_map_type::BPF_MAP_TYPE_USER_RINGBUF]
            .iter()
            .any(|kind| *kind as u32 == self.kind);
        self.lacks_size().then_some(if is_ring { PAGE } else { 1 })
    }
}

pub struct ObjectView {
    /// In the object's order.
    pub programs: Vec<ProgramPlace>,
    pub maps: HashMap<String, MapShape>,
    /// Whether it has CO-RE relocations.
    pub is_relocated: bool,
}

/// Whether the data of a section `.BTF.ext` has CO-RE relocations: the last field of a header of at least 32 bytes is
/// their length.
fn has_relocations(data: object::Result<&[u8]>) -> bool {
    let word = |offset: usize| {
        data.ok()?.get(offset..offset + 4).map(|word| u32::from_le_bytes([word[0], word[1], word[2], word[3]]))
    };
    word(4).is_some_and(|header| header >= 32) && word(28).is_some_and(|length| length > 0)
}

impl ObjectView {
    /// Reads an object that Aya has accepted; empty for one that it would reject.
    pub fn new(bytes: &[u8]) -> Self {
        let mut view = Self { programs: Vec::new(), maps: HashMap::new(), is_relocated: false };
        let (Ok(mut parsed), Ok(file)) = (Object::parse(bytes), object::File::parse(bytes)) else { return view };
        for (name, map) in &parsed.maps {
            let shape = MapShape {
                kind: map.map_type(),
                key_bytes: map.key_size() as usize,
                value_bytes: map.value_size() as usize,
                entries: map.max_entries(),
                flags: map.map_flags(),
                is_pinned: map.pinning() != PinningType::None,
                has_btf: matches!(map, aya_obj::Map::Btf(map) if map.def.btf_key_type_id != 0),
            };
            view.maps.insert(name.clone(), shape);
        }
        view.is_relocated = file.section_by_name(".BTF.ext").is_some_and(|section| has_relocations(section.data()));
        let text_sections = parsed.functions.keys().map(|(section, _)| *section).collect();
        let is_linked = parsed.relocate_calls(&text_sections).is_ok();
        for (name, program) in &parsed.programs {
            let section = file.section_by_index(object::SectionIndex(program.section_index));
            let function = parsed.functions.get(&program.function_key()).filter(|_| is_linked);
            view.programs.push(ProgramPlace {
                name: name.clone(),
                section: section.ok().and_then(|section| Some(section.name().ok()?.to_owned())).unwrap_or_default(),
                instructions: function.map_or(0, |function| function.instructions.len() as u32),
                calls_functions: function.is_some_and(|function| function.instructions.iter().any(calls_function)),
                replaces_result: function.is_some_and(|function| function.instructions.iter().any(calls_override)),
                kind: kind(&program.section),
                section_index: program.section_index,
                address: program.address,
            });
        }
        view.programs.sort_by(ProgramPlace::order);
        view
    }
}

impl ProgramPlace {
    fn order(&self, other: &Self) -> Ordering {
        (self.section_index, self.address).cmp(&(other.section_index, other.address))
    }
}

fn calls_function(instruction: &bpf_insn) -> bool {
    instruction.code == (BPF_JMP | BPF_CALL) as u8 && u32::from(instruction.src_reg()) == BPF_PSEUDO_CALL
}

fn calls_override(instruction: &bpf_insn) -> bool {
    const CALL: u8 = (BPF_JMP | BPF_CALL) as u8;
    /// BPF_FUNC_override_return of include/uapi/linux/bpf.h.
    const OVERRIDE_RETURN: i32 = 58;
    instruction.code == CALL && instruction.src_reg() == 0 && instruction.imm == OVERRIDE_RETURN
}

fn kind(section: &ProgramSection) -> &'static str {
    match section {
        ProgramSection::KProbe
        | ProgramSection::KRetProbe
        | ProgramSection::UProbe { .. }
        | ProgramSection::URetProbe { .. } => "kprobe",
        ProgramSection::TracePoint => "tracepoint",
        ProgramSection::SocketFilter => "socket_filter",
        ProgramSection::Xdp { .. } => "xdp",
        ProgramSection::SkMsg => "sk_msg",
        ProgramSection::SkSkbStreamParser | ProgramSection::SkSkbStreamVerdict => "sk_skb",
        ProgramSection::SockOps => "sock_ops",
        ProgramSection::SchedClassifier => "sched_cls",
        ProgramSection::CgroupSkb | ProgramSection::CgroupSkbIngress | ProgramSection::CgroupSkbEgress => "cgroup_skb",
        ProgramSection::CgroupSockAddr { .. } => "cgroup_sock_addr",
        ProgramSection::CgroupSysctl => "cgroup_sysctl",
        ProgramSection::CgroupSockopt { .. } => "cgroup_sockopt",
        ProgramSection::LircMode2 => "lirc_mode2",
        ProgramSection::PerfEvent => "perf_event",
        ProgramSection::RawTracePoint => "raw_tracepoint",
        ProgramSection::Lsm { .. } => "lsm",
        ProgramSection::BtfTracePoint | ProgramSection::FEntry { .. } | ProgramSection::FExit { .. } => "tracing",
        ProgramSection::Extension => "ext",
        ProgramSection::SkLookup => "sk_lookup",
        ProgramSection::CgroupSock { .. } => "cgroup_sock",
        ProgramSection::CgroupDevice => "cgroup_device",
    }
}
