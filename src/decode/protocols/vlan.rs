//! VLAN tags: many links over one wire (IEEE 802.1Q).

use crate::decode::names::ETHERTYPES;
use crate::decode::{Base, Claim, Cursor, Fault, Names, Next, Protocol, Show, fields};
use crate::model::Osi;

const PRIORITIES: Names = &[
    (0, "best effort"),
    (1, "background"),
    (2, "excellent effort"),
    (3, "critical applications"),
    (4, "video"),
    (5, "voice"),
    (6, "internetwork control"),
    (7, "network control"),
];

fields! {
    PRIORITY: "vlan.priority", "Priority", Show::Names(Base::Dec, PRIORITIES), "How urgent the frame is for switches on the way.";
    DEI: "vlan.dei", "Drop eligible", Show::Plain, "Set when switches shall drop this frame before others.";
    ID: "vlan.id", "VLAN", Show::Plain, "Which of the virtual links that share the wire the frame belongs to.";
    ETYPE: "vlan.etype", "Type", Show::Names(Base::Hex(4), ETHERTYPES), "Which protocol the tagged frame carries.";
    LEN: "vlan.len", "Length", Show::Unit("bytes"), "Length of the data, in a tagged 802.3 frame; an LLC header follows.";
}

/// VLAN tags.
pub(super) static PROTOCOL: Protocol = Protocol {
    key: "vlan",
    name: "802.1Q Virtual LAN",
    osi: Osi::Link,
    spec: "IEEE 802.1Q",
    claims: &[Claim::EtherType(0x8100), Claim::EtherType(0x9100)],
    fields: FIELDS,
    events: &[],
    decode,
    talk: None,
};

fn decode(c: &mut Cursor<'_, '_>) -> Result<(), Fault> {
    c.bits(&PRIORITY, 2, 0, 3)?;
    c.flag(&DEI, 2, 3)?;
    let id = c.bits(&ID, 2, 4, 12)?;
    c.take(2)?;
    if c.peek_number(0, 2).is_some_and(|n| n <= 1500) {
        let len = c.u16(&LEN)?;
        c.summary(format_args!("VLAN {id}, 802.3, {len} bytes"));
        c.bound(usize::from(len), &LEN);
        let raw = c.peek_number(0, 2) == Some(0xffff);
        let next = if raw { Next::Data } else { Next::Named("llc") };
        c.next(next, c.rest_span());
        return Ok(());
    }
    let number = c.u16(&ETYPE)?;
    match ETYPE.name_of(u64::from(number)) {
        Some(name) => c.summary(format_args!("VLAN {id}, {name}")),
        None => c.summary(format_args!("VLAN {id}, type 0x{number:04x}")),
    }
    c.next(Next::EtherType(number), c.rest_span());
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::decode::testing::see;
    use crate::model::LinkType;

    #[test]
    fn a_tag_carries_a_type_or_a_length() {
        let seen = see(
            LinkType::ETHERNET,
            "ffffffffffff001906eab885 8100 b005 0806 0001",
        );
        assert_eq!(seen.first("vlan.priority"), "5 (voice)");
        assert_eq!(seen.first("vlan.dei"), "set");
        assert_eq!(seen.first("vlan.id"), "5");
        assert_eq!(seen.layers(), ["eth", "vlan", "arp"]);
        let seen = see(
            LinkType::ETHERNET,
            "ffffffffffff001906eab885 8100 0005 0003 424203 0000",
        );
        assert_eq!(seen.first("vlan.len"), "3 bytes");
        assert_eq!(seen.layers(), ["eth", "vlan", "llc", "eth"]);
    }
}
