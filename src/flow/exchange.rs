//! Who speaks with whom where there are no ports: ARP, ICMP and other protocols over IP; and whom an ICMP error is about.

use std::net::IpAddr;

use crate::decode::skim::{ArpSkim, IcmpSkim, Skim};
use crate::decode::{Claim, Dissection, Layer, Value};
use crate::model::Mac;

/// Kinds of conversation: IP protocol numbers, and above them what is not carried by IP.
pub(super) const TCP: u16 = 6;
pub(super) const UDP: u16 = 17;
const ICMP: u16 = 1;
const ICMPV6: u16 = 58;
const ARP: u16 = 256;

/// One message between two ends. In place of a port stands what tells exchanges of two hosts apart (an echo identifier).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Exchange {
    pub kind: u16,
    pub transport: &'static str,
    pub src: (IpAddr, u16),
    pub dst: (IpAddr, u16),
    /// The message answers one of the other end.
    pub answers: bool,
    /// Sender and receiver on the link.
    pub mac: Option<(Mac, Mac)>,
    /// Payload bytes.
    pub bytes: u64,
}

/// The packet that an ICMP error quotes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Quoted {
    pub kind: u16,
    pub src: (IpAddr, u16),
    pub dst: (IpAddr, u16),
    /// The error says that it did not and will not arrive.
    pub unreachable: bool,
}

/// The frame's ARP message. Who asks and who is asked for are in it, not in the frame's addresses.
pub(super) fn arp(d: &Dissection) -> Option<Exchange> {
    let mut layers = d.layers.iter().filter(|layer| d.is_own(layer));
    let layer = layers.find(|layer| layer.protocol.key == "arp")?;
    let read = Read { d, layer };
    Some(Exchange {
        kind: ARP,
        transport: "arp",
        src: (read.address("arp.src.proto_ipv4")?, 0),
        dst: (read.address("arp.dst.proto_ipv4")?, 0),
        answers: read.number("arp.opcode") == Some(2),
        mac: read.mac("arp.src.hw_mac").map(|mac| (mac, Mac::BROADCAST)),
        bytes: 0,
    })
}

/// The same of an ARP message that was not decoded.
pub(super) fn arp_skimmed(arp: &ArpSkim) -> Exchange {
    Exchange {
        kind: ARP,
        transport: "arp",
        src: (arp.src.into(), 0),
        dst: (arp.dst.into(), 0),
        answers: arp.answers,
        mac: arp.mac.map(|mac| (mac, Mac::BROADCAST)),
        bytes: 0,
    }
}

/// An ICMP message that was not decoded, and the packet that it quotes.
pub(super) fn icmp_skimmed(found: &Skim, icmp: &IcmpSkim) -> (Exchange, Option<Quoted>) {
    let exchange = Exchange {
        kind: ICMP,
        transport: "icmp",
        src: (found.src, icmp.ident),
        dst: (found.dst, icmp.ident),
        answers: icmp.kind == 0,
        mac: found.mac,
        bytes: icmp.payload_len.into(),
    };
    let quoted = icmp.quoted.map(|(kind, [src, dst])| Quoted {
        kind: kind.into(),
        src: (src.0.into(), src.1),
        dst: (dst.0.into(), dst.1),
        unreachable: icmp.kind == 3 && icmp.code != 4,
    });
    (exchange, quoted)
}

/// What a frame carries over IP by this protocol number.
pub(super) fn over_ip(found: &Skim, number: u8, d: &Dissection) -> Exchange {
    let kind = u16::from(number);
    let mut new = Exchange {
        kind,
        transport: "icmp",
        src: (found.src, 0),
        dst: (found.dst, 0),
        answers: false,
        mac: found.mac,
        bytes: payload(d),
    };
    match kind {
        ICMP => {
            new.answers = matches!(d.number("icmp.type"), Some(0 | 14 | 16 | 18));
            let tag = d.number("icmp.ident").unwrap_or(0) as u16;
            (new.src.1, new.dst.1) = (tag, tag);
        }
        ICMPV6 => {
            new.transport = "icmpv6";
            new.answers = matches!(d.number("icmpv6.type"), Some(129 | 134 | 136));
            let tag = d.number("icmpv6.echo.identifier").unwrap_or(0) as u16;
            (new.src.1, new.dst.1) = (tag, tag);
            // A question to a group and its answer have one end in common: who is asked for.
            let read = |key| d.field(key).and_then(|field| ip_of(field.value));
            if let Some(asked) = read("icmpv6.nd.ns.target_address") {
                new.dst.0 = asked;
            } else if let Some(asked) = read("icmpv6.nd.na.target_address") {
                new.src.0 = asked;
            }
        }
        _ => new.transport = above_ip(d),
    }
    if matches!(kind, ICMP | ICMPV6) {
        // Behind the eight bytes of header that all of them have.
        new.bytes = new.bytes.saturating_sub(8);
    }
    new
}

