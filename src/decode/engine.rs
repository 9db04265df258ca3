//! Drives the decoders: from a frame's first byte inwards, each layer naming what comes next by number and span.

use std::any::Any;

use crate::model::{BufId, Side, Span};

use super::cursor::Speech;
use super::opener::Opener;
use super::table::{Next, Protocol};
use super::{Cursor, Dissection, Fault, FaultKind, Layer, Limit, Raised};

/// How many layers one frame may have; hostile frames nest without end.
const LAYERS_MAX: usize = 512;

/// A layer to come.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pending {
    pub(super) next: Next,
    pub(super) span: Span,
    pub(super) limit: Limit,
    pub(super) quoted: bool,
    pub(super) tunnels: u8,
    pub(super) parent: Option<u16>,
    pub(super) missing: u32,
}

/// Decodes a frame from its first byte: `d` must have been begun with its link type and lengths.
pub fn decode_frame(frame: &[u8], d: &mut Dissection) {
    let limit = if (frame.len() as u64) < u64::from(d.wire_len) {
        Limit::Snaplen
    } else {
        Limit::Frame
    };
    let span = Span::bytes(BufId::FRAME, 0, frame.len() as u32);
    if span.len > 0 {
        d.pending.push(Pending {
            next: Next::Link(d.link.0),
            span,
            limit,
            quoted: false,
            tunnels: 0,
            parent: None,
            missing: d.wire_len.saturating_sub(span.len),
        });
        run(frame, d);
        enter(d);
    }
}

/// Decodes bytes of a frame or of one of its buffers (a reassembled packet) as what `next` names.
pub fn decode_span(frame: &[u8], d: &mut Dissection, next: Next, span: Span) {
    if let Some(envelope) = &mut d.envelope {
        (envelope.piece, envelope.whole) = (false, true);
    }
    d.pending.push(Pending {
        next,
        span,
        limit: Limit::Buffer,
        quoted: false,
        tunnels: d.tunnels,
        parent: None,
        missing: 0,
    });
    run(frame, d);
    enter(d);
}

/// Decodes one message of a conversation.
pub fn decode_message(
    frame: &[u8],
    d: &mut Dissection,
    protocol: &'static Protocol,
    span: Span,
    memory: &mut dyn Any,
    side: Side,
    opener: &mut dyn Opener,
) {
    let pending = Pending {
        next: Next::Data,
        span,
        limit: Limit::Buffer,
        quoted: false,
        tunnels: d.tunnels,
        parent: None,
        missing: 0,
    };
    layer(
        frame,
        d,
        protocol,
        pending,
        Some(Speech {
            memory,
            side,
            opener,
        }),
    );
    run(frame, d);
}

fn run(frame: &[u8], d: &mut Dissection) {
    while let Some(pending) = d.pending.pop() {
        if let Some(protocol) = d.protocol(pending.next, peek(frame, d, pending.span)) {
            layer(frame, d, protocol, pending, None);
        }
    }
}

/// Finds how deep in tunnels the innermost packet lies: the frame belongs to its conversation. What happens deeper still (in
/// what is no IP packet, or cannot be read) is nobody's. Bytes decide, not the port: a tunnel whose header cannot be right
/// carries nothing.
fn enter(d: &mut Dissection) {
    let mut deepest = 0;
    let mut sound = true;
    let inside = |layer: &&Layer| layer.tunnels > 0 && !layer.quoted;
    for layer in d.layers.iter().filter(inside) {
        deepest = deepest.max(layer.tunnels);
        let parent = layer.parent.and_then(|at| d.layers.get(usize::from(at)));
        sound &= !parent.is_some_and(is_wrong);
        if sound && layer.tunnels > d.tunnels && is_packet(d, layer) {
            d.tunnels = layer.tunnels;
        }
    }
    if deepest > d.tunnels {
        (d.stream, d.fragment) = (None, None);
        let (layers, tunnels) = (&d.layers, d.tunnels);
        let raiser = |raised: &Raised| layers.get(usize::from(raised.layer?));
        d.events
            .retain(|raised| raiser(raised).is_none_or(|layer| layer.tunnels <= tunnels));
    }
}

/// Is it the header of a packet with addresses?
fn is_packet(d: &Dissection, layer: &Layer) -> bool {
    let addressed = match layer.protocol.key {
        "ip" => "ip.dst",
        "ipv6" => "ipv6.dst",
        "arp" => "arp.dst.proto_ipv4",
        _ => return false,
    };
    let fields = d.fields_of(layer).iter();
    fields
        .map(|field| field.def.key)
        .any(|key| key == addressed)
}

fn is_wrong(layer: &Layer) -> bool {
    let kind = layer.fault.as_ref().map(|fault| &fault.kind);
    matches!(
        kind,
        Some(FaultKind::BadValue { .. } | FaultKind::BadLength { .. })
    )
}

/// Padding stands at the start of the list, behind everything else; a layer that bounds itself puts it there.
fn aside(pending: &[Pending]) -> usize {
    let padding = pending.iter().take_while(|p| p.next == Next::Padding);
    padding.count()
}

fn peek<'a>(frame: &'a [u8], d: &'a Dissection, span: Span) -> &'a [u8] {
    d.bytes(frame, span).unwrap_or_default()
}

fn layer(
    frame: &[u8],
    d: &mut Dissection,
    protocol: &'static Protocol,
    pending: Pending,
    speech: Option<Speech<'_>>,
) {
    if d.layers.len() >= LAYERS_MAX {
        if let Some(last) = d.layers.last_mut() {
            let kind = FaultKind::Limit("more layers in one frame than it follows");
            last.fault.get_or_insert(Fault {
                kind,
                at: pending.span.at,
            });
        }
        d.pending.clear();
        return;
    }
    let index = d.layers.len();
    let first = d.fields.len() as u32;
    let waiting = d.pending.len().saturating_sub(aside(&d.pending));
    d.layers.push(Layer {
        protocol,
        span: pending.span,
        fields: (first, first),
        summary: (0, 0),
        fault: None,
        quoted: pending.quoted,
        tunnels: pending.tunnels,
        parent: pending.parent,
    });
    let buffer = usize::from(pending.span.buf.0);
    let owned = d
        .buffers
        .get_mut(buffer)
        .map(|b| std::mem::take(&mut b.bytes))
        .unwrap_or_default();
    let bytes = if pending.span.buf == BufId::FRAME {
        frame
    } else {
        &owned
    };
    let speaks = speech.is_some();
    // Rebuilt, so that its borrows may end with the cursor's.
    let speech = speech.map(|s| Speech {
        memory: s.memory,
        side: s.side,
        opener: s.opener,
    });
    let mut cursor = Cursor::new(
        bytes,
        pending.span,
        pending.limit,
        index as u16,
        pending.quoted,
        d,
        speech,
    )
    .lacking(pending.missing)
    .within_tunnels(pending.tunnels);
    if speaks {
        cursor.remark_on_port(protocol);
    }
    let result = (protocol.decode)(&mut cursor);
    if let Err(fault) = result {
        cursor.note(fault);
    }
    cursor.settle();
    let consumed = cursor.consumed() as u32;
    if let Some(buffer) = d.buffers.get_mut(buffer) {
        buffer.bytes = owned;
    }
    let last = d.fields.len() as u32;
    if let Some(layer) = d.layers.get_mut(index) {
        layer.span.len = consumed;
        layer.fields.1 = last;
    }
    // They were named in wire order and are worked off from the end of the list.
    let waiting = (aside(&d.pending) + waiting).min(d.pending.len());
    if let Some(named) = d.pending.get_mut(waiting..) {
        named.reverse();
    }
}
