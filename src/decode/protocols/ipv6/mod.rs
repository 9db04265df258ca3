//! IPv6: packets between networks, with 128-bit addresses. RFC 8200; the flow label is RFC 6437's.

mod fragment;
mod mesh;
mod options;
mod routing;

use std::net::Ipv6Addr;

use crate::decode::checksum::Envelope;
use crate::decode::names::{DSCP, ECN, IP_PROTOCOLS};
use crate::decode::{
    Base, Claim, Cursor, Fault, FieldDef, Next, Protocol, Show, Value, fields, joined,
};
use crate::model::{Osi, Span};

fields! {
    VERSION: "ipv6.version", "Version", Show::Plain, "6 for IPv6.";
    CLASS: "ipv6.tclass", "Traffic class", Show::Hex(2), "How routers shall treat the packet: a class of service and two bits about congestion.";
    CLASS_DSCP: "ipv6.tclass.dscp", "Code point", Show::Names(Base::Dec, DSCP), "The class of service that the packet asks for; 0 is ordinary treatment.";
    CLASS_ECN: "ipv6.tclass.ecn", "Congestion notification", Show::Names(Base::Dec, ECN), "Whether routers may mark the packet instead of dropping it when a queue fills, and whether one did.";
    FLOW: "ipv6.flow", "Flow label", Show::Hex(5), "Packets of one conversation carry the same label, so that routers can keep them on one path without looking inside.";
    PAYLOAD_LEN: "ipv6.plen", "Payload length", Show::Unit("bytes"), "Length of everything behind this header of 40 bytes, extension headers included.";
    NEXT: "ipv6.nxt", "Next header", Show::Names(Base::Dec, IP_PROTOCOLS), "What follows: an extension header or the protocol that the packet carries.";
    HOP_LIMIT: "ipv6.hlim", "Hop limit", Show::Plain, "Every router takes one off, and drops the packet at 0: no packet circles for ever.";
    SRC: "ipv6.src", "Source address", Show::Plain, "The address of the sender.";
    DST: "ipv6.dst", "Destination address", Show::Plain, "Where the packet goes; routers read this and little else.";
    SRC_MAC: "ipv6.src_slaac_mac", "Source's MAC address", Show::Plain, "The source made its address from this MAC address (ff:fe in the middle, one bit turned).";
    DST_MAC: "ipv6.dst_slaac_mac", "Destination's MAC address", Show::Plain, "The destination made its address from this MAC address (ff:fe in the middle, one bit turned).";
    SRC_6TO4: "ipv6.src_6to4_gw_ipv4", "Source's 6to4 gateway", Show::Plain, "The IPv4 address inside a source address of the form 2002::/16, through which it can be reached.";
    SRC_6TO4_SLA: "ipv6.src_6to4_sla_id", "Source's 6to4 subnet", Show::Plain, "The subnet behind that gateway.";
    DST_6TO4: "ipv6.dst_6to4_gw_ipv4", "Destination's 6to4 gateway", Show::Plain, "The IPv4 address inside a destination address of the form 2002::/16, through which it can be reached.";
    DST_6TO4_SLA: "ipv6.dst_6to4_sla_id", "Destination's 6to4 subnet", Show::Plain, "The subnet behind that gateway.";
    NAT64: "ipv6.embed_ipv4_prefix", "Translation prefix", Show::Plain, "64:ff9b::/96: a translator (NAT64) sends the packet on as one of IPv4, to the address behind this prefix.";
    SRC_NAT64: "ipv6.src_embed_ipv4", "Source's IPv4 address", Show::Plain, "The host of the IPv4 Internet that the packet comes from, behind a translator.";
    DST_NAT64: "ipv6.dst_embed_ipv4", "Destination's IPv4 address", Show::Plain, "The host of the IPv4 Internet that the packet goes to, behind a translator.";
}

/// Internet Protocol version 6.
pub(super) static PROTOCOL: Protocol = Protocol {
    key: "ipv6",
    name: "Internet Protocol Version 6",
    osi: Osi::Network,
    spec: "RFC 8200",
    claims: &[
        Claim::EtherType(0x86dd),
        Claim::Ppp(0x0057),
        Claim::IpProto(41),
        Claim::Link(229),
    ],
    fields: FIELDS,
    events: &[],
    decode,
    talk: None,
};

/// Options for every router on the way.
pub(super) static HOP_BY_HOP: Protocol = Protocol {
    key: "ipv6.hopopts",
    name: "IPv6 Hop-by-Hop Options",
    osi: Osi::Network,
    spec: "RFC 8200, section 4.3",
    claims: &[Claim::IpProto(0)],
    fields: joined![options::FIELDS, mesh::FIELDS],
    events: &[],
    decode: options::hop_by_hop,
    talk: None,
};

