//! One direction of a TCP connection: which of its sequence numbers were captured, what it acknowledged, its window.

use crate::decode::skim::TcpSkim;
use crate::model::Timestamp;

/// How many missing stretches are remembered.
const HOLES_MAX: usize = 64;

/// One direction. Sequence numbers wrap around: they are compared by their distance.
#[derive(Debug, Default)]
pub(super) struct Half {
    /// The number before the first byte: of the SYN, or of the byte before the first that was captured.
    pub base: u32,
    /// Behind the highest byte that was captured.
    pub next: u32,
    /// The highest acknowledgment that this side sent.
    pub acked: u32,
    /// The number of its FIN.
    pub fin: u32,
    /// The last window that this side advertised, as on the wire.
    pub window: u16,
    /// The window scale of its SYN.
    pub scale: Option<u8>,
    /// How often it has acknowledged the same byte again.
    pub duplicates: u16,
    /// When it did so last.
    pub asked: Timestamp,
    flags: u8,
    /// Stretches below `next` that were not captured, in order.
    holes: Vec<(u32, u32)>,
}

/// Facts about a direction. It has sent something.
pub(super) const BEGUN: u8 = 1;
/// It has acknowledged something.
pub(super) const ACKED: u8 = 2;
/// It has sent its FIN.
pub(super) const FIN_SENT: u8 = 4;
/// Its window is closed.
pub(super) const SHUT: u8 = 8;
/// Its last segment was a keep-alive.
pub(super) const KEEPS_ALIVE: u8 = 16;
/// Its last segment was one byte into a closed window.
pub(super) const PROBES: u8 = 32;
/// Its last window was that of a SYN, which is never scaled.
pub(super) const UNSCALED: u8 = 64;

/// What a segment without new bytes says again.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Repeats {
    Nothing,
    Ack,
    KeepAlive,
    KeepAliveAck,
    /// A probe of a closed window, which looks like a keep-alive.
    Probe,
}

/// How many sequence numbers a segment takes: its bytes, and one each for SYN and FIN.
pub(super) fn length(segment: &TcpSkim) -> u32 {
    let syn = u32::from(segment.has(TcpSkim::SYN));
    segment.payload_len + syn + u32::from(segment.has(TcpSkim::FIN))
}

fn before(a: u32, b: u32) -> bool {
    a.wrapping_sub(b).cast_signed() < 0
}

/// The distance from `a` to `b`, 0 when `b` is not behind it.
fn distance(a: u32, b: u32) -> u32 {
    b.wrapping_sub(a).cast_signed().max(0).unsigned_abs()
}

impl Half {
    pub(super) const fn has(&self, bit: u8) -> bool {
        self.flags & bit != 0
    }

    pub(super) const fn put(&mut self, bit: u8, set: bool) {
        if set {
            self.flags |= bit;
        } else {
            self.flags &= !bit;
        }
    }

    /// The first segment of this side.
    pub(super) fn begin(&mut self, segment: &TcpSkim) {
        self.put(BEGUN, true);
        self.base = segment.seq;
        if !segment.has(TcpSkim::SYN) {
            self.base = self.base.wrapping_sub(1);
        }
        self.next = segment.seq.wrapping_add(length(segment));
    }

    /// What a segment without new bytes says that was said before.
    pub(super) fn repeats(&self, peer: &Self, segment: &TcpSkim) -> Repeats {
        if segment.seq == self.next.wrapping_sub(1) {
            // Keep-alives are sent when everything is acknowledged; before, one byte is an ordinary retransmission.
            let all_acked = !peer.has(ACKED) || peer.acked == self.next;
            return if peer.has(SHUT) {
                Repeats::Probe
            } else if all_acked || segment.seq == self.base {
                Repeats::KeepAlive
            } else {
                Repeats::Nothing
            };
        }
        let same = self.has(ACKED)
            && segment.has(TcpSkim::ACK)
            && segment.ack == self.acked
            && segment.window == self.window;
        if segment.seq != self.next || !same || segment.window == 0 || self.has(UNSCALED) {
            Repeats::Nothing
        } else if peer.has(KEEPS_ALIVE) {
            Repeats::KeepAliveAck
        } else {
            Repeats::Ack
        }
    }

