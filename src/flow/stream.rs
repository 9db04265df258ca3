//! One direction of a TCP connection (RFC 9293): segments in any order become one run of bytes, and of bytes that were
//! sent twice the first copy counts.

use crate::model::Piece;

/// How many bytes may wait behind a gap in one direction.
const AHEAD_BYTES_MAX: usize = 1 << 20;
/// How many segments may wait behind a gap in one direction.
const AHEAD_SEGMENTS_MAX: usize = 1024;

/// Part of a direction's bytes, and where they were captured.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Segment {
    /// Sequence number of its first byte.
    pub seq: u32,
    /// Its length on the wire; fewer bytes than that were captured in a frame cut short.
    pub len: u32,
    /// Its captured bytes.
    pub bytes: Vec<u8>,
    /// The frames they came from.
    pub pieces: Vec<Piece>,
}

/// Where a segment stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// All its bytes came before.
    Seen,
    /// It continues the run, behind this many bytes that came before.
    Next(u32),
    /// It has to wait: for bytes before it, or because segments that wait may hold copies of its bytes.
    Ahead,
}

/// Puts the segments of one direction in order.
#[derive(Debug, Default)]
pub(super) struct Stream {
    next: Option<u32>,
    /// Behind `next`, by sequence number, not overlapping.
    ahead: Vec<Segment>,
    bytes: usize,
}

impl Stream {
    /// The run begins at this sequence number, unless it has begun already.
    pub(super) fn begin(&mut self, seq: u32) {
        self.next.get_or_insert(seq);
    }

    /// True when every byte before this number is there, as far as is known.
    pub(super) fn is_at(&self, seq: u32) -> bool {
        self.next.is_none_or(|next| next == seq)
    }

    /// Where a segment stands.
    pub(super) fn place(&mut self, seq: u32, len: u32) -> Place {
        let next = *self.next.get_or_insert(seq);
        let distance = seq.wrapping_sub(next).cast_signed();
        if distance > 0 {
            return Place::Ahead;
        }
        let seen = distance.unsigned_abs();
        if seen >= len {
            Place::Seen
        } else if self.ahead.is_empty() {
            Place::Next(seen)
        } else {
            Place::Ahead
        }
    }

    /// True when nothing waits.
    pub(super) const fn is_in_order(&self) -> bool {
        self.ahead.is_empty()
    }

    /// The run goes on behind `len` more bytes.
    pub(super) fn advance(&mut self, len: u32) {
        self.next = self.next.map(|next| next.wrapping_add(len));
    }

    /// Keeps what is new of a segment; false when more waits than may.
    pub(super) fn keep(&mut self, segment: Segment) -> bool {
        let Some(next) = self.next else { return true };
        // Offsets from `next`, so that they compare as plain numbers.
        let at = segment.seq.wrapping_sub(next).cast_signed();
        let (mut from, to) = (at.max(0), at.saturating_add_unsigned(segment.len));
        let mut index = 0;
        while from < to {
            let other = self.ahead.get(index).map(|other| {
                let at = other.seq.wrapping_sub(next).cast_signed();
                (at, at.saturating_add_unsigned(other.len))
            });
            let upto = other.map_or(to, |(at, _)| at.min(to));
            if (from, upto) == (at, to) {
                self.bytes += segment.bytes.len();
                self.ahead.insert(index, segment);
                break;
            }
            if from < upto {
                let part = segment.part(from.abs_diff(at), upto.abs_diff(at));
                self.bytes += part.bytes.len();
                self.ahead.insert(index, part);
                index += 1;
            }
            let Some((_, end)) = other else { break };
            from = from.max(end);
            index += 1;
        }
        self.bytes <= AHEAD_BYTES_MAX && self.ahead.len() <= AHEAD_SEGMENTS_MAX
    }

    /// Takes out the segment that continues the run, if it is there; the run goes on behind it.
    pub(super) fn ready(&mut self) -> Option<Segment> {
        if self.ahead.first()?.seq != self.next? {
            return None;
        }
        let segment = self.ahead.remove(0);
        self.bytes -= segment.bytes.len();
        self.advance(segment.len);
        Some(segment)
    }

    /// Bytes of memory for what waits.
    pub(super) fn held(&self) -> usize {
        self.bytes + self.ahead.len() * (size_of::<Segment>() + size_of::<Piece>())
    }

    /// Gives up waiting for bytes that the other side has acknowledged (up to `acked`; all, when `None`): the capture
    /// missed them. Returns how many.
    pub(super) fn give_up(&mut self, acked: Option<u32>) -> Option<u32> {
        let (next, first) = (self.next?, self.ahead.first()?.seq);
        if acked.is_some_and(|acked| acked.wrapping_sub(first).cast_signed() < 0) {
            return None;
        }
        self.next = Some(first);
        Some(first.wrapping_sub(next)).filter(|&lost| lost > 0)
    }
}

impl Segment {
    /// Its bytes from one offset to another.
    fn part(&self, from: u32, to: u32) -> Self {
        let have = self.bytes.len() as u32;
        let (first, last) = (from.min(have), to.min(have));
        let bytes = self.bytes.get(first as usize..last as usize);
        Self {
            seq: self.seq.wrapping_add(from),
            len: to.saturating_sub(from),
            bytes: bytes.unwrap_or_default().to_vec(),
            pieces: cut(&self.pieces, first, last),
        }
    }
}

