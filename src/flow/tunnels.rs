//! Tunnels: a frame belongs to the conversation of its innermost packet, and says once that this one travels inside others.

use std::net::IpAddr;

use crate::decode::{Dissection, Raised};

use super::events;
use super::exchange::{self, Read};
use super::table::{Key, Table};

/// Counts the conversations of datagrams around the packet: nobody follows them, but they have a number, as in Wireshark.
pub(super) fn count(table: &mut Table, d: &Dissection) {
    if d.tunnels == 0 {
        return;
    }
    let mut ends: Option<[IpAddr; 2]> = None;
    let around = |layer: &&_| d.is_around(layer) && !d.is_own(layer);
    for layer in d.layers.iter().filter(around) {
        let read = Read { d, layer };
        let pair = |src, dst| Some([read.address(src)?, read.address(dst)?]);
        let port = |key| read.number(key).map(|port| port as u16);
        match (layer.protocol.key, &ends) {
            ("ip", _) => ends = pair("ip.src", "ip.dst").or(ends),
            ("ipv6", _) => ends = pair("ipv6.src", "ipv6.dst").or(ends),
            ("udp", Some([src, dst])) => {
                let ports = port("udp.srcport").zip(port("udp.dstport"));
                if let Some((from, to)) = ports {
                    let (key, _) = Key::new(exchange::UDP, (src, from), (dst, to));
                    table.count(key, "udp");
                }
            }
            _ => {}
        }
    }
}

/// Says of a conversation that its packets come through a tunnel, once, with the first of them in which something happens:
/// proven by the header that stands between the outer packet and the inner one.
pub(super) fn tell(table: &mut Table, d: &mut Dissection) {
    if d.tunnels == 0 || d.events.is_empty() {
        return;
    }
    let flow = d.flow.and_then(|flow| table.flow_mut(flow.id));
    let Some(flow) = flow.filter(|flow| !flow.tunneled) else {
        return;
    };
    flow.tunneled = true;
    let first = d.layers.iter().find(|layer| d.is_own(layer));
    let header = first.and_then(|layer| layer.parent);
    let Some(layer) = header.and_then(|header| d.layers.get(usize::from(header))) else {
        return;
    };
    let raised = Raised {
        def: &events::TUNNEL,
        fields: layer.fields,
        span: layer.span,
        layer: header,
        about: None,
    };
    d.events.push(raised);
}

#[cfg(test)]
mod tests {
    use crate::flow::testing::{ACK, FIN, SYN, Tape};
    use crate::flow::{Flow, Want};
    use crate::model::Side::{Client, Server};

    /// What a tunnel makes of a packet.
    type Wrap = fn(&[u8]) -> Vec<u8>;

    /// A packet between the ends of the tunnel, all in one direction, as a mirror port sends them.
    fn outer(protocol: u8, payload: &[&[u8]]) -> Vec<u8> {
        let payload = payload.concat();
        let length = 20 + payload.len() as u16;
        let head = [0x45, 0, (length >> 8) as u8, length as u8, 0, 0, 0, 0, 64];
        let ends = [protocol, 0, 0, 192, 0, 2, 1, 192, 0, 2, 2];
        [&head[..], &ends, &payload].concat()
    }

    fn datagram(port: u16, payload: &[&[u8]]) -> Vec<u8> {
        let payload = payload.concat();
        let length = 8 + payload.len() as u16;
        let ports = [49_152u16, port, length, 0].map(u16::to_be_bytes);
        outer(17, &[ports.as_flattened(), &payload])
    }

    /// The frame in network 100 of VXLAN (RFC 7348 section 5).
    fn vxlan(packet: &[u8]) -> Vec<u8> {
        let header = [8, 0, 0, 0, 0, 0, 100, 0];
        let ethernet = [6, 0, 0, 0, 0, 1, 6, 0, 0, 0, 0, 2, 8, 0];
        datagram(4789, &[&header, &ethernet, packet])
    }

    /// User data of tunnel 1 of GTP-U (3GPP TS 29.281 section 5.1).
    fn gtp(packet: &[u8]) -> Vec<u8> {
        let [high, low] = (packet.len() as u16).to_be_bytes();
        datagram(2152, &[&[0x30, 255, high, low, 0, 0, 0, 1], packet])
    }

    /// RFC 2784.
    fn gre(packet: &[u8]) -> Vec<u8> {
        outer(47, &[&[0, 0, 8, 0], packet])
    }

