//! Whatever the pieces in which TCP carries the bytes of two sides, what is told of them is the same.
//!
//! The bytes are those of the samples, turn by turn. Within a turn they are cut anywhere, sent twice (also with other bytes,
//! of which the first copy counts), overlapping and in any order; the other side answers when it has all of them.

#![expect(clippy::unwrap_used, reason = "helpers of tests may fail as tests do")]

use std::collections::BTreeMap;

use proptest::prelude::*;
use proptest::sample::Index;

use wirewalk::capture::Block;
use wirewalk::decode::skim::{TcpSkim, Transport, skim};
use wirewalk::decode::{BufferKind, Dissection, Fault, Field, Layer};
use wirewalk::flow::{Flows, Want};
use wirewalk::model::{LinkType, PacketId, Side, Timestamp};
use wirewalk::samples::sample;
use wirewalk::secrets::Secrets;

/// The longest segment.
const SEGMENT_MAX: usize = 9_000;

/// The field of an SSH packet that cannot be read.
const SEALED: &str = "ssh.encrypted_packet";

/// What two sides say to each other, with the keys that open it.
struct Talk {
    port: u16,
    keys: Vec<u8>,
    turns: Vec<(Side, Vec<u8>)>,
}

/// What a side's bytes of a turn are sent as.
#[derive(Clone, Debug)]
struct Cut {
    /// Where they are cut.
    cuts: Vec<Index>,
    /// They are cut into pieces of so many bytes besides.
    step: usize,
    /// What is sent a second time, from anywhere on since the beginning: where, and how much.
    again: Vec<(Index, usize)>,
    /// By these the segments are put in order.
    order: Vec<u16>,
    /// Bytes that are sent a second time are others: the first copy counts.
    forged: bool,
    /// The other side acknowledges each segment, up to the first byte that it lacks.
    acks: bool,
}

/// What is told of a conversation.
#[derive(Debug, PartialEq, Eq)]
struct Told {
    /// The messages: who, which event, its fields.
    events: Vec<(Side, String, Vec<String>)>,
    /// The layers above TCP with all their fields.
    layers: Vec<(Side, String, Vec<String>)>,
    /// How the conversation went.
    conversation: String,
}

impl Talk {
    /// The TCP conversation of a sample.
    fn of_sample(name: &str, port: u16) -> Self {
        let mut capture = sample(name).unwrap().open().unwrap();
        let mut talk = Self {
            port,
            keys: Vec::new(),
            turns: Vec::new(),
        };
        // The number of each side's first byte, and the bytes that came before their turn.
        let mut first = [None; 2];
        let mut early: [BTreeMap<u32, Vec<u8>>; 2] = Default::default();
        let mut next = [0; 2];
        while let Some(block) = capture.next().unwrap() {
            let frame = match block {
                Block::Frame(frame) => frame,
                Block::Secrets(keys) => {
                    talk.keys.extend(keys);
                    continue;
                }
                Block::Name { .. } => continue,
            };
            let found = skim(frame.link, frame.bytes, frame.wire_len);
            let Some(Transport::Tcp(segment)) = found.map(|found| found.transport) else {
                continue;
            };
            let side = if segment.dst == port {
                Side::Client
            } else {
                Side::Server
            };
            let index = side.index();
            let syn = segment.has(TcpSkim::SYN);
            let from = *first[index].get_or_insert(segment.seq.wrapping_add(u32::from(syn)));
            let at = segment.seq.wrapping_sub(from);
            let payload = segment.payload;
            let bytes = &frame.bytes[payload.at as usize..payload.end() as usize];
            if !bytes.is_empty() && at >= next[index] {
                early[index].entry(at).or_insert_with(|| bytes.to_vec());
            }
            while let Some(bytes) = early[index].remove(&next[index]) {
                next[index] += bytes.len() as u32;
                talk.says(side, bytes);
            }
        }
        assert!(early.iter().all(BTreeMap::is_empty), "{name} has a gap");
        talk
    }

