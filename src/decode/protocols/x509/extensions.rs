//! Extensions of certificates (RFC 5280 section 4.2): names, uses, constraints, and where to learn more.

use std::net::{Ipv4Addr, Ipv6Addr};

use crate::decode::{Cursor, Fault, FieldDef, Next, Value};

use super::der::{
    self, BIT_STRING, BMP_STRING, BOOLEAN, INTEGER, OCTET_STRING, SEQUENCE, UTF8_STRING,
    VISIBLE_STRING, any, choice, expect, items, object_id, sequence, tag,
};
use super::fields::{
    ACCESS, ACCESS_DESCRIPTION, ACCESS_LOCATION, ACCESS_METHOD, AUTHORITY_ISSUER, AUTHORITY_KEY,
    AUTHORITY_SERIAL, BASIC_CONSTRAINTS, CA, CONTENT_COMMITMENT, CRITICAL, CRL_POINT, CRL_POINTS,
    CRL_SIGN, DATA_ENCIPHERMENT, DECIPHER_ONLY, DIGITAL_SIGNATURE, DIRECTORY_NAME, DNS_NAME,
    ENCIPHER_ONLY, EXTENSION, EXTENSION_ID, EXTENSION_VALUE, IP_NAME, IP6_NAME, KEY_AGREEMENT,
    KEY_CERT_SIGN, KEY_ENCIPHERMENT, KEY_ID, KEY_USAGE, MAIL_NAME, NAME, NAMES, NOTICE, NOTICE_BMP,
    NOTICE_IA5, NOTICE_TEXT, NOTICE_UTF8, NOTICE_VISIBLE, PATH_LENGTH, POINT_NAME, POINT_NAMES,
    POLICIES, POLICY, POLICY_ID, PURPOSE, PURPOSES, QUALIFIER, QUALIFIER_ID, QUALIFIERS,
    REGISTERED_ID, STATEMENT, SUBJECT_KEY_ID, URI,
};
use super::{name, rare};

/// Reads one extension; the subject's alternative names are added to `names`. A value that cannot be read is a fault,
/// and the extensions behind it are read all the same.
pub(super) fn extension(c: &mut Cursor<'_, '_>, names: &mut Vec<String>) -> Result<(), Fault> {
    sequence(c, &EXTENSION, |c| {
        let id = object_id(c, &EXTENSION_ID)?;
        if tag(c) == Some(BOOLEAN) {
            any(c, |c, _| c.bool(&CRITICAL))?;
        }
        expect(c, OCTET_STRING, |c| {
            if let Err(fault) = value(c, &id, names) {
                c.note(fault);
            }
            Ok(())
        })
    })
}

fn value(c: &mut Cursor<'_, '_>, id: &str, names: &mut Vec<String>) -> Result<(), Fault> {
    match id {
        "2.5.29.14" => expect(c, OCTET_STRING, |c| der::rest(c, &SUBJECT_KEY_ID)),
        "2.5.29.15" => key_usage(c),
        "2.5.29.17" => expect(c, SEQUENCE, |c| general_names(c, &NAMES, names)),
        "2.5.29.18" => expect(c, SEQUENCE, |c| general_names(c, &NAMES, &mut Vec::new())),
        "2.5.29.19" => basic_constraints(c),
        "2.5.29.31" => expect(c, SEQUENCE, |c| {
            items(c, &CRL_POINTS, |c| {
                sequence(c, &CRL_POINT, distribution_point)
            })
        }),
        // The second is Microsoft's, for the purposes of a template.
        "2.5.29.32" | "1.3.6.1.4.1.311.21.10" => expect(c, SEQUENCE, |c| {
            items(c, &POLICIES, |c| sequence(c, &POLICY, policy))
        }),
        "2.5.29.35" => sequence(c, &AUTHORITY_KEY, authority_key),
        "2.5.29.37" => expect(c, SEQUENCE, |c| {
            items(c, &PURPOSES, |c| object_id(c, &PURPOSE).map(|_| ()))
        }),
        "1.3.6.1.5.5.7.1.1" => expect(c, SEQUENCE, |c| items(c, &ACCESS, access)),
        "1.3.6.1.4.1.11129.2.4.2" => expect(c, OCTET_STRING, |c| {
            c.next(Next::Media("application/x-ct-sct-list"), c.rest_span());
            der::rest(c, &EXTENSION_VALUE)
        }),
        _ if rare::value(c, id)? => Ok(()),
        _ => der::rest(c, &EXTENSION_VALUE),
    }
}

/// Reads one place where more is found.
pub(super) fn access(c: &mut Cursor<'_, '_>) -> Result<(), Fault> {
    sequence(c, &ACCESS_DESCRIPTION, |c| {
        object_id(c, &ACCESS_METHOD)?;
        general_name(c, &ACCESS_LOCATION).map(|_| ())
    })
}

