//! Conversations: frames are put to the conversation they belong to, streams are put in order and cut into messages.
//!
//! No clock is read: time is the frame's. [`Flows`] is fed every frame; what it finds is left in the frame's
//! [`Dissection`] and in its [`Flow`].

mod analysis;
mod conversation;
mod endings;
mod events;
mod exchange;
mod fragments;
mod half;
mod hearing;
mod history;
mod hushed;
mod messages;
mod names;
mod recent;
mod resets;
mod stream;
mod table;
mod tcp;
#[cfg(test)]
mod testing;
mod tunnels;
mod waiting;

use std::collections::VecDeque;
use std::net::IpAddr;

use crate::decode::skim::{
    Skim, TcpSkim, Transport, UdpSkim, from_detail, skim, skim_arp, skim_icmp,
};
use crate::decode::{Dissection, FlowRef, Next, Opener, decode_frame, decode_span};
use crate::model::{Claim, Endpoint, EventDef, Side, Timestamp};

use exchange::{Exchange, Quoted};
use fragments::Fragments;
use hearing::Hearing;
use recent::{Recent, Seen};
use table::{Key, Table};
use tcp::{Around, Signs};

pub use conversation::{Flow, Outcome};
pub use endings::Ending;
pub use names::Names;
pub use tcp::TcpSummary;

/// The events that this room raises itself; those of messages are their protocols'.
pub static EVENTS: &[&EventDef] = events::EVENTS;

/// From here on Linux takes the ports of clients; they are registered by nobody.
const EPHEMERAL: u16 = 32_768;
/// Clients of DHCPv6 have this port for themselves, and their servers the next higher one.
const DHCPV6_CLIENT: u16 = 546;

/// Bytes of memory that all connections together may take for what waits: for the end of its message, or for what is
/// missing before it. A connection that goes over it is not read any more.
const HELD_MAX: usize = 128 << 20;

/// How much is wanted of every frame.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Want {
    /// Nothing: only conversations are asked for.
    Conversations,
    /// What happens in it, and the fields that tell it.
    #[default]
    Events,
    /// Every field of every layer and message.
    Fields,
}

/// Follows all conversations of a capture.
#[derive(Debug, Default)]
pub struct Flows {
    want: Want,
    table: Table,
    recent: Recent,
    fragments: Fragments,
    ended: VecDeque<Box<Flow>>,
    claims: VecDeque<Claim>,
    signs: Signs,
    /// Bytes of memory that all connections take for what waits.
    held: usize,
    now: Timestamp,
}

impl Flows {
    /// Follows conversations, and finds in frames what is wanted.
    #[must_use]
    pub fn new(want: Want) -> Self {
        Self {
            want,
            ..Self::default()
        }
    }

    /// Takes in a frame; `d` must have been begun with its number, time, link type and lengths.
    pub fn feed(&mut self, frame: &[u8], d: &mut Dissection, opener: &mut dyn Opener) {
        let found = skim(d.link, frame, d.wire_len);
        self.feed_skimmed(frame, found.as_ref(), d, opener);
    }

    /// As [`Self::feed`], for a frame that was skimmed already.
    pub fn feed_skimmed(
        &mut self,
        frame: &[u8],
        found: Option<&Skim>,
        d: &mut Dissection,
        opener: &mut dyn Opener,
    ) {
        // What reads fast knows no rules of the user's.
        let found = found.filter(|_| !d.decode_as.is_about_packets());
        let all = self.want == Want::Fields;
        d.detail = all;
        self.now = self.now.max(d.time);
        if self.table.is_due(self.now)
            && let Some(id) = self.table.stale(self.now)
        {
            self.end(id);
        }
        if all {
            decode_frame(frame, d);
        }
        self.follow(frame, found, d, opener);
        if !d.events.is_empty() {
            names::claimed(frame, d, self.want, &mut self.table, &mut self.claims);
        }
        if all {
            // What no decoder reads is shown too: fragments, quoted packets, heads that are not complete.
            d.conceal(frame);
        }
    }

