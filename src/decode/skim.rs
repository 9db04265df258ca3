//! The fast path: addresses, ports, flags and payload of a frame without recording a field. What it cannot slice it
//! leaves to the detailed decoders, whose result [`from_detail`] brings into the same form.

use std::net::{IpAddr, Ipv4Addr};

use etherparse::{
    ArpHardwareId, ArpOperation, EtherType, IpNumber, LaxNetSlice, LaxSlicedPacket, LinkSlice,
    TcpSlice, TransportSlice, ether_type, ip_number,
};

use crate::model::{BufId, LinkType, Mac, Span};

mod detail;

pub use detail::from_detail;

/// What the flow room needs of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Skim {
    /// The sender's address (the innermost, where IP carries IP).
    pub src: IpAddr,
    /// The receiver's address.
    pub dst: IpAddr,
    /// Time to live, or hop limit.
    pub ttl: u8,
    /// IPv4 identification; 0 in IPv6.
    pub id: u16,
    /// MAC addresses of sender and receiver on the link that carries the packet (inside a tunnel the one in it), where it
    /// has them.
    pub mac: Option<(Mac, Mac)>,
    /// What the IP packet carries.
    pub transport: Transport,
}

/// What an IP packet carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    /// A TCP segment.
    Tcp(TcpSkim),
    /// A UDP datagram.
    Udp(UdpSkim),
    /// Another IP protocol, by its number.
    Other(u8),
}

/// A TCP segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TcpSkim {
    /// Source port.
    pub src: u16,
    /// Destination port.
    pub dst: u16,
    /// Sequence number of the first byte (of the SYN, if it is set).
    pub seq: u32,
    /// Acknowledgment number.
    pub ack: u32,
    /// All twelve flag bits, the lowest is FIN; see the constants.
    pub flags: u16,
    /// Window as it is on the wire, not scaled.
    pub window: u16,
    /// Window scale shift count, of a SYN that has one.
    pub window_scale: Option<u8>,
    /// The payload's captured bytes.
    pub payload: Span,
    /// The payload's length on the wire, as the IP length says; more than was captured in a cut frame.
    pub payload_len: u32,
}

impl TcpSkim {
    /// No more data from the sender.
    pub const FIN: u16 = 0x001;
    /// Synchronize sequence numbers.
    pub const SYN: u16 = 0x002;
    /// Reset the connection.
    pub const RST: u16 = 0x004;
    /// Push.
    pub const PSH: u16 = 0x008;
    /// The acknowledgment number counts.
    pub const ACK: u16 = 0x010;
    /// The urgent pointer counts.
    pub const URG: u16 = 0x020;
    /// ECN echo.
    pub const ECE: u16 = 0x040;
    /// Congestion window reduced.
    pub const CWR: u16 = 0x080;
    /// Accurate ECN.
    pub const AE: u16 = 0x100;

    /// True when all these flags are set.
    #[must_use]
    pub const fn has(&self, flags: u16) -> bool {
        self.flags & flags == flags
    }
}

/// A UDP datagram.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UdpSkim {
    /// Source port.
    pub src: u16,
    /// Destination port.
    pub dst: u16,
    /// The payload's captured bytes.
    pub payload: Span,
    /// The payload's length as the header says.
    pub payload_len: u32,
}

/// IP protocols and UDP ports that carry packets and frames: the innermost addresses count, so detail has to look.
const TUNNELS: [IpNumber; 5] = [
    ip_number::IPV4,
    ip_number::IPV6,
    ip_number::GRE,
    IpNumber(137),
    IpNumber(143),
];
const TUNNEL_PORTS: [u16; 5] = [2152, 3544, 4789, 6081, 6635];

/// May a datagram between these ports be a tunnel's?
#[inline]
fn may_tunnel(src: u16, dst: u16) -> bool {
    TUNNEL_PORTS.contains(&src) || TUNNEL_PORTS.contains(&dst)
}

/// IPv6 extension headers, some of which IPv4 may carry too.
const EXTENSIONS: [IpNumber; 5] = [
    ip_number::IPV6_HEADER_HOP_BY_HOP,
    ip_number::IPV6_ROUTE_HEADER,
    ip_number::IPV6_FRAGMENTATION_HEADER,
    ip_number::AUTHENTICATION_HEADER,
    ip_number::IPV6_DESTINATION_OPTIONS,
];

/// Slices a frame; `None` when it has to be decoded in detail: no IP, a fragment, a tunnel, a damaged or cut header.
#[must_use]
pub fn skim(link: LinkType, frame: &[u8], wire_len: u32) -> Option<Skim> {
    if link == LinkType::ETHERNET {
        let plain = skim_plain(frame, wire_len);
        if plain.is_some() {
            return plain;
        }
    }
    skim_any(link, frame, wire_len)
}

