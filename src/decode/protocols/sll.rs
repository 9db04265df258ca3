//! Linux cooked captures, versions 1 and 2: the header that `tcpdump -i any` writes instead of the link's own
//! (LINKTYPE_LINUX_SLL, LINKTYPE_LINUX_SLL2).

use crate::decode::names::{ETHERTYPES, HARDWARE};
use crate::decode::{Base, Claim, Cursor, Fault, Names, Next, Protocol, Show, fields};
use crate::model::Osi;

const PACKET_TYPES: Names = &[
    (0, "to us"),
    (1, "broadcast"),
    (2, "multicast"),
    (3, "to another host"),
    (4, "sent by us"),
];

const LINUX_TYPES: Names = &[
    (0x0001, "NetWare 802.3 without LLC"),
    (0x0003, "any protocol"),
    (0x0004, "LLC"),
    (0x000c, "CAN"),
    (0x000d, "CAN FD"),
];

fields! {
    PACKET_TYPE: "sll.pkttype", "Packet type", Show::Names(Base::Dec, PACKET_TYPES), "Whether the capturing host sent the packet, or for whom it came in.";
    HARDWARE_TYPE: "sll.hatype", "Link type", Show::Names(Base::Dec, HARDWARE), "The kind of interface; 772 is the loopback, 1 Ethernet.";
    ADDRESS_LEN: "sll.halen", "Address length", Show::Unit("bytes"), "How many bytes of the sender's link address are known.";
    SRC_MAC: "sll.src.eth", "Source", Show::Plain, "The sender's MAC address; a cooked capture does not keep the receiver's.";
    SRC_IP: "sll.src.ipv4", "Source", Show::Plain, "The sender's address on a tunnel.";
    SRC_OTHER: "sll.src.other", "Source", Show::Plain, "The sender's link address of another kind.";
    UNUSED: "sll.unused", "Unused", Show::Plain, "Bytes of the address field that the address does not fill.";
    ETYPE: "sll.etype", "Protocol", Show::Names(Base::Hex(4), ETHERTYPES), "Which protocol the packet is, as an EtherType.";
    GRE_TYPE: "sll.gretype", "Protocol", Show::Names(Base::Hex(4), ETHERTYPES), "Which protocol the tunnel carries, as an EtherType.";
    LINUX_TYPE: "sll.ltype", "Protocol", Show::Names(Base::Hex(4), LINUX_TYPES), "Which protocol it is, as one of Linux's own numbers.";
    RESERVED: "wirewalk.sll.reserved", "Reserved", Show::Hex(4), "Reserved: senders set it to zero, receivers ignore it.";
    INTERFACE: "sll.ifindex", "Interface", Show::Plain, "The number of the interface on the capturing host, as `ip link` lists it.";
}

/// Version 1: 16 bytes.
pub(super) static PROTOCOL: Protocol = Protocol {
    key: "sll",
    name: "Linux cooked capture v1",
    osi: Osi::Link,
    spec: "LINKTYPE_LINUX_SLL",
    claims: &[Claim::Link(113)],
    fields: FIELDS,
    events: &[],
    decode: version_1,
    talk: None,
};

/// Version 2: 20 bytes, with the interface.
pub(super) static VERSION_2: Protocol = Protocol {
    name: "Linux cooked capture v2",
    spec: "LINKTYPE_LINUX_SLL2",
    claims: &[Claim::Link(276)],
    decode: version_2,
    ..PROTOCOL
};

fn version_1(c: &mut Cursor<'_, '_>) -> Result<(), Fault> {
    let kind = c.u16(&PACKET_TYPE)?;
    let hardware = c.u16(&HARDWARE_TYPE)?;
    let len = c.u16(&ADDRESS_LEN)?;
    address(c, len)?;
    let next = protocol(c, hardware)?;
    finish(c, u64::from(kind), next);
    Ok(())
}

fn version_2(c: &mut Cursor<'_, '_>) -> Result<(), Fault> {
    // The protocol comes first, but the kind of interface says how to read it.
    let hardware = c.peek_number(8, 2).unwrap_or(0) as u16;
    let next = protocol(c, hardware)?;
    c.u16(&RESERVED)?;
    c.u32(&INTERFACE)?;
    c.u16(&HARDWARE_TYPE)?;
    let kind = c.u8(&PACKET_TYPE)?;
    let len = c.u8(&ADDRESS_LEN)?;
    address(c, u16::from(len))?;
    finish(c, u64::from(kind), next);
    Ok(())
}

fn finish(c: &mut Cursor<'_, '_>, kind: u64, next: Next) {
    let kind = PACKET_TYPE.name_of(kind).unwrap_or("unknown packet type");
    match next {
        Next::EtherType(n) => match ETYPE.name_of(u64::from(n)) {
            Some(name) => c.summary(format_args!("{kind}, {name}")),
            None => c.summary(format_args!("{kind}, type 0x{n:04x}")),
        },
        _ => c.summary(format_args!("{kind}")),
    }
    c.next(next, c.rest_span());
}

/// Eight bytes, of which the address fills the first `len`.
fn address(c: &mut Cursor<'_, '_>, len: u16) -> Result<(), Fault> {
    let len = usize::from(len.min(8));
    match len {
        0 => {}
        4 => drop(c.ip4(&SRC_IP)?),
        6 => drop(c.mac(&SRC_MAC)?),
        _ => drop(c.bytes(&SRC_OTHER, len)?),
    }
    let rest = 8usize.saturating_sub(len);
    if rest > 0 {
        c.bytes(&UNUSED, rest)?;
    }
    Ok(())
}

fn protocol(c: &mut Cursor<'_, '_>, hardware: u16) -> Result<Next, Fault> {
    const GRE: u16 = 778;
    const NETLINK: u16 = 824;
    let number = c.peek_number(0, 2).unwrap_or(0);
    if hardware == GRE {
        return c.u16(&GRE_TYPE).map(Next::EtherType);
    }
    if number <= 1500 || hardware == NETLINK {
        let number = c.u16(&LINUX_TYPE)?;
        let llc = number == 4 && hardware != NETLINK;
        return Ok(if llc { Next::Named("llc") } else { Next::Data });
    }
    c.u16(&ETYPE).map(Next::EtherType)
}

#[cfg(test)]
mod tests {
    use crate::decode::testing::see;
    use crate::model::LinkType;

    #[test]
    fn both_versions() {
        // The head of simple_http_sll2.pcap, and the same in the older form.
        let seen = see(
            LinkType::LINUX_SLL2,
            "0806 0000 00000001 0304 00 06 020000000001 0000 00",
        );
        assert_eq!(seen.first("sll.ifindex"), "1");
        assert_eq!(seen.first("sll.hatype"), "772 (Loopback)");
        assert_eq!(seen.place("sll.unused"), Some((18, 2)));
        assert_eq!(seen.layers(), ["sll", "arp"]);
        let seen = see(
            LinkType::LINUX_SLL,
            "0004 0001 0006 02005e100064 ffff 0806 00",
        );
        assert_eq!(seen.first("sll.src.eth"), "02:00:5e:10:00:64");
        assert_eq!(seen.summary("sll"), "sent by us, ARP");
    }

    #[test]
    fn addresses_longer_than_their_field() {
        let seen = see(
            LinkType::LINUX_SLL,
            "0000 0001 00ff 0102030405060708 0806 00",
        );
        assert_eq!(seen.first("sll.src.other"), "01:02:03:04:05:06:07:08");
        assert_eq!(seen.place("sll.unused"), None);
    }
}
