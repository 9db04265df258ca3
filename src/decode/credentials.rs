//! Secrets in header lines (RFC 9110 section 11.6.2, RFC 6265), wherever these stand: in a message that is read, and in
//! bytes that nobody reads, such as part of a head, a fragment, a second copy or a quoted packet.

use std::ops::Range;

use memchr::{memchr, memchr_iter, memrchr};

/// Ends of the names of headers whose values are secret, in lower case.
const NAMES: [&[u8]; 2] = [b"authorization", b"cookie"];

/// What of a value is secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Secret {
    /// What follows the scheme.
    Credentials,
    /// Of each `name=value` the value.
    Pairs,
    /// Of the first `name=value` the value; what follows says how long it is good for.
    FirstPair,
}

/// Calls `each` with the secret parts of a header's value, as ranges of its bytes.
pub(crate) fn in_value(name: &[u8], value: &[u8], mut each: impl FnMut(Range<usize>)) {
    match secret(name) {
        Some(Secret::Credentials) => {
            let trimmed = trim(value, 0..value.len());
            let words = value.get(trimmed.clone()).unwrap_or_default();
            let scheme = memchr(b' ', words).map_or(0, |at| at.saturating_add(1));
            put(
                trim(value, trimmed.start.saturating_add(scheme)..trimmed.end),
                &mut each,
            );
        }
        Some(Secret::Pairs) => {
            let mut from = 0;
            for end in memchr_iter(b';', value).chain([value.len()]) {
                put(pair(value, from..end), &mut each);
                from = end.saturating_add(1);
            }
        }
        Some(Secret::FirstPair) => {
            let end = memchr(b';', value).unwrap_or(value.len());
            put(pair(value, 0..end), &mut each);
        }
        None => {}
    }
}

/// Calls `each` with the secret parts of all header lines in these bytes, whatever else they are.
pub(crate) fn in_bytes(bytes: &[u8], mut each: impl FnMut(Range<usize>)) {
    let mut done = 0;
    for colon in memchr_iter(b':', bytes) {
        let before = bytes.get(done..colon).unwrap_or_default().trim_ascii_end();
        if colon < done || secret(before).is_none() {
            continue;
        }
        let from = colon.saturating_add(1);
        let end = line_end(bytes, from);
        done = end;
        let value = bytes.get(from..end).unwrap_or_default();
        in_value(before, value, |part| {
            each(from.saturating_add(part.start)..from.saturating_add(part.end));
        });
    }
}

/// Where the header line that holds `at` begins, with the lines that it continues.
pub(crate) fn line_start(bytes: &[u8], at: usize) -> usize {
    let mut before = bytes.get(..at).unwrap_or(bytes);
    while let Some(end) = memrchr(b'\n', before) {
        let start = end.saturating_add(1);
        if !matches!(bytes.get(start), Some(b' ' | b'\t')) {
            return start;
        }
        before = before.get(..end).unwrap_or_default();
    }
    0
}

/// How many bytes finish a header line whose beginning is not here, if that is what they may do.
pub(crate) fn rest_of_line(bytes: &[u8]) -> Option<usize> {
    let end = memchr(b'\n', bytes).unwrap_or(bytes.len());
    let line = bytes.get(..end)?;
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    let text = |b: &u8| matches!(b, b'\t' | b' '..=b'~');
    if line.is_empty() || !line.iter().all(text) {
        return None;
    }
    let next = bytes.get(end.saturating_add(1)..).unwrap_or_default();
    let next = next.get(..line_end(next, 0)).unwrap_or(next);
    let is_header = memchr(b':', next).is_some_and(|colon| {
        let name = next.get(..colon).unwrap_or_default();
        !name.is_empty() && name.iter().all(|b| b.is_ascii_alphanumeric() || *b == b'-')
    });
    let ends = next.trim_ascii_end().is_empty();
    (is_header || ends).then_some(line.len())
}

