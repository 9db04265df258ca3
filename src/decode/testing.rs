//! For tests: feeds segments of a conversation to a protocol's `Talk`, as the flow room does with a byte stream.

use crate::model::{BufId, LinkType, PacketId, Side, Span, Timestamp};

use super::{
    Ask, Dissection, Extent, Fact, Field, Next, Opener, Protocol, Sealed, Unopened, Value,
    decode_message, decode_span,
};

/// Holds no keys.
pub(crate) struct NoKeys;

impl Opener for NoKeys {
    fn open(&mut self, _: &Sealed<'_>, _: &mut Vec<u8>) -> Result<u8, Unopened> {
        Err(Unopened::NoKey)
    }
}

/// One message as it was decoded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Said {
    pub(crate) side: Side,
    pub(crate) bytes: Vec<u8>,
    pub(crate) summary: String,
    pub(crate) events: Vec<(&'static str, usize)>,
    pub(crate) fields: Vec<(&'static str, String)>,
    pub(crate) secrets: Vec<Vec<u8>>,
    pub(crate) fault: Option<&'static str>,
    /// Bytes of its body that followed and were only counted.
    pub(crate) body: usize,
}

impl Said {
    /// The text of the first field of this key.
    pub(crate) fn field(&self, key: &str) -> Option<&str> {
        let found = self.fields.iter().find(|f| f.0 == key)?;
        Some(&found.1)
    }

    /// The texts of all fields of this key.
    pub(crate) fn all(&self, key: &str) -> Vec<&str> {
        let found = self.fields.iter().filter(|f| f.0 == key);
        found.map(|f| f.1.as_str()).collect()
    }
}

/// What became of a conversation.
#[derive(Debug, Default)]
pub(crate) struct Talked {
    pub(crate) said: Vec<Said>,
    /// How each side ended: `Done`, `Becomes`, or nothing.
    pub(crate) end: [Option<Extent>; 2],
    /// Bytes that wait in each direction, or belong to nobody.
    pub(crate) left: [Vec<u8>; 2],
    /// What is known of it as a whole.
    pub(crate) facts: Vec<Fact>,
}

/// Plays a conversation, both directions ending after the last segment.
pub(crate) fn converse(
    protocol: &'static Protocol,
    segments: &[(Side, &[u8])],
    detail: bool,
) -> Talked {
    let talk = protocol.talk.expect("a conversation protocol");
    let mut memory = (talk.begin)();
    let mut talked = Talked::default();
    // Where everything is shown, a head waits for its body and both are decoded as one.
    let mut held = [0_usize; 2];
    let closing = [(Side::Client, &[] as &[u8]), (Side::Server, &[])];
    for (i, &(side, bytes)) in segments.iter().chain(&closing).enumerate() {
        let ended = i >= segments.len();
        talked.left[side.index()].extend_from_slice(bytes);
        while talked.end[side.index()].is_none() {
            let at = held[side.index()];
            let waiting = &talked.left[side.index()][at..];
            let ask = Ask {
                side,
                bytes: waiting,
                ended,
                lost: 0,
                detail,
            };
            let (tell, empty) = match (talk.extent)(&mut *memory, ask) {
                Extent::More => break,
                Extent::Message { len, body } => {
                    assert!(at == 0 && len > 0 && len <= waiting.len(), "{len}");
                    if body && detail {
                        held[side.index()] = len;
                        continue;
                    }
                    (len, false)
                }
                Extent::Body { len, last } => {
                    assert!(len <= waiting.len() && (len > 0 || last));
                    let empty = len == 0 && waiting.is_empty();
                    if at > 0 && !last {
                        held[side.index()] += len;
                        continue;
                    }
                    if at == 0 {
                        talked.left[side.index()].drain(..len);
                        let mut told = talked.said.iter_mut().rev();
                        told.find(|s| s.side == side).expect("a head").body += len;
                        if empty {
                            break;
                        }
                        continue;
                    }
                    held[side.index()] = 0;
                    (at + len, empty)
                }
                end @ (Extent::Done | Extent::Becomes(_)) => {
                    talked.end[side.index()] = Some(end);
                    break;
                }
            };
            let rest = talked.left[side.index()].split_off(tell);
            let bytes = std::mem::replace(&mut talked.left[side.index()], rest);
            let said = decode(protocol, side, bytes, detail, &mut *memory);
            talked.said.push(said);
            if empty {
                break;
            }
        }
    }
    talked.facts = (talk.facts)(&*memory);
    talked
}

fn decode(
    protocol: &'static Protocol,
    side: Side,
    bytes: Vec<u8>,
    detail: bool,
    memory: &mut dyn std::any::Any,
) -> Said {
    let mut d = Dissection::default();
    let len = bytes.len() as u32;
    d.begin(
        PacketId(1),
        Timestamp::default(),
        LinkType::default(),
        len,
        len,
    );
    d.detail = detail;
    let span = Span::bytes(BufId::FRAME, 0, len);
    decode_message(&bytes, &mut d, protocol, span, memory, side, &mut NoKeys);
    said(&d, side, bytes)
}

/// Decodes one datagram between these UDP ports.
pub(crate) fn datagram(source: u16, destination: u16, bytes: &[u8]) -> Said {
    let mut d = Dissection::default();
    let len = bytes.len() as u32;
    d.begin(
        PacketId(1),
        Timestamp::default(),
        LinkType::default(),
        len,
        len,
    );
    let span = Span::bytes(BufId::FRAME, 0, len);
    decode_span(bytes, &mut d, Next::Udp(source, destination), span);
    said(&d, Side::Client, bytes.to_vec())
}

/// What the first layer of a dissection tells.
fn said(d: &Dissection, side: Side, bytes: Vec<u8>) -> Said {
    let layer = &d.layers[0];
    let show = |field: &Field| {
        let mut out = String::new();
        let text = match field.value {
            Value::Num(n) => n.to_string(),
            value => {
                let raw = d.bytes(&bytes, field.span).unwrap_or_default();
                field.def.display(value, raw, d.text(value), &mut out);
                out
            }
        };
        (field.def.key, text)
    };
    Said {
        side,
        summary: d.summary(layer).to_owned(),
        events: d
            .events
            .iter()
            .map(|e| (e.def.id, e.span.len as usize))
            .collect(),
        fields: d.fields_of(layer).iter().map(show).collect(),
        secrets: d
            .secrets
            .iter()
            .map(|&s| d.bytes(&bytes, s).unwrap_or_default().to_vec())
            .collect(),
        fault: layer.fault.as_ref().map(super::Fault::code),
        body: 0,
        bytes,
    }
}

/// Cuts a stream at these places (modulo its length) and returns the segments in order.
pub(crate) fn cut(bytes: &[u8], places: &[usize]) -> Vec<Vec<u8>> {
    let mut at: Vec<usize> = places.iter().map(|p| p % bytes.len().max(1)).collect();
    at.extend([0, bytes.len()]);
    at.sort_unstable();
    at.dedup();
    at.windows(2).map(|w| bytes[w[0]..w[1]].to_vec()).collect()
}

/// A frame that was decoded in detail.
pub(crate) struct Seen {
    bytes: Vec<u8>,
    pub(crate) d: Dissection,
}

/// Decodes a frame that is written in hexadecimal.
pub(crate) fn see(link: LinkType, hex: &str) -> Seen {
    let digits: Vec<u8> = hex.bytes().filter(u8::is_ascii_hexdigit).collect();
    let text = |pair: &[u8]| String::from_utf8(pair.to_vec()).unwrap();
    let bytes: Vec<u8> = digits
        .chunks(2)
        .map(|pair| u8::from_str_radix(&text(pair), 16).unwrap())
        .collect();
    let len = bytes.len() as u32;
    let mut d = Dissection::default();
    // 2026-11-20 09:37:50.5 UTC.
    d.begin(
        PacketId(1),
        Timestamp(1_795_167_470_500_000_000),
        link,
        len,
        len,
    );
    super::decode_frame(&bytes, &mut d);
    Seen { bytes, d }
}

impl Seen {
    /// The fields of this key as a person reads them, in wire order.
    pub(crate) fn all(&self, key: &str) -> Vec<String> {
        let fields = self.d.fields.iter().filter(|f| f.def.key == key);
        fields
            .map(|f| {
                let mut out = String::new();
                let raw = self.d.bytes(&self.bytes, f.span).unwrap_or_default();
                f.def.display(f.value, raw, self.d.text(f.value), &mut out);
                out
            })
            .collect()
    }

    /// The first of them; empty where there is none.
    pub(crate) fn first(&self, key: &str) -> String {
        self.all(key).into_iter().next().unwrap_or_default()
    }

    /// Offset and length of the first field of this key.
    pub(crate) fn place(&self, key: &str) -> Option<(u32, u32)> {
        let field = self.d.fields.iter().find(|f| f.def.key == key)?;
        Some((field.span.at, field.span.len))
    }

    /// The layers' keys.
    pub(crate) fn layers(&self) -> Vec<&'static str> {
        self.d.layers.iter().map(|l| l.protocol.key).collect()
    }

    /// The summary of the first layer of this protocol.
    pub(crate) fn summary(&self, key: &str) -> &str {
        let layer = self.d.layers.iter().find(|l| l.protocol.key == key);
        layer.map_or("", |l| self.d.summary(l))
    }

    /// The ids of the events.
    pub(crate) fn events(&self) -> Vec<&'static str> {
        self.d.events.iter().map(|e| e.def.id).collect()
    }

    /// The protocols whose layers are faulty, and how; but for checksums, which packets written by hand do not have.
    pub(crate) fn faults(&self) -> Vec<(&'static str, &'static str)> {
        let mut faults = self.all_faults();
        faults.retain(|(_, code)| !code.contains("checksum"));
        faults
    }

    /// The protocols whose layers are faulty, and how.
    pub(crate) fn all_faults(&self) -> Vec<(&'static str, &'static str)> {
        let faults = self
            .d
            .layers
            .iter()
            .filter_map(|l| Some((l, l.fault.as_ref()?)));
        faults
            .map(|(l, fault)| (l.protocol.key, fault.code()))
            .collect()
    }
}
