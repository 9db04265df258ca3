//! ISL: Cisco's own VLAN tag, a header of 26 bytes around a whole Ethernet frame; 802.1Q replaced it.

use crate::decode::{Base, Claim, Cursor, Fault, Names, Next, Protocol, Show, Value, fields};
use crate::model::{Mac, Osi, Span};

const TYPES: Names = &[(0, "Ethernet"), (1, "Token Ring"), (2, "FDDI"), (3, "ATM")];

fields! {
    DST: "isl.dst", "Destination", Show::Plain, "The group address of all ISL switches, whose last byte says what is inside.";
    TYPE: "isl.type", "Type", Show::Names(Base::Dec, TYPES), "What kind of frame is inside.";
    USER: "isl.user_eth", "Priority", Show::Plain, "How urgent an Ethernet frame is.";
    USER_OTHER: "isl.user", "User bits", Show::Hex(1), "More about a frame that is not Ethernet.";
    SRC: "isl.src", "Source", Show::Plain, "MAC address of the switch port that sent it.";
    LEN: "isl.len", "Length", Show::Unit("bytes"), "Length of what follows this field, without the checksum of the whole.";
    DSAP: "isl.dsap", "Destination service access point", Show::Hex(2), "Always 0xaa, for SNAP.";
    SSAP: "isl.ssap", "Source service access point", Show::Hex(2), "Always 0xaa, for SNAP.";
    CONTROL: "isl.control", "Control field", Show::Hex(2), "Always 0x03: plain data without acknowledgment.";
    HSA: "isl.hsa", "Vendor", Show::Hex(6), "The upper three bytes of the source address, as SNAP wants them.";
    VLAN: "isl.vlan_id", "VLAN", Show::Plain, "Which of the virtual links that share the wire the frame belongs to.";
    BPDU: "isl.bpdu", "Control frame", Show::Plain, "Set when the frame inside is one of the switches' own: spanning tree, CDP or VTP.";
    INDEX: "isl.index", "Index", Show::Plain, "The port of the switch that sent it; only for diagnosis.";
    RESERVED: "isl.reserved", "Reserved", Show::Hex(4), "Reserved: senders set it to zero, receivers ignore it.";
}

/// Inter-switch links.
pub(super) static PROTOCOL: Protocol = Protocol {
    key: "isl",
    name: "Cisco Inter-Switch Link",
    osi: Osi::Link,
    spec: "Cisco, document 17056",
    claims: &[Claim::Named("isl")],
    fields: FIELDS,
    events: &[],
    decode,
    talk: None,
};

fn decode(c: &mut Cursor<'_, '_>) -> Result<(), Fault> {
    let at = c.ahead(6);
    let last = Span {
        at: at.at.saturating_add(5),
        len: 1,
        ..at
    };
    let dst = c.mac(&DST)?;
    let [.., kind] = dst;
    let part = |bit, bits| Span { bit, bits, ..last };
    c.nest(|c| {
        c.put(&TYPE, part(0, 4), Value::Num(u64::from(kind >> 4)));
        if kind >> 4 == 0 {
            c.put(&USER, part(6, 2), Value::Num(u64::from(kind & 3)));
        } else {
            c.put(&USER_OTHER, part(4, 4), Value::Num(u64::from(kind & 15)));
        }
        Ok(())
    })?;
    let src = Mac(c.mac(&SRC)?);
    c.u16(&LEN)?;
    c.u8(&DSAP)?;
    c.u8(&SSAP)?;
    c.u8(&CONTROL)?;
    c.u24(&HSA)?;
    let vlan = c.bits(&VLAN, 2, 0, 15)?;
    c.flag(&BPDU, 2, 15)?;
    c.take(2)?;
    c.u16(&INDEX)?;
    c.u16(&RESERVED)?;
    c.summary(format_args!("VLAN {vlan}, from {src}"));
    let ethernet = kind >> 4 == 0;
    let next = if ethernet { Next::Link(1) } else { Next::Data };
    c.next(next, c.rest_span());
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::decode::testing::see;
    use crate::model::LinkType;

    #[test]
    fn a_frame_in_a_frame() {
        // A DTP frame of the corpus of tcpdump (DTP.pcap, frame 2), cut after the inner Ethernet header.
        let seen = see(
            LinkType::ETHERNET,
            "01000c000000 001906eab885 004c aaaa03 00000c 0003 0000 0000 01000ccccccc 001906eab885 0806 00",
        );
        assert_eq!(seen.layers(), ["eth", "isl", "eth", "arp"]);
        assert_eq!(seen.first("isl.vlan_id"), "1");
        assert_eq!(seen.all("isl.bpdu"), ["set"]);
        assert_eq!(seen.place("eth.dst"), Some((26, 6)));
    }
}
