//! Record data of DNSSEC and of keys and certificates (RFC 4034, RFC 5155, RFC 6698, RFC 4255, RFC 8945 and others).

use std::fmt::Write as _;

use crate::decode::{Cursor, Fault, FieldDef, Value};

use super::fields as f;
use super::{tables, values};

/// The one algorithm whose key tag is no checksum (RFC 4034 appendix B.1).
const RSA_MD5: u8 = 1;

/// The fields of a record that ties a certificate to a name.
pub(super) type Association = [&'static FieldDef; 4];

/// TLSA.
pub(super) static TLSA: Association = [
    &f::TLSA_USAGE,
    &f::TLSA_SELECTOR,
    &f::TLSA_MATCHING,
    &f::TLSA_DATA,
];

/// SMIMEA.
pub(super) static SMIMEA: Association = [
    &f::SMIMEA_USAGE,
    &f::SMIMEA_SELECTOR,
    &f::SMIMEA_MATCHING,
    &f::SMIMEA_DATA,
];

/// DS, CDS, DLV.
pub(super) fn ds(c: &mut Cursor<'_, '_>) -> Result<String, Fault> {
    let tag = c.u16(&f::DS_KEY_TAG)?;
    c.u8(&f::DS_ALGORITHM)?;
    c.u8(&f::DS_DIGEST_TYPE)?;
    c.bytes(&f::DS_DIGEST, c.left())?;
    Ok(format!("of key {tag}"))
}

/// RRSIG, SIG.
pub(super) fn rrsig(c: &mut Cursor<'_, '_>, base: usize) -> Result<String, Fault> {
    let covered = c.u16(&f::RRSIG_COVERED)?;
    c.u8(&f::RRSIG_ALGORITHM)?;
    c.u8(&f::RRSIG_LABELS)?;
    c.u32(&f::RRSIG_TTL)?;
    values::time(c, &f::RRSIG_EXPIRATION, 4)?;
    values::time(c, &f::RRSIG_INCEPTION, 4)?;
    let tag = c.u16(&f::RRSIG_KEY_TAG)?;
    let signer = values::name(c, base, &f::RRSIG_SIGNER)?;
    c.bytes(&f::RRSIG_SIGNATURE, c.left())?;
    Ok(format!(
        "of {} by {signer}, key {tag}",
        tables::type_name(covered)
    ))
}

/// DNSKEY, CDNSKEY.
pub(super) fn dnskey(c: &mut Cursor<'_, '_>) -> Result<String, Fault> {
    let rdata = c.peek();
    let flags = c.open(&f::DNSKEY_FLAGS);
    c.flag(&f::DNSKEY_ZONE, 2, 7)?;
    c.flag(&f::DNSKEY_REVOKED, 2, 8)?;
    let entry = c.flag(&f::DNSKEY_ENTRY, 2, 15)?;
    // The reserved bits are not next to each other: they are shown in their places, but for the lowest bit.
    let bits = c.peek_number(0, 2).unwrap_or_default();
    c.put(
        &f::DNSKEY_RESERVED,
        c.ahead(2),
        Value::Num((bits & 0xfe7e) >> 1),
    );
    values::entitle_number(c, flags, 2)?;
    c.u8(&f::DNSKEY_PROTOCOL)?;
    let algorithm = c.u8(&f::DNSKEY_ALGORITHM)?;
    let tag = key_tag(rdata, algorithm);
    c.computed(&f::DNSKEY_TAG, Value::Num(tag));
    c.bytes(&f::DNSKEY_KEY, c.left())?;
    let kind = if entry { "key-signing" } else { "zone-signing" };
    Ok(format!("{kind} key {tag}"))
}

/// KEY, as it was before DNSSEC had its own record (RFC 2535).
pub(super) fn key(c: &mut Cursor<'_, '_>) -> Result<String, Fault> {
    let rdata = c.peek();
    let flags = c.open(&f::KEY_FLAGS);
    let no_authentication = c.flag(&f::KEY_AUTHENTICATION, 2, 0)?;
    let no_confidentiality = c.flag(&f::KEY_CONFIDENTIALITY, 2, 1)?;
    // With both set there is no key, and the other bits have no meaning.
    if !(no_authentication && no_confidentiality) {
        c.flag(&f::KEY_REQUIRED, 2, 2)?;
        c.flag(&f::KEY_USER, 2, 5)?;
        c.flag(&f::KEY_ENTITY, 2, 6)?;
        c.flag(&f::KEY_IPSEC, 2, 8)?;
        c.flag(&f::KEY_MIME, 2, 9)?;
        c.bits(&f::KEY_SIGNATORY, 2, 12, 4)?;
    }
    values::entitle_number(c, flags, 2)?;
    c.u8(&f::KEY_PROTOCOL)?;
    let algorithm = c.u8(&f::KEY_ALGORITHM)?;
    let tag = key_tag(rdata, algorithm);
    c.computed(&f::KEY_TAG, Value::Num(tag));
    c.bytes(&f::KEY_KEY, c.left())?;
    Ok(format!("key {tag}"))
}

/// The checksum by which signatures refer to a key (RFC 4034 appendix B).
fn key_tag(rdata: &[u8], algorithm: u8) -> u64 {
    if algorithm == RSA_MD5 {
        return rdata
            .iter()
            .rev()
            .skip(1)
            .take(2)
            .rev()
            .fold(0, |n, &b| n << 8 | u64::from(b));
    }
    let sum = rdata.iter().enumerate().fold(0_u64, |sum, (i, &b)| {
        let part = u64::from(b) << if i % 2 == 0 { 8 } else { 0 };
        sum.saturating_add(part)
    });
    sum.saturating_add(sum >> 16 & 0xffff) & 0xffff
}

/// NSEC.
pub(super) fn nsec(c: &mut Cursor<'_, '_>, base: usize) -> Result<String, Fault> {
    let mut text = values::name(c, base, &f::NSEC_NEXT)?;
    types(c, &f::TYPE, &mut text)?;
    Ok(text)
}

/// NXT: its bitmap has a bit for each of the first types, and no windows (RFC 2535 section 5.2).
pub(super) fn nxt(c: &mut Cursor<'_, '_>, base: usize) -> Result<String, Fault> {
    let mut text = values::name(c, base, &f::NXT_NEXT)?;
    let len = c.left();
    c.group(&f::BITMAP, |c| window(c, &f::TYPE, (0, len), &mut text))?;
    Ok(text)
}

/// NSEC3, and NSEC3PARAM, which has no next name and no types.
pub(super) fn nsec3(c: &mut Cursor<'_, '_>, parameters_only: bool) -> Result<String, Fault> {
    c.u8(&f::NSEC3_HASH)?;
    let flags = c.open(&f::NSEC3_FLAGS);
    if !parameters_only {
        c.flag(&f::NSEC3_OPT_OUT, 1, 7)?;
    }
    values::entitle_number(c, flags, 1)?;
    c.u16(&f::NSEC3_ITERATIONS)?;
    let salt = usize::from(c.u8(&f::NSEC3_SALT_LENGTH)?);
    if salt > 0 {
        c.bytes(&f::NSEC3_SALT, salt)?;
    }
    if parameters_only {
        return Ok(String::new());
    }
    let len = usize::from(c.u8(&f::NSEC3_NEXT_LENGTH)?);
    let (span, hash) = (c.ahead(len), c.take(len)?);
    let mut text = base32(hash);
    c.put_text(&f::NSEC3_NEXT, span, &text);
    types(c, &f::TYPE, &mut text)?;
    Ok(text)
}

/// Base 32 with extended hex alphabet, without padding (RFC 4648 section 7).
fn base32(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 32] = b"0123456789abcdefghijklmnopqrstuv";
    let mut text = String::new();
    for chunk in bytes.chunks(5) {
        let bits = values::padded::<5>(chunk)
            .iter()
            .fold(0_u64, |n, &b| n << 8 | u64::from(b));
        let digits = chunk.len().saturating_mul(8).div_ceil(5);
        for digit in 0..digits.min(8) {
            let shift = 35_usize.saturating_sub(digit.saturating_mul(5));
            let letter = ALPHABET.get((bits >> shift & 31) as usize);
            text.extend(letter.map(|&l| char::from(l)));
        }
    }
    text
}

