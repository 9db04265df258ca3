//! Where messages begin and end in the two streams, and which request a response answers (RFC 9112 sections 6, 7 and 9).

use std::any::Any;
use std::collections::VecDeque;

use crate::decode::{Ask, Extent, Guess, Next};
use crate::model::Side;

use super::framing::{Chunks, Framing, framing};
use super::head::{self, Head};
use super::target;

/// Longest head that is waited for.
pub(super) const HEAD_MAX: usize = 64 * 1024;

/// How many unanswered requests are remembered; more can be pipelined, and their responses then answer nothing known.
const ASKED_MAX: usize = 128;

/// Longest address that is remembered for the response.
const URI_MAX: usize = 2048;

/// Methods that change how the response is read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Kind {
    #[default]
    Other,
    Head,
    Connect,
}

/// A request that waits for its response.
#[derive(Clone, Debug, Default)]
pub(super) struct Asked {
    pub kind: Kind,
    /// The full address, empty when it is not known.
    pub uri: String,
}

impl Asked {
    pub(super) fn new(method: &[u8]) -> Self {
        let kind = match method {
            b"HEAD" => Kind::Head,
            b"CONNECT" => Kind::Connect,
            _ => Kind::Other,
        };
        Self {
            kind,
            uri: String::new(),
        }
    }

    /// Keeps the address, unless it is very long.
    pub(super) fn keep(&mut self, uri: String) {
        if uri.len() <= URI_MAX {
            self.uri = uri;
        }
    }
}

/// The memory of a conversation.
#[derive(Debug, Default)]
pub(super) struct Exchange {
    asked: VecDeque<Asked>,
    /// The request that the last response answers: a body may still be on its way.
    answered: Asked,
    /// Requests that are not in the queue because it was full.
    unremembered: u64,
    client: Half,
    server: Half,
    /// The client asked for a tunnel and waits.
    tunnel_asked: bool,
    /// Both directions are another protocol from here on.
    becomes: Option<Next>,
}

#[derive(Debug, Default)]
struct Half {
    state: State,
    /// How far the waiting bytes were searched in vain for the end of the head.
    searched: usize,
    chunks: Chunks,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    #[default]
    Head,
    /// In a body.
    Body(Framing),
    Lost,
}

impl Exchange {
    /// Remembers a request.
    pub(super) fn ask(&mut self, asked: Asked) {
        self.tunnel_asked |= asked.kind == Kind::Connect;
        if self.asked.len() < ASKED_MAX {
            self.asked.push_back(asked);
        } else {
            self.unremembered = self.unremembered.saturating_add(1);
        }
    }

    /// The request that a response answers whose head was read in an earlier frame.
    pub(super) fn answered(&self) -> Asked {
        self.answered.clone()
    }

    /// The request that a response of this code answers, which is kept for when the response is read again.
    pub(super) fn answer(&mut self, code: u16, head: &Head<'_>, keep: bool) -> Asked {
        let asked = self.settle(code, head).unwrap_or_default();
        if keep {
            self.answered = asked.clone();
        }
        asked
    }

    /// A final response settles the request that it answers.
    fn settle(&mut self, code: u16, head: &Head<'_>) -> Option<Asked> {
        if code == 101 {
            self.becomes = Some(upgrade(head));
        } else if (100..200).contains(&code) {
            return self.asked.front().cloned();
        }
        let asked = self.asked.pop_front();
        if asked.is_none() {
            self.unremembered = self.unremembered.saturating_sub(1);
        }
        if let Some(asked) = asked.as_ref().filter(|a| a.kind == Kind::Connect) {
            self.tunnel_asked = false;
            if (200..300).contains(&code) {
                self.becomes = Some(target::tunnel(&asked.uri));
            }
        }
        asked
    }
}

/// What a 101 response switches to.
fn upgrade(head: &Head<'_>) -> Next {
    let first = head.value("upgrade").unwrap_or_default();
    let first = first.split(|&b| b == b',').next().unwrap_or_default();
    let name = first.trim_ascii().to_ascii_lowercase();
    match name.as_slice() {
        b"h2c" => Next::Alpn("h2c"),
        b"websocket" => Next::Alpn("websocket"),
        name if name.starts_with(b"tls/") => Next::TcpPort(443),
        _ => Next::Data,
    }
}

