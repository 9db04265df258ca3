//! Names of addresses in a name resolution block, one after the other, as positions in the read buffer.

use std::net::IpAddr;
use std::ops::Range;

use crate::capture::Step;
use crate::capture::buffer::Buffer;
use crate::capture::order::Order;

const IPV4: u16 = 1;
const IPV6: u16 = 2;

/// What is left of a name resolution block.
#[derive(Debug)]
pub(super) struct Names {
    records: Range<usize>,
    /// The address of the record in hand and its names, each ended by a zero byte.
    current: Option<(IpAddr, Range<usize>)>,
}

impl Names {
    /// The names of a block whose body stands at `body`.
    pub(super) const fn new(body: Range<usize>) -> Self {
        Self {
            records: body,
            current: None,
        }
    }

    /// The next name, if there is one.
    pub(super) fn next(&mut self, order: Order, buffer: &Buffer) -> Option<Step> {
        loop {
            while let Some((addr, left)) = &mut self.current {
                let bytes = buffer.slice(left.clone());
                let length = memchr::memchr(0, bytes).unwrap_or(bytes.len());
                let name = left.start..left.start + length;
                left.start = left.end.min(name.end + 1);
                if length > 0 {
                    return Some(Step::Name(*addr, name));
                }
                if left.start >= left.end {
                    self.current = None;
                }
            }
            self.open(order, buffer)?;
        }
    }

    /// Takes the next record in hand; `None` behind the last, and where the list breaks.
    fn open(&mut self, order: Order, buffer: &Buffer) -> Option<()> {
        let bytes = buffer.slice(self.records.clone());
        let kind = order.u16(bytes, 0).filter(|&kind| kind != 0)?;
        let length = usize::from(order.u16(bytes, 2)?);
        let value = bytes.get(4..4 + length)?;
        let addr = match kind {
            IPV4 => value
                .first_chunk::<4>()
                .map(|&octets| (IpAddr::from(octets), octets.len())),
            IPV6 => value
                .first_chunk::<16>()
                .map(|&octets| (IpAddr::from(octets), octets.len())),
            _ => None,
        };
        let at = self.records.start + 4;
        self.current = addr.map(|(addr, width)| (addr, at + width..at + length));
        self.records.start = self.records.end.min(at + length.next_multiple_of(4));
        Some(())
    }
}
