//! One conversation: who, when, how much, how it went, and what is known of it.

use crate::decode::skim::TcpSkim;
use crate::decode::{Dissection, Fact, Protocol};
use crate::model::{BufId, Claim, Endpoint, Mac, PacketId, Piece, Side, Span, Timestamp};

use super::Want;
use super::analysis::{self, Analysis};
use super::endings::{self, Ending, Question};
use super::hearing::Hearing;
use super::history::History;
use super::hushed::Hushed;
use super::messages::Dialogue;
use super::resets::{self, Manner};
use super::stream::{Place, Segment, Stream};
use super::tcp::{Around, Signs, Tcp, TcpSummary};
use super::waiting::Source;

/// How many bytes are passed over at a time: sequence numbers wrap around after four times as many.
const PASSED_MAX: u32 = 1 << 30;

/// How a conversation ended, as far as the capture shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// FIN both ways, even if a RST follows.
    Closed,
    /// RST before both sides had sent their FIN.
    Reset,
    /// RST or an ICMP error to a SYN or to a first datagram.
    Refused,
    /// Nothing came back.
    Unanswered,
    /// One side has sent its FIN.
    HalfClosed,
    /// None of these: it goes on, or its end was not captured.
    Open,
}

impl Outcome {
    /// The word of the contract.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Closed => "closed",
            Self::Reset => "reset",
            Self::Refused => "refused",
            Self::Unanswered => "unanswered",
            Self::HalfClosed => "half-closed",
            Self::Open => "open",
        }
    }
}

/// A conversation between two ends.
#[derive(Debug)]
pub struct Flow {
    /// Its number, from 1 by first frame.
    pub id: u32,
    /// Wireshark's `tcp.stream` or `udp.stream`.
    pub stream: Option<u32>,
    /// `tcp`, `udp`, `icmp`, `arp`, or the key of another protocol.
    pub transport: &'static str,
    /// The key of the protocol it carries; the transport where that is not known.
    pub app: &'static str,
    /// Who opened it.
    pub client: Endpoint,
    /// Who answered.
    pub server: Endpoint,
    /// The client's MAC address on the captured link (or that of the router to it).
    pub client_mac: Option<Mac>,
    /// The server's MAC address on the captured link (or that of the router to it).
    pub server_mac: Option<Mac>,
    /// Its first frame.
    pub first: PacketId,
    /// Its last frame.
    pub last: PacketId,
    /// Time of its first frame.
    pub start: Timestamp,
    /// Time of its last frame.
    pub end: Timestamp,
    /// How many frames it has.
    pub frames: u64,
    /// Payload bytes of client and server, without those sent again.
    pub bytes: [u64; 2],
    /// What was noticed when it was over.
    pub endings: Vec<Ending>,
    /// Names that were claimed of client and server.
    pub names: [Vec<Claim>; 2],
    pub(super) sent: [u64; 2],
    pub(super) history: History,
    pub(super) tcp: Option<Box<Connection>>,
    pub(super) questions: Vec<Question>,
    pub(super) refused: bool,
    /// An earlier connection of this capture had the same ports.
    pub(super) reuses_ports: bool,
    /// Some of its packets came through a tunnel, and it was said.
    pub(super) tunneled: bool,
    /// The latest time in the capture when its last frame came: silence counts from here, as a capture may be out of order.
    pub(super) heard: Timestamp,
    /// The server was asked as a proxy: names that the client says are those of others.
    pub(super) is_proxied: bool,
    facts: Vec<Fact>,
}

/// What is tracked of a TCP connection besides its ends.
#[derive(Debug, Default)]
pub(super) struct Connection {
    pub state: Tcp,
    talk: Option<Box<Talking>>,
    /// Where secrets stood; only where bytes are shown.
    hushed: Option<Box<[Hushed; 2]>>,
    /// What other frames say of its segments; only where frames are shown.
    analysis: Option<Box<Analysis>>,
    /// What the packets of each side have in common; only where frames are shown.
    manners: Option<Box<[Manner; 2]>>,
    /// The first byte has come.
    begun: bool,
    /// Bytes of memory for what waits, when it was last weighed.
    held: usize,
    /// No protocol reads the payload: it is shown as it is.
    unknown: bool,
}

