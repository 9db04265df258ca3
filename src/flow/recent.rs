//! The last TCP segments of all conversations: which frame carried a byte first, and which segment was captured twice.

use std::hash::BuildHasher;

use rustc_hash::FxBuildHasher;

use crate::decode::skim::{Skim, TcpSkim};
use crate::model::{Mac, PacketId, Side, Timestamp};

/// How many places there are for segments; a segment takes the place of an older one.
const PLACES: usize = 2048;
/// Two captures of one segment are at most this far apart, in nanoseconds; no timer of TCP is as short (RFC 6298).
const TWINS_APART: i64 = 50_000_000;

/// The last segments.
#[derive(Debug)]
pub(super) struct Recent {
    places: Vec<Option<Seen>>,
}

/// A segment that was seen.
#[derive(Clone, Copy, Debug)]
pub(super) struct Seen {
    start: Start,
    ack: u32,
    len: u32,
    window: u16,
    flags: u16,
    id: u16,
    ttl: u8,
    mac: Option<(Mac, Mac)>,
    time: Timestamp,
    /// The frame that first carried a segment with this start.
    first: PacketId,
}

/// What a segment and its copies have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Start {
    flow: u32,
    seq: u32,
    from_client: bool,
    /// It carries data, SYN or FIN; ACKs without them are kept apart.
    advances: bool,
}

impl Default for Recent {
    fn default() -> Self {
        Self {
            places: vec![None; PLACES],
        }
    }
}

impl Seen {
    pub(super) fn new(
        flow: u32,
        from: Side,
        skim: &Skim,
        segment: &TcpSkim,
        time: Timestamp,
        packet: PacketId,
    ) -> Self {
        Self {
            start: Start {
                flow,
                seq: segment.seq,
                from_client: from == Side::Client,
                advances: segment.payload_len > 0
                    || segment.flags & (TcpSkim::SYN | TcpSkim::FIN) != 0,
            },
            ack: segment.ack,
            len: segment.payload_len,
            window: segment.window,
            flags: segment.flags,
            id: skim.id,
            ttl: skim.ttl,
            mac: skim.mac,
            time,
            first: packet,
        }
    }

    /// True when both are one segment, captured at two points of its way. A sender numbers its packets anew (IPv4
    /// identification); where it does not, only another router or hop count shows that it was not sent twice.
    fn is_twin_of(&self, other: &Self) -> bool {
        let said = |seen: &Self| (seen.ack, seen.len, seen.window, seen.flags, seen.id);
        self.time.since(other.time) <= TWINS_APART
            && said(self) == said(other)
            && (self.id != 0 || self.ttl != other.ttl || self.mac != other.mac)
    }
}

impl Recent {
    pub(super) fn push(&mut self, mut seen: Seen) {
        if let Some(earlier) = self.earlier(&seen) {
            seen.first = earlier.first;
        }
        let place = place(&seen.start);
        self.places[place] = Some(seen);
    }

    /// Was this segment captured a moment ago?
    pub(super) fn has_twin(&self, seen: &Seen) -> bool {
        self.earlier(seen)
            .is_some_and(|earlier| seen.is_twin_of(earlier))
    }

    /// The frame that first carried the first byte of this segment, if it is remembered.
    pub(super) fn first_copy(&self, seen: &Seen) -> Option<PacketId> {
        self.earlier(seen).map(|earlier| earlier.first)
    }

    fn earlier(&self, seen: &Seen) -> Option<&Seen> {
        let found = self.places[place(&seen.start)].as_ref();
        found.filter(|earlier| earlier.start == seen.start)
    }
}

fn place(start: &Start) -> usize {
    FxBuildHasher.hash_one(start) as usize % PLACES
}