/// Options for the receiver.
pub(super) static DESTINATION: Protocol = Protocol {
    key: "ipv6.dstopts",
    name: "IPv6 Destination Options",
    spec: "RFC 8200, section 4.6",
    claims: &[Claim::IpProto(60)],
    decode: options::destination,
    ..HOP_BY_HOP
};

/// Routing headers.
pub(super) static ROUTING: Protocol = Protocol {
    key: "ipv6.routing",
    name: "IPv6 Routing Header",
    osi: Osi::Network,
    spec: "RFC 8200, section 4.4",
    claims: &[Claim::IpProto(43)],
    fields: routing::FIELDS,
    events: &[],
    decode: routing::decode,
    talk: None,
};

/// Fragment headers.
pub(super) static FRAGMENT: Protocol = Protocol {
    key: "ipv6.fraghdr",
    name: "IPv6 Fragment Header",
    osi: Osi::Network,
    spec: "RFC 8200, section 4.5",
    claims: &[Claim::IpProto(44)],
    fields: fragment::FIELDS,
    events: fragment::EVENTS,
    decode: fragment::decode,
    talk: None,
};

fn decode(c: &mut Cursor<'_, '_>) -> Result<(), Fault> {
    let version = c.bits(&VERSION, 1, 0, 4)?;
    if version != 6 {
        return Err(c.bad_value(&VERSION, "6"));
    }
    c.bits(&CLASS, 4, 4, 8)?;
    c.nest(|c| {
        c.bits(&CLASS_DSCP, 4, 4, 6)?;
        c.bits(&CLASS_ECN, 4, 10, 2)
    })?;
    c.take(1)?;
    c.bits(&FLOW, 3, 4, 20)?;
    c.take(3)?;
    let len = usize::from(c.u16(&PAYLOAD_LEN)?);
    let next = c.u8(&NEXT)?;
    let hops = c.u8(&HOP_LIMIT)?;
    let addresses = c.ahead(32);
    let src = c.ip6(&SRC)?;
    let dst = c.ip6(&DST)?;
    let at = |from: u32, len| Span::bytes(addresses.buf, addresses.at.saturating_add(from), len);
    embedded(c, src, at(8, 8), &SRC_MAC);
    embedded(c, dst, at(24, 8), &DST_MAC);
    tunnel(c, src, [at(2, 4), at(6, 2)], [&SRC_6TO4, &SRC_6TO4_SLA]);
    tunnel(c, dst, [at(18, 4), at(22, 2)], [&DST_6TO4, &DST_6TO4_SLA]);
    translated(c, src, [at(0, 12), at(12, 4)], &SRC_NAT64);
    translated(c, dst, [at(16, 12), at(28, 4)], &DST_NAT64);
    let (src, dst) = (Ipv6Addr::from(src), Ipv6Addr::from(dst));

    let carried = NEXT.name_of(u64::from(next));
    let carried = carried.unwrap_or("unknown protocol");
    c.summary(format_args!("{src} → {dst}, {carried}, hop limit {hops}"));
    let mut envelope = Envelope {
        src: Some(src.into()),
        dst: Some(dst.into()),
        piece: false,
        whole: c.missing() == 0,
        len: 0,
    };
    match len {
        // A length that does not fit stands in an option. Without one there is nothing: a network card that cuts big
        // segments itself (segmentation offload) sends no hop-by-hop options.
        0 if next == 0 => {
            let jumbo = options::jumbo(c.peek());
            if jumbo.is_none() {
                c.note(c.bad_length(&PAYLOAD_LEN, 0, "more, without a jumbo payload option"));
            }
            let len = jumbo.unwrap_or(0) as usize;
            envelope.whole = c.left() >= len;
            c.bound(len, &PAYLOAD_LEN);
        }
        0 => {}
        _ => {
            envelope.whole = c.left() >= len;
            c.bound(len, &PAYLOAD_LEN);
        }
    }
    let carried = (c.left() as u32).saturating_add(c.missing());
    envelope.len = carried.saturating_add(40);
    c.carry(envelope);
    c.next(Next::IpProto(next), c.rest_span());
    Ok(())
}

/// An interface identifier made from a MAC address, whose bit for local addresses is turned (RFC 4291 appendix A).
fn embedded(c: &mut Cursor<'_, '_>, address: [u8; 16], at: Span, def: &'static FieldDef) {
    if let [.., a, b, d, 0xff, 0xfe, e, f, g] = address
        && a & 2 == 2
        && address.first() != Some(&0xff)
    {
        c.put(def, at, Value::Mac([a ^ 2, b, d, e, f, g]));
    }
}