    /// The questions and answers of samples as they are asked over TCP: a length before each.
    fn of_names(names: &[&str]) -> Self {
        let mut talk = Self {
            port: 53,
            keys: Vec::new(),
            turns: Vec::new(),
        };
        for name in names {
            let mut capture = sample(name).unwrap().open().unwrap();
            while let Some(block) = capture.next().unwrap() {
                let Block::Frame(frame) = block else { continue };
                let found = skim(frame.link, frame.bytes, frame.wire_len);
                let Some(Transport::Udp(datagram)) = found.map(|found| found.transport) else {
                    continue;
                };
                let side = match (datagram.src, datagram.dst) {
                    (_, 53) => Side::Client,
                    (53, _) => Side::Server,
                    _ => continue,
                };
                let payload = datagram.payload;
                let bytes = &frame.bytes[payload.at as usize..payload.end() as usize];
                let length = (bytes.len() as u16).to_be_bytes();
                talk.says(side, [&length, bytes].concat());
            }
        }
        talk
    }

    /// Two sides who say these words in turn, the client first.
    fn of_words(port: u16, words: &[&str]) -> Self {
        let sides = [Side::Client, Side::Server].into_iter().cycle();
        let words = words.iter().map(|words| words.as_bytes().to_vec());
        Self {
            port,
            keys: Vec::new(),
            turns: sides.zip(words).collect(),
        }
    }

    fn says(&mut self, side: Side, bytes: Vec<u8>) {
        match self.turns.last_mut() {
            Some((last, said)) if *last == side => said.extend(bytes),
            _ => self.turns.push((side, bytes)),
        }
    }

    /// The frames of a conversation whose two sides speak at the same time, a few bytes of each at a time.
    fn at_once(&self, step: usize) -> Vec<Vec<u8>> {
        let mut frames = vec![
            self.packet(Side::Client, TcpSkim::SYN, 99, 0, b""),
            self.packet(Side::Server, TcpSkim::SYN | TcpSkim::ACK, 499, 100, b""),
            self.packet(Side::Client, TcpSkim::ACK, 100, 500, b""),
        ];
        let longest = self.turns.iter().map(|turn| turn.1.len()).max();
        for at in (0..longest.unwrap_or(0)).step_by(step) {
            for (side, bytes) in &self.turns {
                let [seq, ack] = [[100, 500], [500, 100]][side.index()];
                let part = bytes.iter().skip(at).take(step).copied();
                let (part, at) = (part.collect::<Vec<_>>(), at as u32);
                if !part.is_empty() {
                    frames.push(self.packet(*side, TcpSkim::ACK, seq + at, ack, &part));
                }
            }
        }
        frames
    }

