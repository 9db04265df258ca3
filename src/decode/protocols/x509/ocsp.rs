//! Answers of a status service: is a certificate revoked? OCSP, RFC 6960; servers hand them out in the TLS handshake ("stapled").

use crate::decode::{
    Base, Claim, Cursor, Fault, FieldDef, Names, Next, Protocol, Show, date, fields, joined,
};
use crate::model::Osi;

use super::der::{
    self, GENERALIZED_TIME, INTEGER, OCTET_STRING, SEQUENCE, any, choice, expect, items, object_id,
    sequence, tag,
};
use super::fields::{EXTENSION_VALUE, ISSUER_NAMES};
use super::name::{self, Name};
use super::{algorithm, bit_string, moment};

const ANSWERS: Names = &[
    (0, "successful"),
    (1, "malformedRequest"),
    (2, "internalError"),
    (3, "tryLater"),
    (5, "sigRequired"),
    (6, "unauthorized"),
];

const STATES: Names = &[(0, "good"), (1, "revoked"), (2, "unknown")];

const RESPONDERS: Names = &[(1, "byName"), (2, "byKey")];

const REASONS: Names = &[
    (0, "unspecified"),
    (1, "keyCompromise"),
    (2, "cACompromise"),
    (3, "affiliationChanged"),
    (4, "superseded"),
    (5, "cessationOfOperation"),
    (6, "certificateHold"),
    (8, "removeFromCRL"),
    (9, "privilegeWithdrawn"),
    (10, "aACompromise"),
];

fields! {
    ANSWER: "ocsp.responseStatus", "Response Status", Show::Names(Base::Dec, ANSWERS), "Whether the service answers at all; what it says of the certificate comes below.";
    RESPONSE_BYTES: "ocsp.responseBytes_element", "Response", Show::Heading, "The kind of answer, and the answer.";
    RESPONSE_TYPE: "ocsp.responseType.id", "Response Type", Show::Plain, "1.3.6.1.5.5.7.48.1.1 is the basic answer, the only one in use.";
    BASIC: "ocsp.BasicOCSPResponse_element", "Basic Response", Show::Heading, "What the service says, signed.";
    DATA: "ocsp.tbsResponseData_element", "Response Data", Show::Heading, "All that the service signs.";
    VERSION: "ocsp.version", "Version", Show::Plain, "Written as one less, and left out in version 1.";
    RESPONDER: "ocsp.responderID", "Responder", Show::Names(Base::Dec, RESPONDERS), "Who answers, by name or by key.";
    BY_NAME: "ocsp.byName", "Responder's Name", Show::Plain, "The service's distinguished name.";
    BY_KEY: "ocsp.byKey", "Responder's Key", Show::Plain, "The SHA-1 sum of the service's public key.";
    PRODUCED: "ocsp.producedAt", "Produced At", Show::Plain, "When the answer was signed.";
    RESPONSES: "ocsp.responses", "Responses", Show::Unit("certificates"), "One answer for each certificate asked about.";
    SINGLE: "ocsp.SingleResponse_element", "Certificate", Show::Heading, "Which certificate, and how it stands.";
    CERTIFICATE_ID: "ocsp.certID_element", "Certificate ID", Show::Heading, "Names the certificate by its issuer and serial number.";
    HASH: "ocsp.hashAlgorithm_element", "Hash Algorithm", Show::Heading, "How the two sums below were made.";
    NAME_HASH: "ocsp.issuerNameHash", "Issuer Name Hash", Show::Plain, "Sum over the issuer's name.";
    KEY_HASH: "ocsp.issuerKeyHash", "Issuer Key Hash", Show::Plain, "Sum over the issuer's public key.";
    SERIAL: "ocsp.serialNumber", "Serial Number", Show::Plain, "The certificate's serial number.";
    STATE: "ocsp.certStatus", "Certificate Status", Show::Names(Base::Dec, STATES), "good: it is not revoked, as far as the service knows.";
    GOOD: "ocsp.good_element", "Good", Show::Heading, "The certificate is not revoked.";
    REVOKED: "ocsp.revoked_element", "Revoked", Show::Heading, "The certificate must not be relied on any more.";
    REVOKED_AT: "ocsp.revocationTime", "Revocation Time", Show::Plain, "Since when it must not be relied on.";
    REASON: "ocsp.revocationReason", "Revocation Reason", Show::Names(Base::Dec, REASONS), "Why it was revoked.";
    UNKNOWN: "ocsp.unknown_element", "Unknown", Show::Heading, "The service does not know the certificate.";
    THIS_UPDATE: "ocsp.thisUpdate", "This Update", Show::Plain, "When the service knew this to be so.";
    NEXT_UPDATE: "ocsp.nextUpdate", "Next Update", Show::Plain, "After this time the answer is too old to be relied on.";
    SINGLE_EXTENSIONS: "ocsp.singleExtensions", "Extensions", Show::Unit("extensions"), "More about this certificate.";
    EXTENSIONS: "ocsp.responseExtensions", "Extensions", Show::Unit("extensions"), "More about the answer, such as the nonce of the question.";
    NONCE: "ocsp.ReOcspNonce", "Nonce", Show::Plain, "The random bytes of the question: the answer is none of an earlier time.";
    CUTOFF: "ocsp.ArchiveCutoff", "Archive Cutoff", Show::Plain, "Also certificates that expired since then are still answered for.";
    SIGNATURE_ALGORITHM: "ocsp.signatureAlgorithm_element", "Signature Algorithm", Show::Heading, "How the service signed.";
    SIGNATURE: "ocsp.signature", "Signature", Show::Plain, "The service's signature over the response data.";
    CERTIFICATES: "ocsp.certs", "Certificates", Show::Unit("certificates"), "The service's own certificate, where the issuer does not answer itself.";
    CERTIFICATE: "ocsp.Certificate_element", "Certificate", Show::Heading, "A certificate that says whose the service's key is.";
    OTHER_EXTENSION: "pkix1explicit.Extension_element", "Extension", Show::Heading, "An identifier, whether it must be understood, and a value.";
    OTHER_ID: "pkix1explicit.id", "Extension", Show::Plain, "An object identifier that names the extension.";
}

