//! One frame, layer by layer and field by field, with its bytes: what `show` shows.

use std::fmt::Write as _;
use std::net::IpAddr;

use serde::{Serialize, Serializer};

use crate::decode::{BufferKind, Dissection, Field, Hidden, Value};
use crate::flow::Names;
use crate::model::{BufId, Mac, Timestamp};

use super::names::{self, MacView, NameView};

/// What stands in place of a secret.
pub const MASK: &str = "****";

/// A frame as it is shown; serializes to one line of `show --format json`.
#[derive(Clone, Debug, Serialize)]
pub struct FrameView {
    /// Its number, from 1, in the order of all captures read.
    pub number: u64,
    /// Seconds since the epoch with nine decimals.
    pub time: String,
    /// Nanoseconds since the first frame.
    #[serde(skip)]
    pub since_start: i64,
    /// Length on the wire in bytes.
    pub wire_len: u32,
    /// Length captured in bytes.
    pub captured_len: u32,
    /// Comments that the capture carries for it.
    pub comments: Vec<String>,
    /// The capture it came from, counted from 0; only when there are several.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<u32>,
    /// Its number in that capture; only when there are several.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file_number: Option<u64>,
    /// Its buffers; the first is the frame.
    pub buffers: Vec<BufferView>,
    /// Its layers.
    pub layers: Vec<LayerView>,
}

/// A buffer's bytes.
#[derive(Clone, Debug, Serialize)]
pub struct BufferView {
    /// Its id, by which fields refer to it.
    pub id: u16,
    /// `frame`, `reassembled`, `decrypted` or `decompressed`.
    pub kind: &'static str,
    /// Its length in bytes.
    pub length: usize,
    /// Its bytes in hexadecimal; secrets are zeros.
    pub hex: String,
    /// `[offset, length]` of the runs that are zeroed, in order.
    pub masked: Vec<(u32, u32)>,
    /// Where rebuilt bytes came from.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub pieces: Vec<PieceView>,
}

/// A run of rebuilt bytes and its origin.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct PieceView {
    /// Offset in the buffer.
    pub at: u32,
    /// Length in bytes.
    pub len: u32,
    /// The frame it came from.
    pub frame: u64,
    /// Its offset there.
    pub offset: u32,
}

/// A layer.
#[derive(Clone, Debug, Serialize)]
pub struct LayerView {
    /// The protocol's key.
    pub protocol: &'static str,
    /// The protocol's name.
    pub name: &'static str,
    /// The OSI layer's number.
    pub osi: u8,
    /// The buffer it lies in.
    pub buffer: u16,
    /// Its offset there.
    pub offset: u32,
    /// Its length in bytes, without its payload.
    pub length: u32,
    /// One line that says what it is about.
    pub summary: String,
    /// True inside a packet that an ICMP error quotes.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub quoted: bool,
    /// What is wrong with its bytes.
    pub fault: Option<FaultView>,
    /// Its fields, in wire order.
    pub fields: Vec<FieldView>,
}

/// What is wrong with a layer's bytes.
#[derive(Clone, Debug, Serialize)]
pub struct FaultView {
    /// A stable word.
    pub code: &'static str,
    /// One sentence.
    pub text: String,
    /// Where, in the layer's buffer.
    pub offset: u32,
}

/// A field.
#[derive(Clone, Debug, Serialize)]
pub struct FieldView {
    /// Wireshark's key, or `wirewalk.*`.
    pub key: &'static str,
    /// Its label.
    pub label: &'static str,
    /// Its value, as Wireshark spells it.
    pub value: ValueView,
    /// Its value as a person reads it.
    pub display: String,
    /// The buffer it lies in.
    pub buffer: u16,
    /// Its offset there.
    pub offset: u32,
    /// Its length in bytes; 0 for computed values.
    pub length: u32,
    /// `[first, count]` for a bit field, bit 0 the highest of its first byte.
    pub bits: Option<(u8, u8)>,
    /// How deep it stands below its layer.
    pub depth: u8,
    /// One sentence for a student.
    pub help: &'static str,
    /// Names that were claimed of the address that it holds, up to this frame, the latest first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub names: Vec<NameView>,
    /// The vendor that the block of its MAC address is registered to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vendor: Option<&'static str>,
    /// What its MAC address is where no vendor is meant by it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mac_kind: Option<&'static str>,
}