    /// The frames of the conversation, its turns cut one after the other as `cuts` say.
    fn frames(&self, cuts: &[Cut]) -> Vec<Vec<u8>> {
        const ACK: u16 = TcpSkim::ACK;
        let mut said: [Vec<u8>; 2] = Default::default();
        // Which bytes were sent already.
        let mut sent: [Vec<bool>; 2] = Default::default();
        // The last numbers but a few before they wrap around, and plain ones.
        let base = [u32::MAX - 40, 500];
        let number = |side: Side, at: usize| base[side.index()].wrapping_add(at as u32);
        let packet = |side: Side, flags, at: usize, acked: usize, bytes: &[u8]| {
            let (seq, ack) = (number(side, at), number(side.other(), acked));
            self.packet(side, flags, seq, ack, bytes)
        };
        let mut frames = vec![
            self.packet(Side::Client, TcpSkim::SYN, base[0].wrapping_sub(1), 0, b""),
            self.packet(Side::Server, TcpSkim::SYN | ACK, base[1] - 1, base[0], b""),
            packet(Side::Client, ACK, 0, 0, b""),
        ];
        let turns = self.turns.iter().zip(cuts.iter().cycle());
        for (number, ((side, bytes), cut)) in turns.enumerate() {
            let from = said[side.index()].len();
            said[side.index()].extend(bytes);
            sent[side.index()].resize(from + bytes.len(), false);
            let (said, acked) = (&said[side.index()], said[side.other().index()].len());
            let mut parts = cut.parts(from, said.len());
            if number + 1 == self.turns.len() {
                // The last side to speak closes, and its FIN may come before its last words.
                parts.push((said.len(), said.len()));
            }
            let order = cut.order.iter().cycle().take(parts.len());
            let mut parts: Vec<_> = order.zip(parts).collect();
            parts.sort_by_key(|(order, _)| **order);
            for (_, (from, to)) in parts {
                let flags = if from == to { ACK | TcpSkim::FIN } else { ACK };
                let mut bytes = said[from..to].to_vec();
                for (byte, sent) in bytes.iter_mut().zip(&mut sent[side.index()][from..to]) {
                    if std::mem::replace(sent, true) && cut.forged {
                        *byte ^= 0x55;
                    }
                }
                frames.push(packet(*side, flags, from, acked, &bytes));
                if cut.acks {
                    let sent = &sent[side.index()];
                    let whole = sent.iter().position(|sent| !sent).unwrap_or(sent.len());
                    frames.push(packet(side.other(), ACK, acked, whole, b""));
                }
            }
        }
        let closes = self.turns.last().unwrap().0;
        let [mine, other] = [closes, closes.other()].map(|side| said[side.index()].len());
        let fin = ACK | TcpSkim::FIN;
        frames.push(packet(closes.other(), fin, other, mine + 1, b""));
        frames.push(packet(closes, ACK, mine + 1, other + 1, b""));
        frames
    }

    /// A raw IP packet.
    fn packet(&self, from: Side, flags: u16, seq: u32, ack: u32, bytes: &[u8]) -> Vec<u8> {
        let (src, dst, hosts) = match from {
            Side::Client => (40_000, self.port, [1, 2]),
            Side::Server => (self.port, 40_000, [2, 1]),
        };
        [
            &[0x45, 0][..],
            &(40 + bytes.len() as u16).to_be_bytes(),
            &[
                0, 0, 0, 0, 64, 6, 0, 0, 10, 0, 0, hosts[0], 10, 0, 0, hosts[1],
            ],
            &u16::to_be_bytes(src),
            &u16::to_be_bytes(dst),
            &seq.to_be_bytes(),
            &ack.to_be_bytes(),
            &(0x5000 | flags).to_be_bytes(),
            &[255, 255, 0, 0, 0, 0],
            bytes,
        ]
        .concat()
    }

    /// What is told when the turns are cut so.
    fn told(&self, cuts: &[Cut], want: Want) -> Told {
        self.heard(&self.frames(cuts), want)
    }

