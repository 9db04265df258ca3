//! The head of a message: start line and header lines with their places (RFC 9112 sections 2 to 5).
//!
//! It takes lines as they come, so that a broken head is shown as far as it goes; `httparse` judges whether it is well formed.

use std::borrow::Cow;

use memchr::memchr;

/// A head, in whole or as far as it was captured.
#[derive(Debug)]
pub(super) struct Head<'b> {
    bytes: &'b [u8],
    /// Empty lines before it, which RFC 9112 section 2.2 tells to ignore.
    pub leading: usize,
    /// The start line without its end.
    pub line: &'b [u8],
    /// Its length with its end.
    pub line_len: usize,
    /// What the start line says.
    pub start: Start<'b>,
    /// The header lines.
    pub headers: Vec<Header<'b>>,
    /// Bytes from the first to the end of the empty line.
    pub len: usize,
    /// The empty line is there.
    pub complete: bool,
}

/// What a start line says.
#[derive(Clone, Copy, Debug)]
pub(super) enum Start<'b> {
    /// `method SP target SP version`.
    Request {
        method: &'b [u8],
        target: &'b [u8],
        version: &'b [u8],
    },
    /// `version SP code SP phrase`.
    Response {
        version: &'b [u8],
        code: u16,
        digits: &'b [u8],
        phrase: &'b [u8],
    },
}

/// One header line, with its continuation lines.
#[derive(Debug)]
pub(super) struct Header<'b> {
    /// The name as it was written; empty when the line has no colon.
    pub name: &'b [u8],
    /// The value without the white space around it; continuation lines still have their line ends.
    pub raw: &'b [u8],
    /// The whole line without its end.
    pub line: &'b [u8],
    /// Its length with its end.
    pub line_len: usize,
}

impl Header<'_> {
    /// The value; line ends of continuation lines are spaces (RFC 9112 section 5.2).
    pub(super) fn value(&self) -> Cow<'_, [u8]> {
        unfold(self.raw)
    }
}

/// Replaces each line end and the white space behind it by one space.
pub(super) fn unfold(raw: &[u8]) -> Cow<'_, [u8]> {
    if memchr(b'\n', raw).is_none() {
        return Cow::Borrowed(raw);
    }
    let lines = raw.split(|&b| b == b'\n').map(<[u8]>::trim_ascii);
    Cow::Owned(lines.collect::<Vec<_>>().join(&b' '))
}

/// The next line from `at` on: without its end, and its length with it.
fn line_at(bytes: &[u8], at: usize) -> Option<(&[u8], usize)> {
    let rest = bytes.get(at..).filter(|rest| !rest.is_empty())?;
    let (line, len) = match memchr(b'\n', rest) {
        Some(end) => (rest.get(..end)?, end.saturating_add(1)),
        None => (rest, rest.len()),
    };
    Some((line.strip_suffix(b"\r").unwrap_or(line), len))
}

/// Empty lines before a message.
pub(super) fn leading(bytes: &[u8]) -> usize {
    let ends = |b: &&u8| matches!(**b, b'\r' | b'\n');
    bytes.iter().take_while(ends).count()
}

/// The length of the head, once its empty line is there; looks only from `from` on (0, or where an earlier look ended).
pub(super) fn end(bytes: &[u8], from: usize) -> Option<usize> {
    // The line end before the empty line may stand right before `from`.
    let mut at = from.max(leading(bytes)).saturating_sub(3);
    while let Some(found) = bytes.get(at..).and_then(|rest| memchr(b'\n', rest)) {
        let behind = at.saturating_add(found).saturating_add(1);
        let empty = match bytes.get(behind..) {
            Some([b'\n', ..]) => 1,
            Some([b'\r', b'\n', ..]) => 2,
            _ => 0,
        };
        if empty > 0 && behind > leading(bytes) {
            return Some(behind.saturating_add(empty));
        }
        at = behind;
    }
    None
}

impl<'b> Head<'b> {
    /// Takes the head apart; bytes behind it are not looked at.
    pub(super) fn parse(bytes: &'b [u8]) -> Self {
        let leading = leading(bytes);
        let (line, line_len) = line_at(bytes, leading).unwrap_or_default();
        let mut head = Self {
            bytes,
            leading,
            line,
            line_len,
            start: Start::of(line),
            headers: Vec::new(),
            len: leading.saturating_add(line_len),
            complete: false,
        };
        while let Some((line, line_len)) = line_at(bytes, head.len) {
            if line.is_empty() {
                head.len = head.len.saturating_add(line_len);
                head.complete = true;
                break;
            }
            head.add(line, line_len);
        }
        head
    }

    fn add(&mut self, line: &'b [u8], line_len: usize) {
        let at = self.len;
        self.len = at.saturating_add(line_len);
        let folded = matches!(line.first(), Some(b' ' | b'\t'));
        if let Some(last) = self.headers.last_mut().filter(|_| folded) {
            // Continuation: the line before it grows.
            let from = at.saturating_sub(last.line_len);
            last.line_len = last.line_len.saturating_add(line_len);
            let end = at.saturating_add(line.len());
            last.line = self.bytes.get(from..end).unwrap_or(last.line);
            last.raw = value_of(last.line).1;
            return;
        }
        let (name, raw) = value_of(line);
        self.headers.push(Header {
            name,
            raw,
            line,
            line_len,
        });
    }

    /// Where a part of the head begins, in bytes from the message's first.
    pub(super) fn place(&self, part: &[u8]) -> usize {
        (part.as_ptr() as usize).saturating_sub(self.bytes.as_ptr() as usize)
    }