#[derive(Debug)]
struct Talking {
    dialogue: Dialogue,
    streams: [Stream; 2],
    /// The number behind the last byte of each side, once its FIN or RST was seen.
    ends: [Option<u32>; 2],
}

impl Flow {
    pub(super) fn new(
        id: u32,
        transport: &'static str,
        client: Endpoint,
        server: Endpoint,
        packet: PacketId,
        time: Timestamp,
    ) -> Self {
        Self {
            id,
            stream: None,
            transport,
            app: transport,
            client,
            server,
            client_mac: None,
            server_mac: None,
            first: packet,
            last: packet,
            start: time,
            end: time,
            frames: 0,
            bytes: [0; 2],
            endings: Vec::new(),
            names: [Vec::new(), Vec::new()],
            sent: [0; 2],
            history: History::default(),
            tcp: None,
            questions: Vec::new(),
            refused: false,
            reuses_ports: false,
            tunneled: false,
            heard: time,
            is_proxied: false,
            facts: Vec::new(),
        }
    }

    /// Its history in the letters of Zeek's `conn.log`; empty for what is neither TCP nor UDP.
    #[must_use]
    pub fn history(&self) -> String {
        self.history.text()
    }

    /// What TCP did.
    #[must_use]
    pub fn tcp(&self) -> Option<TcpSummary> {
        self.tcp.as_ref().map(|tcp| tcp.state.summary)
    }

    /// What its protocols know of it as a whole.
    #[must_use]
    pub fn facts(&self) -> Vec<Fact> {
        let mut facts = self.facts.clone();
        if let Some(talk) = self.tcp.as_ref().and_then(|tcp| tcp.talk.as_ref()) {
            facts.extend(talk.dialogue.facts());
        }
        facts
    }

