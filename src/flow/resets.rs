//! Why a side may have sent RST: what the numbers of the connection prove, and what is only a hint (RFC 9293).

use crate::decode::Value;
use crate::decode::skim::TcpSkim;
use crate::model::Side;

use super::analysis::innermost;
use super::half::{ACKED, BEGUN, FIN_SENT};
use super::hearing::Hearing;
use super::tcp::Tcp;

/// No window is longer (RFC 7323, section 2.3).
const WINDOW_MAX: u32 = 1 << 30;
/// Packets of a sender before the time to live of one more may be called unlike theirs.
const ENOUGH: u32 = 2;
/// Packets in a row, and steps between their identifications, by which a sender is known to count them.
const ROW: u8 = 3;
const STEP: u16 = 64;
/// So far off is no packet of that row.
const FAR: u16 = 1024;

/// What the numbers of a reset and of the segments before it prove, as `wirewalk.tcp.reset_reason` has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reason {
    /// It acknowledges the SYN and nothing else (section 3.10.7.1). Whether nobody listens, or a filter says so, looks alike.
    AnswersSyn = 1,
    /// Without ACK, with the number that the SYN-ACK acknowledges (section 3.5.1).
    AnswersSynAck = 2,
    /// Bytes came that its sender had not seen when it sent FIN (RFC 1122, section 4.2.2.13).
    AfterClose = 3,
    /// Both had sent FIN.
    Over = 4,
    /// Without ACK, with the number that the other side acknowledged last: so answers who knows no such connection
    /// (section 3.10.7.1), but by section 3.10.5 also who gives one up.
    Unknown = 5,
    /// With ACK, behind its own last byte: so ends what its program closes with bytes unread or by force.
    GivenUp = 6,
    /// The receiver has acknowledged its number already, no window reaches so far, or it does not acknowledge the SYN: it is
    /// dropped (section 3.10.7).
    DoesNotFit = 7,
}

/// What is proven of a reset, before the connection takes it in.
pub(super) fn reason(tcp: &Tcp, from: Side, segment: &TcpSkim) -> Option<Reason> {
    let [half, peer] = [from, from.other()].map(|side| &tcp.halves[side.index()]);
    let (seq, acks) = (segment.seq, segment.has(TcpSkim::ACK));
    let silent = !half.has(ACKED) && !peer.has(ACKED);
    if from == Side::Server && tcp.has_syn() && !tcp.has_syn_ack() && silent {
        let sent = peer.next.wrapping_sub(peer.base);
        let fits = acks && (1..=sent).contains(&segment.ack.wrapping_sub(peer.base));
        return Some(if fits {
            Reason::AnswersSyn
        } else {
            Reason::DoesNotFit
        });
    }
    if tcp.fins() == 2 {
        return Some(Reason::Over);
    }
    let answers = !acks && peer.has(ACKED) && seq == peer.acked;
    let agreed = half.has(ACKED) && is_behind(half.acked, peer.base);
    if from == Side::Client && tcp.has_syn_ack() && !agreed && answers {
        return Some(Reason::AnswersSynAck);
    }
    let late = half.has(ACKED) && is_behind(peer.next, half.acked);
    let closed = half.has(FIN_SENT) && [half.fin, half.next].contains(&seq);
    if closed && late {
        return Some(Reason::AfterClose);
    }
    if peer.has(ACKED) && seq.wrapping_sub(peer.acked) > WINDOW_MAX {
        return Some(Reason::DoesNotFit);
    }
    if answers {
        return Some(Reason::Unknown);
    }
    let given_up = half.has(BEGUN) && seq == half.next && (acks || !peer.has(ACKED));
    given_up.then_some(Reason::GivenUp)
}

/// Adds to the frame of a reset what is known of its reason.
pub(super) fn tell(
    tcp: &Tcp,
    from: Side,
    segment: &TcpSkim,
    hint: Option<&str>,
    h: &mut Hearing<'_>,
) {
    h.layers();
    let Some(layer) = innermost(h.d) else {
        return;
    };
    let mut fields = Vec::new();
    if let Some(reason) = reason(tcp, from, segment) {
        let number = Value::Num(reason as u64);
        fields.push(("wirewalk.tcp.reset_reason", number, 0));
    }
    if let Some(hint) = hint {
        let text = h.d.keep(hint);
        fields.push(("wirewalk.tcp.reset_hint", text, 0));
    }
    h.d.append(layer, &fields);
}

/// Is a number behind another? They wrap around.
const fn is_behind(a: u32, b: u32) -> bool {
    a.wrapping_sub(b).cast_signed() > 0
}

/// What the packets of a side have in common.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Manner {
    packets: u32,
    ttl: u8,
    /// They came over ways of several lengths, or were captured at several points.
    mixed: bool,
    id: u16,
    /// So many of the last ones were counted up.
    row: u8,
}

