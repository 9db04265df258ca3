//! What two sides of a TCP connection do (RFC 9293, RFC 5681): the handshake, the close, and what goes wrong between.
//!
//! Only what the capture proves is called by its name: a retransmission is bytes that were seen twice here. Bytes seen
//! once, but late, are out of order: they were overtaken, or their first copy was lost before it came here.

use crate::decode::skim::TcpSkim;
use crate::model::{EventDef, PacketId, Side, Timestamp};

use super::events::{
    CLOSED, DUPLICATE_ACK, ESTABLISHED, FAST_RETRANSMISSION, FIN, HALF_CLOSE, KEEP_ALIVE,
    KEEP_ALIVE_ACK, OUT_OF_ORDER, REFUSED, RESET, RESET_IGNORED, RETRANSMISSION, SYN, SYN_ACK,
    WINDOW_FULL, WINDOW_OPEN, ZERO_WINDOW,
};
use super::half::{
    ACKED, BEGUN, FIN_SENT, Half, KEEPS_ALIVE, PROBES, Repeats, SHUT, UNSCALED, length,
};
use super::history::{Counted, History};
use super::resets;

/// How soon after a duplicate ACK bytes are sent again because of it, in nanoseconds; later it may have been a timer.
const FAST: i64 = 20_000_000;

/// What TCP did in a conversation; the counters count frames.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TcpSummary {
    /// SYN to SYN-ACK in nanoseconds; `None` where either was sent again: nobody can tell which copy was answered.
    pub handshake_rtt: Option<i64>,
    /// SYN to the handshake's ACK in nanoseconds; `None` as above.
    pub initial_rtt: Option<i64>,
    /// Frames with bytes that were seen before.
    pub retransmissions: u32,
    /// ACKs that say the same again.
    pub duplicate_acks: u32,
    /// Frames whose bytes came after bytes that follow them.
    pub out_of_order: u32,
    /// Frames that advertise a window of 0.
    pub zero_windows: u32,
    /// Frames with RST.
    pub resets: u32,
}

/// The state of a connection, as far as the capture shows it.
#[derive(Debug, Default)]
pub(super) struct Tcp {
    pub halves: [Half; 2],
    pub summary: TcpSummary,
    syn: Option<Timestamp>,
    flags: u16,
}

/// Facts about the connection as bits of `Tcp::flags`.
const SYN_SEEN: u16 = 1;
const SYN_ACK_SEEN: u16 = 2;
const HANDSHAKE_DONE: u16 = 4;
/// The SYN or the SYN-ACK was sent again.
const HANDSHAKE_AGAIN: u16 = 8;
const CLOSE_SEEN: u16 = 16;
const RESET_SEEN: u16 = 32;
const REFUSED_SEEN: u16 = 64;
const HALF_CLOSE_SEEN: u16 = 128;

/// What a segment brought.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Taken {
    /// Payload bytes that were not seen before.
    pub new_bytes: u32,
    /// The segment was seen a moment ago at another point of its way: nothing happened.
    pub twin: bool,
}

/// What the room knows beyond the connection.
pub(super) struct Around<'a> {
    pub time: Timestamp,
    /// The frame that first carried a segment that begins where this one does.
    pub first_copy: &'a dyn Fn() -> Option<PacketId>,
    /// Was this very segment captured a moment ago, at another point of its way?
    pub is_twin: &'a dyn Fn() -> bool,
    /// The first SYN.
    pub first_syn: Option<PacketId>,
    /// Time to live (hop limit) and IPv4 identification of the segment's packet.
    pub ttl: u8,
    pub id: u16,
}

