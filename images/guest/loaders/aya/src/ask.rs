//! Feature probes for rejections without a log: load something simpler, and report the result as a finding.
use std::os::fd::{FromRawFd as _, OwnedFd};

use aya::features;
use aya_obj::generated::bpf_map_type::{self, BPF_MAP_TYPE_RINGBUF};

use crate::{
    bpf::{call, Command},
    guest::code,
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

/// Finds out which property of a map this kernel rejects.
pub fn about_map(shape: &MapShape) {
    let as_it_is = MapAttributes {
        kind: shape.kind,
        key_size: shape.key_bytes as u32,
        value_size: shape.value_bytes as u32,
        max_entries: shape.entries.max(1),
        flags: shape.flags,
    };
    let usual = if shape.kind == BPF_MAP_TYPE_RINGBUF as u32 {
        MapAttributes { kind: shape.kind, max_entries: 4096, ..Default::default() }
    } else {
        MapAttributes { kind: shape.kind, key_size: 4, value_size: 4, max_entries: 1, flags: 0 }
    };
    if takes(Command::MapCreate, &as_it_is) {
        if shape.has_btf && features().btf().is_none() {
            words::find(code::MAP_BTF_REJECTED, &["Aya"]);
        }
    } else if !takes(Command::MapCreate, &usual) {
        if let Ok(kind) = bpf_map_type::try_from(shape.kind) {
            let kind = format!("{kind:?}");
            words::find(code::MAP_TYPE_REJECTED, &[&kind.trim_start_matches("BPF_MAP_TYPE_").to_lowercase()]);
        }
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
