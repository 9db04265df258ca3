//! The frame in hand while its bytes are heard: what is found in them goes into its dissection.

use crate::decode::{Dissection, Fault, FaultKind, Next, Opener, decode_frame, decode_span};
use crate::model::{Side, Span};

use super::Want;

/// The frame in hand while its bytes are heard.
pub(super) struct Hearing<'a> {
    pub frame: &'a [u8],
    pub d: &'a mut Dissection,
    pub opener: &'a mut dyn Opener,
    pub want: Want,
    /// Whose last bytes these are, when it is known: the end is said next.
    pub ends: Option<Side>,
}

impl Hearing<'_> {
    /// Decodes the frame's own layers, if that has not been done: they stand before those of its messages.
    pub(super) fn layers(&mut self) {
        if self.d.layers.is_empty() && self.want != Want::Conversations {
            decode_frame(self.frame, self.d);
        }
    }

    /// Says in the last layer that a limit was reached.
    pub(super) fn limit(&mut self, what: &'static str) {
        self.layers();
        let at = self.d.captured_len;
        if let Some(layer) = self.d.layers.last_mut() {
            let kind = FaultKind::Limit(what);
            layer.fault.get_or_insert(Fault { kind, at });
        }
    }

    /// Bytes that no protocol reads: shown as they are where everything is shown.
    pub(super) fn show(&mut self, span: Span) {
        if self.want == Want::Fields && span.len > 0 {
            decode_span(self.frame, self.d, Next::Data, span);
        }
    }
}
