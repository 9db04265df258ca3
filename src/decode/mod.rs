//! Bytes become fields: the cursor reads and records, the table finds the next protocol, the dissection holds the result.
//!
//! Nothing here can fail: odd bytes are a [`Fault`] of the layer that met them, and what was decoded before stays.

pub(crate) mod answers;
pub(crate) mod checksum;
pub(crate) mod credentials;
mod cursor;
pub(crate) mod date;
mod decode_as;
mod dissection;
pub(crate) mod domain;
mod engine;
mod fault;
mod field;
mod hidden;
pub(crate) mod names;
mod opener;
pub mod protocols;
pub mod skim;
mod table;
#[cfg(test)]
pub(crate) mod testing;
pub mod vendors;

pub use checksum::{Checksum, Envelope};
pub use cursor::{Cursor, Group, Mark};
pub use decode_as::{BadRule, DecodeAs};
pub use dissection::{
    BodyPart, Buffer, BufferKind, Dissection, FlowRef, FragmentPart, Inner, Layer, Raised,
    StreamPart,
};
pub use engine::{decode_frame, decode_message, decode_span};
pub use fault::{Fault, FaultKind, Limit};
pub use field::{Base, Field, FieldDef, Names, Show, Value};
pub(crate) use field::{join, lossy};
pub use hidden::Hidden;
pub use opener::{Epoch, Opener, Sealed, TlsVersion, Unopened};
pub use table::{
    Ask, Claim, Extent, Fact, FactValue, Guess, Next, Protocol, Talk, claimed, protocol_by_key,
    protocols, usual,
};

/// Declares the fields of a protocol, each once: `NAME: "wireshark.key", "Label", Show, "Help sentence.";`.
/// Makes a `static` of each, and the list `FIELDS` for the protocol's row; both are seen by the module above, where a
/// protocol of several files has its row.
macro_rules! fields {
    ($($name:ident: $key:literal, $label:literal, $show:expr, $help:literal;)*) => {
        $(pub(super) static $name: $crate::decode::FieldDef = $crate::decode::FieldDef {
            key: $key, label: $label, show: $show, help: $help,
        };)*
        pub(super) static FIELDS: &[&$crate::decode::FieldDef] = &[$(&$name),*];
    };
}

/// Joins the `FIELDS` of a protocol's parts (`joined![FIELDS, options::FIELDS]`) into one list for its row.
macro_rules! joined {
    ($($part:expr),* $(,)?) => {{
        const LEN: usize = 0 $(+ $part.len())*;
        static ALL: [&$crate::decode::FieldDef; LEN] = $crate::decode::join(&[$($part),*]);
        &ALL
    }};
}

/// Declares the events that a protocol raises: `NAME: "protocol.event", "Help sentence.";`, and the list `EVENTS`.
macro_rules! events {
    ($($name:ident: $id:literal, $help:literal;)*) => {
        $(pub(super) static $name: $crate::model::EventDef = $crate::model::EventDef { id: $id, help: $help };)*
        pub(super) static EVENTS: &[&$crate::model::EventDef] = &[$(&$name),*];
    };
}

pub(crate) use {events, fields, joined};
