//! The three kinds of packet block: where the frame's bytes stand, when it was captured, and what was remarked on it.

use std::ops::Range;

use super::options::{self, Options};
use super::{Described, Pcapng, broken};
use crate::capture::info::Info;
use crate::capture::{Damage, MAX_COMMENTS, MAX_FRAME, Record};

impl Pcapng {
    /// The packet block of today.
    pub(super) fn enhanced_packet(&mut self, body: &[u8]) -> Result<Record, Damage> {
        let interface = self.order.u32(body, 0);
        self.timed_packet(body, interface)
    }

    /// The packet block of old files: a short interface number, and a count of drops.
    pub(super) fn packet(&mut self, body: &[u8]) -> Result<Record, Damage> {
        let interface = self.order.u16(body, 0).map(u32::from);
        self.timed_packet(body, interface)
    }

    /// What follows the interface's number is the same in both packet blocks: time, lengths, bytes and options.
    fn timed_packet(&mut self, body: &[u8], interface: Option<u32>) -> Result<Record, Damage> {
        let number = |at| self.order.u32(body, at);
        let (Some(interface), Some(high), Some(low), Some(captured), Some(wire_len)) =
            (interface, number(4), number(8), number(12), number(16))
        else {
            return Err(broken("a packet block is too short".to_owned()));
        };
        let described = self.described(interface)?;
        let time = described.clock.time(u64::from(high) << 32 | u64::from(low));
        let link = described.link;
        let at = frame(body, 20, captured)?;
        self.comments.clear();
        let padded = at.end.next_multiple_of(4);
        if padded < body.len() {
            let comments = Options::new(self.order, body, padded)
                .filter(|(code, _)| *code == options::COMMENT);
            self.comments.extend(
                comments
                    .take(MAX_COMMENTS)
                    .map(|(_, value)| options::text(value)),
            );
        }
        Ok(Record {
            time,
            link,
            at,
            wire_len,
        })
    }

    /// A frame with nothing but its length; it belongs to the first interface, whose snapshot length may have cut it.
    pub(super) fn simple_packet(&mut self, body: &[u8], info: &mut Info) -> Result<Record, Damage> {
        let Some(wire_len) = self.order.u32(body, 0) else {
            return Err(broken("a simple packet block is too short".to_owned()));
        };
        let described = self.described(0)?;
        let captured = if described.snaplen == 0 {
            wire_len
        } else {
            wire_len.min(described.snaplen)
        };
        let record = Record {
            time: self.latest,
            link: described.link,
            at: frame(body, 4, captured)?,
            wire_len,
        };
        self.comments.clear();
        if !self.told_no_times {
            self.told_no_times = true;
            info.note("no-times", "frames in simple packet blocks carry no time; each is given that of the frame before".to_owned());
        }
        Ok(record)
    }

    fn described(&self, interface: u32) -> Result<&Described, Damage> {
        let found = usize::try_from(interface)
            .ok()
            .and_then(|at| self.interfaces.get(at));
        found.ok_or_else(|| {
            broken(format!(
                "a packet belongs to interface {interface}, which the file does not describe"
            ))
        })
    }
}

/// The place of `captured` bytes from offset `start` of a packet block's body.
fn frame(body: &[u8], start: usize, captured: u32) -> Result<Range<usize>, Damage> {
    if captured > MAX_FRAME {
        return Err(broken(format!(
            "a frame claims {captured} captured bytes, more than the {MAX_FRAME} that any recorder writes"
        )));
    }
    let end = start + captured as usize;
    if end > body.len() {
        let room = body.len().saturating_sub(start);
        return Err(broken(format!(
            "a frame claims {captured} captured bytes, and its block has room for {room}"
        )));
    }
    Ok(start..end)
}
