//! The table of conversations: found by their two ends, numbered by first frame, ended by silence.

use std::collections::VecDeque;
use std::net::{IpAddr, Ipv4Addr};

use rustc_hash::FxHashMap;

use crate::model::{Side, Timestamp};

use super::conversation::Flow;

/// How many conversations are followed at a time; then the one that has been silent for longest is ended.
const FLOWS_MAX: usize = 1 << 18;
/// From so many on there is a flood or a scan: those that nobody answered, and those that are over, make room.
const CROWD: usize = 1 << 14;
/// How many conversations are looked at to find one that makes room.
const LOOKS: usize = 8;
/// How many keys are known beyond the end of their conversation, for the number of their stream.
const KEYS_MAX: usize = 1 << 18;
/// Silence that ends a conversation without connection, in nanoseconds.
const SILENCE: i64 = 60_000_000_000;
/// How long stragglers of a closed connection are waited for. RFC 9293 says twice the maximum segment lifetime and takes
/// that to be two minutes; Linux and others take it to be half a minute.
const LINGER: i64 = 60_000_000_000;

/// A pause after which little more is to be expected of datagrams, in nanoseconds: resolvers ask again after 5 s.
const PAUSE: i64 = 5_000_000_000;

/// What tells conversations apart, the same in both directions. Between IPv4 addresses it is small, so that the table of
/// many conversations stays in the processor's cache.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Key {
    V4(Short),
    V6(Long),
}

/// The kind of conversation, and two IPv4 addresses with their ports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Short {
    low: u64,
    high: u64,
}

/// The halves of two IPv6 addresses; their ports and the kind of conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Long {
    addresses: [u64; 4],
    rest: u64,
}

impl Key {
    /// The key of a packet, and true when its sender is the lower of the two ends.
    #[inline]
    pub(super) fn new(kind: u16, src: (&IpAddr, u16), dst: (&IpAddr, u16)) -> (Self, bool) {
        if let (IpAddr::V4(src_ip), IpAddr::V4(dst_ip)) = (src.0, dst.0) {
            let end = |ip: &Ipv4Addr, port| u64::from(ip.to_bits()) << 16 | u64::from(port);
            let (src, dst) = (end(src_ip, src.1), end(dst_ip, dst.1));
            let low = src.min(dst) | u64::from(kind) << 48;
            let high = src.max(dst);
            return (Self::V4(Short { low, high }), src <= dst);
        }
        let forth = src <= dst;
        let (low, high) = if forth { (src, dst) } else { (dst, src) };
        let rest = u64::from(low.1) << 32 | u64::from(high.1) << 16 | u64::from(kind);
        let [low, high] = [bits(*low.0), bits(*high.0)];
        let halves = [low >> 64, low, high >> 64, high];
        let addresses = halves.map(|half| half as u64);
        (Self::V6(Long { addresses, rest }), forth)
    }
}

fn bits(ip: IpAddr) -> u128 {
    match ip {
        IpAddr::V4(ip) => ip.to_ipv6_mapped().to_bits(),
        IpAddr::V6(ip) => ip.to_bits(),
    }
}

/// All conversations that go on.
#[derive(Debug, Default)]
pub(super) struct Table {
    short: FxHashMap<Short, Place>,
    long: FxHashMap<Long, Place>,
    /// By id; those in front of `first` have ended and are gone.
    flows: VecDeque<Option<Entry>>,
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
    /// [`NO_STREAM`] where its transport has none.
    stream: u32,
}

const NO_STREAM: u32 = u32::MAX;
/// Conversations are numbered from 1.
const NOBODY: u32 = 0;

#[derive(Debug)]
struct Entry {
    /// The client is the lower of the two ends.
    client_low: bool,
    flow: Box<Flow>,
}

impl Table {
    /// The conversation of this key that goes on, and the side that sent a packet in direction `forth`.
    pub(super) fn find(&self, key: &Key, forth: bool) -> Option<(&Flow, Side)> {
        let id = self.place(key)?.id;
        let entry = self.flows.get(self.slot(id)?)?.as_ref()?;
        Some((&entry.flow, entry.side(forth)))
    }

