//! Handshake messages: put together from records, told apart by type (RFC 9846 section 4, RFC 5246 section 7.4).

use crate::decode::{BufferKind, Cursor, Epoch, Fault, FaultKind, Unopened, Value};
use crate::model::EventDef;

use super::extensions::{self, Within};
use super::fields::{
    CERTIFICATE_EVENT, CERTIFICATE_REQUEST_EVENT, CERTIFICATE_VERIFY_EVENT, CLIENT_HELLO_EVENT,
    CLIENT_KEY_EXCHANGE_EVENT, ENCRYPTED_EXTENSIONS_EVENT, END_OF_EARLY_DATA_EVENT, FINISHED_EVENT,
    HANDSHAKE, KEY_UPDATE, LENGTH, MESSAGE, NPN_PADDING, NPN_PADDING_LENGTH, NPN_SELECTED,
    NPN_SELECTED_LENGTH, RETRY_EVENT, SERVER_HELLO_DONE_EVENT, SERVER_HELLO_EVENT,
    SERVER_KEY_EXCHANGE_EVENT, TICKET, TICKET_AGE_ADD, TICKET_EVENT, TICKET_HEADING, TICKET_LENGTH,
    TICKET_LIFETIME, TICKET_NONCE, TICKET_NONCE_LENGTH, TYPE, VERIFY_DATA,
};
use super::memory::TlsMemory;
use super::record::{self, Told};
use super::{agreement, hello, identity};

/// Length of a message's header.
const HEADER: usize = 4;
/// The longest message that is put together from records; certificate chains are the longest in use.
const MESSAGE_MAX: usize = 256 * 1024;

const HELLO_REQUEST: u8 = 0;
const CLIENT_HELLO: u8 = 1;
const SERVER_HELLO: u8 = 2;
const NEW_SESSION_TICKET: u8 = 4;
const END_OF_EARLY_DATA: u8 = 5;
const ENCRYPTED_EXTENSIONS: u8 = 8;
const CERTIFICATE: u8 = 11;
const SERVER_KEY_EXCHANGE: u8 = 12;
const CERTIFICATE_REQUEST: u8 = 13;
const SERVER_HELLO_DONE: u8 = 14;
const CERTIFICATE_VERIFY: u8 = 15;
const CLIENT_KEY_EXCHANGE: u8 = 16;
const FINISHED: u8 = 20;
const CERTIFICATE_STATUS: u8 = 22;
const KEY_UPDATE_TYPE: u8 = 24;
const COMPRESSED_CERTIFICATE: u8 = 25;
const NEXT_PROTOCOL: u8 = 67;

/// True when a message in clear can begin here (the cursor stands on it or on a record's body).
pub(super) fn plausible(c: &Cursor<'_, '_>) -> bool {
    let (Some(kind), Some(length)) = (c.peek_number(0, 1), c.peek_number(1, 3)) else {
        return true;
    };
    TYPE.name_of(kind).is_some() && length <= MESSAGE_MAX as u64
}

/// Reads the messages of a record's content: whole ones here, the parts of a longer one when its end has come.
pub(super) fn messages(c: &mut Cursor<'_, '_>, told: &mut Told) -> Result<(), Fault> {
    while !c.is_empty() {
        let side = c.side();
        let waiting = c
            .memory::<TlsMemory>()
            .is_some_and(|memory| !memory.side(side).partial.bytes.is_empty());
        if waiting {
            resume(c, told)?;
            continue;
        }
        if !plausible(c) {
            record::stay_sealed(c, 22, Unopened::NoKey, told);
            return Ok(());
        }
        let whole = c
            .peek_number(1, 3)
            .map(|length| HEADER.saturating_add(length as usize));
        match whole {
            Some(whole) if whole <= c.left() => c.within(&LENGTH, whole, |c| {
                message(c, told);
                Ok(())
            })?,
            _ => keep(c, c.left(), told)?,
        }
    }
    Ok(())
}

