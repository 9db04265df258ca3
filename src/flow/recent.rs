//! The last TCP segments of all conversations: which frame carried a byte first, and which segment was captured twice.

use std::collections::VecDeque;

use crate::decode::skim::{Skim, TcpSkim};
use crate::model::{Mac, PacketId, Side, Timestamp};

/// How many segments are remembered.
const SEGMENTS_MAX: usize = 2048;
/// Two captures of one segment are at most this far apart, in nanoseconds; no timer of TCP is as short (RFC 6298).
const TWINS_APART: i64 = 50_000_000;

/// The last segments, newest last.
#[derive(Debug, Default)]
pub(super) struct Recent {
    segments: VecDeque<Seen>,
}

/// A segment that was seen.
#[derive(Clone, Copy, Debug)]
pub(super) struct Seen {
    flow: u32,
    from: Side,
    seq: u32,
    ack: u32,
    len: u32,
    flags: u16,
    window: u16,
    id: u16,
    ttl: u8,
    mac: Option<(Mac, Mac)>,
    time: Timestamp,
    packet: PacketId,
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
            flow,
            from,
            seq: segment.seq,
            ack: segment.ack,
            len: segment.payload_len,
            flags: segment.flags,
            window: segment.window,
            id: skim.id,
            ttl: skim.ttl,
            mac: skim.mac,
            time,
            packet,
        }
    }

    /// True when both are one segment, captured at two points of its way. A sender numbers its packets anew (IPv4
    /// identification); where it does not, only another router or hop count shows that it was not sent twice.
    fn is_twin_of(&self, other: &Self) -> bool {
        let same = (
            self.seq,
            self.ack,
            self.len,
            self.flags,
            self.window,
            self.id,
        ) == (
            other.seq,
            other.ack,
            other.len,
            other.flags,
            other.window,
            other.id,
        );
        same && (self.id != 0 || self.ttl != other.ttl || self.mac != other.mac)
    }

    fn is_of(&self, other: &Self) -> bool {
        (self.flow, self.from) == (other.flow, other.from)
    }
}

impl Recent {
    pub(super) fn push(&mut self, seen: Seen) {
        if self.segments.len() >= SEGMENTS_MAX {
            self.segments.pop_front();
        }
        self.segments.push_back(seen);
    }

    /// Was this segment captured a moment ago?
    pub(super) fn has_twin(&self, seen: &Seen) -> bool {
        self.segments
            .iter()
            .rev()
            .take_while(|other| seen.time.since(other.time) <= TWINS_APART)
            .any(|other| other.is_of(seen) && other.is_twin_of(seen))
    }

    /// The frame that first carried the byte of this number, if it is remembered.
    pub(super) fn first_copy(&self, seen: &Seen, seq: u32) -> Option<PacketId> {
        let carries = |other: &&Seen| {
            let syn_or_fin = u32::from(other.flags & (TcpSkim::SYN | TcpSkim::FIN) != 0);
            other.is_of(seen) && seq.wrapping_sub(other.seq) < other.len + syn_or_fin
        };
        self.segments.iter().find(carries).map(|other| other.packet)
    }
}
