//! X.509 certificates: RFC 5280.

mod der;
mod extensions;
mod fields;
mod name;
mod ocsp;
mod oids;
mod rare;

use crate::decode::{Claim, Cursor, Fault, FieldDef, Protocol, Value, date, joined};
use crate::model::Osi;

use der::{
    BIT_STRING, GENERALIZED_TIME, INTEGER, OBJECT_ID, SEQUENCE, UTC_TIME, any, choice, expect,
    object_id, sequence, tag,
};
use fields::{
    ALGORITHM, ALGORITHM_NAME, ALT_NAMES, CURVE, EXPONENT, EXTENSIONS, FIELDS, FROM,
    GENERALIZED_TIME as GENERALIZED, ISSUER, ISSUER_CN, ISSUER_NAME, ISSUER_NAMES, KEY,
    KEY_ALGORITHM, KEY_BITS, MODULUS, NAMED_CURVE, NOT_AFTER, NOT_BEFORE, OUTER_ALGORITHM, SERIAL,
    SIGNATURE, SIGNATURE_ALGORITHM, SUBJECT, SUBJECT_CN, SUBJECT_NAME, SUBJECT_NAMES, TO_BE_SIGNED,
    UNTIL, UTC_TIME as UTC, VALIDITY, VERSION,
};
use name::Name;

pub(super) use name::PROTOCOL as NAME;
pub(super) use ocsp::PROTOCOL as STATUS;

/// The row of certificates.
pub(super) static PROTOCOL: Protocol = Protocol {
    key: "x509af",
    name: "X.509 Certificate",
    osi: Osi::Presentation,
    spec: "RFC 5280",
    claims: &[Claim::Media("application/pkix-cert")],
    fields: joined![FIELDS, rare::FIELDS],
    events: &[],
    decode,
    talk: None,
};

/// What a certificate says, gathered while it is read.
#[derive(Debug, Default)]
struct Said {
    subject: Name,
    issuer: Name,
    from: String,
    until: String,
    names: Vec<String>,
}

fn decode(c: &mut Cursor<'_, '_>) -> Result<(), Fault> {
    let mut said = Said::default();
    let result = expect(c, SEQUENCE, |c| certificate(c, &mut said));
    conclude(c, &said);
    result
}

