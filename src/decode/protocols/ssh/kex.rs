//! The key exchange itself, messages 30 to 34: what they hold depends on the negotiated method
//! (RFC 4253 section 8, RFC 4419, RFC 5656, RFC 8731, RFC 10042).

use crate::decode::{Cursor, Fault, FieldDef, Value};
use crate::model::{EventDef, Side, Span};

use super::names::Method;
use super::session::Session;
use super::{
    C_INIT, C_INIT_EC, C_INIT_KEM, C_INIT_LEN, DH_E, DH_F, GEX_BITS, GEX_G, GEX_MAX, GEX_MIN,
    GEX_P, KEX_INIT, KEX_REPLY, MPINT_LEN, PAYLOAD, Q_C, Q_C_LEN, Q_S, Q_S_LEN, S_REPLY,
    S_REPLY_EC, S_REPLY_KEM, S_REPLY_LEN, host_key, string,
};

/// What a message turned out to be: the event to raise when it is read.
pub(super) type Told = Option<&'static EventDef>;

/// Reads the message behind its number.
pub(super) fn read(c: &mut Cursor<'_, '_>, code: u8, session: &mut Session) -> Result<Told, Fault> {
    let name = session.method_name(c.side());
    session.asks_group |= code == 34;
    // Where a KEXINIT was not captured, the request for a group still tells the method.
    let asked = session.asks_group.then_some(Method::GroupExchange);
    let method = name.as_deref().map(Method::of).or(asked);
    let name = name.as_deref().unwrap_or("method unknown");
    match (method, code) {
        (Some(Method::GroupExchange), 30) => {
            c.u32(&GEX_BITS)?;
            c.summary(format_args!(
                "group exchange request of the old form, {name}"
            ));
            Ok(Some(&KEX_INIT))
        }
        (Some(Method::GroupExchange), 34) => {
            c.u32(&GEX_MIN)?;
            let bits = c.u32(&GEX_BITS)?;
            c.u32(&GEX_MAX)?;
            c.summary(format_args!(
                "asks for a group of about {bits} bits, {name}"
            ));
            Ok(Some(&KEX_INIT))
        }
        (Some(Method::GroupExchange), 31) => {
            let p = string(c, &MPINT_LEN, &GEX_P)?;
            string(c, &MPINT_LEN, &GEX_G)?;
            let bits = bit_length(p);
            c.summary(format_args!("group of {bits} bits, {name}"));
            Ok(Some(&KEX_REPLY))
        }
        (Some(Method::Dh), 30) | (Some(Method::GroupExchange), 32) => {
            string(c, &MPINT_LEN, &DH_E)?;
            c.summary(format_args!("client's public value, {name}"));
            Ok(Some(&KEX_INIT))
        }
        (Some(Method::Dh), 31) | (Some(Method::GroupExchange), 33) => {
            reply(c, session, name, |c| string(c, &MPINT_LEN, &DH_F).map(drop))
        }
        (Some(Method::Ecdh), 30) => {
            string(c, &Q_C_LEN, &Q_C)?;
            c.summary(format_args!("client's ephemeral key, {name}"));
            Ok(Some(&KEX_INIT))
        }
        (Some(Method::Ecdh), 31) => {
            reply(c, session, name, |c| string(c, &Q_S_LEN, &Q_S).map(drop))
        }
        (Some(Method::Hybrid { key, .. }), 30) => {
            share(c, &C_INIT_LEN, &C_INIT, key, [&C_INIT_KEM, &C_INIT_EC])?;
            c.summary(format_args!("client's hybrid share, {name}"));
            Ok(Some(&KEX_INIT))
        }
        (Some(Method::Hybrid { ciphertext, .. }), 31) => reply(c, session, name, |c| {
            let parts = [&S_REPLY_KEM, &S_REPLY_EC];
            share(c, &S_REPLY_LEN, &S_REPLY, ciphertext, parts)
        }),
        _ => other(c, code, name),
    }
}

/// The server's answer: host key, its half of the exchange, and the signature over all of it.
fn reply(
    c: &mut Cursor<'_, '_>,
    session: &mut Session,
    name: &str,
    half: impl FnOnce(&mut Cursor<'_, '_>) -> Result<(), Fault>,
) -> Result<Told, Fault> {
    let key = host_key::read(c)?;
    half(c)?;
    host_key::signature(c)?;
    let print = key.fingerprint.as_deref().unwrap_or("no fingerprint");
    c.summary(format_args!("host key {} {print}, {name}", key.kind));
    session.fingerprint = key.fingerprint;
    Ok(Some(&KEX_REPLY))
}

/// A string of two parts: what belongs to the KEM, then an elliptic-curve key.
fn share(
    c: &mut Cursor<'_, '_>,
    length: &'static FieldDef,
    whole: &'static FieldDef,
    kem: usize,
    [kem_part, curve_part]: [&'static FieldDef; 2],
) -> Result<(), Fault> {
    let bytes = string(c, length, whole)?;
    let span = c.since(
        c.offset()
            .saturating_sub(u32::try_from(bytes.len()).unwrap_or(u32::MAX)),
    );
    if bytes.len() <= kem {
        return Err(c.bad_length(
            length,
            bytes.len() as u64,
            "longer than the method's KEM part",
        ));
    }
    let kem = u32::try_from(kem).unwrap_or(u32::MAX);
    c.nest(|c| {
        let rest = span.len.saturating_sub(kem);
        c.put(kem_part, Span { len: kem, ..span }, Value::Bytes);
        let at = span.at.saturating_add(kem);
        c.put(
            curve_part,
            Span {
                at,
                len: rest,
                ..span
            },
            Value::Bytes,
        );
        Ok(())
    })
}

/// A method that is not taken apart, or one that is not known because a KEXINIT was not captured.
fn other(c: &mut Cursor<'_, '_>, code: u8, name: &str) -> Result<Told, Fault> {
    let len = c.left();
    c.bytes(&PAYLOAD, len)?;
    c.summary(format_args!("key exchange message {code}, {name}"));
    Ok(Some(match c.side() {
        Side::Client => &KEX_INIT,
        Side::Server => &KEX_REPLY,
    }))
}

/// The bits of an `mpint`.
fn bit_length(number: &[u8]) -> usize {
    let zeros = number.iter().take_while(|&&b| b == 0).count();
    let Some(&first) = number.get(zeros) else {
        return 0;
    };
    let rest = number.len().saturating_sub(zeros).saturating_mul(8);
    rest.saturating_sub(first.leading_zeros() as usize)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_of_a_prime() {
        assert_eq!(bit_length(&[0, 0xff, 0, 0]), 24);
        assert_eq!(bit_length(&[1, 0]), 9);
        assert_eq!(bit_length(&[]), 0);
    }
}
