//! TLS record protection with AEAD ciphers: keys from secrets (RFC 9846 section 7.3, RFC 5246 section 6.3), records opened.
//!
//! TLS 1.3 with AES-GCM and ChaCha20-Poly1305, TLS 1.2 with the same (RFC 5288, RFC 7905).

use std::collections::HashMap;
use std::fmt;

use ring::{aead, hkdf, hmac};

use crate::decode::{Epoch, Sealed, TlsVersion, Unopened};
use crate::model::Side;

use super::keylog::{KeyLog, Label};

/// How many keys are kept ready; when there are more, they are made anew.
const KEYS_MAX: usize = 4096;
/// How many key updates of one connection are followed; each derives from the one before.
const UPDATES_MAX: u32 = 1024;
/// The part of an AES-GCM nonce that TLS 1.2 writes in front of every record.
const EXPLICIT_NONCE: usize = 8;
/// Length of the authentication tag behind the sealed bytes, for all ciphers here.
const TAG: usize = 16;

/// Keys that were made from secrets, kept for the records to come.
#[derive(Default)]
pub(super) struct KeyRing {
    keys: HashMap<Id, RecordKey>,
}

impl fmt::Debug for KeyRing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyRing({} keys)", self.keys.len())
    }
}

/// Which key: all that goes into making it, but the secret.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Id {
    client_random: [u8; 32],
    server_random: [u8; 32],
    suite: u16,
    from: Side,
    epoch: Epoch,
}

impl KeyRing {
    /// The key that sealed a record.
    ///
    /// # Errors
    /// Why there is none.
    pub(super) fn key(
        &mut self,
        log: &KeyLog,
        sealed: &Sealed<'_>,
    ) -> Result<&RecordKey, Unopened> {
        let id = Id {
            client_random: *sealed.client_random,
            server_random: *sealed.server_random,
            suite: sealed.suite,
            from: sealed.from,
            epoch: sealed.epoch,
        };
        if !self.keys.contains_key(&id) {
            let key = RecordKey::derive(log, sealed)?;
            if self.keys.len() >= KEYS_MAX {
                self.keys.clear();
            }
            self.keys.insert(id, key);
        }
        self.keys.get(&id).ok_or(Unopened::NoKey)
    }
}

/// The cipher and hash of a suite.
struct Suite {
    cipher: &'static aead::Algorithm,
    hash: hmac::Algorithm,
    hkdf: hkdf::Algorithm,
}

fn suite(number: u16, version: TlsVersion) -> Option<Suite> {
    let aes_128 = (&aead::AES_128_GCM, hmac::HMAC_SHA256, hkdf::HKDF_SHA256);
    let aes_256 = (&aead::AES_256_GCM, hmac::HMAC_SHA384, hkdf::HKDF_SHA384);
    let chacha = (
        &aead::CHACHA20_POLY1305,
        hmac::HMAC_SHA256,
        hkdf::HKDF_SHA256,
    );
    let (cipher, hash, hkdf) = match (version, number) {
        (TlsVersion::Tls13, 0x1301) => aes_128,
        (TlsVersion::Tls13, 0x1302) => aes_256,
        (TlsVersion::Tls13, 0x1303) => chacha,
        // RFC 5288, 5289, 5487, 8442: even numbers (odd ones from c02b on) have the shorter key.
        (
            TlsVersion::Tls12,
            0x009c | 0x009e | 0x00a0 | 0x00a2 | 0x00a4 | 0x00a6 | 0x00a8 | 0x00aa | 0x00ac | 0xc02b
            | 0xc02d | 0xc02f | 0xc031 | 0xd001,
        ) => aes_128,
        (
            TlsVersion::Tls12,
            0x009d | 0x009f | 0x00a1 | 0x00a3 | 0x00a5 | 0x00a7 | 0x00a9 | 0x00ab | 0x00ad | 0xc02c
            | 0xc02e | 0xc030 | 0xc032 | 0xd002,
        ) => aes_256,
        (TlsVersion::Tls12, 0xcca8..=0xccae) => chacha,
        _ => return None,
    };
    Some(Suite { cipher, hash, hkdf })
}