/// A value: a number, a flag, or text.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum ValueView {
    /// A number.
    Number(u64),
    /// A signed number.
    Signed(i64),
    /// A number that may have a fraction; whole ones are written without.
    #[serde(serialize_with = "plainly")]
    Float(f64),
    /// A flag.
    Flag(bool),
    /// Anything else.
    Text(String),
}

/// Writes 20 and not 20.0, as it is displayed.
#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde hands on references"
)]
fn plainly<S: Serializer>(number: &f64, serializer: S) -> Result<S::Ok, S::Error> {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    if number.fract() == 0.0 && number.abs() < EXACT {
        serializer.serialize_i64(*number as i64)
    } else {
        serializer.serialize_f64(*number)
    }
}

impl FrameView {
    /// The view of a dissected frame. `start` is the time of the first frame; secrets are masked unless `reveal`.
    #[must_use]
    pub fn new(frame: &[u8], d: &Dissection, start: Timestamp, reveal: bool) -> Self {
        let hidden = if reveal {
            Hidden::default()
        } else {
            Hidden::of(d)
        };
        let layers = d
            .layers
            .iter()
            .map(|layer| LayerView {
                protocol: layer.protocol.key,
                name: layer.protocol.name,
                osi: layer.protocol.osi.number(),
                buffer: layer.span.buf.0,
                offset: layer.span.at,
                length: layer.span.len,
                summary: d.summary(layer).to_owned(),
                quoted: layer.quoted,
                fault: layer.fault.as_ref().map(|fault| FaultView {
                    code: fault.code(),
                    text: fault.to_string(),
                    offset: fault.at,
                }),
                fields: d
                    .fields_of(layer)
                    .iter()
                    .map(|field| field_view(frame, d, field, &hidden))
                    .collect(),
            })
            .collect();
        let buffers = (0..d.buffers.len())
            .map(|id| buffer_view(frame, d, id, &hidden))
            .collect();
        Self {
            number: d.packet.0,
            time: format!("{}.{:09}", d.time.seconds(), d.time.subsecond()),
            since_start: d.time.since(start),
            wire_len: d.wire_len,
            captured_len: d.captured_len,
            comments: Vec::new(),
            file: None,
            file_number: None,
            buffers,
            layers,
        }
    }
}

impl FrameView {
    /// Puts the names that are claimed up to this frame beside its addresses, `d` being what it is a view of. Messages that
    /// are about names themselves say which they give.
    pub fn introduce(&mut self, d: &Dissection, names: &Names) {
        if names.is_empty() {
            return;
        }
        for (layer, view) in d.layers.iter().zip(&mut self.layers) {
            if matches!(layer.protocol.key, "dns" | "mdns" | "llmnr") {
                continue;
            }
            for (field, view) in d.fields_of(layer).iter().zip(&mut view.fields) {
                let address = match field.value {
                    Value::Ip4(octets) => IpAddr::from(octets),
                    Value::Ip6(octets) => IpAddr::from(octets),
                    _ => continue,
                };
                if view.display != MASK {
                    view.names = names::views(&names.of(address, d.packet));
                }
            }
        }
    }
}

