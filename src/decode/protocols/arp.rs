//! ARP: which MAC address has this IP address? RFC 826; probes and announcements are RFC 5227's.

use std::net::Ipv4Addr;

use crate::decode::names::{ETHERTYPES, HARDWARE};
use crate::decode::{
    Base, Claim, Cursor, Fault, FieldDef, Names, Protocol, Show, Value, events, fields,
};
use crate::model::{Mac, Osi};

const OPCODES: Names = &[
    (1, "request"),
    (2, "reply"),
    (3, "reverse request"),
    (4, "reverse reply"),
    (5, "dynamic reverse request"),
    (6, "dynamic reverse reply"),
    (7, "dynamic reverse error"),
    (8, "inverse request"),
    (9, "inverse reply"),
    (10, "negative acknowledgment"),
    (11, "MARS request"),
    (12, "MARS multi"),
    (13, "MARS mserv"),
    (14, "MARS join"),
    (15, "MARS leave"),
    (16, "MARS negative acknowledgment"),
    (17, "MARS unserv"),
    (18, "MARS sjoin"),
    (19, "MARS sleave"),
    (20, "MARS group list request"),
    (21, "MARS group list reply"),
    (22, "MARS redirect map"),
    (23, "MAPOS unarp"),
    (24, "experiment 1"),
    (25, "experiment 2"),
];

fields! {
    HW_TYPE: "arp.hw.type", "Hardware type", Show::Names(Base::Dec, HARDWARE), "The kind of link whose addresses are asked for; 1 is Ethernet.";
    PROTO_TYPE: "arp.proto.type", "Protocol type", Show::Names(Base::Hex(4), ETHERTYPES), "The kind of address that is to be translated, as an EtherType; 0x0800 is IPv4.";
    HW_SIZE: "arp.hw.size", "Hardware address size", Show::Unit("bytes"), "Length of a link address; 6 for Ethernet.";
    PROTO_SIZE: "arp.proto.size", "Protocol address size", Show::Unit("bytes"), "Length of a protocol address; 4 for IPv4.";
    OPCODE: "arp.opcode", "Operation", Show::Names(Base::Dec, OPCODES), "1 asks who has an address, 2 answers.";
    SRC_MAC: "arp.src.hw_mac", "Sender MAC address", Show::Plain, "The sender's own MAC address; receivers may keep it for the sender's IP address.";
    SRC_HW: "arp.src.hw", "Sender hardware address", Show::Plain, "The sender's own address on a link that is not Ethernet.";
    SRC_IP: "arp.src.proto_ipv4", "Sender IP address", Show::Plain, "The sender's own IPv4 address; 0.0.0.0 in a probe, because it does not use one yet.";
    SRC_PROTO: "arp.src.proto", "Sender protocol address", Show::Plain, "The sender's own address in a protocol that is not IPv4.";
    DST_MAC: "arp.dst.hw_mac", "Target MAC address", Show::Plain, "In a request what is wanted, so it is empty; in a reply the asker's MAC address.";
    DST_HW: "arp.dst.hw", "Target hardware address", Show::Plain, "The target's address on a link that is not Ethernet.";
    DST_IP: "arp.dst.proto_ipv4", "Target IP address", Show::Plain, "In a request the address whose owner shall answer; in a reply the asker's.";
    DST_PROTO: "arp.dst.proto", "Target protocol address", Show::Plain, "The target's address in a protocol that is not IPv4.";
    GRATUITOUS: "arp.isgratuitous", "Gratuitous", Show::Plain, "Sender and target address are the same: nobody was asked, the sender tells everyone its own address.";
    PROBE: "arp.isprobe", "Probe", Show::Plain, "The sender has no address yet and asks whether somebody already uses the one it wants.";
    ANNOUNCEMENT: "arp.isannouncement", "Announcement", Show::Plain, "A request for the sender's own address: after probing, it claims the address.";
}

events! {
    REQUEST: "arp.request", "A host asks everyone on the link who has an IP address.";
    REPLY: "arp.reply", "The owner of an IP address tells the asker its MAC address.";
    PROBED: "arp.probe", "Before using an address, a host asks whether somebody else has it.";
    ANNOUNCE: "arp.announce", "A host tells everyone that it uses an address, so that old entries are replaced.";
}

/// Address resolution.
pub(super) static PROTOCOL: Protocol = Protocol {
    key: "arp",
    name: "Address Resolution Protocol",
    osi: Osi::Link,
    spec: "RFC 826",
    claims: &[Claim::EtherType(0x0806), Claim::EtherType(0x8035)],
    fields: FIELDS,
    events: EVENTS,
    decode,
    talk: None,
};