    /// What is told of these frames.
    fn heard(&self, frames: &[Vec<u8>], want: Want) -> Told {
        let (mut flows, mut d) = (Flows::new(want), Dissection::default());
        let mut secrets = Secrets::new();
        secrets.add_key_log(&self.keys);
        let (mut events, mut layers) = (Vec::new(), Vec::new());
        for (at, frame) in frames.iter().enumerate() {
            let (packet, time) = (PacketId(at as u64 + 1), Timestamp(at as i64 * 1_000_000));
            let length = frame.len() as u32;
            d.begin(packet, time, LinkType(101), length, length);
            flows.feed(frame, &mut d, &mut secrets);
            let side = d.flow.unwrap().from;
            let fields = |range: (u32, u32)| -> Vec<String> {
                let fields = &d.fields[range.0 as usize..range.1 as usize];
                // Sealed packets of SSH hide their lengths: as many bytes are shown as one as came together.
                let sealed = fields.iter().any(|f| f.def.key == SEALED);
                let fields = fields.iter().filter(|_| !sealed);
                fields.map(|field| said(frame, &d, field)).collect()
            };
            for event in d.events.iter().filter(|event| event.layer.is_some()) {
                events.push((side, event.def.id.to_owned(), fields(event.fields)));
                // Every byte of it is a byte of a frame.
                let buffer = &d.buffers[usize::from(event.span.buf.0)];
                if matches!(buffer.kind, BufferKind::Frame | BufferKind::Reassembled) {
                    let mut bytes = Vec::new();
                    d.trace(event.span, |piece| {
                        let from = piece.offset as usize;
                        let frame = &frames[piece.packet.0 as usize - 1];
                        bytes.extend(&frame[from..from + piece.len as usize]);
                    });
                    assert_eq!(d.bytes(frame, event.span), Some(bytes.as_slice()));
                }
            }
            let key = |layer: &&Layer| layer.protocol.key;
            let above = d.layers.iter().skip_while(|layer| key(layer) != "tcp");
            for layer in above.skip(1).filter(|layer| key(layer) != "data") {
                let fault = layer.fault.as_ref().map_or("", Fault::code);
                let what = format!("{} {fault} {}", layer.protocol.key, d.summary(layer));
                let fields = fields(layer.fields);
                if !fields.is_empty() {
                    layers.push((side, what, fields));
                }
            }
        }
        flows.finish();
        let over: Vec<_> = flows.ended().collect();
        assert_eq!(over.len(), 1, "conversations");
        let flow = &over[0];
        let outcome = flow.outcome();
        let (app, bytes, facts) = (flow.app, flow.bytes, flow.facts());
        Told {
            events,
            layers: last_telling(layers),
            conversation: format!("{app} {outcome:?} {bytes:?} {facts:?}"),
        }
    }
}

impl Cut {
    /// One segment after the other.
    fn plain() -> Self {
        Self {
            cuts: Vec::new(),
            step: SEGMENT_MAX,
            again: Vec::new(),
            order: vec![0],
            forged: false,
            acks: false,
        }
    }

    fn any() -> impl Strategy<Value = Self> {
        let cuts = prop::collection::vec(any::<Index>(), 0..10);
        let again = prop::collection::vec((any::<Index>(), 1..3_000_usize), 0..6);
        let order = prop_oneof![Just(vec![0]), prop::collection::vec(any::<u16>(), 1..40)];
        let step = prop_oneof![1 => 1..40_usize, 3 => 40..SEGMENT_MAX];
        let all = (cuts, step, again, order, any::<(bool, bool)>());
        all.prop_map(|(cuts, step, again, order, (forged, acks))| Self {
            cuts,
            step,
            again,
            order,
            forged,
            acks,
        })
    }

    /// The parts of a side's bytes that are sent in the turn from one offset to another.
    fn parts(&self, from: usize, to: usize) -> Vec<(usize, usize)> {
        let len = to - from;
        // Of more than 64 stretches that are missing not all are remembered.
        let step = self.step.max(len / 60);
        let mut cuts: Vec<usize> = (from..to).step_by(step).skip(1).collect();
        cuts.extend(self.cuts.iter().map(|cut| from + cut.index(len)));
        cuts.extend([from, to]);
        cuts.sort_unstable();
        cuts.dedup();
        let again = self.again.iter().map(|(at, len)| {
            let at = at.index(to);
            (at, (at + len).min(to))
        });
        let parts = cuts.windows(2).map(|pair| (pair[0], pair[1]));
        parts.chain(again).collect()
    }
}

/// A field as a person reads it.
fn said(frame: &[u8], d: &Dissection, field: &Field) -> String {
    let mut text = format!("{} ", field.def.key);
    let bytes = d.bytes(frame, field.span).unwrap_or_default();
    field
        .def
        .display(field.value, bytes, d.text(field.value), &mut text);
    text
}

