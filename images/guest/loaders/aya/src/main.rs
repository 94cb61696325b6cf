//! The loader of Rust's Aya: loads an object the way its users do, and reports what happened in frames of the guest
//! protocol. It does not judge. docs/loaders.md specifies the contract of loaders.
mod ask;
mod attach;
mod attach_network;
mod attach_perf_event;
mod aya_log;
mod bpf;
mod events;
mod guest;
mod load;
mod map_values;
mod object;
mod stages;
mod words;

use std::{env, panic, process::ExitCode};

use guest::{Agent, Plan, Source, WHOLE_OBJECT};

/// EX_USAGE of sysexits.h.
const USAGE: u8 = 64;

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["--version"] => {
            println!("aya {}", env!("AYA_VERSION"));
            ExitCode::SUCCESS
        }
        [guest::RESIDENT_ARGUMENT] => {
            prepare();
            load::warm_up();
            guest::serve(load::learn_external_btf, run);
            ExitCode::SUCCESS
        }
        [cell, object, plan] if cell.parse::<u32>().is_ok() => {
            prepare();
            run(Agent::new(cell.parse().unwrap_or_default()), object, plan);
            ExitCode::SUCCESS
        }
        _ => {
            eprintln!("usage: loader-aya --version | CELL OBJECT PLAN | --resident");
            ExitCode::from(USAGE)
        }
    }
}

/// Preparation that is the same for resident and other loaders.
fn prepare() {
    words::keep_warnings();
    raise_memlock();
    guest::learn_logs();
}

fn run(agent: Agent, path: &str, plan: &str) {
    // A panic of the library ends the process, as it would for the library's users.
    panic::set_hook(Box::new(move |panic| {
        agent.log(WHOLE_OBJECT, Source::Loader, format!("{panic}\n").as_bytes());
    }));
    let plan = (!plan.is_empty()).then(|| Plan::read(plan).unwrap_or_else(|problem| agent.end_unmeasured(problem)));
    if let Some(loaded) = load::load(&agent, path, plan.as_ref()) {
        if let Some(plan) = plan.as_ref().filter(|plan| !plan.stops_at_load()) {
            stages::run(&agent, loaded, plan);
        }
    }
}

/// Raises the limit to which kernels before 5.11 charge maps and programs, as Aya's template does.
fn raise_memlock() {
    let limit = libc::rlimit { rlim_cur: libc::RLIM_INFINITY, rlim_max: libc::RLIM_INFINITY };
    // SAFETY: the limit outlives the call.
    unsafe { libc::setrlimit(libc::RLIMIT_MEMLOCK, &limit) };
}
