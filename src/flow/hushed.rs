//! Where secrets stood in one direction of a connection: a second copy of these bytes is as secret, and nobody reads it.

use std::collections::VecDeque;

use crate::decode::Dissection;
use crate::decode::skim::TcpSkim;
use crate::model::Span;

/// How many stretches are remembered; copies are of what was sent a moment ago.
const STRETCHES_MAX: usize = 512;

/// Stretches of sequence numbers.
#[derive(Debug, Default)]
pub(super) struct Hushed {
    stretches: VecDeque<(u32, u32)>,
}

impl Hushed {
    /// Marks what is known to be secret in a segment, and remembers what was found to be.
    pub(super) fn carry(&mut self, segment: &TcpSkim, d: &mut Dissection) {
        let payload = segment.payload;
        let first = segment
            .seq
            .wrapping_add(u32::from(segment.has(TcpSkim::SYN)));
        let mut found = Vec::new();
        for secret in &d.secrets {
            let mut see = |at: u32, len: u32| {
                let from = at.max(payload.at);
                let to = at.saturating_add(len).min(payload.end());
                if from < to {
                    found.push((from - payload.at, to - payload.at));
                }
            };
            if secret.buf == payload.buf {
                see(secret.at, secret.len);
            } else {
                d.trace(*secret, |piece| {
                    if piece.packet == d.packet {
                        see(piece.offset, piece.len);
                    }
                });
            }
        }
        for &(from, to) in &self.stretches {
            let (from, to) = (from.wrapping_sub(first), to.wrapping_sub(first));
            // A stretch that begins before the segment and reaches into it has wrapped around.
            let from = if from > to { 0 } else { from };
            let to = to.min(payload.len);
            if from < to {
                let span = Span::bytes(payload.buf, payload.at + from, to - from);
                d.secrets.push(span);
            }
        }
        for (from, to) in found {
            let stretch = (first.wrapping_add(from), first.wrapping_add(to));
            if self.stretches.contains(&stretch) {
                continue;
            }
            if self.stretches.len() >= STRETCHES_MAX {
                self.stretches.pop_front();
            }
            self.stretches.push_back(stretch);
        }
    }
}