/// Goes on with a message that began in an earlier record.
fn resume(c: &mut Cursor<'_, '_>, told: &mut Told) -> Result<(), Fault> {
    let side = c.side();
    let have = c
        .memory::<TlsMemory>()
        .map(|memory| {
            let bytes = &memory.side(side).partial.bytes;
            let header = bytes.first_chunk::<HEADER>().copied();
            (bytes.len(), header)
        })
        .unwrap_or_default();
    let (have, header) = have;
    let wanted = header.map_or(HEADER, |[_, a, b, d]| {
        HEADER.saturating_add(u32::from_be_bytes([0, a, b, d]) as usize)
    });
    let missing = wanted.saturating_sub(have);
    let ends = header.is_some() && missing <= c.left();
    keep(c, missing.min(c.left()), told)?;
    if !ends {
        return Ok(());
    }
    let Some(partial) = c
        .memory::<TlsMemory>()
        .map(|memory| std::mem::take(&mut memory.side(side).partial))
    else {
        return Ok(());
    };
    let assembled = c.assemble(BufferKind::Reassembled, &partial.bytes, &partial.pieces);
    let Some(span) = assembled else {
        return Err(c.bad(FaultKind::Limit("too many buffers in one frame")));
    };
    c.elsewhere(span, |c| {
        message(c, told);
        Ok(())
    })
}

/// Keeps bytes of a message whose end is still to come.
fn keep(c: &mut Cursor<'_, '_>, len: usize, told: &mut Told) -> Result<(), Fault> {
    let (side, span) = (c.side(), c.ahead(len));
    let have = c
        .memory::<TlsMemory>()
        .map_or(0, |memory| memory.side(side).partial.bytes.len());
    let too_long = have.saturating_add(len) > MESSAGE_MAX.saturating_add(HEADER);
    let mut pieces = Vec::new();
    c.trace(span, have as u32, &mut pieces);
    if have == 0 {
        told.add("first part of a handshake message");
    }
    let bytes = c.take(len)?;
    if let Some(memory) = c.memory::<TlsMemory>() {
        let partial = &mut memory.side(side).partial;
        if too_long {
            *partial = super::memory::Partial::default();
        } else {
            partial.bytes.extend_from_slice(bytes);
            partial.pieces.append(&mut pieces);
        }
    }
    if too_long {
        return Err(c.bad(FaultKind::Limit(
            "a handshake message is longer than it keeps",
        )));
    }
    Ok(())
}

/// Reads one message, which fills all that the cursor may read.
fn message(c: &mut Cursor<'_, '_>, told: &mut Told) {
    let mark = c.mark();
    let group = c.open(&HANDSHAKE);
    let event = match typed(c, told) {
        Ok(event) => event,
        Err((fault, event)) => {
            c.note(fault);
            event
        }
    };
    c.skip(c.left());
    c.close(group);
    if let Some(event) = event {
        c.event_since(mark, event);
    }
}

type Event = Option<&'static EventDef>;
type Reader = fn(&mut Cursor<'_, '_>) -> Result<(), Fault>;

fn typed(c: &mut Cursor<'_, '_>, told: &mut Told) -> Result<Event, (Fault, Event)> {
    let kind = c.u8(&TYPE).map_err(|fault| (fault, None))?;
    c.u24(&LENGTH).map_err(|fault| (fault, None))?;
    if let SERVER_HELLO = kind {
        let retry = hello::is_retry(c);
        let event = Some(if retry {
            &RETRY_EVENT
        } else {
            &SERVER_HELLO_EVENT
        });
        return hello::server_hello(c, retry, told)
            .map(|()| event)
            .map_err(|fault| (fault, event));
    }
    let (name, event, read): (&str, Event, Reader) = match kind {
        HELLO_REQUEST => ("HelloRequest", None, nothing),
        CLIENT_HELLO => {
            return hello::client_hello(c, told)
                .map(|()| Some(&CLIENT_HELLO_EVENT))
                .map_err(|fault| (fault, Some(&CLIENT_HELLO_EVENT)));
        }
        NEW_SESSION_TICKET => ("NewSessionTicket", Some(&TICKET_EVENT), ticket),
        END_OF_EARLY_DATA => (
            "EndOfEarlyData",
            Some(&END_OF_EARLY_DATA_EVENT),
            end_of_early_data,
        ),
        ENCRYPTED_EXTENSIONS => (
            "EncryptedExtensions",
            Some(&ENCRYPTED_EXTENSIONS_EVENT),
            encrypted_extensions,
        ),
        CERTIFICATE => (
            "Certificate",
            Some(&CERTIFICATE_EVENT),
            identity::certificate,
        ),
        SERVER_KEY_EXCHANGE => (
            "ServerKeyExchange",
            Some(&SERVER_KEY_EXCHANGE_EVENT),
            agreement::server_key_exchange,
        ),
        CERTIFICATE_REQUEST => (
            "CertificateRequest",
            Some(&CERTIFICATE_REQUEST_EVENT),
            identity::certificate_request,
        ),
        SERVER_HELLO_DONE => (
            "ServerHelloDone",
            Some(&SERVER_HELLO_DONE_EVENT),
            server_hello_done,
        ),
        CERTIFICATE_VERIFY => (
            "CertificateVerify",
            Some(&CERTIFICATE_VERIFY_EVENT),
            identity::certificate_verify,
        ),
        CLIENT_KEY_EXCHANGE => (
            "ClientKeyExchange",
            Some(&CLIENT_KEY_EXCHANGE_EVENT),
            agreement::client_key_exchange,
        ),
        FINISHED => ("Finished", Some(&FINISHED_EVENT), finished),
        CERTIFICATE_STATUS => ("CertificateStatus", None, identity::certificate_status),
        KEY_UPDATE_TYPE => ("KeyUpdate", None, key_update),
        COMPRESSED_CERTIFICATE => (
            "CompressedCertificate",
            Some(&CERTIFICATE_EVENT),
            identity::compressed_certificate,
        ),
        NEXT_PROTOCOL => ("NextProtocol", None, next_protocol),
        _ => ("unknown handshake message", None, unknown),
    };
    told.add(name);
    read(c).map(|()| event).map_err(|fault| (fault, event))
}

