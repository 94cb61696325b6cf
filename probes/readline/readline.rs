//! What the variants in Rust share: the layout of an Aya program without Aya. Maps are records in the section `maps`, there
//! is no licence (Aya takes "GPL" then), and what is not inlined lies in `.text`.
#![allow(dead_code)] // Each variant uses what it needs.

use core::{
    ffi::{c_long, c_void},
    mem::transmute,
};

pub const LINE_BYTES: usize = 64;

/// Type, sizes and number of entries of a map, as loaders read them; the rest is for pinning.
#[repr(C)]
pub struct Map {
    kind: u32,
    key_size: u32,
    value_size: u32,
    max_entries: u32,
    flags: u32,
    id: u32,
    pinning: u32,
}

impl Map {
    /// BPF_MAP_TYPE_PERF_EVENT_ARRAY: as many entries as there are processors.
    pub const fn perf_event_array() -> Self {
        Self::new(4, size_of::<u32>(), 0)
    }

    /// BPF_MAP_TYPE_PERCPU_ARRAY of one entry.
    pub const fn per_processor<Value>() -> Self {
        Self::new(6, size_of::<Value>(), 1)
    }

    const fn new(kind: u32, value_size: usize, max_entries: u32) -> Self {
        Self { kind, key_size: 4, value_size: value_size as u32, max_entries, flags: 0, id: 0, pinning: 0 }
    }
}

#[no_mangle]
#[link_section = "maps"]
pub static mut lines: Map = Map::perf_event_array();

/// What readline() returned: `ax` of the registers, which are the context of the program.
#[inline(always)]
pub unsafe fn returned_text(context: *mut c_void) -> *const c_void {
    *(context as *const *const c_void).add(10)
}

/// Not inlined: the verifier has to follow a call.
#[inline(never)]
#[link_section = ".text"]
pub unsafe fn send(context: *mut c_void, text: *const c_void, size: u64) -> c_long {
    // bpf_perf_event_output(), for the buffer of this processor.
    let output: unsafe extern "C" fn(*mut c_void, *mut Map, u64, *const c_void, u64) -> c_long = transmute(25usize);
    output(context, &raw mut lines, 0xffff_ffff, text, size)
}
