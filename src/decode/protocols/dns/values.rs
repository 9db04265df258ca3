//! Values that several records share: character strings, times, names, and headings with a value.

use crate::decode::{Cursor, Fault, FieldDef, Group, Value, date, domain};

/// Gives a heading the number of the next `len` bytes as its value, and closes it behind them.
pub(super) fn entitle_number(
    c: &mut Cursor<'_, '_>,
    heading: Group,
    len: usize,
) -> Result<u64, Fault> {
    let number = c.take(len)?.iter().fold(0, |n, &b| n << 8 | u64::from(b));
    c.entitle(heading, Value::Num(number));
    c.close(heading);
    Ok(number)
}

/// A name in record data; returns its text.
pub(super) fn name(
    c: &mut Cursor<'_, '_>,
    base: usize,
    def: &'static FieldDef,
) -> Result<String, Fault> {
    let name = domain::read(c, base, def)?;
    c.put_text(def, name.span, &name.text);
    Ok(name.text)
}

/// A character string: a length byte, then that many bytes. Returns its text.
pub(super) fn string(
    c: &mut Cursor<'_, '_>,
    length: &'static FieldDef,
    def: &'static FieldDef,
) -> Result<String, Fault> {
    let len = c.u8(length)?;
    text(c, def, usize::from(len))
}

/// `len` bytes that are text where all of them are printable ASCII, and bytes otherwise: the DNS gives them no character set.
pub(super) fn text(
    c: &mut Cursor<'_, '_>,
    def: &'static FieldDef,
    len: usize,
) -> Result<String, Fault> {
    let span = c.ahead(len);
    let bytes = c.take(len)?;
    let text = String::from_utf8_lossy(bytes).into_owned();
    if is_text(bytes) {
        c.put_text(def, span, &text);
    } else {
        c.put(def, span, Value::Bytes);
    }
    Ok(text)
}

/// All of it is printable ASCII.
pub(super) fn is_text(bytes: &[u8]) -> bool {
    bytes.iter().all(|b| (0x20..0x7f).contains(b))
}

/// The first bytes of an address whose trailing zeros were left out.
pub(super) fn padded<const N: usize>(bytes: &[u8]) -> [u8; N] {
    let mut whole = [0; N];
    for (to, from) in whole.iter_mut().zip(bytes) {
        *to = *from;
    }
    whole
}

/// A time in seconds since 1970, shown as a date in UTC.
pub(super) fn time(
    c: &mut Cursor<'_, '_>,
    def: &'static FieldDef,
    len: usize,
) -> Result<String, Fault> {
    let span = c.ahead(len);
    let seconds = c.take(len)?.iter().fold(0, |n, &b| n << 8 | u64::from(b));
    let text = date::utc(seconds as i64, 0);
    c.put_text(def, span, &text);
    Ok(text)
}
