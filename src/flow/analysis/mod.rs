//! What Wireshark's TCP analysis says of each segment, by the rules of its User's Guide (section 7.5) in their order.
//!
//! It guesses where `tcp.rs` proves, so that a student finds here what the other tool shows: neither changes the other.

mod direction;
mod found;
#[cfg(test)]
mod tests;
mod unacked;

use crate::decode::Dissection;
use crate::decode::skim::TcpSkim;
use crate::model::{PacketId, Side, Timestamp};

use direction::{Direction, Scale, behind};
use found::Signs;
use unacked::Unacked;

pub(super) use found::innermost;
use found::{Found, is_readable, sacked};

/// How soon after a duplicate ACK bytes are sent again because of it, in nanoseconds.
const FAST: i64 = 20_000_000;
/// How soon late bytes must come to have been overtaken, in nanoseconds, where the handshake's round trip is not known.
const OVERTAKEN: i64 = 3_000_000;
/// More bytes than this are never in flight: the numbers have wrapped around.
const IN_FLIGHT_MAX: u32 = 2_000_000_000;

/// Both directions of a connection, as far as the rules need them.
#[derive(Debug, Default)]
pub(super) struct Analysis {
    directions: [Direction; 2],
    /// When the last SYN came.
    asked: Option<Timestamp>,
    /// From the SYN to the first acknowledgment behind it.
    initial_rtt: Option<i64>,
}

/// What the analysis is told of a segment beside its header.
#[derive(Clone, Copy, Debug)]
struct Around {
    frame: PacketId,
    time: Timestamp,
    /// Bytes that its selective acknowledgments name.
    sacked: u32,
    /// An earlier connection had the same ports.
    reused: bool,
}

/// A segment, where and when.
#[derive(Clone, Copy, Debug)]
struct Segment {
    seq: u32,
    ack: u32,
    len: u32,
    window: u16,
    /// Behind its last byte; SYN and FIN count.
    next: u32,
    /// It has the ACK flag.
    acks: bool,
    syn: bool,
    syn_or_fin: bool,
    rst: bool,
    push: bool,
    frame: PacketId,
    time: Timestamp,
}

impl Segment {
    fn new(tcp: &TcpSkim, around: &Around) -> Self {
        let syn_or_fin = tcp.flags & (TcpSkim::SYN | TcpSkim::FIN) != 0;
        let len = tcp.payload_len;
        let next = tcp.seq.wrapping_add(len);
        Self {
            seq: tcp.seq,
            ack: tcp.ack,
            len,
            window: tcp.window,
            next: next.wrapping_add(u32::from(syn_or_fin)),
            acks: tcp.has(TcpSkim::ACK),
            syn: tcp.has(TcpSkim::SYN),
            syn_or_fin,
            rst: tcp.has(TcpSkim::RST),
            push: tcp.has(TcpSkim::PSH),
            frame: around.frame,
            time: around.time,
        }
    }

    /// Neither SYN, FIN nor RST.
    const fn is_plain(&self) -> bool {
        !self.syn_or_fin && !self.rst
    }
}

impl Analysis {
    /// Bytes of memory for segments that wait for their acknowledgment.
    pub(super) fn held(&self) -> usize {
        self.directions.iter().map(|one| one.unacked.held()).sum()
    }

    /// Too much waits everywhere: those segments are not remembered any more.
    pub(super) fn give_up(&mut self) {
        for direction in &mut self.directions {
            direction.unacked = Unacked::default();
        }
    }

    /// Takes in the segment of a frame's layer, and adds to that layer what is to be said of it. `reused`: an earlier
    /// connection had the same ports.
    pub(super) fn analyse(
        &mut self,
        from: Side,
        tcp: &TcpSkim,
        reused: bool,
        d: &mut Dissection,
        layer: usize,
    ) {
        if !is_readable(d, layer) {
            return;
        }
        let around = Around {
            frame: d.packet,
            time: d.time,
            sacked: sacked(d, layer),
            reused,
        };
        self.take(from, tcp, &around).tell(d, layer);
    }

    /// Takes in a segment and says what is to be said of it.
    fn take(&mut self, from: Side, tcp: &TcpSkim, around: &Around) -> Found {
        let segment = Segment::new(tcp, around);
        let time = segment.time;
        let mut found = Found::default();
        self.synchronize(from, &segment, around.reused, &mut found);
        if segment.syn && !segment.acks {
            self.asked = Some(time);
        }
        self.judge(from, &segment, &mut found);
        if segment.acks && !segment.syn && self.initial_rtt.is_none() {
            self.initial_rtt = self.asked.map(|asked| time.since(asked));
        }
        self.remember(from, &segment, &found);
        self.acknowledge(from, &segment, &mut found);
        self.weigh(from, &segment, &mut found);
        self.directions[from.index()].sacked = around.sacked;
        if segment.syn {
            self.scale(from, tcp);
        }
        // The window of a SYN is never scaled.
        let scale = self.directions[from.index()].scale;
        found.window = if segment.syn {
            (tcp.window.into(), None)
        } else {
            (scale.of(tcp.window), Some(scale))
        };
        found.initial_rtt = self.initial_rtt;
        found
    }

