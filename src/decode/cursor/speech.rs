//! The cursor in a conversation: what is remembered between messages, who speaks, and buffers beside the frame.

use std::any::Any;

use crate::model::{Osi, Piece, Side, Span};

use super::Cursor;
use crate::decode::dissection::BufferKind;
use crate::decode::opener::{Opener, Sealed, Unopened};
use crate::decode::protocols::ODD_PORT;
use crate::decode::{Fault, FaultKind, Limit, Protocol};

/// What a conversation protocol remembers between messages, and who speaks.
pub(in crate::decode) struct Speech<'o> {
    pub(in crate::decode) memory: &'o mut dyn Any,
    pub(in crate::decode) side: Side,
    pub(in crate::decode) opener: &'o mut dyn Opener,
}

impl Cursor<'_, '_> {
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

    /// Says that the port usually carries another protocol than this message's, where that is so.
    pub(in crate::decode) fn remark_on_port(&mut self, spoken: &Protocol) {
        let Some((port, usual)) = self.d.odd_port.take() else {
            return;
        };
        if self.d.detail {
            let [usual, spoken] = [usual.key, spoken.key].map(str::to_uppercase);
            let text = format!(
                "port {port} usually carries {usual}, but this is {spoken}: a port is only a convention, the bytes decide"
            );
            self.computed_text(ODD_PORT, &text);
        }
    }

    /// True when what is read came out of an encrypted layer of this frame (TLS).
    #[must_use]
    pub fn encrypted(&self) -> bool {
        let outer = self.d.layers.iter().take(usize::from(self.layer));
        outer
            .filter(|layer| !layer.quoted)
            .any(|layer| layer.protocol.osi == Osi::Presentation)
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
                pieces.push(Piece {
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
    pub fn assemble(&mut self, kind: BufferKind, bytes: &[u8], pieces: &[Piece]) -> Option<Span> {
        let buf = self.d.add_buffer(kind, bytes, pieces)?;
        Some(Span::bytes(buf, 0, bytes.len() as u32))
    }

    /// The captured bytes behind a span, appended to `pieces` as those of a message that has `have` bytes so far.
    pub fn trace(&self, span: Span, have: u32, pieces: &mut Vec<Piece>) {
        self.d.trace(span, |piece| {
            pieces.push(Piece {
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
