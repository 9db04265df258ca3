//! GRE: carries packets of any protocol inside IP. RFC 2784; key and sequence number RFC 2890, routing RFC 1701, and the
//! version that carries PPP for PPTP RFC 2637.

use crate::decode::checksum::{Checksum, STATUS};
use crate::decode::{Base, Claim, Cursor, Fault, Names, Next, Protocol, Show, fields};
use crate::model::Osi;

/// What is carried: EtherTypes, and numbers that only GRE uses.
const CARRIED: Names = &[
    (0x0000, "nothing: a keepalive"),
    (0x0800, "IPv4"),
    (0x0806, "ARP"),
    (0x2001, "NHRP"),
    (0x22eb, "ERSPAN type III"),
    (0x6558, "Ethernet"),
    (0x8100, "802.1Q VLAN"),
    (0x86dd, "IPv6"),
    (0x880b, "PPP"),
    (0x883e, "WCCP"),
    (0x8847, "MPLS"),
    (0x8848, "MPLS with upstream-assigned label"),
    (0x88be, "ERSPAN type I or II"),
    (0x894f, "Network service header"),
];

const VERSIONS: Names = &[(0, "GRE"), (1, "enhanced GRE, of PPTP")];

fields! {
    FLAGS: "gre.flags_and_version", "Flags and version", Show::Hex(4), "Which optional parts the header has, and the version.";
    HAS_CHECKSUM: "gre.flags.checksum", "Checksum present", Show::Plain, "The header has a checksum.";
    HAS_ROUTING: "gre.flags.routing", "Routing present", Show::Plain, "The header lists routers to pass; given up since RFC 2784.";
    HAS_KEY: "gre.flags.key", "Key present", Show::Plain, "The header has a key.";
    HAS_SEQUENCE: "gre.flags.sequence_number", "Sequence number present", Show::Plain, "The header has a sequence number.";
    STRICT: "gre.flags.strict_source_route", "Strict source route", Show::Plain, "No other router may be passed than those listed; given up since RFC 2784.";
    RECURSION: "gre.flags.recursion_control", "Recursion control", Show::Plain, "How many more times the packet may be put into GRE; given up since RFC 2784.";
    HAS_ACK: "gre.flags.ack", "Acknowledgment present", Show::Plain, "The header has an acknowledgment number (version 1).";
    RESERVED: "gre.flags.reserved", "Reserved", Show::Hex(2), "Reserved: senders set it to zero, receivers ignore it.";
    VERSION: "gre.flags.version", "Version", Show::Names(Base::Dec, VERSIONS), "0 for plain GRE; PPTP uses version 1.";
    PROTO: "gre.proto", "Protocol", Show::Names(Base::Hex(4), CARRIED), "Which protocol the tunnel carries, mostly as an EtherType.";
    CHECKSUM: "gre.checksum", "Checksum", Show::Hex(4), "Sum over this header and the packet in it that the receiver checks.";
    STATUS_FIELD: "gre.checksum.status", "Checksum status", Show::Names(Base::Dec, STATUS), "Whether the bytes give the checksum; a packet that they do not give it for is dropped.";
    OFFSET: "gre.offset", "Offset", Show::Plain, "Where in the list of routers the next one stands; 0 without a list.";
    KEY: "gre.key", "Key", Show::Hex(8), "Tells the tunnels between two routers apart.";
    PAYLOAD_LEN: "gre.key.payload_length", "Payload length", Show::Unit("bytes"), "How many bytes follow this header (version 1).";
    CALL: "gre.key.call_id", "Call", Show::Plain, "Which PPTP session the packet belongs to, by the receiver's number.";
    SEQUENCE: "gre.sequence_number", "Sequence number", Show::Plain, "Counts the packets of the tunnel, so that the receiver notices lost and overtaken ones.";
    ACK: "gre.ack_number", "Acknowledgment number", Show::Plain, "The highest sequence number that has arrived from the other side.";
    ROUTING: "gre.routing", "Routing", Show::Heading, "Routers that the packet shall pass.";
    FAMILY: "gre.routing.address_family", "Address family", Show::Plain, "Which kind of routing entry this is; 0 ends the list.";
    ENTRY_OFFSET: "gre.routing.sre_offset", "Entry offset", Show::Plain, "Where in this entry the next router stands.";
    ENTRY_LEN: "gre.routing.src_length", "Entry length", Show::Unit("bytes"), "How many bytes of routers this entry has.";
    INFORMATION: "gre.routing.information", "Routers", Show::Plain, "The routers of this entry.";
}

