//! DER (ITU-T X.690): the tag, length and value of which certificates are made, read with their places.

use std::fmt::Write as _;

use crate::decode::{Cursor, Fault, FieldDef, Value};
use crate::model::Span;

use super::fields::{LENGTH, TAG};

pub(super) const BOOLEAN: u8 = 0x01;
pub(super) const INTEGER: u8 = 0x02;
pub(super) const BIT_STRING: u8 = 0x03;
pub(super) const OCTET_STRING: u8 = 0x04;
pub(super) const OBJECT_ID: u8 = 0x06;
pub(super) const UTF8_STRING: u8 = 0x0c;
pub(super) const PRINTABLE_STRING: u8 = 0x13;
pub(super) const TELETEX_STRING: u8 = 0x14;
pub(super) const IA5_STRING: u8 = 0x16;
pub(super) const UTC_TIME: u8 = 0x17;
pub(super) const GENERALIZED_TIME: u8 = 0x18;
pub(super) const VISIBLE_STRING: u8 = 0x1a;
pub(super) const UNIVERSAL_STRING: u8 = 0x1c;
pub(super) const BMP_STRING: u8 = 0x1e;
pub(super) const SEQUENCE: u8 = 0x30;

/// The tag of the next value, without reading it.
pub(super) fn tag(c: &Cursor<'_, '_>) -> Option<u8> {
    c.peek_number(0, 1).map(|tag| tag as u8)
}

/// Reads a tag and a length; the cursor then stands on the value.
fn header(c: &mut Cursor<'_, '_>) -> Result<(u8, usize), Fault> {
    const LONG_TAG: u8 = 0x1f;
    let tag = tag(c).unwrap_or_default();
    c.take(1)?;
    if tag & LONG_TAG == LONG_TAG {
        return Err(c.bad_value(&TAG, "a tag of one byte"));
    }
    let first = c.peek_number(0, 1).unwrap_or_default();
    c.take(1)?;
    let len = match first {
        0..=0x7f => first,
        0x81..=0x84 => {
            let bytes = (first & 0x0f) as usize;
            let len = c.peek_number(0, bytes).unwrap_or_default();
            c.take(bytes)?;
            len
        }
        _ => return Err(c.bad_length(&LENGTH, first, "a definite length of at most 4 bytes")),
    };
    Ok((tag, len as usize))
}

/// Reads a value of any tag: `read` may read its content.
pub(super) fn any<T>(
    c: &mut Cursor<'_, '_>,
    read: impl FnOnce(&mut Cursor<'_, '_>, u8) -> Result<T, Fault>,
) -> Result<T, Fault> {
    let (tag, len) = header(c)?;
    c.within(&LENGTH, len, |c| read(c, tag))
}

/// Reads a value of one tag.
pub(super) fn expect<T>(
    c: &mut Cursor<'_, '_>,
    wanted: u8,
    read: impl FnOnce(&mut Cursor<'_, '_>) -> Result<T, Fault>,
) -> Result<T, Fault> {
    if !c.is_empty() && tag(c) != Some(wanted) {
        return Err(c.bad_value(&TAG, "the tag that stands here in a certificate"));
    }
    any(c, |c, _| read(c))
}

/// Reads a SEQUENCE under a heading that covers it with its tag and length.
pub(super) fn sequence<T>(
    c: &mut Cursor<'_, '_>,
    def: &'static FieldDef,
    read: impl FnOnce(&mut Cursor<'_, '_>) -> Result<T, Fault>,
) -> Result<T, Fault> {
    c.group(def, |c| expect(c, SEQUENCE, read))
}

/// Reads the items of a SEQUENCE OF or SET OF whose content begins here, under a heading that counts them.
pub(super) fn items(
    c: &mut Cursor<'_, '_>,
    def: &'static FieldDef,
    mut read: impl FnMut(&mut Cursor<'_, '_>) -> Result<(), Fault>,
) -> Result<(), Fault> {
    let group = c.open(def);
    let mut count = 0;
    let mut result = Ok(());
    while result.is_ok() && !c.is_empty() {
        result = read(c);
        count += u64::from(result.is_ok());
    }
    c.close(group);
    c.entitle(group, Value::Num(count));
    result
}

