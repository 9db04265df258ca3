//! Puts fragments of IP packets together (RFC 791, RFC 8200): in any order, the first copy of a byte counts.

use std::net::IpAddr;

use crate::decode::{BufferKind, Dissection, FragmentPart, Next};
use crate::model::{Piece, Span, Timestamp};

/// How many packets may be incomplete at a time; then the oldest is given up.
const PACKETS_MAX: usize = 256;
/// How many fragments a packet may have.
const PARTS_MAX: usize = 8192;
/// How many fragments may be kept together; then the oldest packet is given up.
const KEPT_MAX: usize = 65_536;
/// The longest payload of an IP packet.
const LENGTH_MAX: u32 = 65_535;
/// How long fragments are waited for (RFC 8200 section 4.5), in nanoseconds.
const PATIENCE: i64 = 60_000_000_000;

/// Packets of which some fragments are there.
#[derive(Debug, Default)]
pub(super) struct Fragments {
    packets: Vec<Packet>,
}

#[derive(Debug)]
struct Packet {
    key: (IpAddr, IpAddr, u32, Next),
    begun: Timestamp,
    /// Length of the whole, once the last fragment is there.
    length: Option<u32>,
    /// By offset, not overlapping.
    parts: Vec<Part>,
}

#[derive(Debug)]
struct Part {
    at: u32,
    bytes: Vec<u8>,
    pieces: Vec<Piece>,
}

impl Fragments {
    /// Takes in a fragment; when it completes its packet, that becomes a buffer of this frame.
    pub(super) fn feed(
        &mut self,
        frame: &[u8],
        part: FragmentPart,
        src: IpAddr,
        dst: IpAddr,
        d: &mut Dissection,
    ) -> Option<(Next, Span)> {
        let end = part
            .offset
            .checked_add(part.span.len)
            .filter(|&end| end <= LENGTH_MAX)?;
        self.packets
            .retain(|packet| d.time.since(packet.begun) <= PATIENCE);
        let key = (src, dst, part.id, part.next);
        let index = self.packets.iter().position(|packet| packet.key == key);
        let index = index.unwrap_or_else(|| {
            if self.packets.len() >= PACKETS_MAX {
                self.packets.remove(0);
            }
            self.packets.push(Packet {
                key,
                begun: d.time,
                length: None,
                parts: Vec::new(),
            });
            self.packets.len() - 1
        });
        let kept: usize = self.packets.iter().map(|packet| packet.parts.len()).sum();
        let index = if kept >= KEPT_MAX && index > 0 {
            self.packets.remove(0);
            index - 1
        } else {
            index
        };
        let packet = self.packets.get_mut(index)?;
        if !part.more {
            packet.length.get_or_insert(end);
        }
        packet.add(frame, part, d);
        if !packet.is_complete() {
            return None;
        }
        let packet = self.packets.remove(index);
        let (mut bytes, mut pieces) = (Vec::new(), Vec::new());
        for part in packet.parts {
            let at = part.at;
            pieces.extend(part.pieces.iter().map(|p| Piece {
                at: at + p.at,
                ..*p
            }));
            bytes.extend_from_slice(&part.bytes);
        }
        let buf = d.add_buffer(BufferKind::Reassembled, &bytes, &pieces)?;
        Some((part.next, Span::bytes(buf, 0, bytes.len() as u32)))
    }
}

impl Packet {
    /// Keeps what is new of a fragment.
    fn add(&mut self, frame: &[u8], fragment: FragmentPart, d: &Dissection) {
        let (mut from, to) = (fragment.offset, fragment.offset + fragment.span.len);
        let mut index = self
            .parts
            .partition_point(|part| part.at + part.bytes.len() as u32 <= from);
        while from < to && self.parts.len() < PARTS_MAX {
            let other = self
                .parts
                .get(index)
                .map(|p| (p.at, p.at + p.bytes.len() as u32));
            let upto = other.map_or(to, |(at, _)| at.min(to));
            if from < upto {
                let at = fragment.span.at + (from - fragment.offset);
                let span = Span::bytes(fragment.span.buf, at, upto - from);
                let bytes = d.bytes(frame, span).unwrap_or_default().to_vec();
                let mut pieces = Vec::new();
                d.trace(span, |piece| {
                    pieces.push(Piece {
                        at: piece.at - at,
                        ..piece
                    });
                });
                let at = from;
                self.parts.insert(index, Part { at, bytes, pieces });
                index += 1;
            }
            let Some((_, end)) = other else { break };
            from = from.max(end);
            index += 1;
        }
    }