static SUM: Checksum = Checksum {
    value: &CHECKSUM,
    status: &STATUS_FIELD,
    calculated: None,
    pseudo: None,
    optional: false,
    in_quotes: false,
};

/// The tunnel's header.
pub(super) static PROTOCOL: Protocol = Protocol {
    key: "gre",
    name: "Generic Routing Encapsulation",
    osi: Osi::Network,
    spec: "RFC 2784",
    claims: &[Claim::IpProto(47)],
    fields: FIELDS,
    events: &[],
    decode,
    talk: None,
};

const ERSPAN: u16 = 0x88be;
const ETHERNET: u16 = 0x6558;

struct Flags {
    checksum: bool,
    routing: bool,
    key: bool,
    sequence: bool,
    ack: bool,
    version: u64,
}

fn decode(c: &mut Cursor<'_, '_>) -> Result<(), Fault> {
    let flags = flags(c)?;
    let number = c.u16(&PROTO)?;
    match PROTO.name_of(u64::from(number)) {
        Some(name) => c.summary(format_args!("carries {name}")),
        None => c.summary(format_args!("carries type 0x{number:04x}")),
    }
    if flags.version > 1 {
        return Err(c.bad_value(&VERSION, "0 or 1"));
    }
    if flags.checksum {
        c.checksum(&SUM, None)?;
    } else if flags.routing {
        c.u16(&CHECKSUM)?;
    }
    if flags.checksum || flags.routing {
        c.u16(&OFFSET)?;
    }
    if flags.key && flags.version == 1 {
        let len = c.u16(&PAYLOAD_LEN)?;
        c.u16(&CALL)?;
        let name = PROTO.name_of(u64::from(number)).unwrap_or("PPP");
        c.summary(format_args!("carries {name}, {len} bytes"));
    } else if flags.key {
        c.u32(&KEY)?;
    }
    if flags.sequence {
        c.u32(&SEQUENCE)?;
    }
    if flags.ack {
        c.u32(&ACK)?;
    }
    if flags.routing {
        c.group(&ROUTING, routing)?;
    }
    // The first type of ERSPAN has no header of its own: the mirrored frame follows, and nothing counts it.
    let next = if number == ERSPAN && !flags.sequence {
        ETHERNET
    } else {
        number
    };
    c.tunnel(Next::EtherType(next), c.rest_span());
    Ok(())
}

fn flags(c: &mut Cursor<'_, '_>) -> Result<Flags, Fault> {
    c.bits(&FLAGS, 2, 0, 16)?;
    let flags = c.nest(|c| {
        let checksum = c.flag(&HAS_CHECKSUM, 2, 0)?;
        let routing = c.flag(&HAS_ROUTING, 2, 1)?;
        let key = c.flag(&HAS_KEY, 2, 2)?;
        let sequence = c.flag(&HAS_SEQUENCE, 2, 3)?;
        c.flag(&STRICT, 2, 4)?;
        c.bits(&RECURSION, 2, 5, 3)?;
        // Only the version for PPTP acknowledges.
        let enhanced = c.peek_number(1, 1).unwrap_or(0) & 7 == 1;
        let ack = enhanced && c.flag(&HAS_ACK, 2, 8)?;
        if enhanced {
            c.bits(&RESERVED, 2, 9, 4)?;
        } else {
            c.bits(&RESERVED, 2, 8, 5)?;
        }
        Ok(Flags {
            checksum,
            routing,
            key,
            sequence,
            ack,
            version: c.bits(&VERSION, 2, 13, 3)?,
        })
    })?;
    c.take(2)?;
    Ok(flags)
}

