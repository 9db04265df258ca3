//! A dissected frame: its layers, fields and events as flat lists that are reused from frame to frame.

use crate::model::{BufId, EventDef, LinkType, PacketId, Piece, Side, Span, Timestamp};

use super::table::{Next, Protocol};
use super::{DecodeAs, Envelope, Fault, Field, FieldDef, Value, credentials};

/// How a buffer came to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BufferKind {
    /// The captured frame.
    Frame,
    /// Put together from fragments or segments.
    Reassembled,
    /// Opened with keys.
    Decrypted,
    /// Decompressed or unchunked.
    Decompressed,
}

/// The bytes of a buffer. Buffer 0 stands for the frame and is empty here: the caller holds the frame's bytes.
#[derive(Clone, Debug)]
pub struct Buffer {
    /// How it came to be.
    pub kind: BufferKind,
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// Which captured bytes they came from, in order.
    pub pieces: Vec<Piece>,
}

/// One protocol's part of the frame. Its fields are `dissection.fields[fields.0..fields.1]`.
#[derive(Clone, Debug)]
pub struct Layer {
    /// The protocol.
    pub protocol: &'static Protocol,
    /// Where it lies; its payload is not part of it.
    pub span: Span,
    /// First field and the one behind the last.
    pub fields: (u32, u32),
    /// The one-line summary in the dissection's text.
    pub summary: (u32, u32),
    /// What is wrong with its bytes.
    pub fault: Option<Fault>,
    /// True inside a packet that another one quotes (ICMP errors).
    pub quoted: bool,
    /// How many tunnels it lies in.
    pub tunnels: u8,
    /// The layer that named it, as an index into the list of layers.
    pub parent: Option<u16>,
}

/// An event that was raised while the frame was decoded or its conversation tracked.
#[derive(Clone, Copy, Debug)]
pub struct Raised {
    /// What happened.
    pub def: &'static EventDef,
    /// The message's own fields (first, behind the last); empty for events about the frame as a whole.
    pub fields: (u32, u32),
    /// The message's bytes.
    pub span: Span,
    /// The layer that raised it; `None` for the flow room.
    pub layer: Option<u16>,
    /// An earlier frame that it is about (the first copy of a retransmission, the SYN that was refused).
    pub about: Option<PacketId>,
}

/// Bytes that belong to the body of a message told earlier: counted, not decoded.
#[derive(Clone, Copy, Debug)]
pub struct BodyPart {
    /// The event whose body it is.
    pub event: &'static EventDef,
    /// Who sent it.
    pub from: Side,
    /// Bytes of the body in this frame.
    pub bytes: u64,
}

/// The conversation a frame belongs to, and who of the two sent it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FlowRef {
    /// The conversation's number, from 1.
    pub id: u32,
    /// The sender.
    pub from: Side,
}

/// TCP payload, left for the flow room to put in order.
#[derive(Clone, Copy, Debug)]
pub struct StreamPart {
    /// The payload's bytes.
    pub span: Span,
    /// Source port.
    pub src: u16,
    /// Destination port.
    pub dst: u16,
}

/// A fragment of an IP packet, left for the flow room to put together.
#[derive(Clone, Copy, Debug)]
pub struct FragmentPart {
    /// The fragment's payload.
    pub span: Span,
    /// Offset in the whole payload, in bytes.
    pub offset: u32,
    /// More fragments follow.
    pub more: bool,
    /// The identification that all fragments of a packet share.
    pub id: u32,
    /// What the whole payload is.
    pub next: Next,
}

/// Clear bytes of an inner stream (what TLS carries), to be cut into messages.
#[derive(Clone, Copy, Debug)]
pub struct Inner {
    /// What names the inner protocol.
    pub next: Next,
    /// The clear bytes.
    pub span: Span,
}

