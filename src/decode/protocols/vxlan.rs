//! VXLAN: Ethernet frames of many virtual networks inside UDP. RFC 7348; the group policy of draft-smith-vxlan-group-policy.

use crate::decode::{Claim, Cursor, Fault, Next, Protocol, Show, Value, fields};
use crate::model::Osi;

fields! {
    FLAGS: "vxlan.flags", "Flags", Show::Hex(4), "Says which of the numbers in the header count.";
    HAS_GROUP: "vxlan.flag_g", "Group policy", Show::Plain, "The header tells the sender's group (an extension).";
    HAS_NETWORK: "vxlan.flag_i", "Network identifier", Show::Plain, "The network identifier is valid; always set.";
    LEARN_NOT: "vxlan.flag_d", "Do not learn", Show::Plain, "The receiver shall not learn from this frame where its sender is (an extension).";
    APPLIED: "vxlan.flag_a", "Policy applied", Show::Plain, "The policy for the sender's group was applied already (an extension).";
    FLAGS_RESERVED: "vxlan.flags_reserved", "Reserved", Show::Hex(4), "Reserved: senders set it to zero, receivers ignore it.";
    GROUP: "vxlan.gbp", "Group policy", Show::Plain, "The group of the sender, by which policies tell who may speak with whom; 0 without that extension.";
    NETWORK: "vxlan.vni", "Network identifier", Show::Plain, "Which of the virtual networks the frame belongs to; they see nothing of each other.";
    RESERVED: "vxlan.reserved8", "Reserved", Show::Hex(2), "Reserved: senders set it to zero, receivers ignore it.";
}

/// The header between UDP and the frame.
pub(super) static PROTOCOL: Protocol = Protocol {
    key: "vxlan",
    name: "Virtual eXtensible Local Area Network",
    osi: Osi::Link,
    spec: "RFC 7348",
    claims: &[Claim::UdpPort(4789)],
    fields: FIELDS,
    events: &[],
    decode,
    talk: None,
};

fn decode(c: &mut Cursor<'_, '_>) -> Result<(), Fault> {
    let flags = c.bits(&FLAGS, 2, 0, 16)?;
    let at = c.ahead(2);
    let valid = c.nest(|c| {
        c.flag(&HAS_GROUP, 2, 0)?;
        let valid = c.flag(&HAS_NETWORK, 2, 4)?;
        c.flag(&LEARN_NOT, 2, 9)?;
        c.flag(&APPLIED, 2, 12)?;
        c.put(&FLAGS_RESERVED, at, Value::Num(flags & 0x77b7));
        Ok(valid)
    })?;
    c.take(2)?;
    c.u16(&GROUP)?;
    let network = c.u24(&NETWORK)?;
    c.u8(&RESERVED)?;
    c.summary(format_args!("network {network}"));
    if !valid {
        c.note(c.bad_value(&HAS_NETWORK, "set"));
    }
    c.tunnel(Next::EtherType(0x6558), c.rest_span());
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::decode::testing::see;
    use crate::model::LinkType;

    #[test]
    fn a_frame_in_a_datagram() {
        // Frame 1 of vxlan.pcap in the corpus of tcpdump: the header, and the frame in it cut to its own header.
        let outer = "45000036000000004011 0000 0a000001 0a000002 cd3912b5 00220000";
        let header = "08000000 00006400";
        let frame = "0800275d1c0a 080027f71d1f 0806 0001 0800";
        let seen = see(LinkType::IPV4, &format!("{outer}{header}{frame}"));
        assert_eq!(seen.first("vxlan.vni"), "100");
        assert_eq!(seen.first("vxlan.flag_i"), "set");
        assert_eq!(seen.summary("vxlan"), "network 100");
        assert_eq!(seen.layers(), ["ip", "udp", "vxlan", "eth", "arp"]);
        assert!(seen.d.layers.iter().skip(3).all(|layer| layer.tunnels == 1));
        let unset = header.replace("08", "00");
        let seen = see(LinkType::IPV4, &format!("{outer}{unset}{frame}"));
        assert_eq!(seen.faults().first(), Some(&("vxlan", "bad-value")));
    }
}
