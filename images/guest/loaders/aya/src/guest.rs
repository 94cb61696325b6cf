//! The guest's side that all loaders share: frames, the stage plan, its trigger. `glue.h` has the C behind it.
use std::{
    ffi::{c_char, c_int, c_void, CStr, CString},
    time::Duration,
};

/// The numbers of guest_protocol.h.
#[allow(dead_code, reason = "the agent needs the others")]
mod protocol {
    include!(concat!(env!("OUT_DIR"), "/protocol.rs"));
}

pub const WHOLE_OBJECT: u32 = protocol::CMX_WHOLE_OBJECT;
const LOADER_FD: c_int = protocol::CMX_LOADER_FD as c_int;

#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(u32)]
pub enum Source {
    Verifier = protocol::CMX_LOG_VERIFIER,
    Loader = protocol::CMX_LOG_LOADER,
    Event = protocol::CMX_LOG_EVENT,
}

#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(u32)]
pub enum Stage {
    Open = protocol::CMX_STAGE_OPEN,
    Maps = protocol::CMX_STAGE_MAPS,
    Load = protocol::CMX_STAGE_LOAD,
    Attach = protocol::CMX_STAGE_ATTACH,
    Fire = protocol::CMX_STAGE_FIRE,
}

/// What a `CMX_PROGRAM` says; a field that is not known is 0.
#[derive(Clone)]
pub struct Report {
    pub program: u32,
    pub stage: Stage,
    /// 0 or a negative errno.
    pub error: i32,
    pub log_complete: bool,
    pub translated_bytes: u32,
    pub jited_bytes: u32,
    pub verified_instructions: u32,
    pub instructions: u32,
    pub load_microseconds: u32,
    pub attach_microseconds: u32,
    pub fire_microseconds: u32,
    pub name: String,
    pub kind: &'static str,
}

impl Report {
    /// One that says no more than that the stage was passed.
    pub fn new(program: u32, stage: Stage, name: &str, kind: &'static str) -> Self {
        Self {
            program,
            stage,
            error: 0,
            log_complete: true,
            translated_bytes: 0,
            jited_bytes: 0,
            verified_instructions: 0,
            instructions: 0,
            load_microseconds: 0,
            attach_microseconds: 0,
            fire_microseconds: 0,
            name: name.to_owned(),
            kind,
        }
    }
}

/// As frames have it, where 0 stands for what is not known.
pub fn microseconds(time: Duration) -> u32 {
    time.as_micros().try_into().unwrap_or(u32::MAX).max(1)
}

/// The agent, as one cell's loader sees it.
#[derive(Clone, Copy)]
pub struct Agent {
    cell: u32,
}

impl Agent {
    pub fn new(cell: u32) -> Self {
        // SAFETY: the descriptor is this process's own.
        unsafe {
            libc::fcntl(LOADER_FD, libc::F_SETFD, libc::FD_CLOEXEC);
            report_to(LOADER_FD);
        }
        Self { cell }
    }

    pub fn log(&self, program: u32, source: Source, text: &[u8]) {
        // SAFETY: the text outlives the call, which copies it into frames.
        unsafe { report_log(self.cell, program, source as u32, text.as_ptr().cast(), text.len()) }
    }

    pub fn report(&self, report: &Report) {
        let (name, kind) = (c_string(&report.name), c_string(report.kind));
        // SAFETY: both strings outlive the call.
        unsafe {
            glue_report_program(
                self.cell,
                report.program,
                report.stage as u32,
                report.error,
                report.log_complete.into(),
                report.translated_bytes,
                report.jited_bytes,
                report.verified_instructions,
                report.instructions,
                report.load_microseconds,
                report.attach_microseconds,
                report.fire_microseconds,
                name.as_ptr(),
                kind.as_ptr(),
            )
        }
    }

    /// Ends the loader: nothing can be said about the probe, for this reason.
    pub fn end_unmeasured(&self, why: &str) -> ! {
        let why = c_string(why);
        // SAFETY: the string outlives the call, which does not return.
        unsafe { glue_end_unmeasured(self.cell, why.as_ptr()) }
    }
}

/// The stage plan, once it is read.
pub struct Plan(());

impl Plan {
    pub fn read(path: &str) -> Result<Self, String> {
        let path = c_string(path);
        // SAFETY: the plan keeps the path for the trigger, so it is never freed.
        let problem = unsafe { glue_read_plan(path.into_raw()) };
        if problem.is_null() {
            Ok(Self(()))
        } else {
            Err(text(problem))
        }
    }

    /// `None`: where its section says.
    pub fn target(&self, program: &str) -> Option<String> {
        let program = c_string(program);
        // SAFETY: the plan was read.
        let target = unsafe { glue_plan_target(program.as_ptr()) };
        (!target.is_null()).then(|| text(target))
    }

