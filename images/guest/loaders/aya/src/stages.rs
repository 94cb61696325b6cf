//! The stages after the load: attach the loaded programs and trigger their event.
use std::time::Instant;

use aya::programs::Program;

use crate::{
    ask, attach,
    aya_log::AyaLog,
    events::Events,
    guest::{self, code, Agent, Plan, Source, Stage, WHOLE_OBJECT},
    load::Loaded,
    words,
};

/// Continues with an object whose programs have all loaded, and reports each program again.
pub fn run(agent: &Agent, mut loaded: Loaded, plan: &Plan) {
    guest::isolate_cell_network();
    let events = plan.awaits_event().then(|| Events::open(&mut loaded.ebpf, &loaded.view, plan)).transpose();
    let events = match events {
        Ok(events) => events,
        // For root, the guest lacks something.
        Err(problem) if plan.has_user() && problem.code == code::EVENTS_UNOPENABLE => {
            words::keep_finding(problem);
            set_fired(&mut loaded, plan, -libc::EACCES);
            report(agent, &loaded, plan);
            return;
        }
        Err(problem) => agent.end_unmeasured(problem),
    };
    let mut log = AyaLog::open(&mut loaded.ebpf);
    if attach_all(agent, &mut loaded, plan) {
        match events {
            Some(events) => fire(agent, &mut loaded, plan, events, &mut log),
            None => run_trigger_alone(agent, plan),
        }
    }
    log.poll();
    report(agent, &loaded, plan);
}

/// Reports each program again; the last messages are about all of them.
fn report(agent: &Agent, loaded: &Loaded, plan: &Plan) {
    let words = words::take_kept();
    for report in loaded.reports.iter().filter(|report| !plan.excludes(&report.name)) {
        words.report(agent, report.program);
        agent.report(report);
    }
}

/// Attaches all programs, even if one fails, and returns whether all succeeded.
fn attach_all(agent: &Agent, loaded: &mut Loaded, plan: &Plan) -> bool {
    let Loaded { ebpf, view, reports } = loaded;
    for (place, report) in view.programs.iter().zip(reports.iter_mut()) {
        if plan.excludes(&place.name) {
            continue;
        }
        report.stage = Stage::Attach;
        let start = Instant::now();
        let result = attach::attach(agent, ebpf, place, plan.target(&place.name).as_deref());
        report.attach_microseconds = start.elapsed().as_micros().try_into().unwrap_or(u32::MAX);
        report.error = result.as_ref().err().map_or(0, words::errno);
        words::report(agent, report.program, result.as_ref().err());
        if report.error != 0 {
            let answer = ask::about_attachment(place, plan.target(&place.name).as_deref(), report.error);
            answer.into_iter().for_each(|answer| agent.find(report.program, answer));
        }
    }
    reports.iter().all(|report| report.error == 0)
}

/// Runs the trigger until a matching event has arrived or the time is up.
fn fire(agent: &Agent, loaded: &mut Loaded, plan: &Plan, mut events: Events, log: &mut AyaLog) {
    events.settle();
    let error = plan.run_trigger(|trigger, limit| events.wait(trigger, limit, log));
    if error != 0 {
        keep_trigger_finding(agent, plan, || {
            if [-libc::ETIMEDOUT, -libc::EBADMSG].contains(&error) {
                events.explain_absence();
            }
        });
        if guest::kernel_counts_runs() {
            find_how_often_they_ran(loaded);
        }
    }
    set_fired(loaded, plan, error);
    agent.log(WHOLE_OBJECT, Source::Event, events.fitting.as_deref().unwrap_or_default());
}

/// Sets the result of the event for every program that takes part.
fn set_fired(loaded: &mut Loaded, plan: &Plan, error: i32) {
    for report in loaded.reports.iter_mut().filter(|report| !plan.excludes(&report.name)) {
        report.fire_microseconds = plan.fire_microseconds();
        report.stage = Stage::Fire;
        report.error = error;
    }
}

/// Distinguishes a program that never ran from one that ran but sent nothing.
fn find_how_often_they_ran(loaded: &Loaded) {
    for place in &loaded.view.programs {
        if let Some(Ok(info)) = loaded.ebpf.program(&place.name).map(Program::info) {
            words::find(code::RUN_COUNT, &[&place.name, &info.run_count().to_string()]);
        }
    }
}

/// A plan without an event ends once the programs are attached. Its trigger runs nevertheless, to see how the kernel reacts.
fn run_trigger_alone(agent: &Agent, plan: &Plan) {
    plan.run_trigger_alone();
    keep_trigger_finding(agent, plan, || {});
}

/// Ends the cell if the guest could not run the trigger; otherwise, keeps its finding after what `before` keeps.
fn keep_trigger_finding(agent: &Agent, plan: &Plan, before: impl FnOnce()) {
    let finding = plan.last_trigger().unwrap_or_else(|reason| agent.end_unmeasured(reason));
    before();
    finding.into_iter().for_each(words::keep_finding);
}
