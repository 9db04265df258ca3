//! AH: proves who sent a packet and that nobody changed it, and hides nothing. RFC 4302.

use crate::decode::names::IP_PROTOCOLS;
use crate::decode::{Base, Claim, Cursor, Fault, Next, Protocol, Show, fields};
use crate::model::Osi;

fields! {
    NEXT: "ah.next_header", "Next header", Show::Names(Base::Dec, IP_PROTOCOLS), "What follows this header.";
    LENGTH: "ah.length", "Length", Show::Plain, "Length of this header in units of four bytes, less 2.";
    RESERVED: "ah.reserved", "Reserved", Show::Plain, "Reserved: senders set it to zero, receivers ignore it.";
    SPI: "ah.spi", "Security parameters", Show::Hex(8), "Which agreement of the two hosts, with its key and algorithm, the packet is protected by.";
    SEQUENCE: "ah.sequence", "Sequence number", Show::Plain, "Counts the packets, so that a copy sent later by somebody else is noticed.";
    ICV: "ah.icv", "Integrity check value", Show::Plain, "Proof over the packet that only who has the key can make.";
}

/// The header between IP and what is protected.
pub(super) static PROTOCOL: Protocol = Protocol {
    key: "ah",
    name: "Authentication Header",
    osi: Osi::Network,
    spec: "RFC 4302",
    claims: &[Claim::IpProto(51)],
    fields: FIELDS,
    events: &[],
    decode,
    talk: None,
};

fn decode(c: &mut Cursor<'_, '_>) -> Result<(), Fault> {
    let proto = c.u8(&NEXT)?;
    let units = c.u8(&LENGTH)?;
    c.bytes(&RESERVED, 2)?;
    let spi = c.u32(&SPI)?;
    let sequence = c.u32(&SEQUENCE)?;
    c.summary(format_args!(
        "security parameters 0x{spi:08x}, packet {sequence}"
    ));
    // Of the units counted, one stands before the check value.
    let Some(value) = usize::from(units).checked_sub(1) else {
        return Err(c.bad_length(&LENGTH, u64::from(units), "at least 1"));
    };
    if value > 0 {
        c.bytes(&ICV, value.saturating_mul(4))?;
    }
    c.next(Next::IpProto(proto), c.rest_span());
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::decode::testing::see;
    use crate::model::LinkType;

    #[test]
    fn a_protected_ping() {
        // The header of frame 5 of ah.pcapng in the corpus of nDPI.
        let ip = "45000034000000004033 0000 0a000001 0a000002";
        let ah = "01040000604816f600000001e732abace1c60046eec641ed";
        let seen = see(LinkType::IPV4, &format!("{ip}{ah}0800f7fe00000001"));
        assert_eq!(seen.layers(), ["ip", "ah", "icmp"]);
        assert_eq!(seen.first("ah.spi"), "0x604816f6");
        assert_eq!(seen.place("ah.icv"), Some((32, 12)));
        assert_eq!(seen.events(), ["icmp.echo_request"]);
        let seen = see(
            LinkType::IPV4,
            &format!("{ip}{}", ah.replace("0104", "0100")),
        );
        assert_eq!(seen.faults(), [("ah", "bad-length")]);
    }
}
