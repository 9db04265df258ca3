//! TLS record protection: keys from secrets (RFC 9846 section 7.3, RFC 5246 section 6.3), records opened.
//!
//! TLS 1.3 and 1.2 with AES-GCM, AES-CCM and ChaCha20-Poly1305; TLS 1.2, 1.1 and 1.0 with AES, Camellia and Triple DES in
//! CBC mode, and with a MAC only.

mod aead;
mod block;
mod prf;
mod suites;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::fmt;

use crate::decode::{Epoch, Sealed, TlsVersion, Unopened};
use crate::model::Side;

use super::keylog::{KeyLog, Label};

use aead::{Aead, AeadKey, EXPLICIT_NONCE, NONCE};
use block::BlockKey;
use prf::{expand_label, prf};
use suites::{Cipher, suite};

/// How many keys are kept ready; when there are more, they are made anew.
const KEYS_MAX: usize = 4096;
/// How many key updates of one connection are followed; each derives from the one before.
const UPDATES_MAX: u32 = 1024;
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
    ) -> Result<&mut RecordKey, Unopened> {
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
        self.keys.get_mut(&id).ok_or(Unopened::NoKey)
    }
}

/// A key that opens the records of one side and epoch.
pub(super) struct RecordKey(Protection);

enum Protection {
    Aead(Box<Aead>),
    Block(Box<BlockKey>),
}

impl RecordKey {
    fn derive(log: &KeyLog, sealed: &Sealed<'_>) -> Result<Self, Unopened> {
        let protection = match sealed.version {
            TlsVersion::Tls13 => Protection::derive_13(log, sealed)?,
            _ => Protection::derive_12(log, sealed)?,
        };
        Ok(Self(protection))
    }

    /// Appends a record's clear bytes and returns its content type.
    ///
    /// # Errors
    /// [`Unopened::Failed`] when the key does not fit, with `out` as it was.
    pub(super) fn open(&mut self, sealed: &Sealed<'_>, out: &mut Vec<u8>) -> Result<u8, Unopened> {
        match &mut self.0 {
            Protection::Aead(key) => key.open(sealed, out),
            Protection::Block(key) => key.open(sealed, out),
        }
    }
}

impl Protection {
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
        let expand = |label, len| expand_label(suite.hkdf, &secret, label, len);
        let key = match suite.cipher {
            Cipher::Ring(cipher) => AeadKey::ring(cipher, &expand("key", cipher.key_len())?)?,
            Cipher::Ccm { key, tag } => AeadKey::ccm(&expand("key", key)?, tag)?,
            Cipher::Block { .. } => return Err(Unopened::Cipher),
        };
        let iv = expand("iv", NONCE)?;
        Ok(Self::Aead(Box::new(Aead::new(key, &iv, false))))
    }

    fn derive_12(log: &KeyLog, sealed: &Sealed<'_>) -> Result<Self, Unopened> {
        let master = log
            .secret(Label::Master, sealed.client_random)
            .ok_or(Unopened::NoKey)?;
        let suite = suite(sealed.suite, sealed.version).ok_or(Unopened::Cipher)?;
        let (mac_len, key_len, iv_len) = match suite.cipher {
            Cipher::Ring(cipher) if cipher == &ring::aead::CHACHA20_POLY1305 => {
                (0, cipher.key_len(), NONCE)
            }
            Cipher::Ring(cipher) => (0, cipher.key_len(), NONCE - EXPLICIT_NONCE),
            Cipher::Ccm { key, .. } => (0, key, NONCE - EXPLICIT_NONCE),
            Cipher::Block { block, mac } => {
                let (key, block) = block.lengths();
                (mac.digest_algorithm().output_len(), key, block)
            }
        };
        // The client's and the server's MAC keys, their keys, and the fixed parts of their nonces or their first
        // initialization vectors.
        let lengths = [mac_len, mac_len, key_len, key_len, iv_len, iv_len];
        let seed = [&sealed.server_random[..], &sealed.client_random[..]].concat();
        let all = prf(
            sealed.version,
            suite.hash,
            master,
            b"key expansion",
            &seed,
            lengths.iter().sum(),
        );
        let mut rest = all.as_slice();
        let mut parts = [&[][..]; 6];
        for (part, len) in parts.iter_mut().zip(lengths) {
            (*part, rest) = rest.split_at_checked(len).ok_or(Unopened::Failed)?;
        }
        let [mac, key, iv] = match (sealed.from, parts) {
            (Side::Client, [mac, _, key, _, iv, _]) | (Side::Server, [_, mac, _, key, _, iv]) => {
                [mac, key, iv]
            }
        };
        let aead = |key, explicit| Self::Aead(Box::new(Aead::new(key, iv, explicit)));
        Ok(match suite.cipher {
            Cipher::Ring(cipher) => aead(AeadKey::ring(cipher, key)?, iv_len < NONCE),
            Cipher::Ccm { tag, .. } => aead(AeadKey::ccm(key, tag)?, true),
            Cipher::Block {
                block,
                mac: algorithm,
            } => Self::Block(Box::new(BlockKey::new(block, algorithm, mac, key, iv)?)),
        })
    }
}
