//! Messages that prove who a side is: certificates, requests for them, signatures, and proofs of non-revocation.

use crate::decode::{Cursor, Fault, Next, TlsVersion, Value};
use crate::model::Span;

use super::extensions::{self, Within};
use super::fields::{
    CERTIFICATE, CERTIFICATE_LENGTH, CERTIFICATE_TYPE, CERTIFICATE_TYPES, CERTIFICATE_TYPES_COUNT,
    CERTIFICATES, CERTIFICATES_LENGTH, COMPRESS_ALGORITHM, COMPRESSED_LENGTH, COMPRESSED_MESSAGE,
    CONTEXT, CONTEXT_LENGTH, NAME, NAME_LENGTH, NAMES, NAMES_LENGTH, OCSP, OCSP_LENGTH, SCHEME,
    SCHEME_HASH, SCHEME_SIGNATURE, SCHEMES, SCHEMES_LENGTH, STATUS_TYPE, UNCOMPRESSED_LENGTH,
    VERIFY, VERIFY_LENGTH,
};
use super::memory::TlsMemory;

/// Certificate: RFC 9846 section 4.4.2, RFC 5246 section 7.4.2.
pub(super) fn certificate(c: &mut Cursor<'_, '_>) -> Result<(), Fault> {
    let is_13 = c.memory::<TlsMemory>().is_some_and(|memory| memory.is_13());
    if is_13 {
        context(c)?;
    }
    let len = c.u24(&CERTIFICATES_LENGTH)?;
    c.within(&CERTIFICATES_LENGTH, len as usize, |c| {
        if c.is_empty() {
            return Ok(());
        }
        c.group(&CERTIFICATES, |c| {
            while !c.is_empty() {
                let len = c.u24(&CERTIFICATE_LENGTH)? as usize;
                let span = c.ahead(len);
                c.bytes(&CERTIFICATE, len)?;
                c.next(Next::Media("application/pkix-cert"), span);
                if is_13 {
                    extensions::list(c, Within::Certificate, None)?;
                }
            }
            Ok(())
        })
    })
}

fn context(c: &mut Cursor<'_, '_>) -> Result<(), Fault> {
    let len = c.u8(&CONTEXT_LENGTH)?;
    if len > 0 {
        c.bytes(&CONTEXT, len.into())?;
    }
    Ok(())
}

/// CertificateRequest: RFC 9846 section 4.3.2, RFC 5246 section 7.4.4.
pub(super) fn certificate_request(c: &mut Cursor<'_, '_>) -> Result<(), Fault> {
    let version = c.memory::<TlsMemory>().and_then(|m| m.hello.version);
    if version == Some(TlsVersion::Tls13) {
        context(c)?;
        return extensions::list(c, Within::CertificateRequest, None);
    }
    let count = c.u8(&CERTIFICATE_TYPES_COUNT)?;
    c.within(&CERTIFICATE_TYPES_COUNT, count.into(), |c| {
        c.group(&CERTIFICATE_TYPES, |c| {
            while !c.is_empty() {
                c.u8(&CERTIFICATE_TYPE)?;
            }
            Ok(())
        })
    })?;
    if version.is_none_or(|version| version >= TlsVersion::Tls12) {
        schemes(c)?;
    }
    names(c)
}

/// A list of signature algorithms with its length.
pub(super) fn schemes(c: &mut Cursor<'_, '_>) -> Result<(), Fault> {
    let len = c.u16(&SCHEMES_LENGTH)?;
    c.within(&SCHEMES_LENGTH, len.into(), |c| {
        c.group(&SCHEMES, |c| {
            while !c.is_empty() {
                scheme(c)?;
            }
            Ok(())
        })
    })
}

/// One signature algorithm, also as the two bytes that TLS 1.2 made of it.
pub(super) fn scheme(c: &mut Cursor<'_, '_>) -> Result<u16, Fault> {
    let span = c.ahead(2);
    let number = c.u16(&SCHEME)?;
    let [hash, signature] = number.to_be_bytes();
    if c.detail() {
        let second = span.at.saturating_add(1);
        c.nest(|c| {
            let first = Span::bytes(span.buf, span.at, 1);
            c.put(&SCHEME_HASH, first, Value::Num(hash.into()));
            let second = Span::bytes(span.buf, second, 1);
            c.put(&SCHEME_SIGNATURE, second, Value::Num(signature.into()));
            Ok(())
        })?;
    }
    Ok(number)
}

/// A list of distinguished names with its length.
pub(super) fn names(c: &mut Cursor<'_, '_>) -> Result<(), Fault> {
    let len = c.u16(&NAMES_LENGTH)?;
    if len == 0 {
        return Ok(());
    }
    c.within(&NAMES_LENGTH, len.into(), |c| {
        c.group(&NAMES, |c| {
            while !c.is_empty() {
                let len = c.u16(&NAME_LENGTH)?;
                let span = c.ahead(len.into());
                c.next(Next::Media("application/x-x501-name"), span);
                let header = der_header(c).min(len.into());
                c.skip(header);
                let len = usize::from(len).saturating_sub(header);
                c.put(&NAME, c.ahead(len), Value::None);
                c.take(len)?;
            }
            Ok(())
        })
    })
}

/// How many bytes of tag and length stand in front of a name in DER, as Wireshark shows names without them.
fn der_header(c: &Cursor<'_, '_>) -> usize {
    match c.peek_number(0, 2) {
        Some(0x3000..=0x307f) => 2,
        Some(0x3081) => 3,
        Some(0x3082) => 4,
        _ => 0,
    }
}

/// CertificateVerify: RFC 9846 section 4.4.3, RFC 5246 section 7.4.8.
pub(super) fn certificate_verify(c: &mut Cursor<'_, '_>) -> Result<(), Fault> {
    let version = c.memory::<TlsMemory>().and_then(|m| m.hello.version);
    if version.is_none_or(|version| version >= TlsVersion::Tls12) {
        scheme(c)?;
    }
    let len = c.u16(&VERIFY_LENGTH)?;
    c.bytes(&VERIFY, len.into()).map(|_| ())
}

/// CertificateStatus: RFC 6066 section 8.
pub(super) fn certificate_status(c: &mut Cursor<'_, '_>) -> Result<(), Fault> {
    status(c)
}

/// A stapled OCSP response.
pub(super) fn status(c: &mut Cursor<'_, '_>) -> Result<(), Fault> {
    const OCSP_TYPE: u8 = 1;
    if c.u8(&STATUS_TYPE)? != OCSP_TYPE {
        return Ok(());
    }
    let len = c.u24(&OCSP_LENGTH)?;
    c.next(
        Next::Media("application/ocsp-response"),
        c.ahead(len as usize),
    );
    c.bytes(&OCSP, len as usize).map(|_| ())
}

/// CompressedCertificate: RFC 8879 section 4. What it holds is not decompressed.
pub(super) fn compressed_certificate(c: &mut Cursor<'_, '_>) -> Result<(), Fault> {
    c.u16(&COMPRESS_ALGORITHM)?;
    c.u24(&UNCOMPRESSED_LENGTH)?;
    let len = c.u24(&COMPRESSED_LENGTH)?;
    c.bytes(&COMPRESSED_MESSAGE, len as usize).map(|_| ())
}
