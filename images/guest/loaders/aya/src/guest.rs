//! The code that all loaders share: frames, residency, the stage plan, its trigger. Wraps the C code in `images/guest/kit`.
use std::{
    ffi::{c_char, c_int, c_void, CStr, CString},
    sync::OnceLock,
    time::Duration,
};

/// The definitions of the C headers, as written by protocol/generate.c.
#[allow(dead_code, non_camel_case_types, reason = "it is all that a loader may need, by its names in C")]
mod protocol {
    use std::ffi::c_char;
    include!(env!("COMPAT_MATRIX_PROTOCOL"));
}

pub use protocol::{code, finding as Finding, RESIDENT_ARGUMENT};

pub const WHOLE_OBJECT: u32 = protocol::CMX_WHOLE_OBJECT;
pub const EVENT_LIMIT: Duration = Duration::from_millis(protocol::EVENT_LIMIT as u64);
const LOADER_FD: c_int = protocol::CMX_LOADER_FD as c_int;

/// The waits between checks for an event, which grow while none arrives.
pub struct EventWaits(u32);

impl EventWaits {
    pub fn new() -> Self {
        Self(protocol::FIRST_EVENT_WAIT)
    }

    pub fn next(&mut self) -> Duration {
        let wait = Duration::from_millis(self.0.into());
        // SAFETY: only computes with a number.
        self.0 = unsafe { next_event_wait(self.0 as c_int) } as u32;
        wait
    }
}

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

