//! Programs on interfaces and sockets, in a network of the cell's own.
use std::{
    ffi::CString,
    io,
    os::fd::{AsFd as _, FromRawFd as _, IntoRawFd as _, OwnedFd},
};

use anyhow::Result;
use aya::programs::{
    tc::{self, TcAttachType},
    ProgramError, SchedClassifier, SocketFilter, Xdp, XdpFlags,
};

use crate::{
    guest::{code, Agent, Finding},
    words,
};

/// The interface before the slash; `lo` by default.
fn interface<'a>(agent: &Agent, target: Option<&'a str>) -> &'a str {
    let name = target.map_or("lo", |target| target.split('/').next().unwrap_or(target));
    let text = CString::new(name).unwrap_or_default();
    // SAFETY: the text outlives the call.
    if unsafe { libc::if_nametoindex(text.as_ptr()) } == 0 {
        agent.end_unmeasured(Finding::new(code::INTERFACE_MISSING, &[name]));
    }
    name
}

pub fn attach_xdp(agent: &Agent, program: &mut Xdp, target: Option<&str>) -> Result<()> {
    program.attach(interface(agent, target), XdpFlags::default())?;
    Ok(())
}

pub fn attach_classifier(
    agent: &Agent,
    program: &mut SchedClassifier,
    target: Option<&str>,
    section: &str,
) -> Result<()> {
    let interface = interface(agent, target);
    let direction =
        if target.unwrap_or(section).contains("egress") { TcAttachType::Egress } else { TcAttachType::Ingress };
    // The error is ignored, as Aya's documentation recommends: the second program finds the first one's qdisc, and from
    // 6.6 on Aya needs none.
    let qdisc = tc::qdisc_add_clsact(interface);
    let attached = program.attach(interface, direction);
    let lacks_classifier = matches!(&qdisc, Err(error) if error.raw_os_error() == Some(libc::ENOENT));
    if attached.is_err() && lacks_classifier {
        agent.end_unmeasured(Finding::new(code::CLASSIFIER_MISSING, &[]));
    }
    attached?;
    Ok(())
}

/// Attaches to a socket that stays open as long as the process.
fn attach_to_socket(program: &mut SocketFilter, family: i32, protocol: i32) -> Result<(), ProgramError> {
    let kind = libc::SOCK_RAW | libc::SOCK_CLOEXEC | libc::SOCK_NONBLOCK;
    // SAFETY: the descriptor is checked and then owned.
    let socket = unsafe {
        let descriptor = libc::socket(family, kind, protocol);
        if descriptor < 0 {
            return Err(io::Error::last_os_error().into());
        }
        OwnedFd::from_raw_fd(descriptor)
    };
    program.attach(socket.as_fd())?;
    let _ = socket.into_raw_fd();
    Ok(())
}

/// Packet sockets see everything, but need a module on many kernels. Raw sockets always exist; they see a packet from
/// its IP header on, and only packets of their protocol.
pub fn attach_to_sockets(program: &mut SocketFilter) -> Result<()> {
    let all = i32::from((libc::ETH_P_ALL as u16).to_be());
    match attach_to_socket(program, libc::AF_PACKET, all) {
        Err(ProgramError::IOError(error)) if error.raw_os_error() == Some(libc::EAFNOSUPPORT) => {}
        result => return Ok(result?),
    }
    words::find(code::PACKET_SOCKETS_MISSING, &[]);
    for protocol in [libc::IPPROTO_ICMP, libc::IPPROTO_TCP, libc::IPPROTO_UDP] {
        attach_to_socket(program, libc::AF_INET, protocol)?;
    }
    Ok(())
}
