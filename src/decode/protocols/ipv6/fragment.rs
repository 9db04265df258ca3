//! The fragment header: which piece of a packet this is. RFC 8200 section 4.5; packets in one piece RFC 6946.

use crate::decode::names::IP_PROTOCOLS;
use crate::decode::{Base, Cursor, Fault, FragmentPart, Next, Show, Value, events, fields};
use crate::model::Span;

fields! {
    FRAGMENT_NEXT: "ipv6.fraghdr.nxt", "Next header", Show::Names(Base::Dec, IP_PROTOCOLS), "What the whole packet begins with.";
    FRAGMENT_RESERVED: "ipv6.fraghdr.reserved_octet", "Reserved", Show::Hex(2), "Reserved: senders set it to zero, receivers ignore it.";
    OFFSET: "ipv6.fraghdr.offset", "Offset", Show::Plain, "Where this piece belongs in the whole packet, in units of eight bytes.";
    FRAGMENT_BITS: "ipv6.fraghdr.reserved_bits", "Reserved bits", Show::Plain, "Reserved: senders set it to zero, receivers ignore it.";
    MORE: "ipv6.fraghdr.more", "More fragments", Show::Plain, "Set in every piece but the last.";
    ID: "ipv6.fraghdr.ident", "Identification", Show::Hex(8), "Pieces of one packet share this number.";
}

events! {
    FRAGMENT: "ip.fragment", "A packet was too big for a link and travels in pieces, each with its own IP header.";
}

pub(super) fn decode(c: &mut Cursor<'_, '_>) -> Result<(), Fault> {
    let proto = c.u8(&FRAGMENT_NEXT)?;
    c.u8(&FRAGMENT_RESERVED)?;
    let at = c.ahead(2);
    let offset = (c.bits(&OFFSET, 2, 0, 13)? as u32).saturating_mul(8);
    let bits = Span {
        bit: 13,
        bits: 2,
        ..at
    };
    let low = c.peek_number(0, 2).unwrap_or(0);
    c.put(&FRAGMENT_BITS, bits, Value::Num(low >> 1 & 3));
    let more = c.flag(&MORE, 2, 15)?;
    c.take(2)?;
    let id = c.u32(&ID)?;
    let next = Next::IpProto(proto);
    let span = c.rest_span();
    if offset == 0 && !more {
        c.summary(format_args!("the whole packet"));
        c.next(next, span);
        return Ok(());
    }
    c.in_pieces();
    let last = if more { "" } else { ", the last" };
    c.summary(format_args!("fragment at {offset}{last}"));
    c.event(&FRAGMENT);
    if c.missing() > 0 {
        // Cut by the capture: it can never be put together, but the first piece begins with the next header.
        c.next(if offset == 0 { next } else { Next::Data }, span);
        return Ok(());
    }
    c.fragment(FragmentPart {
        span,
        offset,
        more,
        id,
        next,
    });
    Ok(())
}