/// All that is known of one frame. Cleared and used again for the next: no allocation per field.
#[derive(Debug)]
pub struct Dissection {
    /// The frame's number.
    pub packet: PacketId,
    /// When it was captured.
    pub time: Timestamp,
    /// Its link type.
    pub link: LinkType,
    /// Length on the wire.
    pub wire_len: u32,
    /// Length captured.
    pub captured_len: u32,
    /// True when every field and summary is wanted, false when only what stories quote is.
    pub detail: bool,
    /// True when nothing of a message is wanted but what its conversation remembers: no field, text or event is kept.
    pub mute: bool,
    /// What the user says is spoken where; it stays from frame to frame.
    pub decode_as: DecodeAs,
    /// True while a message is read as a whole whose head was read in an earlier frame: that raised its event and taught the
    /// conversation what it remembers.
    pub again: bool,
    /// Layers in wire order; inner ones behind the outer ones.
    pub layers: Vec<Layer>,
    /// Fields in wire order, pre-order.
    pub fields: Vec<Field>,
    /// Buffers by id.
    pub buffers: Vec<Buffer>,
    /// Events in the order they were raised.
    pub events: Vec<Raised>,
    /// Body bytes that were only counted.
    pub bodies: Vec<BodyPart>,
    /// Spans that hold passwords, cookies and the like; the view masks whatever touches them.
    pub secrets: Vec<Span>,
    /// The conversation, once the flow room knows it.
    pub flow: Option<FlowRef>,
    /// The conversation that an ICMP error in this frame is about.
    pub about_flow: Option<u32>,
    /// TCP payload to be put in order.
    pub stream: Option<StreamPart>,
    /// A fragment to be put together.
    pub fragment: Option<FragmentPart>,
    /// Clear bytes of inner streams.
    pub inner: Vec<Inner>,
    /// The next message is not of the protocol that this port usually carries.
    pub odd_port: Option<(u16, &'static Protocol)>,
    /// How many tunnels lie around the packet whose conversation the frame belongs to: the innermost one that can be read.
    pub tunnels: u8,
    /// What the innermost IP packet read so far says of itself.
    pub(super) envelope: Option<Envelope>,
    pub(super) text: String,
    pub(super) pending: Vec<super::engine::Pending>,
    spare: Vec<Buffer>,
}

impl Default for Dissection {
    fn default() -> Self {
        Self {
            packet: PacketId::default(),
            time: Timestamp::default(),
            link: LinkType::default(),
            wire_len: 0,
            captured_len: 0,
            detail: true,
            mute: false,
            decode_as: DecodeAs::default(),
            again: false,
            layers: Vec::new(),
            fields: Vec::new(),
            buffers: vec![Buffer {
                kind: BufferKind::Frame,
                bytes: Vec::new(),
                pieces: Vec::new(),
            }],
            events: Vec::new(),
            bodies: Vec::new(),
            secrets: Vec::new(),
            flow: None,
            about_flow: None,
            stream: None,
            fragment: None,
            inner: Vec::new(),
            odd_port: None,
            tunnels: 0,
            envelope: None,
            text: String::new(),
            pending: Vec::new(),
            spare: Vec::new(),
        }
    }
}

impl Dissection {
    /// Forgets the last frame and begins another.
    pub fn begin(
        &mut self,
        packet: PacketId,
        time: Timestamp,
        link: LinkType,
        wire_len: u32,
        captured_len: u32,
    ) {
        self.mute = false;
        self.again = false;
        self.packet = packet;
        self.time = time;
        self.link = link;
        self.wire_len = wire_len;
        self.captured_len = captured_len;
        self.layers.clear();
        self.fields.clear();
        self.events.clear();
        self.bodies.clear();
        self.secrets.clear();
        self.inner.clear();
        self.text.clear();
        self.pending.clear();
        self.flow = None;
        self.about_flow = None;
        self.stream = None;
        self.fragment = None;
        self.tunnels = 0;
        self.envelope = None;
        self.odd_port = None;
        if self.buffers.len() > 1 {
            self.spare.extend(
                self.buffers
                    .drain(1..)
                    .filter(|b| b.bytes.capacity() > 0 && b.bytes.capacity() < 1 << 17),
            );
            self.spare.truncate(8);
        }
    }