impl Manner {
    /// A packet that is no reset.
    pub(super) fn see(&mut self, ttl: u8, id: u16) {
        if self.packets > 0 {
            self.mixed |= ttl != self.ttl;
            let counted = (1..=STEP).contains(&id.wrapping_sub(self.id));
            self.row = if counted {
                self.row.saturating_add(1)
            } else {
                0
            };
        }
        self.packets = self.packets.saturating_add(1);
        (self.ttl, self.id) = (ttl, id);
    }

    /// In what a reset is unlike them. Its identification alone says nothing: systems number apart what they send without
    /// a connection.
    pub(super) fn hint(&self, ttl: u8, id: u16) -> Option<String> {
        if self.packets < ENOUGH || self.mixed || ttl == self.ttl {
            return None;
        }
        let usual = self.ttl;
        let unlike =
            format!("its time to live is {ttl}, that of its sender's other packets {usual}");
        let off = id.wrapping_sub(self.id);
        if self.row < ROW || id == 0 || !(FAR..u16::MAX - FAR).contains(&off) {
            return Some(unlike);
        }
        let last = self.id;
        Some(format!(
            "{unlike}; its identification is {id:#06x}, where its sender counts and was at {last:#06x}"
        ))
    }
}

#[cfg(test)]
mod tests {
    use crate::flow::testing::{ACK, FIN, RST, SYN, Tape};
    use crate::flow::{Outcome, Want};
    use crate::model::Side::{self, Client, Server};

    /// What the last frame says: the reason's number, and a hint.
    fn said(tape: &Tape) -> (Option<u64>, String) {
        let hint = tape.d.field("wirewalk.tcp.reset_hint");
        let hint = hint.map_or("", |field| tape.d.text(field.value));
        (tape.d.number("wirewalk.tcp.reset_reason"), hint.to_owned())
    }

    fn reset(tape: &mut Tape, from: Side, flags: u16, seq: u32, ack: u32) -> Option<u64> {
        tape.tcp(from, RST | flags, seq, ack, b"");
        said(tape).0
    }

    fn connected() -> Tape {
        let mut tape = Tape::new(Want::Events);
        tape.handshake();
        tape
    }

    #[test]
    fn a_closed_port_acknowledges_the_syn() {
        let mut tape = Tape::new(Want::Events);
        tape.tcp(Client, SYN, 100, 0, b"");
        // Not this SYN's number, or none: the client goes on asking.
        assert_eq!(reset(&mut tape, Server, ACK, 0, 100), Some(7));
        assert_eq!(reset(&mut tape, Server, ACK, 0, 102), Some(7));
        assert_eq!(reset(&mut tape, Server, 0, 0, 101), Some(7));
        tape.tcp(Client, SYN, 100, 0, b"");
        assert_eq!(reset(&mut tape, Server, ACK, 0, 101), Some(1));
        // Asked and answered again.
        tape.tcp(Client, SYN, 100, 0, b"");
        assert_eq!(reset(&mut tape, Server, ACK, 0, 101), Some(1));
        assert_eq!(tape.finish()[0].outcome(), Outcome::Refused);
        // A SYN with data: it may be acknowledged too (RFC 7413).
        for (ack, reason) in [(101, 1), (104, 1), (105, 7)] {
            let mut tape = Tape::new(Want::Events);
            tape.tcp(Client, SYN, 100, 0, b"abc");
            assert_eq!(reset(&mut tape, Server, ACK, 0, ack), Some(reason));
        }
    }

    #[test]
    fn a_syn_ack_that_nobody_asked_for() {
        for asked in [true, false] {
            let mut tape = Tape::new(Want::Events);
            if asked {
                tape.tcp(Client, SYN, 100, 0, b"");
            }
            tape.tcp(Server, SYN | ACK, 500, 101, b"");
            assert_eq!(reset(&mut tape, Client, 0, 101, 0), Some(2));
        }
        // With ACK the client knows the connection, and gives it up.
        let mut tape = Tape::new(Want::Events);
        tape.tcp(Client, SYN, 100, 0, b"");
        tape.tcp(Server, SYN | ACK, 500, 101, b"");
        assert_eq!(reset(&mut tape, Client, ACK, 101, 501), Some(6));
    }

    #[test]
    fn bytes_after_the_close() {
        let mut tape = connected();
        tape.tcp(Client, ACK, 101, 501, b"give me all");
        tape.tcp(Client, FIN | ACK, 112, 501, b"");
        // As long as nothing more comes, it is no answer to bytes.
        assert_eq!(reset(&mut tape, Client, ACK, 113, 501), Some(6));
        let mut tape = connected();
        tape.tcp(Client, FIN | ACK, 101, 501, b"");
        tape.tcp(Server, ACK, 501, 101, b"still going");
        assert_eq!(reset(&mut tape, Client, 0, 101, 0), Some(3));
        // And for the next one, that acknowledges the FIN.
        tape.tcp(Server, ACK, 512, 102, b"on");
        assert_eq!(reset(&mut tape, Client, 0, 102, 0), Some(3));
        assert_eq!(tape.finish()[0].outcome(), Outcome::Reset);
    }