    /// Both at once.
    fn gre_in_vxlan(packet: &[u8]) -> Vec<u8> {
        vxlan(&gre(packet))
    }

    /// A connection with a request, a segment that is lost and comes again, and the answer.
    fn request(want: Want, wrap: Wrap) -> (Vec<String>, Vec<Flow>) {
        let mut tape = Tape::new(want);
        (tape.wrap, tape.ports) = (wrap, [40_000, 80]);
        tape.handshake();
        let get = b"GET /a HTTP/1.1\r\nHost: example.test\r\n\r\n";
        tape.tcp(Client, ACK, 101, 501, &get[..20]);
        tape.tcp(Client, ACK, 121, 501, &get[20..]);
        tape.tcp(Client, ACK, 121, 501, &get[20..]);
        let next = 101 + get.len() as u32;
        let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";
        tape.tcp(Server, ACK, 501, next, answer);
        let last = 501 + answer.len() as u32;
        tape.tcp(Server, FIN | ACK, last, next, b"");
        tape.tcp(Client, FIN | ACK, next, last + 1, b"");
        tape.tcp(Server, ACK, last + 1, next + 1, b"");
        let flows = tape.finish();
        (tape.events, flows)
    }

    fn line(flow: &Flow) -> String {
        let ends = (flow.client, flow.server, flow.frames, flow.bytes);
        let (stream, tcp) = (flow.stream, flow.tcp());
        format!(
            "{} {} {ends:?} {stream:?} {} {tcp:?}",
            flow.transport,
            flow.app,
            flow.history()
        )
    }

    #[test]
    fn a_request_in_a_tunnel_is_one_as_without_it() {
        let (plain, without) = request(Want::Events, <[u8]>::to_vec);
        assert_eq!(without[0].app, "http");
        for wrap in [vxlan, gtp, gre, gre_in_vxlan] as [Wrap; 4] {
            for want in [Want::Conversations, Want::Events, Want::Fields] {
                let (mut events, flows) = request(want, wrap);
                assert_eq!(flows.len(), 1);
                assert_eq!(line(&flows[0]), line(&without[0]), "{want:?}");
                if want != Want::Conversations {
                    assert_eq!(events.remove(1), "1 ip.tunnel");
                    assert_eq!(events, plain, "{want:?}");
                }
            }
        }
    }

    #[test]
    fn the_link_inside_counts_and_the_datagrams_around_have_their_number() {
        let mut tape = Tape::new(Want::Events);
        tape.wrap = vxlan;
        assert_eq!(tape.udp(Client, b"abc"), "udp.datagram ip.tunnel");
        tape.wrap = <[u8]>::to_vec;
        tape.frame(&datagram(4789, &[&[8, 0, 0, 0, 0, 0, 100, 0], b"abc"]));
        let flows = tape.finish();
        let mac = flows[0].client_mac.map(|mac| mac.0);
        assert_eq!(mac, Some([6, 0, 0, 0, 0, 2]));
        let streams: Vec<_> = flows.iter().map(|f| (f.id, f.stream)).collect();
        assert_eq!(streams, [(1, Some(1)), (2, Some(0))]);
    }

    #[test]
    fn without_a_packet_inside_the_tunnel_is_the_conversation() {
        let bridges = |_: &[u8]| {
            let tree = [
                1, 0x80, 0xc2, 0, 0, 0, 2, 0, 0, 0, 0, 1, 0, 7, 0x42, 0x42, 3,
            ];
            datagram(4789, &[&[8, 0, 0, 0, 0, 0, 100, 0], &tree, &[0; 4]])
        };
        let invalid = |packet: &[u8]| {
            let mut bytes = vxlan(packet);
            bytes[28] = 0;
            bytes
        };
        let echo = |_: &[u8]| datagram(2152, &[&[0x32, 2, 0, 6, 0, 0, 0, 0, 0, 1, 0, 0, 14, 0]]);
        for (wrap, port) in [(bridges as Wrap, 4789), (invalid, 4789), (echo, 2152)] {
            for want in [Want::Conversations, Want::Events, Want::Fields] {
                let mut tape = Tape::new(want);
                tape.wrap = wrap;
                let events = tape.tcp(Client, SYN, 100, 0, b"");
                let flows = tape.finish();
                let found: Vec<_> = flows.iter().map(|f| (f.stream, f.server.port)).collect();
                assert_eq!(found, [(Some(0), Some(port))], "{want:?}");
                if want != Want::Conversations {
                    assert_eq!(events, "udp.tunnel", "{want:?}");
                }
            }
        }
    }

