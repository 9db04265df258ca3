//! The cursor: reads and records in one step, so that a decoder is a list of fields in wire order.
//!
//! This folder is the only one that indexes bytes. A read past the end is a [`Fault`], which decoders hand on with `?`.

mod fields;
mod outlook;
mod speech;
mod sums;

use std::net::IpAddr;

use crate::model::{BufId, Span, Timestamp};

use super::{Dissection, Fault, FaultKind, FieldDef, Limit, Value};

pub(in crate::decode) use speech::Speech;

/// How many fields one frame may have; a hostile frame can ask for more.
const FIELDS_MAX: usize = 200_000;

/// A place in a layer's bytes, with everything that the decoder of the layer may use.
pub struct Cursor<'b, 'o> {
    bytes: &'b [u8],
    at: usize,
    end: usize,
    missing: u32,
    limit: Limit,
    buf: BufId,
    depth: u8,
    layer: u16,
    start: usize,
    quoted: bool,
    tunnels: u8,
    doubt: Option<Fault>,
    d: &'o mut Dissection,
    speech: Option<Speech<'o>>,
}

/// A heading whose fields are being read; see [`Cursor::open`].
#[derive(Clone, Copy, Debug)]
#[must_use]
pub struct Group {
    field: usize,
    depth: u8,
}

/// A place in the field list and in the bytes, from which an event's message begins.
#[derive(Clone, Copy, Debug)]
#[must_use]
pub struct Mark {
    field: u32,
    at: u32,
}

impl<'b, 'o> Cursor<'b, 'o> {
    pub(super) fn new(
        bytes: &'b [u8],
        span: Span,
        limit: Limit,
        layer: u16,
        quoted: bool,
        d: &'o mut Dissection,
        speech: Option<Speech<'o>>,
    ) -> Self {
        let at = (span.at as usize).min(bytes.len());
        let end = (span.end() as usize).clamp(at, bytes.len());
        Self {
            bytes,
            at,
            end,
            missing: 0,
            limit,
            buf: span.buf,
            depth: 0,
            layer,
            start: at,
            quoted,
            tunnels: 0,
            doubt: None,
            d,
            speech,
        }
    }

    /// Says that so many bytes behind the end were on the wire and were not captured.
    pub(super) fn lacking(mut self, missing: u32) -> Self {
        self.missing = missing;
        self
    }

    /// Says how many tunnels, one inside the other, carry the packet of this layer.
    pub(super) const fn within_tunnels(mut self, tunnels: u8) -> Self {
        self.tunnels = tunnels;
        self
    }

    // Where it stands.

    /// Bytes left before the end of what it may read.
    #[must_use]
    pub const fn left(&self) -> usize {
        self.end - self.at
    }