/// The types that exist for a name, in windows of 256 (RFC 4034 section 4.1.2).
fn types(c: &mut Cursor<'_, '_>, def: &'static FieldDef, text: &mut String) -> Result<(), Fault> {
    if c.is_empty() {
        return Ok(());
    }
    c.group(&f::BITMAP, |c| {
        while !c.is_empty() {
            let head = c.take(2)?;
            let (number, len) = match *head {
                [number, len] => (number, usize::from(len)),
                _ => (0, 0),
            };
            window(c, def, (number, len), text)?;
        }
        Ok(())
    })
}

fn window(
    c: &mut Cursor<'_, '_>,
    def: &'static FieldDef,
    (number, len): (u8, usize),
    text: &mut String,
) -> Result<(), Fault> {
    for index in 0..len {
        let span = c.ahead(1);
        let byte = c.take(1)?.iter().fold(0, |_, &b| b);
        for bit in 0..8_u8 {
            if byte & 0x80 >> bit != 0 {
                let low = index.saturating_mul(8).saturating_add(usize::from(bit));
                let kind = u16::from(number) << 8 | low as u16 & 0xff;
                c.put(def, span, Value::Num(u64::from(kind)));
                let _ = write!(text, " {}", tables::type_name(kind));
            }
        }
    }
    Ok(())
}

