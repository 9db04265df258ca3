//! The record layer: one record in, its content read in clear or opened with keys (RFC 9846 section 5, RFC 5246 section 6).

use std::fmt::{self, Display};

use crate::decode::{Cursor, Epoch, Fault, Next, Sealed, TlsVersion, Unopened, Value};
use crate::model::Span;

use super::fields::{
    ALERT, ALERT_DESCRIPTION, ALERT_EVENT, ALERT_LEVEL, APP_DATA, CHANGE_CIPHER_SPEC,
    CHANGE_CIPHER_SPEC_EVENT, CONTENT_TYPE, ENCRYPTED_EVENT, HANDSHAKE, HEARTBEAT,
    HEARTBEAT_LENGTH, HEARTBEAT_PADDING, HEARTBEAT_PAYLOAD, HEARTBEAT_TYPE, OPAQUE_TYPE, PADDING,
    RECORD, RECORD_LENGTH, RECORD_VERSION, SEALED,
};
use super::memory::{Hello, Keys, TlsMemory};
use super::{handshake, hello, names};

const CCS: u8 = 20;
const ALERT_TYPE: u8 = 21;
const HANDSHAKE_TYPE: u8 = 22;
const DATA: u8 = 23;
const HEARTBEAT_RECORD: u8 = 24;

/// How many records may be missing before the one at hand, so that a gap in the capture does not end the decryption.
const GAP_MAX: u64 = 16;
/// After so many records in a row that no key fits, none is tried any more.
const FAILURES_MAX: u32 = 64;

/// What the record's summary tells, where one is wanted.
#[derive(Debug)]
pub(super) struct Told(Option<String>);

impl Told {
    /// Adds a message to the summary.
    pub(super) fn add(&mut self, what: impl Display) {
        use fmt::Write as _;
        if let Some(text) = &mut self.0 {
            let comma = if text.is_empty() { "" } else { ", " };
            let _ = write!(text, "{comma}{what}");
        }
    }
}

/// Reads one record, or a hello in the form of SSL 2.
pub(super) fn decode(c: &mut Cursor<'_, '_>) -> Result<(), Fault> {
    let mut told = Told(c.detail().then(String::new));
    let group = c.open(&RECORD);
    let result = if c.peek().first().is_some_and(|&first| first >= 0x80) {
        hello::old_client_hello(c, &mut told)
    } else {
        record(c, &mut told)
    };
    c.close(group);
    c.summary(format_args!("{}", told.0.unwrap_or_default()));
    result
}

fn record(c: &mut Cursor<'_, '_>, told: &mut Told) -> Result<(), Fault> {
    let header = c.peek().first_chunk::<5>().copied().unwrap_or_default();
    let side = c.side();
    let (is_13, keys, began) = c.memory::<TlsMemory>().map_or((false, None, true), |m| {
        let is_13 = m.is_13();
        let state = m.side(side);
        (is_13, state.keys, state.began)
    });
    let early = keys.is_some_and(|keys| keys.epoch == Epoch::Early);
    let opaque = (is_13 || early) && c.peek().first() == Some(&DATA);
    let kind = c.u8(if opaque { &OPAQUE_TYPE } else { &CONTENT_TYPE })?;
    c.u16(&RECORD_VERSION)?;
    let length = c.u16(&RECORD_LENGTH)?;
    let sealed = match keys {
        Some(keys) if keys.epoch == Epoch::Early || is_version_13(keys.hello) => kind == DATA,
        Some(_) => true,
        // A conversation that was not seen from its beginning, or data where none can be in clear.
        None => kind == DATA || (kind == HANDSHAKE_TYPE && !began && !handshake::plausible(c)),
    };
    c.within(&RECORD_LENGTH, length.into(), |c| {
        if sealed {
            return open(c, kind, header, told);
        }
        if let Some(memory) = c.memory::<TlsMemory>() {
            memory.side(side).began = true;
        }
        content(c, kind, told)
    })
}

