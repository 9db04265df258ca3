//! The cursor: reads and records in one step, so that a decoder is a list of fields in wire order.
//!
//! This is the only file that indexes bytes. A read past the end is a [`Fault`], which decoders hand on with `?`.

use std::any::Any;
use std::fmt::{self, Write as _};

use crate::model::{BufId, EventDef, Side, Span};

use super::dissection::{BufferKind, FragmentPart, Inner, Raised, StreamPart};
use super::engine::Pending;
use super::opener::{Opener, Sealed, Unopened};
use super::{Dissection, Fault, FaultKind, FieldDef, Limit, Next, Value};

/// How many fields one frame may have; a hostile frame can ask for more.
const FIELDS_MAX: usize = 200_000;

/// What a conversation protocol remembers between messages, and who speaks.
pub(super) struct Speech<'o> {
    pub memory: &'o mut dyn Any,
    pub side: Side,
    pub opener: &'o mut dyn Opener,
}

/// A place in a layer's bytes, with everything that the decoder of the layer may use.
pub struct Cursor<'b, 'o> {
    bytes: &'b [u8],
    at: usize,
    end: usize,
    limit: Limit,
    buf: BufId,
    depth: u8,
    layer: u16,
    start: usize,
    quoted: bool,
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
            limit,
            buf: span.buf,
            depth: 0,
            layer,
            start: at,
            quoted,
            d,
            speech,
        }
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
            let (needed, have) = (u32::try_from(len).unwrap_or(u32::MAX), self.left() as u32);
            return Err(self.bad(FaultKind::Truncated {
                needed,
                have,
                limit: self.limit,
            }));
        };
        self.at += len;
        Ok(bytes)
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

    // Fields. Each reads at the cursor, records the field with its span, and moves on.

    /// Records a field with any value and span (computed values have length 0).
    pub fn put(&mut self, def: &'static FieldDef, span: Span, value: Value) {
        if self.d.fields.len() < FIELDS_MAX {
            self.d.push(def, span, value, self.depth);
        }
    }

    /// Records a field with a text value.
    pub fn put_text(&mut self, def: &'static FieldDef, span: Span, text: &str) {
        let value = self.d.keep(text);
        self.put(def, span, value);
    }

    /// Records a value that is not on the wire.
    pub fn computed(&mut self, def: &'static FieldDef, value: Value) {
        self.put(def, self.ahead(0), value);
    }

    /// Records a text that is not on the wire.
    pub fn computed_text(&mut self, def: &'static FieldDef, text: &str) {
        self.put_text(def, self.ahead(0), text);
    }

    /// A big-endian unsigned number of 1 to 8 bytes.
    ///
    /// # Errors
    /// A [`Fault`] past the end; so for all reads below.
    pub fn number(&mut self, def: &'static FieldDef, len: usize) -> Result<u64, Fault> {
        let span = self.ahead(len);
        let number = self
            .take(len)?
            .iter()
            .fold(0, |n, &b| n << 8 | u64::from(b));
        self.put(def, span, Value::Num(number));
        Ok(number)
    }

    /// One byte.
    pub fn u8(&mut self, def: &'static FieldDef) -> Result<u8, Fault> {
        self.number(def, 1).map(|n| n as u8)
    }

    /// Two bytes, big-endian.
    pub fn u16(&mut self, def: &'static FieldDef) -> Result<u16, Fault> {
        self.number(def, 2).map(|n| n as u16)
    }

    /// Three bytes, big-endian.
    pub fn u24(&mut self, def: &'static FieldDef) -> Result<u32, Fault> {
        self.number(def, 3).map(|n| n as u32)
    }

    /// Four bytes, big-endian.
    pub fn u32(&mut self, def: &'static FieldDef) -> Result<u32, Fault> {
        self.number(def, 4).map(|n| n as u32)
    }

    /// Eight bytes, big-endian.
    pub fn u64(&mut self, def: &'static FieldDef) -> Result<u64, Fault> {
        self.number(def, 8)
    }

    /// One byte that is a flag: true when not 0.
    pub fn bool(&mut self, def: &'static FieldDef) -> Result<bool, Fault> {
        let span = self.ahead(1);
        let set = self.take(1)?.iter().any(|&b| b != 0);
        self.put(def, span, Value::Bool(set));
        Ok(set)
    }

    /// `count` bits from bit `first` of the next `len` bytes (bit 0 the highest of the first byte), as a number. The cursor stays.
    pub fn bits(
        &mut self,
        def: &'static FieldDef,
        len: usize,
        first: u8,
        count: u8,
    ) -> Result<u64, Fault> {
        let (span, number) = self.cut(len, first, count)?;
        self.put(def, span, Value::Num(number));
        Ok(number)
    }

    /// One bit of the next `len` bytes, as a flag. The cursor stays.
    pub fn flag(&mut self, def: &'static FieldDef, len: usize, bit: u8) -> Result<bool, Fault> {
        let (span, number) = self.cut(len, bit, 1)?;
        self.put(def, span, Value::Bool(number != 0));
        Ok(number != 0)
    }

    fn cut(&mut self, len: usize, first: u8, count: u8) -> Result<(Span, u64), Fault> {
        let at = self.at;
        let whole = self
            .take(len)?
            .iter()
            .fold(0, |n, &b| n << 8 | u64::from(b));
        self.at = at;
        let shift = (len as u32 * 8).saturating_sub(u32::from(first) + u32::from(count));
        let mask = if count >= 64 {
            u64::MAX
        } else {
            (1 << count) - 1
        };
        let span = Span {
            buf: self.buf,
            bit: first,
            bits: count,
            at: at as u32,
            len: len as u32,
        };
        Ok((span, whole.checked_shr(shift).unwrap_or(0) & mask))
    }

    /// An IPv4 address.
    pub fn ip4(&mut self, def: &'static FieldDef) -> Result<[u8; 4], Fault> {
        let span = self.ahead(4);
        let octets = self.take(4)?.try_into().unwrap_or_default();
        self.put(def, span, Value::Ip4(octets));
        Ok(octets)
    }

    /// An IPv6 address.
    pub fn ip6(&mut self, def: &'static FieldDef) -> Result<[u8; 16], Fault> {
        let span = self.ahead(16);
        let octets = self.take(16)?.try_into().unwrap_or_default();
        self.put(def, span, Value::Ip6(octets));
        Ok(octets)
    }

    /// A MAC address.
    pub fn mac(&mut self, def: &'static FieldDef) -> Result<[u8; 6], Fault> {
        let span = self.ahead(6);
        let octets = self.take(6)?.try_into().unwrap_or_default();
        self.put(def, span, Value::Mac(octets));
        Ok(octets)
    }

    /// `len` bytes, shown as they are.
    pub fn bytes(&mut self, def: &'static FieldDef, len: usize) -> Result<&'b [u8], Fault> {
        let span = self.ahead(len);
        let bytes = self.take(len)?;
        self.put(def, span, Value::Bytes);
        Ok(bytes)
    }

    /// `len` bytes of text; what is not UTF-8 is replaced by U+FFFD.
    pub fn text(&mut self, def: &'static FieldDef, len: usize) -> Result<&'b [u8], Fault> {
        let span = self.ahead(len);
        let bytes = self.take(len)?;
        self.put_text(def, span, &String::from_utf8_lossy(bytes));
        Ok(bytes)
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

    // What comes next, and what happened.

    /// Names what stands in a span: it becomes a layer of its own when this one is done.
    pub fn next(&mut self, next: Next, span: Span) {
        self.defer(next, span, self.limit, self.quoted);
    }

    /// As [`Self::next`], for a packet that this one only quotes.
    pub fn quote(&mut self, next: Next, span: Span) {
        self.defer(next, span, Limit::Quote, true);
    }

    fn defer(&mut self, next: Next, span: Span, limit: Limit, quoted: bool) {
        if span.len > 0 {
            self.d.pending.push(Pending {
                next,
                span,
                limit,
                quoted,
            });
        }
    }

    /// Hands on TCP payload, to be put in order and cut into messages.
    pub fn stream(&mut self, src: u16, dst: u16, span: Span) {
        if self.quoted {
            self.next(Next::Data, span);
        } else {
            self.d.stream = Some(StreamPart { span, src, dst });
        }
    }

    /// Hands on a fragment, to be put together with its siblings.
    pub fn fragment(&mut self, part: FragmentPart) {
        if self.quoted {
            self.next(Next::Data, part.span);
        } else {
            self.d.fragment = Some(part);
        }
    }

    /// Hands on clear bytes of the stream that this conversation carries.
    pub fn inner(&mut self, next: Next, span: Span) {
        if span.len > 0 {
            self.d.inner.push(Inner { next, span });
        }
    }

    /// Ends the packet here: bytes behind (link-layer padding) are no part of it.
    pub fn bound(&mut self, len: usize, def: &'static FieldDef) {
        let end = self.at.saturating_add(len);
        if end < self.end {
            let span = Span::bytes(self.buf, end as u32, (self.end - end) as u32);
            // Behind everything else: the list of pending layers is worked off from its end.
            if !self.quoted {
                self.d.pending.insert(
                    0,
                    Pending {
                        next: Next::Padding,
                        span,
                        limit: self.limit,
                        quoted: false,
                    },
                );
            }
            self.end = end;
            self.limit = Limit::Length(def.key);
        }
    }

    /// Raises an event whose message is this whole layer.
    pub fn event(&mut self, def: &'static EventDef) {
        let field = self
            .d
            .layers
            .get(usize::from(self.layer))
            .map_or(0, |layer| layer.fields.0);
        self.event_since(
            Mark {
                field,
                at: self.start as u32,
            },
            def,
        );
    }

    /// The place here, for [`Self::event_since`].
    pub fn mark(&self) -> Mark {
        Mark {
            field: self.d.fields.len() as u32,
            at: self.at as u32,
        }
    }

    /// Raises an event whose message reaches from the mark to here.
    pub fn event_since(&mut self, mark: Mark, def: &'static EventDef) {
        if !self.quoted {
            let fields = (mark.field, self.d.fields.len() as u32);
            self.d.events.push(Raised {
                def,
                fields,
                span: self.since(mark.at),
                layer: Some(self.layer),
                about: None,
            });
        }
    }

    /// Marks bytes as secret: a password, a cookie, a token. The view masks them unless asked.
    pub fn secret(&mut self, span: Span) {
        self.d.secrets.push(span);
    }

    /// Writes the layer's one-line summary; formatted only where it is wanted.
    pub fn summary(&mut self, text: fmt::Arguments<'_>) {
        if !self.d.detail {
            return;
        }
        let from = self.d.text.len() as u32;
        let _ = self.d.text.write_fmt(text);
        let to = self.d.text.len() as u32;
        if let Some(layer) = self.d.layers.get_mut(usize::from(self.layer)) {
            layer.summary = (from, to);
        }
    }

    // Conversations.

    /// What the conversation remembers; `None` when the protocol is met outside one.
    pub fn memory<T: 'static>(&mut self) -> Option<&mut T> {
        self.speech.as_mut()?.memory.downcast_mut()
    }

    /// Who sent this message; the client where that is not known.
    #[must_use]
    pub fn side(&self) -> Side {
        self.speech
            .as_ref()
            .map_or(Side::Client, |speech| speech.side)
    }

    /// Opens a sealed record: its clear bytes become a buffer, whose span is returned with the content type.
    /// `body` is where the sealed bytes lie, `prefix` how many of them precede the ciphertext (explicit nonces).
    ///
    /// # Errors
    /// [`Unopened`]: why it stays sealed.
    pub fn unseal(
        &mut self,
        sealed: &Sealed<'_>,
        body: Span,
        prefix: u32,
    ) -> Result<(u8, Span), Unopened> {
        let speech = self.speech.as_mut().ok_or(Unopened::NoKey)?;
        let mut clear = Vec::new();
        let kind = speech.opener.open(sealed, &mut clear)?;
        let len = clear.len() as u32;
        let mut pieces = Vec::new();
        self.d.trace(
            Span::bytes(
                body.buf,
                body.at + prefix,
                len.min(body.len.saturating_sub(prefix)),
            ),
            |piece| {
                pieces.push(crate::model::Piece {
                    at: piece.at - body.at - prefix,
                    ..piece
                });
            },
        );
        let buf = self
            .d
            .add_buffer(BufferKind::Decrypted, &clear, &pieces)
            .ok_or(Unopened::Failed)?;
        Ok((kind, Span::bytes(buf, 0, len)))
    }

    /// Makes a buffer of bytes that were put together from several spans (a handshake message over several records).
    /// `parts` are the spans in order; their bytes are `bytes`.
    pub fn assemble(
        &mut self,
        kind: BufferKind,
        bytes: &[u8],
        pieces: &[crate::model::Piece],
    ) -> Option<Span> {
        let buf = self.d.add_buffer(kind, bytes, pieces)?;
        Some(Span::bytes(buf, 0, bytes.len() as u32))
    }

    /// The captured bytes behind a span, appended to `pieces` as those of a message that has `have` bytes so far.
    pub fn trace(&self, span: Span, have: u32, pieces: &mut Vec<crate::model::Piece>) {
        self.d.trace(span, |piece| {
            pieces.push(crate::model::Piece {
                at: piece.at - span.at + have,
                ..piece
            });
        });
    }

    /// Reads another buffer (clear or put together) as part of this layer, then comes back here.
    ///
    /// # Errors
    /// The closure's.
    pub fn elsewhere<T>(
        &mut self,
        span: Span,
        read: impl FnOnce(&mut Cursor<'_, '_>) -> Result<T, Fault>,
    ) -> Result<T, Fault> {
        let index = usize::from(span.buf.0);
        let Some(buffer) = self.d.buffers.get_mut(index) else {
            return Err(self.bad(FaultKind::Limit("too many buffers in one frame")));
        };
        let bytes = std::mem::take(&mut buffer.bytes);
        let speech = self.speech.as_mut().map(|s| Speech {
            memory: &mut *s.memory,
            side: s.side,
            opener: &mut *s.opener,
        });
        let mut inner = Cursor::new(
            &bytes,
            span,
            Limit::Buffer,
            self.layer,
            self.quoted,
            &mut *self.d,
            speech,
        );
        inner.depth = self.depth;
        let result = read(&mut inner);
        if let Some(buffer) = self.d.buffers.get_mut(index) {
            buffer.bytes = bytes;
        }
        result
    }
}