fn routing(c: &mut Cursor<'_, '_>) -> Result<(), Fault> {
    loop {
        let family = c.u16(&FAMILY)?;
        c.u8(&ENTRY_OFFSET)?;
        let len = c.u8(&ENTRY_LEN)?;
        if family == 0 && len == 0 {
            return Ok(());
        }
        c.bytes(&INFORMATION, usize::from(len))?;
    }
}

#[cfg(test)]
mod tests {
    use crate::decode::testing::{Seen, see};
    use crate::model::LinkType;

    fn gre(bytes: &str) -> Seen {
        let len = 20 + bytes.bytes().filter(u8::is_ascii_hexdigit).count() / 2;
        let header = format!("4500{len:04x}0000000040 2f0000 0a000001 0a000002");
        see(LinkType::IPV4, &format!("{header}{bytes}"))
    }

    /// A ping from 1.1.1.1 to 2.2.2.2.
    const PING: &str = "4500001c00000000400174dc 01010101 02020202 0800f7fe00000001";

    #[test]
    fn a_packet_in_a_packet() {
        let seen = gre(&format!("00000800{PING}"));
        assert_eq!(seen.layers(), ["ip", "gre", "ip", "icmp"]);
        assert_eq!(seen.summary("gre"), "carries IPv4");
        assert!(seen.faults().is_empty(), "{:?}", seen.faults());
        assert_eq!(seen.events(), ["icmp.echo_request"]);
        assert_eq!(
            seen.d.field("ip.src").map(|f| f.span.at),
            Some(36),
            "the frame is of the inner packet's conversation"
        );
        assert_eq!(seen.all("ip.src"), ["10.0.0.1", "1.1.1.1"]);
    }

    #[test]
    fn optional_parts_stand_in_their_order() {
        let seen = gre(&format!("b0000800 4410 0000 000003e8 00000007{PING}"));
        assert_eq!(seen.first("gre.key"), "0x000003e8");
        assert_eq!(seen.first("gre.sequence_number"), "7");
        assert_eq!(seen.place("gre.sequence_number"), Some((32, 4)));
        assert_eq!(seen.first("gre.checksum.status"), "1 (good)");
        assert_eq!(seen.layers(), ["ip", "gre", "ip", "icmp"]);
    }

    #[test]
    fn the_version_of_pptp() {
        // Frame 16 of pptp.pcap in the corpus of tcpdump, cut behind the header of PPP; and an acknowledgment alone.
        let seen = gre("3001880b 0030 0000 00000000 ff03c021");
        assert_eq!(seen.first("gre.key.call_id"), "0");
        assert_eq!(seen.summary("gre"), "carries PPP, 48 bytes");
        assert_eq!(seen.layers(), ["ip", "gre", "ppp"]);
        let seen = gre("2081880b 0000 4000 00000005");
        assert_eq!(seen.first("gre.ack_number"), "5");
        assert_eq!(seen.layers(), ["ip", "gre"]);
    }

    #[test]
    fn routers_to_pass() {
        let seen = gre(&format!(
            "40000800 0000 0000 00020004 0a000003 00000000{PING}"
        ));
        assert_eq!(seen.first("gre.routing.information"), "0a:00:00:03");
        assert_eq!(seen.place("gre.routing"), Some((28, 12)));
        assert_eq!(seen.layers(), ["ip", "gre", "ip", "icmp"]);
    }

    #[test]
    fn tunnels_in_tunnels_come_to_an_end() {
        let tunnel = "4500ffff00000000402f 0000 01010101 02020202 00000800";
        let seen = gre(&format!("00000800{}{PING}", tunnel.repeat(400)));
        let carried = seen.layers().iter().filter(|&&key| key == "gre").count();
        assert_eq!(carried, 9);
        assert!(seen.faults().contains(&("gre", "limit")));
        assert_eq!(seen.layers().last(), Some(&"data"));
    }

    #[test]
    fn an_unknown_version_is_not_read_on() {
        let seen = gre("00050800 01");
        assert_eq!(seen.faults(), [("gre", "bad-value")]);
    }
}