/// A field's display and value, with whatever is hidden replaced by [`MASK`].
fn field_view(frame: &[u8], d: &Dissection, field: &Field, hidden: &Hidden) -> FieldView {
    let span = field.span;
    let bytes = d.bytes(frame, span).unwrap_or_default();
    let secret = hidden.parts(span).next().is_some();
    let (mut value, mut display) = (value_view(d, field, bytes), String::new());
    match (secret, field.value) {
        (false, _) | (_, Value::None) => {
            field
                .def
                .display(field.value, bytes, d.text(field.value), &mut display);
        }
        (true, Value::Text(..)) => {
            display = mask_text(d.text(field.value), bytes, hidden.parts(span));
            value = ValueView::Text(display.clone());
        }
        (true, _) => {
            MASK.clone_into(&mut display);
            value = ValueView::Text(MASK.to_owned());
        }
    }
    let mac = match field.value {
        Value::Mac(octets) if !secret => MacView::of(Mac(octets)),
        _ => MacView::default(),
    };
    FieldView {
        key: field.def.key,
        label: field.def.label,
        value,
        display,
        buffer: span.buf.0,
        offset: span.at,
        length: span.len,
        bits: (span.bits > 0).then_some((span.bit, span.bits)),
        depth: field.depth,
        help: field.def.help,
        names: Vec::new(),
        vendor: mac.vendor,
        mac_kind: mac.kind,
    }
}

/// Masks the secret parts of a text; all of it where it is not made of the bytes as they are.
fn mask_text(text: &str, bytes: &[u8], secrets: impl Iterator<Item = (usize, usize)>) -> String {
    let mut masked = String::new();
    let mut at = 0;
    for (from, to) in secrets {
        match text.get(at..from) {
            Some(clear) if text.as_bytes() == bytes => masked.push_str(clear),
            _ => return MASK.to_owned(),
        }
        masked.push_str(MASK);
        at = to;
    }
    match text.get(at..) {
        Some(clear) => masked + clear,
        None => MASK.to_owned(),
    }
}

fn value_view(d: &Dissection, field: &Field, bytes: &[u8]) -> ValueView {
    match field.value {
        Value::None => ValueView::Text(String::new()),
        Value::Bool(flag) => ValueView::Flag(flag),
        Value::Num(number) => ValueView::Number(number),
        Value::Int(number) => ValueView::Signed(number),
        Value::Float(number) => ValueView::Float(number),
        Value::Text(..) => ValueView::Text(d.text(field.value).to_owned()),
        Value::Ip4(_) | Value::Ip6(_) | Value::Mac(_) | Value::Bytes => {
            let mut text = String::new();
            field.def.display(field.value, bytes, "", &mut text);
            ValueView::Text(text)
        }
    }
}

fn buffer_view(frame: &[u8], d: &Dissection, id: usize, hidden: &Hidden) -> BufferView {
    let buffer = &d.buffers[id];
    let bytes = if id == 0 { frame } else { &buffer.bytes };
    let runs = hidden.in_buffer(BufId(id as u16));
    let mut secret = vec![false; if runs.is_empty() { 0 } else { bytes.len() }];
    for run in runs {
        let end = (run.end() as usize).min(secret.len());
        if let Some(run) = secret.get_mut(run.at as usize..end) {
            run.fill(true);
        }
    }
    let mut hex = String::with_capacity(bytes.len() * 2);
    for (at, byte) in bytes.iter().enumerate() {
        let secret = secret.get(at).copied().unwrap_or(false);
        let _ = write!(hex, "{:02x}", if secret { 0 } else { *byte });
    }
    BufferView {
        id: id as u16,
        kind: match buffer.kind {
            BufferKind::Frame => "frame",
            BufferKind::Reassembled => "reassembled",
            BufferKind::Decrypted => "decrypted",
            BufferKind::Decompressed => "decompressed",
        },
        length: bytes.len(),
        hex,
        masked: runs.iter().map(|run| (run.at, run.len)).collect(),
        pieces: buffer
            .pieces
            .iter()
            .map(|piece| PieceView {
                at: piece.at,
                len: piece.len,
                frame: piece.packet.0,
                offset: piece.offset,
            })
            .collect(),
    }
}
