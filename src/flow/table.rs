//! The table of conversations: found by their two ends, numbered by first frame, ended by silence.

use std::collections::VecDeque;
use std::hash::{Hash, Hasher};
use std::net::IpAddr;

use rustc_hash::FxHashMap;

use crate::model::{Side, Timestamp};

use super::conversation::Flow;

/// How many conversations are followed at a time; then the oldest is ended.
const FLOWS_MAX: usize = 1 << 20;
/// Silence that ends a conversation without connection, in nanoseconds.
const SILENCE: i64 = 60_000_000_000;
/// How long stragglers of a closed connection are waited for (RFC 9293: twice the maximum segment lifetime).
const LINGER: i64 = 240_000_000_000;

/// What tells conversations apart, the same in both directions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Key {
    low: (u128, u16),
    high: (u128, u16),
    kind: u16,
}

impl Key {
    /// The key of a packet, and true when its sender is the lower of the two ends.
    pub(super) fn new(kind: u16, src: (IpAddr, u16), dst: (IpAddr, u16)) -> (Self, bool) {
        let (src, dst) = ((number(src.0), src.1), (number(dst.0), dst.1));
        let forth = src <= dst;
        let (low, high) = if forth { (src, dst) } else { (dst, src) };
        (Self { low, high, kind }, forth)
    }
}

impl Hash for Key {
    fn hash<H: Hasher>(&self, state: &mut H) {
        let [low, high] = [self.low.0, self.high.0];
        if low >> 64 == 0 && high >> 64 == 0 {
            state.write_u64((low as u64) << 32 ^ high as u64);
        } else {
            state.write_u128(low);
            state.write_u128(high);
        }
        let ports = u64::from(self.low.1) << 32 | u64::from(self.high.1) << 16;
        state.write_u64(ports | u64::from(self.kind));
    }
}

/// IPv4 addresses as they are, in 32 bits; IPv6 has none so small but `::` and its neighbours, told apart by a bit.
fn number(ip: IpAddr) -> u128 {
    match ip {
        IpAddr::V4(ip) => u128::from(ip.to_bits()),
        IpAddr::V6(ip) => match ip.to_bits() {
            small if small >> 64 == 0 => small | 1 << 64,
            bits => bits,
        },
    }
}

/// All conversations that go on.
#[derive(Debug, Default)]
pub(super) struct Table {
    index: FxHashMap<Key, Place>,
    /// By id; those in front of `first` have ended and are gone.
    flows: VecDeque<Option<Box<Entry>>>,
    first: u32,
    live: usize,
    /// When to see whether a conversation has fallen silent, soonest first.
    visits: VecDeque<(Timestamp, u32)>,
    streams: FxHashMap<&'static str, u32>,
    /// Conversations that were ended because there were too many.
    pub crowded_out: u64,
}

/// Where a key leads to.
#[derive(Clone, Copy, Debug)]
struct Place {
    id: u32,
    stream: Option<u32>,
}

#[derive(Debug)]
struct Entry {
    /// The client is the lower of the two ends.
    client_low: bool,
    flow: Flow,
}

impl Table {
    /// The conversation of this key that goes on, and the side that sent a packet in direction `forth`.
    pub(super) fn find(&self, key: &Key, forth: bool) -> Option<(u32, Side)> {
        let id = self.index.get(key)?.id;
        let entry = self.flows.get(self.slot(id)?)?.as_ref()?;
        Some((id, entry.side(forth)))
    }

    pub(super) fn flow(&self, id: u32) -> Option<&Flow> {
        Some(&self.flows.get(self.slot(id)?)?.as_ref()?.flow)
    }

    pub(super) fn flow_mut(&mut self, id: u32) -> Option<&mut Flow> {
        let slot = self.slot(id)?;
        Some(&mut self.flows.get_mut(slot)?.as_mut()?.flow)
    }

    /// The number of the next conversation.
    pub(super) fn next_id(&self) -> u32 {
        self.first + self.flows.len() as u32 + 1
    }

    /// Adds a conversation made by [`Self::next_id`]. `anew`: it is another stream than the last one of this key.
    pub(super) fn add(&mut self, key: Key, client_low: bool, anew: bool, mut flow: Flow) {
        let id = flow.id;
        let earlier = self.index.get(&key).and_then(|place| place.stream);
        flow.stream = match (flow.transport, earlier) {
            (_, Some(stream)) if !anew => Some(stream),
            ("tcp" | "udp", _) => {
                let next = self.streams.entry(flow.transport).or_default();
                *next += 1;
                Some(*next - 1)
            }
            _ => None,
        };
        let stream = flow.stream;
        self.visits.push_back((due_after(flow.start), id));
        self.index.insert(key, Place { id, stream });
        self.flows
            .push_back(Some(Box::new(Entry { client_low, flow })));
        self.live += 1;
    }

    /// Takes a conversation out. Its key stays known, for the number of its stream.
    pub(super) fn remove(&mut self, id: u32) -> Option<Flow> {
        let slot = self.slot(id)?;
        let entry = self.flows.get_mut(slot)?.take()?;
        self.live -= 1;
        while let Some(None) = self.flows.front() {
            self.flows.pop_front();
            self.first += 1;
        }
        if self.index.len() > 2 * FLOWS_MAX {
            let (first, flows) = (self.first, &self.flows);
            self.index.retain(|_, place| {
                let slot = place.id.checked_sub(first + 1);
                slot.is_some_and(|slot| flows.get(slot as usize).is_some_and(Option::is_some))
            });
        }
        Some(entry.flow)
    }

    /// A conversation that has been silent for too long; or the oldest, when there are too many.
    pub(super) fn stale(&mut self, now: Timestamp) -> Option<u32> {
        if self.live > FLOWS_MAX {
            self.crowded_out += 1;
            return self.oldest();
        }
        while self.visits.front().is_some_and(|&(due, _)| due <= now) {
            let (_, id) = self.visits.pop_front()?;
            let Some(flow) = self.flow(id) else { continue };
            if flow.is_stale(now) {
                return Some(id);
            }
            self.visits.push_back((due_after(now), id));
        }
        None
    }

    /// The first conversation that goes on.
    pub(super) fn oldest(&self) -> Option<u32> {
        let entry = self.flows.iter().flatten().next()?;
        Some(entry.flow.id)
    }

    fn slot(&self, id: u32) -> Option<usize> {
        id.checked_sub(self.first + 1).map(|slot| slot as usize)
    }
}

/// When a conversation is looked at next.
const fn due_after(time: Timestamp) -> Timestamp {
    Timestamp(time.0.saturating_add(SILENCE))
}

impl Entry {
    const fn side(&self, forth: bool) -> Side {
        if self.client_low == forth {
            Side::Client
        } else {
            Side::Server
        }
    }
}

impl Flow {
    /// True when the silence since its last frame has ended it.
    pub(super) fn is_stale(&self, now: Timestamp) -> bool {
        let silence = now.since(self.end);
        match &self.tcp {
            None => silence > SILENCE,
            Some(tcp) => silence > LINGER && (tcp.state.is_over() || tcp.state.is_asking()),
        }
    }
}