    /// A SYN may begin another connection between the same ports.
    fn synchronize(&mut self, from: Side, segment: &Segment, reused: bool, found: &mut Found) {
        let fwd = &mut self.directions[from.index()];
        if let (true, Some(base)) = (segment.syn, fwd.base) {
            if segment.acks {
                if base != segment.seq {
                    fwd.base = Some(segment.seq);
                    found.add(Signs::REUSED_PORTS);
                }
            } else if base != segment.seq {
                *self = Self::default();
                found.add(Signs::REUSED_PORTS);
            } else {
                fwd.next = fwd.highest;
                found.touched = true;
            }
        } else if segment.syn && reused && self.asked.is_none() {
            found.add(Signs::REUSED_PORTS);
        }
        let [fwd, rev] = pair(&mut self.directions, from);
        let before = segment.seq.wrapping_sub(u32::from(!segment.syn));
        fwd.base.get_or_insert(before);
        if segment.acks {
            rev.base.get_or_insert(segment.ack.wrapping_sub(1));
        }
    }

    /// The rules, in Wireshark's order: what comes first may leave out what follows.
    fn judge(&mut self, from: Side, segment: &Segment, found: &mut Found) {
        let [fwd, rev] = pair(&mut self.directions, from);
        if segment.acks {
            rev.flight_known = true;
        }
        judge_forth(fwd, rev, segment, found);
        if segment.ack != fwd.ack {
            fwd.first_to_ack = segment.frame;
            fwd.duplicates = 0;
            fwd.unseen = false;
        }
        judge_ack(rev, segment, found);
        if (segment.len > 0 || segment.syn_or_fin) && !found.has(Signs::KEEP_ALIVE) {
            let overtaken = self.initial_rtt.filter(|&rtt| rtt != 0);
            judge_again(fwd, rev, segment, overtaken.unwrap_or(OVERTAKEN), found);
        }
    }

    /// Remembers a segment, and what it says of its direction.
    fn remember(&mut self, from: Side, segment: &Segment, found: &Found) {
        let fwd = &mut self.directions[from.index()];
        if segment.len > 0 || segment.syn_or_fin {
            fwd.unacked
                .push(segment.seq, segment.next, segment.frame, segment.time);
        }
        // A probe does not count: nobody knows yet whether its byte is taken.
        if !found.has(Signs::PROBE) {
            if fwd.next == 0 || behind(segment.next, fwd.next) {
                fwd.next = segment.next;
                fwd.next_frame = segment.frame;
                fwd.next_time = segment.time;
            }
            if fwd.highest == 0 || fwd.highest == segment.seq {
                fwd.highest = fwd.next;
            }
        }
        fwd.window = Some(segment.window);
        fwd.unscaled = segment.syn;
        fwd.ack = segment.ack;
        fwd.ack_time = segment.time;
        fwd.last = found.signs();
    }

    /// Takes what is acknowledged from what waits for it.
    fn acknowledge(&mut self, from: Side, segment: &Segment, found: &mut Found) {
        let rev = &mut self.directions[from.other().index()];
        if let Some((frame, time)) = rev.unacked.acknowledge(segment.ack) {
            found.touched = true;
            found.acks = Some((frame, segment.time.since(time)));
        }
    }

    /// Weighs what is on its way with this segment.
    fn weigh(&mut self, from: Side, segment: &Segment, found: &mut Found) {
        let [fwd, rev] = pair(&mut self.directions, from);
        if segment.len == 0 || !fwd.flight_known {
            return;
        }
        let Some(extent) = fwd.unacked.extent(fwd.base.unwrap_or_default()) else {
            return;
        };
        let bytes = extent.wrapping_sub(rev.sacked);
        if (1..IN_FLIGHT_MAX).contains(&bytes) {
            found.in_flight = bytes - u32::from(segment.syn_or_fin);
        }
        if fwd.pushed {
            fwd.since_push = 0;
        }
        fwd.since_push = fwd.since_push.wrapping_add(segment.len);
        fwd.pushed = segment.push;
        found.since_push = fwd.since_push;
        found.touched = true;
    }

