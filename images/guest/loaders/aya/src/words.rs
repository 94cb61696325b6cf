//! Aya's messages: its error chains as programs print them, its warnings, and the errno in a chain. And the loader's
//! own findings.
use std::{error::Error, io, sync::Mutex};

use aya::{programs::ProgramError, BtfError, EbpfError};

use crate::guest::{Agent, Finding, Source};

enum Word {
    Line(String),
    Finding(Finding),
}

/// Messages and findings, in order.
#[derive(Default)]
pub struct Words(Vec<Word>);

impl Words {
    /// Reports them for that program.
    pub fn report(&self, agent: &Agent, program: u32) {
        for word in &self.0 {
            match word {
                Word::Line(line) => agent.log(program, Source::Loader, line.as_bytes()),
                Word::Finding(finding) => agent.find(program, *finding),
            }
        }
    }
}

static KEPT: Mutex<Words> = Mutex::new(Words(Vec::new()));

struct Keeper;

impl log::Log for Keeper {
    fn enabled(&self, metadata: &log::Metadata<'_>) -> bool {
        metadata.level() <= log::Level::Warn
    }

    fn log(&self, record: &log::Record<'_>) {
        if self.enabled(record.metadata()) {
            keep(&format!("[{} {}] {}", record.level(), record.target(), record.args()));
        }
    }

    fn flush(&self) {}
}

/// Keeps Aya's warnings, which its users see in their log.
pub fn keep_warnings() {
    // This fails only if there is a logger already.
    if log::set_logger(&Keeper).is_ok() {
        log::set_max_level(log::LevelFilter::Warn);
    }
}

/// Keeps a line for the next report.
pub fn keep(line: &str) {
    keep_word(Word::Line(format!("{line}\n")));
}

/// Keeps a finding for the next report.
pub fn find(code: u32, arguments: &[&str]) {
    keep_word(Word::Finding(Finding::new(code, arguments)));
}

pub fn keep_finding(finding: Finding) {
    keep_word(Word::Finding(finding));
}

fn keep_word(word: Word) {
    if let Ok(mut kept) = KEPT.lock() {
        kept.0.push(word);
    }
}

pub fn take_kept() -> Words {
    KEPT.lock().map(|mut kept| std::mem::take(&mut *kept)).unwrap_or_default()
}

/// Reports the messages kept for that program, and then `error`, if any; the last message counts.
pub fn report(agent: &Agent, program: u32, error: Option<&anyhow::Error>) {
    take_kept().report(agent, program);
    if let Some(error) = error {
        agent.log(program, Source::Loader, chain(error).as_bytes());
    }
}

/// The chain as a program prints it when `main` returns it: `Error: `, then the causes.
///
/// The kernel's log in it is reported separately.
fn chain(error: &anyhow::Error) -> String {
    format!("Error: {error:?}\n")
}

/// Whether the kernel rejected the program that `error` is about.
pub fn was_refused(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| matches!(cause.downcast_ref(), Some(ProgramError::LoadError { .. })))
}

/// The negative errno in a chain; -EINVAL if Aya itself gave up.
pub fn errno(error: &anyhow::Error) -> i32 {
    // Some of Aya's errors print their source but do not link it.
    let hidden = error.chain().find_map(|cause| hidden_source(cause));
    let number = error.chain().chain(hidden).find_map(|cause| cause.downcast_ref::<io::Error>()?.raw_os_error());
    -number.unwrap_or(libc::EINVAL)
}

fn hidden_source<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a (dyn Error + 'static)> {
    if let Some(EbpfError::BtfError(BtfError::LoadError { io_error, .. })) = error.downcast_ref() {
        return Some(io_error);
    }
    None
}