/// Reads a value under a heading that covers it and has a number: which of several forms it has.
pub(super) fn choice<T>(
    c: &mut Cursor<'_, '_>,
    def: &'static FieldDef,
    number: u64,
    read: impl FnOnce(&mut Cursor<'_, '_>) -> Result<T, Fault>,
) -> Result<T, Fault> {
    let group = c.open(def);
    c.entitle(group, Value::Num(number));
    let result = read(c);
    c.close(group);
    result
}

/// Records what is left as bytes.
pub(super) fn rest(c: &mut Cursor<'_, '_>, def: &'static FieldDef) -> Result<(), Fault> {
    let len = c.left();
    c.bytes(def, len).map(|_| ())
}

/// Records what is left as a number, or as bytes when it is longer than a number can be.
pub(super) fn number(c: &mut Cursor<'_, '_>, def: &'static FieldDef) -> Result<(), Fault> {
    match c.left() {
        0 | 9.. => rest(c, def),
        len => c.number(def, len).map(|_| ()),
    }
}

/// Records what is left as an object identifier and returns it in dots.
pub(super) fn oid(c: &mut Cursor<'_, '_>, def: &'static FieldDef) -> Result<String, Fault> {
    let span = c.rest_span();
    let text = dotted(c.take(c.left())?);
    c.put_text(def, span, &text);
    Ok(text)
}

/// Reads an OBJECT IDENTIFIER.
pub(super) fn object_id(c: &mut Cursor<'_, '_>, def: &'static FieldDef) -> Result<String, Fault> {
    expect(c, OBJECT_ID, |c| oid(c, def))
}

/// An object identifier in dots (X.690 section 8.19): seven bits a byte, the highest bit set in all but the last.
fn dotted(bytes: &[u8]) -> String {
    let mut text = String::new();
    let mut arc: u128 = 0;
    for &byte in bytes {
        arc = arc.wrapping_shl(7) | u128::from(byte & 0x7f);
        if byte & 0x80 != 0 {
            continue;
        }
        if text.is_empty() {
            let first = (arc / 40).min(2);
            let _ = write!(
                text,
                "{first}.{}",
                arc.saturating_sub(first.saturating_mul(40))
            );
        } else {
            let _ = write!(text, ".{arc}");
        }
        arc = 0;
    }
    text
}

/// Records what is left as text in the alphabet that the tag names, and returns it.
pub(super) fn text(
    c: &mut Cursor<'_, '_>,
    def: &'static FieldDef,
    tag: u8,
) -> Result<String, Fault> {
    let span: Span = c.rest_span();
    let bytes = c.take(c.left())?;
    let text = match tag {
        BMP_STRING => char::decode_utf16(
            bytes
                .chunks(2)
                .map(|pair| pair.iter().fold(0, |n, &b| n << 8 | u16::from(b))),
        )
        .map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER))
        .collect(),
        UNIVERSAL_STRING => bytes
            .chunks(4)
            .map(|quad| quad.iter().fold(0, |n, &b| n << 8 | u32::from(b)))
            .map(|unit| char::from_u32(unit).unwrap_or(char::REPLACEMENT_CHARACTER))
            .collect(),
        // T.61 is nearly always used as if it were Latin-1.
        TELETEX_STRING if std::str::from_utf8(bytes).is_err() => {
            bytes.iter().map(|&b| char::from(b)).collect()
        }
        _ => String::from_utf8_lossy(bytes).into_owned(),
    };
    c.put_text(def, span, &text);
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn object_identifiers_have_dots() {
        assert_eq!(dotted(&[0x55, 4, 3]), "2.5.4.3");
        assert_eq!(
            dotted(&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 11]),
            "1.2.840.113549.1.1.11"
        );
        assert_eq!(dotted(&[0x88, 0x37, 3]), "2.999.3");
        assert_eq!(dotted(&[]), "");
    }
}