    /// Marks the numbers of a segment as captured. Returns how many of them are below the highest that was captured
    /// before, and how many of these were captured before.
    pub(super) fn cover(&mut self, segment: &TcpSkim) -> (u32, u32) {
        let end = segment.seq.wrapping_add(length(segment));
        if !before(segment.seq, self.next) {
            if segment.seq != self.next {
                if self.holes.len() >= HOLES_MAX {
                    self.holes.remove(0);
                }
                self.holes.push((self.next, segment.seq));
            }
            self.next = end;
            return (0, 0);
        }
        let upto = if before(self.next, end) {
            self.next
        } else {
            end
        };
        let known = distance(segment.seq, upto);
        // Of numbers before the first nobody knows whether they were sent before.
        let syn = segment.has(TcpSkim::SYN);
        let start = if syn {
            self.base
        } else {
            self.base.wrapping_add(1)
        };
        let first = if before(segment.seq, start) {
            start
        } else {
            segment.seq
        };
        let filled = self.fill(first, upto);
        if before(self.next, end) {
            self.next = end;
        }
        (known, distance(first, upto).saturating_sub(filled))
    }

    /// Closes holes; returns how many numbers were missing.
    fn fill(&mut self, from: u32, to: u32) -> u32 {
        if self.holes.is_empty() {
            return 0;
        }
        let mut filled = 0;
        let mut left = Vec::with_capacity(self.holes.len() + 1);
        for &(first, last) in &self.holes {
            let start = if before(first, from) { from } else { first };
            let end = if before(last, to) { last } else { to };
            if !before(start, end) {
                left.push((first, last));
                continue;
            }
            filled += distance(start, end);
            if first != start {
                left.push((first, start));
            }
            if end != last {
                left.push((end, last));
            }
        }
        self.holes = left;
        filled
    }

    /// Do the numbers from one to another include some that were not captured?
    pub(super) fn lacks(&self, from: u32, to: u32) -> bool {
        let missing = |&(first, last): &(u32, u32)| before(first, to) && before(from, last);
        before(self.next, to) || self.holes.iter().any(missing)
    }
}

#[cfg(test)]
mod tests {
    use crate::flow::Want;
    use crate::flow::testing::{ACK, Tape};
    use crate::model::Side::{Client, Server};

    #[test]
    fn windows_close_are_probed_and_open() {
        let mut tape = Tape::new(Want::Events);
        tape.window = 10;
        tape.handshake();
        assert_eq!(
            tape.tcp(Client, ACK, 101, 501, b"0123456789"),
            "tcp.window_full"
        );
        tape.window = 0;
        assert_eq!(tape.tcp(Server, ACK, 501, 111, b""), "tcp.zero_window");
        tape.window = 10;
        // The probe of a closed window looks like a keep-alive, and is none.
        assert_eq!(tape.tcp(Client, ACK, 110, 501, b""), "");
        tape.window = 0;
        assert_eq!(tape.tcp(Server, ACK, 501, 111, b""), "tcp.zero_window");
        tape.window = 10;
        assert_eq!(tape.tcp(Server, ACK, 501, 111, b""), "tcp.window_open");
        let flow = &tape.finish()[0];
        assert_eq!(flow.tcp().unwrap().zero_windows, 2);
        assert_eq!(flow.history(), "ShADaw");
    }

    #[test]
    fn keep_alives_are_no_retransmissions() {
        let mut tape = Tape::new(Want::Events);
        tape.handshake();
        tape.tcp(Client, ACK, 101, 501, b"x");
        // Not acknowledged yet: the byte was sent again.
        assert_eq!(tape.tcp(Client, ACK, 101, 501, b"x"), "tcp.retransmission");
        tape.tcp(Server, ACK, 501, 102, b"");
        assert_eq!(tape.tcp(Client, ACK, 101, 501, b"x"), "tcp.keep_alive");
        assert_eq!(tape.tcp(Server, ACK, 501, 102, b""), "tcp.keep_alive_ack");
        assert_eq!(tape.tcp(Client, ACK, 101, 501, b""), "tcp.keep_alive");
        assert_eq!(tape.finish()[0].bytes, [1, 0]);
    }
}