/// Do these first bytes look like HTTP/1.x?
pub(super) fn guess(client: &[u8], server: &[u8]) -> Guess {
    match (start(client), start(server)) {
        (Guess::Yes, _) | (_, Guess::Yes) => Guess::Yes,
        (Guess::More, Guess::More) => Guess::More,
        (Guess::More, _) if !client.is_empty() => Guess::More,
        (_, Guess::More) if !server.is_empty() => Guess::More,
        _ => Guess::No,
    }
}

/// Could a message begin here?
pub(super) fn resumes(bytes: &[u8]) -> bool {
    start(bytes) == Guess::Yes
}

/// Does a request or a response begin here?
fn start(bytes: &[u8]) -> Guess {
    let bytes = bytes.get(head::leading(bytes)..).unwrap_or_default();
    let version = b"HTTP/1.";
    if bytes.starts_with(version) {
        return Guess::Yes;
    }
    if version.starts_with(bytes) {
        return Guess::More;
    }
    let method = bytes.iter().take_while(|b| is_token(**b)).count();
    if method == 0 || method > 32 {
        return Guess::No;
    }
    let rest = bytes.get(method..).unwrap_or_default();
    if rest.first().is_some_and(|&b| b != b' ') {
        return Guess::No;
    }
    let line = bytes.get(..HEAD_MAX).unwrap_or(bytes);
    let (line, ended) = match memchr::memchr(b'\n', line) {
        Some(end) => (line.get(..end).unwrap_or_default(), true),
        None => (line, line.len() == HEAD_MAX),
    };
    if memchr::memmem::find(line, b" HTTP/1.").is_some() {
        Guess::Yes
    } else if ended || line.iter().any(|&b| b < b' ' && b != b'\r') {
        Guess::No
    } else {
        Guess::More
    }
}

/// A character of a method's name (RFC 9110 section 5.6.2).
const fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'!' | b'$' | b'+' | b'~')
}

/// Where the next message of a side ends.
pub(super) fn extent(memory: &mut dyn Any, ask: Ask<'_>) -> Extent {
    let Some(exchange) = memory.downcast_mut::<Exchange>() else {
        return Extent::Done;
    };
    if let Some(next) = exchange.becomes {
        return Extent::Becomes(next);
    }
    if exchange.tunnel_asked && ask.side == Side::Client {
        return Extent::More;
    }
    let asked = exchange.asked.front().map_or(Kind::Other, |a| a.kind);
    let half = match ask.side {
        Side::Client => &mut exchange.client,
        Side::Server => &mut exchange.server,
    };
    if ask.lost > 0 {
        half.lose(ask);
    }
    match half.state {
        State::Head => half.message(asked, ask),
        State::Body(framing) => half.skip(framing, ask),
        State::Lost => Extent::Done,
    }
}

/// Passes over bytes of a body but its last.
pub(super) fn pass(memory: &mut dyn Any, side: Side, max: u64) -> u64 {
    let exchange = memory.downcast_mut::<Exchange>();
    let Some(exchange) = exchange.filter(|exchange| exchange.becomes.is_none()) else {
        return 0;
    };
    let half = match side {
        Side::Client => &mut exchange.client,
        Side::Server => &mut exchange.server,
    };
    let left = match (&mut half.state, &mut half.chunks) {
        (State::Body(Framing::Length(left)), _)
        | (State::Body(Framing::Chunked), Chunks::Data(left)) => left,
        (State::Body(Framing::UntilClose), _) => return max,
        _ => return 0,
    };
    let passed = left.saturating_sub(1).min(max);
    *left = left.saturating_sub(passed);
    passed
}

impl Half {
    /// Bytes are missing: a counted body knows how far that leads, a head does not.
    fn lose(&mut self, ask: Ask<'_>) {
        self.searched = 0;
        let goes_on = match self.state {
            State::Body(Framing::Length(left)) => {
                self.state = State::Body(Framing::Length(left.saturating_sub(ask.lost)));
                left > ask.lost
            }
            State::Body(Framing::Chunked) => self.chunk_goes_on(ask.lost),
            State::Body(Framing::UntilClose) => true,
            _ => false,
        };
        if !goes_on {
            let begins = resumes(ask.bytes);
            self.state = if begins { State::Head } else { State::Lost };
        }
    }