fn key_usage(c: &mut Cursor<'_, '_>) -> Result<(), Fault> {
    let first: [&'static FieldDef; 8] = [
        &DIGITAL_SIGNATURE,
        &CONTENT_COMMITMENT,
        &KEY_ENCIPHERMENT,
        &DATA_ENCIPHERMENT,
        &KEY_AGREEMENT,
        &KEY_CERT_SIGN,
        &CRL_SIGN,
        &ENCIPHER_ONLY,
    ];
    expect(c, BIT_STRING, |c| {
        c.take(1)?;
        let bits = c.rest_span();
        c.put(&KEY_USAGE, bits, Value::Bytes);
        c.nest(|c| {
            for (def, bit) in first.into_iter().zip(0..) {
                c.flag(def, 1, bit)?;
            }
            c.take(1)?;
            if c.is_empty() {
                // Bits that are not set are left out at the end (X.690 section 11.2.2).
                c.put(&DECIPHER_ONLY, bits, Value::Bool(false));
                return Ok(());
            }
            c.flag(&DECIPHER_ONLY, 1, 0).map(drop)
        })
    })
}

fn basic_constraints(c: &mut Cursor<'_, '_>) -> Result<(), Fault> {
    sequence(c, &BASIC_CONSTRAINTS, |c| {
        if tag(c) == Some(BOOLEAN) {
            any(c, |c, _| c.bool(&CA))?;
        }
        if tag(c) == Some(INTEGER) {
            any(c, |c, _| der::number(c, &PATH_LENGTH))?;
        }
        Ok(())
    })
}

fn authority_key(c: &mut Cursor<'_, '_>) -> Result<(), Fault> {
    while !c.is_empty() {
        any(c, |c, tag| match tag & 0x1f {
            0 => der::rest(c, &KEY_ID),
            1 => general_names(c, &AUTHORITY_ISSUER, &mut Vec::new()),
            _ => der::rest(c, &AUTHORITY_SERIAL),
        })?;
    }
    Ok(())
}

pub(super) fn distribution_point(c: &mut Cursor<'_, '_>) -> Result<(), Fault> {
    const FULL_NAME: u8 = 0xa0;
    if tag(c) != Some(0xa0) {
        return Ok(());
    }
    any(c, |c, _| {
        any(c, |c, form| {
            if form != FULL_NAME {
                return Ok(());
            }
            choice(c, &POINT_NAME, 0, |c| {
                general_names(c, &POINT_NAMES, &mut Vec::new())
            })
        })
    })
}

fn policy(c: &mut Cursor<'_, '_>) -> Result<(), Fault> {
    object_id(c, &POLICY_ID)?;
    if c.is_empty() {
        return Ok(());
    }
    expect(c, SEQUENCE, |c| {
        items(c, &QUALIFIERS, |c| sequence(c, &QUALIFIER, qualifier))
    })
}

fn qualifier(c: &mut Cursor<'_, '_>) -> Result<(), Fault> {
    const STATEMENT_ID: &str = "1.3.6.1.5.5.7.2.1";
    const NOTICE_ID: &str = "1.3.6.1.5.5.7.2.2";
    match object_id(c, &QUALIFIER_ID)?.as_str() {
        STATEMENT_ID => any(c, |c, tag| der::text(c, &STATEMENT, tag).map(|_| ())),
        NOTICE_ID => sequence(c, &NOTICE, notice),
        _ => Ok(()),
    }
}

fn notice(c: &mut Cursor<'_, '_>) -> Result<(), Fault> {
    if tag(c) == Some(SEQUENCE) {
        // A reference to a numbered notice, which nobody uses.
        any(c, |_, _| Ok(()))?;
    }
    if c.is_empty() {
        return Ok(());
    }
    let (number, def): (u64, &'static FieldDef) = match tag(c) {
        Some(VISIBLE_STRING) => (1, &NOTICE_VISIBLE),
        Some(BMP_STRING) => (2, &NOTICE_BMP),
        Some(UTF8_STRING) => (3, &NOTICE_UTF8),
        _ => (0, &NOTICE_IA5),
    };
    choice(c, &NOTICE_TEXT, number, |c| {
        any(c, |c, tag| der::text(c, def, tag).map(|_| ()))
    })
}

/// Reads names until the end, under a heading that counts them.
fn general_names(
    c: &mut Cursor<'_, '_>,
    def: &'static FieldDef,
    names: &mut Vec<String>,
) -> Result<(), Fault> {
    items(c, def, |c| {
        names.extend(general_name(c, &NAME)?);
        Ok(())
    })
}

/// Reads one name of any kind (RFC 5280 section 4.2.1.6), under a heading with the kind's number.
pub(super) fn general_name(
    c: &mut Cursor<'_, '_>,
    holder: &'static FieldDef,
) -> Result<Option<String>, Fault> {
    any(c, |c, tag| {
        let kind = tag & 0x1f;
        choice(c, holder, kind.into(), |c| {
            Ok(match kind {
                0 => rare::other_name(c)?,
                1 => Some(der::text(c, &MAIL_NAME, tag)?),
                2 => Some(der::text(c, &DNS_NAME, tag)?),
                4 => Some(name::directory_name(c, &DIRECTORY_NAME)?),
                6 => Some(der::text(c, &URI, tag)?),
                7 if c.left() == 4 => Some(Ipv4Addr::from(c.ip4(&IP_NAME)?).to_string()),
                7 if c.left() == 16 => Some(Ipv6Addr::from(c.ip6(&IP6_NAME)?).to_string()),
                8 => Some(der::oid(c, &REGISTERED_ID)?),
                _ => {
                    c.skip(c.left());
                    None
                }
            })
        })
    })
}
