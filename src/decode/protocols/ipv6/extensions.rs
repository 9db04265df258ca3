//! The extension headers between IPv6 and what it carries: RFC 8200 section 4; segment routing RFC 8754, RPL RFC 6554.

use crate::decode::names::IP_PROTOCOLS;
use crate::decode::{Base, Cursor, Fault, FieldDef, Names, Show, Value, fields};
use crate::model::Span;

use super::options;

const ROUTING_TYPES: Names = &[
    (0, "source route (deprecated)"),
    (1, "Nimrod (deprecated)"),
    (2, "mobile IPv6"),
    (3, "RPL source route"),
    (4, "segment routing"),
    (5, "compact routing, 16 bits"),
    (6, "compact routing, 32 bits"),
    (253, "experiment 1"),
    (254, "experiment 2"),
];

fields! {
    HOP: "ipv6.hopopts", "Hop-by-hop options", Show::Heading, "Options that every router on the way may look at.";
    HOP_NEXT: "ipv6.hopopts.nxt", "Next header", Show::Names(Base::Dec, IP_PROTOCOLS), "What follows these options.";
    HOP_LEN: "ipv6.hopopts.len", "Length", Show::Plain, "Length of these options in units of eight bytes, the first one not counted.";
    HOP_BYTES: "ipv6.hopopts.len_oct", "Length in bytes", Show::Unit("bytes"), "The same length in bytes.";
    DST: "ipv6.dstopts", "Destination options", Show::Heading, "Options that only the receiver looks at.";
    DST_NEXT: "ipv6.dstopts.nxt", "Next header", Show::Names(Base::Dec, IP_PROTOCOLS), "What follows these options.";
    DST_LEN: "ipv6.dstopts.len", "Length", Show::Plain, "Length of these options in units of eight bytes, the first one not counted.";
    DST_BYTES: "ipv6.dstopts.len_oct", "Length in bytes", Show::Unit("bytes"), "The same length in bytes.";
    ROUTING: "ipv6.routing", "Routing header", Show::Heading, "Addresses that the packet shall pass on its way.";
    ROUTING_NEXT: "ipv6.routing.nxt", "Next header", Show::Names(Base::Dec, IP_PROTOCOLS), "What follows this header.";
    ROUTING_LEN: "ipv6.routing.len", "Length", Show::Plain, "Length of this header in units of eight bytes, the first one not counted.";
    ROUTING_BYTES: "ipv6.routing.len_oct", "Length in bytes", Show::Unit("bytes"), "The same length in bytes.";
    ROUTING_TYPE: "ipv6.routing.type", "Type", Show::Names(Base::Dec, ROUTING_TYPES), "Which kind of route it is; 4 is segment routing.";
    SEGMENTS_LEFT: "ipv6.routing.segleft", "Segments left", Show::Plain, "How many of the addresses are still to be passed.";
    UNKNOWN: "ipv6.routing.unknown_data", "Type-specific data", Show::Plain, "The rest, whose form the type defines.";
    RT0_RESERVED: "ipv6.routing.src.reserved", "Reserved", Show::Plain, "Reserved: senders set it to zero, receivers ignore it.";
    RT0_ADDRESS: "ipv6.routing.src.addr", "Address", Show::Plain, "A router that the packet shall pass.";
    MIP_RESERVED: "ipv6.routing.mipv6.reserved", "Reserved", Show::Plain, "Reserved: senders set it to zero, receivers ignore it.";
    HOME: "ipv6.routing.mipv6.home_address", "Home address", Show::Plain, "The permanent address of a mobile host that is elsewhere now.";
    RPL_CMPRI: "ipv6.routing.rpl.cmprI", "Left out of inner addresses", Show::Unit("bytes"), "How many leading bytes the addresses share with the destination and therefore lack.";
    RPL_CMPRE: "ipv6.routing.rpl.cmprE", "Left out of the last address", Show::Unit("bytes"), "How many leading bytes the last address lacks.";
    RPL_PAD: "ipv6.routing.rpl.pad", "Padding", Show::Unit("bytes"), "Bytes of padding at the end.";
    RPL_RESERVED: "ipv6.routing.rpl.reserved", "Reserved", Show::Plain, "Reserved: senders set it to zero, receivers ignore it.";
    RPL_ADDRESS: "ipv6.routing.rpl.address", "Address", Show::Plain, "The part of a router's address that differs from the destination's.";
    SRH_LAST: "ipv6.routing.srh.last_entry", "Last entry", Show::Plain, "The index of the last address of the list, counted from 0.";
    SRH_FLAGS: "ipv6.routing.srh.flags", "Flags", Show::Hex(2), "Zero; none is defined.";
    SRH_TAG: "ipv6.routing.srh.tag", "Tag", Show::Plain, "Marks packets of one group.";
    SRH_ADDRESS: "ipv6.routing.srh.addr", "Segment", Show::Plain, "An address that the packet shall pass; the list stands in reverse order.";
    CRH16_SID: "ipv6.routing.crh16.sid", "Segment", Show::Plain, "The number of a segment that the packet shall pass.";
    CRH32_SID: "ipv6.routing.crh32.sid", "Segment", Show::Plain, "The number of a segment that the packet shall pass.";
    FRAGMENT: "ipv6.fraghdr", "Fragment header", Show::Heading, "The packet was cut by its sender; this says which piece it is.";
    FRAGMENT_NEXT: "ipv6.fraghdr.nxt", "Next header", Show::Names(Base::Dec, IP_PROTOCOLS), "What the whole packet begins with.";
    FRAGMENT_RESERVED: "ipv6.fraghdr.reserved_octet", "Reserved", Show::Hex(2), "Reserved: senders set it to zero, receivers ignore it.";
    OFFSET: "ipv6.fraghdr.offset", "Offset", Show::Plain, "Where this piece belongs in the whole packet, in units of eight bytes.";
    FRAGMENT_BITS: "ipv6.fraghdr.reserved_bits", "Reserved bits", Show::Plain, "Reserved: senders set it to zero, receivers ignore it.";
    MORE: "ipv6.fraghdr.more", "More fragments", Show::Plain, "Set in every piece but the last.";
    ID: "ipv6.fraghdr.ident", "Identification", Show::Hex(8), "Pieces of one packet share this number.";
}