/// CERT.
pub(super) fn cert(c: &mut Cursor<'_, '_>) -> Result<(), Fault> {
    c.u16(&f::CERT_TYPE)?;
    c.u16(&f::CERT_KEY_TAG)?;
    c.u8(&f::CERT_ALGORITHM)?;
    c.bytes(&f::CERT_DATA, c.left()).map(drop)
}

/// SSHFP.
pub(super) fn sshfp(c: &mut Cursor<'_, '_>) -> Result<(), Fault> {
    c.u8(&f::SSHFP_ALGORITHM)?;
    c.u8(&f::SSHFP_TYPE)?;
    c.bytes(&f::SSHFP_FINGERPRINT, c.left()).map(drop)
}

/// TLSA or SMIMEA.
pub(super) fn association(c: &mut Cursor<'_, '_>, defs: Association) -> Result<(), Fault> {
    let [usage, selector, matching, data] = defs;
    c.u8(usage)?;
    c.u8(selector)?;
    c.u8(matching)?;
    c.bytes(data, c.left()).map(drop)
}

/// IPSECKEY.
pub(super) fn ipseckey(c: &mut Cursor<'_, '_>, base: usize) -> Result<String, Fault> {
    c.u8(&f::IPSECKEY_PRECEDENCE)?;
    let gateway = c.u8(&f::IPSECKEY_GATEWAY)?;
    c.u8(&f::IPSECKEY_ALGORITHM)?;
    match gateway {
        1 => c.ip4(&f::IPSECKEY_IP4).map(drop)?,
        2 => c.ip6(&f::IPSECKEY_IP6).map(drop)?,
        3 => values::name(c, base, &f::IPSECKEY_NAME).map(drop)?,
        _ => {}
    }
    if !c.is_empty() {
        c.bytes(&f::IPSECKEY_KEY, c.left())?;
    }
    Ok(String::new())
}