/// Records what stories tell of a certificate, from wherever it stood.
fn conclude(c: &mut Cursor<'_, '_>, said: &Said) {
    let texts: [(&'static FieldDef, &str); 7] = [
        (&SUBJECT_NAME, &said.subject.line),
        (&ISSUER_NAME, &said.issuer.line),
        (&SUBJECT_CN, said.subject.common.as_deref().unwrap_or("")),
        (&ISSUER_CN, said.issuer.common.as_deref().unwrap_or("")),
        (&FROM, &said.from),
        (&UNTIL, &said.until),
        (&ALT_NAMES, &said.names.join(", ")),
    ];
    for (def, text) in texts {
        if !text.is_empty() {
            c.computed_text(def, text);
        }
    }
    let best = |name: &Name| name.common.clone().unwrap_or_else(|| name.line.clone());
    c.summary(format_args!(
        "{} issued by {}, until {}",
        best(&said.subject),
        best(&said.issuer),
        said.until
    ));
}

fn certificate(c: &mut Cursor<'_, '_>, said: &mut Said) -> Result<(), Fault> {
    sequence(c, &TO_BE_SIGNED, |c| to_be_signed(c, said))?;
    sequence(c, &OUTER_ALGORITHM, algorithm)?;
    bit_string(c, |c| der::rest(c, &SIGNATURE))
}

fn to_be_signed(c: &mut Cursor<'_, '_>, said: &mut Said) -> Result<(), Fault> {
    const VERSION_TAG: u8 = 0xa0;
    const EXTENSIONS_TAG: u8 = 0xa3;
    if tag(c) == Some(VERSION_TAG) {
        any(c, |c, _| expect(c, INTEGER, |c| der::number(c, &VERSION)))?;
    }
    expect(c, INTEGER, |c| der::rest(c, &SERIAL))?;
    sequence(c, &SIGNATURE_ALGORITHM, algorithm)?;
    name::name(c, &ISSUER, &ISSUER_NAMES, &mut said.issuer)?;
    sequence(c, &VALIDITY, |c| {
        said.from = time(c, &NOT_BEFORE)?;
        said.until = time(c, &NOT_AFTER)?;
        Ok(())
    })?;
    name::name(c, &SUBJECT, &SUBJECT_NAMES, &mut said.subject)?;
    sequence(c, &KEY, public_key)?;
    // Two unique identifiers of version 2, which nobody uses, may stand before the extensions.
    while !c.is_empty() {
        if tag(c) == Some(EXTENSIONS_TAG) {
            any(c, |c, _| {
                expect(c, SEQUENCE, |c| {
                    der::items(c, &EXTENSIONS, |c| {
                        extensions::extension(c, &mut said.names)
                    })
                })
            })?;
        } else {
            any(c, |_, _| Ok(()))?;
        }
    }
    Ok(())
}

fn algorithm(c: &mut Cursor<'_, '_>) -> Result<(), Fault> {
    algorithm_id(c).map(|_| ())
}

fn algorithm_id(c: &mut Cursor<'_, '_>) -> Result<String, Fault> {
    let id = object_id(c, &ALGORITHM)?;
    if let Some(name) = oids::algorithm(&id) {
        c.computed_text(&ALGORITHM_NAME, name);
    }
    Ok(id)
}

/// A bit string of whole bytes, behind the count of unused bits.
fn bit_string<T>(
    c: &mut Cursor<'_, '_>,
    read: impl FnOnce(&mut Cursor<'_, '_>) -> Result<T, Fault>,
) -> Result<T, Fault> {
    expect(c, BIT_STRING, |c| {
        c.take(1)?;
        read(c)
    })
}

fn public_key(c: &mut Cursor<'_, '_>) -> Result<(), Fault> {
    const RSA: &str = "1.2.840.113549.1.1.1";
    const NAMED: u64 = 1;
    let algorithm = sequence(c, &KEY_ALGORITHM, |c| {
        let id = algorithm_id(c)?;
        if tag(c) == Some(OBJECT_ID) {
            choice(c, &CURVE, NAMED, |c| object_id(c, &NAMED_CURVE))?;
        }
        Ok(id)
    })?;
    bit_string(c, |c| {
        c.put(&KEY_BITS, c.rest_span(), Value::Bytes);
        if algorithm != RSA {
            return Ok(());
        }
        c.nest(|c| {
            expect(c, SEQUENCE, |c| {
                expect(c, INTEGER, |c| der::rest(c, &MODULUS))?;
                expect(c, INTEGER, |c| der::number(c, &EXPONENT))
            })
        })
    })
}

/// Reads a time and returns it as `2026-01-31 12:00:00 (UTC)`.
fn time(c: &mut Cursor<'_, '_>, holder: &'static FieldDef) -> Result<String, Fault> {
    let generalized = tag(c) == Some(GENERALIZED_TIME);
    choice(c, holder, generalized.into(), |c| {
        let wanted = if generalized {
            GENERALIZED_TIME
        } else {
            UTC_TIME
        };
        expect(c, wanted, |c| {
            let span = c.rest_span();
            let written = String::from_utf8_lossy(c.take(c.left())?).into_owned();
            let Some([year, month, day, hour, minute, second]) = moment(&written, generalized)
            else {
                c.put_text(
                    if generalized { &GENERALIZED } else { &UTC },
                    span,
                    &written,
                );
                return Ok(written);
            };
            let plain =
                format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02} (UTC)");
            match date::month_name(month).filter(|_| generalized) {
                Some(name) => c.put_text(
                    &GENERALIZED,
                    span,
                    &format!(
                        "{name} {day:2}, {year} {hour:02}:{minute:02}:{second:02}.000000000 UTC"
                    ),
                ),
                None => c.put_text(&UTC, span, &plain),
            }
            Ok(plain)
        })
    })
}