/// The packet that this frame's ICMP error quotes.
pub(super) fn quoted(d: &Dissection) -> Option<Quoted> {
    let unreachable = match d.number("icmp.type") {
        // Code 4 asks for smaller packets.
        Some(kind) => kind == 3 && d.number("icmp.code") != Some(4),
        None => d.number("icmpv6.type") == Some(1),
    };
    let mut found: Option<Quoted> = None;
    for layer in d
        .layers
        .iter()
        .filter(|layer| layer.quoted && layer.tunnels == d.tunnels)
    {
        let read = Read { d, layer };
        let port = |key| read.number(key).map(|number| number as u16);
        match (layer.protocol.key, &mut found) {
            ("ip", found) => {
                *found = Some(Quoted {
                    kind: port("ip.proto")?,
                    src: (read.address("ip.src")?, 0),
                    dst: (read.address("ip.dst")?, 0),
                    unreachable,
                });
            }
            ("ipv6", found) => {
                *found = Some(Quoted {
                    kind: port("ipv6.nxt")?,
                    src: (read.address("ipv6.src")?, 0),
                    dst: (read.address("ipv6.dst")?, 0),
                    unreachable,
                });
            }
            ("tcp", Some(found)) => {
                found.kind = TCP;
                (found.src.1, found.dst.1) = (port("tcp.srcport")?, port("tcp.dstport")?);
            }
            ("udp", Some(found)) => {
                found.kind = UDP;
                (found.src.1, found.dst.1) = (port("udp.srcport")?, port("udp.dstport")?);
            }
            ("icmp", Some(found)) => {
                let tag = port("icmp.ident").unwrap_or(0);
                (found.src.1, found.dst.1) = (tag, tag);
            }
            ("icmpv6", Some(found)) => {
                let tag = port("icmpv6.echo.identifier").unwrap_or(0);
                (found.kind, found.src.1, found.dst.1) = (ICMPV6, tag, tag);
            }
            _ => {}
        }
    }
    found
}

/// The key of the protocol that the innermost IP packet carries.
fn above_ip(d: &Dissection) -> &'static str {
    let mut found = "ip";
    let mut below = "";
    for layer in d.layers.iter().filter(|layer| d.is_own(layer)) {
        let key = layer.protocol.key;
        if matches!(key, "ip" | "ipv6") || matches!(below, "ip" | "ipv6") && key != "data" {
            found = key;
        }
        below = key;
    }
    found
}

/// The key of what a frame's transport carries.
pub(super) fn carries(d: &Dissection, transport: &str) -> Option<&'static str> {
    let mut above = d
        .layers
        .iter()
        .filter(|layer| d.is_own(layer))
        .skip_while(|layer| layer.protocol.key != transport)
        .skip(1);
    // An empty datagram carries nothing, and padding may follow it.
    let carried = above.next()?.protocol;
    let is_padding = carried.claims.contains(&Claim::Padding);
    (!is_padding).then_some(carried.key)
}

/// Payload bytes of the IP packet.
fn payload(d: &Dissection) -> u64 {
    let mut packets = d.layers.iter().filter(|layer| d.is_own(layer)).rev();
    let packet = packets.find(|layer| matches!(layer.protocol.key, "ip" | "ipv6"));
    let read = packet.map(|layer| Read { d, layer });
    let number = |key| read.as_ref().and_then(|read| read.number(key));
    match number("ip.len").zip(number("ip.hdr_len")) {
        Some((whole, header)) => whole.saturating_sub(header),
        None => number("ipv6.plen").unwrap_or(0),
    }
}

fn ip_of(value: Value) -> Option<IpAddr> {
    match value {
        Value::Ip4(octets) => Some(octets.into()),
        Value::Ip6(octets) => Some(octets.into()),
        _ => None,
    }
}

/// Reads fields of one layer back.
pub(super) struct Read<'a> {
    pub d: &'a Dissection,
    pub layer: &'a Layer,
}

impl Read<'_> {
    fn value(&self, key: &str) -> Option<Value> {
        let fields = self.d.fields_of(self.layer);
        fields.iter().find(|f| f.def.key == key).map(|f| f.value)
    }

    pub(super) fn address(&self, key: &str) -> Option<IpAddr> {
        ip_of(self.value(key)?)
    }

    pub(super) fn number(&self, key: &str) -> Option<u64> {
        match self.value(key)? {
            Value::Num(number) => Some(number),
            _ => None,
        }
    }

    fn mac(&self, key: &str) -> Option<Mac> {
        match self.value(key)? {
            Value::Mac(octets) => Some(Mac(octets)),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::carries;
    use crate::decode::testing::see;
    use crate::model::LinkType;

    #[test]
    fn an_empty_datagram_carries_no_padding() {
        let packet = "4500001c000000004011 0000 0a000001 0a000002 c000c001 0008 0000";
        let frame = format!(
            "020000000001 020000000002 0800 {packet} {}",
            "00".repeat(18)
        );
        let seen = see(LinkType::ETHERNET, &frame);
        assert_eq!(seen.layers(), ["eth", "ip", "udp", "eth"]);
        assert_eq!(carries(&seen.d, "udp"), None);
    }
}