    pub(super) fn flow(&self, id: u32) -> Option<&Flow> {
        let entry = self.flows.get(self.slot(id)?)?.as_ref()?;
        Some(&entry.flow)
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
        let earlier = self.place(&key).map(|place| place.stream);
        let earlier = earlier.filter(|stream| *stream != NO_STREAM);
        flow.reuses_ports = earlier.is_some();
        flow.stream = match (flow.transport, earlier) {
            (_, Some(stream)) if !anew => Some(stream),
            ("tcp" | "udp", _) => {
                let next = self.streams.entry(flow.transport).or_default();
                *next += 1;
                Some(*next - 1)
            }
            _ => None,
        };
        let stream = flow.stream.unwrap_or(NO_STREAM);
        let place = Place { id, stream };
        self.put(key, place);
        self.visits.push_back((due_after(flow.start), id));
        let flow = Box::new(flow);
        self.flows.push_back(Some(Entry { client_low, flow }));
        self.live += 1;
    }

    /// Gives a pair of ends a number of its own, as a conversation would have, though nobody follows one.
    pub(super) fn count(&mut self, key: Key, transport: &'static str) {
        if self.place(&key).is_none() {
            let next = self.streams.entry(transport).or_default();
            let place = Place {
                id: NOBODY,
                stream: *next,
            };
            *next += 1;
            self.put(key, place);
        }
    }

    fn put(&mut self, key: Key, place: Place) {
        match key {
            Key::V4(key) => self.short.insert(key, place),
            Key::V6(key) => self.long.insert(key, place),
        };
    }

    /// Takes a conversation out. Its key stays known, for the number of its stream.
    pub(super) fn remove(&mut self, id: u32) -> Option<Box<Flow>> {
        let slot = self.slot(id)?;
        let entry = self.flows.get_mut(slot)?.take()?;
        self.live -= 1;
        while let Some(None) = self.flows.front() {
            self.flows.pop_front();
            self.first += 1;
        }
        if self.short.len() + self.long.len() > KEYS_MAX.max(2 * self.live) {
            let (first, flows) = (self.first, &self.flows);
            let goes_on = |place: &Place| {
                let slot = place.id.checked_sub(first + 1);
                slot.is_some_and(|slot| flows.get(slot as usize).is_some_and(Option::is_some))
            };
            self.short.retain(|_, place| goes_on(place));
            self.long.retain(|_, place| goes_on(place));
        }
        Some(entry.flow)
    }

    /// Is it time to ask for one that is [`Self::stale`]?
    #[inline]
    pub(super) fn is_due(&self, now: Timestamp) -> bool {
        let due = self.visits.front().is_some_and(|&(due, _)| due < now);
        due || self.live > CROWD
    }

    /// A conversation that has been silent for too long; or one that makes room, when there are too many.
    pub(super) fn stale(&mut self, now: Timestamp) -> Option<u32> {
        if self.live > CROWD
            && let Some(id) = self.crowd_out(now)
        {
            return Some(id);
        }
        // At the end of time everything is due for ever.
        while self.visits.front().is_some_and(|&(due, _)| due < now) {
            let (_, id) = self.visits.pop_front()?;
            let Some(flow) = self.flow(id) else { continue };
            if flow.is_stale(now) {
                return Some(id);
            }
            self.visits.push_back((due_after(now), id));
        }
        None
    }

    /// The conversation that is missed least: one that is idle; else, when there are far too many, the most silent of a few.
    fn crowd_out(&mut self, now: Timestamp) -> Option<u32> {
        let mut silent: Option<(Timestamp, u32)> = None;
        for _ in 0..LOOKS {
            let (_, id) = self.visits.pop_front()?;
            let Some(flow) = self.flow(id) else { continue };
            if flow.is_stale(now) {
                return Some(id);
            }
            if flow.is_idle(now) {
                self.crowded_out += 1;
                return Some(id);
            }
            let candidate = (flow.heard, id);
            silent = Some(silent.map_or(candidate, |known| known.min(candidate)));
            self.visits.push_back((due_after(now), id));
        }
        let (_, id) = silent.filter(|_| self.live > FLOWS_MAX)?;
        self.crowded_out += 1;
        Some(id)
    }

    /// The first conversation that goes on.
    pub(super) fn oldest(&self) -> Option<u32> {
        let entry = self.flows.iter().flatten().next()?;
        Some(entry.flow.id)
    }

