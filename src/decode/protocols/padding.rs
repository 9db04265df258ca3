//! The bytes behind a packet that is shorter than its frame: padding and trailers (IEEE 802.3-2022 clause 3.2.8).

use crate::decode::{Claim, Cursor, Fault, Protocol, Show, fields};
use crate::model::Osi;

/// The shortest Ethernet frame without its frame check sequence.
const SHORTEST: u32 = 60;

fields! {
    PADDING: "eth.padding", "Padding", Show::Plain, "Zeros that fill a short frame up to the 60 bytes that Ethernet needs at least.";
    TRAILER: "eth.trailer", "Trailer", Show::Plain, "Bytes behind the packet that no length accounts for: a checksum that the interface kept, or a tag of a device.";
    VLAN_TRAILER: "vlan.trailer", "Trailer", Show::Plain, "Bytes behind the packet in a tagged frame that no length accounts for.";
    PROVIDER_TRAILER: "ieee8021ah.trailer", "Trailer", Show::Plain, "Bytes behind the packet in a provider-tagged frame that no length accounts for.";
    SLL_TRAILER: "sll.trailer", "Trailer", Show::Plain, "Bytes behind the packet in a cooked capture that no length accounts for.";
    UNOWNED: "wirewalk.eth.trailer", "Trailer", Show::Plain, "Bytes behind the packet that no length accounts for, on a link without padding.";
}

/// Ethernet padding and trailers.
pub(super) static PROTOCOL: Protocol = Protocol {
    key: "eth",
    name: "Ethernet padding",
    osi: Osi::Link,
    spec: "IEEE 802.3-2022, clause 3.2.8",
    claims: &[Claim::Padding],
    fields: FIELDS,
    events: &[],
    decode,
    talk: None,
};

fn decode(c: &mut Cursor<'_, '_>) -> Result<(), Fault> {
    let start = c.ancestors().find(|layer| layer.0 == "eth");
    let start = start.map_or(0, |(_, span)| span.at);
    // The link layer itself said where its data ends, or the packet that it carries.
    let link = |key: &&str| matches!(*key, "eth" | "vlan" | "ieee8021ad" | "sll");
    let owner = c.ancestors().take(2).map(|layer| layer.0).find(link);
    let len = c.left();
    let room = SHORTEST.saturating_sub(c.offset().saturating_sub(start)) as usize;
    let filled = if owner.is_some() { room.min(len) } else { 0 };
    if filled > 0 && c.peek().iter().take(filled).all(|&b| b == 0) {
        c.bytes(&PADDING, filled)?;
    }
    let rest = c.left();
    if rest > 0 {
        c.bytes(
            match owner {
                Some("eth") => &TRAILER,
                Some("vlan") => &VLAN_TRAILER,
                Some("ieee8021ad") => &PROVIDER_TRAILER,
                Some("sll") => &SLL_TRAILER,
                _ => &UNOWNED,
            },
            rest,
        )?;
    }
    c.summary(format_args!("{len} bytes behind the packet"));
    Ok(())
}