/// A key that opens the records of one side and epoch.
pub(super) struct RecordKey {
    key: aead::LessSafeKey,
    nonce: [u8; aead::NONCE_LEN],
    /// TLS 1.2 with AES-GCM: part of the nonce stands in front of each record.
    explicit: bool,
}

impl RecordKey {
    fn derive(log: &KeyLog, sealed: &Sealed<'_>) -> Result<Self, Unopened> {
        match sealed.version {
            TlsVersion::Tls13 => Self::derive_13(log, sealed),
            TlsVersion::Tls12 => Self::derive_12(log, sealed),
            _ => {
                let known = log.secret(Label::Master, sealed.client_random).is_some();
                Err(if known {
                    Unopened::Cipher
                } else {
                    Unopened::NoKey
                })
            }
        }
    }

    fn derive_13(log: &KeyLog, sealed: &Sealed<'_>) -> Result<Self, Unopened> {
        let label = match (sealed.epoch, sealed.from) {
            (Epoch::Early, Side::Client) => Label::ClientEarly,
            (Epoch::Early, Side::Server) => return Err(Unopened::NoKey),
            (Epoch::Handshake, Side::Client) => Label::ClientHandshake,
            (Epoch::Handshake, Side::Server) => Label::ServerHandshake,
            (Epoch::Application(_), Side::Client) => Label::ClientTraffic,
            (Epoch::Application(_), Side::Server) => Label::ServerTraffic,
        };
        let secret = log
            .secret(label, sealed.client_random)
            .ok_or(Unopened::NoKey)?;
        let suite = suite(sealed.suite, sealed.version).ok_or(Unopened::Cipher)?;
        let hash_len = suite.hash.digest_algorithm().output_len();
        if secret.len() != hash_len {
            return Err(Unopened::Failed);
        }
        let updates = match sealed.epoch {
            Epoch::Application(updates) => updates,
            Epoch::Early | Epoch::Handshake => 0,
        };
        if updates > UPDATES_MAX {
            return Err(Unopened::Failed);
        }
        let mut secret = secret.to_vec();
        for _ in 0..updates {
            secret = expand_label(suite.hkdf, &secret, "traffic upd", hash_len)?;
        }
        let key = expand_label(suite.hkdf, &secret, "key", suite.cipher.key_len())?;
        let nonce = expand_label(suite.hkdf, &secret, "iv", aead::NONCE_LEN)?;
        Self::new(suite.cipher, &key, &nonce, false)
    }

    fn derive_12(log: &KeyLog, sealed: &Sealed<'_>) -> Result<Self, Unopened> {
        let master = log
            .secret(Label::Master, sealed.client_random)
            .ok_or(Unopened::NoKey)?;
        let suite = suite(sealed.suite, sealed.version).ok_or(Unopened::Cipher)?;
        let explicit = suite.cipher != &aead::CHACHA20_POLY1305;
        let key_len = suite.cipher.key_len();
        let nonce_len = if explicit {
            aead::NONCE_LEN - EXPLICIT_NONCE
        } else {
            aead::NONCE_LEN
        };
        // Client's key, server's key, client's nonce, server's nonce; AEAD ciphers have no MAC keys.
        let seed = [&sealed.server_random[..], &sealed.client_random[..]].concat();
        let block = prf(
            suite.hash,
            master,
            b"key expansion",
            &seed,
            2 * (key_len + nonce_len),
        );
        let (keys, nonces) = block
            .split_at_checked(2 * key_len)
            .ok_or(Unopened::Failed)?;
        let (key, nonce) = match sealed.from {
            Side::Client => (keys.get(..key_len), nonces.get(..nonce_len)),
            Side::Server => (keys.get(key_len..), nonces.get(nonce_len..)),
        };
        let (Some(key), Some(nonce)) = (key, nonce) else {
            return Err(Unopened::Failed);
        };
        Self::new(suite.cipher, key, nonce, explicit)
    }