    fn place(&self, key: &Key) -> Option<Place> {
        match key {
            Key::V4(key) => self.short.get(key).copied(),
            Key::V6(key) => self.long.get(key).copied(),
        }
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
        let silence = now.since(self.heard);
        if silence <= SILENCE.min(LINGER) {
            return false;
        }
        match &self.tcp {
            None => silence > SILENCE,
            Some(tcp) => silence > LINGER && (tcp.state.is_over() || tcp.state.is_asking()),
        }
    }

    /// True when little is to be expected of it: nobody answered, or it is over.
    fn is_idle(&self, now: Timestamp) -> bool {
        match &self.tcp {
            None => self.frames == 1 || now.since(self.heard) > PAUSE,
            Some(tcp) => self.frames == 1 || tcp.state.is_asking() || tcp.state.is_over(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{ACK, SYN, Tape};
    use super::super::{Outcome, Want};
    use super::{CROWD, PAUSE};
    use crate::model::Side::{Client, Server};

    #[test]
    fn a_flood_makes_room_for_itself_and_ends_nobody_else() {
        let mut tape = Tape::new(Want::Conversations);
        tape.handshake();
        let (mut ended, mut live) = (0, 0);
        for n in 0..3 * CROWD as u32 {
            tape.ports = [(n % 60_000 + 1024) as u16, (n / 60_000 + 1) as u16];
            tape.time -= super::super::testing::MS - 1;
            tape.tcp(Client, SYN, n, 0, b"");
            for flow in tape.flows.ended() {
                assert_eq!(flow.outcome(), Outcome::Unanswered);
                ended += 1;
            }
            live = live.max(tape.frames - 2 - ended);
        }
        assert!(live <= CROWD as u64 + 2, "{live}");
        tape.ports = [40_000, 22];
        tape.tcp(Client, ACK, 101, 501, b"x");
        assert_eq!(tape.d.flow.map(|flow| flow.id), Some(1));
    }

    #[test]
    fn captures_that_were_joined_out_of_order_split_no_conversation() {
        let mut tape = Tape::new(Want::Conversations);
        tape.time = 900_000 * super::super::testing::MS;
        tape.handshake();
        // Minutes before.
        tape.ports[0] += 1;
        tape.time = 0;
        tape.handshake();
        tape.ports[0] += 1;
        tape.ports[1] = 5000;
        tape.udp(Client, b"a");
        tape.udp(Server, b"b");
        let flows = tape.finish();
        let frames: Vec<u64> = flows.iter().map(|flow| flow.frames).collect();
        assert_eq!(frames, [3, 3, 2]);
    }

    #[test]
    fn at_the_end_of_time_nothing_is_due() {
        let mut tape = Tape::new(Want::Conversations);
        tape.time = i64::MAX - super::super::testing::MS;
        tape.tcp(Client, SYN, 1, 0, b"");
        tape.time -= super::super::testing::MS;
        tape.tcp(Client, SYN, 1, 0, b"");
        assert_eq!(tape.finish().len(), 1);
    }

    #[test]
    fn datagrams_that_were_answered_go_on_in_a_flood() {
        let mut tape = Tape::new(Want::Conversations);
        tape.ports = [500, 600];
        tape.udp(Client, b"a");
        tape.udp(Server, b"b");
        for n in 0..2 * CROWD as u32 {
            tape.ports = [(n % 60_000 + 1024) as u16, (n / 60_000 + 1) as u16];
            tape.time -= super::super::testing::MS - 1;
            tape.udp(Client, b"a");
            tape.flows.ended().for_each(drop);
        }
        tape.ports = [500, 600];
        tape.udp(Client, b"c");
        assert_eq!(tape.d.flow.map(|flow| flow.id), Some(1));
        // A pause is the end of it, as long as the flood lasts.
        tape.time += PAUSE;
        for n in 0..2 * CROWD as u32 {
            tape.ports = [(n % 60_000 + 1024) as u16, (n / 60_000 + 5) as u16];
            tape.time -= super::super::testing::MS - 1;
            tape.udp(Client, b"a");
        }
        assert!(tape.flows.ended().any(|flow| flow.id == 1));
    }
}
