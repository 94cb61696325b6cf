//! Reads what a program logs with aya-log, because Debian does not package that crate.
//!
//! A record consists of fields: a byte for the kind, two for the length, and a value. Six come first, always in the
//! same order, then the arguments of the message. Source: aya-log-common 0.1.
use aya::Ebpf;

use crate::{events::PerfBuffers, words};

/// The map for aya-log's records. Its other maps, AYA_LOG_BUF and AYA_LOG_LEVEL, are the program's own.
pub const MAP: &str = "AYA_LOGS";

/// How many lines are kept per cell.
const MOST_LINES: usize = 200;

/// The kinds of arguments with numbers as values: I8 to Isize, U8 to Usize.
const SIGNED: std::ops::RangeInclusive<u8> = 1..=5;
const UNSIGNED: std::ops::RangeInclusive<u8> = 6..=10;
const FLOATS: std::ops::RangeInclusive<u8> = 11..=12;
/// Sets the format of the next argument; `LOWER_HEX` and `UPPER_HEX` are two of its values.
const DISPLAY_HINT: u8 = 0;
const LOWER_HEX: u8 = 2;
const UPPER_HEX: u8 = 3;

/// The log of an object; empty if it has none.
pub struct AyaLog {
    buffers: Option<PerfBuffers>,
    lines: usize,
}

impl AyaLog {
    /// Continues without the log if it cannot be opened, as Aya's users do.
    pub fn open(ebpf: &mut Ebpf) -> Self {
        let buffers = ebpf.take_map(MAP).map(PerfBuffers::open).transpose();
        Self { buffers: buffers.unwrap_or_else(give_up), lines: 0 }
    }

    /// Keeps what has been logged since the last call.
    pub fn poll(&mut self) {
        let Self { buffers, lines } = self;
        let taken = buffers.as_mut().map_or(Ok(()), |buffers| {
            buffers.take(&mut |record| {
                *lines += 1;
                if *lines <= MOST_LINES {
                    words::keep(&line(record).unwrap_or_else(|| "a record of aya-log that cannot be read".to_owned()));
                }
            })
        });
        if let Err(error) = taken {
            *buffers = give_up(error);
        }
    }
}

fn give_up(error: anyhow::Error) -> Option<PerfBuffers> {
    words::keep(&format!("failed to initialize eBPF logger: {error:#}"));
    None
}

struct Fields<'a>(&'a [u8]);

impl<'a> Iterator for Fields<'a> {
    type Item = (u8, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let (head, rest) = self.0.split_at_checked(3)?;
        let (value, rest) = rest.split_at_checked(u16::from_le_bytes([head[1], head[2]]).into())?;
        self.0 = rest;
        Some((head[0], value))
    }
}

/// A record in the format of env_logger.
fn line(record: &[u8]) -> Option<String> {
    let mut fields = Fields(record);
    let mut next = || fields.next().map(|(_, value)| value);
    let target = String::from_utf8_lossy(next()?).into_owned();
    let level = ["ERROR", "WARN", "INFO", "DEBUG", "TRACE"].get(usize::from(*next()?.first()?).checked_sub(1)?)?;
    let (_module, _file, _line) = (next()?, next()?, next()?);
    let count = usize::try_from(unsigned(next()?)).ok()?;
    let mut message = String::new();
    let mut hint = 0;
    for _ in 0..count {
        let (kind, value) = fields.next()?;
        if kind == DISPLAY_HINT {
            hint = *value.first()?;
        } else {
            message.push_str(&argument(kind, value, hint));
            hint = 0;
        }
    }
    Some(format!("[{level} {target}] {message}"))
}

fn argument(kind: u8, value: &[u8], hint: u8) -> String {
    let is_number = SIGNED.contains(&kind) || UNSIGNED.contains(&kind);
    match hint {
        LOWER_HEX if is_number => format!("{:x}", unsigned(value)),
        UPPER_HEX if is_number => format!("{:X}", unsigned(value)),
        _ if UNSIGNED.contains(&kind) => unsigned(value).to_string(),
        _ if SIGNED.contains(&kind) => signed(value).to_string(),
        _ if FLOATS.contains(&kind) => match value.try_into() {
            Ok(bytes) => f64::from_le_bytes(bytes).to_string(),
            Err(_) => value.try_into().map(f32::from_le_bytes).unwrap_or_default().to_string(),
        },
        // Other kinds have different numbers in each version of aya-log; text is text in all of them.
        _ => match std::str::from_utf8(value) {
            Ok(text) if !text.chars().any(char::is_control) => text.to_owned(),
            _ => value.iter().map(|byte| format!("{byte:02x}")).collect(),
        },
    }
}

fn unsigned(value: &[u8]) -> u64 {
    value.iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte))
}

fn signed(value: &[u8]) -> i64 {
    let unused = 64 - 8 * value.len().clamp(1, 8);
    (unsigned(value) << unused) as i64 >> unused
}