/// Ethernet's header, and behind it one of IPv4 without options.
const IP: usize = 14;
const BODY: usize = IP + 20;

/// A frame with a whole IPv4 packet without options behind an Ethernet header without tags: both headers with the first
/// bytes behind them, and what the packet carries.
#[inline]
fn plain(frame: &[u8], wire_len: u32) -> Option<(&[u8; BODY + 8], &[u8])> {
    let h = frame.first_chunk::<{ BODY + 8 }>()?;
    let end = IP + usize::from(word(h, IP + 2));
    let whole = frame.len() >= end && wire_len as usize >= frame.len();
    let fragment = word(h, IP + 6) & 0x3fff != 0;
    if word(h, 12) != 0x0800 || h[IP] != 0x45 || !whole || fragment {
        return None;
    }
    let body = frame.get(BODY..end).filter(|body| body.len() >= 8)?;
    Some((h, body))
}

/// Two bytes of a header.
const fn word<const N: usize>(header: &[u8; N], at: usize) -> u16 {
    u16::from_be_bytes([header[at], header[at + 1]])
}

/// Four bytes of a header.
const fn number<const N: usize>(header: &[u8; N], at: usize) -> u32 {
    (word(header, at) as u32) << 16 | word(header, at + 2) as u32
}

/// Nearly all frames: TCP, UDP or ICMP in a plain packet.
#[inline]
fn skim_plain(frame: &[u8], wire_len: u32) -> Option<Skim> {
    let (h, body) = plain(frame, wire_len)?;
    let span = |from: usize| {
        let len = body.len() - from;
        Span::bytes(BufId::FRAME, (BODY + from) as u32, len as u32)
    };
    let (src, dst) = (word(h, BODY), word(h, BODY + 2));
    let transport = match h[IP + 9] {
        6 => {
            let header = body.first_chunk::<20>()?;
            let len = usize::from(header[12] >> 4) * 4;
            let options = body.get(20..len)?;
            let payload = span(len);
            let flags = word(header, 12) & 0x0fff;
            Transport::Tcp(TcpSkim {
                src,
                dst,
                seq: number(header, 4),
                ack: number(header, 8),
                flags,
                window: word(header, 14),
                window_scale: window_scale(flags, options),
                payload,
                payload_len: payload.len,
            })
        }
        1 => Transport::Other(1),
        17 if usize::from(word(h, BODY + 4)) == body.len() && !may_tunnel(src, dst) => {
            let payload = span(8);
            Transport::Udp(UdpSkim {
                src,
                dst,
                payload,
                payload_len: payload.len,
            })
        }
        _ => return None,
    };
    let address = |at: usize| IpAddr::from([h[at], h[at + 1], h[at + 2], h[at + 3]]);
    let mac = |at: usize| Mac([h[at], h[at + 1], h[at + 2], h[at + 3], h[at + 4], h[at + 5]]);
    Some(Skim {
        src: address(IP + 12),
        dst: address(IP + 16),
        ttl: h[IP + 8],
        id: word(h, IP + 4),
        mac: Some((mac(6), mac(0))),
        transport,
    })
}

