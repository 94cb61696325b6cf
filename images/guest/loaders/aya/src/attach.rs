//! Attaches a program where the plan or its section specifies, as a program that uses Aya does.
use std::{fs, io};

use anyhow::Result;
use aya::{
    programs::{CgroupAttachMode, CgroupSkbAttachType, Program},
    Ebpf,
};

use crate::{
    attach_network as network, attach_perf_event as perf_event,
    guest::{self, code, Agent, Finding},
    object::ProgramPlace,
    words,
};

/// Attaches the program at `target`, or as its section specifies. It stays attached as long as `ebpf` lives.
pub fn attach(agent: &Agent, ebpf: &mut Ebpf, place: &ProgramPlace, target: Option<&str>) -> Result<()> {
    let Some(program) = ebpf.program_mut(&place.name) else { return Ok(()) };
    let named = || {
        target
            .or(place.section_target())
            .unwrap_or_else(|| agent.end_unmeasured(Finding::new(code::TARGET_UNNAMED, &["Aya", &place.name])))
    };
    match program {
        Program::KProbe(program) => {
            let (symbol, offset) = split_offset(named());
            program.attach(symbol, offset)?;
        }
        Program::UProbe(program) => {
            let target = named();
            let Some((path, function)) = target.split_once(':') else {
                agent.end_unmeasured(Finding::new(code::TARGET_NOT_PATH_AND_SYMBOL, &[target]))
            };
            let (symbol, offset) = split_offset(function);
            match parse_number(symbol) {
                Some(number) => program.attach(None, number + offset, rooted(path), None)?,
                None => program.attach(Some(symbol), offset, rooted(path), None)?,
            };
        }
        Program::TracePoint(program) => {
            let target = named();
            let Some((category, name)) = target.split_once('/') else {
                agent.end_unmeasured(Finding::new(code::TARGET_NOT_CATEGORY_AND_NAME, &[target]))
            };
            program.attach(category, name)?;
        }
        Program::RawTracePoint(program) => drop(program.attach(named())?),
        Program::BtfTracePoint(program) => drop(program.attach()?),
        Program::FEntry(program) => drop(program.attach()?),
        Program::FExit(program) => drop(program.attach()?),
        Program::Lsm(program) => {
            find_whether_lsm_is_active();
            program.attach()?;
        }
        Program::PerfEvent(program) => perf_event::attach(agent, program, target)?,
        Program::Xdp(program) => network::attach_xdp(agent, program, target)?,
        Program::SchedClassifier(program) => network::attach_classifier(agent, program, target, &place.section)?,
        Program::SocketFilter(program) => network::attach_to_sockets(program)?,
        Program::SkLookup(program) => drop(program.attach(fs::File::open("/proc/self/ns/net")?)?),
        Program::CgroupSkb(program) => {
            let direction = match program.expected_attach_type() {
                Some(CgroupSkbAttachType::Egress) => CgroupSkbAttachType::Egress,
                _ => CgroupSkbAttachType::Ingress,
            };
            program.attach(cgroup(agent, target), direction, CgroupAttachMode::default())?;
        }
        Program::CgroupSock(program) => drop(program.attach(cgroup(agent, target), CgroupAttachMode::default())?),
        Program::CgroupSockAddr(program) => drop(program.attach(cgroup(agent, target), CgroupAttachMode::default())?),
        Program::CgroupSockopt(program) => drop(program.attach(cgroup(agent, target), CgroupAttachMode::default())?),
        Program::CgroupSysctl(program) => drop(program.attach(cgroup(agent, target), CgroupAttachMode::default())?),
        Program::CgroupDevice(program) => drop(program.attach(cgroup(agent, target), CgroupAttachMode::default())?),
        Program::SockOps(program) => drop(program.attach(cgroup(agent, target), CgroupAttachMode::default())?),
        Program::SkMsg(_) | Program::SkSkb(_) | Program::LircMode2(_) | Program::Extension(_) => {
            agent.end_unmeasured(Finding::new(code::TYPE_NOT_ATTACHABLE, &["the Aya loader", place.kind]))
        }
    }
    Ok(())
}

/// `symbol[+offset]`.
fn split_offset(target: &str) -> (&str, u64) {
    match target.split_once('+') {
        Some((symbol, offset)) => (symbol, parse_number(offset).unwrap_or(0)),
        None => (target, 0),
    }
}

fn parse_number(text: &str) -> Option<u64> {
    match text.strip_prefix("0x") {
        Some(digits) => u64::from_str_radix(digits, 16).ok(),
        None => text.parse().ok(),
    }
}

/// Aya's macros omit the first slash of a path; a name without a slash is a library, which Aya searches for.
fn rooted(path: &str) -> String {
    if path.contains('/') && !path.starts_with('/') {
        format!("/{path}")
    } else {
        path.to_owned()
    }
}

fn cgroup(agent: &Agent, target: Option<&str>) -> fs::File {
    let path = target.map_or_else(guest::cgroup_of_cell, |path| Ok(path.to_owned()));
    let opened: io::Result<_> = path.and_then(fs::File::open);
    opened.unwrap_or_else(|error| {
        agent.end_unmeasured(Finding::new(code::CGROUP_UNOPENABLE, &[target.unwrap_or(""), &error.to_string()]))
    })
}

/// Kernels before 5.7 have no list of security modules in securityfs that could contain `bpf`.
fn find_whether_lsm_is_active() {
    match fs::read_to_string("/sys/kernel/security/lsm") {
        Err(_) => words::find(code::LSM_UNKNOWN, &[]),
        Ok(modules) if !modules.trim().split(',').any(|module| module == "bpf") => {
            words::find(code::LSM_INACTIVE, &[modules.trim()]);
        }
        Ok(_) => {}
    }
}
