//! Values that several records share: character strings, times, names, and headings with a value.

use crate::decode::{Cursor, Fault, FieldDef, Group, Value};

use super::names;

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
    let name = names::read(c, base, def)?;
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
    if bytes.iter().all(|b| (0x20..0x7f).contains(b)) {
        c.put_text(def, span, &text);
    } else {
        c.put(def, span, Value::Bytes);
    }
    Ok(text)
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
    let text = date(seconds);
    c.put_text(def, span, &text);
    Ok(text)
}

/// Seconds since 1970-01-01 as `Nov 14, 2023 22:13:20.000000000 UTC`.
fn date(seconds: u64) -> String {
    const MONTHS: [&str; 12] = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ];
    let (days, second) = (seconds / 86_400, seconds % 86_400);
    // Years of 400 years' cycles that begin in March, so that the leap day is the last of its year.
    let days = days.saturating_add(719_468);
    let (era, day) = (days / 146_097, days % 146_097);
    let year = day
        .saturating_sub(day / 1_460)
        .saturating_add(day / 36_524)
        .saturating_sub(day / 146_096)
        / 365;
    let day = day.saturating_sub(
        year.saturating_mul(365)
            .saturating_add(year / 4)
            .saturating_sub(year / 100),
    );
    let month = day.saturating_mul(5).saturating_add(2) / 153;
    let day = day
        .saturating_sub(month.saturating_mul(153).saturating_add(2) / 5)
        .saturating_add(1);
    let month = month.saturating_add(2) % 12;
    let year = era
        .saturating_mul(400)
        .saturating_add(year)
        .saturating_add(u64::from(month < 2));
    let name = MONTHS.get(month as usize).copied().unwrap_or_default();
    format!(
        "{name} {day:2}, {year} {:02}:{:02}:{:02}.000000000 UTC",
        second / 3600,
        second / 60 % 60,
        second % 60
    )
}

#[cfg(test)]
mod tests {
    use super::date;

    #[test]
    fn dates() {
        // Compared with `date -u -d @N`.
        for (seconds, text) in [
            (0, "Jan  1, 1970 00:00:00.000000000 UTC"),
            (951_782_400, "Feb 29, 2000 00:00:00.000000000 UTC"),
            (1_700_000_000, "Nov 14, 2023 22:13:20.000000000 UTC"),
            (0xf000_0000, "Aug  5, 2097 09:04:00.000000000 UTC"),
            (4_107_542_399, "Feb 28, 2100 23:59:59.000000000 UTC"),
            (4_107_542_400, "Mar  1, 2100 00:00:00.000000000 UTC"),
        ] {
            assert_eq!(date(seconds), text);
        }
    }
}
