//! Distinguished names (ITU-T X.501, RFC 5280 section 4.1.2.4), in certificates and by themselves.

use crate::decode::{Claim, Cursor, Fault, FieldDef, Protocol};
use crate::model::Osi;

use super::der::{
    BMP_STRING, IA5_STRING, PRINTABLE_STRING, TELETEX_STRING, UNIVERSAL_STRING, UTF8_STRING, any,
    choice, expect, items, object_id, sequence, tag, text,
};
use super::fields::{
    ATTRIBUTE, ATTRIBUTE_TYPE, BMP, COUNTRY, IA5, ISSUER_NAMES, NAME_PART, PRINTABLE,
    PRINTABLE_ONLY, STRING, TELETEX, UNIVERSAL, UTF8,
};
use super::oids;

/// The row of a name that stands by itself: an authority in a CertificateRequest.
pub(in crate::decode::protocols) static PROTOCOL: Protocol = Protocol {
    key: "x509if",
    name: "X.501 Distinguished Name",
    osi: Osi::Presentation,
    spec: "RFC 5280",
    claims: &[Claim::Media("application/x-x501-name")],
    fields: &[
        &NAME_PART,
        &ATTRIBUTE,
        &ATTRIBUTE_TYPE,
        &STRING,
        &TELETEX,
        &PRINTABLE,
        &UNIVERSAL,
        &BMP,
        &UTF8,
        &COUNTRY,
        &IA5,
        &PRINTABLE_ONLY,
    ],
    events: &[],
    decode,
    talk: None,
};

/// What a name says.
#[derive(Debug, Default)]
pub(super) struct Name {
    /// The whole name on one line (RFC 4514, but in the order of the certificate).
    pub line: String,
    /// Its last common name.
    pub common: Option<String>,
}

fn decode(c: &mut Cursor<'_, '_>) -> Result<(), Fault> {
    let mut name = Name::default();
    let result = any(c, |c, _| {
        while !c.is_empty() {
            part(c, &mut name)?;
        }
        Ok(())
    });
    c.summary(format_args!("{}", name.line));
    result
}

/// Reads a Name, under the heading of the field that holds it.
pub(super) fn name(
    c: &mut Cursor<'_, '_>,
    holder: &'static FieldDef,
    parts: &'static FieldDef,
    name: &mut Name,
) -> Result<(), Fault> {
    choice(c, holder, 0, |c| {
        any(c, |c, _| items(c, parts, |c| part(c, name)))
    })
}

/// Reads a name as an alternative among general names.
pub(super) fn directory_name(
    c: &mut Cursor<'_, '_>,
    holder: &'static FieldDef,
) -> Result<String, Fault> {
    let mut read = Name::default();
    name(c, holder, &ISSUER_NAMES, &mut read)?;
    Ok(read.line)
}

fn part(c: &mut Cursor<'_, '_>, name: &mut Name) -> Result<(), Fault> {
    const SET: u8 = 0x31;
    expect(c, SET, |c| {
        items(c, &NAME_PART, |c| {
            sequence(c, &ATTRIBUTE, |c| attribute(c, name))
        })
    })
}

fn attribute(c: &mut Cursor<'_, '_>, name: &mut Name) -> Result<(), Fault> {
    const COMMON_NAME: &str = "2.5.4.3";
    let kind = object_id(c, &ATTRIBUTE_TYPE)?;
    let value = value(c, &kind)?;
    if !name.line.is_empty() {
        name.line.push_str(", ");
    }
    name.line.push_str(oids::attribute(&kind).unwrap_or(&kind));
    name.line.push('=');
    name.line.push_str(&value);
    if kind == COMMON_NAME {
        name.common = Some(value);
    }
    Ok(())
}

/// Reads an attribute's value. Attributes of a single alphabet have fields of their own.
fn value(c: &mut Cursor<'_, '_>, kind: &str) -> Result<String, Fault> {
    const COUNTRY_NAME: &str = "2.5.4.6";
    const JURISDICTION_COUNTRY: &str = "1.3.6.1.4.1.311.60.2.1.3";
    const SERIAL_NUMBER: &str = "2.5.4.5";
    let single = match (kind, tag(c)) {
        (COUNTRY_NAME | JURISDICTION_COUNTRY, Some(PRINTABLE_STRING)) => Some(&COUNTRY),
        (SERIAL_NUMBER, Some(PRINTABLE_STRING)) => Some(&PRINTABLE_ONLY),
        (_, Some(IA5_STRING)) => Some(&IA5),
        _ => None,
    };
    if let Some(def) = single {
        return any(c, |c, tag| text(c, def, tag));
    }
    let (number, def): (u64, &'static FieldDef) = match tag(c) {
        Some(TELETEX_STRING) => (0, &TELETEX),
        Some(UNIVERSAL_STRING) => (2, &UNIVERSAL),
        Some(BMP_STRING) => (3, &BMP),
        Some(UTF8_STRING) => (4, &UTF8),
        _ => (1, &PRINTABLE),
    };
    choice(c, &STRING, number, |c| any(c, |c, tag| text(c, def, tag)))
}
