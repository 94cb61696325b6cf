//! Events from maps that are not made for them: a value that differs from before the trigger, or a new key.
//!
//! Aya's types for such maps need the types of keys and values, which only the program's author knows.
use std::{
    collections::HashMap,
    io,
    os::fd::{AsFd as _, AsRawFd as _, RawFd},
    thread,
    time::Duration,
};

use anyhow::{anyhow, Result};
use aya::{
    maps::{Map, MapData},
    util::nr_cpus,
};

use crate::{
    bpf::{self, Command},
    events::EventSource,
    object::MapShape,
};

/// How much of a map is examined.
const MAX_ENTRIES: usize = 4096;

/// Numbers of map types; include/uapi/linux/bpf.h.
const ARRAYS: [u32; 2] = [2, 6];
const PER_PROCESSOR: [u32; 4] = [5, 6, 10, 21];
const QUEUES: [u32; 2] = [22, 23];

pub struct Values {
    /// Keeps the descriptor open.
    _map: Map,
    descriptor: RawFd,
    is_queue: bool,
    /// Whether a key is only a position, and so not part of an event.
    skips_key: bool,
    key_bytes: usize,
    /// For all processors, in per-CPU maps.
    value_bytes: usize,
    before: HashMap<Vec<u8>, Vec<u8>>,
}

impl Values {
    pub fn watch(map: Map, shape: &MapShape) -> Result<Self> {
        let mut value_bytes = shape.value_bytes;
        if PER_PROCESSOR.contains(&shape.kind) {
            let processors = nr_cpus().map_err(|(path, error)| anyhow!("cannot read {path}: {error}"))?;
            value_bytes = value_bytes.next_multiple_of(8) * processors;
        }
        Ok(Self {
            descriptor: data(&map).fd().as_fd().as_raw_fd(),
            _map: map,
            is_queue: QUEUES.contains(&shape.kind),
            skips_key: ARRAYS.contains(&shape.kind),
            key_bytes: shape.key_bytes,
            value_bytes,
            before: HashMap::new(),
        })
    }

    fn read(&self) -> Vec<(Vec<u8>, Vec<u8>)> {
        let mut entries: Vec<(Vec<u8>, Vec<u8>)> = Vec::new();
        while entries.len() < MAX_ENTRIES {
            let mut key = vec![0; self.key_bytes];
            let previous = entries.last().map(|(key, _)| key.as_slice());
            if call(Command::MapGetNextKey, self.descriptor, previous, &mut key).is_err() {
                break;
            }
            // An entry that has just disappeared stays zero, so it never counts as a change.
            let mut value = vec![0; self.value_bytes];
            let _ = call(Command::MapLookupElement, self.descriptor, Some(&key), &mut value);
            entries.push((key, value));
        }
        entries
    }
}

impl EventSource for Values {
    fn poll(&mut self, limit: Duration, take: &mut dyn FnMut(&[u8])) -> Result<()> {
        let mut has_taken = false;
        if self.is_queue {
            // They have no keys; their values are removed as they are read.
            let mut value = vec![0; self.value_bytes];
            while call(Command::MapLookupAndDeleteElement, self.descriptor, None, &mut value).is_ok() {
                take(&value);
                has_taken = true;
            }
        } else {
            // Each reported value becomes the previous state, so that it is reported only once.
            for (key, value) in self.read() {
                if self.before.get(&key) == Some(&value) {
                    continue;
                }
                let event = if self.skips_key { value.clone() } else { [key.as_slice(), &value].concat() };
                take(&event);
                has_taken = true;
                self.before.insert(key, value);
            }
        }
        if !has_taken {
            thread::sleep(limit);
        }
        Ok(())
    }

    fn settle(&mut self) {
        if !self.is_queue {
            self.before = self.read().into_iter().collect();
        }
    }
}

/// `union bpf_attr` of the commands on elements.
#[repr(C)]
struct Element {
    map: u32,
    key: u64,
    value: u64,
    flags: u64,
}

/// `output` is a value, or the next key.
fn call(command: Command, map: RawFd, key: Option<&[u8]>, output: &mut [u8]) -> io::Result<()> {
    let element = Element {
        map: map as u32,
        key: key.map_or(0, |key| key.as_ptr() as u64),
        value: output.as_mut_ptr() as u64,
        flags: 0,
    };
    // Key and output have the sizes that the map was created with.
    bpf::call(command, &element)?;
    Ok(())
}

fn data(map: &Map) -> &MapData {
    match map {
        Map::Array(data)
        | Map::BloomFilter(data)
        | Map::CpuMap(data)
        | Map::DevMap(data)
        | Map::DevMapHash(data)
        | Map::HashMap(data)
        | Map::LpmTrie(data)
        | Map::LruHashMap(data)
        | Map::PerCpuArray(data)
        | Map::PerCpuHashMap(data)
        | Map::PerCpuLruHashMap(data)
        | Map::PerfEventArray(data)
        | Map::ProgramArray(data)
        | Map::Queue(data)
        | Map::RingBuf(data)
        | Map::SockHash(data)
        | Map::SockMap(data)
        | Map::Stack(data)
        | Map::StackTraceMap(data)
        | Map::Unsupported(data)
        | Map::XskMap(data) => data,
    }
}