/// The row of answers.
pub(in crate::decode::protocols) static PROTOCOL: Protocol = Protocol {
    key: "ocsp",
    name: "Online Certificate Status Protocol",
    osi: Osi::Presentation,
    spec: "RFC 6960",
    claims: &[Claim::Media("application/ocsp-response")],
    fields: joined![FIELDS, super::FIELDS],
    events: &[],
    decode,
    talk: None,
};

fn decode(c: &mut Cursor<'_, '_>) -> Result<(), Fault> {
    let mut states = Vec::new();
    let mut answer = 0;
    let result = expect(c, SEQUENCE, |c| {
        const ENUMERATED: u8 = 0x0a;
        answer = c.peek_number(2, 1).unwrap_or_default();
        expect(c, ENUMERATED, |c| der::number(c, &ANSWER))?;
        if c.is_empty() {
            return Ok(());
        }
        any(c, |c, _| {
            sequence(c, &RESPONSE_BYTES, |c| {
                object_id(c, &RESPONSE_TYPE)?;
                expect(c, OCTET_STRING, |c| {
                    sequence(c, &BASIC, |c| basic(c, &mut states))
                })
            })
        })
    });
    match states.as_slice() {
        [] => c.summary(format_args!(
            "{}",
            ANSWER.name_of(answer).unwrap_or("unknown answer")
        )),
        states => c.summary(format_args!("{}", states.join(", "))),
    }
    result
}

fn basic(c: &mut Cursor<'_, '_>, states: &mut Vec<&'static str>) -> Result<(), Fault> {
    sequence(c, &DATA, |c| data(c, states))?;
    sequence(c, &SIGNATURE_ALGORITHM, algorithm)?;
    bit_string(c, |c| der::rest(c, &SIGNATURE))?;
    if c.is_empty() {
        return Ok(());
    }
    any(c, |c, _| {
        expect(c, SEQUENCE, |c| items(c, &CERTIFICATES, certificate))
    })
}