    /// A SYN says how windows are to be scaled; both sides must.
    fn scale(&mut self, from: Side, tcp: &TcpSkim) {
        let [fwd, rev] = pair(&mut self.directions, from);
        if let Some(shift) = tcp.window_scale {
            fwd.scale = Scale::By(shift.min(Scale::MAX));
        }
        match (fwd.scale, rev.scale) {
            (Scale::Unknown, _) => {
                fwd.scale = Scale::Unused;
                rev.scale = Scale::Unused;
            }
            (_, Scale::Unused) if tcp.has(TcpSkim::ACK) => fwd.scale = Scale::Unused,
            _ => {}
        }
    }
}

/// The direction of a segment, and the one against it.
fn pair(directions: &mut [Direction; 2], from: Side) -> [&mut Direction; 2] {
    let [client, server] = directions;
    match from {
        Side::Client => [client, server],
        Side::Server => [server, client],
    }
}

/// What its numbers say, held against those of its own direction.
fn judge_forth(fwd: &mut Direction, rev: &mut Direction, segment: &Segment, found: &mut Found) {
    let at_next = segment.seq == fwd.next;
    if segment.len == 1 && at_next && rev.window == Some(0) {
        return found.add(Signs::PROBE);
    }
    if segment.window == 0 && segment.is_plain() {
        found.add(Signs::ZERO_WINDOW);
    }
    if fwd.next != 0 && behind(segment.seq, fwd.next) && !segment.rst {
        found.add(Signs::LOST);
        fwd.flight_known = false;
    }
    if !segment.is_plain() {
        return;
    }
    if segment.len <= 1 && segment.seq == fwd.next.wrapping_sub(1) {
        found.add(Signs::KEEP_ALIVE);
    }
    if segment.len > 0 {
        if rev.edge() == Some(segment.next) {
            found.add(Signs::WINDOW_FULL);
        }
        return;
    }
    let (repeats, one_more) = (
        segment.ack == fwd.ack,
        segment.ack == fwd.ack.wrapping_add(1),
    );
    let same_window = fwd.window == Some(segment.window);
    if segment.window != 0 && !same_window && at_next && repeats {
        found.add(Signs::WINDOW_UPDATE);
    }
    if !at_next || !same_window {
        return;
    }
    if segment.window == 0 {
        if (repeats || one_more) && rev.last.has(Signs::PROBE) {
            found.add(Signs::PROBE_ACK);
            if one_more {
                rev.next = segment.ack;
                rev.highest = segment.ack;
            }
        }
    } else if repeats && rev.last.has(Signs::KEEP_ALIVE) {
        found.add(Signs::KEEP_ALIVE_ACK);
    } else if repeats {
        fwd.duplicates = fwd.duplicates.saturating_add(1);
        fwd.unseen = false;
        found.add(Signs::DUPLICATE_ACK);
        found.duplicate = (fwd.duplicates, fwd.first_to_ack);
    }
}

/// What its acknowledgment says, held against what was captured of the other direction.
fn judge_ack(rev: &mut Direction, segment: &Segment, found: &mut Found) {
    if !segment.acks || rev.highest == 0 || !behind(segment.ack, rev.highest) {
        return;
    }
    found.touched = true;
    if behind(rev.next, rev.highest) {
        rev.highest = rev.next;
        found.add(Signs::ACK_LOST);
        return;
    }
    // Of a side that is not captured this is said once, until it acknowledges something else; and not where it asks with
    // duplicates for what it lacks.
    if !rev.unseen && rev.duplicates == 0 {
        found.add(Signs::ACK_LOST);
    }
    rev.unseen = true;
    rev.duplicates = 0;
}

/// Bytes, a SYN or a FIN before the end of what was sent: why?
fn judge_again(
    fwd: &Direction,
    rev: &Direction,
    segment: &Segment,
    overtaken: i64,
    found: &mut Found,
) {
    if segment.len > 0 && rev.ack != 0 {
        let end = segment.seq.wrapping_add(segment.len);
        if !behind(end, rev.ack) {
            return found.add(Signs::SPURIOUS);
        }
    }
    // More than the byte that probed a closed window, which was not taken.
    let probed = segment.len > 1 && segment.seq == fwd.next.wrapping_sub(1);
    if fwd.next == 0 || !behind(fwd.next, segment.seq) || probed {
        return;
    }
    let asked = (0..FAST).contains(&segment.time.since(rev.ack_time));
    if rev.duplicates >= 2 && rev.ack == segment.seq && asked {
        return found.add(Signs::FAST);
    }
    let soon = (0..overtaken).contains(&segment.time.since(fwd.next_time));
    if soon && segment.next != fwd.next {
        return found.add(Signs::OUT_OF_ORDER);
    }
    found.add(Signs::RETRANSMISSION);
    let last = (fwd.next_frame, fwd.next_time);
    let (frame, time) = fwd.unacked.oldest().unwrap_or(last);
    found.rto = Some((frame, segment.time.since(time)));
}