/// An IPv4 address in a 6to4 prefix (RFC 3056).
fn tunnel(c: &mut Cursor<'_, '_>, address: [u8; 16], at: [Span; 2], defs: [&'static FieldDef; 2]) {
    if let [0x20, 0x02, a, b, d, e, high, low, ..] = address {
        let [gateway, subnet] = at;
        let [gateway_def, subnet_def] = defs;
        c.put(gateway_def, gateway, Value::Ip4([a, b, d, e]));
        let number = u16::from_be_bytes([high, low]);
        c.put(subnet_def, subnet, Value::Num(u64::from(number)));
    }
}

/// An IPv4 address behind the well-known prefix of translators (RFC 6052 section 2.1).
fn translated(c: &mut Cursor<'_, '_>, address: [u8; 16], at: [Span; 2], def: &'static FieldDef) {
    if let [0x00, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0, rest @ ..] = address {
        let [prefix, place] = at;
        c.put(&NAT64, prefix, Value::Bytes);
        c.put(def, place, Value::Ip4(rest));
    }
}

#[cfg(test)]
mod tests {
    use crate::decode::testing::see;
    use crate::model::LinkType;

    const HEAD: &str = "fe80000000000000b29928fffec8d66c ff020000000000000000000000000001";

    fn packet(len: &str, next: &str, rest: &str) -> crate::decode::testing::Seen {
        see(
            LinkType::IPV6,
            &format!("67812345 {len} {next} ff {HEAD} {rest}"),
        )
    }

    #[test]
    fn every_bit_of_the_header() {
        let seen = packet("0002", "3b", "0102");
        assert_eq!(seen.first("ipv6.tclass"), "0x78");
        assert_eq!(seen.first("ipv6.tclass.dscp"), "30 (AF33)");
        assert_eq!(seen.first("ipv6.flow"), "0x12345");
        assert_eq!(seen.place("ipv6.flow"), Some((1, 3)));
        assert_eq!(seen.first("ipv6.src_slaac_mac"), "b0:99:28:c8:d6:6c");
        assert_eq!(seen.layers(), ["ipv6", "data"]);
    }

    #[test]
    fn addresses_behind_a_translator() {
        let addresses = "0064ff9b0000000000000000 9765798c 0064ff9b0000000000000001 01020304";
        let seen = see(LinkType::IPV6, &format!("60000000 0000 3b ff {addresses}"));
        assert_eq!(seen.all("ipv6.src_embed_ipv4"), ["151.101.121.140"]);
        assert_eq!(seen.place("ipv6.src_embed_ipv4"), Some((20, 4)));
        assert!(seen.all("ipv6.dst_embed_ipv4").is_empty());
    }

    #[test]
    fn extension_headers_are_layers() {
        // Router alert and padding, an address that moved, and a fragment.
        let seen = packet(
            "0020",
            "00",
            "3c00 05020000 0100  2c00 0104 00000000  3a00 0009 00000007  8000 0000 0000 0000",
        );
        let layers = ["ipv6", "ipv6.hopopts", "ipv6.dstopts", "ipv6.fraghdr"];
        assert_eq!(seen.layers(), layers);
        assert_eq!(
            seen.first("ipv6.opt.router_alert"),
            "0 (multicast listener discovery)"
        );
        assert_eq!(seen.all("ipv6.opt.padn"), ["", "00:00:00:00"]);
        assert_eq!(seen.events(), ["ip.fragment"]);
        let part = seen.d.fragment.expect("a fragment");
        assert_eq!((part.offset, part.more, part.id), (8, true, 7));
    }

    #[test]
    fn segments_of_a_route() {
        // Of the corpus of tcpdump (ipv6-srh-ext-header.pcap), with one segment.
        let seen = packet(
            "0018",
            "2b",
            "3b02 0400 0000 0000 cafe0001000000000000000000000002",
        );
        assert_eq!(seen.first("ipv6.routing.srh.addr"), "cafe:1::2");
        assert_eq!(
            seen.summary("ipv6.routing"),
            "segment routing, 0 segments left"
        );
        // Behind the segment: one byte of padding, and a code.
        let seen = packet(
            "0030",
            "2b",
            "3b05 0400 0000 0000 cafe0001000000000000000000000002 00 0515 8000 00000007 000102030405060708090a0b0c0d0e",
        );
        let types = seen.all("wirewalk.ipv6.routing.srh.tlv.type");
        assert_eq!(types, ["0 (one byte of padding)", "5 (HMAC)"]);
        assert_eq!(
            seen.first("wirewalk.ipv6.routing.srh.hmac.key"),
            "0x00000007"
        );
        assert!(seen.faults().is_empty());
    }

    #[test]
    fn long_packets_say_so_in_an_option() {
        let seen = packet("0000", "00", "3b00 c204 00010000 01");
        assert_eq!(seen.first("ipv6.opt.jumbo"), "65536 bytes");
        assert!(seen.faults().is_empty());
        let seen = packet("0000", "00", "3b00 0104 00000000 01");
        assert_eq!(seen.faults(), [("ipv6", "bad-length")]);
    }

    #[test]
    fn a_packet_whole_in_one_fragment() {
        let seen = packet("000a", "2c", "3b00 0000 00000007 0102");
        assert_eq!(seen.layers(), ["ipv6", "ipv6.fraghdr", "data"]);
        assert!(seen.d.fragment.is_none());
    }
}
