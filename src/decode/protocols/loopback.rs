//! BSD loopback: four bytes that say which family of protocols follows (LINKTYPE_NULL, LINKTYPE_LOOP).

use crate::decode::names::ETHERTYPES;
use crate::decode::{Base, Claim, Cursor, Fault, Names, Next, Protocol, Show, Value, fields};
use crate::model::Osi;

const FAMILIES: Names = &[
    (2, "IPv4"),
    (7, "OSI"),
    (16, "AppleTalk"),
    (23, "IPX"),
    (24, "IPv6, NetBSD and OpenBSD"),
    (28, "IPv6, FreeBSD"),
    (30, "IPv6, macOS"),
];

fields! {
    FAMILY: "null.family", "Family", Show::Names(Base::Dec, FAMILIES), "Which protocols follow, as the number that the capturing system uses in its own byte order; IPv6 has a different one on each.";
    UNKNOWN: "wirewalk.null.header", "Header", Show::Hex(8), "Neither a family nor a type, in whichever byte order it is read.";
    TYPE: "null.type", "Type", Show::Names(Base::Hex(4), ETHERTYPES), "Which protocol follows, as an EtherType: some systems write that instead of a family.";
}

/// Loopback with the family in the byte order of the host that captured.
pub(super) static PROTOCOL: Protocol = Protocol {
    key: "null",
    name: "Loopback",
    osi: Osi::Link,
    spec: "LINKTYPE_NULL",
    claims: &[Claim::Link(0)],
    fields: FIELDS,
    events: &[],
    decode: host_order,
    talk: None,
};

/// Loopback with the family in network byte order.
pub(super) static NETWORK_ORDER: Protocol = Protocol {
    spec: "LINKTYPE_LOOP",
    claims: &[Claim::Link(108)],
    decode: network_order,
    ..PROTOCOL
};

fn host_order(c: &mut Cursor<'_, '_>) -> Result<(), Fault> {
    let big = c.peek_number(0, 4).unwrap_or(0) as u32;
    let little = big.swap_bytes();
    // Numbers are small: the half that is zero tells the byte order. Some systems wrote 16 bits only.
    let family = match little {
        0..=0xffff => little,
        0x1_0000..=0x5_ffff => little >> 16,
        _ => big,
    };
    family_is(c, family)
}

fn network_order(c: &mut Cursor<'_, '_>) -> Result<(), Fault> {
    let family = c.peek_number(0, 4).unwrap_or(0) as u32;
    family_is(c, family)
}

fn family_is(c: &mut Cursor<'_, '_>, family: u32) -> Result<(), Fault> {
    let at = c.ahead(4);
    c.take(4)?;
    let def = match family {
        0..=1500 => &FAMILY,
        1501..=0xffff => &TYPE,
        _ => &UNKNOWN,
    };
    c.put(def, at, Value::Num(u64::from(family)));
    match def.name_of(u64::from(family)) {
        Some(name) => c.summary(format_args!("{name}")),
        None => c.summary(format_args!("family {family}")),
    }
    let next = match family {
        2 => Next::EtherType(0x0800),
        24 | 28 | 30 => Next::EtherType(0x86dd),
        7 => Next::Llc(0xfe),
        1501..=0xffff => Next::EtherType(family as u16),
        _ => Next::Data,
    };
    c.next(next, c.rest_span());
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::decode::testing::see;
    use crate::model::LinkType;

    #[test]
    fn families_in_every_byte_order() {
        for (link, head, carried) in [
            (LinkType::NULL, "02000000", "ip"),
            (LinkType::NULL, "00000002", "ip"),
            (LinkType::NULL, "1e000000", "ipv6"),
            (LinkType::NULL, "0000001c", "ipv6"),
            (LinkType::NULL, "00020000", "data"),
            (LinkType::LOOP, "00000018", "ipv6"),
            (LinkType::LOOP, "02000000", "data"),
            (LinkType::NULL, "dd860000", "ipv6"),
        ] {
            let seen = see(link, &format!("{head}00"));
            assert_eq!(seen.layers(), ["null", carried], "{head}");
        }
    }
}
