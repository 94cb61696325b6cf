//! Sends only the bytes that were typed, from a buffer in a map; both bounds of the length are checked, as aya-ebpf does.
#![no_std]
mod readline;

use core::{
    ffi::{c_long, c_void},
    mem::transmute,
};

use readline::{Map, LINE_BYTES};

#[no_mangle]
#[link_section = "maps"]
pub static mut buffers: Map = Map::per_processor::<[u8; LINE_BYTES]>();

#[no_mangle]
#[link_section = "uretprobe/bin/bash:readline"]
pub unsafe extern "C" fn watch_readline(context: *mut c_void) -> u32 {
    let only = 0u32;
    // bpf_map_lookup_elem().
    let look_up: unsafe extern "C" fn(*mut Map, *const u32) -> *mut c_void = transmute(1usize);
    let buffer = look_up(&raw mut buffers, &only);
    if buffer.is_null() {
        return 0;
    }
    // bpf_probe_read_user_str(), which Aya makes bpf_probe_read_str() before 5.5.
    let read: unsafe extern "C" fn(*mut c_void, u32, *const c_void) -> c_long = transmute(114usize);
    let length = read(buffer, LINE_BYTES as u32, readline::returned_text(context));
    if !(0..=LINE_BYTES as c_long).contains(&length) {
        return 0;
    }
    readline::send(context, buffer, length as u64);
    0
}
