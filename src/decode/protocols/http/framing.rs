//! How long a body is (RFC 9112 section 6.3).

use crate::decode::FieldDef;

use super::head::{Head, Start, digits};
use super::talk::Kind;
use super::{CONTENT_LENGTH_HEADER, TRANSFER_ENCODING};

/// What ends a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Framing {
    /// There is none.
    None,
    /// So many bytes.
    Length(u64),
    /// Its last chunk and the trailer.
    Chunked,
    /// The end of the connection.
    UntilClose,
}

/// True for the response that opens a tunnel (RFC 9110 section 9.3.6).
pub(super) fn is_tunnel(head: &Head<'_>, asked: Kind) -> bool {
    matches!(head.start, Start::Response { code: 200..300, .. }) && asked == Kind::Connect
}

/// The framing of the body behind this head; for a response `asked` is what it answers.
pub(super) fn framing(head: &Head<'_>, asked: Kind) -> Framing {
    let response = match head.start {
        Start::Request { .. } => false,
        Start::Response { code, .. } => {
            let never = (100..200).contains(&code) || matches!(code, 204 | 304);
            if is_tunnel(head, asked) || never || asked == Kind::Head {
                return Framing::None;
            }
            true
        }
    };
    let rest = if response {
        Framing::UntilClose
    } else {
        Framing::None
    };
    if let Some(coding) = head.values("transfer-encoding").last() {
        let last = coding.rsplit(|&b| b == b',').next().unwrap_or_default();
        return if last.trim_ascii().eq_ignore_ascii_case(b"chunked") {
            Framing::Chunked
        } else {
            Framing::UntilClose
        };
    }
    let mut lengths = head
        .values("content-length")
        .flat_map(|value| value.split(|&b| b == b','))
        .map(digits);
    let Some(first) = lengths.next() else {
        return rest;
    };
    match first {
        Some(0) if lengths.all(|l| l == first) => Framing::None,
        Some(length) if lengths.all(|l| l == first) => Framing::Length(length),
        _ => rest,
    }
}

/// Two statements about the length of one body that contradict each other: what request smuggling is made of.
pub(super) fn contradiction(head: &Head<'_>) -> Option<(&'static FieldDef, &'static str)> {
    let mut lengths = head
        .values("content-length")
        .flat_map(|value| value.split(|&b| b == b','))
        .map(digits);
    let first = lengths.next()?;
    if head.value("transfer-encoding").is_some() {
        return Some((&TRANSFER_ENCODING, "sent without Content-Length"));
    }
    let agree = first.is_some() && lengths.all(|length| length == first);
    (!agree).then_some((&CONTENT_LENGTH_HEADER, "one decimal number"))
}

/// Where a scan of a chunked body stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Chunks {
    /// Before a size line.
    #[default]
    Size,
    /// In a chunk of which so many bytes are missing, its line end among them.
    Data(u64),
    /// Before a line of the trailer.
    Trailer,
    /// Behind the empty line that ends it.
    End,
    /// It is no chunked body.
    Broken,
}

/// Longest size line or trailer line.
const LINE_MAX: usize = 16 * 1024;

impl Chunks {
    /// Goes on with these bytes, as far as they tell something, and returns how many that is.
    pub(super) fn advance(&mut self, bytes: &[u8]) -> usize {
        let mut at = 0_usize;
        while let Some(rest) = bytes.get(at..).filter(|rest| !rest.is_empty()) {
            if let Self::Data(left) = *self {
                let step = left.min(rest.len() as u64);
                at = at.saturating_add(step as usize);
                let left = left.saturating_sub(step);
                *self = if left == 0 {
                    Self::Size
                } else {
                    Self::Data(left)
                };
                continue;
            }
            if matches!(self, Self::End | Self::Broken) {
                break;
            }
            let Some(end) = memchr::memchr(b'\n', rest) else {
                if rest.len() > LINE_MAX {
                    *self = Self::Broken;
                }
                break;
            };
            let line = rest.get(..end).unwrap_or_default();
            *self = self.behind(line.strip_suffix(b"\r").unwrap_or(line));
            at = at.saturating_add(end).saturating_add(1);
        }
        at
    }

    /// The state behind a line.
    fn behind(self, line: &[u8]) -> Self {
        match self {
            Self::Size => match chunk_size(line) {
                Some(0) => Self::Trailer,
                // The chunk's line end counts as part of it.
                Some(size) => Self::Data(size.saturating_add(2)),
                None => Self::Broken,
            },
            Self::Trailer if line.is_empty() => Self::End,
            other => other,
        }
    }
}

/// The size at the beginning of a chunk's first line; extensions behind a semicolon are ignored.
pub(super) fn chunk_size(line: &[u8]) -> Option<u64> {
    let digits = line.split(|&b| b == b';').next()?.trim_ascii();
    if digits.is_empty() || digits.len() > 15 || !digits.iter().all(u8::is_ascii_hexdigit) {
        return None;
    }
    u64::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(head: &[u8], asked: Kind) -> Framing {
        framing(&Head::parse(head), asked)
    }

    #[test]
    fn as_the_rfc_says() {
        let get = Kind::Other;
        let ok = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n".as_slice();
        assert_eq!(of(ok, get), Framing::Length(5));
        assert_eq!(of(ok, Kind::Head), Framing::None);
        assert_eq!(of(ok, Kind::Connect), Framing::None);
        assert_eq!(
            of(b"HTTP/1.1 304 x\r\nContent-Length: 5\r\n\r\n", get),
            Framing::None
        );
        assert_eq!(of(b"HTTP/1.1 200 OK\r\n\r\n", get), Framing::UntilClose);
        assert_eq!(of(b"GET / HTTP/1.1\r\n\r\n", get), Framing::None);
        let both =
            b"POST / HTTP/1.1\r\nContent-Length: 5\r\nTransfer-Encoding: gzip, Chunked\r\n\r\n";
        assert_eq!(of(both, get), Framing::Chunked);
        let twice = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\n";
        assert_eq!(of(twice, get), Framing::Length(5));
        let unlike = b"HTTP/1.1 200 OK\r\nContent-Length: 5, 6\r\n\r\n";
        assert_eq!(of(unlike, get), Framing::UntilClose);
    }

    #[test]
    fn contradictions_are_named() {
        let named = |head: &[u8]| contradiction(&Head::parse(head)).map(|(def, _)| def.key);
        let head = b"POST / HTTP/1.1\r\nContent-Length: 5\r\n";
        assert_eq!(named(head), None);
        let both = [head.as_slice(), b"Transfer-Encoding: chunked\r\n\r\n"].concat();
        assert_eq!(named(&both), Some("http.transfer_encoding"));
        let other = [head.as_slice(), b"Content-Length: 6\r\n\r\n"].concat();
        assert_eq!(named(&other), Some("http.content_length_header"));
        assert_eq!(
            named(b"GET / HTTP/1.1\r\nContent-Length: -1\r\n\r\n"),
            Some("http.content_length_header")
        );
    }

    #[test]
    fn chunks_in_pieces() {
        let body = b"5;x=y\r\nhello\r\n0\r\nT: 1\r\n\r\nnext";
        for cut in 0..body.len() {
            let mut chunks = Chunks::default();
            let first = chunks.advance(&body[..cut]);
            let all = first + chunks.advance(&body[first..]);
            assert_eq!(
                (chunks, &body[all..]),
                (Chunks::End, b"next".as_slice()),
                "{cut}"
            );
        }
        let mut chunks = Chunks::default();
        chunks.advance(b"nothing\r\n");
        assert_eq!(chunks, Chunks::Broken);
    }
}