/// The contents of a `CMX_PROGRAM` frame; unknown fields are 0.
#[derive(Clone)]
pub struct Report {
    pub program: u32,
    pub stage: Stage,
    /// 0 or a negative errno.
    pub error: i32,
    pub log_complete: bool,
    pub log_lacks_memory: bool,
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
    /// A report that the stage was passed, and nothing else.
    pub fn new(program: u32, stage: Stage, name: &str, kind: &'static str) -> Self {
        Self {
            program,
            stage,
            error: 0,
            log_complete: true,
            log_lacks_memory: false,
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

/// The connection of one cell's loader to the agent.
#[derive(Clone, Copy)]
pub struct Agent {
    cell: u32,
}

impl Agent {
    /// For a loader that was started for this cell.
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
        let program = protocol::cmx_program {
            cell: self.cell,
            program: report.program,
            stage: report.stage as u32,
            error: report.error,
            log_complete: report.log_complete.into(),
            translated_bytes: report.translated_bytes,
            jited_bytes: report.jited_bytes,
            verified_instructions: report.verified_instructions,
            instructions: report.instructions,
            load_microseconds: report.load_microseconds,
            verification_microseconds: 0,
            attach_microseconds: report.attach_microseconds,
            fire_microseconds: report.fire_microseconds,
            log_lacks_memory: report.log_lacks_memory.into(),
            name: field(&report.name),
            type_: field(report.kind),
        };
        // SAFETY: the structure outlives the call, which copies it into a frame.
        unsafe { report_program(&program) }
    }

    pub fn find(&self, program: u32, finding: Finding) {
        // SAFETY: the structure is copied.
        unsafe { report_finding(self.cell, program, finding) }
    }

    /// Exits the loader, because the probe cannot be measured for this reason.
    pub fn end_unmeasured(&self, reason: Finding) -> ! {
        // SAFETY: the structure is copied.
        unsafe { end_unmeasured(self.cell, reason) }
    }
}

impl Finding {
    /// `code` is a constant of the module `code`; `guest_protocol.h` lists its arguments.
    pub fn new(code: u32, arguments: &[&str]) -> Self {
        let arguments: Vec<CString> = arguments.iter().map(|text| c_string(text)).collect();
        let pointers: Vec<*const c_char> = arguments.iter().map(|text| text.as_ptr()).collect();
        // SAFETY: the texts outlive the call, which copies them.
        unsafe { make_finding(code, pointers.len(), pointers.as_ptr()) }
    }
}

/// The stage plan, once it is read.
pub struct Plan(());

impl Plan {
    pub fn read(path: &str) -> Result<Self, Finding> {
        let path = c_string(path);
        // SAFETY: the path outlives the call.
        let problem = unsafe { read_cell_plan(path.as_ptr()) };
        if problem.is_null() {
            Ok(Self(()))
        } else {
            // SAFETY: it is not NULL, and lives as long as the process.
            Err(unsafe { *problem })
        }
    }

    /// `None` to attach as the section specifies.
    pub fn target(&self, program: &str) -> Option<String> {
        let program = c_string(program);
        // SAFETY: the plan was read.
        let target = unsafe { cell_target(program.as_ptr()) };
        (!target.is_null()).then(|| text(target))
    }

    /// Whether a program is loaded and not attached.
    pub fn excludes(&self, program: &str) -> bool {
        let program = c_string(program);
        // SAFETY: the plan was read. Aya opens no object with an optional section.
        unsafe { cell_excludes(program.as_ptr(), 0) != 0 }
    }

    /// Whether to stop after the load.
    pub fn stops_at_load(&self) -> bool {
        // SAFETY: the plan was read.
        unsafe { cell_stops_at_load() != 0 }
    }

    /// Whether to give maps without a size one for the trial.
    pub fn sizes_maps(&self) -> bool {
        // SAFETY: the plan was read.
        unsafe { cell_sizes_maps() != 0 }
    }

    /// Whether the cell runs with fewer privileges than root has.
    pub fn has_user(&self) -> bool {
        // SAFETY: the plan was read.
        unsafe { cell_has_user() != 0 }
    }

    /// What the plan sets of maps.
    pub fn maps(&self) -> Vec<MapSettings> {
        // SAFETY: the plan was read, and lives as long as the process.
        let all = (0..unsafe { cell_map_count() }).map(|index| unsafe { &*cell_map(index) });
        all.map(|map| MapSettings {
            name: text(map.name),
            max_entries: Some(map.max_entries).filter(|entries| *entries != 0),
            pin: (!map.pin.is_null()).then(|| text(map.pin)),
            has_inner: map.inner_type != 0,
        })
        .collect()
    }

    pub fn make_pin_folders(&self) {
        // SAFETY: the plan was read.
        unsafe { make_cell_pin_folders() }
    }

    pub fn awaits_event(&self) -> bool {
        // SAFETY: the plan was read.
        unsafe { cell_awaits_event() != 0 }
    }

    /// `None` for the object's only map.
    pub fn event_map(&self) -> Option<String> {
        // SAFETY: the plan was read; its texts are never NULL.
        let map = text(unsafe { cell_event_map() });
        (!map.is_empty()).then_some(map)
    }

    pub fn contains(&self) -> Vec<u8> {
        // SAFETY: the plan was read; its texts are never NULL.
        unsafe { CStr::from_ptr(cell_event_text()) }.to_bytes().to_vec()
    }

    /// Runs the trigger, and calls `wait` for each run with the trigger and the milliseconds after its end in which an
    /// event may arrive. Returns the result of `wait`: 0 or a negative errno.
    pub fn run_trigger<F: FnMut(Trigger, i32) -> i32>(&self, mut wait: F) -> i32 {
        // SAFETY: `wait` outlives the call.
        unsafe { run_cell_trigger(call_wait::<F>, (&raw mut wait).cast()) }
    }

    pub fn run_trigger_alone(&self) {
        // SAFETY: the plan was read.
        unsafe { run_cell_trigger_alone() }
    }

    /// The duration of the last `run_trigger`.
    pub fn fire_microseconds(&self) -> u32 {
        // SAFETY: only reads a number.
        unsafe { cell_fire_microseconds() }
    }

    /// The finding about the last trigger, if there is one; an error if the guest could not run it.
    pub fn last_trigger(&self) -> Result<Option<Finding>, Finding> {
        // SAFETY: the finding lives as long as the process.
        let (ran, finding) = unsafe { (cell_trigger_ran() != 0, *cell_trigger_finding()) };
        if ran {
            Ok((finding.code != 0).then_some(finding))
        } else {
            Err(finding)
        }
    }
}

/// What an application sets of a map.
pub struct MapSettings {
    pub name: String,
    pub max_entries: Option<u32>,
    /// The path at which it is pinned.
    pub pin: Option<String>,
    /// Whether it defines the map's inner map.
    pub has_inner: bool,
}

/// A trigger that runs while an event is awaited.
pub struct Trigger(*mut c_void);

impl Trigger {
    pub fn has_ended(&self) -> bool {
        // SAFETY: it lives as long as the wait that it was passed to.
        unsafe { trigger_has_ended(self.0) != 0 }
    }

    /// Whether the guest was able to run it, once it has ended.
    pub fn ran(&self) -> bool {
        // SAFETY: as above.
        unsafe { trigger_ran(self.0) != 0 }
    }
}

/// Serves cells until the agent is gone, each in a child of this process.
pub fn serve(prepare: extern "C" fn(), run: fn(Agent, &str, &str)) {
    static RUN: OnceLock<fn(Agent, &str, &str)> = OnceLock::new();
    extern "C" fn run_request(request: *const protocol::resident_request) {
        // SAFETY: the request outlives the call, and its texts are NUL-terminated.
        let (cell, object, plan) = unsafe {
            let request = &*request;
            (request.cell, text(request.object.as_ptr()), text(request.plan.as_ptr()))
        };
        if let Some(run) = RUN.get() {
            run(Agent { cell }, &object, &plan);
        }
    }
    RUN.get_or_init(|| run);
    // SAFETY: the process has one thread, so forking copies all of it.
    unsafe { serve_cells(Some(prepare), run_request) }
}

/// The kernel's answer to Aya's load of a program.
pub struct Load {
    /// The log of a rejection, complete or in part; otherwise, the verifier's statistics if the kernel reports them.
    pub log: Vec<u8>,
    pub log_complete: bool,
    pub log_lacks_memory: bool,
    /// Of the load that gave the verdict; 0 if Aya never loaded it.
    pub microseconds: u32,
}

/// Probes, once, which log features this kernel has.
pub fn learn_logs() {
    // SAFETY: only probes the kernel and stores the results.
    unsafe { learn_log_levels() }
}

/// Runs `load`, in which Aya loads one program.
pub fn observing<T>(load: impl FnOnce() -> T) -> (T, Load) {
    // SAFETY: there is one thread, and the text lives until the next load.
    unsafe {
        observe_load();
        let result = load();
        stop_observing();
        let load = Load {
            log: CStr::from_ptr(observed_log()).to_bytes().to_vec(),
            log_complete: observed_log_is_complete() != 0,
            log_lacks_memory: observed_log_lacks_memory() != 0,
            microseconds: observed_microseconds(),
        };
        (result, load)
    }
}

/// Gives the cell its own network, for everything that is attached to interfaces.
pub fn isolate_cell_network() {
    // SAFETY: changes the namespace of this thread, the only one.
    unsafe { isolate_network() }
}

/// Whether the kernel counts how often each program runs.
pub fn kernel_counts_runs() -> bool {
    // SAFETY: reads a file.
    unsafe { counts_runs() != 0 }
}

/// Gives the cell its own cgroup and moves this process there.
pub fn cgroup_of_cell() -> std::io::Result<String> {
    // SAFETY: returns a string of its own, or NULL with errno.
    let path = unsafe { isolate_cgroup() };
    if path.is_null() {
        Err(std::io::Error::last_os_error())
    } else {
        Ok(text(path))
    }
}

extern "C" fn call_wait<F: FnMut(Trigger, i32) -> i32>(
    context: *mut c_void,
    trigger: *mut c_void,
    limit: c_int,
) -> c_int {
    // SAFETY: `run_trigger` passes its own closure.
    let wait = unsafe { &mut *context.cast::<F>() };
    wait(Trigger(trigger), limit)
}

/// The file with BTF to read in place of the kernel's own, if the kernel has none.
pub fn external_btf_file() -> Option<String> {
    // SAFETY: the text is a constant.
    let path = unsafe { external_btf() };
    (!path.is_null()).then(|| text(path))
}

/// Whether the kernel has a map type, found out by creating a valid map of it; `None` if the type alone is not enough.
pub fn kernel_has_map_type(kind: u32) -> Option<bool> {
    // SAFETY: creates a map and closes it.
    match unsafe { has_map_type(kind) } {
        answer if answer < 0 => None,
        answer => Some(answer > 0),
    }
}

/// The capability that bpf() requires for programs of that type and this process does not have.
pub fn missing_capability(kind: u32) -> Option<String> {
    // SAFETY: the text is a constant.
    let capability = unsafe { missing_capability_for(kind) };
    (!capability.is_null()).then(|| text(capability))
}

/// The same for maps of that type.
pub fn missing_map_capability(kind: u32) -> Option<String> {
    // SAFETY: as above.
    let capability = unsafe { missing_map_capability_for(kind) };
    (!capability.is_null()).then(|| text(capability))
}

/// Whether these instructions have a call between functions, on a kernel that lacks them.
pub fn kernel_lacks_calls(instructions: &[u64]) -> bool {
    // SAFETY: the instructions, of 8 bytes each, outlive the call.
    unsafe { lacks_calls(instructions.as_ptr().cast(), instructions.len()) != 0 }
}

/// Explains why a function could not be probed, from the kernel's lists.
pub fn about_function(symbol: &str, replaces_result: bool) -> Option<Finding> {
    let symbol = c_string(symbol);
    // SAFETY: the text outlives the call.
    Some(unsafe { ask_about_function(symbol.as_ptr(), replaces_result.into()) }).filter(|answer| answer.code != 0)
}

/// The same for a tracepoint; `error` is a negative errno.
pub fn about_tracepoint(place: &str, error: i32) -> Option<Finding> {
    let place = c_string(place);
    // SAFETY: the text outlives the call.
    Some(unsafe { ask_about_tracepoint(place.as_ptr(), error) }).filter(|answer| answer.code != 0)
}

/// A text without NUL characters.
fn c_string(text: &str) -> CString {
    CString::new(text.replace('\0', "")).unwrap_or_default()
}

/// A NUL-terminated field of a fixed size.
fn field<const N: usize>(text: &str) -> [c_char; N] {
    let mut field = [0; N];
    for (place, byte) in field[..N - 1].iter_mut().zip(text.bytes()) {
        *place = byte as c_char;
    }
    field
}

fn text(text: *const c_char) -> String {
    // SAFETY: all texts of the kit are NUL-terminated and live as long as the process.
    unsafe { CStr::from_ptr(text) }.to_string_lossy().into_owned()
}

extern "C" {
    fn report_to(descriptor: c_int);
    fn report_log(cell: u32, program: u32, source: u32, text: *const c_char, length: usize);
    fn report_program(program: *const protocol::cmx_program);
    fn make_finding(code: u32, count: usize, arguments: *const *const c_char) -> Finding;
    fn report_finding(cell: u32, program: u32, finding: Finding);
    fn end_unmeasured(cell: u32, reason: Finding) -> !;
    fn serve_cells(prepare: Option<extern "C" fn()>, run: extern "C" fn(*const protocol::resident_request));
    fn external_btf() -> *const c_char;
    fn read_cell_plan(path: *const c_char) -> *const Finding;
    fn cell_target(program: *const c_char) -> *const c_char;
    fn cell_excludes(program: *const c_char, is_optional: c_int) -> c_int;
    fn cell_stops_at_load() -> c_int;
    fn cell_sizes_maps() -> c_int;
    fn cell_has_user() -> c_int;
    fn cell_map_count() -> usize;
    fn cell_map(index: usize) -> *const protocol::plan_map;
    fn make_cell_pin_folders();
    fn cell_awaits_event() -> c_int;
    fn cell_event_map() -> *const c_char;
    fn cell_event_text() -> *const c_char;
    fn run_cell_trigger(wait: extern "C" fn(*mut c_void, *mut c_void, c_int) -> c_int, context: *mut c_void) -> c_int;
    fn run_cell_trigger_alone();
    fn cell_fire_microseconds() -> u32;
    fn next_event_wait(milliseconds: c_int) -> c_int;
    fn trigger_has_ended(trigger: *mut c_void) -> c_int;
    fn trigger_ran(trigger: *const c_void) -> c_int;
    fn cell_trigger_ran() -> c_int;
    fn cell_trigger_finding() -> *const Finding;
    fn has_map_type(kind: u32) -> c_int;
    #[link_name = "missing_capability"]
    fn missing_capability_for(kind: u32) -> *const c_char;
    #[link_name = "missing_map_capability"]
    fn missing_map_capability_for(kind: u32) -> *const c_char;
    fn lacks_calls(instructions: *const c_void, count: usize) -> c_int;
    fn ask_about_function(symbol: *const c_char, replaces_result: c_int) -> Finding;
    fn ask_about_tracepoint(place: *const c_char, error: c_int) -> Finding;
    fn isolate_cgroup() -> *const c_char;
    fn isolate_network();
    fn counts_runs() -> c_int;
    fn learn_log_levels();
    fn observe_load();
    fn stop_observing();
    fn observed_log() -> *const c_char;
    fn observed_log_is_complete() -> c_int;
    fn observed_log_lacks_memory() -> c_int;
    fn observed_microseconds() -> u32;
}
