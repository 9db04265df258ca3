//! MPLS: labels by which routers of a network forward without reading the packet behind them. RFC 3032; classes RFC 5462, in
//! UDP RFC 7510, in IP RFC 4023.

use crate::decode::{Base, Claim, Cursor, Fault, FaultKind, Names, Next, Protocol, Show, fields};
use crate::model::Osi;

/// Special-purpose labels.
const LABELS: Names = &[
    (0, "IPv4 explicit null"),
    (1, "router alert"),
    (2, "IPv6 explicit null"),
    (3, "implicit null"),
    (7, "entropy label indicator"),
    (13, "generic associated channel"),
    (14, "OAM alert"),
    (15, "extension"),
];

fields! {
    LABEL: "mpls.label", "Label", Show::Names(Base::Dec, LABELS), "Tells the next router which way the packet takes; it replaces the label by its own.";
    CLASS: "mpls.exp", "Traffic class", Show::Plain, "How urgent the packet is for routers on the way.";
    BOTTOM: "mpls.bottom", "Bottom of stack", Show::Plain, "1 in the last label; the packet follows it.";
    TTL: "mpls.ttl", "Time to live", Show::Plain, "Each router lowers it by 1 and drops the packet at 0.";
}

/// How many labels are read; networks use a handful, hostile frames hold nothing else.
const LABELS_MAX: u32 = 64;

/// The stack of labels before a packet.
pub(super) static PROTOCOL: Protocol = Protocol {
    key: "mpls",
    name: "MultiProtocol Label Switching",
    osi: Osi::Link,
    spec: "RFC 3032",
    claims: &[
        Claim::EtherType(0x8847),
        Claim::EtherType(0x8848),
        Claim::Ppp(0x0281),
        Claim::Ppp(0x0283),
        Claim::IpProto(137),
        Claim::UdpPort(6635),
    ],
    fields: FIELDS,
    events: &[],
    decode,
    talk: None,
};

fn decode(c: &mut Cursor<'_, '_>) -> Result<(), Fault> {
    let (mut labels, mut outermost) = (0_u32, 0);
    loop {
        let label = c.bits(&LABEL, 4, 0, 20)?;
        c.bits(&CLASS, 4, 20, 3)?;
        let bottom = c.bits(&BOTTOM, 4, 23, 1)? == 1;
        c.bits(&TTL, 4, 24, 8)?;
        c.take(4)?;
        labels = labels.saturating_add(1);
        if labels == 1 {
            outermost = label;
            c.summary(format_args!("label {label}"));
        } else {
            c.summary(format_args!("{labels} labels, the outermost {outermost}"));
        }
        if bottom {
            break;
        }
        if labels == LABELS_MAX {
            c.next(Next::Data, c.rest_span());
            return Err(c.bad(FaultKind::Limit(
                "more labels before one packet than it reads",
            )));
        }
    }
    // Nothing says what follows; routers tell IP by its first four bits (RFC 4928).
    let next = match c.peek_number(0, 1).unwrap_or(0) >> 4 {
        4 => Next::EtherType(0x0800),
        6 => Next::EtherType(0x86dd),
        _ => Next::Data,
    };
    // On a link the labels only precede the packet; inside another packet they are a tunnel.
    if c.network_source().is_some() {
        c.tunnel(next, c.rest_span());
    } else {
        c.next(next, c.rest_span());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::decode::testing::see;
    use crate::model::LinkType;

    const PING: &str = "4500001c00000000400174dc 01010101 02020202 0800f7fe00000001";

    #[test]
    fn labels_before_a_packet() {
        let seen = see(
            LinkType::ETHERNET,
            &format!("020000000001 020000000002 8847 18960a3f 000151ff {PING}"),
        );
        assert_eq!(seen.all("mpls.label"), ["100704", "21"]);
        assert_eq!(seen.all("mpls.exp"), ["5", "0"]);
        assert_eq!(seen.all("mpls.ttl"), ["63", "255"]);
        assert_eq!(seen.summary("mpls"), "2 labels, the outermost 100704");
        assert_eq!(seen.layers(), ["eth", "mpls", "ip", "icmp"]);
        assert_eq!(seen.events(), ["icmp.echo_request"]);
    }

    #[test]
    fn inside_a_datagram_they_are_a_tunnel() {
        let outer = "4500003c000000004011 0000 0a000001 0a000002 e5a519eb 00280000";
        let seen = see(LinkType::IPV4, &format!("{outer} 0001513f {PING}"));
        assert_eq!(seen.layers(), ["ip", "udp", "mpls", "ip", "icmp"]);
        assert_eq!(seen.events(), ["icmp.echo_request"]);
        assert_eq!(seen.d.tunnels, 1);
    }

    #[test]
    fn a_stack_without_bottom() {
        let seen = see(
            LinkType::ETHERNET,
            "020000000001 020000000002 8847 00015000 00015000 0001",
        );
        assert_eq!(seen.faults(), [("mpls", "truncated")]);
        assert_eq!(seen.all("mpls.label").len(), 2);
        let labels = "00015000".repeat(1000);
        let seen = see(
            LinkType::ETHERNET,
            &format!("020000000001 020000000002 8847 {labels}"),
        );
        assert_eq!(seen.faults(), [("mpls", "limit")]);
        assert_eq!(seen.all("mpls.label").len(), 64);
        assert_eq!(seen.layers(), ["eth", "mpls", "data"]);
    }
}