    /// Finds the frame's conversation, and what happens in it.
    fn follow(
        &mut self,
        frame: &[u8],
        found: Option<&Skim>,
        d: &mut Dissection,
        opener: &mut dyn Opener,
    ) {
        let all = self.want == Want::Fields;
        if let Some(found) = found {
            return self.packet(frame, found, d, opener);
        }
        if self.want == Want::Conversations
            && !d.decode_as.is_about_packets()
            && let Some(arp) = skim_arp(d.link, frame)
        {
            return self.exchange(&exchange::arp_skimmed(&arp), None, d);
        }
        if !all {
            decode_frame(frame, d);
        }
        self.defragment(frame, d);
        tunnels::count(&mut self.table, d);
        if let Some(found) = &from_detail(d) {
            self.packet(frame, found, d, opener);
        } else if let Some(exchange) = exchange::arp(d) {
            self.exchange(&exchange, None, d);
        }
        tunnels::tell(&mut self.table, d);
    }

    /// An IP packet.
    fn packet(&mut self, frame: &[u8], found: &Skim, d: &mut Dissection, opener: &mut dyn Opener) {
        match &found.transport {
            Transport::Tcp(segment) => self.tcp(frame, found, segment, d, opener),
            Transport::Udp(datagram) => self.udp(frame, found, datagram, d),
            Transport::Other(number) => {
                if self.want == Want::Conversations
                    && let Some(icmp) = skim_icmp(d.link, frame, d.wire_len)
                {
                    let (exchange, quoted) = exchange::icmp_skimmed(found, &icmp);
                    return self.exchange(&exchange, quoted, d);
                }
                if d.layers.is_empty() {
                    decode_frame(frame, d);
                }
                if d.fragment.is_none() {
                    let exchange = exchange::over_ip(found, *number, d);
                    self.exchange(&exchange, exchange::quoted(d), d);
                }
            }
        }
    }