    /// Adds a buffer and returns its id; `None` when a frame has more than it may have.
    pub fn add_buffer(
        &mut self,
        kind: BufferKind,
        bytes: &[u8],
        pieces: &[Piece],
    ) -> Option<BufId> {
        /// How many buffers one frame may have, and how many bytes they may hold together: a small frame can hold many
        /// messages that each decompress to very much.
        const BUFFERS_MAX: usize = 1024;
        const BYTES_MAX: usize = 8 << 20;
        let held: usize = self.buffers.iter().map(|buffer| buffer.bytes.len()).sum();
        if self.buffers.len() >= BUFFERS_MAX || held.saturating_add(bytes.len()) > BYTES_MAX {
            return None;
        }
        let id = BufId(u16::try_from(self.buffers.len()).ok()?);
        let mut buffer = self.spare.pop().unwrap_or(Buffer {
            kind,
            bytes: Vec::new(),
            pieces: Vec::new(),
        });
        buffer.kind = kind;
        buffer.bytes.clear();
        buffer.bytes.extend_from_slice(bytes);
        buffer.pieces.clear();
        buffer.pieces.extend_from_slice(pieces);
        self.buffers.push(buffer);
        Some(id)
    }

    /// Marks the secrets in header lines of the frame and its buffers, read by a decoder or not.
    pub fn conceal(&mut self, frame: &[u8]) {
        for (id, buffer) in self.buffers.iter().enumerate() {
            let buf = BufId(id as u16);
            let bytes = if buf == BufId::FRAME {
                frame
            } else {
                &buffer.bytes
            };
            credentials::in_bytes(bytes, |secret| {
                let span = Span::bytes(buf, secret.start as u32, secret.len() as u32);
                self.secrets.push(span);
            });
        }
    }

    /// The protocol of bytes so named: what the user says, or who claims them.
    #[must_use]
    pub fn protocol(&self, next: Next, bytes: &[u8]) -> Option<&'static Protocol> {
        self.decode_as.protocol(next, bytes)
    }

    /// The bytes of a span; `frame` are those of buffer 0.
    #[must_use]
    pub fn bytes<'a>(&'a self, frame: &'a [u8], span: Span) -> Option<&'a [u8]> {
        let whole = if span.buf == BufId::FRAME {
            frame
        } else {
            &self.buffers.get(usize::from(span.buf.0))?.bytes
        };
        whole.get(span.at as usize..span.end() as usize)
    }

    /// Calls `each` with the captured bytes behind a span: frame, offset in it, length.
    pub fn trace(&self, span: Span, mut each: impl FnMut(Piece)) {
        if span.buf == BufId::FRAME {
            each(Piece {
                at: span.at,
                len: span.len,
                packet: self.packet,
                offset: span.at,
            });
            return;
        }
        let Some(buffer) = self.buffers.get(usize::from(span.buf.0)) else {
            return;
        };
        let first = buffer
            .pieces
            .partition_point(|piece| piece.at.saturating_add(piece.len) <= span.at);
        let near = buffer.pieces.get(first..).unwrap_or_default().iter();
        for piece in near.take_while(|piece| piece.at < span.end()) {
            let from = piece.at.max(span.at);
            let to = piece.at.saturating_add(piece.len).min(span.end());
            if from < to {
                each(Piece {
                    at: from,
                    len: to - from,
                    packet: piece.packet,
                    offset: piece.offset + (from - piece.at),
                });
            }
        }
    }

    /// The text of a value; empty for values that are none.
    #[must_use]
    pub fn text(&self, value: Value) -> &str {
        match value {
            Value::Text(at, len) => self
                .text
                .get(at as usize..(at + len) as usize)
                .unwrap_or_default(),
            _ => "",
        }
    }

    /// A layer's one-line summary.
    #[must_use]
    pub fn summary(&self, layer: &Layer) -> &str {
        self.text
            .get(layer.summary.0 as usize..layer.summary.1 as usize)
            .unwrap_or_default()
    }

    /// The fields of a layer.
    #[must_use]
    pub fn fields_of(&self, layer: &Layer) -> &[Field] {
        self.fields
            .get(layer.fields.0 as usize..layer.fields.1 as usize)
            .unwrap_or_default()
    }

    /// A part of the packet whose conversation the frame belongs to: neither of one that is quoted, nor of one around it.
    #[must_use]
    pub const fn is_own(&self, layer: &Layer) -> bool {
        !layer.quoted && layer.tunnels == self.tunnels
    }

