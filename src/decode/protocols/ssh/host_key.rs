//! The server's host key, its fingerprint, and its signature over the exchange
//! (RFC 4253 section 6.6, RFC 5656, RFC 8709, RFC 8332; certificates and tokens as OpenSSH documents them).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;

use crate::decode::{Cursor, Fault, FieldDef, Value};

use super::{
    CERT_AFTER, CERT_BEFORE, CERT_CA, CERT_EXTENSIONS, CERT_ID, CERT_NONCE, CERT_OPTIONS,
    CERT_PRINCIPALS, CERT_RESERVED, CERT_SERIAL, CERT_SIGNATURE, CERT_TYPE, DSA_G, DSA_P, DSA_Q,
    DSA_Y, ECDSA_ID, ECDSA_ID_LEN, ECDSA_Q, ECDSA_Q_LEN, EDDSA_KEY, EDDSA_LEN, FINGERPRINT, KEY,
    KEY_DATA, KEY_LEN, KEY_TYPE, KEY_TYPE_LEN, MPINT_LEN, RSA_E, RSA_N, SIG, SIG_BLOB,
    SIG_BLOB_LEN, SIG_DATA, SIG_DSA, SIG_LEN, SIG_RSA, SIG_SK_COUNTER, SIG_SK_FLAGS, SIG_TYPE,
    SIG_TYPE_LEN, SK_APPLICATION, lone, string, text,
};

/// What is remembered of a host key.
pub(super) struct HostKey {
    pub kind: String,
    pub fingerprint: Option<String>,
}

/// Reads a host key. Its fingerprint is that of the plain key, also where a certificate carries it.
pub(super) fn read(c: &mut Cursor<'_, '_>) -> Result<HostKey, Fault> {
    c.group(&KEY, |c| {
        let len = c.u32(&KEY_LEN)? as usize;
        let blob = c.peek();
        let complete = len <= blob.len();
        let mut key = c.within(&KEY_LEN, len, |c| body(c))?;
        if complete && key.fingerprint.is_none() {
            key.fingerprint = blob.get(..len).map(|blob| fingerprint(&[blob]));
        }
        if let Some(print) = &key.fingerprint {
            c.computed_text(&FINGERPRINT, print);
        }
        Ok(key)
    })
}

/// The key behind its length: the fingerprint is set only where it is not that of all these bytes.
fn body(c: &mut Cursor<'_, '_>) -> Result<HostKey, Fault> {
    let kind = text(c, &KEY_TYPE_LEN, &KEY_TYPE)?;
    let kind = String::from_utf8_lossy(kind).into_owned();
    let Some((plain, _)) = kind.split_once("-cert-v01") else {
        parameters(c, &kind)?;
        return Ok(HostKey {
            kind,
            fingerprint: None,
        });
    };
    // A token's plain type ends in the domain that the certificate's type has behind its version.
    let plain = if plain.starts_with("sk-") {
        format!("{plain}@openssh.com")
    } else {
        plain.to_owned()
    };
    lone(c, &CERT_NONCE, false)?;
    let from = c.peek();
    parameters(c, &plain)?;
    let read = from.len().saturating_sub(c.left());
    let key = from.get(..read).unwrap_or_default();
    let length = u32::try_from(plain.len()).unwrap_or_default().to_be_bytes();
    let print = fingerprint(&[&length, plain.as_bytes(), key]);
    certificate(c)?;
    Ok(HostKey {
        kind,
        fingerprint: Some(print),
    })
}

/// The numbers of a key of this plain type.
fn parameters(c: &mut Cursor<'_, '_>, kind: &str) -> Result<(), Fault> {
    if kind == "ssh-rsa" {
        string(c, &MPINT_LEN, &RSA_E)?;
        string(c, &MPINT_LEN, &RSA_N)?;
    } else if kind == "ssh-dss" {
        for def in [&DSA_P, &DSA_Q, &DSA_G, &DSA_Y] {
            string(c, &MPINT_LEN, def)?;
        }
    } else if kind.contains("ecdsa-sha2-") {
        text(c, &ECDSA_ID_LEN, &ECDSA_ID)?;
        string(c, &ECDSA_Q_LEN, &ECDSA_Q)?;
    } else if kind.contains("ssh-ed") {
        string(c, &EDDSA_LEN, &EDDSA_KEY)?;
    } else {
        let len = c.left();
        c.bytes(&KEY_DATA, len)?;
    }
    if kind.starts_with("sk-") {
        lone(c, &SK_APPLICATION, true)?;
    }
    Ok(())
}

