//! Bytes that no protocol claims: shown as they are, never guessed.

use crate::decode::{Cursor, Fault, Protocol, Show, Value, fields};
use crate::model::Osi;

fields! {
    DATA: "data.data", "Data", Show::Plain, "Bytes whose protocol nothing in the packet names.";
    LEN: "data.len", "Length", Show::Unit("bytes"), "How many such bytes there are.";
}

/// The row of unknown payload.
pub(in crate::decode) static PROTOCOL: Protocol = Protocol {
    key: "data",
    name: "Data",
    osi: Osi::Application,
    spec: "",
    claims: &[],
    fields: FIELDS,
    events: &[],
    decode,
    talk: None,
};

fn decode(c: &mut Cursor<'_, '_>) -> Result<(), Fault> {
    let len = c.left();
    c.bytes(&DATA, len)?;
    c.computed(&LEN, Value::Num(len as u64));
    c.summary(format_args!("{len} bytes"));
    Ok(())
}
