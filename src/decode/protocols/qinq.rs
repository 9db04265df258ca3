//! Provider VLAN tags: a network operator's tag around the customer's (QinQ, IEEE 802.1ad).

use crate::decode::names::ETHERTYPES;
use crate::decode::{Base, Claim, Cursor, Fault, Next, Protocol, Show, Value, fields};
use crate::model::{Osi, Span};

fields! {
    PRIORITY: "ieee8021ad.priority", "Priority", Show::Plain, "How urgent the frame is for the operator's switches.";
    DEI: "ieee8021ad.dei", "Drop eligible", Show::Plain, "Set when the operator's switches shall drop this frame before others.";
    ID: "ieee8021ad.id", "Service VLAN", Show::Plain, "Which customer's or service's frames these are in the operator's network.";
    ETYPE: "ieee8021ah.etype", "Type", Show::Names(Base::Hex(4), ETHERTYPES), "What follows the tag; usually the customer's own VLAN tag.";
}

/// Provider tags.
pub(super) static PROTOCOL: Protocol = Protocol {
    key: "ieee8021ad",
    name: "802.1ad Provider Bridge",
    osi: Osi::Link,
    spec: "IEEE 802.1Q, clause 9",
    claims: &[Claim::EtherType(0x88a8)],
    fields: FIELDS,
    events: &[],
    decode,
    talk: None,
};

fn decode(c: &mut Cursor<'_, '_>) -> Result<(), Fault> {
    let first = c.ahead(1);
    let part = |bit, bits| Span { bit, bits, ..first };
    let byte = c.peek_number(0, 1).unwrap_or(0);
    c.put(&PRIORITY, part(0, 3), Value::Num(byte >> 5));
    c.put(&DEI, part(3, 1), Value::Bool(byte & 0x10 != 0));
    let id = c.bits(&ID, 2, 4, 12)?;
    c.take(2)?;
    let number = c.u16(&ETYPE)?;
    match ETYPE.name_of(u64::from(number)) {
        Some(name) => c.summary(format_args!("service VLAN {id}, {name}")),
        None => c.summary(format_args!("service VLAN {id}, type 0x{number:04x}")),
    }
    c.next(Next::EtherType(number), c.rest_span());
    Ok(())
}