    pub fn awaits_event(&self) -> bool {
        // SAFETY: the plan was read.
        unsafe { glue_plan_awaits_event() != 0 }
    }

    /// `None`: the object's only one.
    pub fn event_map(&self) -> Option<String> {
        // SAFETY: the plan was read; its texts are never NULL.
        let map = text(unsafe { glue_plan_event_map() });
        (!map.is_empty()).then_some(map)
    }

    pub fn contains(&self) -> Vec<u8> {
        // SAFETY: the plan was read; its texts are never NULL.
        unsafe { CStr::from_ptr(glue_plan_contains()) }.to_bytes().to_vec()
    }

    /// Runs the trigger, with `wait` called for each run: the trigger, and for how many milliseconds after its end an event
    /// may come. It returns 0 or a negative errno, and so does this.
    pub fn run_trigger<F: FnMut(Trigger, i32) -> i32>(&self, mut wait: F) -> i32 {
        // SAFETY: `wait` outlives the call.
        unsafe { glue_run_trigger(call_wait::<F>, (&raw mut wait).cast()) }
    }

    pub fn run_trigger_alone(&self) {
        // SAFETY: the plan was read.
        unsafe { glue_run_trigger_alone() }
    }

    /// Whether the trigger could be run the last time, and what it said.
    pub fn last_trigger(&self) -> (bool, String) {
        // SAFETY: its words are an array that is always closed with a NUL.
        unsafe { (glue_last_trigger_ran() != 0, text(glue_last_trigger_words())) }
    }
}

/// A trigger that runs while an event is awaited.
pub struct Trigger(*mut c_void);

impl Trigger {
    pub fn has_ended(&self) -> bool {
        // SAFETY: it lives as long as the wait that it was handed to.
        unsafe { trigger_has_ended(self.0) != 0 }
    }

    /// Whether the guest could run it, once it has ended.
    pub fn ran(&self) -> bool {
        // SAFETY: as above.
        unsafe { glue_trigger_ran(self.0) != 0 }
    }
}

/// A cgroup of the cell's own, which this process is in from then on.
pub fn cgroup_of_cell() -> std::io::Result<String> {
    // SAFETY: returns a string of its own, or NULL with errno.
    let path = unsafe { isolate_cgroup() };
    if path.is_null() {
        Err(std::io::Error::last_os_error())
    } else {
        Ok(text(path))
    }
}

extern "C" fn call_wait<F: FnMut(Trigger, i32) -> i32>(context: *mut c_void, trigger: *mut c_void, limit: c_int) -> c_int {
    // SAFETY: `run_trigger` hands its own closure through.
    let wait = unsafe { &mut *context.cast::<F>() };
    wait(Trigger(trigger), limit)
}

/// A text without what no C string can hold.
fn c_string(text: &str) -> CString {
    CString::new(text.replace('\0', "")).unwrap_or_default()
}

fn text(text: *const c_char) -> String {
    // SAFETY: all texts of the glue are closed with a NUL and live as long as the process.
    unsafe { CStr::from_ptr(text) }.to_string_lossy().into_owned()
}

extern "C" {
    fn report_to(descriptor: c_int);
    fn report_log(cell: u32, program: u32, source: u32, text: *const c_char, length: usize);
    fn glue_report_program(
        cell: u32,
        program: u32,
        stage: u32,
        error: i32,
        log_complete: u32,
        translated_bytes: u32,
        jited_bytes: u32,
        verified_instructions: u32,
        instructions: u32,
        load_microseconds: u32,
        attach_microseconds: u32,
        fire_microseconds: u32,
        name: *const c_char,
        kind: *const c_char,
    );
    fn glue_end_unmeasured(cell: u32, text: *const c_char) -> !;
    fn glue_read_plan(path: *const c_char) -> *const c_char;
    fn glue_plan_target(program: *const c_char) -> *const c_char;
    fn glue_plan_awaits_event() -> c_int;
    fn glue_plan_event_map() -> *const c_char;
    fn glue_plan_contains() -> *const c_char;
    fn glue_run_trigger(wait: extern "C" fn(*mut c_void, *mut c_void, c_int) -> c_int, context: *mut c_void) -> c_int;
    fn glue_run_trigger_alone();
    fn glue_trigger_ran(trigger: *const c_void) -> c_int;
    fn glue_last_trigger_ran() -> c_int;
    fn glue_last_trigger_words() -> *const c_char;
    fn trigger_has_ended(trigger: *mut c_void) -> c_int;
    fn isolate_cgroup() -> *const c_char;
}