/// Events of one frame, and the earlier frame each is about.
pub(super) type Signs = Vec<(&'static EventDef, Option<PacketId>)>;

impl Tcp {
    /// True when a SYN of this side begins another connection: it has begun with another number.
    pub(super) fn is_reused(&self, from: Side, segment: &TcpSkim) -> bool {
        let half = &self.halves[from.index()];
        half.has(BEGUN) && half.base != segment.seq
    }

    /// The highest acknowledgment that a side sent.
    pub(super) fn acked(&self, by: Side) -> Option<u32> {
        let half = &self.halves[by.index()];
        half.has(ACKED).then_some(half.acked)
    }

    /// A SYN was seen and nothing came back.
    pub(super) const fn is_asking(&self) -> bool {
        self.flags & SYN_SEEN != 0 && self.flags & (SYN_ACK_SEEN | RESET_SEEN | REFUSED_SEEN) == 0
    }

    /// The connection was refused.
    pub(super) const fn is_refused(&self) -> bool {
        self.flags & REFUSED_SEEN != 0
    }

    /// A SYN of the client was seen.
    pub(super) const fn has_syn(&self) -> bool {
        self.flags & SYN_SEEN != 0
    }

    /// A SYN-ACK was seen.
    pub(super) const fn has_syn_ack(&self) -> bool {
        self.flags & SYN_ACK_SEEN != 0
    }

    /// The number of the first byte of a side whose SYN was seen.
    pub(super) fn first_byte(&self, side: Side) -> Option<u32> {
        let synchronized = match side {
            Side::Client => self.has_syn(),
            Side::Server => self.has_syn_ack(),
        };
        synchronized.then(|| self.halves[side.index()].base.wrapping_add(1))
    }

    /// A reset was seen.
    pub(super) const fn is_reset(&self) -> bool {
        self.flags & RESET_SEEN != 0
    }

    /// How many sides have sent a FIN.
    pub(super) fn fins(&self) -> usize {
        self.halves.iter().filter(|half| half.has(FIN_SENT)).count()
    }

    /// Nothing more is to come but stragglers.
    pub(super) fn is_over(&self) -> bool {
        self.flags & (CLOSE_SEEN | RESET_SEEN | REFUSED_SEEN) != 0
    }

    /// An ICMP error says that the SYN did not arrive; true when it was the answer.
    pub(super) fn refuse(&mut self) -> bool {
        let asking = self.is_asking();
        if asking {
            self.flags |= REFUSED_SEEN;
        }
        asking
    }

    /// Takes in a segment; what it means is added to `signs`.
    pub(super) fn take(
        &mut self,
        from: Side,
        segment: &TcpSkim,
        around: &Around<'_>,
        history: &mut History,
        signs: &mut Signs,
    ) -> Taken {
        let (syn, fin, rst) = (
            segment.has(TcpSkim::SYN),
            segment.has(TcpSkim::FIN),
            segment.has(TcpSkim::RST),
        );
        if rst {
            history.segment(from, segment);
            self.reset(from, segment, around, signs);
            return Taken::default();
        }
        let len = segment.payload_len;
        let end = segment.seq.wrapping_add(length(segment));
        let mut taken = Taken::default();
        let half = &self.halves[from.index()];
        let advances = end != segment.seq;
        if !half.has(BEGUN) {
            history.segment(from, segment);
            self.halves[from.index()].begin(segment);
            taken.new_bytes = len;
        } else if !advances || (len == 1 && !fin && segment.seq == half.next.wrapping_sub(1)) {
            // An ACK without data, or a byte that may be there only to be acknowledged.
            let repeats = half.repeats(&self.halves[from.other().index()], segment);
            if (repeats != Repeats::Nothing || advances) && (around.is_twin)() {
                return Taken {
                    twin: true,
                    ..taken
                };
            }
            history.segment(from, segment);
            match repeats {
                Repeats::Ack => {
                    self.summary.duplicate_acks += 1;
                    let half = &mut self.halves[from.index()];
                    half.duplicates = half.duplicates.saturating_add(1);
                    half.asked = around.time;
                    signs.push((&DUPLICATE_ACK, None));
                }
                Repeats::KeepAlive => signs.push((&KEEP_ALIVE, None)),
                Repeats::KeepAliveAck => signs.push((&KEEP_ALIVE_ACK, None)),
                Repeats::Nothing if advances => self.again(from, segment, around, history, signs),
                Repeats::Nothing | Repeats::Probe => {}
            }
            let half = &mut self.halves[from.index()];
            half.put(KEEPS_ALIVE, repeats == Repeats::KeepAlive);
        } else {
            let Some(new) = self.advance(from, segment, around, history, signs) else {
                return Taken {
                    twin: true,
                    ..taken
                };
            };
            taken.new_bytes = new;
        }
        if syn {
            self.synchronize(from, segment, around, signs);
        }
        if fin && !self.halves[from.index()].has(FIN_SENT) {
            let half = &mut self.halves[from.index()];
            half.put(FIN_SENT, true);
            half.fin = end.wrapping_sub(1);
            signs.push((&FIN, None));
        }
        self.acknowledge(from, segment, taken.new_bytes > 0, around, history, signs);
        if taken.new_bytes > 0 {
            self.fill_window(from, segment, end, signs);
        }
        taken
    }

    fn reset(&mut self, from: Side, segment: &TcpSkim, around: &Around<'_>, signs: &mut Signs) {
        let ignored = resets::reason(self, from, segment) == Some(resets::Reason::DoesNotFit);
        if (self.is_reset() || ignored) && (around.is_twin)() {
            return;
        }
        self.summary.resets += 1;
        if ignored {
            signs.push((&RESET_IGNORED, None));
            return;
        }
        signs.push((&RESET, None));
        if from == Side::Server && self.is_asking() {
            self.flags |= REFUSED_SEEN;
            signs.push((&REFUSED, around.first_syn));
        }
        self.flags |= RESET_SEEN;
        let half = &mut self.halves[from.index()];
        if !half.has(BEGUN) {
            half.put(BEGUN, true);
            half.base = segment.seq.wrapping_sub(1);
            half.next = segment.seq;
        }
    }

    /// Bytes, a SYN or a FIN: new, late, or sent again. Returns the count of new payload bytes; `None` for a twin.
    fn advance(
        &mut self,
        from: Side,
        segment: &TcpSkim,
        around: &Around<'_>,
        history: &mut History,
        signs: &mut Signs,
    ) -> Option<u32> {
        let shut = self.halves[from.other().index()].has(SHUT);
        let half = &mut self.halves[from.index()];
        half.put(KEEPS_ALIVE, false);
        // The byte that probed a closed window was not taken, and comes with the bytes behind it.
        let probed = half.has(PROBES) && segment.payload_len > 1;
        half.put(PROBES, shut && segment.payload_len == 1);
        let (known, mut seen) = half.cover(segment);
        if known == 1 && probed {
            seen = 0;
        } else if seen > 0 && (around.is_twin)() {
            return None;
        }
        history.segment(from, segment);
        if seen > 0 {
            self.again(from, segment, around, history, signs);
        } else if known > 0 && !probed {
            self.summary.out_of_order += 1;
            signs.push((&OUT_OF_ORDER, None));
        }
        let old = if probed { known } else { seen };
        Some(length(segment).saturating_sub(old).min(segment.payload_len))
    }

    /// A segment was sent again.
    fn again(
        &mut self,
        from: Side,
        segment: &TcpSkim,
        around: &Around<'_>,
        history: &mut History,
        signs: &mut Signs,
    ) {
        let peer = &self.halves[from.other().index()];
        let asked = peer.duplicates >= 2
            && peer.acked == segment.seq
            && around.time.since(peer.asked) <= FAST;
        let event = if asked {
            &FAST_RETRANSMISSION
        } else {
            &RETRANSMISSION
        };
        self.summary.retransmissions += 1;
        signs.push((event, (around.first_copy)()));
        if segment.payload_len > 0 {
            history.counted(from, Counted::Again);
        }
    }

    /// A SYN or SYN-ACK.
    fn synchronize(
        &mut self,
        from: Side,
        segment: &TcpSkim,
        around: &Around<'_>,
        signs: &mut Signs,
    ) {
        let answer = segment.has(TcpSkim::ACK);
        let (event, bit) = if answer {
            (&SYN_ACK, SYN_ACK_SEEN)
        } else {
            (&SYN, SYN_SEEN)
        };
        if self.flags & bit != 0 && self.halves[from.index()].base == segment.seq {
            self.flags |= HANDSHAKE_AGAIN;
            self.summary.handshake_rtt = None;
            self.summary.initial_rtt = None;
        } else if answer {
            let clean = self.flags & HANDSHAKE_AGAIN == 0;
            let rtt = self.syn.map(|syn| around.time.since(syn));
            self.summary.handshake_rtt = rtt.filter(|_| clean);
        } else {
            self.syn = Some(around.time);
        }
        self.flags |= bit;
        self.halves[from.index()].scale = segment.window_scale;
        signs.insert(0, (event, None));
    }

    /// The acknowledgment number and the window.
    fn acknowledge(
        &mut self,
        from: Side,
        segment: &TcpSkim,
        new: bool,
        around: &Around<'_>,
        history: &mut History,
        signs: &mut Signs,
    ) {
        if !segment.has(TcpSkim::ACK) {
            return;
        }
        let syn = segment.has(TcpSkim::SYN);
        let [client, server] = &mut self.halves;
        let (half, peer) = match from {
            Side::Client => (client, server),
            Side::Server => (server, client),
        };
        if !half.has(ACKED) || segment.ack.wrapping_sub(half.acked).cast_signed() > 0 {
            if half.has(ACKED) && peer.has(BEGUN) && peer.lacks(half.acked, segment.ack) {
                history.counted(from.other(), Counted::Gap);
            }
            half.acked = segment.ack;
            half.duplicates = 0;
        }
        half.put(ACKED, true);
        let plain = !syn && !segment.has(TcpSkim::FIN);
        if plain && segment.window == 0 {
            self.summary.zero_windows += 1;
            history.counted(from, Counted::ZeroWindow);
            signs.push((&ZERO_WINDOW, None));
        } else if half.has(SHUT) && segment.window > 0 {
            signs.push((&WINDOW_OPEN, None));
        }
        half.put(SHUT, segment.window == 0);
        half.put(UNSCALED, syn);
        half.window = segment.window;

        let answers = |of: &Half, number: u32| {
            of.has(ACKED) && of.acked.wrapping_sub(number).cast_signed() > 0
        };
        let shakes = SYN_SEEN | SYN_ACK_SEEN;
        if from == Side::Client
            && !syn
            && self.flags & (shakes | HANDSHAKE_DONE) == shakes
            && answers(half, peer.base)
        {
            self.flags |= HANDSHAKE_DONE;
            let clean = self.flags & HANDSHAKE_AGAIN == 0;
            let rtt = self.syn.map(|syn| around.time.since(syn));
            self.summary.initial_rtt = rtt.filter(|_| clean);
            signs.insert(0, (&ESTABLISHED, None));
        }
        let peer_fin_acked = peer.has(FIN_SENT) && answers(half, peer.fin);
        if peer_fin_acked && new && self.flags & (HALF_CLOSE_SEEN | CLOSE_SEEN) == 0 {
            self.flags |= HALF_CLOSE_SEEN;
            signs.push((&HALF_CLOSE, None));
        }
        if peer_fin_acked
            && half.has(FIN_SENT)
            && answers(peer, half.fin)
            && self.flags & CLOSE_SEEN == 0
        {
            self.flags |= CLOSE_SEEN;
            signs.push((&CLOSED, None));
        }
    }

    /// Did the segment fill the window that the other side gave?
    fn fill_window(&self, from: Side, segment: &TcpSkim, end: u32, signs: &mut Signs) {
        let (half, peer) = (
            &self.halves[from.index()],
            &self.halves[from.other().index()],
        );
        let flags = TcpSkim::SYN | TcpSkim::FIN;
        if segment.flags & flags != 0 || !peer.has(ACKED) || peer.window == 0 {
            return;
        }
        let both = SYN_SEEN | SYN_ACK_SEEN;
        if self.flags & both != both {
            return;
        }
        let scaled = half.scale.is_some() && !peer.has(UNSCALED);
        let shift = peer.scale.filter(|_| scaled).unwrap_or(0).min(14);
        if end == peer.acked.wrapping_add(u32::from(peer.window) << shift) {
            signs.push((&WINDOW_FULL, None));
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::flow::testing::{ACK, FIN, MS, RST, SYN, Tape};
    use crate::flow::{Flow, Outcome, Want};
    use crate::model::Side::{Client, Server};

    #[test]
    fn a_connection_from_syn_to_the_last_ack() {
        let mut tape = Tape::new(Want::Events);
        assert_eq!(tape.tcp(Client, SYN, 100, 0, b""), "tcp.syn");
        assert_eq!(tape.tcp(Server, SYN | ACK, 500, 101, b""), "tcp.syn_ack");
        assert_eq!(tape.tcp(Client, ACK, 101, 501, b""), "tcp.established");
        assert_eq!(tape.tcp(Client, ACK, 101, 501, b"abc"), "");
        assert_eq!(tape.tcp(Server, ACK, 501, 104, b""), "");
        assert_eq!(tape.tcp(Server, ACK, 501, 104, b"defgh"), "");
        assert_eq!(tape.tcp(Client, FIN | ACK, 104, 506, b""), "tcp.fin");
        assert_eq!(tape.tcp(Server, FIN | ACK, 506, 105, b""), "tcp.fin");
        assert_eq!(tape.tcp(Client, ACK, 105, 507, b""), "tcp.closed");
        let flow = &tape.finish()[0];
        assert_eq!(flow.outcome(), Outcome::Closed);
        assert_eq!(flow.history(), "ShADadFf");
        assert_eq!(flow.bytes, [3, 5]);
        assert_eq!((flow.frames, flow.first.0, flow.last.0), (9, 1, 9));
        let tcp = flow.tcp().unwrap();
        assert_eq!(tcp.handshake_rtt, Some(MS));
        assert_eq!(tcp.initial_rtt, Some(2 * MS));
        assert_eq!(tcp.retransmissions, 0);
    }

    #[test]
    fn a_lost_syn_makes_the_round_trip_unknown() {
        let mut tape = Tape::new(Want::Events);
        tape.tcp(Client, SYN, 100, 0, b"");
        tape.time += 1000 * MS;
        assert_eq!(
            tape.tcp(Client, SYN, 100, 0, b""),
            "tcp.syn tcp.retransmission"
        );
        assert_eq!(tape.d.events[1].about.map(|p| p.0), Some(1));
        tape.tcp(Server, SYN | ACK, 500, 101, b"");
        assert_eq!(tape.tcp(Client, ACK, 101, 501, b""), "tcp.established");
        let tcp = tape.finish()[0].tcp().unwrap();
        assert_eq!((tcp.handshake_rtt, tcp.initial_rtt), (None, None));
        assert_eq!(tcp.retransmissions, 1);
    }

    #[test]
    fn refused_unanswered_reset_half_closed() {
        let mut tape = Tape::new(Want::Events);
        tape.tcp(Client, SYN, 100, 0, b"");
        assert_eq!(
            tape.tcp(Server, RST | ACK, 0, 101, b""),
            "tcp.reset tcp.refused"
        );
        assert_eq!(tape.d.events[1].about.map(|p| p.0), Some(1));

        tape.ports = [40_001, 22];
        tape.tcp(Client, SYN, 100, 0, b"");
        tape.time += 1000 * MS;
        tape.tcp(Client, SYN, 100, 0, b"");

        tape.ports = [40_002, 22];
        tape.handshake();
        assert_eq!(tape.tcp(Client, RST, 101, 0, b""), "tcp.reset");

        tape.ports = [40_003, 22];
        tape.handshake();
        tape.tcp(Client, FIN | ACK, 101, 501, b"");
        tape.tcp(Server, ACK, 501, 102, b"");
        assert_eq!(tape.tcp(Server, ACK, 501, 102, b"more"), "tcp.half_close");
        assert_eq!(tape.tcp(Server, ACK, 505, 102, b"more"), "");

        let flows = tape.finish();
        let outcomes: Vec<&str> = flows.iter().map(|f| f.outcome().name()).collect();
        assert_eq!(outcomes, ["refused", "unanswered", "reset", "half-closed"]);
        let histories: Vec<String> = flows.iter().map(Flow::history).collect();
        assert_eq!(histories, ["Sr", "S", "ShAR", "ShAFad"]);
        let ending = &flows[1].endings[0];
        assert_eq!(ending.event.id, "tcp.unanswered");
        assert_eq!(
            ending.frames.iter().map(|p| p.0).collect::<Vec<_>>(),
            [3, 4]
        );
        assert!(flows[0].endings.is_empty() && flows[2].endings.is_empty());
    }

    #[test]
    fn a_reset_after_both_fins_changes_nothing() {
        let mut tape = Tape::new(Want::Events);
        tape.handshake();
        tape.tcp(Client, FIN | ACK, 101, 501, b"");
        tape.tcp(Server, FIN | ACK, 501, 102, b"");
        assert_eq!(tape.tcp(Client, RST, 102, 0, b""), "tcp.reset");
        assert_eq!(tape.finish()[0].outcome(), Outcome::Closed);
    }

    #[test]
    fn only_bytes_seen_twice_are_a_retransmission() {
        let mut tape = Tape::new(Want::Events);
        tape.handshake();
        tape.tcp(Client, ACK, 101, 501, b"0123456789");
        tape.tcp(Client, ACK, 121, 501, b"0123456789");
        // Late, and seen once.
        assert_eq!(
            tape.tcp(Client, ACK, 111, 501, b"0123456789"),
            "tcp.out_of_order"
        );
        assert_eq!(
            tape.tcp(Client, ACK, 111, 501, b"0123456789"),
            "tcp.retransmission"
        );
        assert_eq!(tape.d.events[0].about.map(|p| p.0), Some(6));
        // Half of it is new.
        assert_eq!(
            tape.tcp(Client, ACK, 126, 501, b"0123456789"),
            "tcp.retransmission"
        );
        let flow = &tape.finish()[0];
        assert_eq!(flow.bytes, [35, 0]);
        let tcp = flow.tcp().unwrap();
        assert_eq!((tcp.out_of_order, tcp.retransmissions), (1, 2));
        assert_eq!(flow.history(), "ShADT");
    }

    #[test]
    fn duplicate_acks_ask_for_a_fast_retransmission() {
        let mut tape = Tape::new(Want::Events);
        tape.handshake();
        for i in 0..4 {
            tape.tcp(Server, ACK, 501 + 10 * i, 101, b"0123456789");
        }
        assert_eq!(tape.tcp(Client, ACK, 101, 511, b""), "");
        assert_eq!(tape.tcp(Client, ACK, 101, 511, b""), "tcp.duplicate_ack");
        assert_eq!(tape.tcp(Client, ACK, 101, 511, b""), "tcp.duplicate_ack");
        let again = tape.tcp(Server, ACK, 511, 101, b"0123456789");
        assert_eq!(again, "tcp.fast_retransmission");
        assert_eq!(tape.d.events[0].about.map(|p| p.0), Some(5));
        assert_eq!(tape.finish()[0].tcp().unwrap().duplicate_acks, 2);
    }

    #[test]
    fn a_segment_captured_twice_on_its_way_was_sent_once() {
        let mut tape = Tape::new(Want::Events);
        tape.handshake();
        tape.tcp(Client, ACK, 101, 501, b"0123456789");
        // The router's copy: the same identification, one hop fewer.
        (tape.id, tape.ttl) = (tape.id - 1, 63);
        assert_eq!(tape.tcp(Client, ACK, 101, 501, b"0123456789"), "");
        tape.ttl = 64;
        assert_eq!(
            tape.tcp(Client, ACK, 101, 501, b"0123456789"),
            "tcp.retransmission"
        );
        let flow = &tape.finish()[0];
        assert_eq!((flow.frames, flow.bytes[0]), (6, 10));
        assert_eq!(flow.tcp().unwrap().retransmissions, 1);
    }
}