fn skim_any(link: LinkType, frame: &[u8], wire_len: u32) -> Option<Skim> {
    let (packet, ether) = slice(link, frame)?;
    let mac = match &packet.link {
        Some(LinkSlice::Ethernet2(e)) => Some((Mac(e.source()), Mac(e.destination()))),
        _ => None,
    };
    if packet.stop_err.is_some() {
        return None;
    }
    // `src` and `dst` of the packet, and the length of its payload as its header says.
    let (src, dst, ttl, id, said) = match packet.net.as_ref()? {
        LaxNetSlice::Ipv4(ip) => {
            let header = ip.header();
            let said = usize::from(header.total_len()).checked_sub(header.slice().len());
            if said.is_none() && header.total_len() > 0 {
                return None;
            }
            (
                IpAddr::from(header.source()),
                IpAddr::from(header.destination()),
                header.ttl(),
                header.identification(),
                said,
            )
        }
        LaxNetSlice::Ipv6(ip) => {
            let header = ip.header();
            let said = usize::from(header.payload_length());
            (
                IpAddr::from(header.source()),
                IpAddr::from(header.destination()),
                header.hop_limit(),
                0,
                (said > 0).then_some(said),
            )
        }
        LaxNetSlice::Arp(_) => return None,
    };
    if ether.is_some_and(|e| (e == ether_type::IPV6) != src.is_ipv6()) {
        return None;
    }
    let carried = packet.ip_payload()?;
    if carried.fragmented || TUNNELS.contains(&carried.ip_number) {
        return None;
    }
    let at = offset_in(frame, carried.payload);
    // Extension headers are detail's: what they lead to depends on each of them.
    let header_end = match packet.net.as_ref()? {
        LaxNetSlice::Ipv4(ip) => {
            let header = ip.header();
            offset_in(frame, header.slice()).saturating_add(header.slice().len() as u32)
        }
        LaxNetSlice::Ipv6(ip) => offset_in(frame, ip.header().slice()).saturating_add(40),
        LaxNetSlice::Arp(_) => return None,
    };
    if at != header_end || EXTENSIONS.contains(&carried.ip_number) {
        return None;
    }
    // No packet is longer than its frame; without a length (segmentation offload) it fills the frame.
    let room = wire_len.saturating_sub(at);
    let wire = said.map_or(room, |said| (said as u32).min(room));
    let transport = match &packet.transport {
        Some(TransportSlice::Tcp(tcp)) => Transport::Tcp(tcp_skim(tcp, frame, wire)),
        Some(TransportSlice::Udp(udp)) => {
            let (src, dst) = (udp.source_port(), udp.destination_port());
            if may_tunnel(src, dst) {
                return None;
            }
            let payload = span_in(frame, udp.payload());
            // A length that cannot be right counts for nothing.
            let said = u32::from(udp.length()).checked_sub(8);
            Transport::Udp(UdpSkim {
                src,
                dst,
                payload,
                payload_len: said.unwrap_or(payload.len),
            })
        }
        _ => match carried.ip_number {
            ip_number::TCP | ip_number::UDP => return None,
            other => Transport::Other(other.0),
        },
    };
    Some(Skim {
        src,
        dst,
        ttl,
        id,
        mac,
        transport,
    })
}

/// An echo, or an error about a packet that was not let through, in ICMP for IPv4.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IcmpSkim {
    /// Its type.
    pub kind: u8,
    /// Its code.
    pub code: u8,
    /// The identifier of an echo.
    pub ident: u16,
    /// How many bytes follow its header.
    pub payload_len: u32,
    /// The packet of TCP or UDP that an error quotes: IP protocol, and both ends.
    pub quoted: Option<(u8, [(Ipv4Addr, u16); 2])>,
}

/// Slices an ICMP message; `None` for other frames and for what has to be decoded in detail.
#[must_use]
pub fn skim_icmp(link: LinkType, frame: &[u8], wire_len: u32) -> Option<IcmpSkim> {
    let (h, body) = plain(frame, wire_len).filter(|_| link == LinkType::ETHERNET)?;
    let (kind, code) = (h[BODY], h[BODY + 1]);
    if h[IP + 9] != 1 {
        return None;
    }
    let mut found = IcmpSkim {
        kind,
        code,
        ident: 0,
        payload_len: (body.len() - 8) as u32,
        quoted: None,
    };
    match kind {
        0 | 8 => found.ident = word(h, BODY + 4),
        // The destination cannot be reached; the time to live is over.
        3 | 11 => {
            const PORTS: usize = 20;
            let q = body.get(8..)?.first_chunk::<{ PORTS + 8 }>()?;
            let whole = q[0] == 0x45 && usize::from(word(q, 2)) >= q.len();
            let fragment = word(q, 6) & 0x3fff != 0;
            if !whole || fragment || !matches!(q[9], 6 | 17) {
                return None;
            }
            let end = |ip, port| (Ipv4Addr::from_bits(number(q, ip)), word(q, port));
            found.quoted = Some((q[9], [end(12, PORTS), end(16, PORTS + 2)]));
        }
        _ => return None,
    }
    Some(found)
}

/// An ARP message between IPv4 addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ArpSkim {
    /// The sender's IPv4 address.
    pub src: Ipv4Addr,
    /// The IPv4 address that it is about.
    pub dst: Ipv4Addr,
    /// The sender's MAC address, where it has one.
    pub mac: Option<Mac>,
    /// It is a reply.
    pub answers: bool,
}

