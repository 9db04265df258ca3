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
    // TLS 1.3: RFC 9846 appendix B.4. TLS 1.2: RFC 5288, 5289, 5487, 7905, 8442.
    let (cipher, hash, hkdf) = match (version, number) {
        (TlsVersion::Tls13, 0x1301)
        | (
            TlsVersion::Tls12,
            0x009c | 0x009e | 0x00a0 | 0x00a2 | 0x00a4 | 0x00a6 | 0x00a8 | 0x00aa | 0x00ac | 0xc02b
            | 0xc02d | 0xc02f | 0xc031 | 0xd001,
        ) => aes_128,
        (TlsVersion::Tls13, 0x1302)
        | (
            TlsVersion::Tls12,
            0x009d | 0x009f | 0x00a1 | 0x00a3 | 0x00a5 | 0x00a7 | 0x00a9 | 0x00ab | 0x00ad | 0xc02c
            | 0xc02e | 0xc030 | 0xc032 | 0xd002,
        ) => aes_256,
        (TlsVersion::Tls13, 0x1303) | (TlsVersion::Tls12, 0xcca8..=0xccae) => chacha,
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

#[cfg(test)]
mod tests {
    use super::*;

    fn unhex(text: &str) -> Vec<u8> {
        let digit = |b: u8| char::from(b).to_digit(16).unwrap() as u8;
        let pairs = text.as_bytes().chunks(2);
        pairs
            .map(|pair| digit(pair[0]) << 4 | digit(pair[1]))
            .collect()
    }

    fn open(log: &str, sealed: &Sealed<'_>) -> Result<(u8, Vec<u8>), Unopened> {
        let mut keys = KeyLog::default();
        keys.add(log.as_bytes());
        let mut out = b"before".to_vec();
        let kind = KeyRing::default()
            .key(&keys, sealed)
            .and_then(|key| key.open(sealed, &mut out));
        assert!(out.starts_with(b"before"));
        assert!(kind.is_ok() || out.len() == 6);
        kind.map(|kind| (kind, out.split_off(6)))
    }

    // The client's Finished of sample `curl-https`, TLS_AES_256_GCM_SHA384.
    #[test]
    fn a_record_of_tls_13_is_opened() {
        let log = "CLIENT_HANDSHAKE_TRAFFIC_SECRET c07ab26df64beb02b1364088ebb33d4d2a70fd2a63c1fc9dd5473778c3f3e7b5 \
             b1ab58a40dd1c52dc94a1a5ec0742e250dfab69facf0dbd436fe964ff0a60096c9ee7768f062e84006f13c751777bed\
            4";
        let record = unhex(
            "17030300454bf25239f82d9b1b539d6ecdbb42d89be18f0f5b4ca8f2f0b49e3b6ed30b2732ea176e5a8ab243ac9c7fd6\
            050fad233ae3182ba128b450c956e632890ffbfb31de630fd94a",
        );
        let random = unhex("c07ab26df64beb02b1364088ebb33d4d2a70fd2a63c1fc9dd5473778c3f3e7b5");
        let sealed = Sealed {
            version: TlsVersion::Tls13,
            suite: 0x1302,
            client_random: random.first_chunk().unwrap(),
            server_random: &[0; 32],
            from: Side::Client,
            epoch: Epoch::Handshake,
            sequence: 0,
            header: *record.first_chunk().unwrap(),
            body: &record[5..],
            encrypt_then_mac: false,
        };
        let (kind, clear) = open(log, &sealed).unwrap();
        assert_eq!(kind, 22);
        // Finished, 48 bytes of HMAC-SHA-384, and the type behind it.
        assert_eq!((&clear[..4], clear.len()), (&[20, 0, 0, 48][..], 53));
        assert_eq!(clear.last(), Some(&22));

        let failed = Some(Unopened::Failed);
        let with = |sealed: Sealed<'_>| open(log, &sealed).err();
        assert_eq!(
            with(Sealed {
                sequence: 1,
                ..sealed
            }),
            failed
        );
        assert_eq!(
            with(Sealed {
                suite: 0x1301,
                ..sealed
            }),
            failed
        );
        assert_eq!(
            with(Sealed {
                body: &record[5..20],
                ..sealed
            }),
            failed
        );
        assert_eq!(
            with(Sealed {
                suite: 0x1304,
                ..sealed
            }),
            Some(Unopened::Cipher)
        );
        assert_eq!(
            with(Sealed {
                from: Side::Server,
                ..sealed
            }),
            Some(Unopened::NoKey)
        );
        assert_eq!(
            with(Sealed {
                client_random: &[0; 32],
                ..sealed
            }),
            Some(Unopened::NoKey)
        );
    }

    // The client's Finished of sample `curl-https-tls12`, TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384.
    #[test]
    fn a_record_of_tls_12_is_opened() {
        let log = "CLIENT_RANDOM 6ebcd3a3915cc4cb103874758e01dcff3e5b82567014dc29cf4295aadc2bdf0e 470fd5ff4f28d7dea\
            87633874d28fb9160a6aaf6656d7a4e89dfcda98daa6230f3a3b54992dbfaa09eec84cf329f784c";
        let record = unhex(
            "160303002802c0c985dd73b60fdfac40e5fcabc5bc7e58d41368473655eb7333cc78208ca155f550058458dec6",
        );
        let client = unhex("6ebcd3a3915cc4cb103874758e01dcff3e5b82567014dc29cf4295aadc2bdf0e");
        let server = unhex("00ed604b6a238ecc0a5a49474c40cbcd3aa4d49c3544a0e6444f574e47524401");
        let sealed = Sealed {
            version: TlsVersion::Tls12,
            suite: 0xc02c,
            client_random: client.first_chunk().unwrap(),
            server_random: server.first_chunk().unwrap(),
            from: Side::Client,
            epoch: Epoch::Application(0),
            sequence: 0,
            header: *record.first_chunk().unwrap(),
            body: &record[5..],
            encrypt_then_mac: false,
        };
        let (kind, clear) = open(log, &sealed).unwrap();
        assert_eq!(kind, 22);
        assert_eq!((&clear[..4], clear.len()), (&[20, 0, 0, 12][..], 16));
        assert_eq!(
            open(
                log,
                &Sealed {
                    from: Side::Server,
                    ..sealed
                }
            ),
            Err(Unopened::Failed)
        );
        // A suite of CBC.
        assert_eq!(
            open(
                log,
                &Sealed {
                    suite: 0xc00a,
                    ..sealed
                }
            ),
            Err(Unopened::Cipher)
        );
    }

    // Nonces with the whole sequence number, sealed here with the keys that the standard derives.
    #[test]
    fn a_record_of_chacha20_is_opened() {
        let suite = suite(0x1303, TlsVersion::Tls13).unwrap();
        let secret = [7; 32];
        let updated = expand_label(suite.hkdf, &secret, "traffic upd", 32).unwrap();
        let key = expand_label(suite.hkdf, &updated, "key", 32).unwrap();
        let mut nonce = expand_label(suite.hkdf, &updated, "iv", 12).unwrap();
        nonce[11] ^= 5;
        let header = [23, 3, 3, 0, 5 + 3 + 16];
        let mut body = b"hello\x17\0\0".to_vec();
        aead::LessSafeKey::new(aead::UnboundKey::new(suite.cipher, &key).unwrap())
            .seal_in_place_append_tag(
                aead::Nonce::try_assume_unique_for_key(&nonce).unwrap(),
                aead::Aad::from(header),
                &mut body,
            )
            .unwrap();
        let log = format!(
            "SERVER_TRAFFIC_SECRET_0 {} {}",
            "00".repeat(32),
            "07".repeat(32)
        );
        let sealed = Sealed {
            version: TlsVersion::Tls13,
            suite: 0x1303,
            client_random: &[0; 32],
            server_random: &[0; 32],
            from: Side::Server,
            epoch: Epoch::Application(1),
            sequence: 5,
            header,
            body: &body,
            encrypt_then_mac: false,
        };
        assert_eq!(open(&log, &sealed), Ok((23, b"hello\x17\0\0".to_vec())));
    }
}