/// What the extension headers led to.
pub(super) struct Chain {
    /// The protocol that the packet carries.
    pub(super) proto: u8,
    /// Set when only a piece of the packet follows.
    pub(super) fragment: Option<Part>,
}

/// Which piece of a packet follows.
pub(super) struct Part {
    pub(super) offset: u32,
    pub(super) more: bool,
    pub(super) id: u32,
}

/// Reads extension headers from the one that `next` names up to what the packet carries.
pub(super) fn decode(c: &mut Cursor<'_, '_>, mut next: u8) -> Result<Chain, Fault> {
    loop {
        next = match next {
            0 => options(c, &HOP, [&HOP_NEXT, &HOP_LEN, &HOP_BYTES])?,
            60 => options(c, &DST, [&DST_NEXT, &DST_LEN, &DST_BYTES])?,
            43 => c.group(&ROUTING, routing)?,
            44 => {
                let (proto, part) = c.group(&FRAGMENT, fragment)?;
                // A packet in one piece with a fragment header is whole (RFC 6946).
                if part.offset > 0 || part.more {
                    return Ok(Chain {
                        proto,
                        fragment: Some(part),
                    });
                }
                proto
            }
            proto => {
                return Ok(Chain {
                    proto,
                    fragment: None,
                });
            }
        };
    }
}

