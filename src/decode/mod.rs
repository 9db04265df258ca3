//! Bytes become fields: the cursor reads and records, the table finds the next protocol, the dissection holds the result.
//!
//! Nothing here can fail: odd bytes are a [`Fault`] of the layer that met them, and what was decoded before stays.

mod cursor;
mod dissection;
mod engine;
mod fault;
mod field;
mod opener;
pub mod protocols;
pub mod skim;
mod table;

pub use cursor::{Cursor, Group, Mark};
pub use dissection::{
    BodyPart, Buffer, BufferKind, Dissection, FlowRef, FragmentPart, Inner, Layer, Raised,
    StreamPart,
};
pub use engine::{decode_frame, decode_message, decode_span};
pub use fault::{Fault, FaultKind, Limit};
pub use field::{Base, Field, FieldDef, Names, Show, Value};
pub use opener::{Epoch, Opener, Sealed, TlsVersion, Unopened};
pub use table::{
    Ask, Claim, Extent, Fact, FactValue, Guess, Next, Protocol, Talk, protocol, protocol_by_key,
    protocols,
};

/// Declares the fields of a protocol, each once: `NAME: "wireshark.key", "Label", Show, "Help sentence.";`.
/// Makes a `static` of each, and the list `FIELDS` for the protocol's row.
macro_rules! fields {
    ($($name:ident: $key:literal, $label:literal, $show:expr, $help:literal;)*) => {
        $(static $name: $crate::decode::FieldDef = $crate::decode::FieldDef {
            key: $key, label: $label, show: $show, help: $help,
        };)*
        static FIELDS: &[&$crate::decode::FieldDef] = &[$(&$name),*];
    };
}

/// Declares the events that a protocol raises: `NAME: "protocol.event", "Help sentence.";`, and the list `EVENTS`.
macro_rules! events {
    ($($name:ident: $id:literal, $help:literal;)*) => {
        $(static $name: $crate::model::EventDef = $crate::model::EventDef { id: $id, help: $help };)*
        static EVENTS: &[&$crate::model::EventDef] = &[$(&$name),*];
    };
}

pub(crate) use {events, fields};