    /// Conversations that ended since this was last asked.
    pub fn ended(&mut self) -> impl Iterator<Item = Box<Flow>> + '_ {
        std::iter::from_fn(|| self.ended.pop_front())
    }

    /// The capture is over: so is every conversation.
    pub fn finish(&mut self) {
        while let Some(id) = self.table.oldest() {
            self.end(id);
        }
    }

    /// A conversation that goes on.
    #[must_use]
    pub fn flow(&self, id: u32) -> Option<&Flow> {
        self.table.flow(id)
    }

    /// Conversations that were ended early because more went on than can be followed.
    #[must_use]
    pub const fn crowded_out(&self) -> u64 {
        self.table.crowded_out
    }

    fn end(&mut self, id: u32) {
        if let Some(mut flow) = self.table.remove(id) {
            self.held = self.held.saturating_sub(flow.held());
            flow.settle(self.now);
            self.ended.push_back(flow);
        }
    }

    /// Puts a fragment to the others of its packet, and decodes the packet when it is complete.
    fn defragment(&mut self, frame: &[u8], d: &mut Dissection) {
        // A packet in a packet may be in fragments too.
        for _ in 0..4 {
            let Some(part) = d.fragment.take() else {
                return;
            };
            let Some(found) = from_detail(d) else { return };
            let whole = self.fragments.feed(frame, part, found.src, found.dst, d);
            let Some((next, span)) = whole else { return };
            decode_span(frame, d, next, span);
        }
    }

    fn tcp(
        &mut self,
        frame: &[u8],
        found: &Skim,
        segment: &TcpSkim,
        d: &mut Dissection,
        opener: &mut dyn Opener,
    ) {
        let (src, dst) = ((&found.src, segment.src), (&found.dst, segment.dst));
        let (key, forth) = Key::new(exchange::TCP, src, dst);
        let asks = segment.flags & (TcpSkim::SYN | TcpSkim::ACK) == TcpSkim::SYN;
        let mut place = self.live(&key, forth);
        let reused = |(id, from)| {
            let tcp = self.table.flow(id).and_then(|flow| flow.tcp.as_ref());
            tcp.is_some_and(|tcp| tcp.state.is_reused(from, segment))
        };
        let anew = asks && place.is_some_and(reused);
        if anew {
            place = None;
        }
        let (id, from) = place.unwrap_or_else(|| {
            let server_sends = if segment.has(TcpSkim::SYN) {
                segment.has(TcpSkim::ACK)
            } else {
                serves_tcp(segment.src, segment.dst, d)
            };
            let anew = anew || asks;
            self.open("tcp", key, forth, server_sends, anew, [src, dst], d)
        });
        d.flow = Some(FlowRef { id, from });
        let Some(flow) = self.table.flow_mut(id) else {
            return;
        };
        flow.count(from, d.packet, d.time, self.now);
        let only_counted = self.want == Want::Conversations;
        if flow.frames <= 8 && !only_counted {
            flow.meet(from, found.mac);
        }
        let seen = Seen::new(id, from, found, segment, d.time, d.packet);
        let around = Around {
            time: d.time,
            first_copy: &|| self.recent.first_copy(&seen),
            is_twin: &|| self.recent.has_twin(&seen),
            first_syn: flow.first_question(),
            ttl: found.ttl,
            id: found.id,
        };
        if asks && !only_counted {
            flow.ask(d.packet, d.time);
        }
        let mut h = Hearing {
            frame,
            d,
            opener,
            want: self.want,
            ends: None,
        };
        let others = self.held.saturating_sub(flow.held());
        flow.segment(from, segment, &around, &mut self.signs, &mut h);
        if others.saturating_add(flow.weigh()) > HELD_MAX {
            flow.give_up(&mut h);
        }
        self.held = others.saturating_add(flow.held());
        self.recent.push(seen);
    }

    fn udp(&mut self, frame: &[u8], found: &Skim, datagram: &UdpSkim, d: &mut Dissection) {
        let (src, dst) = (datagram.src, datagram.dst);
        let ends = [(&found.src, src), (&found.dst, dst)];
        let (key, forth) = Key::new(exchange::UDP, ends[0], ends[1]);
        let (id, from) = self.live(&key, forth).unwrap_or_else(|| {
            let server_sends = serves_udp(src, dst, d);
            self.open("udp", key, forth, server_sends, false, ends, d)
        });
        d.flow = Some(FlowRef { id, from });
        let Some(flow) = self.table.flow_mut(id) else {
            return;
        };
        flow.count(from, d.packet, d.time, self.now);
        flow.history.datagram(from);
        flow.bytes[from.index()] += u64::from(datagram.payload_len);
        if self.want == Want::Conversations {
            // Its ports name what a datagram carries; nothing else of it is asked for.
            let bytes = d.bytes(frame, datagram.payload).unwrap_or_default();
            if flow.app == "udp"
                && let Some(found) = d.protocol(Next::Udp(src, dst), bytes)
                && found.key != "data"
            {
                flow.app = found.key;
            }
            return names::answered(bytes, flow.app, d.packet, &mut self.claims);
        }
        flow.meet(from, found.mac);
        if d.layers.is_empty() {
            decode_frame(frame, d);
        }
        match exchange::carries(d, "udp") {
            Some("data") => d.raise(&events::DATAGRAM, None),
            Some(app) => {
                if flow.app == "udp" {
                    flow.app = app;
                }
                if d.layers.iter().any(|layer| layer.tunnels > d.tunnels) {
                    d.raise(&events::TUNNELED, None);
                }
            }
            None => {}
        }
        flow.note_questions(d);
    }

    /// ICMP, ARP, and whatever else has no ports.
    fn exchange(&mut self, exchange: &Exchange, quoted: Option<Quoted>, d: &mut Dissection) {
        if quoted.is_some_and(|quoted| self.quotes(&quoted, d)) {
            return;
        }
        let ends = [&exchange.src, &exchange.dst].map(|(ip, tag)| (ip, *tag));
        let (key, forth) = Key::new(exchange.kind, ends[0], ends[1]);
        let (id, from) = self.live(&key, forth).unwrap_or_else(|| {
            let (transport, answers) = (exchange.transport, exchange.answers);
            self.open(transport, key, forth, answers, false, ends, d)
        });
        d.flow = Some(FlowRef { id, from });
        let Some(flow) = self.table.flow_mut(id) else {
            return;
        };
        flow.count(from, d.packet, d.time, self.now);
        flow.meet(from, exchange.mac);
        flow.bytes[from.index()] += exchange.bytes;
        flow.note_questions(d);
    }

    /// An ICMP error belongs to the conversation of the packet that it quotes.
    fn quotes(&mut self, quoted: &Quoted, d: &mut Dissection) -> bool {
        let [src, dst] = [&quoted.src, &quoted.dst].map(|(ip, tag)| (ip, *tag));
        let (key, forth) = Key::new(quoted.kind, src, dst);
        let Some((id, of)) = self.live(&key, forth) else {
            return false;
        };
        let Some(flow) = self.table.flow_mut(id) else {
            return false;
        };
        let from = of.other();
        d.flow = Some(FlowRef { id, from });
        d.about_flow = Some(id);
        let asked = flow.first_question();
        if quoted.unreachable && flow.refuse(of) && flow.transport == "tcp" {
            d.raise(&events::REFUSED, asked);
        }
        true
    }

    /// The conversation of this key, unless silence has ended it.
    fn live(&mut self, key: &Key, forth: bool) -> Option<(u32, Side)> {
        let (flow, from) = self.table.find(key, forth)?;
        let id = flow.id;
        if flow.is_stale(self.now) {
            self.end(id);
            return None;
        }
        Some((id, from))
    }

    /// Begins a conversation with this frame, after the one of the same key, if any.
    #[expect(
        clippy::too_many_arguments,
        reason = "the parts of a packet that begin a conversation"
    )]
    fn open(
        &mut self,
        transport: &'static str,
        key: Key,
        forth: bool,
        server_sends: bool,
        anew: bool,
        ends: [(&IpAddr, u16); 2],
        d: &Dissection,
    ) -> (u32, Side) {
        if let Some((flow, _)) = self.table.find(&key, forth) {
            self.end(flow.id);
        }
        let has_ports = matches!(transport, "tcp" | "udp");
        let [src, dst] = ends.map(|(&ip, port)| Endpoint {
            ip,
            port: has_ports.then_some(port),
        });
        let (client, server) = if server_sends { (dst, src) } else { (src, dst) };
        let id = self.table.next_id();
        let mut flow = Flow::new(id, transport, client, server, d.packet, d.time);
        if server_sends && has_ports {
            flow.history.flipped();
        }
        // Between equal ends every frame counts as the client's.
        let client_low = forth != (server_sends && src != dst);
        self.table.add(key, client_low, anew, flow);
        let from = if client_low == forth {
            Side::Client
        } else {
            Side::Server
        };
        (id, from)
    }
}