    fn chunk_goes_on(&mut self, lost: u64) -> bool {
        let Chunks::Data(left) = self.chunks else {
            return false;
        };
        self.chunks = Chunks::Data(left.saturating_sub(lost));
        left > lost
    }

    /// The head of the next message; its body follows piece by piece.
    fn message(&mut self, asked: Kind, ask: Ask<'_>) -> Extent {
        let have = ask.bytes.len();
        if have == 0 {
            return Extent::More;
        }
        match start(ask.bytes) {
            Guess::Yes => {}
            Guess::More if !ask.ended => return Extent::More,
            _ => {
                self.state = State::Lost;
                return Extent::Done;
            }
        }
        let Some(len) = head::end(ask.bytes, self.searched) else {
            self.searched = have;
            if !ask.ended && have <= HEAD_MAX {
                return Extent::More;
            }
            *self = Self::default();
            let len = have.min(HEAD_MAX);
            return Extent::Message { len, body: false };
        };
        let framing = framing(&Head::parse(ask.bytes), asked);
        let body = framing != Framing::None;
        *self = Self::default();
        if body {
            self.state = State::Body(framing);
        }
        Extent::Message { len, body }
    }

    /// The next part of a body.
    fn skip(&mut self, framing: Framing, ask: Ask<'_>) -> Extent {
        let have = ask.bytes.len();
        if have == 0 && !ask.ended {
            return Extent::More;
        }
        let (len, last) = match framing {
            Framing::None => (0, true),
            Framing::Length(left) => {
                let len = left.min(have as u64);
                let left = left.saturating_sub(len);
                self.state = State::Body(Framing::Length(left));
                (len as usize, left == 0)
            }
            Framing::Chunked => {
                let len = self.chunks.advance(ask.bytes);
                if self.chunks == Chunks::Broken {
                    self.state = State::Lost;
                    return Extent::Body { len, last: true };
                }
                let last = self.chunks == Chunks::End;
                if len == 0 && !last && !ask.ended {
                    return Extent::More;
                }
                (len, last)
            }
            Framing::UntilClose => (have, false),
        };
        let last = last || ask.ended && len == have;
        if last {
            *self = Self::default();
        } else if len == 0 {
            // The connection ends in the middle of a chunk's first line.
            *self = Self::default();
            return Extent::Body {
                len: have,
                last: true,
            };
        }
        Extent::Body { len, last }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn guesses() {
        let guess = |client: &[u8], server: &[u8]| super::guess(client, server);
        assert_eq!(guess(b"GET / HTTP/1.1\r\n", b""), Guess::Yes);
        assert_eq!(guess(b"\r\nPROPFIND /x HTTP/1.0\r\n", b""), Guess::Yes);
        assert_eq!(guess(b"GET /very/long", b""), Guess::More);
        assert_eq!(guess(b"GE", b""), Guess::More);
        assert_eq!(guess(b"", b"HTTP/1.1 200 OK"), Guess::Yes);
        assert_eq!(guess(b"", b""), Guess::More);
        assert_eq!(guess(b"PRI * HTTP/2.0\r\n\r\n", b""), Guess::No);
        assert_eq!(guess(b"\x16\x03\x01\x02\x00", b""), Guess::No);
        assert_eq!(guess(b"EHLO host\r\n", b"220 mail\r\n"), Guess::No);
        assert_eq!(guess(b"", b"220 mail ready\r\n"), Guess::No);
    }

    #[test]
    fn forgets_requests_beyond_a_bound() {
        let mut exchange = Exchange::default();
        for _ in 0..ASKED_MAX * 2 {
            exchange.ask(Asked::new(b"HEAD"));
        }
        assert_eq!(exchange.asked.len(), ASKED_MAX);
        let head = Head::parse(b"HTTP/1.1 200 OK\r\n\r\n");
        for _ in 0..ASKED_MAX {
            assert!(exchange.settle(200, &head).is_some());
        }
        assert!(exchange.settle(200, &head).is_none());
    }
}