fn decode(c: &mut Cursor<'_, '_>) -> Result<(), Fault> {
    let hw_type = c.u16(&HW_TYPE)?;
    let proto_type = c.u16(&PROTO_TYPE)?;
    let hw_size = usize::from(c.u8(&HW_SIZE)?);
    let proto_size = usize::from(c.u8(&PROTO_SIZE)?);
    let operation = c.u16(&OPCODE)?;
    let ethernet = matches!(hw_type, 1 | 6) && hw_size == 6;
    let ip = proto_type == 0x0800 && proto_size == 4;

    let src_mac = hardware(c, ethernet, hw_size, &SRC_MAC, &SRC_HW)?;
    let src_ip = protocol(c, ip, proto_size, &SRC_IP, &SRC_PROTO)?;
    let nobody = c.peek().iter().take(hw_size).all(|&b| b == 0);
    hardware(c, ethernet, hw_size, &DST_MAC, &DST_HW)?;
    let dst_ip = protocol(c, ip, proto_size, &DST_IP, &DST_PROTO)?;
    // Nothing belongs to the packet behind its addresses: the rest fills the frame up.
    c.bound(0, &HW_SIZE);

    let (Some(src), Some(dst)) = (src_ip, dst_ip) else {
        match OPCODE.name_of(u64::from(operation)) {
            Some(name) => c.summary(format_args!("{name}")),
            None => c.summary(format_args!("operation {operation}")),
        }
        return Ok(());
    };
    let own = src == dst && matches!(operation, 1 | 2);
    if own {
        c.computed(&GRATUITOUS, Value::Bool(true));
    }
    let mac = src_mac.unwrap_or_default();
    match operation {
        1 if src.is_unspecified() => {
            c.computed(&PROBE, Value::Bool(true));
            c.summary(format_args!("does anyone use {dst}?"));
            c.event(&PROBED);
        }
        1 if own => {
            if nobody {
                c.computed(&ANNOUNCEMENT, Value::Bool(true));
            }
            c.summary(format_args!("{src} is at {mac} (announcement)"));
            c.event(&ANNOUNCE);
        }
        1 => {
            c.summary(format_args!("who has {dst}? tell {src}"));
            c.event(&REQUEST);
        }
        2 if own => {
            c.summary(format_args!("{src} is at {mac} (announcement)"));
            c.event(&ANNOUNCE);
        }
        2 => {
            c.summary(format_args!("{src} is at {mac}"));
            c.event(&REPLY);
        }
        _ => match OPCODE.name_of(u64::from(operation)) {
            Some(name) => c.summary(format_args!("{name}: {src}, {dst}")),
            None => c.summary(format_args!("operation {operation}: {src}, {dst}")),
        },
    }
    Ok(())
}

fn hardware(
    c: &mut Cursor<'_, '_>,
    ethernet: bool,
    len: usize,
    mac: &'static FieldDef,
    other: &'static FieldDef,
) -> Result<Option<Mac>, Fault> {
    if ethernet {
        return c.mac(mac).map(|octets| Some(Mac(octets)));
    }
    if len > 0 {
        c.bytes(other, len)?;
    }
    Ok(None)
}

fn protocol(
    c: &mut Cursor<'_, '_>,
    ip: bool,
    len: usize,
    ip4: &'static FieldDef,
    other: &'static FieldDef,
) -> Result<Option<Ipv4Addr>, Fault> {
    if ip {
        return c.ip4(ip4).map(|octets| Some(octets.into()));
    }
    if len > 0 {
        c.bytes(other, len)?;
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use crate::decode::testing::see;
    use crate::model::LinkType;

    /// From the sample capture `curl-https`, frames 1 and 2; the last argument replaces addresses.
    fn arp(operation: &str, sender: &str, target: &str) -> crate::decode::testing::Seen {
        see(
            LinkType::ETHERNET,
            &format!(
                "ffffffffffff02005e1000640806000108000604{operation}02005e100064{sender}000000000000{target}"
            ),
        )
    }

    #[test]
    fn questions_and_answers() {
        let seen = arp("0001", "c0a80164", "c0a80101");
        assert_eq!(seen.layers(), ["eth", "arp"]);
        assert_eq!(
            seen.summary("arp"),
            "who has 192.168.1.1? tell 192.168.1.100"
        );
        assert_eq!(seen.events(), ["arp.request"]);
        assert_eq!(seen.first("arp.src.hw_mac"), "02:00:5e:10:00:64");
        assert_eq!(seen.place("arp.dst.proto_ipv4"), Some((38, 4)));
        let seen = arp("0002", "c0a80101", "c0a80164");
        assert_eq!(seen.summary("arp"), "192.168.1.1 is at 02:00:5e:10:00:64");
        assert_eq!(seen.events(), ["arp.reply"]);
    }

    #[test]
    fn probes_and_announcements() {
        let seen = arp("0001", "00000000", "c0a80164");
        assert_eq!(seen.events(), ["arp.probe"]);
        assert_eq!(seen.all("arp.isprobe"), ["set"]);
        let seen = arp("0001", "c0a80164", "c0a80164");
        assert_eq!(seen.events(), ["arp.announce"]);
        assert_eq!(seen.all("arp.isannouncement"), ["set"]);
    }

    #[test]
    fn sizes_rule_over_types() {
        let seen = see(
            LinkType::ETHERNET,
            "ffffffffffff02005e1000640806 0001 0800 02 04 0001 aabb c0a80164 0000 c0a80101",
        );
        assert_eq!(seen.first("arp.src.hw"), "aa:bb");
        assert_eq!(seen.first("arp.dst.proto_ipv4"), "192.168.1.1");
        let seen = see(
            LinkType::ETHERNET,
            "ffffffffffff02005e1000640806 0001 0800 ff 04 0001 aabb",
        );
        assert_eq!(seen.faults(), [("arp", "truncated")]);
        assert!(seen.events().is_empty());
    }
}