    fn is_complete(&self) -> bool {
        if self.length.is_none() {
            return false;
        }
        let mut end = 0;
        let whole = self.parts.iter().all(|part| {
            let joins = part.at == end;
            end = part.at + part.bytes.len() as u32;
            joins
        });
        whole && self.length == Some(end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{BufId, LinkType, PacketId};

    /// Feeds the bytes from `at` on as frame `packet`, 10 bytes into the frame.
    fn feed(
        fragments: &mut Fragments,
        d: &mut Dissection,
        packet: u64,
        at: u32,
        bytes: &[u8],
        more: bool,
    ) -> Option<Vec<u8>> {
        let frame = [&[0; 10], bytes].concat();
        d.begin(
            PacketId(packet),
            Timestamp(0),
            LinkType::ETHERNET,
            frame.len() as u32,
            frame.len() as u32,
        );
        let part = FragmentPart {
            span: Span::bytes(BufId::FRAME, 10, bytes.len() as u32),
            offset: at,
            more,
            id: 7,
            next: Next::IpProto(17),
        };
        let (src, dst) = ([10, 0, 0, 1].into(), [10, 0, 0, 2].into());
        let (_, span) = fragments.feed(&frame, part, src, dst, d)?;
        Some(d.bytes(&frame, span).unwrap().to_vec())
    }

    #[test]
    fn fragments_in_any_order_make_the_packet() {
        let mut d = Dissection::default();
        for order in [[0, 1, 2], [2, 1, 0], [1, 2, 0], [2, 0, 1]] {
            let mut fragments = Fragments::default();
            let parts: [(u32, &[u8], bool); 3] = [
                (0, b"abcdefgh", true),
                (8, b"ijklmnop", true),
                (16, b"qr", false),
            ];
            let mut whole = None;
            for (i, index) in order.into_iter().enumerate() {
                assert_eq!(whole, None);
                let (at, bytes, more) = parts[index];
                whole = feed(&mut fragments, &mut d, i as u64 + 1, at, bytes, more);
            }
            assert_eq!(whole.as_deref(), Some(&b"abcdefghijklmnopqr"[..]));
            let pieces = &d.buffers.last().unwrap().pieces;
            assert_eq!(pieces.len(), 3);
            let place = order.iter().position(|&i| i == 0).unwrap() as u64 + 1;
            assert_eq!((pieces[0].packet, pieces[0].offset), (PacketId(place), 10));
        }
    }

    #[test]
    fn overlaps_do_not_change_what_came_first() {
        let mut d = Dissection::default();
        let mut fragments = Fragments::default();
        assert_eq!(feed(&mut fragments, &mut d, 1, 8, b"ijklmnop", true), None);
        assert_eq!(
            feed(&mut fragments, &mut d, 2, 0, b"abcdefghXXXX", true),
            None
        );
        let whole = feed(&mut fragments, &mut d, 3, 12, b"YYYYqr", false);
        assert_eq!(whole.as_deref(), Some(&b"abcdefghijklmnopqr"[..]));
    }

    #[test]
    fn incomplete_packets_are_bounded_in_number() {
        let mut d = Dissection::default();
        let mut fragments = Fragments::default();
        for id in 0..2000u32 {
            let part = FragmentPart {
                span: Span::bytes(BufId::FRAME, 0, 1),
                offset: 0,
                more: true,
                id,
                next: Next::IpProto(17),
            };
            let (src, dst) = ([10, 0, 0, 1].into(), [10, 0, 0, 2].into());
            assert_eq!(fragments.feed(b"a", part, src, dst, &mut d), None);
        }
        assert_eq!(fragments.packets.len(), PACKETS_MAX);
    }
}