    #[test]
    fn after_both_had_closed() {
        let mut tape = connected();
        tape.tcp(Client, FIN | ACK, 101, 501, b"");
        tape.tcp(Server, FIN | ACK, 501, 102, b"");
        assert_eq!(reset(&mut tape, Client, 0, 102, 0), Some(4));
        assert_eq!(tape.finish()[0].outcome(), Outcome::Closed);
    }

    #[test]
    fn half_open_or_given_up() {
        // The server was restarted: it answers with the number that it was told to expect.
        let mut tape = connected();
        tape.tcp(Server, ACK, 501, 101, b"hello");
        tape.tcp(Client, ACK, 101, 506, b"are you there?");
        assert_eq!(reset(&mut tape, Server, 0, 506, 0), Some(5));
        // Its program ended with the question unread: with ACK, behind its own last byte.
        let mut tape = connected();
        tape.tcp(Server, ACK, 501, 101, b"hello");
        tape.tcp(Client, ACK, 101, 506, b"are you there?");
        assert_eq!(reset(&mut tape, Server, ACK, 506, 115), Some(6));
        // Behind what was captured: nothing is proven.
        let mut tape = connected();
        assert_eq!(reset(&mut tape, Server, ACK, 900, 101), None);
        // From the middle of a connection of which nothing else was seen.
        let mut tape = Tape::new(Want::Events);
        assert_eq!(reset(&mut tape, Server, ACK, 900, 101), None);
    }

    #[test]
    fn a_number_outside_the_window_resets_nothing() {
        let mut tape = connected();
        tape.tcp(Server, ACK, 501, 101, b"hello");
        tape.tcp(Client, ACK, 101, 506, b"");
        assert_eq!(tape.tcp(Server, RST, 501, 0, b""), "tcp.reset_ignored");
        assert_eq!(said(&tape).0, Some(7));
        assert_eq!(tape.tcp(Server, ACK, 506, 101, b"SSH-2.0-x\r\n"), "");
        let flow = &tape.finish()[0];
        assert_eq!(flow.outcome(), Outcome::Open);
        assert_eq!(flow.tcp().unwrap().resets, 1);
        // Further on than any window reaches.
        for (seq, reason) in [(501 + (1 << 30), None), (502 + (1 << 30), Some(7))] {
            let mut tape = connected();
            assert_eq!(reset(&mut tape, Server, ACK, seq, 101), reason);
        }
    }

    #[test]
    fn numbers_wrap_around() {
        let mut tape = Tape::new(Want::Events);
        tape.tcp(Client, SYN, u32::MAX, 0, b"");
        assert_eq!(reset(&mut tape, Server, ACK, 0, 0), Some(1));
        let mut tape = Tape::new(Want::Events);
        tape.tcp(Server, ACK, u32::MAX - 1, 101, b"four");
        tape.tcp(Client, ACK, 101, 2, b"");
        assert_eq!(reset(&mut tape, Server, 0, u32::MAX - 1, 0), Some(7));
        assert_eq!(reset(&mut tape, Server, ACK, 2, 101), Some(6));
    }

    #[test]
    fn a_header_unlike_the_others_is_a_hint() {
        let hint = |ttl, id: Option<u16>, want| {
            let mut tape = Tape::new(want);
            tape.handshake();
            for n in 0..4 {
                tape.tcp(Server, ACK, 501 + n, 101, b"x");
            }
            tape.ttl = ttl;
            tape.id = id.unwrap_or(tape.id);
            tape.tcp(Server, RST | ACK, 505, 101, b"");
            let (reason, hint) = said(&tape);
            assert_eq!(reason, Some(6));
            hint
        };
        assert_eq!(hint(64, None, Want::Fields), "");
        assert_eq!(hint(57, None, Want::Events), "");
        let text = hint(57, None, Want::Fields);
        assert_eq!(
            text,
            "its time to live is 57, that of its sender's other packets 64"
        );
        let text = hint(57, Some(40_000), Want::Fields);
        assert_eq!(
            text,
            "its time to live is 57, that of its sender's other packets 64; its identification is 0x9c40, where its \
             sender counts and was at 0x0007"
        );
        assert!(!hint(255, Some(0), Want::Fields).contains(';'));
        // Linux numbers apart what it sends without a connection.
        assert_eq!(hint(64, Some(40_000), Want::Fields), "");
    }

    #[test]
    fn ways_of_several_lengths_are_no_hint() {
        let mut tape = Tape::new(Want::Fields);
        tape.handshake();
        for (n, ttl) in [(0, 64), (1, 63)] {
            tape.ttl = ttl;
            tape.tcp(Server, ACK, 501 + n, 101, b"x");
        }
        tape.ttl = 62;
        tape.tcp(Server, RST | ACK, 503, 101, b"");
        assert_eq!(said(&tape), (Some(6), String::new()));
    }
}