fn is_version_13(hello: Hello) -> bool {
    hello.version == Some(TlsVersion::Tls13)
}

/// Reads a record's content, which is in clear.
fn content(c: &mut Cursor<'_, '_>, kind: u8, told: &mut Told) -> Result<(), Fault> {
    match kind {
        CCS => change_cipher_spec(c, told),
        ALERT_TYPE => return alert(c, told),
        HANDSHAKE_TYPE => return handshake::messages(c, told),
        DATA => application_data(c, told),
        HEARTBEAT_RECORD => return heartbeat(c, told),
        _ => c.skip(c.left()),
    }
    Ok(())
}

fn change_cipher_spec(c: &mut Cursor<'_, '_>, told: &mut Told) {
    told.add("ChangeCipherSpec");
    let mark = c.mark();
    c.put(&CHANGE_CIPHER_SPEC, c.rest_span(), Value::None);
    c.skip(c.left());
    c.event_since(mark, &CHANGE_CIPHER_SPEC_EVENT);
    let side = c.side();
    if let Some(memory) = c.memory::<TlsMemory>() {
        memory.change_cipher_spec(side);
    }
}

fn alert(c: &mut Cursor<'_, '_>, told: &mut Told) -> Result<(), Fault> {
    let mark = c.mark();
    if c.left() != 2 {
        // Two bytes are an alert; anything else is one that is sealed.
        stay_sealed(c, ALERT_TYPE, Unopened::NoKey, told);
        return Ok(());
    }
    let description = c.group(&ALERT, |c| {
        c.u8(&ALERT_LEVEL)?;
        c.u8(&ALERT_DESCRIPTION)
    })?;
    match ALERT_DESCRIPTION.name_of(description.into()) {
        Some(name) => told.add(format_args!("Alert {name}")),
        None => told.add(format_args!("Alert {description}")),
    }
    c.event_since(mark, &ALERT_EVENT);
    Ok(())
}

fn heartbeat(c: &mut Cursor<'_, '_>, told: &mut Told) -> Result<(), Fault> {
    told.add("Heartbeat");
    c.group(&HEARTBEAT, |c| {
        c.u8(&HEARTBEAT_TYPE)?;
        let length = c.u16(&HEARTBEAT_LENGTH)?;
        if usize::from(length) > c.left() {
            c.note(c.bad_length(
                &HEARTBEAT_LENGTH,
                length.into(),
                "at most what the record holds",
            ));
        }
        let length = usize::from(length).min(c.left());
        c.bytes(&HEARTBEAT_PAYLOAD, length)?;
        let padding = c.left();
        c.bytes(&HEARTBEAT_PADDING, padding).map(|_| ())
    })
}

fn application_data(c: &mut Cursor<'_, '_>, told: &mut Told) {
    told.add("Application Data");
    let next = c
        .memory::<TlsMemory>()
        .and_then(|memory| memory.alpn.as_ref())
        .and_then(|alpn| names::alpn(alpn.as_bytes()))
        .map_or(Next::Data, Next::Alpn);
    c.inner(next, c.rest_span());
    c.skip(c.left());
}

/// Reads a sealed record: its clear content where a key fits, otherwise its size.
fn open(c: &mut Cursor<'_, '_>, kind: u8, header: [u8; 5], told: &mut Told) -> Result<(), Fault> {
    let body = c.rest_span();
    let (inner, clear, is_13) = match unseal(c, header, body) {
        Ok(opened) => opened,
        Err(why) => {
            stay_sealed(c, kind, why, told);
            return Ok(());
        }
    };
    if inner == DATA {
        c.put(&APP_DATA, body, Value::Bytes);
    }
    c.skip(c.left());
    c.elsewhere(clear, |c| {
        if !is_13 {
            return content(c, inner, told);
        }
        // Content, then its type, then zeros as padding (RFC 9846 section 5.2).
        let length = c.peek().iter().rposition(|&b| b != 0).unwrap_or_default();
        let result = c.within(&RECORD_LENGTH, length, |c| content(c, inner, told));
        c.u8(&CONTENT_TYPE)?;
        let padding = c.left();
        if padding > 0 {
            c.bytes(&PADDING, padding)?;
        }
        result
    })
}

