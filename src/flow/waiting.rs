//! Bytes of one direction that wait for the end of their message, and the way from each of them back to its frame.

use crate::decode::{BufferKind, Dissection, credentials};
use crate::model::{BufId, Piece, Span};

use super::stream::cut;

/// How far into the bytes that wait header lines are looked for; heads are not longer.
const HEAD_MAX: usize = 64 * 1024;

/// Where bytes that are heard come from.
#[derive(Clone, Copy, Debug)]
pub(super) enum Source<'a> {
    /// This frame, or a buffer of it.
    Here(Span),
    /// Earlier frames.
    Before(&'a [Piece]),
}

/// Bytes that wait for the end of their message.
#[derive(Debug, Default)]
pub(super) struct Waiting {
    pub bytes: Vec<u8>,
    pieces: Vec<Piece>,
}

/// A run of bytes to be cut.
#[derive(Clone, Copy)]
pub(super) struct Run<'a> {
    pub bytes: &'a [u8],
    pub pieces: &'a [Piece],
    /// The part of it that is in this frame: from which offset on, and where it lies.
    pub here: Option<(usize, Span)>,
    pub ended: bool,
}

impl Run<'_> {
    /// Where a message lies: in this frame, or in a buffer that is made of its parts.
    pub(super) fn span(&self, at: usize, len: usize, d: &mut Dissection) -> Option<Span> {
        if let Some((from, span)) = self.here
            && at >= from
            && at + len <= from + span.len as usize
        {
            let at = span.at + (at - from) as u32;
            return Some(Span::bytes(span.buf, at, len as u32));
        }
        let bytes = self.bytes.get(at..at + len)?;
        let pieces = cut(self.pieces, at as u32, (at + len) as u32);
        let buf = d.add_buffer(BufferKind::Reassembled, bytes, &pieces)?;
        Some(Span::bytes(buf, 0, len as u32))
    }

    /// The part in this frame, from an offset of the run on.
    pub(super) fn here_from(&self, at: usize) -> Option<(usize, Span)> {
        let (from, span) = self.here?;
        let skip = at.saturating_sub(from) as u32;
        let left = span.len.checked_sub(skip).filter(|&left| left > 0)?;
        let span = Span::bytes(span.buf, span.at + skip, left);
        Some((from.saturating_sub(at), span))
    }
}

impl Waiting {
    /// Bytes of memory that it takes.
    pub(super) fn held(&self) -> usize {
        self.bytes.capacity() + self.pieces.capacity() * size_of::<Piece>()
    }

    /// Appends bytes but the first `skip`.
    pub(super) fn add(&mut self, bytes: &[u8], source: Source<'_>, skip: usize, d: &Dissection) {
        let Some(bytes) = bytes.get(skip..).filter(|bytes| !bytes.is_empty()) else {
            return;
        };
        let (base, skip) = (self.bytes.len() as u32, skip as u32);
        self.bytes.extend_from_slice(bytes);
        match source {
            Source::Here(span) => {
                let first = span.at + skip;
                let rest = Span::bytes(span.buf, first, span.len.saturating_sub(skip));
                d.trace(rest, |piece| {
                    let at = base + (piece.at - first);
                    self.pieces.push(Piece { at, ..piece });
                });
            }
            Source::Before(pieces) => {
                let rest = cut(pieces, skip, u32::MAX);
                let moved = rest.into_iter().map(|p| Piece {
                    at: base + p.at,
                    ..p
                });
                self.pieces.extend(moved);
            }
        }
    }

    /// Marks the secrets of a head that is not complete: the frames that carry it are shown before it is.
    pub(super) fn conceal(&self, d: &mut Dissection) {
        let Some(first) = self.pieces.iter().position(|p| p.packet == d.packet) else {
            return;
        };
        let here = self.pieces.get(first..).unwrap_or_default();
        let fresh = here.first().map_or(0, |piece| piece.at as usize);
        let head = self.bytes.get(..HEAD_MAX).unwrap_or(&self.bytes);
        let from = credentials::line_start(head, fresh);
        credentials::in_bytes(head.get(from..).unwrap_or_default(), |secret| {
            if from + secret.end <= fresh {
                return;
            }
            let (start, end) = ((from + secret.start) as u32, (from + secret.end) as u32);
            for piece in cut(here, start, end) {
                if piece.packet == d.packet {
                    let span = Span::bytes(BufId::FRAME, piece.offset, piece.len);
                    d.secrets.push(span);
                }
            }
        });
    }

    pub(super) fn drop_first(&mut self, count: usize) {
        if count == 0 {
            return;
        }
        let count = count.min(self.bytes.len());
        self.bytes.drain(..count);
        self.pieces = cut(&self.pieces, count as u32, u32::MAX);
    }