    /// How it ended.
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        if let Some(tcp) = &self.tcp {
            let state = &tcp.state;
            return match state.fins() {
                2 => Outcome::Closed,
                _ if self.refused || state.is_refused() => Outcome::Refused,
                _ if state.is_reset() => Outcome::Reset,
                1 => Outcome::HalfClosed,
                _ if state.is_asking() && self.sent[1] == 0 => Outcome::Unanswered,
                _ => Outcome::Open,
            };
        }
        let [client, server] = self.sent;
        if self.refused {
            Outcome::Refused
        } else if client > 0 && server == 0 && self.expects_answer() {
            Outcome::Unanswered
        } else {
            Outcome::Open
        }
    }

    /// Groups are talked to without an answer from the group's address, and an announcement asks nothing.
    fn expects_answer(&self) -> bool {
        let group = match self.server.ip {
            std::net::IpAddr::V4(ip) => ip.is_multicast() || ip.octets()[3] == 255,
            std::net::IpAddr::V6(ip) => ip.is_multicast(),
        };
        !group && self.client != self.server
    }

    /// Counts a frame; `now` is the latest time that was seen in the capture.
    pub(super) fn count(&mut self, from: Side, packet: PacketId, time: Timestamp, now: Timestamp) {
        self.last = packet;
        self.end = self.end.max(time);
        self.heard = now;
        self.frames += 1;
        self.sent[from.index()] += 1;
    }

    /// Learns the MAC addresses of a frame's sender and receiver.
    pub(super) fn meet(&mut self, from: Side, mac: Option<(Mac, Mac)>) {
        let Some((src, dst)) = mac else { return };
        let (mine, other) = match from {
            Side::Client => (&mut self.client_mac, &mut self.server_mac),
            Side::Server => (&mut self.server_mac, &mut self.client_mac),
        };
        mine.get_or_insert(src);
        if !dst.is_group() {
            other.get_or_insert(dst);
        }
    }

    /// The conversation is over: verdicts are given, and what is known of it is kept without what was needed to know it.
    pub(super) fn settle(&mut self, now: Timestamp) {
        endings::settle(self, now);
        self.fall_silent();
    }

    /// Nothing more is to be heard: what the dialogue knows is kept, the dialogue is not.
    fn fall_silent(&mut self) {
        if let Some(tcp) = &mut self.tcp
            && let Some(talk) = tcp.talk.take()
        {
            tcp.unknown = talk.dialogue.is_silent();
            self.facts.extend(talk.dialogue.facts());
        }
    }

    /// Bytes of memory for what waits, when it was last weighed.
    pub(super) fn held(&self) -> usize {
        self.tcp.as_ref().map_or(0, |tcp| tcp.held)
    }

    /// Weighs what waits.
    pub(super) fn weigh(&mut self) -> usize {
        let Some(tcp) = &mut self.tcp else { return 0 };
        tcp.held = tcp.talk.as_ref().map_or(0, |talk| {
            let streams: usize = talk.streams.iter().map(Stream::held).sum();
            talk.dialogue.held() + streams
        });
        tcp.held += tcp.analysis.as_ref().map_or(0, |one| one.held());
        tcp.held
    }

    /// Too much waits everywhere: this connection is not read any more.
    pub(super) fn give_up(&mut self, h: &mut Hearing<'_>) {
        h.limit("more waits for its end in all connections than is kept");
        self.fall_silent();
        if let Some(analysis) = self.tcp.as_mut().and_then(|tcp| tcp.analysis.as_mut()) {
            analysis.give_up();
        }
        self.weigh();
    }

    /// Adds to the frame what others say of its segment.
    fn analyse(&mut self, from: Side, segment: &TcpSkim, d: &mut Dissection) {
        let connection = self.tcp.get_or_insert_default();
        let analysis = connection.analysis.get_or_insert_default();
        if let Some(layer) = analysis::innermost(d) {
            analysis.analyse(from, segment, self.reuses_ports, d, layer);
        }
    }

    /// Says of a reset why it was sent, as far as that is known.
    fn explain(&mut self, from: Side, segment: &TcpSkim, around: &Around<'_>, h: &mut Hearing<'_>) {
        let connection = self.tcp.get_or_insert_default();
        let manners = &mut connection.manners;
        if segment.has(TcpSkim::RST) {
            let manner = manners.as_ref().map(|manners| manners[from.index()]);
            let hint = manner.and_then(|manner| manner.hint(around.ttl, around.id));
            resets::tell(&connection.state, from, segment, hint.as_deref(), h);
        } else if h.want == Want::Fields {
            manners.get_or_insert_default()[from.index()].see(around.ttl, around.id);
        }
    }

    /// Takes in a TCP segment of this conversation.
    pub(super) fn segment(
        &mut self,
        from: Side,
        segment: &TcpSkim,
        around: &Around<'_>,
        signs: &mut Signs,
        h: &mut Hearing<'_>,
    ) {
        if h.want != Want::Conversations {
            self.explain(from, segment, around, h);
        }
        if h.want == Want::Fields {
            self.analyse(from, segment, h.d);
        }
        self.take(from, segment, around, signs, h);
        if h.want == Want::Fields
            && segment.payload_len > 0
            && let Some(tcp) = &mut self.tcp
            && (tcp.hushed.is_some() || !h.d.secrets.is_empty())
        {
            let hushed = tcp.hushed.get_or_insert_default();
            hushed[from.index()].carry(segment, h.d);
        }
    }

    fn take(
        &mut self,
        from: Side,
        segment: &TcpSkim,
        around: &Around<'_>,
        signs: &mut Signs,
        h: &mut Hearing<'_>,
    ) {
        let connection = self.tcp.get_or_insert_default();
        let taken = connection
            .state
            .take(from, segment, around, &mut self.history, signs);
        self.bytes[from.index()] += u64::from(taken.new_bytes);
        if !connection.begun && segment.payload_len > 0 {
            connection.begun = true;
            let ports = [self.server.port, self.client.port];
            let said = h.d.decode_as.stream(ports);
            if said.is_some_and(|protocol| protocol.talk.is_none()) {
                connection.unknown = true;
            } else {
                let talking = Talking::new(said, self.server.port, &connection.state);
                connection.talk = Some(Box::new(talking));
            }
        }
        if h.want == Want::Conversations {
            signs.clear();
        }
        // Raised before what the messages of this frame raise.
        if !signs.is_empty() {
            h.layers();
            for (event, about) in signs.drain(..) {
                h.d.raise(event, about);
            }
        }
        let Some(talk) = &mut connection.talk else {
            if connection.unknown {
                h.show(segment.payload);
            }
            return;
        };
        if taken.twin {
            return;
        }
        talk.take(from, segment, connection.state.acked(from), h);
        if let Some(app) = talk.dialogue.app() {
            self.app = app.key;
        }
        if talk.dialogue.is_silent() || connection.state.is_over() {
            self.fall_silent();
        }
    }

    /// An ICMP error about a packet of this side; true when it refuses the conversation.
    pub(super) fn refuse(&mut self, of: Side) -> bool {
        if of != Side::Client || self.sent[1] > 0 || self.refused {
            return false;
        }
        if let Some(tcp) = &mut self.tcp
            && !tcp.state.refuse()
        {
            return false;
        }
        self.refused = true;
        self.questions.clear();
        true
    }
}

