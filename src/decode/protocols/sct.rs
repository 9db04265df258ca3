//! Lists of Signed Certificate Timestamps (RFC 6962 section 3.3): promises of public logs to show a certificate to all.

use crate::decode::{Claim, Cursor, Fault, Protocol, Show, date, fields};
use crate::model::Osi;

fields! {
    LIST_LENGTH: "tls.sct.scts_length", "SCT List Length", Show::Unit("bytes"), "Length of all timestamps together.";
    SCT: "wirewalk.sct.timestamp", "Signed Certificate Timestamp", Show::Heading, "A log's promise to publish this certificate, so that misissued ones are found.";
    LENGTH: "tls.sct.sct_length", "SCT Length", Show::Unit("bytes"), "Length of this timestamp.";
    VERSION: "tls.sct.sct_version", "SCT Version", Show::Plain, "0 is version 1.";
    LOG: "tls.sct.sct_logid", "Log ID", Show::Plain, "The SHA-256 sum of the log's public key.";
    TIME: "tls.sct.sct_timestamp", "Timestamp", Show::Plain, "When the log saw the certificate.";
    EXTENSIONS_LENGTH: "tls.sct.sct_extensions_length", "Extensions Length", Show::Unit("bytes"), "Nearly always 0.";
    SCHEME: "tls.handshake.sig_hash_alg", "Signature Algorithm", Show::Hex(4), "Kind of key and hash of a signature.";
    SCHEME_HASH: "tls.handshake.sig_hash_hash", "Hash", Show::Plain, "The hash as TLS 1.2 wrote it; from TLS 1.3 on the two bytes are one number.";
    SCHEME_SIGNATURE: "tls.handshake.sig_hash_sig", "Signature", Show::Plain, "The signature as TLS 1.2 wrote it; from TLS 1.3 on the two bytes are one number.";
    SIGNATURE_LENGTH: "tls.sct.sct_signature_length", "Signature Length", Show::Unit("bytes"), "Length of the signature.";
    SIGNATURE: "tls.sct.sct_signature", "Signature", Show::Plain, "The log's signature over certificate and time.";
}

/// The row of timestamp lists, in certificates and in handshakes.
pub(super) static PROTOCOL: Protocol = Protocol {
    key: "sct",
    name: "Signed Certificate Timestamps",
    osi: Osi::Presentation,
    spec: "RFC 6962",
    claims: &[Claim::Media("application/x-ct-sct-list")],
    fields: FIELDS,
    events: &[],
    decode,
    talk: None,
};

fn decode(c: &mut Cursor<'_, '_>) -> Result<(), Fault> {
    let len = c.u16(&LIST_LENGTH)?;
    let mut count = 0_usize;
    let result = c.within(&LIST_LENGTH, len.into(), |c| {
        while !c.is_empty() {
            c.group(&SCT, timestamp)?;
            count = count.saturating_add(1);
        }
        Ok(())
    });
    c.summary(format_args!(
        "{count} timestamp{}",
        if count == 1 { "" } else { "s" }
    ));
    result
}

fn timestamp(c: &mut Cursor<'_, '_>) -> Result<(), Fault> {
    let len = c.u16(&LENGTH)?;
    c.within(&LENGTH, len.into(), |c| {
        c.u8(&VERSION)?;
        c.bytes(&LOG, 32)?;
        let (span, milliseconds) = (c.ahead(8), c.peek_number(0, 8).unwrap_or_default());
        c.take(8)?;
        let seconds = (milliseconds / 1000).cast_signed();
        let rest = (milliseconds % 1000) as u32;
        c.put_text(
            &TIME,
            span,
            &date::utc(seconds, rest.saturating_mul(1_000_000)),
        );
        let len = c.u16(&EXTENSIONS_LENGTH)?;
        c.take(len.into())?;
        c.bits(&SCHEME, 2, 0, 16)?;
        c.nest(|c| {
            c.u8(&SCHEME_HASH)?;
            c.u8(&SCHEME_SIGNATURE)
        })?;
        let len = c.u16(&SIGNATURE_LENGTH)?;
        c.bytes(&SIGNATURE, len.into()).map(|_| ())
    })
}
