//! DUIDs: who a client or server is, whatever its addresses (RFC 9915 section 11, RFC 6355).

use std::fmt::Write as _;

use crate::decode::{Cursor, Fault, FieldDef, Value, date};
use crate::model::Mac;

use super::fields as f;

/// Midnight of 2000-01-01 UTC, from which DUIDs count their time, in seconds since 1970.
const MILLENNIUM: u64 = 946_684_800;

const ETHERNET: u16 = 1;
const IEEE_802: u16 = 6;

/// The client's DUID; it is also kept as digits, by which the messages of one client find each other.
pub(super) fn client(c: &mut Cursor<'_, '_>) -> Result<(), Fault> {
    if !c.is_empty() && !c.mute() {
        let mut digits = String::new();
        for byte in c.peek() {
            // Writing to a string cannot fail.
            let _ = write!(digits, "{byte:02x}");
        }
        let span = c.rest_span();
        c.put_text(&f::CLIENT, span, &digits);
    }
    duid(c)
}

/// A DUID of any kind, up to the end of what may be read.
pub(super) fn duid(c: &mut Cursor<'_, '_>) -> Result<(), Fault> {
    if !c.is_empty() {
        c.put(&f::DUID, c.rest_span(), Value::Bytes);
    }
    c.nest(|c| match c.u16(&f::DUID_TYPE)? {
        1 => {
            let hardware = c.u16(&f::LLT_HARDWARE)?;
            let span = c.ahead(4);
            let seconds = c.peek_number(0, 4).unwrap_or_default();
            c.take(4)?;
            let seconds = MILLENNIUM.saturating_add(seconds).cast_signed();
            c.put_text(&f::LLT_TIME, span, &date::utc(seconds, 0));
            hardware_address(c, hardware, &f::LLT_ADDRESS)
        }
        2 => {
            c.u32(&f::EN_NUMBER)?;
            rest(c, &f::EN_IDENTIFIER)
        }
        3 => {
            let hardware = c.u16(&f::LL_HARDWARE)?;
            hardware_address(c, hardware, &f::LL_ADDRESS)
        }
        4 => c.bytes(&f::UUID, 16).map(drop),
        _ => {
            c.skip(c.left());
            Ok(())
        }
    })
}

/// What is left, as an address of this kind of network.
pub(super) fn hardware_address(
    c: &mut Cursor<'_, '_>,
    hardware: u16,
    def: &'static FieldDef,
) -> Result<(), Fault> {
    match <[u8; 6]>::try_from(c.peek()) {
        Ok(octets) if matches!(hardware, ETHERNET | IEEE_802) => {
            c.put_text(def, c.ahead(6), &Mac(octets).to_string());
            c.take(6).map(drop)
        }
        _ => rest(c, def),
    }
}

fn rest(c: &mut Cursor<'_, '_>, def: &'static FieldDef) -> Result<(), Fault> {
    match c.left() {
        0 => Ok(()),
        length => c.bytes(def, length).map(drop),
    }
}
