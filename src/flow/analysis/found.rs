//! What the analysis found in one segment, and how it becomes fields of the frame's TCP layer.

use crate::decode::{Dissection, FaultKind, Limit, Value};
use crate::model::PacketId;

use super::direction::Scale;

/// The length of a segment's header, options and all.
const HEADER_LEN: &str = "tcp.hdr_len";

/// Signs as bits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Signs(u16);

impl Signs {
    pub(super) const REUSED_PORTS: Self = Self(1);
    pub(super) const RETRANSMISSION: Self = Self(1 << 1);
    pub(super) const FAST: Self = Self(1 << 2);
    pub(super) const SPURIOUS: Self = Self(1 << 3);
    pub(super) const OUT_OF_ORDER: Self = Self(1 << 4);
    pub(super) const LOST: Self = Self(1 << 5);
    pub(super) const ACK_LOST: Self = Self(1 << 6);
    pub(super) const WINDOW_UPDATE: Self = Self(1 << 7);
    pub(super) const WINDOW_FULL: Self = Self(1 << 8);
    pub(super) const KEEP_ALIVE: Self = Self(1 << 9);
    pub(super) const KEEP_ALIVE_ACK: Self = Self(1 << 10);
    pub(super) const DUPLICATE_ACK: Self = Self(1 << 11);
    pub(super) const PROBE: Self = Self(1 << 12);
    pub(super) const ZERO_WINDOW: Self = Self(1 << 13);
    pub(super) const PROBE_ACK: Self = Self(1 << 14);

    pub(super) const fn has(self, sign: Self) -> bool {
        self.0 & sign.0 != 0
    }
}

/// The keys of the signs, in the order in which they are shown. Bytes that were sent again are so whatever the reason.
const KEYS: [(Signs, &str); 15] = [
    (Signs::REUSED_PORTS, "tcp.analysis.reused_ports"),
    (
        Signs(Signs::RETRANSMISSION.0 | Signs::FAST.0 | Signs::SPURIOUS.0),
        "tcp.analysis.retransmission",
    ),
    (Signs::FAST, "tcp.analysis.fast_retransmission"),
    (Signs::SPURIOUS, "tcp.analysis.spurious_retransmission"),
    (Signs::OUT_OF_ORDER, "tcp.analysis.out_of_order"),
    (Signs::LOST, "tcp.analysis.lost_segment"),
    (Signs::ACK_LOST, "tcp.analysis.ack_lost_segment"),
    (Signs::WINDOW_UPDATE, "tcp.analysis.window_update"),
    (Signs::WINDOW_FULL, "tcp.analysis.window_full"),
    (Signs::KEEP_ALIVE, "tcp.analysis.keep_alive"),
    (Signs::KEEP_ALIVE_ACK, "tcp.analysis.keep_alive_ack"),
    (Signs::DUPLICATE_ACK, "tcp.analysis.duplicate_ack"),
    (Signs::PROBE, "tcp.analysis.zero_window_probe"),
    (Signs::ZERO_WINDOW, "tcp.analysis.zero_window"),
    (Signs::PROBE_ACK, "tcp.analysis.zero_window_probe_ack"),
];

/// What was found in a segment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in super::super) struct Found {
    signs: Signs,
    /// There is something to say: only then the round trip of the handshake is shown.
    pub(super) touched: bool,
    /// The frame it acknowledges, and how long that took.
    pub(super) acks: Option<(PacketId, i64)>,
    pub(super) initial_rtt: Option<i64>,
    /// Bytes in flight; 0 where that is not known.
    pub(super) in_flight: u32,
    pub(super) since_push: u32,
    /// The frame from which the wait before it was sent again is counted, and how long that was.
    pub(super) rto: Option<(PacketId, i64)>,
    /// Which duplicate it is, and of which frame.
    pub(super) duplicate: (u32, PacketId),
    /// The window in bytes, and of what is no SYN by what it was scaled.
    pub(super) window: (u64, Option<Scale>),
}

impl Found {
    pub(super) const fn add(&mut self, sign: Signs) {
        self.signs.0 |= sign.0;
        self.touched = true;
    }

    pub(super) const fn has(&self, sign: Signs) -> bool {
        self.signs.has(sign)
    }

    pub(super) const fn signs(&self) -> Signs {
        self.signs
    }

    /// Adds it to the layer of its segment.
    pub(in super::super) fn tell(&self, d: &mut Dissection, layer: usize) {
        let fields = self.fields(d);
        d.append_to(layer, "tcp.window_size_value", &self.window());
        d.append(layer, &fields);
    }

