//! The cursor's outlook: what comes next, what happened, what is secret, and the layer's summary.

use std::fmt::{self, Write as _};

use crate::model::{EventDef, Span};

use super::{Cursor, Mark};
use crate::decode::dissection::{FragmentPart, Inner, Raised, StreamPart};
use crate::decode::engine::Pending;
use crate::decode::{FaultKind, FieldDef, Limit, Next};

/// How many tunnels may lie in each other: each of them says much about all the bytes that are left, and hostile frames
/// nest without end.
const TUNNELS_MAX: u8 = 8;

impl Cursor<'_, '_> {
    /// Names what stands in a span: it becomes a layer of its own when this one is done.
    pub fn next(&mut self, next: Next, span: Span) {
        self.defer(next, span, self.limit, (self.quoted, self.tunnels));
    }

    /// As [`Self::next`], for a packet that this one only quotes.
    pub fn quote(&mut self, next: Next, span: Span) {
        self.defer(next, span, Limit::Quote, (true, self.tunnels));
    }

    /// As [`Self::next`], for a packet that this one carries from one end of a tunnel to the other: the frame belongs to the
    /// conversation of the innermost one.
    pub fn tunnel(&mut self, next: Next, span: Span) {
        let tunnels = self.tunnels.saturating_add(1);
        if tunnels > TUNNELS_MAX {
            self.note(self.bad(FaultKind::Limit(
                "more tunnels inside each other than it follows",
            )));
            return self.next(Next::Data, span);
        }
        self.defer(next, span, self.limit, (self.quoted, tunnels));
    }

    fn defer(&mut self, next: Next, span: Span, limit: Limit, (quoted, tunnels): (bool, u8)) {
        if span.len > 0 && !self.d.mute {
            self.d.pending.push(Pending {
                next,
                span,
                limit,
                quoted,
                tunnels,
                parent: Some(self.layer),
                missing: self.missing,
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
                        tunnels: self.tunnels,
                        parent: Some(self.layer),
                        missing: 0,
                    },
                );
            }
        }
        self.clip(len, def);
    }

    /// Ends this layer here, as its length field `def` says; what lies behind is nobody's.
    pub fn clip(&mut self, len: usize, def: &'static FieldDef) {
        let end = self.at.saturating_add(len);
        if end < self.end {
            self.end = end;
            self.limit = Limit::Length(def.key);
        }
        let beyond = u32::try_from(end.saturating_sub(self.end)).unwrap_or(u32::MAX);
        self.missing = self.missing.min(beyond);
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
        if !self.quoted && !self.d.mute && !self.d.again {
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
}