    pub(super) fn run(&self, here: Option<(usize, Span)>, ended: bool) -> Run<'_> {
        Run {
            bytes: &self.bytes,
            pieces: &self.pieces,
            here,
            ended,
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::flow::testing::{ACK, FIN, SYN, Tape};
    use crate::flow::{HELD_MAX, Want};
    use crate::model::Side::{Client, Server};

    const GET: &[u8] = b"GET /a HTTP/1.1\r\nHost: x.test\r\n\r\n";
    const OK: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n";

    /// The values of these fields in the frame, wherever HTTP has them.
    fn told(tape: &Tape, key: &str) -> Vec<String> {
        let fields = tape.d.fields.iter().filter(|f| f.def.key == key);
        fields.map(|f| tape.d.text(f.value).to_owned()).collect()
    }

    #[test]
    fn a_head_is_told_when_it_is_whole_and_again_with_its_body() {
        for want in [Want::Events, Want::Fields] {
            let mut tape = Tape::new(want);
            tape.ports[1] = 80;
            tape.handshake();
            assert_eq!(tape.tcp(Client, ACK, 101, 501, GET), "http.request");
            let next = 101 + GET.len() as u32;
            let begin = [OK, b"abc"].concat();
            assert_eq!(tape.tcp(Server, ACK, 501, next, &begin), "http.response");
            assert_eq!(told(&tape, "http.file_data"), [""; 0]);
            let body = 501 + begin.len() as u32;
            assert_eq!(tape.tcp(Server, ACK, body, next, b"def"), "");
            if want == Want::Fields {
                assert_eq!(told(&tape, "http.file_data"), ["abcdef"]);
                assert_eq!(told(&tape, "http.response_for.uri"), ["http://x.test/a"]);
            }
            // The second answer is to the second question.
            let other = b"GET /b HTTP/1.1\r\nHost: x.test\r\n\r\n";
            tape.tcp(Client, ACK, next, body + 3, other);
            let next = next + other.len() as u32;
            let events = tape.tcp(Server, ACK, body + 3, next, &[OK, b"ghijkl"].concat());
            assert_eq!(events, "http.response");
            if want == Want::Fields {
                assert_eq!(told(&tape, "http.file_data"), ["ghijkl"]);
                assert_eq!(told(&tape, "http.response_for.uri"), ["http://x.test/b"]);
            }
        }
    }

    #[test]
    fn a_body_that_ends_with_the_connection_is_told_once_there() {
        let mut tape = Tape::new(Want::Fields);
        tape.ports[1] = 80;
        tape.handshake();
        tape.tcp(Client, ACK, 101, 501, GET);
        let next = 101 + GET.len() as u32;
        let whole = b"HTTP/1.1 200 OK\r\n\r\nabc";
        let events = tape.tcp(Server, ACK | FIN, 501, next, whole);
        assert_eq!(events, "tcp.fin http.response");
        assert_eq!(told(&tape, "http.response.version"), ["HTTP/1.1"]);
        assert_eq!(told(&tape, "http.file_data"), ["abc"]);
    }

    #[test]
    fn a_fin_may_come_before_the_last_bytes() {
        let mut tape = Tape::new(Want::Fields);
        tape.ports[1] = 80;
        tape.handshake();
        tape.tcp(Client, ACK, 101, 501, GET);
        let next = 101 + GET.len() as u32;
        let head = b"HTTP/1.1 200 OK\r\n\r\n";
        assert_eq!(tape.tcp(Server, ACK, 501, next, head), "http.response");
        let body = 501 + head.len() as u32;
        tape.tcp(Server, ACK | FIN, body + 3, next, b"def");
        tape.tcp(Server, ACK, body, next, b"abc");
        assert_eq!(told(&tape, "http.file_data"), ["abcdef"]);
    }

    #[test]
    fn what_waits_in_all_connections_is_bounded() {
        let mut tape = Tape::new(Want::Conversations);
        let data = vec![b'x'; 60_000];
        for n in 0..4000 {
            tape.ports = [10_000 + n / 16, 80];
            let begins = n % 16 == 0;
            if begins {
                tape.tcp(Client, SYN, 100, 0, b"");
            }
            // The first byte never comes.
            tape.tcp(Client, ACK, 102 + u32::from(n % 16) * 60_000, 0, &data);
            assert!(tape.flows.held <= HELD_MAX);
        }
        assert!(tape.flows.held > HELD_MAX / 2);
        tape.flows.finish();
        assert_eq!(tape.flows.held, 0);
        assert_eq!(tape.flows.ended().count(), 250);
    }
}