/// The pieces of the bytes from one offset to another, at offsets counted from the first.
pub(super) fn cut(pieces: &[Piece], from: u32, to: u32) -> Vec<Piece> {
    pieces
        .iter()
        .filter_map(|piece| {
            let first = piece.at.max(from);
            let last = piece.at.saturating_add(piece.len).min(to);
            (first < last).then(|| Piece {
                at: first - from,
                len: last - first,
                offset: piece.offset + (first - piece.at),
                ..*piece
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::PacketId;
    use proptest::prelude::*;

    /// The first `count` bytes from `at` on, as frame `packet` carries them.
    fn segment(all: &[u8], base: u32, at: usize, count: usize, packet: u64) -> Segment {
        Segment {
            seq: base.wrapping_add(at as u32),
            len: count as u32,
            bytes: all[at..at + count].to_vec(),
            pieces: vec![Piece {
                at: 0,
                len: count as u32,
                packet: PacketId(packet),
                offset: 54,
            }],
        }
    }

    /// Feeds one segment as the conversation does and appends what is in order.
    fn feed(stream: &mut Stream, segment: &Segment, out: &mut Vec<u8>, pieces: &mut Vec<Piece>) {
        let mut take = |part: &Segment| {
            let at = out.len() as u32;
            pieces.extend(part.pieces.iter().map(|p| Piece {
                at: at + p.at,
                ..*p
            }));
            out.extend_from_slice(&part.bytes);
        };
        match stream.place(segment.seq, segment.len) {
            Place::Seen => {}
            Place::Next(skip) => {
                stream.advance(segment.len - skip);
                take(&segment.part(skip, segment.len));
            }
            Place::Ahead => {
                assert!(stream.keep(segment.clone()));
                while let Some(part) = stream.ready() {
                    take(&part);
                }
            }
        }
    }

    proptest! {
        #[test]
        fn any_order_and_repetition_gives_the_same_bytes(
            all in proptest::collection::vec(any::<u8>(), 1..400),
            base in prop_oneof![Just(u32::MAX - 100), any::<u32>()],
            parts in proptest::collection::vec((0usize..400, 1usize..90), 0..40),
        ) {
            let mut stream = Stream::default();
            stream.begin(base);
            let (mut out, mut pieces) = (Vec::new(), Vec::new());
            let whole = (0..all.len()).step_by(50).map(|at| (at, 50));
            let sent: Vec<Segment> = parts.into_iter().chain(whole).enumerate().map(|(i, (at, count))| {
                let at = at.min(all.len() - 1);
                segment(&all, base, at, count.min(all.len() - at), i as u64 + 1)
            }).collect();
            for part in &sent {
                feed(&mut stream, part, &mut out, &mut pieces);
            }
            prop_assert_eq!(&out, &all);
            prop_assert!(stream.ahead.is_empty());
            prop_assert_eq!(stream.bytes, 0);
            // Every byte leads back to a byte of the frame that is said to have carried it.
            let mut at = 0;
            for piece in pieces {
                prop_assert_eq!(piece.at, at);
                at += piece.len;
                let frame = &sent[piece.packet.0 as usize - 1];
                let from = (piece.offset - 54) as usize;
                prop_assert_eq!(
                    &frame.bytes[from..from + piece.len as usize],
                    &out[piece.at as usize..at as usize]
                );
            }
            prop_assert_eq!(at as usize, all.len());
        }
    }

    #[test]
    fn the_first_copy_wins() {
        let mut stream = Stream::default();
        stream.begin(0);
        let (mut out, mut pieces) = (Vec::new(), Vec::new());
        feed(
            &mut stream,
            &segment(b"....AB..", 0, 4, 2, 1),
            &mut out,
            &mut pieces,
        );
        feed(
            &mut stream,
            &segment(b"abcdefgh", 0, 0, 8, 2),
            &mut out,
            &mut pieces,
        );
        feed(
            &mut stream,
            &segment(b"XXXXXXXX", 0, 0, 8, 3),
            &mut out,
            &mut pieces,
        );
        assert_eq!(out, b"abcdABgh");
        let packets: Vec<u64> = pieces.iter().map(|p| p.packet.0).collect();
        assert_eq!(packets, [2, 1, 2]);
    }

    #[test]
    fn a_gap_is_given_up_only_once_it_is_acknowledged() {
        let mut stream = Stream::default();
        stream.begin(100);
        assert!(stream.keep(segment(b"0123456789", 100, 6, 4, 1)));
        assert_eq!(stream.give_up(Some(100)), None);
        assert_eq!(stream.ready(), None);
        assert_eq!(stream.give_up(Some(110)), Some(6));
        assert_eq!(stream.ready().map(|s| s.bytes), Some(b"6789".to_vec()));
        assert_eq!(stream.give_up(None), None);
    }

    #[test]
    fn what_waits_is_bounded() {
        let mut stream = Stream::default();
        stream.begin(0);
        let kept = (1..5000)
            .take_while(|i| stream.keep(segment(&[0; 1], i * 2, 0, 1, 1)))
            .count();
        assert_eq!(kept, AHEAD_SEGMENTS_MAX);
    }
}
