//! Which bytes of a frame and its buffers are secret: those that were marked, and those built from the same captured bytes.

use crate::model::{BufId, PacketId, Span};

use super::Dissection;

/// The secret bytes of a dissected frame.
#[derive(Debug, Default)]
pub struct Hidden {
    /// By buffer and offset, neither overlapping nor touching.
    runs: Vec<Span>,
}

impl Hidden {
    /// The secret bytes of a frame.
    #[must_use]
    pub fn of(d: &Dissection) -> Self {
        if d.secrets.is_empty() {
            return Self::default();
        }
        let mut runs = d.secrets.clone();
        let captured = captured(d);
        for &(packet, from, to) in captured.iter().filter(|run| run.0 == d.packet) {
            debug_assert_eq!(packet, d.packet);
            runs.push(Span::bytes(BufId::FRAME, from, to - from));
        }
        for (id, buffer) in d.buffers.iter().enumerate().skip(1) {
            for piece in &buffer.pieces {
                let end = piece.offset.saturating_add(piece.len);
                let first =
                    captured.partition_point(|run| (run.0, run.2) <= (piece.packet, piece.offset));
                let hit = captured.get(first..).unwrap_or_default().iter();
                for run in hit.take_while(|run| run.0 == piece.packet && run.1 < end) {
                    let (from, to) = (run.1.max(piece.offset), run.2.min(end));
                    let at = piece.at.saturating_add(from - piece.offset);
                    runs.push(Span::bytes(BufId(id as u16), at, to - from));
                }
            }
        }
        runs.sort_unstable_by_key(|run| (run.buf, run.at));
        runs.dedup_by(|next, run| {
            let joins = next.buf == run.buf && next.at <= run.end();
            if joins {
                run.len = run.end().max(next.end()) - run.at;
            }
            joins
        });
        runs.retain(|run| run.len > 0);
        Self { runs }
    }

    /// The secret runs of a buffer.
    #[must_use]
    pub fn in_buffer(&self, buf: BufId) -> &[Span] {
        let from = self.runs.partition_point(|run| run.buf < buf);
        let to = self.runs.partition_point(|run| run.buf <= buf);
        self.runs.get(from..to).unwrap_or_default()
    }

    /// The secret parts of a span, as offsets in its bytes, in order.
    pub fn parts(&self, span: Span) -> impl Iterator<Item = (usize, usize)> {
        let runs = self.in_buffer(span.buf);
        let first = runs.partition_point(|run| run.end() <= span.at);
        let hit = runs.get(first..).unwrap_or_default().iter();
        hit.take_while(move |run| run.at < span.end())
            .map(move |run| {
                let from = run.at.saturating_sub(span.at);
                let to = run.end().min(span.end()) - span.at;
                (from as usize, to as usize)
            })
    }
}

/// The captured bytes behind what was marked: frame, first and behind the last; sorted, neither overlapping nor touching.
fn captured(d: &Dissection) -> Vec<(PacketId, u32, u32)> {
    let mut captured = Vec::new();
    for secret in &d.secrets {
        d.trace(*secret, |piece| {
            captured.push((
                piece.packet,
                piece.offset,
                piece.offset.saturating_add(piece.len),
            ));
        });
    }
    captured.sort_unstable();
    captured.dedup_by(|next, run| {
        let joins = next.0 == run.0 && next.1 <= run.2;
        if joins {
            run.2 = run.2.max(next.2);
        }
        joins
    });
    captured
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::BufferKind;
    use crate::model::{LinkType, Piece, Timestamp};

    #[test]
    fn a_secret_is_hidden_in_every_buffer_built_from_its_bytes() {
        let mut d = Dissection::default();
        d.begin(PacketId(7), Timestamp(0), LinkType::ETHERNET, 100, 100);
        let piece = |at, len, packet, offset| Piece {
            at,
            len,
            packet: PacketId(packet),
            offset,
        };
        // The first is of two frames; the second was built from part of the same bytes.
        let pieces = [piece(0, 10, 6, 50), piece(10, 10, 7, 20)];
        let first = d
            .add_buffer(BufferKind::Reassembled, &[0; 20], &pieces)
            .unwrap();
        let second = d
            .add_buffer(BufferKind::Decrypted, &[0; 8], &[piece(0, 8, 7, 22)])
            .unwrap();
        d.secrets.push(Span::bytes(first, 5, 10));
        d.secrets.push(Span::bytes(first, 7, 2));
        let hidden = Hidden::of(&d);
        assert_eq!(
            hidden.in_buffer(BufId::FRAME),
            [Span::bytes(BufId::FRAME, 20, 5)]
        );
        assert_eq!(hidden.in_buffer(first), [Span::bytes(first, 5, 10)]);
        assert_eq!(hidden.in_buffer(second), [Span::bytes(second, 0, 3)]);
        let parts = |span| hidden.parts(span).collect::<Vec<_>>();
        assert_eq!(parts(Span::bytes(first, 0, 20)), [(5, 15)]);
        assert_eq!(parts(Span::bytes(first, 8, 4)), [(0, 4)]);
        assert_eq!(parts(Span::bytes(first, 15, 5)), []);
    }
}
