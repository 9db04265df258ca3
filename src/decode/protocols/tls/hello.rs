//! ClientHello, ServerHello and HelloRetryRequest (RFC 9846 section 4.1, RFC 5246 section 7.4.1), and the marks made of them.

use std::fmt::Write as _;

use md5::{Digest, Md5};

use crate::decode::{Cursor, Fault, Value};
use crate::model::Span;

use super::extensions::{self, Within};
use super::fields::{
    CHALLENGE, CHALLENGE_LENGTH, CIPHER_SPEC, CIPHER_SPEC_LENGTH, CLIENT_HELLO_EVENT, COMPRESSION,
    COMPRESSIONS, COMPRESSIONS_LENGTH, JA3, JA3_FULL, JA3S, JA3S_FULL, RANDOM, RANDOM_BYTES,
    RANDOM_TIME, RECORD_LENGTH, RECORD_VERSION, SESSION_ID, SESSION_ID_LENGTH, SUITE, SUITES,
    SUITES_LENGTH, TYPE, VERSION,
};
use super::memory::{TlsMemory, version_of};
use super::names;
use super::record::Told;

/// The random by which a ServerHello says that it is a HelloRetryRequest (RFC 9846 section 4.1.3): SHA-256 of that name.
const RETRY_RANDOM: [u8; 32] = [
    0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c, 0x02, 0x1e, 0x65, 0xb8, 0x91,
    0xc2, 0xa2, 0x11, 0x16, 0x7a, 0xbb, 0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c,
];

/// The shape of a hello, as JA3 writes it: numbers in decimal, lists with `-`, without GREASE.
#[derive(Debug, Default)]
pub(super) struct Shape {
    /// Extension types in order.
    pub extensions: String,
    /// Supported groups in order.
    pub groups: String,
    /// Point formats in order.
    pub formats: String,
    /// The client announced early data.
    pub early_data: bool,
}

/// Adds a number to one of JA3's lists, where JA3 is wanted.
pub(super) fn list(c: &Cursor<'_, '_>, to: &mut String, number: u64) {
    if c.detail() && !names::is_grease(number) {
        let separator = if to.is_empty() { "" } else { "-" };
        let _ = write!(to, "{separator}{number}");
    }
}

fn digest(full: &str) -> String {
    Md5::digest(full.as_bytes())
        .iter()
        .fold(String::new(), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        })
}

/// Reads a ClientHello behind its header.
pub(super) fn client_hello(c: &mut Cursor<'_, '_>, told: &mut Told) -> Result<(), Fault> {
    let result = client_hello_fields(c);
    let name = c
        .memory::<TlsMemory>()
        .and_then(|memory| memory.server_name.clone());
    match name {
        Some(name) => told.add(format_args!("ClientHello for {name}")),
        None => told.add("ClientHello"),
    }
    result
}

fn client_hello_fields(c: &mut Cursor<'_, '_>) -> Result<(), Fault> {
    let version = c.u16(&VERSION)?;
    // A client that repeats its hello after a HelloRetryRequest speaks TLS 1.3.
    let is_13 = c.memory::<TlsMemory>().is_some_and(|memory| memory.is_13());
    let random = random(c, !is_13)?;
    if let Some(memory) = c.memory::<TlsMemory>() {
        memory.hello.client_random = random;
    }
    session_id(c)?;
    let mut suites = String::new();
    let len = c.u16(&SUITES_LENGTH)?;
    c.within(&SUITES_LENGTH, len.into(), |c| {
        c.group(&SUITES, |c| {
            while !c.is_empty() {
                let suite = c.u16(&SUITE)?;
                list(c, &mut suites, suite.into());
            }
            Ok(())
        })
    })?;
    let len = c.u8(&COMPRESSIONS_LENGTH)?;
    c.within(&COMPRESSIONS_LENGTH, len.into(), |c| {
        c.group(&COMPRESSIONS, |c| {
            while !c.is_empty() {
                c.u8(&COMPRESSION)?;
            }
            Ok(())
        })
    })?;
    let mut shape = Shape::default();
    let result = if c.is_empty() {
        Ok(())
    } else {
        extensions::list(c, Within::ClientHello, Some(&mut shape))
    };
    if let Some(memory) = c.memory::<TlsMemory>() {
        memory.client_hello(shape.early_data);
    }
    if c.detail() {
        let full = format!(
            "{version},{suites},{},{},{}",
            shape.extensions, shape.groups, shape.formats
        );
        c.computed_text(&JA3_FULL, &full);
        c.computed_text(&JA3, &digest(&full));
    }
    result
}

/// True when the ServerHello at the cursor (behind its header) is a HelloRetryRequest.
pub(super) fn is_retry(c: &Cursor<'_, '_>) -> bool {
    c.peek().get(2..34) == Some(&RETRY_RANDOM)
}

