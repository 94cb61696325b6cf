//! Loads the object as a whole and then each of its programs, as a program that uses Aya does.
use std::{
    fs,
    path::Path,
    sync::{
        atomic::{AtomicBool, Ordering},
        Mutex, OnceLock,
    },
};

use anyhow::Result;
use aya::{
    maps::MapError,
    programs::{Program, ProgramError},
    Btf, BtfError, Ebpf, EbpfError, EbpfLoader,
};
use object::Endianness;

use crate::{
    ask,
    guest::{self, code, Agent, Finding, MapSettings, Plan, Report, Source, Stage, WHOLE_OBJECT},
    object::{ObjectView, ProgramPlace},
    words,
};

/// An object whose programs are all loaded.
pub struct Loaded {
    pub ebpf: Ebpf,
    pub view: ObjectView,
    /// The reports on its programs, in the object's order.
    pub reports: Vec<Report>,
}

/// The kernel's BTF, if any, read once by a process that serves many cells.
static KERNEL: OnceLock<Btf> = OnceLock::new();
/// The BTF to read in its place if the kernel has none.
static SUBSTITUTE: OnceLock<Btf> = OnceLock::new();
/// Whether this cell's object has relocations and there was no BTF to relocate it with.
static LACKS_RELOCATION: AtomicBool = AtomicBool::new(false);
/// A default loader, created before the first cell, because creating one reads the kernel's BTF.
static LOADER: Mutex<Option<EbpfLoader<'static>>> = Mutex::new(None);

/// Does once what each cell would repeat: reads the kernel's BTF and lets Aya probe the kernel.
pub fn warm_up() {
    let mut loader = EbpfLoader::new();
    if let Ok(btf) = Btf::from_sys_fs() {
        loader.btf(Some(KERNEL.get_or_init(|| btf)));
    }
    // This may fail; the results are cached nevertheless.
    if let Ok(mut ebpf) = loader.load(include_bytes!(env!("COMPAT_MATRIX_WARM_UP"))) {
        ebpf.programs_mut().for_each(|(_, program)| {
            if let Program::KProbe(program) = program {
                let _ = program.load();
            }
        });
    }
    words::take_kept();
    if let Ok(mut kept) = LOADER.lock() {
        *kept = Some(loader);
    }
}

/// This cell's loader; a child of a warm process uses its parent's.
fn loader<'a>() -> EbpfLoader<'a> {
    let mut loader = LOADER.lock().ok().and_then(|mut kept| kept.take()).unwrap_or_default();
    if let Some(btf) = SUBSTITUTE.get() {
        loader.btf(Some(btf));
    }
    loader
}

/// Reads the BTF that came with a job for a kernel that has none.
pub extern "C" fn learn_external_btf() {
    if SUBSTITUTE.get().is_none() {
        if let Some(Ok(btf)) = guest::external_btf_file().map(|path| Btf::parse_file(path, Endianness::default())) {
            SUBSTITUTE.get_or_init(|| btf);
        }
    }
}

/// Loads the object at `path` and each of its programs, and reports each. `None` unless all load.
pub fn load(agent: &Agent, path: &str, plan: Option<&Plan>) -> Option<Loaded> {
    let bytes = match fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) => {
            report_unopened(agent, EbpfError::FileError { path: Path::new(path).to_owned(), error });
            return None;
        }
    };
    let view = ObjectView::new(&bytes);
    learn_external_btf();
    LACKS_RELOCATION.store(view.is_relocated && kernel().is_err() && SUBSTITUTE.get().is_none(), Ordering::Relaxed);
    let settings = plan.map(Plan::maps).unwrap_or_default();
    check_settings(agent, &view, &settings);
    let mut ebpf = match open(agent, &bytes, &view, plan, &settings) {
        Ok(ebpf) => ebpf,
        Err(error) => {
            if let EbpfError::MapError(MapError::CreateError { name, io_error, .. }) = &error {
                let errno = io_error.raw_os_error().unwrap_or(0);
                if ask::may_be_unknown(errno) {
                    view.maps.get(name).into_iter().for_each(ask::about_map);
                }
                if errno == libc::EPERM {
                    view.maps.get(name).into_iter().for_each(ask::about_map_permission);
                }
            }
            report_unopened(agent, error);
            return None;
        }
    };
    if let Err(error) = pin(&ebpf, &view, &settings) {
        report_unopened(agent, error);
        return None;
    }
    let mut loading = Loading { agent, plan, ebpf: &mut ebpf, view: &view };
    let mut reports: Vec<Report> = Vec::new();
    // A program that replaces a function of another one needs that one loaded first.
    let (last, first): (Vec<_>, Vec<_>) =
        (0..view.programs.len()).partition(|&index| view.programs[index].kind == "ext");
    for index in first.into_iter().chain(last) {
        let report = loading.load(index);
        agent.report(&report);
        reports.push(report);
    }
    reports.sort_by_key(|report| report.program);
    reports.iter().all(|report| report.error == 0).then_some(Loaded { ebpf, view, reports })
}