/// What can be told of a record that no key opens: that it is there, and how long it is.
pub(super) fn stay_sealed(c: &mut Cursor<'_, '_>, kind: u8, why: Unopened, told: &mut Told) {
    let mark = c.mark();
    let span = c.rest_span();
    match kind {
        HANDSHAKE_TYPE => c.put(&HANDSHAKE, span, Value::None),
        ALERT_TYPE => c.put(&ALERT, span, Value::None),
        CCS => c.put(&CHANGE_CIPHER_SPEC, span, Value::None),
        _ => c.put(&APP_DATA, span, Value::Bytes),
    }
    c.skip(c.left());
    c.computed_text(
        &SEALED,
        match why {
            Unopened::NoKey => "no key for this connection is known",
            Unopened::Cipher => "the cipher is not one that wirewalk opens",
            Unopened::Failed => "the key that is known does not fit",
        },
    );
    told.add(match kind {
        HANDSHAKE_TYPE => "sealed handshake message",
        ALERT_TYPE => "sealed alert",
        _ => "sealed data",
    });
    let side = c.side();
    let first = c
        .memory::<TlsMemory>()
        .is_none_or(|memory| !std::mem::replace(&mut memory.side(side).told, true));
    if first {
        c.event_since(mark, &ENCRYPTED_EVENT);
    }
}

/// Tries the keys that can have sealed this record. Returns the type inside, the clear bytes, and whether it is TLS 1.3.
fn unseal(
    c: &mut Cursor<'_, '_>,
    header: [u8; 5],
    body: Span,
) -> Result<(u8, Span, bool), Unopened> {
    let side = c.side();
    let state = c
        .memory::<TlsMemory>()
        .map(|memory| memory.side(side))
        .ok_or(Unopened::NoKey)?;
    if let Some(why) = state.shut {
        return Err(why);
    }
    let Some(keys) = state.keys else {
        state.shut = Some(Unopened::NoKey);
        return Err(Unopened::NoKey);
    };
    let mut why = Unopened::NoKey;
    for epoch in [Some(keys.epoch), following(keys)].into_iter().flatten() {
        let first = if epoch == keys.epoch {
            keys.sequence
        } else {
            0
        };
        for sequence in first..first.saturating_add(GAP_MAX) {
            let keys = Keys {
                epoch,
                sequence,
                ..keys
            };
            match unseal_with(c, keys, header, body) {
                Ok(opened) => {
                    settle(c, keys);
                    return Ok(opened);
                }
                Err(Unopened::Failed) => why = Unopened::Failed,
                Err(other) => {
                    if why == Unopened::NoKey {
                        why = other;
                    }
                    break;
                }
            }
        }
    }
    if let Some(memory) = c.memory::<TlsMemory>() {
        let state = memory.side(side);
        state.failures = state.failures.saturating_add(1);
        if why != Unopened::Failed || state.failures >= FAILURES_MAX {
            state.shut = Some(why);
        }
    }
    Err(why)
}

