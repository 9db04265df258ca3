//! DNS over a byte stream: each message is preceded by its length (RFC 7766 section 8).

use crate::decode::{Ask, Extent, Guess, Talk};

/// How messages are cut from a stream.
pub(super) static TALK: Talk = Talk {
    begin: || Box::new(Memory),
    guess,
    extent: |_, ask| extent(ask),
    resumes: |bytes| plausible(bytes, None) == Guess::Perhaps,
    pass: |_, _, _| 0,
    facts: |_| Vec::new(),
};

/// A conversation has nothing to remember; that there is one says that lengths precede the messages.
#[derive(Debug)]
pub(super) struct Memory;

/// The length before a message, and its header.
const PREFIX: usize = 2;
const HEADER: usize = 12;

/// The smallest question and the smallest record: the root's name, a type and a class; a time to live and a length.
const QUESTION_MIN: usize = 5;
const RECORD_MIN: usize = 11;

fn extent(ask: Ask<'_>) -> Extent {
    let Some(length) = number(ask.bytes, 0) else {
        return Extent::More;
    };
    let length = length.saturating_add(PREFIX);
    if length <= ask.bytes.len() {
        return Extent::Message {
            len: length,
            body: false,
        };
    }
    // What there is of the last message is shown with a fault.
    if ask.ended && ask.bytes.len() >= PREFIX.saturating_add(HEADER) {
        return Extent::Message {
            len: ask.bytes.len(),
            body: false,
        };
    }
    Extent::More
}

fn guess(client: &[u8], server: &[u8]) -> Guess {
    match (
        plausible(client, Some(false)),
        plausible(server, Some(true)),
    ) {
        (Guess::No, _) | (_, Guess::No) => Guess::No,
        (Guess::More, Guess::More) => Guess::More,
        _ => Guess::Perhaps,
    }
}

/// Could these bytes be a length and the header of a message that fits into it?
fn plausible(bytes: &[u8], response: Option<bool>) -> Guess {
    let (Some(length), Some(flags)) = (number(bytes, 0), number(bytes, 4)) else {
        return Guess::More;
    };
    let counts = [6, 8, 10, 12].map(|at| number(bytes, at));
    let [
        Some(questions),
        Some(answers),
        Some(authorities),
        Some(additionals),
    ] = counts
    else {
        return Guess::More;
    };
    let records = answers
        .saturating_add(authorities)
        .saturating_add(additionals);
    let least = HEADER
        .saturating_add(questions.saturating_mul(QUESTION_MIN))
        .saturating_add(records.saturating_mul(RECORD_MIN));
    let opcode = flags >> 11 & 0xf;
    let side = response.is_none_or(|response| (flags & 0x8000 != 0) == response);
    if side && opcode <= 6 && flags & 0x40 == 0 && questions <= 1 && least <= length {
        Guess::Perhaps
    } else {
        Guess::No
    }
}

fn number(bytes: &[u8], at: usize) -> Option<usize> {
    let pair = bytes.get(at..at.saturating_add(2))?;
    Some(pair.iter().fold(0, |n, &b| n << 8 | usize::from(b)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Side;

    /// A query for `www.example.test`, behind its length.
    const QUERY: &[u8] = b"\x00\x22\x1a\x2b\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x03www\x07example\x04test\x00\x00\x01\x00\x01";

    fn ask(bytes: &[u8], ended: bool) -> Extent {
        extent(Ask {
            side: Side::Client,
            bytes,
            ended,
            lost: 0,
            detail: true,
        })
    }

    #[test]
    fn messages_end_where_their_length_says() {
        let two = [QUERY, QUERY].concat();
        assert_eq!(
            ask(&two, false),
            Extent::Message {
                len: 36,
                body: false
            }
        );
        assert_eq!(ask(&QUERY[..35], false), Extent::More);
        assert_eq!(ask(&QUERY[..1], false), Extent::More);
        assert_eq!(
            ask(&QUERY[..35], true),
            Extent::Message {
                len: 35,
                body: false
            }
        );
    }

    #[test]
    fn other_protocols_are_not_taken_for_it() {
        assert_eq!(guess(QUERY, b""), Guess::Perhaps);
        assert_eq!(guess(&QUERY[..9], b""), Guess::More);
        assert_eq!(guess(b"", QUERY), Guess::No);
        assert_eq!(guess(b"GET / HTTP/1.1\r\n", b""), Guess::No);
        assert_eq!(
            guess(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03aaaaaaaa", b""),
            Guess::No
        );
    }
}
