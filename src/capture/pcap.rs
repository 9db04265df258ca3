//! The pcap format (libpcap's savefile) with its variants: nanoseconds, either byte order, Kuznetzov's and Ixia's headers,
//! lengths in the old order. Checked against `tshark`, which it follows where files are broken.

use std::io;

use pcap_file::Endianness;
use pcap_file::pcap::{PcapHeader, PcapTsResolution};

use crate::model::{LinkType, Timestamp};

use super::buffer::Buffer;
use super::order::Order;
use super::{Damage, MAX_FRAME, Record, Refusal, Step};

/// Length of the file header; Ixia's has 4 bytes more.
const HEADER: usize = 24;

/// The upper bits of the link-type field tell the length of the frame check sequence, or are reserved.
const LINK_MASK: u32 = 0xffff;

/// DG/UX's tcpdump called its files version 543.
const DGUX_MAJOR: u16 = 543;

/// A pcap file behind its header.
#[derive(Debug)]
pub(super) struct Pcap {
    order: Order,
    nanoseconds: bool,
    link: LinkType,
    record_header: usize,
    lengths: Lengths,
}

/// Where the captured length stands: before version 2.3 it came second, and some writers of 2.3 did not know yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Lengths {
    CapturedFirst,
    CapturedSecond,
    Smaller,
}

/// What the magic number tells; `standard` is the number that stands for the same layout without extras.
struct Magic {
    standard: [u8; 4],
    header: usize,
    record_header: usize,
}

impl Magic {
    fn of(first: [u8; 4]) -> Option<Self> {
        const BIG_MICRO: [u8; 4] = [0xa1, 0xb2, 0xc3, 0xd4];
        const LITTLE_MICRO: [u8; 4] = [0xd4, 0xc3, 0xb2, 0xa1];
        const BIG_NANO: [u8; 4] = [0xa1, 0xb2, 0x3c, 0x4d];
        const LITTLE_NANO: [u8; 4] = [0x4d, 0x3c, 0xb2, 0xa1];
        let (standard, header, record_header) = match first {
            BIG_MICRO | LITTLE_MICRO | BIG_NANO | LITTLE_NANO => (first, HEADER, 16),
            // Kuznetzov's patch of 1999: interface, protocol and packet type follow the lengths.
            [0xa1, 0xb2, 0xcd, 0x34] => (BIG_MICRO, HEADER, 24),
            [0x34, 0xcd, 0xb2, 0xa1] => (LITTLE_MICRO, HEADER, 24),
            // Ixia's captures: the file header ends with the size of all records.
            [0x1c, 0x00, 0x01, 0xac] => (BIG_NANO, HEADER + 4, 16),
            [0xac, 0x01, 0x00, 0x1c] => (LITTLE_NANO, HEADER + 4, 16),
            [0x1c, 0x00, 0x01, 0xab] => (BIG_MICRO, HEADER + 4, 16),
            [0xab, 0x01, 0x00, 0x1c] => (LITTLE_MICRO, HEADER + 4, 16),
            _ => return None,
        };
        Some(Self {
            standard,
            header,
            record_header,
        })
    }
}

/// True when these bytes begin a pcap file of any variant.
pub(super) fn is_magic(first: [u8; 4]) -> bool {
    Magic::of(first).is_some()
}

impl Pcap {
    /// Reads the file header.
    pub(super) fn open(buffer: &mut Buffer) -> io::Result<Result<Self, Refusal>> {
        let Some(magic) = buffer.ahead().first_chunk().copied().and_then(Magic::of) else {
            return Ok(Err(Refusal::Because("it has no pcap header".to_owned())));
        };
        if !buffer.fill(magic.header)? {
            let have = buffer.ahead().len();
            return Ok(Err(Refusal::Cut(Damage::cut(
                "file header",
                have,
                magic.header,
            ))));
        }
        let mut header = [0; HEADER];
        let (first, rest) = header.split_at_mut(4);
        first.copy_from_slice(&magic.standard);
        rest.copy_from_slice(buffer.ahead().get(4..HEADER).unwrap_or(&[0; HEADER - 4]));
        let header = match PcapHeader::from_slice(&header) {
            Ok((_, header)) => header,
            Err(error) => return Ok(Err(Refusal::Because(error.to_string()))),
        };
        let lengths = match (header.version_major, header.version_minor) {
            (2, 0..=2) | (DGUX_MAJOR, _) => Lengths::CapturedSecond,
            (2, 3) => Lengths::Smaller,
            (2, _) => Lengths::CapturedFirst,
            (major, minor) => {
                return Ok(Err(Refusal::Because(format!(
                    "its header says pcap version {major}.{minor}, and only 2 is known"
                ))));
            }
        };
        buffer.take(magic.header);
        Ok(Ok(Self {
            order: match header.endianness {
                Endianness::Big => Order::Big,
                Endianness::Little => Order::Little,
            },
            nanoseconds: header.ts_resolution == PcapTsResolution::NanoSecond,
            link: LinkType(u32::from(header.datalink) & LINK_MASK),
            record_header: magic.record_header,
            lengths,
        }))
    }

    /// What all frames begin with.
    pub(super) const fn link(&self) -> LinkType {
        self.link
    }

    /// The next frame.
    #[inline]
    pub(super) fn step(&mut self, buffer: &mut Buffer) -> io::Result<Step> {
        let whole = buffer.fill(self.record_header)?;
        let Some(header) = buffer.ahead().first_chunk::<16>().filter(|_| whole) else {
            return Ok(self.end(buffer));
        };
        let number = |at| {
            self.order
                .word([header[at], header[at + 1], header[at + 2], header[at + 3]])
        };
        let (seconds, fraction, first, second) = (number(0), number(4), number(8), number(12));
        let (captured, wire_len) = match self.lengths {
            Lengths::CapturedFirst => (first, second),
            Lengths::CapturedSecond => (second, first),
            Lengths::Smaller => (first.min(second), first.max(second)),
        };
        if captured > MAX_FRAME {
            return Ok(damaged(captured));
        }
        let needed = self.record_header + captured as usize;
        if !buffer.fill(needed)? {
            return Ok(cut("frame's record", buffer, needed));
        }
        let at = buffer.take(needed);
        // A fraction above one second is told as it stands: it carries into the seconds.
        let unit = if self.nanoseconds { 1 } else { 1_000 };
        let time = Timestamp(i64::from(seconds) * 1_000_000_000 + i64::from(fraction) * unit);
        Ok(Step::Frame(Record {
            time,
            link: self.link,
            at: at.start + self.record_header..at.end,
            wire_len,
        }))
    }

    /// What it means that there is no whole header ahead.
    #[cold]
    fn end(&self, buffer: &Buffer) -> Step {
        if buffer.ahead().is_empty() {
            return Step::End;
        }
        cut("frame's header", buffer, self.record_header)
    }
}

#[cold]
fn cut(thing: &str, buffer: &Buffer, needed: usize) -> Step {
    Step::Stop(Damage::cut(thing, buffer.ahead().len(), needed))
}

#[cold]
fn damaged(captured: u32) -> Step {
    let text = format!(
        "a frame claims {captured} captured bytes, more than the {MAX_FRAME} that any recorder writes"
    );
    Step::Stop(Damage {
        code: "damaged-record",
        text,
    })
}
