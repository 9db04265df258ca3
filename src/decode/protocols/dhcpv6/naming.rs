//! Domain names in DHCPv6, which are never compressed (RFC 9915 section 10), and the client's own (RFC 4704).

use crate::decode::{Cursor, Fault, FieldDef, Value, domain};

use super::fields as f;

/// The longest name in octets, with its length bytes and the root (RFC 1035 section 2.3.4).
const OCTETS_MAX: u32 = 255;

/// Names one after the other.
pub(super) fn names(c: &mut Cursor<'_, '_>, def: &'static FieldDef) -> Result<(), Fault> {
    while !c.is_empty() {
        name(c, def)?;
    }
    Ok(())
}

/// A name in labels. It ends with the root, which is written as a dot; a partial name ends with the option.
fn name(c: &mut Cursor<'_, '_>, def: &'static FieldDef) -> Result<(), Fault> {
    let from = c.offset();
    let mut text = String::new();
    while let Some(length) = c.peek_number(0, 1) {
        if length > 63 {
            return Err(c.bad_value(def, "made of labels of at most 63 bytes"));
        }
        c.take(1)?;
        if length == 0 {
            text.push('.');
            break;
        }
        if !text.is_empty() {
            text.push('.');
        }
        domain::push_label(c.take(length as usize)?, &mut text);
    }
    let span = c.since(from);
    c.put_text(def, span, &text);
    if span.len > OCTETS_MAX {
        let fault = c.bad_length(def, u64::from(span.len), "at most 255 octets");
        c.note(fault);
    }
    Ok(())
}

/// Option 39: the client's full name, and who enters it in the DNS.
pub(super) fn client(c: &mut Cursor<'_, '_>, server: bool) -> Result<(), Fault> {
    let number = c.peek_number(0, 1);
    let flags = c.open(&f::FQDN_FLAGS);
    if server {
        c.flag(&f::FQDN_SERVER_N, 1, 5)?;
        c.flag(&f::FQDN_SERVER_O, 1, 6)?;
        c.flag(&f::FQDN_SERVER_S, 1, 7)?;
    } else {
        c.flag(&f::FQDN_CLIENT_N, 1, 5)?;
        c.flag(&f::FQDN_CLIENT_S, 1, 7)?;
    }
    c.take(1)?;
    c.entitle(flags, Value::Num(number.unwrap_or_default()));
    c.close(flags);
    names(c, &f::FQDN_NAME)
}