/// HIP.
pub(super) fn hip(c: &mut Cursor<'_, '_>, base: usize) -> Result<String, Fault> {
    let tag = usize::from(c.u8(&f::HIP_TAG_LENGTH)?);
    c.u8(&f::HIP_ALGORITHM)?;
    let key = usize::from(c.u16(&f::HIP_KEY_LENGTH)?);
    c.bytes(&f::HIP_TAG, tag)?;
    c.bytes(&f::HIP_KEY, key)?;
    while !c.is_empty() {
        values::name(c, base, &f::HIP_SERVER)?;
    }
    Ok(String::new())
}

/// CSYNC.
pub(super) fn csync(c: &mut Cursor<'_, '_>) -> Result<(), Fault> {
    c.u32(&f::CSYNC_SOA)?;
    let flags = c.open(&f::CSYNC_FLAGS);
    c.flag(&f::CSYNC_IMMEDIATE, 2, 15)?;
    c.flag(&f::CSYNC_MINIMUM, 2, 14)?;
    values::entitle_number(c, flags, 2)?;
    c.put(&f::CSYNC_TYPES, c.rest_span(), Value::Bytes);
    types(c, &f::COPIED_TYPE, &mut String::new())
}

/// ZONEMD.
pub(super) fn zonemd(c: &mut Cursor<'_, '_>) -> Result<String, Fault> {
    let serial = c.u32(&f::ZONEMD_SERIAL)?;
    c.u8(&f::ZONEMD_SCHEME)?;
    c.u8(&f::ZONEMD_HASH)?;
    c.bytes(&f::ZONEMD_DIGEST, c.left())?;
    Ok(format!("of version {serial}"))
}

/// TKEY.
pub(super) fn tkey(c: &mut Cursor<'_, '_>, base: usize) -> Result<String, Fault> {
    let algorithm = values::name(c, base, &f::TKEY_ALGORITHM)?;
    values::time(c, &f::TKEY_INCEPTION, 4)?;
    values::time(c, &f::TKEY_EXPIRATION, 4)?;
    c.u16(&f::TKEY_MODE)?;
    c.u16(&f::TKEY_ERROR)?;
    sized(c, &f::TKEY_KEY_LENGTH, &f::TKEY_KEY)?;
    sized(c, &f::TKEY_OTHER_LENGTH, &f::TKEY_OTHER)?;
    Ok(algorithm)
}

/// TSIG.
pub(super) fn tsig(c: &mut Cursor<'_, '_>, base: usize) -> Result<String, Fault> {
    let algorithm = values::name(c, base, &f::TSIG_ALGORITHM)?;
    values::time(c, &f::TSIG_TIME, 6)?;
    c.u16(&f::TSIG_FUDGE)?;
    let mac = usize::from(c.u16(&f::TSIG_MAC_LENGTH)?);
    if mac > 0 {
        c.group(&f::TSIG_MAC, |c| c.bytes(&f::TSIG_MAC_BYTES, mac).map(drop))?;
    }
    c.u16(&f::TSIG_ID)?;
    c.u16(&f::TSIG_ERROR)?;
    sized(c, &f::TSIG_OTHER_LENGTH, &f::TSIG_OTHER)?;
    Ok(algorithm)
}

/// A length of two bytes, and as many bytes.
fn sized(
    c: &mut Cursor<'_, '_>,
    length: &'static FieldDef,
    def: &'static FieldDef,
) -> Result<(), Fault> {
    let len = usize::from(c.u16(length)?);
    if len > 0 {
        c.bytes(def, len)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn key_tags() {
        let key = [1, 1, 3, 8, 3, 1, 0, 1];
        assert_eq!(key_tag(&key, 8), 0x0101 + 0x0308 + 0x0301 + 0x0001);
        assert_eq!(key_tag(&[1, 2, 3, 4, 5, 6], RSA_MD5), 0x0405);
    }

    #[test]
    fn base_32() {
        // RFC 4648 section 10.
        assert_eq!(base32(b""), "");
        assert_eq!(base32(b"f"), "co");
        assert_eq!(base32(b"foobar"), "cpnmuoj1e8");
    }
}