/// The next header and how many bytes of this one are left.
fn start(c: &mut Cursor<'_, '_>, defs: [&'static FieldDef; 3]) -> Result<(u8, usize), Fault> {
    let [next_def, len_def, bytes_def] = defs;
    let next = c.u8(next_def)?;
    let at = c.ahead(1);
    let units = c.u8(len_def)?;
    let bytes = usize::from(units).saturating_add(1).saturating_mul(8);
    c.put(bytes_def, at, Value::Num(bytes as u64));
    Ok((next, bytes.saturating_sub(2)))
}

fn options(
    c: &mut Cursor<'_, '_>,
    heading: &'static FieldDef,
    defs: [&'static FieldDef; 3],
) -> Result<u8, Fault> {
    c.group(heading, |c| {
        let (next, rest) = start(c, defs)?;
        c.within(defs[1], rest, options::decode)?;
        Ok(next)
    })
}

fn routing(c: &mut Cursor<'_, '_>) -> Result<u8, Fault> {
    let (next, rest) = start(c, [&ROUTING_NEXT, &ROUTING_LEN, &ROUTING_BYTES])?;
    c.within(&ROUTING_LEN, rest, |c| {
        let kind = c.u8(&ROUTING_TYPE)?;
        c.u8(&SEGMENTS_LEFT)?;
        match kind {
            0 => {
                c.bytes(&RT0_RESERVED, 4)?;
                addresses(c, &RT0_ADDRESS, usize::MAX)?;
            }
            2 => {
                c.bytes(&MIP_RESERVED, 4)?;
                c.ip6(&HOME)?;
            }
            3 => rpl(c)?,
            4 => {
                let last = c.u8(&SRH_LAST)?;
                c.u8(&SRH_FLAGS)?;
                c.bytes(&SRH_TAG, 2)?;
                addresses(c, &SRH_ADDRESS, usize::from(last).saturating_add(1))?;
            }
            5 => {
                while c.left() >= 2 {
                    c.u16(&CRH16_SID)?;
                }
            }
            6 => {
                while c.left() >= 4 {
                    c.u32(&CRH32_SID)?;
                }
            }
            _ => {}
        }
        let rest = c.left();
        if rest > 0 {
            c.bytes(&UNKNOWN, rest)?;
        }
        Ok(())
    })?;
    Ok(next)
}

fn addresses(c: &mut Cursor<'_, '_>, def: &'static FieldDef, most: usize) -> Result<(), Fault> {
    let mut count = 0usize;
    while c.left() >= 16 && count < most {
        c.ip6(def)?;
        count = count.saturating_add(1);
    }
    Ok(())
}

fn rpl(c: &mut Cursor<'_, '_>) -> Result<(), Fault> {
    let inner = c.bits(&RPL_CMPRI, 4, 0, 4)? as usize;
    let last = c.bits(&RPL_CMPRE, 4, 4, 4)? as usize;
    let pad = c.bits(&RPL_PAD, 4, 8, 4)? as usize;
    c.bits(&RPL_RESERVED, 4, 12, 20)?;
    c.take(4)?;
    let (inner, last) = (16usize.saturating_sub(inner), 16usize.saturating_sub(last));
    while c.left() >= inner.saturating_add(last).saturating_add(pad) {
        c.bytes(&RPL_ADDRESS, inner)?;
    }
    if c.left() >= last.saturating_add(pad) {
        c.bytes(&RPL_ADDRESS, last)?;
    }
    Ok(())
}

fn fragment(c: &mut Cursor<'_, '_>) -> Result<(u8, Part), Fault> {
    let next = c.u8(&FRAGMENT_NEXT)?;
    c.u8(&FRAGMENT_RESERVED)?;
    let at: Span = c.ahead(2);
    let offset = c.bits(&OFFSET, 2, 0, 13)?;
    let part = |bit, bits| Span { bit, bits, ..at };
    let low = c.peek_number(0, 2).unwrap_or(0);
    c.put(&FRAGMENT_BITS, part(13, 2), Value::Num(low >> 1 & 3));
    let more = c.flag(&MORE, 2, 15)?;
    c.take(2)?;
    let id = c.u32(&ID)?;
    Ok((
        next,
        Part {
            offset: (offset as u32).saturating_mul(8),
            more,
            id,
        },
    ))
}