impl Talking {
    /// What is said from the first byte on: made when it comes, as most connections of a flood or a scan have none.
    fn new(said: Option<&'static Protocol>, port: Option<u16>, tcp: &Tcp) -> Self {
        let midway = !tcp.has_syn() && !tcp.has_syn_ack();
        let mut streams = [Stream::default(), Stream::default()];
        for (side, stream) in [Side::Client, Side::Server].into_iter().zip(&mut streams) {
            if let Some(seq) = tcp.first_byte(side) {
                stream.begin(seq);
            }
        }
        Self {
            dialogue: match said {
                Some(protocol) => Dialogue::said(protocol, midway),
                None => Dialogue::new(port, midway),
            },
            streams,
            ends: [None; 2],
        }
    }

    fn take(&mut self, from: Side, segment: &TcpSkim, acked: Option<u32>, h: &mut Hearing<'_>) {
        self.acknowledge(from.other(), acked, h);
        let syn = segment.has(TcpSkim::SYN);
        let seq = segment.seq.wrapping_add(u32::from(syn));
        let stream = &mut self.streams[from.index()];
        if syn || segment.payload_len > 0 {
            stream.begin(seq);
        }
        if segment.has(TcpSkim::FIN) || segment.has(TcpSkim::RST) {
            self.ends[from.index()] = Some(seq.wrapping_add(segment.payload_len));
        }
        if segment.payload_len > 0 && self.dialogue.wants(from) {
            self.hear(from, seq, segment, h);
        }
        for side in [from, from.other()] {
            if self.is_at_end(side) {
                self.ends[side.index()] = None;
                self.dialogue.end(side, h);
            }
        }
    }

    /// All that a side said before its FIN or RST was heard.
    fn is_at_end(&self, side: Side) -> bool {
        let stream = &self.streams[side.index()];
        self.ends[side.index()].is_some_and(|end| stream.is_at(end))
    }

    fn hear(&mut self, from: Side, seq: u32, segment: &TcpSkim, h: &mut Hearing<'_>) {
        let stream = &mut self.streams[from.index()];
        let (span, len) = (segment.payload, segment.payload_len);
        match stream.place(seq, len) {
            Place::Seen => {}
            Place::Next(skip) => {
                stream.advance(len - skip);
                let skip = skip.min(span.len);
                let span = Span::bytes(span.buf, span.at + skip, span.len - skip);
                self.say(from, span, h);
                self.cut_short(from, len, segment.payload.len, h);
                self.pass(from, h);
            }
            Place::Ahead => {
                self.dialogue.hush(from, span, h);
                let Some(bytes) = h.d.bytes(h.frame, span) else {
                    return;
                };
                let mut pieces = Vec::with_capacity(1);
                h.d.trace(span, |piece| {
                    let at = piece.at - span.at;
                    pieces.push(Piece { at, ..piece });
                });
                let bytes = bytes.to_vec();
                let kept = stream.keep(Segment {
                    seq,
                    len,
                    bytes,
                    pieces,
                });
                self.catch_up(from, h);
                if !kept {
                    self.give_up(from, None, h);
                }
            }
        }
    }

