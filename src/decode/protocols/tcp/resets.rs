//! Why a reset was probably sent, as fields: nothing of it is on the wire.
//!
//! The flow room finds it, as it knows the segments before; here are only the names.

use crate::decode::{Base, Names, Show, fields};

/// What the numbers of a reset and of the segments before it show (RFC 9293).
const REASONS: Names = &[
    (
        1,
        "answers the SYN: nothing listens on this port, or a filter refuses it",
    ),
    (
        2,
        "answers the SYN-ACK: its receiver has no connection like this",
    ),
    (3, "answers bytes that came after its sender had closed"),
    (4, "both sides had closed: it changes nothing"),
    (
        5,
        "has the form of an answer to a segment of an unknown connection",
    ),
    (6, "its sender gave the connection up"),
    (7, "its number does not fit: the receiver ignores it"),
];

fields! {
    REASON: "wirewalk.tcp.reset_reason", "Reason", Show::Names(Base::Dec, REASONS), "What the numbers of the reset and of the segments before it prove about why it was sent; nothing where they prove nothing.";
    HINT: "wirewalk.tcp.reset_hint", "Sent by another?", Show::Plain, "Its IP header is unlike those of its sender's other packets: a box on the way may have made it. A hint, no proof.";
}
