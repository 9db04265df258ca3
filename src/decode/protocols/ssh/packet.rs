//! One message: an identification line, a packet in clear, or sealed bytes (RFC 4253 sections 4.2 and 6).

use crate::decode::{Cursor, Fault, Value};
use crate::model::Side;

use super::kex::Told;
use super::session::{Phase, Session};
use super::{
    BANNER, COMMENTS, DEBUG, DEBUG_ALWAYS, DEBUG_LEN, DISCONNECT, DISCONNECT_REASON,
    DISCONNECT_TEXT, DISCONNECT_TEXT_LEN, ENCRYPTED, ENCRYPTED_PACKET, GUESS_WRONG, IGNORE,
    IGNORE_LEN, KEXINIT, LANG, LANG_LEN, MAC, MESSAGE_CODE, NEWKEYS, PACKET_LENGTH,
    PACKET_LENGTH_ENCRYPTED, PADDING, PADDING_LENGTH, PAYLOAD, PRE_BANNER, PROTOCOL_LINE,
    PROTOCOL_VERSION, SERVICE, SERVICE_LEN, SOFTWARE, kex, kexinit, text,
};

/// Reads one message of the side that speaks.
pub(super) fn message(c: &mut Cursor<'_, '_>, session: &mut Session) -> Result<(), Fault> {
    match session.half(c.side()).phase {
        Phase::Lines if c.peek_number(0, 1) == Some(0) => clear(c, session, 0),
        Phase::Lines => line(c, session),
        Phase::Clear { mac } => clear(c, session, mac),
        Phase::Sealed { tag } => sealed(c, session, tag),
        Phase::Opaque => opaque(c, session),
        Phase::Lost => {
            let len = c.left();
            c.bytes(&PAYLOAD, len).map(drop)
        }
    }
}

/// A line of text: the identification, or one that precedes it.
fn line(c: &mut Cursor<'_, '_>, session: &mut Session) -> Result<(), Fault> {
    let all = c.peek();
    let line = all.strip_suffix(b"\n").unwrap_or(all);
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    let ending = all.len().saturating_sub(line.len());
    if !line.starts_with(b"SSH-") {
        c.text(&PRE_BANNER, line.len())?;
        c.skip(ending);
        c.summary(format_args!("a line before the identification"));
        return Ok(());
    }
    let shown = String::from_utf8_lossy(line).into_owned();
    c.put_text(&PROTOCOL_LINE, c.ahead(line.len()), &shown);
    let version = c.nest(|c| identification(c, line))?;
    c.skip(ending);
    c.summary(format_args!("{shown}"));
    c.event(&BANNER);
    let half = session.half_mut(c.side());
    half.phase = if matches!(version, b"2.0" | b"1.99") {
        Phase::Clear { mac: 0 }
    } else {
        Phase::Lost
    };
    half.version = Some(shown);
    Ok(())
}

/// `SSH-protoversion-softwareversion SP comments`; returns the protocol version.
fn identification<'b>(c: &mut Cursor<'b, '_>, line: &[u8]) -> Result<&'b [u8], Fault> {
    c.skip(b"SSH-".len());
    let rest = line.get(b"SSH-".len()..).unwrap_or_default();
    let mut words = rest.splitn(2, |&b| b == b'-');
    let version = words.next().unwrap_or_default().len();
    let version = c.text(&PROTOCOL_VERSION, version)?;
    let Some(rest) = words.next() else {
        return Ok(version);
    };
    c.skip(1);
    let mut words = rest.splitn(2, |&b| b == b' ');
    c.text(&SOFTWARE, words.next().unwrap_or_default().len())?;
    if let Some(comments) = words.next() {
        c.skip(1);
        c.text(&COMMENTS, comments.len())?;
    }
    Ok(version)
}

/// A packet in clear.
fn clear(c: &mut Cursor<'_, '_>, session: &mut Session, mac: usize) -> Result<(), Fault> {
    let len = c.u32(&PACKET_LENGTH)? as usize;
    let told = c.within(&PACKET_LENGTH, len, |c| {
        let padding = usize::from(c.u8(&PADDING_LENGTH)?);
        let Some(payload) = len.checked_sub(padding.saturating_add(1)) else {
            return Err(c.bad_length(&PADDING_LENGTH, padding as u64, "shorter than the packet"));
        };
        if padding < 4 {
            c.note(c.bad_length(&PADDING_LENGTH, padding as u64, "at least 4"));
        }
        let told = c.within(&PADDING_LENGTH, payload, |c| {
            let told = payload_of(c, session)?;
            if !c.is_empty() {
                let len = c.left();
                c.bytes(&PAYLOAD, len)?;
            }
            Ok(told)
        })?;
        c.bytes(&PADDING, padding)?;
        Ok(told)
    })?;
    if mac > 0 {
        c.bytes(&MAC, mac)?;
    }
    if let Some(event) = told {
        c.event(event);
    }
    Ok(())
}