/// Without the heads that are told before their message is whole, and told again with it.
fn last_telling(layers: Vec<(Side, String, Vec<String>)>) -> Vec<(Side, String, Vec<String>)> {
    let mut last: Vec<(Side, String, Vec<String>)> = Vec::new();
    for layer in layers {
        let head = last.iter().rposition(|(side, ..)| *side == layer.0);
        if let Some(head) = head
            && last[head].2.len() < layer.2.len()
            && layer.2.starts_with(&last[head].2)
        {
            last.remove(head);
        }
        last.push(layer);
    }
    last
}

/// Holds what is told of cut turns against what is told of whole ones.
fn same(talk: &Talk, cuts: &[Cut]) -> Result<(), TestCaseError> {
    for want in [Want::Events, Want::Fields, Want::Conversations] {
        let told = talk.told(cuts, want);
        prop_assert_eq!(&talk.told(&[Cut::plain()], want), &told, "{:?}", want);
        prop_assert_eq!(told.events.is_empty(), want == Want::Conversations);
    }
    Ok(())
}

fn quick(cases: u32) -> ProptestConfig {
    ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::with_cases(cases)
    }
}

proptest! {
    #![proptest_config(quick(64))]

    #[test]
    fn tls_13(cuts in prop::collection::vec(Cut::any(), 1..8)) {
        same(&Talk::of_sample("curl-https", 443), &cuts)?;
    }

    #[test]
    fn tls_12(cuts in prop::collection::vec(Cut::any(), 1..8)) {
        same(&Talk::of_sample("curl-https-tls12", 443), &cuts)?;
    }

    #[test]
    fn tls_that_breaks_off(cuts in prop::collection::vec(Cut::any(), 1..8)) {
        same(&Talk::of_sample("expired-certificate", 443), &cuts)?;
    }

    #[test]
    fn ssh(cuts in prop::collection::vec(Cut::any(), 1..8)) {
        same(&Talk::of_sample("ssh-login", 22), &cuts)?;
    }

    #[test]
    fn http(cuts in prop::collection::vec(Cut::any(), 1..8)) {
        same(&Talk::of_sample("curl-http", 80), &cuts)?;
    }

    #[test]
    fn http_with_a_long_body(cuts in prop::collection::vec(Cut::any(), 1..8)) {
        same(&Talk::of_sample("lossy-download", 80), &cuts)?;
    }

    #[test]
    fn http_until_the_close(cuts in prop::collection::vec(Cut::any(), 1..8)) {
        let asks = "GET /a HTTP/1.0\r\nHost: www.example.test\r\n\r\n";
        let answers = "HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n\r\nup to here, and no further\n";
        let talk = Talk::of_words(80, &[asks, answers]);
        let told = talk.told(&cuts, Want::Fields);
        let body = told.layers.iter().flat_map(|(_, _, fields)| fields);
        prop_assert!(body.into_iter().any(|field| field.contains("no further")), "{:?}", told.layers);
        same(&talk, &cuts)?;
    }

    #[test]
    fn dns_over_tcp(cuts in prop::collection::vec(Cut::any(), 1..8)) {
        same(&Talk::of_names(&["dns-lookup", "nxdomain", "curl-https"]), &cuts)?;
    }
}

#[test]
fn two_sides_that_speak_at_once() {
    // As long as too few bytes came to know the protocol, those of both sides wait.
    let banners = ["SSH-2.0-client with a long name\r\n", "SSH-2.0-server\r\n"];
    for step in 1..40 {
        let talk = Talk::of_words(22, &banners);
        let told = talk.heard(&talk.at_once(step), Want::Events);
        let said = |side| {
            let events = told.events.iter().filter(move |event| event.0 == side);
            events.map(|event| event.1.as_str()).collect::<Vec<_>>()
        };
        assert_eq!(said(Side::Client), ["ssh.banner"], "{step}");
        assert_eq!(said(Side::Server), ["ssh.banner"], "{step}");
        assert!(
            told.conversation.starts_with("ssh Open [33, 16]"),
            "{told:?}"
        );
    }
}