    #[test]
    fn arp_in_a_tunnel_is_between_those_who_speak() {
        let mut tape = Tape::new(Want::Events);
        let asks = [0, 1, 8, 0, 6, 4, 0, 1, 6, 0, 0, 0, 0, 2, 10, 0, 0, 1];
        let asked = [0, 0, 0, 0, 0, 0, 10, 0, 0, 2];
        let mut packet = vxlan(&[&asks[..], &asked].concat());
        let at = packet.len() - 30;
        packet[at..at + 2].copy_from_slice(&[8, 6]);
        assert_eq!(tape.frame(&packet), "arp.request ip.tunnel");
        let flows = tape.finish();
        assert_eq!((flows.len(), flows[0].transport), (1, "arp"));
        assert_eq!(flows[0].client.ip.to_string(), "10.0.0.1");
    }

    #[test]
    fn fragments_in_a_tunnel_and_of_a_tunnel_are_put_together() {
        // A datagram of 16 bytes between ports 40000 and 4000, in two pieces.
        let piece = |tape: &mut Tape, at: u8, bytes: &[u8]| {
            let mut packet = tape.ip(Client, 17, bytes);
            let more = if at == 0 { 0x20 } else { 0 };
            packet[4..8].copy_from_slice(&[0, 7, more, at]);
            packet
        };
        let bytes = [&[0x9c, 0x40, 0x0f, 0xa0, 0, 16, 0, 0][..], b"abcdefgh"].concat();
        for want in [Want::Events, Want::Fields] {
            let mut tape = Tape::new(want);
            let pieces = [(0, &bytes[..8]), (1, &bytes[8..])];
            let pieces = pieces.map(|(at, bytes)| piece(&mut tape, at, bytes));
            tape.wrap = gtp;
            assert_eq!(tape.frame(&pieces[0]), "ip.fragment ip.tunnel");
            assert_eq!(
                tape.frame(&pieces[1]),
                "ip.fragment udp.datagram ip.tunnel",
                "{want:?}"
            );
            let flow = tape.d.flow.and_then(|flow| tape.flows.flow(flow.id));
            assert_eq!(flow.and_then(|flow| flow.server.port), Some(4000));

            let mut tape = Tape::new(want);
            let whole = datagram(4789, &[&[8, 0, 0, 0, 0, 0, 100, 0], &[6; 12], &[8, 0]]);
            let inner = tape.ip(Client, 17, &bytes);
            let mut payload = [&whole[20..], &inner].concat();
            payload[4..6].copy_from_slice(&(30 + inner.len() as u16).to_be_bytes());
            let first = piece(&mut tape, 0, &payload[..32]);
            let last = piece(&mut tape, 4, &payload[32..]);
            assert_eq!(tape.frame(&first), "ip.fragment");
            assert_eq!(
                tape.frame(&last),
                "ip.fragment udp.datagram ip.tunnel",
                "{want:?}"
            );
            let flow = tape.d.flow.and_then(|flow| tape.flows.flow(flow.id));
            assert_eq!(flow.and_then(|flow| flow.server.port), Some(4000));
        }
    }

    #[test]
    fn an_error_is_about_what_is_inside_only_where_it_came_from_inside() {
        let refuse = |tape: &mut Tape, quoted: &[u8]| {
            let error = [&[3, 1, 0, 0, 0, 0, 0, 0][..], quoted].concat();
            let error = tape.ip(Server, 1, &error);
            tape.frame(&error)
        };
        let mut tape = Tape::new(Want::Events);
        tape.wrap = vxlan;
        tape.tcp(Client, SYN, 100, 0, b"");
        let ports = [0x9c, 0x40, 0, 22, 0, 0, 0, 100];
        let quoted = tape.ip(Client, 6, &ports);
        // Of the tunnel itself: its far end cannot be reached.
        tape.wrap = <[u8]>::to_vec;
        let events = refuse(&mut tape, &vxlan(&quoted));
        assert_eq!(events, "icmp.unreachable");
        assert_eq!(tape.d.about_flow, None);
        tape.wrap = vxlan;
        let events = refuse(&mut tape, &quoted);
        assert_eq!(events, "icmp.unreachable tcp.refused");
        assert_eq!(tape.d.about_flow, Some(1));
    }
}
