//! Calls of bpf() that Aya does not offer.
use std::{io, os::fd::RawFd};

/// A command and its numbers; include/uapi/linux/bpf.h.
#[derive(Clone, Copy)]
#[repr(i64)]
pub enum Command {
    MapCreate = 0,
    MapLookupElement = 1,
    MapGetNextKey = 4,
    ProgramLoad = 5,
    MapLookupAndDeleteElement = 21,
}

/// Calls bpf() with the part of `union bpf_attr` that the command uses; the rest counts as zeros.
///
/// A returned descriptor belongs to the caller.
pub fn call<Attributes>(command: Command, attributes: &Attributes) -> io::Result<RawFd> {
    // SAFETY: the kernel reads only the given number of bytes; the callers keep alive what these point to.
    let result =
        unsafe { libc::syscall(libc::SYS_bpf, command as i64, &raw const *attributes, size_of::<Attributes>()) };
    if result < 0 {
        Err(io::Error::last_os_error())
    } else {
        Ok(result as RawFd)
    }
}