/// Ends the cell if the plan sets what this object does not have, or what Aya cannot set.
fn check_settings(agent: &Agent, view: &ObjectView, settings: &[MapSettings]) {
    let end = |code, arguments: &[&str]| -> ! { agent.end_unmeasured(Finding::new(code, arguments)) };
    // Aya itself reports what is wrong with an object that it cannot read.
    for map in settings.iter().filter(|_| !view.programs.is_empty()) {
        let Some(shape) = view.maps.get(&map.name) else { end(code::MAP_NOT_FOUND, &["Aya", &map.name]) };
        if map.has_inner && !shape.has_inner_map() {
            end(code::INNER_MAP_UNUSABLE, &[&map.name]);
        }
        if map.has_inner {
            end(code::MAP_SETTING_UNSUPPORTED, &["Aya", "inner", &map.name]);
        }
        // Aya pins such a map when it creates it, in a directory that is the same for all maps.
        if shape.is_pinned && map.pin.as_ref().is_some_and(|path| *path != default_pin(&map.name)) {
            end(code::MAP_SETTING_UNSUPPORTED, &["Aya", "pin", &map.name]);
        }
    }
}

/// Where Aya pins a map whose definition says LIBBPF_PIN_BY_NAME.
fn default_pin(map: &str) -> String {
    format!("/sys/fs/bpf/{map}")
}

/// Pins the maps that Aya has not pinned itself; an application does that once the object is loaded.
fn pin(ebpf: &Ebpf, view: &ObjectView, settings: &[MapSettings]) -> Result<(), EbpfError> {
    for settings in settings {
        let (Some(path), Some(map)) = (&settings.pin, ebpf.map(&settings.name)) else { continue };
        if !view.maps.get(&settings.name).is_some_and(|shape| shape.is_pinned) {
            map.pin(path).map_err(|error| MapError::PinError { name: Some(settings.name.clone()), error })?;
        }
    }
    Ok(())
}

/// Opens the object with its maps, changed as the plan specifies.
fn open(
    agent: &Agent,
    bytes: &[u8],
    view: &ObjectView,
    plan: Option<&Plan>,
    settings: &[MapSettings],
) -> Result<Ebpf, EbpfError> {
    let mut loader = loader();
    if let Some(plan) = plan {
        plan.make_pin_folders();
    }
    for (map, entries) in settings.iter().filter_map(|map| Some((&map.name, map.max_entries?))) {
        loader.set_max_entries(map, entries);
    }
    if plan.is_some_and(Plan::sizes_maps) {
        let is_set = |name: &str| settings.iter().any(|map| map.name == name && map.max_entries.is_some());
        let unsized_maps = view.maps.iter().filter(|(name, _)| !is_set(name));
        for (name, size) in unsized_maps.filter_map(|(name, map)| Some((name, map.trial_size()?))) {
            agent.find(WHOLE_OBJECT, Finding::new(code::MAP_SIZED, &[name]));
            loader.set_max_entries(name, size);
        }
    }
    loader.load(bytes)
}

fn report_unopened(agent: &Agent, error: EbpfError) {
    let stage = match &error {
        // The kernel rejected a map. Aya itself finds everything else that is wrong with one.
        EbpfError::MapError(
            MapError::CreateError { .. } | MapError::SyscallError(_) | MapError::PinError { .. } | MapError::IoError(_),
        ) => Stage::Maps,
        _ => Stage::Open,
    };
    let error = anyhow::Error::new(error);
    words::report(agent, WHOLE_OBJECT, Some(&error));
    let mut report = Report::new(WHOLE_OBJECT, stage, "", "");
    report.error = words::errno(&error);
    agent.report(&report);
}

struct Loading<'a> {
    agent: &'a Agent,
    plan: Option<&'a Plan>,
    ebpf: &'a mut Ebpf,
    view: &'a ObjectView,
}

