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
    FCS: "eth.fcs", "Frame check sequence", Show::Hex(8), "The CRC-32 of the frame, by which the receiving interface finds damage; most interfaces take it off before the capture.";
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
    // A frame that is still too short was not filled up: it was captured before, or on another kind of link.
    let whole = c.rest_span().end().saturating_sub(start) >= SHORTEST;
    let filled = if owner.is_some() && whole {
        room.min(len)
    } else {
        0
    };
    if filled > 0 && c.peek().iter().take(filled).all(|&b| b == 0) {
        c.bytes(&PADDING, filled)?;
    }
    let sum = owner == Some("eth") && checked(c, start);
    let rest = c.left().saturating_sub(if sum { 4 } else { 0 });
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
    if sum {
        c.u32(&FCS)?;
    }
    c.summary(format_args!("{len} bytes behind the packet"));
    Ok(())
}

/// True when the last four bytes are the CRC-32 of the frame before them (IEEE 802.3-2022 clause 3.2.9): nothing else says
/// that a capture kept them.
fn checked(c: &Cursor<'_, '_>, start: u32) -> bool {
    let Some((rest, sum)) = c.peek().split_last_chunk::<4>() else {
        return false;
    };
    if c.missing() > 0 {
        return false;
    }
    let crc = c.back_to(start).iter().chain(rest);
    let crc = crc.fold(u32::MAX, |crc, &byte| {
        (0..8).fold(crc ^ u32::from(byte), |crc, _| {
            let low = crc & 1;
            (crc >> 1) ^ (0xedb8_8320 * low)
        })
    });
    (!crc).to_le_bytes() == *sum
}

#[cfg(test)]
mod tests {
    use crate::decode::testing::see;
    use crate::model::LinkType;

    /// A provider-tagged ARP request of the corpus of tcpdump (802.1ad_QinQ.pcap, frame 1).
    const QINQ: &str = "ffffffffffff0020d25afb3f88a800c8810007d108060001080006040001\
                        0020d25afb3fac154f61000000000000ac154f6400000000000000000000";

    #[test]
    fn zeros_fill_to_sixty_bytes_and_the_rest_is_a_trailer() {
        let seen = see(LinkType::ETHERNET, &format!("{QINQ}00000000"));
        assert_eq!(seen.layers(), ["eth", "ieee8021ad", "vlan", "arp", "eth"]);
        assert_eq!(seen.place("eth.padding"), Some((50, 10)));
        assert_eq!(seen.place("vlan.trailer"), Some((60, 4)));
        assert_eq!(seen.first("ieee8021ad.id"), "200");
        assert_eq!(seen.first("vlan.id"), "2001");
    }

    #[test]
    fn other_bytes_are_no_padding() {
        let seen = see(
            LinkType::ETHERNET,
            &QINQ.replace("0000000000000000000", "0000000000000000001"),
        );
        assert_eq!(seen.place("eth.padding"), None);
        assert_eq!(seen.place("vlan.trailer"), Some((50, 10)));
    }

    #[test]
    fn padding_comes_after_what_the_packet_carries() {
        let packet = "4500001e000100004011000001020304 05060708 c000c001 000a 0000 6162";
        let zeros = "00".repeat(16);
        let seen = see(
            LinkType::ETHERNET,
            &format!("ffffffffffff0020d25afb3f0800{packet}{zeros}"),
        );
        assert_eq!(seen.layers(), ["eth", "ip", "udp", "data", "eth"]);
        assert_eq!(seen.place("eth.padding"), Some((44, 16)));
        let seen = see(LinkType::RAW, &format!("{packet}{zeros}"));
        assert_eq!(seen.place("wirewalk.eth.trailer"), Some((30, 16)));
    }

    #[test]
    fn a_kept_checksum_is_the_one_that_fits() {
        // The sum by Python's zlib.crc32.
        let packet = "4500001400010000400100000102030405060708";
        let frame = format!("ffffffffffff0020d25afb3f0800{packet}{}", "00".repeat(26));
        let sum = "91637a75";
        let seen = see(LinkType::ETHERNET, &format!("{frame}{sum}"));
        assert_eq!(seen.place("eth.fcs"), Some((60, 4)));
        let seen = see(LinkType::ETHERNET, &format!("{frame}00000000"));
        assert_eq!(seen.place("eth.fcs"), None);
        assert_eq!(seen.place("eth.trailer"), Some((60, 4)));
    }
}