    fn new(
        cipher: &'static aead::Algorithm,
        key: &[u8],
        fixed: &[u8],
        explicit: bool,
    ) -> Result<Self, Unopened> {
        let key = aead::UnboundKey::new(cipher, key).map_err(|_| Unopened::Failed)?;
        let mut nonce = [0; aead::NONCE_LEN];
        for (to, from) in nonce.iter_mut().zip(fixed) {
            *to = *from;
        }
        Ok(Self {
            key: aead::LessSafeKey::new(key),
            nonce,
            explicit,
        })
    }

    /// Appends a record's clear bytes and returns its content type.
    ///
    /// # Errors
    /// [`Unopened::Failed`] when the key does not fit, with `out` as it was.
    pub(super) fn open(&self, sealed: &Sealed<'_>, out: &mut Vec<u8>) -> Result<u8, Unopened> {
        let (explicit, body) = sealed
            .body
            .split_at_checked(if self.explicit { EXPLICIT_NONCE } else { 0 })
            .ok_or(Unopened::Failed)?;
        let clear_len = body.len().checked_sub(TAG).ok_or(Unopened::Failed)?;
        let nonce = self.nonce_of(sealed.sequence, explicit);
        let mut data = Vec::with_capacity(13);
        if sealed.version == TlsVersion::Tls13 {
            data.extend(sealed.header);
        } else {
            let [kind, major, minor, ..] = sealed.header;
            data.extend(sealed.sequence.to_be_bytes());
            data.extend([kind, major, minor]);
            data.extend((clear_len as u16).to_be_bytes());
        }
        let start = out.len();
        out.extend_from_slice(body);
        let opened = out.get_mut(start..).and_then(|sealed| {
            self.key
                .open_in_place(
                    aead::Nonce::assume_unique_for_key(nonce),
                    aead::Aad::from(data),
                    sealed,
                )
                .ok()
                .map(|clear| clear.len())
        });
        let Some(len) = opened else {
            out.truncate(start);
            return Err(Unopened::Failed);
        };
        out.truncate(start + len);
        let [outer, ..] = sealed.header;
        if sealed.version != TlsVersion::Tls13 {
            return Ok(outer);
        }
        // The type is the last byte that is not padding (RFC 9846 section 5.4).
        let kind = out
            .get(start..)
            .and_then(|clear| clear.iter().rev().find(|&&byte| byte != 0))
            .copied();
        kind.ok_or_else(|| {
            out.truncate(start);
            Unopened::Failed
        })
    }

    fn nonce_of(&self, sequence: u64, explicit: &[u8]) -> [u8; aead::NONCE_LEN] {
        let mut nonce = self.nonce;
        let tail = nonce.iter_mut().rev();
        if self.explicit {
            for (to, from) in tail.zip(explicit.iter().rev()) {
                *to = *from;
            }
        } else {
            for (to, from) in tail.zip(sequence.to_be_bytes().iter().rev()) {
                *to ^= *from;
            }
        }
        nonce
    }
}

/// A length for HKDF.
struct Length(usize);

impl hkdf::KeyType for Length {
    fn len(&self) -> usize {
        self.0
    }
}

/// HKDF-Expand-Label with an empty context (RFC 9846 section 7.1).
fn expand_label(
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

/// The pseudo-random function of TLS 1.2 (RFC 5246 section 5).
fn prf(
    algorithm: hmac::Algorithm,
    secret: &[u8],
    label: &[u8],
    seed: &[u8],
    len: usize,
) -> Vec<u8> {
    let key = hmac::Key::new(algorithm, secret);
    let seed = [label, seed].concat();
    let mut out = Vec::with_capacity(len);
    let mut a = hmac::sign(&key, &seed);
    while out.len() < len {
        let block = hmac::sign(&key, &[a.as_ref(), &seed].concat());
        out.extend_from_slice(block.as_ref());
        a = hmac::sign(&key, a.as_ref());
    }
    out.truncate(len);
    out
}