    /// The same, or a part of one of the packets around it.
    #[must_use]
    pub const fn is_around(&self, layer: &Layer) -> bool {
        !layer.quoted && layer.tunnels <= self.tunnels
    }

    /// The first field of this key in what [`Self::is_own`].
    #[must_use]
    pub fn field(&self, key: &str) -> Option<&Field> {
        self.layers
            .iter()
            .filter(|l| self.is_own(l))
            .flat_map(|l| self.fields_of(l))
            .find(|f| f.def.key == key)
    }

    /// The value of a number or flag field of this key in what [`Self::is_own`].
    #[must_use]
    pub fn number(&self, key: &str) -> Option<u64> {
        match self.field(key)?.value {
            Value::Num(n) => Some(n),
            Value::Bool(b) => Some(u64::from(b)),
            _ => None,
        }
    }

    /// Keeps a text and returns it as a value.
    pub fn keep(&mut self, text: &str) -> Value {
        if self.mute {
            return Value::None;
        }
        let at = self.text.len() as u32;
        self.text.push_str(text);
        Value::Text(at, text.len() as u32)
    }

    /// Raises an event about the frame as a whole.
    pub fn raise(&mut self, def: &'static EventDef, about: Option<PacketId>) {
        let span = Span::bytes(BufId::FRAME, 0, self.captured_len);
        self.events.push(Raised {
            def,
            fields: (0, 0),
            span,
            layer: None,
            about,
        });
    }

    /// Adds computed fields (key, value, depth) behind the last one of a layer; keys that its protocol has not are left out.
    pub fn append(&mut self, layer: usize, found: &[(&str, Value, u8)]) {
        if let Some(&Layer { span, fields, .. }) = self.layers.get(layer) {
            self.insert(layer, fields.1, Span { len: 0, ..span }, found);
        }
    }

    /// The same behind a field of the layer and for its bytes; depths count from its own. Without that field nothing is added.
    pub fn append_to(&mut self, layer: usize, key: &str, found: &[(&'static str, Value, u8)]) {
        let Some(of) = self.layers.get(layer) else {
            return;
        };
        let fields = self.fields_of(of);
        let Some(index) = fields.iter().position(|field| field.def.key == key) else {
            return;
        };
        let at = of.fields.0.saturating_add(index as u32).saturating_add(1);
        let (span, depth) = fields
            .get(index)
            .map_or_else(Default::default, |field| (field.span, field.depth));
        let deeper: Vec<_> = found
            .iter()
            .map(|&(key, value, more)| (key, value, depth.saturating_add(more)))
            .collect();
        self.insert(layer, at, span, &deeper);
    }

    fn insert(&mut self, layer: usize, at: u32, span: Span, found: &[(&str, Value, u8)]) {
        let Some(protocol) = self.layers.get(layer).map(|layer| layer.protocol) else {
            return;
        };
        let fields = found.iter().filter_map(|&(key, value, depth)| {
            let def = *protocol.fields.iter().find(|def| def.key == key)?;
            Some(Field {
                def,
                span,
                value,
                depth,
            })
        });
        let before = self.fields.len();
        let place = (at as usize).min(before);
        self.fields.splice(place..place, fields);
        let more = (self.fields.len() - before) as u32;
        let layers = self.layers.iter_mut().enumerate();
        let behind = layers.filter(|(index, _)| *index > layer);
        let behind = behind.map(|(_, layer)| &mut layer.fields);
        let raised = self.events.iter_mut().map(|raised| &mut raised.fields);
        for (from, to) in behind.chain(raised) {
            if *from >= at && *to > at {
                (*from, *to) = (*from + more, *to + more);
            } else if *from < at && *to > at {
                *to += more;
            }
        }
        if let Some(layer) = self.layers.get_mut(layer) {
            layer.fields.1 += more;
        }
    }

    /// Adds a field with a computed value (not on the wire) to the end of the list; only while a layer is open.
    pub(super) fn push(&mut self, def: &'static FieldDef, span: Span, value: Value, depth: u8) {
        self.fields.push(Field {
            def,
            span,
            value,
            depth,
        });
    }
}