    /// All values of the headers of this name (in lower case).
    pub(super) fn values(&self, name: &str) -> impl Iterator<Item = &'b [u8]> {
        let named = move |h: &&Header<'b>| h.name.eq_ignore_ascii_case(name.as_bytes());
        self.headers.iter().filter(named).map(|h| h.raw)
    }

    /// The first value of the headers of this name.
    pub(super) fn value(&self, name: &str) -> Option<&'b [u8]> {
        self.values(name).next()
    }

    /// The first value of the headers of this name, as a number.
    pub(super) fn number(&self, name: &str) -> Option<u64> {
        digits(self.value(name)?)
    }

    /// The rule of RFC 9112 that a complete head breaks.
    pub(super) fn broken_rule(&self, bytes: &[u8]) -> Option<&'static str> {
        const HEADERS_MAX: usize = 256;
        if !self.complete {
            return None;
        }
        let mut headers = [httparse::EMPTY_HEADER; HEADERS_MAX];
        let result = match self.start {
            Start::Request { .. } => httparse::Request::new(&mut headers).parse(bytes),
            Start::Response { .. } => httparse::Response::new(&mut headers).parse(bytes),
        };
        match result.err()? {
            httparse::Error::HeaderName => {
                Some("followed by header names made of letters, digits and hyphens")
            }
            httparse::Error::HeaderValue => {
                Some("followed by header values without control characters")
            }
            httparse::Error::NewLine => Some("made of lines that end in CR LF"),
            httparse::Error::Status => Some("followed by a status of three digits"),
            httparse::Error::Token => Some("begun by a method and a target without spaces"),
            httparse::Error::TooManyHeaders => None,
            httparse::Error::Version => Some("HTTP/1.0 or HTTP/1.1"),
        }
    }
}

impl<'b> Start<'b> {
    fn of(line: &'b [u8]) -> Self {
        let mut words = line.splitn(2, |&b| b == b' ');
        let first = words.next().unwrap_or_default();
        let rest = words.next().unwrap_or_default().trim_ascii_start();
        if first.starts_with(b"HTTP/") {
            let mut words = rest.splitn(2, |&b| b == b' ');
            let digits = words.next().unwrap_or_default();
            return Self::Response {
                version: first,
                code: self::digits(digits).map_or(0, |code| code.min(999) as u16),
                digits,
                phrase: words.next().unwrap_or_default(),
            };
        }
        // A target may hold spaces although it must not: the version is the last word.
        let mut words = rest.rsplitn(2, |&b| b == b' ');
        let (version, target) = (words.next(), words.next());
        let (target, version) = match (target, version) {
            (Some(target), Some(version)) if version.starts_with(b"HTTP/") => (target, version),
            _ => (rest, b"".as_slice()),
        };
        Self::Request {
            method: first,
            target: target.trim_ascii_end(),
            version,
        }
    }
}

/// Splits a header line at its colon; without one it is all value.
fn value_of(line: &[u8]) -> (&[u8], &[u8]) {
    let Some(colon) = memchr(b':', line) else {
        return (b"", line.trim_ascii());
    };
    let name = line.get(..colon).unwrap_or_default();
    let value = line.get(colon.saturating_add(1)..).unwrap_or_default();
    (name.trim_ascii_end(), value.trim_ascii())
}

/// A decimal number, and nothing else.
pub(super) fn digits(text: &[u8]) -> Option<u64> {
    let text = text.trim_ascii();
    if text.is_empty() || !text.iter().all(u8::is_ascii_digit) {
        return None;
    }
    std::str::from_utf8(text).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folded_lines_belong_to_the_header_before() {
        let bytes = b"HTTP/1.1 200 OK\r\nA: x\r\n  y\r\n\tz \r\nB:1\nno colon\r\n\r\nrest";
        let head = Head::parse(bytes);
        assert!(head.complete);
        assert_eq!(&bytes[head.len..], b"rest");
        assert_eq!(&*head.headers[0].value(), b"x y z");
        assert_eq!(head.headers[0].line_len, b"A: x\r\n  y\r\n\tz \r\n".len());
        assert_eq!(head.value("b"), Some(b"1".as_slice()));
        assert_eq!(head.headers[2].name, b"");
        assert_eq!(head.place(head.headers[2].line), 37);
    }

    #[test]
    fn ends_are_found_wherever_the_search_goes_on() {
        let bytes = b"\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\nmore";
        for from in 0..27 {
            assert_eq!(end(bytes, from), Some(29), "{from}");
        }
        assert_eq!(end(&bytes[..28], 0), None);
        assert_eq!(end(b"GET / HTTP/1.1\n\n", 0), Some(16));
        assert_eq!(end(b"\r\n\r\n", 0), None);
    }

    #[test]
    fn start_lines() {
        let Start::Request {
            method,
            target,
            version,
        } = Start::of(b"GET /a b HTTP/1.1")
        else {
            panic!("a request");
        };
        assert_eq!(
            (method, target, version),
            (&b"GET"[..], &b"/a b"[..], &b"HTTP/1.1"[..])
        );
        let Start::Response { code, phrase, .. } = Start::of(b"HTTP/1.0 404 Not Found") else {
            panic!("a response");
        };
        assert_eq!((code, phrase), (404, b"Not Found".as_slice()));
    }

    #[test]
    fn broken_heads_are_named() {
        let rule = |bytes: &[u8]| Head::parse(bytes).broken_rule(bytes);
        assert_eq!(rule(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"), None);
        assert!(rule(b"GET / HTTP/1.1\r\nHo st: a\r\n\r\n").is_some());
        assert!(rule(b"HTTP/1.1 20 OK\r\n\r\n").is_some());
    }
}