    /// True when nothing is left.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.at >= self.end
    }

    /// The offset in the buffer.
    #[must_use]
    pub const fn offset(&self) -> u32 {
        self.at as u32
    }

    /// Bytes read since the layer began.
    #[must_use]
    pub const fn consumed(&self) -> usize {
        self.at - self.start
    }

    /// The span of the next `len` bytes (as many as there are), without reading them.
    #[must_use]
    pub fn ahead(&self, len: usize) -> Span {
        Span::bytes(self.buf, self.at as u32, len.min(self.left()) as u32)
    }

    /// The span of all that is left.
    #[must_use]
    pub fn rest_span(&self) -> Span {
        self.ahead(self.left())
    }

    /// The span of the bytes from an offset to here.
    #[must_use]
    pub const fn since(&self, from: u32) -> Span {
        let at = if (from as usize) < self.at {
            from
        } else {
            self.at as u32
        };
        Span::bytes(self.buf, at, self.at as u32 - at)
    }

    /// All bytes that are left, without reading them.
    #[must_use]
    pub fn peek(&self) -> &'b [u8] {
        self.bytes.get(self.at..self.end).unwrap_or_default()
    }

    /// The bytes of the buffer from an offset before this place up to here: a frame under its checksum.
    #[must_use]
    pub fn back_to(&self, from: u32) -> &'b [u8] {
        self.bytes.get(from as usize..self.at).unwrap_or_default()
    }

    /// All bytes of the layer, from its start to the end of what it may read: for compressed names and checksums.
    #[must_use]
    pub fn layer_bytes(&self) -> &'b [u8] {
        self.bytes.get(self.start..self.end).unwrap_or_default()
    }

    /// The frame was wanted in every detail (fields, summaries), not only for its events.
    #[must_use]
    pub const fn detail(&self) -> bool {
        self.d.detail
    }

    /// Nothing is wanted but what the conversation remembers: fields, texts and events need not even be made.
    #[must_use]
    pub const fn mute(&self) -> bool {
        self.d.mute
    }

    /// The head of this message was read before, in the frame that completed it, and the conversation remembers it.
    #[must_use]
    pub const fn again(&self) -> bool {
        self.d.again
    }

    /// When the frame was captured.
    #[must_use]
    pub const fn time(&self) -> Timestamp {
        self.d.time
    }

    /// How many bytes there were on the wire behind the last one that was captured, as far as the lengths around this
    /// layer say.
    #[must_use]
    pub const fn missing(&self) -> u32 {
        self.missing
    }

    /// The layers around this one, from the one that named it outwards: key and span of each.
    pub fn ancestors(&self) -> impl Iterator<Item = (&'static str, Span)> {
        let parent = |index: u16| self.d.layers.get(usize::from(index))?.parent;
        let around = std::iter::successors(parent(self.layer), move |&index| parent(index));
        around.filter_map(|index| {
            let layer = self.d.layers.get(usize::from(index))?;
            Some((layer.protocol.key, layer.span))
        })
    }

    /// The address from which the packet around this layer was sent.
    #[must_use]
    pub fn network_source(&self) -> Option<IpAddr> {
        let layer = |index: u16| self.d.layers.get(usize::from(index));
        let around = std::iter::successors(Some(self.layer), |&index| layer(index)?.parent);
        let fields = around.filter_map(layer).flat_map(|l| self.d.fields_of(l));
        fields
            .filter(|field| matches!(field.def.key, "ip.src" | "ipv6.src"))
            .find_map(|field| match field.value {
                Value::Ip4(octets) => Some(octets.into()),
                Value::Ip6(octets) => Some(octets.into()),
                _ => None,
            })
    }

    // Faults.

    /// A fault at this place.
    #[must_use]
    pub fn bad(&self, kind: FaultKind) -> Fault {
        Fault {
            kind,
            at: self.at as u32,
        }
    }

    /// A fault of a length field whose value cannot be right.
    #[must_use]
    pub fn bad_length(&self, def: &FieldDef, value: u64, rule: &'static str) -> Fault {
        self.bad(FaultKind::BadLength {
            field: def.key,
            value,
            rule,
        })
    }

    /// A fault of a field whose value is not allowed.
    #[must_use]
    pub fn bad_value(&self, def: &FieldDef, rule: &'static str) -> Fault {
        self.bad(FaultKind::BadValue {
            field: def.key,
            rule,
        })
    }

    /// Notes a fault of this layer (the first one stays) and goes on.
    pub fn note(&mut self, fault: Fault) {
        if let Some(layer) = self.d.layers.get_mut(usize::from(self.layer)) {
            layer.fault.get_or_insert(fault);
        }
    }

    // Bytes.

    /// Moves on by `len` bytes without recording them, and returns them.
    ///
    /// # Errors
    /// A [`Fault`] when fewer are left.
    pub fn take(&mut self, len: usize) -> Result<&'b [u8], Fault> {
        let end = self.at.checked_add(len).filter(|&end| end <= self.end);
        let Some(bytes) = end.and_then(|end| self.bytes.get(self.at..end)) else {
            return Err(self.short(len));
        };
        self.at += len;
        Ok(bytes)
    }

    /// The fault of a read of `len` bytes where fewer are left.
    #[cold]
    fn short(&self, len: usize) -> Fault {
        let (needed, have) = (u32::try_from(len).unwrap_or(u32::MAX), self.left() as u32);
        self.bad(FaultKind::Truncated {
            needed,
            have,
            limit: self.limit,
        })
    }

    /// Moves on by `len` bytes, or to the end when fewer are left.
    pub fn skip(&mut self, len: usize) {
        self.at = self.at.saturating_add(len).min(self.end);
    }

    /// A big-endian number of up to 8 bytes at `ahead` bytes from here, without reading; `None` past the end.
    #[must_use]
    pub fn peek_number(&self, ahead: usize, len: usize) -> Option<u64> {
        let from = self.at.checked_add(ahead)?;
        let to = from.checked_add(len).filter(|&to| to <= self.end)?;
        Some(
            self.bytes
                .get(from..to)?
                .iter()
                .fold(0, |n, &b| n << 8 | u64::from(b)),
        )
    }

    // Structure.

    /// Opens a heading: fields until [`Self::close`] stand below it, and its span grows over them.
    pub fn open(&mut self, def: &'static FieldDef) -> Group {
        let group = Group {
            field: self.d.fields.len(),
            depth: self.depth,
        };
        self.put(def, self.ahead(0), Value::None);
        self.depth = self.depth.saturating_add(1);
        group
    }

    /// Closes a heading.
    pub fn close(&mut self, group: Group) {
        self.depth = group.depth;
        let end = self.at as u32;
        if let Some(field) = self.d.fields.get_mut(group.field) {
            field.span.len = end.saturating_sub(field.span.at);
        }
    }

    /// Gives the heading a value of its own.
    pub fn entitle(&mut self, group: Group, value: Value) {
        if let Some(field) = self.d.fields.get_mut(group.field) {
            field.value = value;
        }
    }

    /// Gives the heading a text as its value.
    pub fn entitle_text(&mut self, group: Group, text: &str) {
        let value = self.d.keep(text);
        self.entitle(group, value);
    }

    /// Reads a heading and the fields below it.
    ///
    /// # Errors
    /// The closure's; the heading is closed all the same.
    pub fn group<T>(
        &mut self,
        def: &'static FieldDef,
        read: impl FnOnce(&mut Self) -> Result<T, Fault>,
    ) -> Result<T, Fault> {
        let group = self.open(def);
        let result = read(self);
        self.close(group);
        result
    }

    /// Reads fields one level deeper, below the field recorded last.
    ///
    /// # Errors
    /// The closure's.
    pub fn nest<T>(
        &mut self,
        read: impl FnOnce(&mut Self) -> Result<T, Fault>,
    ) -> Result<T, Fault> {
        self.depth = self.depth.saturating_add(1);
        let result = read(self);
        self.depth = self.depth.saturating_sub(1);
        result
    }

    /// Confines reading to the next `len` bytes, as the length field `def` says, and stands behind them afterwards,
    /// whatever was read. When fewer are left, what there is can be read, and the end is then this layer's fault.
    ///
    /// # Errors
    /// The closure's, or a [`Fault`] when `len` reaches past the end.
    pub fn within<T>(
        &mut self,
        def: &'static FieldDef,
        len: usize,
        read: impl FnOnce(&mut Self) -> Result<T, Fault>,
    ) -> Result<T, Fault> {
        let (outer, limit) = (self.end, self.limit);
        let wanted = self.at.saturating_add(len);
        let short = wanted > outer;
        let missing = self.bad(FaultKind::Truncated {
            needed: u32::try_from(len).unwrap_or(u32::MAX),
            have: self.left() as u32,
            limit,
        });
        if !short {
            self.end = wanted;
            self.limit = Limit::Length(def.key);
        }
        let result = read(self);
        self.at = self.end;
        self.end = outer;
        self.limit = limit;
        if short && result.is_ok() {
            Err(missing)
        } else {
            result
        }
    }
}