fn certificate(c: &mut Cursor<'_, '_>) -> Result<(), Fault> {
    c.group(&CERTIFICATE, |c| {
        let from = c.offset();
        any(c, |c, _| {
            c.skip(c.left());
            Ok(())
        })?;
        c.next(Next::Media("application/pkix-cert"), c.since(from));
        Ok(())
    })
}

fn data(c: &mut Cursor<'_, '_>, states: &mut Vec<&'static str>) -> Result<(), Fault> {
    const VERSION_TAG: u8 = 0xa0;
    const BY_NAME_TAG: u8 = 1;
    if tag(c) == Some(VERSION_TAG) {
        any(c, |c, _| expect(c, INTEGER, |c| der::number(c, &VERSION)))?;
    }
    any(c, |c, tag| {
        let kind = tag & 0x1f;
        choice(c, &RESPONDER, kind.into(), |c| {
            if kind == BY_NAME_TAG {
                return name::name(c, &BY_NAME, &ISSUER_NAMES, &mut Name::default());
            }
            expect(c, OCTET_STRING, |c| der::rest(c, &BY_KEY))
        })
    })?;
    time(c, &PRODUCED)?;
    expect(c, SEQUENCE, |c| {
        items(c, &RESPONSES, |c| {
            sequence(c, &SINGLE, |c| single(c, states))
        })
    })?;
    if c.is_empty() {
        return Ok(());
    }
    any(c, |c, _| {
        expect(c, SEQUENCE, |c| items(c, &EXTENSIONS, extension))
    })
}

fn single(c: &mut Cursor<'_, '_>, states: &mut Vec<&'static str>) -> Result<(), Fault> {
    const NEXT_TAG: u8 = 0xa0;
    sequence(c, &CERTIFICATE_ID, |c| {
        sequence(c, &HASH, algorithm)?;
        expect(c, OCTET_STRING, |c| der::rest(c, &NAME_HASH))?;
        expect(c, OCTET_STRING, |c| der::rest(c, &KEY_HASH))?;
        expect(c, INTEGER, |c| der::rest(c, &SERIAL))
    })?;
    any(c, |c, tag| {
        let state = u64::from(tag & 0x1f);
        states.push(STATE.name_of(state).unwrap_or("of unknown status"));
        choice(c, &STATE, state, |c| match state {
            0 => c.group(&GOOD, |_| Ok(())),
            1 => c.group(&REVOKED, revoked),
            _ => c.group(&UNKNOWN, |_| Ok(())),
        })
    })?;
    time(c, &THIS_UPDATE)?;
    while !c.is_empty() {
        any(c, |c, tag| {
            if tag == NEXT_TAG {
                return time(c, &NEXT_UPDATE);
            }
            expect(c, SEQUENCE, |c| items(c, &SINGLE_EXTENSIONS, extension))
        })?;
    }
    Ok(())
}

fn revoked(c: &mut Cursor<'_, '_>) -> Result<(), Fault> {
    time(c, &REVOKED_AT)?;
    if c.is_empty() {
        return Ok(());
    }
    any(c, |c, _| any(c, |c, _| der::number(c, &REASON)))
}

/// An extension of an answer (RFC 6960 section 4.4); values of other forms are shown as they are.
fn extension(c: &mut Cursor<'_, '_>) -> Result<(), Fault> {
    sequence(c, &OTHER_EXTENSION, |c| {
        let id = object_id(c, &OTHER_ID)?;
        while !c.is_empty() {
            any(c, |c, tag| match (tag, id.as_str()) {
                (OCTET_STRING, "1.3.6.1.5.5.7.48.1.2") => {
                    expect(c, OCTET_STRING, |c| der::rest(c, &NONCE))
                }
                (OCTET_STRING, "1.3.6.1.5.5.7.48.1.6") => time(c, &CUTOFF),
                (OCTET_STRING, _) => der::rest(c, &EXTENSION_VALUE),
                _ => {
                    c.skip(c.left());
                    Ok(())
                }
            })?;
        }
        Ok(())
    })
}

