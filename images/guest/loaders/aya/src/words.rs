//! What Aya says: its chains of errors as programs print them, its warnings, and the errno in a chain.
use std::{error::Error, io, sync::Mutex};

use aya::{programs::ProgramError, BtfError, EbpfError};

use crate::guest::{Agent, Source};

static WARNINGS: Mutex<String> = Mutex::new(String::new());

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

/// Keeps what Aya warns of, which its users see in their log.
pub fn keep_warnings() {
    // It fails only where there is a logger already.
    if log::set_logger(&Keeper).is_ok() {
        log::set_max_level(log::LevelFilter::Warn);
    }
}

/// Keeps a line, to be reported with what follows on it.
pub fn keep(line: &str) {
    if let Ok(mut kept) = WARNINGS.lock() {
        kept.push_str(line);
        kept.push('\n');
    }
}

/// Keeps a line in our own name.
pub fn say(line: &str) {
    keep(&format!("compat-matrix: {line}"));
}

pub fn take_kept() -> String {
    WARNINGS.lock().map(|mut kept| std::mem::take(&mut *kept)).unwrap_or_default()
}

/// Reports what was kept and then `error`, if there is one, of that program; the last word counts.
pub fn report(agent: &Agent, program: u32, error: Option<&anyhow::Error>) {
    let mut words = take_kept();
    if let Some(error) = error {
        words.push_str(&chain(error));
    }
    agent.log(program, Source::Loader, words.as_bytes());
}

/// The chain as a program shows it whose `main` returns it: `Error: `, and the causes below. The kernel's log, which would stand in
/// it, is reported by itself.
fn chain(error: &anyhow::Error) -> String {
    format!("Error: {error:?}\n")
}

/// Whether the kernel refused the program that `error` is about.
pub fn was_refused(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| matches!(cause.downcast_ref(), Some(ProgramError::LoadError { .. })))
}

/// The negative errno in a chain, -EINVAL where Aya gave up by itself.
pub fn errno(error: &anyhow::Error) -> i32 {
    // Some of Aya's errors show the source that they are made from and do not link it.
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
