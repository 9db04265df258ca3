//! The routing header: where a packet shall pass. RFC 8200 section 4.4; segment routing RFC 8754, RPL RFC 6554.

use crate::decode::names::IP_PROTOCOLS;
use crate::decode::{Base, Cursor, Fault, FieldDef, Names, Next, Show, Value, fields};

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

const TLVS: Names = &[(0, "one byte of padding"), (4, "padding"), (5, "HMAC")];

fields! {
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
    SRH_FLAGS: "ipv6.routing.srh.flags", "Flags", Show::Hex(2), "No flag is defined yet, so it is zero.";
    SRH_TAG: "ipv6.routing.srh.tag", "Tag", Show::Plain, "Marks packets of one group.";
    SRH_ADDRESS: "ipv6.routing.srh.addr", "Segment", Show::Plain, "An address that the packet shall pass; the list stands in reverse order.";
    SRH_TLV: "wirewalk.ipv6.routing.srh.tlv", "Further information", Show::Heading, "What follows the list of segments: padding, or a code that proves who wrote it.";
    TLV_TYPE: "wirewalk.ipv6.routing.srh.tlv.type", "Type", Show::Names(Base::Dec, TLVS), "What it is.";
    TLV_LENGTH: "wirewalk.ipv6.routing.srh.tlv.length", "Length", Show::Unit("bytes"), "Length of what follows, without type and length.";
    TLV_VALUE: "wirewalk.ipv6.routing.srh.tlv.value", "Value", Show::Plain, "Its bytes; of padding they mean nothing.";
    HMAC_DESTINATION: "wirewalk.ipv6.routing.srh.hmac.d", "Destination not covered", Show::Plain, "Set when the code is not checked against the destination address.";
    HMAC_KEY: "wirewalk.ipv6.routing.srh.hmac.key", "Key", Show::Hex(8), "Which shared key made the code.";
    HMAC_CODE: "wirewalk.ipv6.routing.srh.hmac.code", "Code", Show::Plain, "Proves that the list of segments was written by someone who knows the key.";
    CRH16_SID: "ipv6.routing.crh16.sid", "Segment", Show::Plain, "The number of a segment that the packet shall pass.";
    CRH32_SID: "ipv6.routing.crh32.sid", "Segment", Show::Plain, "The number of a segment that the packet shall pass.";
}

pub(super) fn decode(c: &mut Cursor<'_, '_>) -> Result<(), Fault> {
    let next = c.u8(&ROUTING_NEXT)?;
    let at = c.ahead(1);
    let bytes = (usize::from(c.u8(&ROUTING_LEN)?))
        .saturating_add(1)
        .saturating_mul(8);
    c.put(&ROUTING_BYTES, at, Value::Num(bytes as u64));
    c.within(&ROUTING_LEN, bytes.saturating_sub(2), |c| {
        let kind = c.u8(&ROUTING_TYPE)?;
        let left = c.u8(&SEGMENTS_LEFT)?;
        match ROUTING_TYPE.name_of(u64::from(kind)) {
            Some(name) => c.summary(format_args!("{name}, {left} segments left")),
            None => c.summary(format_args!("type {kind}, {left} segments left")),
        }
        // Where the packet goes in the end, while the header's destination is only its next stop.
        let mut bound = None;
        match kind {
            0 => {
                c.bytes(&RT0_RESERVED, 4)?;
                bound = addresses(c, &RT0_ADDRESS, usize::MAX)?.map(|(_, last)| last);
            }
            2 => {
                c.bytes(&MIP_RESERVED, 4)?;
                bound = Some(c.ip6(&HOME)?);
            }
            3 => rpl(c)?,
            4 => {
                let last = c.u8(&SRH_LAST)?;
                c.u8(&SRH_FLAGS)?;
                c.bytes(&SRH_TAG, 2)?;
                let count = usize::from(last).saturating_add(1);
                bound = addresses(c, &SRH_ADDRESS, count)?.map(|(first, _)| first);
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
        if left > 0 {
            c.bound_for(bound.map(Into::into));
        }
        while kind == 4 && !c.is_empty() {
            // What is wrong with it does not hide what the packet carries.
            if let Err(fault) = c.group(&SRH_TLV, further) {
                c.note(fault);
                break;
            }
        }
        let rest = c.left();
        if rest > 0 {
            c.bytes(if kind == 4 { &TLV_VALUE } else { &UNKNOWN }, rest)?;
        }
        Ok(())
    })?;
    c.next(Next::IpProto(next), c.rest_span());
    Ok(())
}

type Address = [u8; 16];

/// Reads at most so many addresses; returns the first and the last.
fn addresses(
    c: &mut Cursor<'_, '_>,
    def: &'static FieldDef,
    most: usize,
) -> Result<Option<(Address, Address)>, Fault> {
    let mut ends = None;
    let mut count = 0usize;
    while c.left() >= 16 && count < most {
        let address = c.ip6(def)?;
        let (first, _) = ends.unwrap_or((address, address));
        ends = Some((first, address));
        count = count.saturating_add(1);
    }
    Ok(ends)
}

/// One piece of information behind a list of segments (RFC 8754 section 2.1).
fn further(c: &mut Cursor<'_, '_>) -> Result<(), Fault> {
    let kind = c.u8(&TLV_TYPE)?;
    if kind == 0 {
        return Ok(());
    }
    let len = usize::from(c.u8(&TLV_LENGTH)?);
    c.within(&TLV_LENGTH, len, |c| {
        if kind == 5 {
            c.flag(&HMAC_DESTINATION, 2, 0)?;
            c.take(2)?;
            c.u32(&HMAC_KEY)?;
            return c.bytes(&HMAC_CODE, c.left()).map(drop);
        }
        if c.is_empty() {
            return Ok(());
        }
        c.bytes(&TLV_VALUE, c.left()).map(drop)
    })
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