/// Reads a time, which always has four digits for the year here.
fn time(c: &mut Cursor<'_, '_>, def: &'static FieldDef) -> Result<(), Fault> {
    expect(c, GENERALIZED_TIME, |c| {
        let span = c.rest_span();
        let written = String::from_utf8_lossy(c.take(c.left())?).into_owned();
        let spelled =
            moment(&written, true).and_then(|[year, month, day, hour, minute, second]| {
                let month = date::month_name(month)?;
                Some(format!(
                    "{month} {day:2}, {year} {hour:02}:{minute:02}:{second:02}.000000000 UTC"
                ))
            });
        c.put_text(def, span, &spelled.unwrap_or(written));
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use crate::decode::{Dissection, Next, decode_span};
    use crate::model::{BufId, Span};

    /// What `openssl ocsp -resp_no_certs` answers for a certificate that its index lists as revoked.
    const REVOKED: &str = "3082013c0a0100a08201353082013106092b0601050507300101048201223082011e3081c4a10f300d310b3009060355\
        04030c026361180f32303236313132303139343132395a307b3079303b300906052b0e03021a0500041411048cd20cb3\
        592307d019fd0889562b62d364920414c57ccafa9b90be46105d56a4baf277a97995f42402021234a116180f32303235\
        313130313132303030305aa0030a0101180f32303236313132303139343132395aa011180f3230323631313237313934\
        3132395aa1233021301f06092b060105050730010204120410ff79a38a403f9f9d706859de73bbaab9300a06082a8648\
        ce3d0403020349003046022100a65f0f715ac327782108b5681f2662f1d85c3b0c081b75bec9aead28f546839c022100\
        e8c055d53479c9d752d1e1259cafdf59b57fa59701e180c705d488898b792e21";

    fn read(bytes: &[u8]) -> Dissection {
        let mut d = Dissection::default();
        let span = Span::bytes(BufId::FRAME, 0, bytes.len() as u32);
        decode_span(
            bytes,
            &mut d,
            Next::Media("application/ocsp-response"),
            span,
        );
        d
    }

    fn bytes() -> Vec<u8> {
        let digit = |b: u8| char::from(b).to_digit(16).unwrap() as u8;
        let pairs = REVOKED.as_bytes().chunks(2);
        pairs.map(|p| digit(p[0]) << 4 | digit(p[1])).collect()
    }

    #[test]
    fn a_revoked_certificate() {
        let bytes = bytes();
        let d = read(&bytes);
        assert_eq!(d.layers[0].fault, None);
        assert_eq!(d.summary(&d.layers[0]), "revoked");
        let text = |key: &str| d.text(d.field(key).unwrap().value);
        assert_eq!(
            text("ocsp.revocationTime"),
            "Nov  1, 2025 12:00:00.000000000 UTC"
        );
        assert_eq!(d.number("ocsp.responseStatus"), Some(0));
        assert_eq!(d.number("ocsp.responderID"), Some(1));
        assert_eq!(d.number("ocsp.certStatus"), Some(1));
        assert_eq!(d.number("ocsp.revocationReason"), Some(1));
        let serial = d.field("ocsp.serialNumber").unwrap().span;
        assert_eq!(d.bytes(&bytes, serial).unwrap(), [0x12, 0x34]);
        let nonce = d.field("ocsp.ReOcspNonce").unwrap().span;
        assert_eq!(d.bytes(&bytes, nonce).unwrap().len(), 16);
    }

    #[test]
    fn every_end_is_a_fault() {
        let bytes = bytes();
        for len in 1..bytes.len() {
            assert!(read(&bytes[..len]).layers[0].fault.is_some(), "{len}");
        }
    }

    #[test]
    fn an_answer_without_an_answer() {
        let d = read(&[0x30, 3, 0x0a, 1, 3]);
        assert_eq!(d.layers[0].fault, None);
        assert_eq!(d.summary(&d.layers[0]), "tryLater");
    }
}