/// Slices an ARP message; `None` for other frames and for what has to be decoded in detail.
#[must_use]
pub fn skim_arp(link: LinkType, frame: &[u8]) -> Option<ArpSkim> {
    let (packet, _) = slice(link, frame)?;
    let Some(LaxNetSlice::Arp(arp)) = &packet.net else {
        return None;
    };
    if packet.stop_err.is_some() || arp.proto_addr_type() != ether_type::IPV4 {
        return None;
    }
    let ip = |bytes: &[u8]| <[u8; 4]>::try_from(bytes).ok().map(Ipv4Addr::from);
    let is_mac = arp.hw_addr_type() == ArpHardwareId::ETHERNET;
    Some(ArpSkim {
        src: ip(arp.sender_protocol_addr())?,
        dst: ip(arp.target_protocol_addr())?,
        mac: arp
            .sender_hw_addr()
            .try_into()
            .ok()
            .filter(|_| is_mac)
            .map(Mac),
        answers: arp.operation() == ArpOperation::REPLY,
    })
}

/// The frame in slices, and the EtherType that names the packet where there is one.
fn slice(link: LinkType, frame: &[u8]) -> Option<(LaxSlicedPacket<'_>, Option<EtherType>)> {
    let by_type = |at: usize, header: usize| {
        let number = frame.get(at..at.checked_add(2)?)?;
        let number = EtherType(u16::from_be_bytes(number.try_into().ok()?));
        let packet = LaxSlicedPacket::from_ether_type(number, frame.get(header..)?);
        let inner = packet.ether_payload().map(|e| e.ether_type);
        Some((packet, inner))
    };
    match link {
        LinkType::ETHERNET => {
            let packet = LaxSlicedPacket::from_ethernet(frame).ok()?;
            let inner = packet.ether_payload().map(|e| e.ether_type);
            Some((packet, inner))
        }
        LinkType::LINUX_SLL => by_type(14, 16),
        LinkType::LINUX_SLL2 => by_type(0, 20),
        LinkType::RAW | LinkType::RAW_DLT | LinkType::RAW_BSD => {
            LaxSlicedPacket::from_ip(frame).ok().map(|p| (p, None))
        }
        LinkType::IPV4 => {
            let packet = LaxSlicedPacket::from_ip(frame).ok()?;
            Some((packet, Some(ether_type::IPV4)))
        }
        LinkType::IPV6 => {
            let packet = LaxSlicedPacket::from_ip(frame).ok()?;
            Some((packet, Some(ether_type::IPV6)))
        }
        // The loopback families have several byte orders and several numbers for IPv6: detail knows them.
        _ => None,
    }
}

fn tcp_skim(tcp: &TcpSlice<'_>, frame: &[u8], wire: u32) -> TcpSkim {
    let header = tcp.header_slice();
    let flags = header
        .get(12..14)
        .map_or(0, |b| b.iter().fold(0, |n, &b| n << 8 | u16::from(b)));
    let flags = flags & 0xfff;
    TcpSkim {
        src: tcp.source_port(),
        dst: tcp.destination_port(),
        seq: tcp.sequence_number(),
        ack: tcp.acknowledgment_number(),
        flags,
        window: tcp.window_size(),
        window_scale: window_scale(flags, tcp.options()),
        payload: span_in(frame, tcp.payload()),
        payload_len: wire.saturating_sub(header.len() as u32),
    }
}

/// The window scale among a SYN's options; of one that stands twice the first counts, as in detail.
fn window_scale(flags: u16, mut options: &[u8]) -> Option<u8> {
    if flags & TcpSkim::SYN == 0 {
        return None;
    }
    loop {
        options = match options {
            [1, rest @ ..] => rest,
            [3, 3, shift, ..] => return Some(*shift),
            [0, ..] | [_, 0 | 1, ..] => return None,
            [_, len, ..] => options.get(usize::from(*len)..)?,
            _ => return None,
        };
    }
}

fn offset_in(frame: &[u8], part: &[u8]) -> u32 {
    part.as_ptr().addr().saturating_sub(frame.as_ptr().addr()) as u32
}

fn span_in(frame: &[u8], part: &[u8]) -> Span {
    Span::bytes(BufId::FRAME, offset_in(frame, part), part.len() as u32)
}

#[cfg(test)]
mod tests {
    use super::{TUNNEL_PORTS, TUNNELS};
    use crate::decode::{Claim, protocol_by_key};

    #[test]
    fn what_tunnels_claim_is_left_to_detail() {
        let tunnels = ["gre", "mpls", "vxlan", "geneve", "gtp", "teredo"];
        let claims = tunnels.map(|key| protocol_by_key(key).unwrap().claims);
        let mut ports = Vec::new();
        for claim in claims.into_iter().flatten() {
            match *claim {
                Claim::UdpPort(port) => ports.push(port),
                Claim::IpProto(number) => assert!(TUNNELS.iter().any(|tunnel| tunnel.0 == number)),
                _ => {}
            }
        }
        ports.sort_unstable();
        assert_eq!(ports, TUNNEL_PORTS);
    }
}