    /// The window as the receiver reckons with it.
    fn window(&self) -> Vec<(&'static str, Value, u8)> {
        let (size, scale) = self.window;
        let mut fields = vec![("tcp.window_size", Value::Num(size), 1)];
        fields.extend(scale.map(|scale| {
            let factor = match scale {
                Scale::Unknown => -1,
                Scale::Unused => -2,
                Scale::By(shift) => 1_i64 << shift.min(Scale::MAX),
            };
            ("tcp.window_size_scalefactor", Value::Int(factor), 1)
        }));
        fields
    }

    pub(super) fn fields(&self, d: &mut Dissection) -> Vec<(&'static str, Value, u8)> {
        if !self.touched {
            return Vec::new();
        }
        let mut fields = vec![("tcp.analysis", Value::None, 0)];
        if let Some((frame, rtt)) = self.acks {
            fields.push(("tcp.analysis.acks_frame", Value::Num(frame.0), 1));
            fields.extend(time(d, "tcp.analysis.ack_rtt", rtt, 1));
        }
        let rtt = self.initial_rtt.unwrap_or_default();
        fields.extend(time(d, "tcp.analysis.initial_rtt", rtt, 1));
        if self.in_flight > 0 {
            let (flight, push) = (u64::from(self.in_flight), u64::from(self.since_push));
            fields.push(("tcp.analysis.bytes_in_flight", Value::Num(flight), 1));
            fields.push(("tcp.analysis.push_bytes_sent", Value::Num(push), 1));
        }
        if self.signs != Signs::default() {
            fields.push(("tcp.analysis.flags", Value::None, 1));
        }
        for (sign, key) in KEYS.into_iter().filter(|(sign, _)| self.has(*sign)) {
            fields.push((key, Value::None, 2));
            if sign.has(Signs::RETRANSMISSION)
                && let Some((frame, waited)) = self.rto
                && let Some(field) = time(d, "tcp.analysis.rto", waited, 3)
            {
                fields.push(field);
                fields.push(("tcp.analysis.rto_frame", Value::Num(frame.0), 3));
            }
        }
        if self.has(Signs::DUPLICATE_ACK) {
            let (number, frame) = self.duplicate;
            let number = Value::Num(number.into());
            fields.push(("tcp.analysis.duplicate_ack_num", number, 1));
            fields.push(("tcp.analysis.duplicate_ack_frame", Value::Num(frame.0), 1));
        }
        fields
    }
}

/// A length of time in seconds; no time at all is not shown.
fn time(
    d: &mut Dissection,
    key: &'static str,
    nanoseconds: i64,
    depth: u8,
) -> Option<(&'static str, Value, u8)> {
    let sign = if nanoseconds < 0 { "-" } else { "" };
    let size = nanoseconds.unsigned_abs();
    let text = format!("{sign}{}.{:09}", size / 1_000_000_000, size % 1_000_000_000);
    (nanoseconds != 0).then(|| (key, d.keep(&text), depth))
}

/// Has the segment of a layer a known end, and a header that its packet has room for? Else its numbers are no numbers of a
/// segment. One that only the capture cut has them.
pub(in super::super) fn is_readable(d: &Dissection, layer: usize) -> bool {
    let Some(layer) = d.layers.get(layer) else {
        return false;
    };
    let mut fields = d.fields_of(layer).iter();
    if !fields.any(|field| field.def.key == "tcp.len") {
        return false;
    }
    match layer.fault.as_ref().map(|fault| &fault.kind) {
        Some(FaultKind::Truncated { limit, .. }) => match limit {
            Limit::Snaplen => true,
            Limit::Length(field) => *field == HEADER_LEN,
            Limit::Frame | Limit::Quote | Limit::Buffer => false,
        },
        Some(FaultKind::BadLength { field, .. }) => *field != HEADER_LEN,
        _ => true,
    }
}

/// Bytes that the selective acknowledgments of a layer's segment name; as in Wireshark, of the first three.
pub(in super::super) fn sacked(d: &Dissection, layer: usize) -> u32 {
    const BLOCKS: usize = 3;
    let fields = d.layers.get(layer).map(|layer| d.fields_of(layer));
    let fields = fields.unwrap_or_default();
    let edges = |key: &'static str| {
        let named = fields.iter().filter(move |field| field.def.key == key);
        named.map(|field| match field.value {
            Value::Num(edge) => edge as u32,
            _ => 0,
        })
    };
    let blocks = edges("tcp.options.sack_le").zip(edges("tcp.options.sack_re"));
    blocks.take(BLOCKS).fold(0, |bytes: u32, (left, right)| {
        bytes.wrapping_add(right.wrapping_sub(left))
    })
}

/// The layer of a frame's innermost segment.
pub(in super::super) fn innermost(d: &Dissection) -> Option<usize> {
    let mut layers = d.layers.iter();
    layers.rposition(|layer| layer.protocol.key == "tcp" && d.is_own(layer))
}
