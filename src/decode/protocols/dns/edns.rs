//! Extension mechanisms: the OPT record and its options (RFC 6891, RFC 6975, RFC 7871, RFC 7873, RFC 8914, RFC 9567, RFC 9660,
//! RFC 9664 and others).

use crate::decode::{Cursor, Fault, FieldDef, Value, domain};

use super::fields as f;
use super::values;

const UPDATE_LEASE: u16 = 2;
const NSID: u16 = 3;
const ALGORITHMS: u16 = 5;
const DIGESTS: u16 = 6;
const HASHES: u16 = 7;
const CLIENT_SUBNET: u16 = 8;
const EXPIRE: u16 = 9;
const COOKIE: u16 = 10;
const KEEPALIVE: u16 = 11;
const PADDING: u16 = 12;
const CHAIN: u16 = 13;
const KEY_TAG: u16 = 14;
const EXTENDED_ERROR: u16 = 15;
const REPORT_CHANNEL: u16 = 18;
const ZONE_VERSION: u16 = 19;

/// Code of the client subnet option before it was registered.
const CLIENT_SUBNET_EXPERIMENTAL: u16 = 20_730;

/// Reads what stands in place of the time to live; returns the upper bits of the response code.
pub(super) fn head(c: &mut Cursor<'_, '_>) -> Result<u64, Fault> {
    let rcode = c.u8(&f::EXTENDED_RCODE)?;
    c.u8(&f::EDNS_VERSION)?;
    let flags = c.open(&f::EDNS_FLAGS);
    c.flag(&f::DNSSEC_OK, 2, 0)?;
    c.bits(&f::EDNS_RESERVED, 2, 1, 15)?;
    values::entitle_number(c, flags, 2)?;
    Ok(u64::from(rcode))
}

/// Reads the options.
pub(super) fn options(c: &mut Cursor<'_, '_>) -> Result<String, Fault> {
    while !c.is_empty() {
        c.group(&f::OPTION, option)?;
    }
    Ok(String::new())
}

fn option(c: &mut Cursor<'_, '_>) -> Result<(), Fault> {
    let code = c.u16(&f::OPTION_CODE)?;
    let length = usize::from(c.u16(&f::OPTION_LENGTH)?);
    if length == 0 {
        return Ok(());
    }
    c.within(&f::OPTION_LENGTH, length, |c| {
        c.put(&f::OPTION_DATA, c.rest_span(), Value::Bytes);
        match code {
            UPDATE_LEASE => {
                c.u32(&f::UPDATE_LEASE)?;
                if !c.is_empty() {
                    c.u32(&f::UPDATE_KEY_LEASE)?;
                }
                Ok(())
            }
            NSID => values::text(c, &f::NSID, c.left()).map(drop),
            ALGORITHMS => each(c, &f::UNDERSTOOD_ALGORITHM, 1),
            DIGESTS => each(c, &f::UNDERSTOOD_DIGEST, 1),
            HASHES => each(c, &f::UNDERSTOOD_HASH, 1),
            KEY_TAG => each(c, &f::KEY_TAG_KNOWN, 2),
            CLIENT_SUBNET | CLIENT_SUBNET_EXPERIMENTAL => client_subnet(c),
            EXPIRE => c.u32(&f::EXPIRE).map(drop),
            COOKIE => {
                c.bytes(&f::COOKIE_CLIENT, 8)?;
                if !c.is_empty() {
                    c.bytes(&f::COOKIE_SERVER, c.left())?;
                }
                Ok(())
            }
            KEEPALIVE => c.u16(&f::KEEPALIVE).map(drop),
            PADDING => c.bytes(&f::PADDING, c.left()).map(drop),
            CHAIN => c.bytes(&f::CHAIN, c.left()).map(drop),
            REPORT_CHANNEL => {
                // The name is not compressed: a pointer would lead nowhere.
                let name = domain::read(c, c.consumed(), &f::REPORT_AGENT)?;
                c.put_text(&f::REPORT_AGENT, name.span, &name.text);
                Ok(())
            }
            ZONE_VERSION => {
                c.u8(&f::ZONE_LABELS)?;
                match c.u8(&f::ZONE_VERSION_TYPE)? {
                    0 => c.u32(&f::ZONE_VERSION).map(drop),
                    _ => c.bytes(&f::ZONE_VERSION, c.left()).map(drop),
                }
            }
            EXTENDED_ERROR => {
                c.u16(&f::ERROR_CODE)?;
                error_text(c)
            }
            _ => {
                c.skip(length);
                Ok(())
            }
        }
    })
}

/// The same number again and again, to the end.
fn each(c: &mut Cursor<'_, '_>, def: &'static FieldDef, len: usize) -> Result<(), Fault> {
    while !c.is_empty() {
        c.number(def, len)?;
    }
    Ok(())
}

/// The first bytes of an address; the rest of it is zero.
fn client_subnet(c: &mut Cursor<'_, '_>) -> Result<(), Fault> {
    let family = c.u16(&f::SUBNET_FAMILY)?;
    c.u8(&f::SUBNET_SOURCE)?;
    c.u8(&f::SUBNET_SCOPE)?;
    if c.is_empty() {
        return Ok(());
    }
    let (def, value) = match family {
        1 => (&f::SUBNET_IP4, Value::Ip4(values::padded(c.peek()))),
        2 => (&f::SUBNET_IP6, Value::Ip6(values::padded(c.peek()))),
        _ => (&f::SUBNET_OTHER, Value::Bytes),
    };
    c.put(def, c.rest_span(), value);
    c.skip(c.left());
    Ok(())
}

/// The server's words, in UTF-8 (RFC 8914 section 2).
fn error_text(c: &mut Cursor<'_, '_>) -> Result<(), Fault> {
    let (span, bytes) = (c.rest_span(), c.take(c.left())?);
    match str::from_utf8(bytes) {
        Ok("") => {}
        Ok(text) if !text.chars().any(char::is_control) => {
            c.put_text(&f::ERROR_TEXT, span, text);
        }
        _ => c.put(&f::ERROR_TEXT, span, Value::Bytes),
    }
    Ok(())
}