/// Without a SYN: does the sender of a segment serve? The side with the registered or lower port does.
fn serves_tcp(src: u16, dst: u16, d: &Dissection) -> bool {
    let known = |port| d.protocol(Next::TcpPort(port), &[]).is_some();
    match (known(src), known(dst)) {
        (true, false) => true,
        (false, true) => false,
        _ => src < dst,
    }
}

/// As [`serves_tcp`], for the first datagram; between two ports that nobody registers its sender is the client.
fn serves_udp(src: u16, dst: u16, d: &Dissection) -> bool {
    if src == DHCPV6_CLIENT || dst == DHCPV6_CLIENT {
        return dst == DHCPV6_CLIENT;
    }
    let known = |port| d.protocol(Next::Udp(port, port), &[]).is_some();
    match (known(src), known(dst)) {
        (true, false) => true,
        (false, true) => false,
        _ => src < dst && src < EPHEMERAL,
    }
}

#[cfg(test)]
mod tests {
    use super::testing::{ACK, FIN, MS, SYN, Tape};
    use super::*;
    use crate::model::Side::{Client, Server};

    #[test]
    fn a_syn_with_a_new_number_begins_another_conversation() {
        let mut tape = Tape::new(Want::Events);
        tape.handshake();
        tape.tcp(Client, SYN, 100, 0, b"");
        tape.tcp(Client, SYN, 9000, 0, b"");
        let flows = tape.finish();
        let found: Vec<_> = flows.iter().map(|f| (f.id, f.stream, f.frames)).collect();
        assert_eq!(found, [(1, Some(0), 4), (2, Some(1), 1)]);
    }

    #[test]
    fn silence_ends_a_udp_conversation_but_not_its_stream() {
        let mut tape = Tape::new(Want::Events);
        tape.ports = [40_000, 4000];
        tape.udp(Client, b"a");
        tape.time += 59_000 * MS;
        tape.udp(Server, b"b");
        tape.time += 61_000 * MS;
        assert_eq!(tape.udp(Client, b"c"), "udp.datagram");
        assert_eq!(tape.flows.ended().count(), 1);
        tape.ports = [40_001, 4000];
        tape.udp(Client, b"d");
        let flows = tape.finish();
        let found: Vec<_> = flows.iter().map(|f| (f.id, f.stream, f.frames)).collect();
        assert_eq!(found, [(2, Some(0), 1), (3, Some(1), 1)]);
        assert_eq!(flows[0].outcome(), Outcome::Unanswered);
    }

    #[test]
    fn without_a_syn_the_registered_or_lower_port_serves() {
        let mut tape = Tape::new(Want::Events);
        tape.tcp(Server, ACK, 501, 101, b"x");
        tape.ports = [40_000, 50_000];
        tape.tcp(Server, ACK, 501, 101, b"x");
        tape.ports = [40_002, 50_000];
        tape.tcp(Server, SYN | ACK, 500, 101, b"");
        let flows = tape.finish();
        let served: Vec<_> = flows.iter().map(|f| f.server.port).collect();
        assert_eq!(served, [Some(22), Some(40_000), Some(50_000)]);
        assert_eq!(flows[0].history(), "^d");
        assert_eq!(flows[0].outcome(), Outcome::Open);
    }