fn unseal_with(
    c: &mut Cursor<'_, '_>,
    keys: Keys,
    header: [u8; 5],
    body: Span,
) -> Result<(u8, Span, bool), Unopened> {
    // Early data is sealed before the server has chosen: with the suite of the session that is resumed.
    const EARLY_SUITES: &[u16] = &[0x1301, 0x1302, 0x1303];
    let early = keys.epoch == Epoch::Early;
    let chosen = keys.hello.suite.map(|suite| [suite]);
    let suites = match &chosen {
        Some(suite) if !early => suite.as_slice(),
        _ if early => EARLY_SUITES,
        _ => return Err(Unopened::NoKey),
    };
    let version = if early {
        TlsVersion::Tls13
    } else {
        keys.hello.version.ok_or(Unopened::NoKey)?
    };
    let is_13 = version == TlsVersion::Tls13;
    let (bytes, side) = (c.peek(), c.side());
    let mut why = Unopened::NoKey;
    for &suite in suites {
        let prefix = if !is_13 && names::has_explicit_nonce(suite) {
            8
        } else {
            0
        };
        let sealed = Sealed {
            version,
            suite,
            client_random: &keys.hello.client_random,
            server_random: &keys.hello.server_random,
            from: side,
            epoch: keys.epoch,
            sequence: keys.sequence,
            header,
            body: bytes,
            encrypt_then_mac: keys.hello.encrypt_then_mac,
        };
        match c.unseal(&sealed, body, prefix) {
            Ok((kind, clear)) => return Ok((kind, clear, is_13)),
            Err(error) => why = error,
        }
    }
    Err(why)
}

/// The key that may follow without a sign: rejected early data, or messages that the capture has lost.
fn following(keys: Keys) -> Option<Epoch> {
    if !is_version_13(keys.hello) && keys.epoch != Epoch::Early {
        return None;
    }
    match keys.epoch {
        Epoch::Early => keys.hello.version.map(|_| Epoch::Handshake),
        Epoch::Handshake => Some(Epoch::Application(0)),
        Epoch::Application(n) => Some(Epoch::Application(n.saturating_add(1))),
    }
}

/// Remembers which key fitted.
fn settle(c: &mut Cursor<'_, '_>, keys: Keys) {
    let side = c.side();
    if let Some(memory) = c.memory::<TlsMemory>() {
        memory.opened = true;
        let state = memory.side(side);
        state.failures = 0;
        state.keys = Some(Keys {
            sequence: keys.sequence.saturating_add(1),
            ..keys
        });
    }
}

#[cfg(test)]
mod tests {
    use crate::decode::{Dissection, Opener, decode_message};
    use crate::model::{BufId, Side};

    use super::super::PROTOCOL;
    use super::*;

    const EARLY: u8 = 0;
    const HANDSHAKE_KEY: u8 = 1;
    const FIRST_KEY: u8 = 2;
    const SECOND_KEY: u8 = 3;

    /// Opens records whose first two bytes name the key and the number that they expect.
    struct Labelled;

    impl Opener for Labelled {
        fn open(&mut self, sealed: &Sealed<'_>, out: &mut Vec<u8>) -> Result<u8, Unopened> {
            let epoch = match sealed.epoch {
                Epoch::Early => EARLY,
                Epoch::Handshake => HANDSHAKE_KEY,
                Epoch::Application(n) => FIRST_KEY + n as u8,
            };
            if sealed.body[..2] != [epoch, sealed.sequence as u8] {
                return Err(Unopened::Failed);
            }
            out.extend(&sealed.body[2..]);
            Ok(*out.last().unwrap())
        }
    }

    fn clear(kind: u8, content: &[u8]) -> Vec<u8> {
        [&[kind, 3, 3, 0, content.len() as u8], content].concat()
    }

    fn sealed(key: u8, sequence: u8, content: &[u8], kind: u8) -> Vec<u8> {
        clear(23, &[&[key, sequence], content, &[kind]].concat())
    }

    fn message(kind: u8, body: &[u8]) -> Vec<u8> {
        [&[kind, 0, 0, body.len() as u8], body].concat()
    }

    fn client_hello() -> Vec<u8> {
        let extensions = [0, 4, 0, 42, 0, 0];
        let body = [
            &[3, 3][..],
            &[7; 32],
            &[0, 0, 2, 0x13, 1, 1, 0],
            &extensions,
        ];
        clear(22, &message(1, &body.concat()))
    }