/// Reads a ServerHello or HelloRetryRequest behind its header.
pub(super) fn server_hello(
    c: &mut Cursor<'_, '_>,
    retry: bool,
    told: &mut Told,
) -> Result<(), Fault> {
    let chosen = selected_version(c);
    let is_13 = chosen.and_then(version_of) == version_of(0x0304);
    let version = c.u16(&VERSION)?;
    let random = random(c, !is_13)?;
    session_id(c)?;
    let suite = c.u16(&SUITE)?;
    if let Some(memory) = c.memory::<TlsMemory>() {
        memory.hello.version = version_of(chosen.unwrap_or(version));
        memory.hello.suite = Some(suite);
        memory.hello.server_random = random;
        memory.hello.encrypt_then_mac = false;
    }
    let name = if retry {
        "HelloRetryRequest"
    } else {
        "ServerHello"
    };
    let version_name = names::version(chosen.unwrap_or(version).into());
    let version_name = version_name.unwrap_or("unknown version");
    match names::suite(suite.into()) {
        Some(suite) => told.add(format_args!("{name} {version_name} {suite}")),
        None => told.add(format_args!("{name} {version_name}")),
    }
    // SSL 3 and TLS 1.0 to 1.2 choose a compression here; drafts of TLS 1.3 before 22 did not.
    c.u8(&COMPRESSION)?;
    let mut shape = Shape::default();
    let within = if retry {
        Within::HelloRetryRequest
    } else {
        Within::ServerHello
    };
    let result = if c.is_empty() {
        Ok(())
    } else {
        extensions::list(c, within, Some(&mut shape))
    };
    if !retry && let Some(memory) = c.memory::<TlsMemory>() {
        memory.server_hello();
    }
    if c.detail() {
        let full = format!("{version},{suite},{}", shape.extensions);
        c.computed_text(&JA3S_FULL, &full);
        c.computed_text(&JA3S, &digest(&full));
    }
    result
}

/// The version in the ServerHello's extension supported_versions, found ahead of reading it.
fn selected_version(c: &Cursor<'_, '_>) -> Option<u16> {
    const SUPPORTED_VERSIONS: u64 = 43;
    let session = c.peek_number(34, 1)? as usize;
    // Version, random, session ID, suite, compression, length of the extensions.
    let mut at = session.checked_add(2 + 32 + 1 + 2 + 1 + 2)?;
    loop {
        let kind = c.peek_number(at, 2)?;
        let len = c.peek_number(at.checked_add(2)?, 2)? as usize;
        at = at.checked_add(4)?;
        if kind == SUPPORTED_VERSIONS {
            return c.peek_number(at, 2).map(|version| version as u16);
        }
        at = at.checked_add(len)?;
    }
}

fn random(c: &mut Cursor<'_, '_>, has_time: bool) -> Result<[u8; 32], Fault> {
    let span = c.ahead(32);
    let seconds = c.peek_number(0, 4).unwrap_or_default();
    let random = c
        .bytes(&RANDOM, 32)?
        .first_chunk::<32>()
        .copied()
        .unwrap_or_default();
    if has_time && c.detail() {
        let rest = span.at.saturating_add(4);
        c.nest(|c| {
            let time = Span::bytes(span.buf, span.at, 4);
            c.put_text(
                &RANDOM_TIME,
                time,
                &crate::decode::date::utc(seconds.cast_signed(), 0),
            );
            c.put(&RANDOM_BYTES, Span::bytes(span.buf, rest, 28), Value::Bytes);
            Ok(())
        })?;
    }
    Ok(random)
}

fn session_id(c: &mut Cursor<'_, '_>) -> Result<(), Fault> {
    let len = c.u8(&SESSION_ID_LENGTH)?;
    if len > 0 {
        c.bytes(&SESSION_ID, len.into())?;
    }
    Ok(())
}

/// Reads a ClientHello in the form of SSL 2 (RFC 5246 appendix E.2): two bytes of length, then the message.
pub(super) fn old_client_hello(c: &mut Cursor<'_, '_>, told: &mut Told) -> Result<(), Fault> {
    told.add("ClientHello in the form of SSL 2");
    let side = c.side();
    if let Some(memory) = c.memory::<TlsMemory>() {
        memory.side(side).began = true;
    }
    c.computed(&RECORD_VERSION, Value::Num(0x0002));
    let length = c.bits(&RECORD_LENGTH, 2, 1, 15)?;
    c.skip(2);
    c.within(&RECORD_LENGTH, length as usize, |c| {
        let mark = c.mark();
        let result = old_client_hello_fields(c);
        c.event_since(mark, &CLIENT_HELLO_EVENT);
        result
    })
}

fn old_client_hello_fields(c: &mut Cursor<'_, '_>) -> Result<(), Fault> {
    c.u8(&TYPE)?;
    c.u16(&VERSION)?;
    let specs = c.u16(&CIPHER_SPEC_LENGTH)?;
    let session = c.u16(&SESSION_ID_LENGTH)?;
    let challenge = c.u16(&CHALLENGE_LENGTH)?;
    c.within(&CIPHER_SPEC_LENGTH, specs.into(), |c| {
        c.group(&SUITES, |c| {
            while !c.is_empty() {
                c.u24(&CIPHER_SPEC)?;
            }
            Ok(())
        })
    })?;
    if session > 0 {
        c.bytes(&SESSION_ID, session.into())?;
    }
    c.put(&CHALLENGE, c.ahead(challenge.into()), Value::None);
    let bytes = c.take(challenge.into())?;
    if let Some(memory) = c.memory::<TlsMemory>() {
        // Shorter challenges stand at the end of the random, behind zeros.
        let mut random = [0; 32];
        for (to, from) in random.iter_mut().rev().zip(bytes.iter().rev()) {
            *to = *from;
        }
        memory.hello.client_random = random;
    }
    Ok(())
}