    #[test]
    fn dhcpv6_gives_the_client_the_lower_port() {
        let serves = |src, dst| serves_udp(src, dst, &Dissection::default());
        assert!(serves(547, 546) && !serves(546, 547) && !serves(547, 547));
    }

    #[test]
    fn an_unreachable_error_refuses_the_syn_that_it_quotes() {
        let mut tape = Tape::new(Want::Events);
        tape.tcp(Client, SYN, 100, 0, b"");
        let quoted = [
            &40_000u16.to_be_bytes()[..],
            &22u16.to_be_bytes(),
            &[0, 0, 0, 100],
        ]
        .concat();
        let quoted = tape.ip(Client, 6, &quoted);
        let error = [&[3, 1, 0, 0, 0, 0, 0, 0][..], &quoted].concat();
        let error = tape.ip(Server, 1, &error);
        let events = tape.frame(&error);
        assert!(events.ends_with("tcp.refused"), "{events}");
        assert_eq!(tape.d.about_flow, Some(1));
        let flow = tape.d.flow.map(|flow| (flow.id, flow.from));
        assert_eq!(flow, Some((1, Server)));
        let flows = tape.finish();
        assert_eq!(flows.len(), 1);
        assert_eq!(flows[0].outcome(), Outcome::Refused);
        assert_eq!(flows[0].frames, 1);
        assert!(flows[0].endings.is_empty());
    }

    #[test]
    fn messages_are_found_in_any_segmentation_and_order() {
        let banner = b"SSH-2.0-OpenSSH_9.2p1\r\n";
        for want in [Want::Events, Want::Fields] {
            let mut tape = Tape::new(want);
            tape.handshake();
            tape.tcp(Server, ACK, 501 + 5, 101, &banner[5..12]);
            tape.tcp(Server, ACK, 501 + 10, 101, &banner[10..]);
            let events = tape.tcp(Server, ACK, 501, 101, &banner[..6]);
            assert_eq!(events, "tcp.retransmission ssh.banner");
            let mut frames = Vec::new();
            let span = tape.d.events[1].span;
            tape.d
                .trace(span, |piece| frames.push((piece.packet.0, piece.len)));
            // The first copy of every byte counts.
            assert_eq!(frames, [(6, 5), (4, 7), (5, 11)]);
            assert_eq!(tape.finish()[0].app, "ssh");
        }
    }

    #[test]
    fn the_server_may_speak_first_and_the_capture_may_begin_late() {
        let mut tape = Tape::new(Want::Events);
        tape.handshake();
        let banner = b"SSH-2.0-x\r\n";
        assert_eq!(tape.tcp(Server, ACK, 501, 101, banner), "ssh.banner");
        assert_eq!(tape.tcp(Client, ACK, 101, 512, banner), "ssh.banner");
        tape.tcp(Client, FIN | ACK, 112, 512, b"");
        tape.ports[0] += 1;
        assert_eq!(tape.tcp(Server, ACK, 701, 101, banner), "ssh.banner");
    }

    #[test]
    fn bodies_that_nobody_asks_about_are_passed_over() {
        let mut tape = Tape::new(Want::Conversations);
        tape.handshake();
        let get = b"GET / HTTP/1.1\r\n\r\n";
        tape.tcp(Client, ACK, 101, 501, get);
        let head = b"HTTP/1.1 200 OK\r\nContent-Length: 2000\r\n\r\n";
        tape.tcp(Server, ACK, 501, 119, head);
        let body = 501 + head.len() as u32;
        // The first part of the body never comes, and nothing waits for it.
        tape.tcp(Server, ACK, body + 1000, 119, &[b'x'; 1000]);
        assert_eq!(tape.flows.held, 0);
        let connect = b"CONNECT example.test:22 HTTP/1.1\r\n\r\n";
        tape.tcp(Client, ACK, 101 + get.len() as u32, body + 2000, connect);
        let answer = b"HTTP/1.1 200 OK\r\n\r\nSSH-2.0-x\r\n";
        tape.tcp(Server, ACK, body + 2000, 156, answer);
        let flows = tape.finish();
        let facts = flows[0].facts();
        let name = facts.iter().map(|fact| (fact.protocol, fact.name));
        assert!(name.eq([("ssh", "server_version")]), "{facts:?}");
    }
}
