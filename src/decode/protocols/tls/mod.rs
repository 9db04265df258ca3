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
use crate::model::{Osi, Side};

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
        pass,
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
        [22, 3, 0..=4, _, _, kind, ..] if kind == hello => Guess::Yes,
        [] | [22] | [22, 3] | [22, 3, 0..=4] | [22, 3, 0..=4, _] | [22, 3, 0..=4, _, _] => {
            Guess::More
        }
        [_, _, 1, _, _, ..] if old_hello(said).is_some() => Guess::Perhaps,
        _ if are_records(said) => Guess::Yes,
        _ if resumes(said) => Guess::Perhaps,
        _ => Guess::No,
    }
}

/// Whole records one behind the other, to the very end: a connection whose beginning is missing shows itself by them.
fn are_records(mut bytes: &[u8]) -> bool {
    while let [20..=23, 3, 1..=4, high, low, rest @ ..] = bytes {
        let len = usize::from(u16::from_be_bytes([*high, *low]));
        match rest.split_at_checked(len) {
            Some((_, [])) => return (1..=BODY_MAX).contains(&len),
            Some((_, more)) if (1..=BODY_MAX).contains(&len) => bytes = more,
            _ => return false,
        }
    }
    false
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

/// Passes over bytes of a record that is only counted, but its last.
fn pass(memory: &mut dyn Any, side: Side, max: u64) -> u64 {
    let Some(memory) = memory.downcast_mut::<TlsMemory>() else {
        return 0;
    };
    let counted = &mut memory.side(side).counted;
    let passed = (*counted as u64).saturating_sub(1).min(max);
    *counted = counted.saturating_sub(passed as usize);
    passed
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::FactValue;
    use crate::decode::testing::{Talked, converse};

    // A handshake of TLS 1.2 between curl and nginx (sample `curl-https-tls12`): ClientHello; ServerHello, and the
    // records behind it; ClientKeyExchange, ChangeCipherSpec, Finished.
    const CLIENT_HELLO: &str = "16030100de010000da03036ebcd3a3915cc4cb103874758e01dcff3e5b82567014dc29cf4295aadc2bdf0e000038c02cc030\
        009fcca9cca8ccaac02bc02f009ec024c028006bc023c0270067c00ac0140039c009c0130033009d009c003d003c0035002f\
        00ff010000790000001500130000107777772e6578616d706c652e74657374000b000403000102000a000c000a001d001700\
        1e001900180010000e000c02683208687474702f312e310016000000170000000d002a002804030503060308070808080908\
        0a080b080408050806040105010601030303010302040205020602";
    const SERVER_HELLO: &str = "16030300700200006c030300ed604b6a238ecc0a5a49474c40cbcd3aa4d49c3544a0e6444f574e4752440120239494b42660\
        745753a402af380514cce70f34e0b0e6918b1a676044a99f16c3c02c000024ff0100010000000000000b0004030001020010\
        000b000908687474702f312e3100170000";
    const SERVER_KEY: &str = "16030300740c00007003001d2054530937e6b315d6db33661d1a9fb86de8e0b07d77f5e6ddf7cf3c022ff9b5680403004830\
        46022100cd4e69f4e0e784d1a29820028275b34a5f000159e104393b6e7317cbda431248022100e1388938502d29807c95ba\
        82c1847e578b69d772fdfe46a1b5a787baee8663d116030300040e000000";
    const CLIENT_KEY: &str = "160303002510000021209c12058385766e52875438e288857336efaa654b4a36890b8e93f6df411e723f1403030001011603\
        03002802c0c985dd73b60fdfac40e5fcabc5bc7e58d41368473655eb7333cc78208ca155f550058458dec6";
    // ServerHello of TLS 1.3 (sample `curl-https`).
    const SERVER_HELLO_13: &str = "160303007a02000076030316202094cd1019c73ed85c903302ddf78489988f5b7ed771fce6737fbf6bdf30205c8618a77516\
        4155c3330145607ee1676a1a78613bf57f464ba72273936326db130200002e002b0002030400330024001d00206be7444df3\
        77d93b58512a34438131d4160da5df8ac8e33cee9d0951f79b6473";

    fn unhex(text: &str) -> Vec<u8> {
        let digit = |b: u8| char::from(b).to_digit(16).unwrap() as u8;
        let pairs = text.as_bytes().chunks(2);
        pairs
            .map(|pair| digit(pair[0]) << 4 | digit(pair[1]))
            .collect()
    }

    fn talk(segments: &[(Side, Vec<u8>)], detail: bool) -> Talked {
        let segments: Vec<(Side, &[u8])> = segments
            .iter()
            .map(|(side, bytes)| (*side, bytes.as_slice()))
            .collect();
        converse(&PROTOCOL, &segments, detail)
    }

    fn ids(talked: &Talked) -> Vec<&'static str> {
        let events = talked.said.iter().flat_map(|said| &said.events);
        events.map(|event| event.0).collect()
    }

    fn text(talked: &Talked, name: &str) -> Option<String> {
        let fact = talked.facts.iter().find(|fact| fact.name == name)?;
        Some(match &fact.value {
            FactValue::Text(text) => text.clone(),
            FactValue::Flag(set) => set.to_string(),
        })
    }

    fn handshake_12() -> Vec<(Side, Vec<u8>)> {
        vec![
            (Side::Client, unhex(CLIENT_HELLO)),
            (Side::Server, unhex(SERVER_HELLO)),
            (Side::Server, unhex(SERVER_KEY)),
            (Side::Client, unhex(CLIENT_KEY)),
        ]
    }

    #[test]
    fn a_handshake_is_told_message_by_message() {
        let talked = talk(&handshake_12(), true);
        assert_eq!(
            ids(&talked),
            [
                "tls.client_hello",
                "tls.server_hello",
                "tls.server_key_exchange",
                "tls.server_hello_done",
                "tls.client_key_exchange",
                "tls.change_cipher_spec",
                "tls.encrypted",
            ]
        );
        let hello = &talked.said[0];
        assert_eq!(hello.summary, "ClientHello for www.example.test");
        assert_eq!(hello.all("tls.handshake.ciphersuite").len(), 28);
        assert_eq!(
            hello.all("tls.handshake.extensions_alpn_str"),
            ["h2", "http/1.1"]
        );
        assert_eq!(
            hello.field("tls.handshake.ja3"),
            Some("87b9bfc7da97115ed2276737b09f8d74")
        );
        assert_eq!(text(&talked, "version").as_deref(), Some("TLS 1.2"));
        assert_eq!(
            text(&talked, "cipher_suite").as_deref(),
            Some("TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384")
        );
        assert_eq!(text(&talked, "group").as_deref(), Some("x25519"));
        assert_eq!(text(&talked, "alpn").as_deref(), Some("http/1.1"));
        assert_eq!(text(&talked, "decrypted").as_deref(), Some("false"));
        assert!(talked.said.iter().all(|said| said.fault.is_none()));
    }

    #[test]
    fn segments_do_not_matter() {
        let whole = ids(&talk(&handshake_12(), false));
        for size in [1, 3, 64] {
            let pieces: Vec<(Side, Vec<u8>)> = handshake_12()
                .iter()
                .flat_map(|(side, bytes)| bytes.chunks(size).map(|piece| (*side, piece.to_vec())))
                .collect();
            assert_eq!(ids(&talk(&pieces, false)), whole, "{size}");
        }
    }

    /// The same handshake bytes in records of another size.
    fn in_records(record: &[u8], size: usize) -> Vec<u8> {
        record[HEADER..]
            .chunks(size)
            .flat_map(|part| [&[22, 3, 1, 0, part.len() as u8], part].concat())
            .collect()
    }

    #[test]
    fn a_message_may_span_records() {
        let hello = unhex(CLIENT_HELLO);
        for size in [1, 2, 3, 100, 221] {
            let talked = talk(&[(Side::Client, in_records(&hello, size))], true);
            assert_eq!(ids(&talked), ["tls.client_hello"], "{size}");
            let last = talked.said.last().unwrap();
            assert_eq!(last.events[0].1, hello.len() - HEADER);
            assert_eq!(
                last.field("tls.handshake.extensions_server_name"),
                Some("www.example.test")
            );
        }
    }

    #[test]
    fn several_messages_may_share_a_record() {
        let records = [unhex(SERVER_HELLO), unhex(SERVER_KEY)].concat();
        let mut shared = vec![22, 3, 3, 0, 0];
        let mut at = 0;
        while at < records.len() {
            let end = at + HEADER + usize::from(records[at + 4]);
            shared.extend(&records[at + HEADER..end]);
            at = end;
        }
        shared[4] = (shared.len() - HEADER) as u8;
        let talked = talk(
            &[(Side::Client, unhex(CLIENT_HELLO)), (Side::Server, shared)],
            true,
        );
        assert_eq!(
            ids(&talked)[1..],
            [
                "tls.server_hello",
                "tls.server_key_exchange",
                "tls.server_hello_done"
            ]
        );
    }

    #[test]
    fn a_retry_is_told_by_its_random() {
        let mut retry = unhex(SERVER_HELLO_13);
        let sum = unhex("cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c");
        retry[11..43].copy_from_slice(&sum);
        let talked = talk(&[(Side::Server, retry)], true);
        assert_eq!(ids(&talked), ["tls.hello_retry_request"]);
        let talked = talk(&[(Side::Server, unhex(SERVER_HELLO_13))], true);
        assert_eq!(ids(&talked), ["tls.server_hello"]);
        assert_eq!(text(&talked, "version").as_deref(), Some("TLS 1.3"));
    }

    #[test]
    fn sealed_records_are_told_once_and_then_counted() {
        let data = [&[23, 3, 3, 0, 3][..], b"abc"].concat();
        let mut said = vec![(Side::Server, unhex(SERVER_HELLO_13))];
        said.extend((0..4).map(|_| (Side::Server, data.clone())));
        for detail in [true, false] {
            let talked = talk(&said, detail);
            assert_eq!(ids(&talked), ["tls.server_hello", "tls.encrypted"]);
            let counted: usize = talked.said.iter().map(|said| said.body).sum();
            assert_eq!(counted, if detail { 0 } else { 3 * data.len() });
        }
    }

    #[test]
    fn an_alert_names_what_is_wrong() {
        let talked = talk(&[(Side::Server, vec![21, 3, 3, 0, 2, 2, 48])], true);
        assert_eq!(ids(&talked), ["tls.alert"]);
        assert_eq!(talked.said[0].summary, "Alert unknown_ca");
    }

    #[test]
    fn what_is_no_record_ends_it() {
        for bytes in [
            &b"GET / HTTP/1.1"[..],
            &[22, 3, 9, 0, 4],
            &[22, 3, 3, 0xff, 0],
        ] {
            let talked = talk(&[(Side::Client, bytes.to_vec())], true);
            assert_eq!(talked.end[0], Some(Extent::Done));
        }
    }

    #[test]
    fn a_record_that_is_cut_keeps_what_there_is() {
        let mut hello = unhex(CLIENT_HELLO);
        hello.truncate(150);
        let talked = talk(&[(Side::Client, hello)], true);
        assert_eq!(talked.said[0].fault, Some("truncated"));
        assert_eq!(talked.said[0].all("tls.record.version"), ["769"]);
    }

    #[test]
    fn a_hello_of_the_old_form_is_read() {
        let hello = unhex(
            "802e01030100150000001000003900003500001600000a0000ff000005\
            000004a1a2a3a4a5a6a7a8a9aaabacadaeafb0",
        );
        let talked = talk(&[(Side::Client, hello)], true);
        assert_eq!(ids(&talked), ["tls.client_hello"]);
        assert_eq!(talked.said[0].all("tls.handshake.cipherspec").len(), 7);
        assert_eq!(talked.said[0].fault, None);
    }

    #[test]
    fn it_is_guessed_by_its_hello() {
        let hello = unhex(CLIENT_HELLO);
        assert_eq!(guess(&hello, &[]), Guess::Yes);
        assert_eq!(guess(&hello[..5], &[]), Guess::More);
        assert_eq!(guess(&[], &unhex(SERVER_HELLO)), Guess::Yes);
        assert_eq!(guess(b"GET /", &[]), Guess::No);
        // From the middle of a connection: a record and an alert, then the same without the last byte.
        let records = b"\x17\x03\x03\x00\x03abc\x15\x03\x03\x00\x02\x01\x00";
        assert_eq!(guess(records, &[]), Guess::Yes);
        assert_eq!(guess(&records[..14], &[]), Guess::Perhaps);
        assert_eq!(guess(b"\x17\x03\x03\x00\x00", &[]), Guess::No);
        assert!(resumes(&[23, 3, 3, 0x40, 0]));
        assert!(!resumes(&[23, 3, 3, 0xff, 0]));
    }
}
