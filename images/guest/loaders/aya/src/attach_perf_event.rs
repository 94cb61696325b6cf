//! Attaches programs to perf events, which have the names that perf uses.
use anyhow::Result;
use aya::programs::{
    perf_event::{perf_hw_id, perf_sw_ids},
    PerfEvent, PerfEventScope, PerfTypeId, ProgramError, SamplePolicy,
};

use crate::guest::{code, Agent, Finding};

/// Samples per second, for clocks.
const CLOCK: SamplePolicy = SamplePolicy::Frequency(100);
const EACH: SamplePolicy = SamplePolicy::Period(1);
const MANY: SamplePolicy = SamplePolicy::Period(100_000);

const EVENTS: [(&str, PerfTypeId, u64, SamplePolicy); 9] = [
    ("cpu-clock", PerfTypeId::Software, perf_sw_ids::PERF_COUNT_SW_CPU_CLOCK as u64, CLOCK),
    ("task-clock", PerfTypeId::Software, perf_sw_ids::PERF_COUNT_SW_TASK_CLOCK as u64, CLOCK),
    ("page-faults", PerfTypeId::Software, perf_sw_ids::PERF_COUNT_SW_PAGE_FAULTS as u64, EACH),
    ("minor-faults", PerfTypeId::Software, perf_sw_ids::PERF_COUNT_SW_PAGE_FAULTS_MIN as u64, EACH),
    ("major-faults", PerfTypeId::Software, perf_sw_ids::PERF_COUNT_SW_PAGE_FAULTS_MAJ as u64, EACH),
    ("context-switches", PerfTypeId::Software, perf_sw_ids::PERF_COUNT_SW_CONTEXT_SWITCHES as u64, EACH),
    ("cpu-migrations", PerfTypeId::Software, perf_sw_ids::PERF_COUNT_SW_CPU_MIGRATIONS as u64, EACH),
    ("cycles", PerfTypeId::Hardware, perf_hw_id::PERF_COUNT_HW_CPU_CYCLES as u64, MANY),
    ("instructions", PerfTypeId::Hardware, perf_hw_id::PERF_COUNT_HW_INSTRUCTIONS as u64, MANY),
];

pub fn attach(agent: &Agent, program: &mut PerfEvent, target: Option<&str>) -> Result<()> {
    let wanted = target.unwrap_or(EVENTS[0].0);
    let Some((name, kind, config, policy)) = EVENTS.into_iter().find(|(name, ..)| *name == wanted) else {
        agent.end_unmeasured(Finding::new(code::PERF_EVENT_UNKNOWN, &[wanted]))
    };
    // A guest has one processor.
    match program.attach(kind, config, PerfEventScope::AllProcessesOneCpu { cpu: 0 }, policy, false) {
        Err(ProgramError::SyscallError(error)) if error.call == "perf_event_open" => {
            agent.end_unmeasured(Finding::new(code::PERF_EVENT_MISSING, &[name, &error.io_error.to_string()]))
        }
        result => {
            result?;
            Ok(())
        }
    }
}