/// Year, month, day, hour, minute, second of a time in DER, which always ends in `Z` (RFC 5280 section 4.1.2.5).
fn moment(written: &str, generalized: bool) -> Option<[u32; 6]> {
    let digits = written.strip_suffix('Z')?;
    let (year, rest) = digits.split_at_checked(if generalized { 4 } else { 2 })?;
    if rest.len() != 10 || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let year: u32 = year.parse().ok()?;
    let year = match year {
        _ if generalized => year,
        0..50 => year.saturating_add(2000),
        _ => year.saturating_add(1900),
    };
    let mut moment = [year, 0, 0, 0, 0, 0];
    for (to, from) in moment.iter_mut().skip(1).zip(rest.as_bytes().chunks(2)) {
        *to = from
            .iter()
            .fold(0, |n, &b| n * 10 + u32::from(b.saturating_sub(b'0')));
    }
    Some(moment)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::{Dissection, Next, decode_span};
    use crate::model::{BufId, Span};

    // The certificate of sample `expired-certificate`.
    const EXPIRED: &str = "308201f73082019da00302010202142dca9dbf1a37ced7c9008952d09edeb8e52d5242300a06082a8648ce3d04030230\
        3e3125302306035504030c1c4578616d706c65205465737420496e7465726d6564696174652043413115301306035504\
        0a0c0c4578616d706c652054657374301e170d3234303130313030303030305a170d3235303130313030303030305a30\
        1f311d301b06035504030c14657870697265642e6578616d706c652e746573743059301306072a8648ce3d020106082a\
        8648ce3d030107034200045b59a31a461e221b0c155e784568036b8613b2aa54492fb2297aee16ed39610e87f0618af7\
        9404206fe3c9f5c5682df457da8b5828917e1ab992a92c8ae8a2f6a38197308194300c0603551d130101ff0402300030\
        0e0603551d0f0101ff04040302078030130603551d25040c300a06082b06010505070301301d0603551d0e04160414a9\
        ad78780827c0a16b6e5102b1e49fb4f2fc03c6301f0603551d23041830168014ece6f8ba2be795bd64fd18b5b359f565\
        b1fc2c57301f0603551d11041830168214657870697265642e6578616d706c652e74657374300a06082a8648ce3d0403\
        0203480030450220260c36e84ae857fed54e0ab0a156fc40a8e1ed5e0c402e9836574b5a3f95aab9022100b0692ad6a6\
        487a5c0f16fbec8d351bd5982782217d4ff8fcd568d8a105a299c2";

    fn unhex(text: &str) -> Vec<u8> {
        let digit = |b: u8| char::from(b).to_digit(16).unwrap() as u8;
        let pairs = text.as_bytes().chunks(2);
        pairs
            .map(|pair| digit(pair[0]) << 4 | digit(pair[1]))
            .collect()
    }

    fn read(bytes: &[u8]) -> Dissection {
        let mut d = Dissection::default();
        let span = Span::bytes(BufId::FRAME, 0, bytes.len() as u32);
        decode_span(bytes, &mut d, Next::Media("application/pkix-cert"), span);
        d
    }

    #[test]
    fn a_certificate_says_what_another_parser_reads() {
        let bytes = unhex(EXPIRED);
        let d = read(&bytes);
        assert_eq!(d.layers[0].fault, None);
        let text = |key: &str| d.text(d.field(key).unwrap().value);
        let (rest, other) = x509_parser::parse_x509_certificate(&bytes).unwrap();
        assert!(rest.is_empty());
        assert_eq!(text("wirewalk.x509.subject_cn"), "expired.example.test");
        assert_eq!(
            text("wirewalk.x509.issuer"),
            "CN=Example Test Intermediate CA, O=Example Test"
        );
        assert_eq!(other.issuer().to_string(), text("wirewalk.x509.issuer"));
        assert_eq!(text("wirewalk.x509.san"), "expired.example.test");
        assert_eq!(text("wirewalk.x509.not_after"), "2025-01-01 00:00:00 (UTC)");
        assert_eq!(other.validity().not_after.timestamp(), 1_735_689_600);
        assert_eq!(
            text("x509af.algorithm.id"),
            other.signature_algorithm.algorithm.to_id_string()
        );
        let serial = d.field("x509af.serialNumber").unwrap().span;
        assert_eq!(d.bytes(&bytes, serial).unwrap(), other.raw_serial());
        let signed = d.field("x509af.signedCertificate_element").unwrap().span;
        assert_eq!(
            d.bytes(&bytes, signed).unwrap(),
            other.tbs_certificate.as_ref()
        );
        assert_eq!(d.number("x509ce.KeyUsage.digitalSignature"), Some(1));
        assert_eq!(d.number("x509ce.KeyUsage.keyCertSign"), Some(0));
        assert_eq!(d.number("x509af.extensions"), Some(6));
    }

    #[test]
    fn every_end_is_a_fault_and_keeps_what_was_read() {
        let bytes = unhex(EXPIRED);
        for len in 1..bytes.len() {
            let d = read(&bytes[..len]);
            assert!(d.layers[0].fault.is_some(), "{len}");
        }
        assert!(read(&bytes[..200]).field("x509af.serialNumber").is_some());
    }

    #[test]
    fn no_byte_can_break_it() {
        let bytes = unhex(EXPIRED);
        for at in 0..bytes.len() {
            for flip in [0x01, 0x80, 0xff] {
                let mut broken = bytes.clone();
                broken[at] ^= flip;
                let d = read(&broken);
                let last = d.fields.iter().map(|f| f.span.end()).max();
                assert!(last.is_none_or(|end| end as usize <= bytes.len()));
            }
        }
    }

    #[test]
    fn times_have_two_forms() {
        assert_eq!(
            moment("491231235959Z", false),
            Some([2049, 12, 31, 23, 59, 59])
        );
        assert_eq!(moment("500101000000Z", false), Some([1950, 1, 1, 0, 0, 0]));
        assert_eq!(moment("20500101000000Z", true), Some([2050, 1, 1, 0, 0, 0]));
        assert_eq!(moment("4912312359Z", false), None);
        assert_eq!(moment("49123123595\u{e9}Z", false), None);
    }
}