fn secret(name: &[u8]) -> Option<Secret> {
    let ends = |end: &[u8]| {
        let from = name.len().checked_sub(end.len());
        from.and_then(|from| name.get(from..))
            .is_some_and(|tail| tail.eq_ignore_ascii_case(end))
    };
    let [credentials, cookie] = NAMES.map(ends);
    match (credentials, cookie) {
        (true, _) => Some(Secret::Credentials),
        (_, true) if ends(b"set-cookie") => Some(Secret::FirstPair),
        (_, true) => Some(Secret::Pairs),
        _ => None,
    }
}

/// The end of the line that holds `from`, with the lines that continue it.
fn line_end(bytes: &[u8], from: usize) -> usize {
    let mut at = from;
    while let Some(end) = bytes.get(at..).and_then(|rest| memchr(b'\n', rest)) {
        let end = at.saturating_add(end);
        at = end.saturating_add(1);
        if !matches!(bytes.get(at), Some(b' ' | b'\t')) {
            return end;
        }
    }
    bytes.len()
}

/// The value of `name=value`; without a name it is all value.
fn pair(value: &[u8], whole: Range<usize>) -> Range<usize> {
    let whole = trim(value, whole);
    let text = value.get(whole.clone()).unwrap_or_default();
    let name = memchr(b'=', text).map_or(0, |at| at.saturating_add(1));
    whole.start.saturating_add(name)..whole.end
}

/// A range without the white space at its ends.
fn trim(bytes: &[u8], range: Range<usize>) -> Range<usize> {
    let text = bytes.get(range.clone()).unwrap_or_default();
    let start = range
        .start
        .saturating_add(text.len().saturating_sub(text.trim_ascii_start().len()));
    let end = start.saturating_add(text.trim_ascii().len());
    start..end
}

fn put(part: Range<usize>, each: &mut impl FnMut(Range<usize>)) {
    if !part.is_empty() {
        each(part);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(bytes: &str) -> Vec<&str> {
        let mut found = Vec::new();
        in_bytes(bytes.as_bytes(), |part| found.push(&bytes[part]));
        found
    }

    #[test]
    fn header_lines_are_found_wherever_they_stand() {
        let head = "\x10\x18GET / HTTP/1.1\r\nAUTHORIZATION: Basic abc=\r\nHost: a\r\ncookie:a=1; b=2;c\r\nAccept: x\r\n";
        assert_eq!(found(head), ["abc=", "1", "2", "c"]);
        assert_eq!(found("Set-Cookie: id=42; Path=/\r\n"), ["42"]);
        assert_eq!(found("proxy-authorization : token\n"), ["token"]);
        assert_eq!(found("Cookie: a=1;\r\n  b=2\r\nX: b=3"), ["1", "2"]);
        assert_eq!(found("Host: a\r\nCookie: a=unfin"), ["unfin"]);
        assert_eq!(found("a: Cookie\r\nCookie\r\nb: c"), [""; 0]);
        assert_eq!(
            found("Cookie: a=cookie: b=c; d=e\r\n"),
            ["cookie: b=c", "e"]
        );
    }

    #[test]
    fn lines_begin_behind_what_they_do_not_continue() {
        let bytes = b"a: b\r\nc: d\r\n e\r\n\tf\r\ng";
        for (at, start) in [(0, 0), (4, 0), (6, 6), (13, 6), (19, 6), (20, 20), (99, 20)] {
            assert_eq!(line_start(bytes, at), start, "{at}");
        }
    }

    #[test]
    fn many_names_in_one_line_are_read_once() {
        let line = "cookie:a=1;".repeat(100_000);
        assert_eq!(found(&line).len(), 100_000);
    }

    #[test]
    fn what_may_finish_a_header_line() {
        let rest = |bytes: &[u8]| rest_of_line(bytes);
        assert_eq!(rest(b"cret; b=2\r\nHost: a\r\n"), Some(9));
        assert_eq!(rest(b"cret\r\n\r\n"), Some(4));
        assert_eq!(rest(b"cret"), Some(4));
        assert_eq!(rest(b"cret\r\n"), Some(4));
        assert_eq!(rest(b"a line of a text\nand one more\n"), None);
        assert_eq!(rest(b"\x16\x03\x01\x02\x00\n"), None);
        assert_eq!(rest(b"\r\nHost: a\r\n"), None);
        assert_eq!(rest(b""), None);
    }
}
