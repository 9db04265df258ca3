//! How TLS makes keys of secrets: HKDF-Expand-Label (RFC 9846 section 7.1), and the pseudo-random functions before it.

use ::hmac::{Hmac, KeyInit as _, Mac as _};
use md5::Md5;
use ring::{hkdf, hmac};

use crate::decode::{TlsVersion, Unopened};

/// A length for HKDF.
struct Length(usize);

impl hkdf::KeyType for Length {
    fn len(&self) -> usize {
        self.0
    }
}

/// HKDF-Expand-Label with an empty context (RFC 9846 section 7.1).
pub(super) fn expand_label(
    algorithm: hkdf::Algorithm,
    secret: &[u8],
    label: &str,
    len: usize,
) -> Result<Vec<u8>, Unopened> {
    let label = format!("tls13 {label}");
    let info: [&[u8]; 4] = [
        &(len as u16).to_be_bytes(),
        &[label.len() as u8],
        label.as_bytes(),
        &[0],
    ];
    let mut out = vec![0; len];
    hkdf::Prk::new_less_safe(algorithm, secret)
        .expand(&info, Length(len))
        .and_then(|okm| okm.fill(&mut out))
        .map_err(|_| Unopened::Failed)?;
    Ok(out)
}

/// The pseudo-random function of TLS 1.0 to 1.2 (RFC 5246 section 5, RFC 2246 section 5).
pub(super) fn prf(
    version: TlsVersion,
    algorithm: hmac::Algorithm,
    secret: &[u8],
    label: &[u8],
    seed: &[u8],
    len: usize,
) -> Vec<u8> {
    let seed = [label, seed].concat();
    if version >= TlsVersion::Tls12 {
        let key = hmac::Key::new(algorithm, secret);
        return expand(|text| hmac::sign(&key, text).as_ref().to_vec(), &seed, len);
    }
    // The two halves of the secret; of an odd one they share the byte in the middle.
    let half = secret.len().div_ceil(2);
    let (first, second) = (
        secret.get(..half).unwrap_or_default(),
        secret.get(secret.len() - half..).unwrap_or_default(),
    );
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, second);
    let sha1 = expand(|text| hmac::sign(&key, text).as_ref().to_vec(), &seed, len);
    let md5 = expand(|text| hmac_md5(first, text), &seed, len);
    md5.iter().zip(sha1).map(|(a, b)| a ^ b).collect()
}

fn hmac_md5(key: &[u8], text: &[u8]) -> Vec<u8> {
    // A key of any length will do.
    let Ok(mac) = Hmac::<Md5>::new_from_slice(key) else {
        return vec![0; 16];
    };
    mac.chain_update(text).finalize().into_bytes().to_vec()
}

/// `P_hash` of RFC 5246 section 5.
fn expand(sign: impl Fn(&[u8]) -> Vec<u8>, seed: &[u8], len: usize) -> Vec<u8> {
    let mut out = Vec::with_capacity(len);
    let mut a = sign(seed);
    while out.len() < len {
        out.extend(sign(&[a.as_slice(), seed].concat()));
        a = sign(&a);
    }
    out.truncate(len);
    out
}
