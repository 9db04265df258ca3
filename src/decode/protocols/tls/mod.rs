//! TLS, the records and the handshake: RFC 9846 (1.3), RFC 5246 (1.2), RFC 4346 (1.1), RFC 2246 (1.0).
//!
//! This file is the conversation's rules: how it is recognised and where its messages end.

mod agreement;
mod extensions;
mod fields;
mod handshake;
mod hello;
mod identity;
mod memory;
mod names;
mod record;
mod suites;

use std::any::Any;

use crate::decode::{Ask, Claim, Extent, Fact, Guess, Protocol, Talk};
use crate::model::Osi;

use fields::{EVENTS, FIELDS};
use memory::{Partial, TlsMemory};

/// The row of TLS.
pub(super) static PROTOCOL: Protocol = Protocol {
    key: "tls",
    name: "Transport Layer Security",
    osi: Osi::Presentation,
    spec: "RFC 9846",
    claims: &[
        Claim::TcpPort(443),
        Claim::TcpPort(465),
        Claim::TcpPort(636),
        Claim::TcpPort(853),
        Claim::TcpPort(989),
        Claim::TcpPort(990),
        Claim::TcpPort(992),
        Claim::TcpPort(993),
        Claim::TcpPort(995),
        Claim::TcpPort(5061),
        Claim::TcpPort(8443),
        Claim::TcpPort(8883),
    ],
    fields: FIELDS,
    events: EVENTS,
    decode: record::decode,
    talk: Some(&Talk {
        begin,
        guess,
        extent,
        resumes,
        facts,
    }),
};

/// Length of a record's header.
const HEADER: usize = 5;
/// The longest record body: 2^14 bytes, and what ciphers may add (RFC 5246 section 6.2.3).
const BODY_MAX: usize = (1 << 14) + 2048;

fn begin() -> Box<dyn Any + Send> {
    Box::new(TlsMemory::default())
}

fn facts(memory: &dyn Any) -> Vec<Fact> {
    memory
        .downcast_ref::<TlsMemory>()
        .map(TlsMemory::facts)
        .unwrap_or_default()
}

fn guess(client: &[u8], server: &[u8]) -> Guess {
    let (said, hello) = if client.is_empty() {
        (server, 2)
    } else {
        (client, 1)
    };
    match *said {
        [] => Guess::More,
        [22, 3, 0..=4, _, _, kind, ..] if kind == hello => Guess::Yes,
        [22] | [22, 3] | [22, 3, 0..=4] | [22, 3, 0..=4, _] | [22, 3, 0..=4, _, _] => Guess::More,
        [_, _, 1, _, _, ..] if old_hello(said).is_some() => Guess::Perhaps,
        _ if resumes(said) => Guess::Perhaps,
        _ => Guess::No,
    }
}

fn resumes(bytes: &[u8]) -> bool {
    match *bytes {
        [20, 3, 0..=4, 0, 1, ..] => true,
        [21..=23, 3, 0..=4, high, low, ..] => {
            (1..=BODY_MAX).contains(&usize::from(u16::from_be_bytes([high, low])))
        }
        _ => false,
    }
}

fn extent(memory: &mut dyn Any, ask: Ask<'_>) -> Extent {
    let Some(memory) = memory.downcast_mut::<TlsMemory>() else {
        return Extent::Done;
    };
    let have = ask.bytes.len();
    let state = memory.side(ask.side);
    if ask.lost > 0 {
        state.partial = Partial::default();
        state.counted = 0;
    }
    if have == 0 {
        return Extent::More;
    }
    if state.counted > 0 {
        return count(&mut state.counted, have);
    }
    let old = if state.began {
        None
    } else {
        old_hello(ask.bytes)
    };
    let Some(whole) = old.or_else(|| record_length(ask.bytes)) else {
        return Extent::Done;
    };
    if !ask.detail && state.shut.is_some() && state.told && ask.bytes.first() == Some(&23) {
        if have < HEADER {
            return Extent::More;
        }
        state.counted = whole;
        return count(&mut state.counted, have);
    }
    if have >= whole {
        return Extent::Message {
            len: whole,
            body: false,
        };
    }
    if ask.ended {
        // The end is missing: what there is becomes a message with a fault.
        return Extent::Message {
            len: have,
            body: false,
        };
    }
    Extent::More
}

fn count(counted: &mut usize, have: usize) -> Extent {
    let len = have.min(*counted);
    *counted = counted.saturating_sub(len);
    Extent::Body {
        len,
        last: *counted == 0,
    }
}

/// The length of the record that begins here, or of its header while the length is not known; `None` when it is none.
fn record_length(bytes: &[u8]) -> Option<usize> {
    match *bytes {
        [20..=24] | [20..=24, 3] | [20..=24, 3, 0..=4] | [20..=24, 3, 0..=4, _] => Some(HEADER),
        [20..=24, 3, 0..=4, high, low, ..] => {
            let body = usize::from(u16::from_be_bytes([high, low]));
            (body <= BODY_MAX).then_some(HEADER.saturating_add(body))
        }
        _ => None,
    }
}

/// The length of a ClientHello in the form of SSL 2 that offers SSL 3 or TLS (RFC 5246 appendix E.2).
fn old_hello(bytes: &[u8]) -> Option<usize> {
    match *bytes {
        [high @ 0x80..=0xff, low, 1, 3, 0..=3, ..] => {
            let length = usize::from(u16::from_be_bytes([high & 0x7f, low]));
            (length >= 9).then_some(length.saturating_add(2))
        }
        _ => None,
    }
}
