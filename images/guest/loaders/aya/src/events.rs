//! Events of an object: from maps for events, or as changes of other maps.
use std::{
    io,
    os::fd::{AsFd as _, AsRawFd as _, RawFd},
    time::{Duration, Instant},
};

use anyhow::{anyhow, Result};
use aya::{
    maps::{
        perf::{PerfBufferError, PerfEventArrayBuffer},
        Map, MapData, PerfEventArray, RingBuf,
    },
    util::online_cpus,
    Ebpf,
};
use bytes::BytesMut;

use crate::{
    aya_log::{self, AyaLog},
    guest::{code, EventWaits, Finding, Plan, Trigger, EVENT_LIMIT},
    load,
    map_values::Values,
    object::{MapShape, ObjectView},
    words,
};

/// How much of an event is kept for the report.
const MAX_EVENT_BYTES: usize = 4096;
/// The size of each processor's buffer.
const PERF_BUFFER_PAGES: usize = 16;
/// Larger than any record of a perf buffer.
const MAX_RECORD_BYTES: usize = 64 << 10;

/// A source of events.
pub trait EventSource {
    /// Passes on available events, and waits at most `limit` for new ones.
    fn poll(&mut self, limit: Duration, take: &mut dyn FnMut(&[u8])) -> Result<()>;
    /// Called between attaching and the trigger: earlier contents of a map are not events.
    fn settle(&mut self) {}
}

pub struct Events {
    source: Box<dyn EventSource>,
    /// The map with the events.
    map: String,
    contains: Vec<u8>,
    seen: u64,
    pub fitting: Option<Vec<u8>>,
}

impl Events {
    /// Prepares for events of the loaded object; an error explains why the plan does not match it.
    pub fn open(ebpf: &mut Ebpf, view: &ObjectView, plan: &Plan) -> Result<Self, Finding> {
        let name = match plan.event_map() {
            Some(name) => name,
            None => only_stream(ebpf).ok_or_else(|| Finding::new(code::EVENT_MAP_AMBIGUOUS, &[]))?,
        };
        let missing = || Finding::new(code::EVENT_MAP_MISSING, &[&name]);
        let map = ebpf.take_map(&name).ok_or_else(missing)?;
        let source = watch(map, view.maps.get(&name))
            .map_err(|error| Finding::new(code::EVENTS_UNOPENABLE, &[&name, &format!("{error:#}")]))?
            .ok_or_else(missing)?;
        Ok(Self { source, map: name, contains: plan.contains(), seen: 0, fitting: None })
    }

    pub fn settle(&mut self) {
        self.source.settle();
    }

    /// Waits for a matching event, at most `limit` milliseconds after the trigger has ended. Returns 0 or a negative errno.
    pub fn wait(&mut self, trigger: Trigger, limit: i32, log: &mut AyaLog) -> i32 {
        let mut deadline = None;
        let mut waits = EventWaits::new();
        while self.fitting.is_none() {
            log.poll();
            if let Err(error) = self.poll(waits.next()) {
                words::find(code::EVENTS_UNREADABLE, &[&self.map, &format!("{error:#}")]);
                return words::errno(&error);
            }
            if !trigger.has_ended() {
                continue;
            }
            // The service limits the duration of the trigger.
            let limit = Duration::from_millis(limit.unsigned_abs().into());
            let is_late = Instant::now() >= *deadline.get_or_insert_with(|| Instant::now() + limit);
            if !trigger.ran() || (self.fitting.is_none() && is_late) {
                return self.absence();
            }
        }
        0
    }

    fn poll(&mut self, limit: Duration) -> Result<()> {
        let Self { source, contains, seen, fitting, .. } = self;
        source.poll(limit, &mut |event| {
            *seen += 1;
            if fitting.is_none() && holds(event, contains) {
                *fitting = Some(event[..event.len().min(MAX_EVENT_BYTES)].to_vec());
            }
        })
    }

    fn absence(&self) -> i32 {
        if self.seen == 0 {
            -libc::ETIMEDOUT
        } else {
            -libc::EBADMSG
        }
    }