    fn server_hello() -> Vec<u8> {
        let extensions = [0, 6, 0, 43, 0, 2, 3, 4];
        let body = [&[3, 3][..], &[8; 32], &[0, 0x13, 1, 0], &extensions];
        clear(22, &message(2, &body.concat()))
    }

    /// What the summaries say of records in this order.
    fn told(records: &[(Side, Vec<u8>)]) -> Vec<String> {
        let mut memory = TlsMemory::default();
        let mut told = Vec::new();
        for (side, bytes) in records {
            let mut d = Dissection::default();
            let span = Span::bytes(BufId::FRAME, 0, bytes.len() as u32);
            decode_message(
                bytes,
                &mut d,
                &PROTOCOL,
                span,
                &mut memory,
                *side,
                &mut Labelled,
            );
            assert_eq!(d.layers[0].fault, None);
            told.push(d.summary(&d.layers[0]).to_owned());
        }
        told
    }

    #[test]
    fn keys_follow_early_data_handshake_and_updates() {
        let finished = message(20, &[1, 2, 3]);
        let told = told(&[
            (Side::Client, client_hello()),
            (Side::Client, clear(20, &[1])),
            (Side::Client, sealed(EARLY, 0, b"GET", 23)),
            (Side::Server, server_hello()),
            (Side::Server, sealed(HANDSHAKE_KEY, 0, &finished, 22)),
            (Side::Server, sealed(FIRST_KEY, 0, b"200", 23)),
            (Side::Client, sealed(EARLY, 1, &message(5, &[]), 22)),
            (Side::Client, sealed(HANDSHAKE_KEY, 0, &finished, 22)),
            (Side::Client, sealed(FIRST_KEY, 0, &message(24, &[0]), 22)),
            (Side::Client, sealed(SECOND_KEY, 0, b"GET", 23)),
            (Side::Server, sealed(FIRST_KEY, 1, b"200", 23)),
        ]);
        assert_eq!(
            told,
            [
                "ClientHello",
                "ChangeCipherSpec",
                "Application Data",
                "ServerHello TLS 1.3 TLS_AES_128_GCM_SHA256",
                "Finished",
                "Application Data",
                "EndOfEarlyData",
                "Finished",
                "KeyUpdate",
                "Application Data",
                "Application Data",
            ]
        );
    }

    #[test]
    fn rejected_early_data_breaks_nothing() {
        let finished = message(20, &[1, 2, 3]);
        let told = told(&[
            (Side::Client, client_hello()),
            (
                Side::Client,
                sealed(9, 9, b"under a key that is not known", 23),
            ),
            (Side::Server, server_hello()),
            (Side::Client, sealed(9, 9, b"the same", 23)),
            (Side::Client, sealed(HANDSHAKE_KEY, 0, &finished, 22)),
            (Side::Client, sealed(FIRST_KEY, 0, b"GET", 23)),
        ]);
        assert_eq!(
            told,
            [
                "ClientHello",
                "sealed data",
                "ServerHello TLS 1.3 TLS_AES_128_GCM_SHA256",
                "sealed data",
                "Finished",
                "Application Data",
            ]
        );
    }

    #[test]
    fn records_may_be_missing() {
        let finished = message(20, &[1, 2, 3]);
        let told = told(&[
            (Side::Client, client_hello()),
            (Side::Server, server_hello()),
            // Its Finished is missing: the key that follows fits.
            (Side::Server, sealed(FIRST_KEY, 0, b"200", 23)),
            (Side::Server, sealed(FIRST_KEY, 4, b"200", 23)),
            (Side::Server, sealed(FIRST_KEY, 4, b"200", 23)),
            (Side::Client, sealed(HANDSHAKE_KEY, 1, &finished, 22)),
        ]);
        assert_eq!(
            told[2..],
            [
                "Application Data",
                "Application Data",
                "sealed data",
                "Finished"
            ]
        );
    }
}