/// The message in a clear packet.
fn payload_of(c: &mut Cursor<'_, '_>, session: &mut Session) -> Result<Told, Fault> {
    let side = c.side();
    let code = c.u8(&MESSAGE_CODE)?;
    match code {
        1 => disconnect(c),
        2 => {
            super::string(c, &IGNORE_LEN, &IGNORE)?;
            c.summary(format_args!("ignore"));
            Ok(None)
        }
        4 => {
            c.bool(&DEBUG_ALWAYS)?;
            text(c, &DEBUG_LEN, &DEBUG)?;
            text(c, &LANG_LEN, &LANG)?;
            c.summary(format_args!("debug message"));
            Ok(None)
        }
        5 | 6 => {
            let name = text(c, &SERVICE_LEN, &SERVICE)?;
            let name = String::from_utf8_lossy(name);
            let what = if code == 5 { "request" } else { "accept" };
            c.summary(format_args!("service {what}: {name}"));
            Ok(None)
        }
        20 => {
            kexinit::read(c, session)?;
            Ok(Some(&KEXINIT))
        }
        21 => {
            let sealing = session.sealing(side);
            session.half_mut(side).phase = sealing;
            c.summary(format_args!("new keys"));
            Ok(Some(&NEWKEYS))
        }
        30..=49 => exchange(c, code, session),
        _ => {
            c.summary(format_args!("message {code}"));
            Ok(None)
        }
    }
}

/// A message of the key exchange, unless it was a wrong guess (RFC 4253 section 7).
fn exchange(c: &mut Cursor<'_, '_>, code: u8, session: &mut Session) -> Result<Told, Fault> {
    let side = c.side();
    let guessed = std::mem::take(&mut session.half_mut(side).guesses);
    let wrong = session.agreed.as_ref().is_some_and(|a| !a.guess_right);
    if guessed && wrong {
        c.computed(&GUESS_WRONG, Value::Bool(true));
        let len = c.left();
        c.bytes(&PAYLOAD, len)?;
        c.summary(format_args!("a wrong guess, ignored"));
        return Ok(Some(match side {
            Side::Client => &super::KEX_INIT,
            Side::Server => &super::KEX_REPLY,
        }));
    }
    kex::read(c, code, session)
}

fn disconnect(c: &mut Cursor<'_, '_>) -> Result<Told, Fault> {
    let reason = c.u32(&DISCONNECT_REASON)?;
    let text_bytes = text(c, &DISCONNECT_TEXT_LEN, &DISCONNECT_TEXT)?;
    // Some old programs leave the language away.
    if !c.is_empty() {
        text(c, &LANG_LEN, &LANG)?;
    }
    let words = String::from_utf8_lossy(text_bytes);
    c.summary(format_args!("disconnect, reason {reason}: {words}"));
    Ok(Some(&DISCONNECT))
}

/// A sealed packet whose length can be read: AES-GCM, and MACs over the ciphertext.
fn sealed(c: &mut Cursor<'_, '_>, session: &mut Session, tag: usize) -> Result<(), Fault> {
    let len = c.u32(&PACKET_LENGTH)? as usize;
    c.within(&PACKET_LENGTH, len, |c| {
        let have = c.left();
        c.bytes(&ENCRYPTED_PACKET, have).map(drop)
    })?;
    if tag > 0 {
        c.bytes(&MAC, tag)?;
    }
    c.summary(format_args!("encrypted packet, {len} bytes"));
    tell(c, session);
    Ok(())
}

/// Sealed bytes: where packets begin and end is sealed too.
fn opaque(c: &mut Cursor<'_, '_>, session: &mut Session) -> Result<(), Fault> {
    let all = c.left();
    if all > 4 {
        c.bytes(&PACKET_LENGTH_ENCRYPTED, 4)?;
    }
    let len = c.left();
    c.bytes(&ENCRYPTED_PACKET, len)?;
    c.summary(format_args!("encrypted, {all} bytes"));
    tell(c, session);
    Ok(())
}

/// Raises the event of a side's sealed packets, once.
fn tell(c: &mut Cursor<'_, '_>, session: &mut Session) {
    let half = session.half_mut(c.side());
    if !std::mem::replace(&mut half.told, true) {
        c.event(&ENCRYPTED);
    }
}