#[expect(clippy::unnecessary_wraps, reason = "one of the readers of messages")]
fn nothing(_: &mut Cursor<'_, '_>) -> Result<(), Fault> {
    Ok(())
}

fn unknown(c: &mut Cursor<'_, '_>) -> Result<(), Fault> {
    let len = c.left();
    c.bytes(&MESSAGE, len).map(|_| ())
}

#[expect(clippy::unnecessary_wraps, reason = "one of the readers of messages")]
fn server_hello_done(c: &mut Cursor<'_, '_>) -> Result<(), Fault> {
    if let Some(memory) = c.memory::<TlsMemory>() {
        memory.full = true;
    }
    Ok(())
}

#[expect(clippy::unnecessary_wraps, reason = "one of the readers of messages")]
fn end_of_early_data(c: &mut Cursor<'_, '_>) -> Result<(), Fault> {
    let side = c.side();
    if let Some(memory) = c.memory::<TlsMemory>() {
        memory.seal(side, Epoch::Handshake);
    }
    Ok(())
}

fn encrypted_extensions(c: &mut Cursor<'_, '_>) -> Result<(), Fault> {
    extensions::list(c, Within::EncryptedExtensions, None)
}

/// NewSessionTicket: RFC 9846 section 4.6.1, RFC 5077 section 3.3.
fn ticket(c: &mut Cursor<'_, '_>) -> Result<(), Fault> {
    let is_13 = c.memory::<TlsMemory>().is_some_and(|memory| memory.is_13());
    c.group(&TICKET_HEADING, |c| {
        c.u32(&TICKET_LIFETIME)?;
        if is_13 {
            c.u32(&TICKET_AGE_ADD)?;
            let len = c.u8(&TICKET_NONCE_LENGTH)?;
            c.bytes(&TICKET_NONCE, len.into())?;
        }
        let len = c.u16(&TICKET_LENGTH)?;
        c.bytes(&TICKET, len.into())?;
        if is_13 {
            extensions::list(c, Within::Ticket, None)?;
        }
        Ok(())
    })
}

fn finished(c: &mut Cursor<'_, '_>) -> Result<(), Fault> {
    let len = c.left();
    c.put(&VERIFY_DATA, c.ahead(len), Value::None);
    c.take(len)?;
    let side = c.side();
    if let Some(memory) = c.memory::<TlsMemory>() {
        memory.finished(side);
    }
    Ok(())
}

fn key_update(c: &mut Cursor<'_, '_>) -> Result<(), Fault> {
    c.u8(&KEY_UPDATE)?;
    let side = c.side();
    if let Some(memory) = c.memory::<TlsMemory>() {
        memory.key_update(side);
    }
    Ok(())
}

/// The forerunner of ALPN: the client's choice, padded.
fn next_protocol(c: &mut Cursor<'_, '_>) -> Result<(), Fault> {
    let len = c.u8(&NPN_SELECTED_LENGTH)?;
    c.text(&NPN_SELECTED, len.into())?;
    let len = c.u8(&NPN_PADDING_LENGTH)?;
    c.bytes(&NPN_PADDING, len.into()).map(|_| ())
}