impl Loading<'_> {
    fn load(&mut self, index: usize) -> Report {
        let place = &self.view.programs[index];
        let mut report = Report::new(index as u32, Stage::Load, &place.name, place.kind);
        let (result, load) = guest::observing(|| self.load_program(place));
        report.load_microseconds = load.microseconds;
        report.log_complete = load.log_complete;
        report.log_lacks_memory = load.log_lacks_memory;
        if load.microseconds > 0 {
            report.instructions = place.instructions;
        }
        match result {
            Ok(()) => {
                self.take_sizes(place, &mut report);
                self.agent.log(report.program, Source::Verifier, &load.log);
                words::report(self.agent, report.program, None);
            }
            Err(error) => {
                report.error = words::errno(&error);
                let kind = self.ebpf.program(&place.name).map(|program| program.prog_type() as u32);
                let may_load = kind.is_none_or(|kind| guest::missing_capability(kind).is_none());
                if let (true, Some(kind)) = (words::was_refused(&error) && load.log.is_empty(), kind) {
                    if ask::may_be_unknown(-report.error) {
                        ask::about_program(place, kind);
                    } else if report.error == -libc::EPERM {
                        ask::about_permission(place, kind);
                    }
                }
                // BPF_JMP | BPF_CALL with BPF_PSEUDO_CALL as the source register.
                if may_load && place.calls_functions && guest::kernel_lacks_calls(&[0x1085]) {
                    self.agent.find(report.program, Finding::new(code::CALLS_REJECTED, &[]));
                }
                self.agent.log(report.program, Source::Verifier, &load.log);
                words::report(self.agent, report.program, Some(&error));
            }
        }
        report
    }

    /// Kernels before 4.13 report nothing about a loaded program.
    fn take_sizes(&self, place: &ProgramPlace, report: &mut Report) {
        let Some(Ok(info)) = self.ebpf.program(&place.name).map(Program::info) else { return };
        report.translated_bytes = info.size_translated().unwrap_or(0);
        report.jited_bytes = info.size_jitted();
        report.verified_instructions = info.verified_instruction_count().unwrap_or(0);
    }

    fn load_program(&mut self, place: &ProgramPlace) -> Result<()> {
        if place.kind == "ext" {
            return self.load_extension(place);
        }
        let target = self.load_target(place);
        let name = || {
            target.as_deref().unwrap_or_else(|| {
                self.agent.end_unmeasured(Finding::new(code::LOAD_TARGET_UNNAMED, &["Aya", &place.name]))
            })
        };
        let Some(program) = self.ebpf.program_mut(&place.name) else {
            return Err(ProgramError::InvalidName { name: place.name.clone() }.into());
        };
        match program {
            Program::KProbe(program) => program.load()?,
            Program::UProbe(program) => program.load()?,
            Program::TracePoint(program) => program.load()?,
            Program::SocketFilter(program) => program.load()?,
            Program::Xdp(program) => program.load()?,
            Program::SkMsg(program) => program.load()?,
            Program::SkSkb(program) => program.load()?,
            Program::CgroupSockAddr(program) => program.load()?,
            Program::SockOps(program) => program.load()?,
            Program::SchedClassifier(program) => program.load()?,
            Program::CgroupSkb(program) => program.load()?,
            Program::CgroupSysctl(program) => program.load()?,
            Program::CgroupSockopt(program) => program.load()?,
            Program::LircMode2(program) => program.load()?,
            Program::PerfEvent(program) => program.load()?,
            Program::RawTracePoint(program) => program.load()?,
            Program::Lsm(program) => program.load(name(), kernel()?)?,
            Program::BtfTracePoint(program) => program.load(name(), kernel()?)?,
            Program::FEntry(program) => program.load(name(), kernel()?)?,
            Program::FExit(program) => program.load(name(), kernel()?)?,
            Program::SkLookup(program) => program.load()?,
            Program::CgroupSock(program) => program.load()?,
            Program::CgroupDevice(program) => program.load()?,
            Program::Extension(_) => return Err(ProgramError::UnexpectedProgramType.into()),
        }
        Ok(())
    }

    fn load_target(&self, place: &ProgramPlace) -> Option<String> {
        let planned = self.plan.and_then(|plan| plan.target(&place.name));
        planned.or_else(|| place.section_target().map(str::to_owned))
    }

    /// Replaces a function of the object's first program that has it.
    fn load_extension(&mut self, place: &ProgramPlace) -> Result<()> {
        let mut last = None;
        if let Some(function) = self.load_target(place) {
            for other in self.view.programs.iter().filter(|other| other.kind != "ext") {
                let Some(Ok(descriptor)) =
                    self.ebpf.program(&other.name).map(|program| program.fd()?.try_clone().map_err(ProgramError::from))
                else {
                    continue;
                };
                let Some(Program::Extension(extension)) = self.ebpf.program_mut(&place.name) else { continue };
                match extension.load(descriptor, &function) {
                    // Not in that program's BTF.
                    Err(error @ (ProgramError::Btf(_) | ProgramError::ExtensionError(_))) => last = Some(error),
                    result => return Ok(result?),
                }
            }
        }
        match last {
            Some(error) => Err(error.into()),
            None => self.agent.end_unmeasured(Finding::new(code::REPLACED_FUNCTION_MISSING, &[&place.name])),
        }
    }
}

/// Keeps a possible reason for a missing or unexpected event: Aya does not report relocations that it skips.
pub fn explain_relocation() {
    if LACKS_RELOCATION.load(Ordering::Relaxed) {
        words::find(code::RELOCATIONS_SKIPPED, &["Aya"]);
    }
}

/// The kernel's BTF, read once.
fn kernel() -> Result<&'static Btf, BtfError> {
    match KERNEL.get() {
        Some(btf) => Ok(btf),
        None => Btf::from_sys_fs().map(|btf| KERNEL.get_or_init(|| btf)),
    }
}