    /// Keeps a finding: no event arrived, or none matched.
    pub fn explain_absence(&self) {
        let Self { map, seen, .. } = self;
        load::explain_relocation();
        if *seen == 0 {
            words::find(code::NO_EVENT, &[map, &EVENT_LIMIT.as_secs().to_string()]);
        } else {
            let contains = String::from_utf8_lossy(&self.contains);
            words::find(code::NO_FITTING_EVENT, &[&seen.to_string(), map, &contains]);
        }
    }
}

fn holds(event: &[u8], text: &[u8]) -> bool {
    text.is_empty() || event.windows(text.len()).any(|window| window == text)
}

/// The object's only map for events, apart from the one of aya-log.
fn only_stream(ebpf: &Ebpf) -> Option<String> {
    let mut streams = ebpf
        .maps()
        .filter(|(name, map)| matches!(map, Map::PerfEventArray(_) | Map::RingBuf(_)) && *name != aya_log::MAP)
        .map(|(name, _)| name.to_owned());
    let only = streams.next();
    only.filter(|_| streams.next().is_none())
}

/// `None` for a map that must be polled for changes but is not defined in the object.
fn watch(map: Map, shape: Option<&MapShape>) -> Result<Option<Box<dyn EventSource>>> {
    Ok(match map {
        Map::PerfEventArray(_) => Some(Box::new(PerfBuffers::open(map)?)),
        Map::RingBuf(_) => Some(Box::new(Ring(RingBuf::try_from(map)?))),
        _ => match shape {
            Some(shape) => Some(Box::new(Values::watch(map, shape)?)),
            None => None,
        },
    })
}

/// The buffers of a perf event array, one per processor.
pub struct PerfBuffers {
    buffers: Vec<PerfEventArrayBuffer<MapData>>,
    records: Vec<BytesMut>,
}

impl PerfBuffers {
    pub fn open(map: Map) -> Result<Self> {
        let mut array = PerfEventArray::try_from(map)?;
        let processors = online_cpus().map_err(|(path, error)| anyhow!("cannot read {path}: {error}"))?;
        let buffers: Result<Vec<_>, PerfBufferError> =
            processors.into_iter().map(|processor| array.open(processor, Some(PERF_BUFFER_PAGES))).collect();
        Ok(Self { buffers: buffers?, records: vec![BytesMut::with_capacity(MAX_RECORD_BYTES); 4] })
    }

    /// Passes on available events.
    pub fn take(&mut self, take: &mut dyn FnMut(&[u8])) -> Result<()> {
        for buffer in &mut self.buffers {
            while buffer.readable() {
                let events = buffer.read_events(&mut self.records)?;
                for record in &self.records[..events.read] {
                    take(record);
                }
            }
        }
        Ok(())
    }
}

impl EventSource for PerfBuffers {
    fn poll(&mut self, limit: Duration, take: &mut dyn FnMut(&[u8])) -> Result<()> {
        wait_readable(self.buffers.iter().map(|buffer| buffer.as_fd().as_raw_fd()), limit)?;
        self.take(take)
    }
}

struct Ring(RingBuf<MapData>);

impl EventSource for Ring {
    fn poll(&mut self, limit: Duration, take: &mut dyn FnMut(&[u8])) -> Result<()> {
        wait_readable([self.0.as_raw_fd()], limit)?;
        while let Some(record) = self.0.next() {
            take(&record);
        }
        Ok(())
    }
}

fn wait_readable(descriptors: impl IntoIterator<Item = RawFd>, limit: Duration) -> io::Result<()> {
    let mut waits: Vec<libc::pollfd> =
        descriptors.into_iter().map(|fd| libc::pollfd { fd, events: libc::POLLIN, revents: 0 }).collect();
    // SAFETY: the array outlives the call.
    let count = unsafe { libc::poll(waits.as_mut_ptr(), waits.len() as libc::nfds_t, limit.as_millis() as i32) };
    match io::Error::last_os_error() {
        error if count < 0 && error.kind() != io::ErrorKind::Interrupted => Err(error),
        _ => Ok(()),
    }
}