    /// What nobody asks about is taken for heard before it comes.
    fn pass(&mut self, from: Side, h: &Hearing<'_>) {
        let stream = &mut self.streams[from.index()];
        if h.want == Want::Conversations && stream.is_in_order() {
            stream.advance(self.dialogue.pass(from, PASSED_MAX));
        }
    }

    /// Bytes of this frame.
    fn say(&mut self, from: Side, span: Span, h: &mut Hearing<'_>) {
        h.ends = self.is_at_end(from).then_some(from);
        if span.buf == BufId::FRAME {
            let frame = h.frame;
            let bytes = frame.get(span.at as usize..span.end() as usize);
            self.dialogue
                .hear(from, bytes.unwrap_or_default(), Source::Here(span), h);
        } else if let Some(bytes) = h.d.bytes(h.frame, span).map(<[u8]>::to_vec) {
            self.dialogue.hear(from, &bytes, Source::Here(span), h);
        }
    }

    /// The frame was cut when it was captured: the rest of its payload is missing.
    fn cut_short(&mut self, from: Side, len: u32, have: u32, h: &mut Hearing<'_>) {
        if have < len {
            self.dialogue.lose(from, u64::from(len - have), h);
        }
    }

    /// Says what has waited and is in order now.
    fn catch_up(&mut self, from: Side, h: &mut Hearing<'_>) {
        while let Some(part) = self.streams[from.index()].ready() {
            let here = match part.pieces.as_slice() {
                [only] if only.packet == h.d.packet && h.frame.len() >= only.offset as usize => {
                    Some(Span::bytes(BufId::FRAME, only.offset, only.len))
                }
                _ => None,
            };
            let have = part.bytes.len() as u32;
            if let Some(span) = here {
                self.say(from, span, h);
            } else {
                h.ends = self.is_at_end(from).then_some(from);
                let source = Source::Before(&part.pieces);
                self.dialogue.hear(from, &part.bytes, source, h);
            }
            self.cut_short(from, part.len, have, h);
        }
    }

    /// What the other side has acknowledged and is not here was missed by the capture.
    fn acknowledge(&mut self, of: Side, acked: Option<u32>, h: &mut Hearing<'_>) {
        if acked.is_some() && self.dialogue.wants(of) {
            self.give_up(of, acked, h);
        }
    }

    fn give_up(&mut self, of: Side, acked: Option<u32>, h: &mut Hearing<'_>) {
        while let Some(lost) = self.streams[of.index()].give_up(acked) {
            self.dialogue.lose(of, u64::from(lost), h);
            self.catch_up(of, h);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{ACK, Tape};
    use super::*;
    use crate::decode::DecodeAs;
    use crate::model::Side::Client;

    #[test]
    fn what_the_user_says_goes_before_port_and_bytes() {
        // A query for `a` over TCP, which no port tells and whose bytes could be anything.
        let query = b"\0\x13\0\x07\x01\0\0\x01\0\0\0\0\0\0\x01a\0\0\x01\0\x01";
        for (rule, app) in [
            ("tcp.port=40001:dns", "dns"),
            ("tcp.port=40001:data", "tcp"),
        ] {
            for begins_late in [false, true] {
                let mut tape = Tape::new(Want::Events);
                tape.ports = [40_002, 40_001];
                tape.d.decode_as = DecodeAs::read(&[rule.to_owned()]).unwrap();
                if !begins_late {
                    tape.handshake();
                }
                let events = tape.tcp(Client, ACK, 101, 501, query);
                assert_eq!(events == "dns.query", app == "dns", "{events}");
                assert_eq!(tape.finish()[0].app, app);
            }
        }
    }
}