/// What a certificate says behind the key that it certifies.
fn certificate(c: &mut Cursor<'_, '_>) -> Result<(), Fault> {
    c.u64(&CERT_SERIAL)?;
    c.u32(&CERT_TYPE)?;
    lone(c, &CERT_ID, true)?;
    principals(c)?;
    c.u64(&CERT_AFTER)?;
    c.u64(&CERT_BEFORE)?;
    for def in [
        &CERT_OPTIONS,
        &CERT_EXTENSIONS,
        &CERT_RESERVED,
        &CERT_CA,
        &CERT_SIGNATURE,
    ] {
        lone(c, def, false)?;
    }
    Ok(())
}

/// A string of strings, shown as one list.
fn principals(c: &mut Cursor<'_, '_>) -> Result<(), Fault> {
    let from = c.offset();
    let len = c.peek_number(0, 4).unwrap_or_default() as usize;
    c.take(4)?;
    let mut rest = c.take(len)?;
    let mut names = Vec::new();
    while let Some((length, behind)) = rest.split_first_chunk::<4>() {
        let Some((name, behind)) = behind.split_at_checked(u32::from_be_bytes(*length) as usize)
        else {
            break;
        };
        names.push(String::from_utf8_lossy(name).into_owned());
        rest = behind;
    }
    c.put_text(&CERT_PRINCIPALS, c.since(from), &names.join(","));
    Ok(())
}

/// Reads the signature over the exchange.
pub(super) fn signature(c: &mut Cursor<'_, '_>) -> Result<(), Fault> {
    c.group(&SIG, |c| {
        let len = c.u32(&SIG_LEN)? as usize;
        c.within(&SIG_LEN, len, |c| {
            let kind = text(c, &SIG_TYPE_LEN, &SIG_TYPE)?;
            let blob = |c: &mut Cursor<'_, '_>, def: &'static FieldDef| {
                string(c, &MPINT_LEN, def).map(drop)
            };
            match kind {
                b"ssh-rsa" => blob(c, &SIG_RSA),
                b"ssh-dss" => blob(c, &SIG_DSA),
                kind if kind.starts_with(b"sk-") => {
                    string(c, &SIG_BLOB_LEN, &SIG_BLOB)?;
                    c.u8(&SIG_SK_FLAGS)?;
                    c.u32(&SIG_SK_COUNTER).map(drop)
                }
                kind if kind.starts_with(b"ecdsa-") || kind.starts_with(b"ssh-ed") => {
                    string(c, &SIG_BLOB_LEN, &SIG_BLOB).map(drop)
                }
                _ => {
                    c.put(&SIG_DATA, c.rest_span(), Value::Bytes);
                    c.nest(|c| string(c, &SIG_BLOB_LEN, &SIG_BLOB).map(drop))
                }
            }
        })
    })
}

/// `SHA256:` and the hash in base64 without padding, as `ssh-keygen -l` prints it.
fn fingerprint(parts: &[&[u8]]) -> String {
    let mut hash = ring::digest::Context::new(&ring::digest::SHA256);
    for part in parts {
        hash.update(part);
    }
    format!("SHA256:{}", STANDARD_NO_PAD.encode(hash.finish()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fingerprints_as_ssh_keygen_prints_them() {
        // `ssh-keygen -lf` of a key that was made with `ssh-keygen -t ed25519`.
        let blob = base64::engine::general_purpose::STANDARD
            .decode("AAAAC3NzaC1lZDI1NTE5AAAAIANUAsBjI9sWrGTTng38aY1inQ0u1sUGpp2vtB5t5yx3")
            .unwrap();
        assert_eq!(
            fingerprint(&[&blob]),
            "SHA256:+eTwiAaRIE8XpWUxXNsrqGBCqcrlQDA/iv0UX5WGMJo"
        );
        let (head, tail) = blob.split_at(15);
        assert_eq!(
            fingerprint(&[head, tail]),
            "SHA256:+eTwiAaRIE8XpWUxXNsrqGBCqcrlQDA/iv0UX5WGMJo"
        );
    }
}
