//! Feature probes for rejections without a log: load something simpler, and report the result as a finding.
use std::os::fd::{FromRawFd as _, OwnedFd};

use aya::features;
use aya_obj::generated::bpf_map_type;

use crate::{
    bpf::{call, Command},
    guest::{self, code, Finding},
    object::{MapShape, ProgramPlace},
    words,
};

/// The attach types that Aya sets for programs that load without one on kernels that do not know attach types (before 4.17).
const OPTIONAL_ATTACH_TYPES: [(&str, u32, &str); 3] =
    [("xdp", 37, "xdp"), ("cgroup_skb", 1, "cgroup_inet_egress"), ("cgroup_sock", 2, "cgroup_inet_sock_create")];

/// The first fields of the argument of BPF_MAP_CREATE.
#[repr(C)]
#[derive(Default)]
struct MapAttributes {
    kind: u32,
    key_size: u32,
    value_size: u32,
    max_entries: u32,
    flags: u32,
}

/// The same for BPF_PROG_LOAD.
#[repr(C)]
#[derive(Default)]
struct ProgramAttributes {
    kind: u32,
    instruction_count: u32,
    instructions: u64,
    license: u64,
    log_level: u32,
    log_size: u32,
    log_buffer: u64,
    kernel_version: u32,
    flags: u32,
}

#[repr(C)]
#[derive(Default)]
struct ProgramAttributesWithType {
    first: ProgramAttributes,
    name: [u8; 16],
    interface: u32,
    expected_attach_type: u32,
}

fn takes<Attributes>(command: Command, attributes: &Attributes) -> bool {
    // SAFETY: the descriptor is new and nobody else's.
    call(command, attributes).map(|descriptor| drop(unsafe { OwnedFd::from_raw_fd(descriptor) })).is_ok()
}

/// Whether this errno is how a kernel rejects an unknown feature. Others are about permission, memory or bpf() itself.
pub fn may_be_unknown(errno: i32) -> bool {
    [libc::EINVAL, libc::E2BIG].contains(&errno)
}

/// libbpf's name of a map type.
fn map_type_name(kind: u32) -> String {
    let name = bpf_map_type::try_from(kind).map(|kind| format!("{kind:?}")).unwrap_or_default();
    name.trim_start_matches("BPF_MAP_TYPE_").to_lowercase()
}

/// Names the capability without which this process cannot create a map.
pub fn about_map_permission(shape: &MapShape) {
    if let Some(capability) = guest::missing_map_capability(shape.kind) {
        words::find(code::CAPABILITY_MISSING, &["maps", &map_type_name(shape.kind), &capability]);
    }
}

/// The same for loading a program.
pub fn about_permission(place: &ProgramPlace, kind: u32) {
    if let Some(capability) = guest::missing_capability(kind) {
        words::find(code::CAPABILITY_MISSING, &["programs", place.kind, &capability]);
    }
}

/// Finds out which property of a map this kernel rejects.
pub fn about_map(shape: &MapShape) {
    let kind = map_type_name(shape.kind);
    match guest::kernel_has_map_type(shape.kind) {
        Some(false) => words::find(code::MAP_TYPE_REJECTED, &[&kind]),
        Some(true) if shape.lacks_size() => words::find(code::MAP_SIZE_MISSING, &[&kind]),
        _ if shape.has_btf && features().btf().is_none() && takes(Command::MapCreate, &shape.without_btf()) => {
            words::find(code::MAP_BTF_REJECTED, &["Aya"]);
        }
        _ => {}
    }
}

impl MapShape {
    fn without_btf(&self) -> MapAttributes {
        MapAttributes {
            kind: self.kind,
            key_size: self.key_bytes as u32,
            value_size: self.value_bytes as u32,
            max_entries: self.entries.max(1),
            flags: self.flags,
        }
    }
}

/// Explains why a program's target did not attach.
pub fn about_attachment(place: &ProgramPlace, target: Option<&str>, error: i32) -> Option<Finding> {
    let target = target.or(place.section_target())?;
    let kind = place.section.split('/').next().unwrap_or_default();
    match kind {
        "kprobe" | "kretprobe" | "fentry" | "fexit" => {
            guest::about_function(target.split('+').next().unwrap_or(target), place.replaces_result)
        }
        "tp" | "tracepoint" => guest::about_tracepoint(target, error),
        _ => None,
    }
}

/// Finds out which property of a program this kernel rejects, if it wrote no log.
pub fn about_program(place: &ProgramPlace, kind: u32) {
    // These are rejected without a target. Kprobes are among the oldest types, and need a version.
    if ["tracing", "lsm", "ext", "kprobe"].contains(&place.kind) {
        return;
    }
    // r0 = 0; exit
    let instructions: [u64; 2] = [0xb7, 0x95];
    let attributes = || ProgramAttributes {
        kind,
        instruction_count: 2,
        instructions: instructions.as_ptr() as u64,
        license: c"GPL".as_ptr() as u64,
        ..Default::default()
    };
    if !takes(Command::ProgramLoad, &attributes()) {
        words::find(code::PROGRAM_TYPE_REJECTED, &[place.kind]);
        return;
    }
    let Some((_, number, name)) = OPTIONAL_ATTACH_TYPES.iter().find(|(kind, ..)| *kind == place.kind) else { return };
    let with_type =
        ProgramAttributesWithType { first: attributes(), expected_attach_type: *number, ..Default::default() };
    if !takes(Command::ProgramLoad, &with_type) {
        words::find(code::ATTACH_TYPE_REJECTED, &[place.kind, name]);
    }
}
