//! Records that an AEAD cipher sealed (RFC 9846 section 5.2, RFC 5246 section 6.2.3.3).

use aes::{Aes128, Aes256};
use ccm::aead::{AeadInOut, KeyInit, Tag};
use ccm::consts::{U8, U12, U16};
use ccm::{Ccm, Nonce};
use ring::aead;

use crate::decode::{Sealed, TlsVersion, Unopened};

/// The part of the nonce that TLS 1.2 writes in front of every record, with AES.
pub(super) const EXPLICIT_NONCE: usize = 8;
/// Length of the nonce of all ciphers here.
pub(super) const NONCE: usize = aead::NONCE_LEN;

/// A key of one of the ciphers.
pub(super) enum AeadKey {
    Ring(Box<aead::LessSafeKey>),
    Ccm128(Box<Ccm<Aes128, U16, U12>>),
    Ccm256(Box<Ccm<Aes256, U16, U12>>),
    Ccm128Short(Box<Ccm<Aes128, U8, U12>>),
    Ccm256Short(Box<Ccm<Aes256, U8, U12>>),
}

impl AeadKey {
    /// A key for a cipher of ring.
    pub(super) fn ring(cipher: &'static aead::Algorithm, key: &[u8]) -> Result<Self, Unopened> {
        let key = aead::UnboundKey::new(cipher, key).map_err(|_| Unopened::Failed)?;
        Ok(Self::Ring(Box::new(aead::LessSafeKey::new(key))))
    }

    /// A key for AES-CCM with a tag of so many bytes.
    pub(super) fn ccm(key: &[u8], tag: usize) -> Result<Self, Unopened> {
        let failed = |_| Unopened::Failed;
        Ok(match (key.len(), tag) {
            (16, 16) => Self::Ccm128(Box::new(Ccm::new_from_slice(key).map_err(failed)?)),
            (32, 16) => Self::Ccm256(Box::new(Ccm::new_from_slice(key).map_err(failed)?)),
            (16, 8) => Self::Ccm128Short(Box::new(Ccm::new_from_slice(key).map_err(failed)?)),
            (32, 8) => Self::Ccm256Short(Box::new(Ccm::new_from_slice(key).map_err(failed)?)),
            _ => return Err(Unopened::Cipher),
        })
    }

    /// Length of the authentication tag behind the sealed bytes.
    const fn tag(&self) -> usize {
        match self {
            Self::Ring(_) | Self::Ccm128(_) | Self::Ccm256(_) => 16,
            Self::Ccm128Short(_) | Self::Ccm256Short(_) => 8,
        }
    }

    /// Opens bytes with their tag in place; how many of them are clear then.
    fn open_in_place(&self, nonce: [u8; NONCE], data: &[u8], sealed: &mut [u8]) -> Option<usize> {
        match self {
            Self::Ring(key) => {
                let nonce = aead::Nonce::assume_unique_for_key(nonce);
                let clear = key.open_in_place(nonce, aead::Aad::from(data), sealed);
                clear.ok().map(|clear| clear.len())
            }
            Self::Ccm128(key) => open_ccm(&**key, nonce, data, sealed),
            Self::Ccm256(key) => open_ccm(&**key, nonce, data, sealed),
            Self::Ccm128Short(key) => open_ccm(&**key, nonce, data, sealed),
            Self::Ccm256Short(key) => open_ccm(&**key, nonce, data, sealed),
        }
    }
}

fn open_ccm<C>(key: &C, nonce: [u8; NONCE], data: &[u8], sealed: &mut [u8]) -> Option<usize>
where
    C: AeadInOut<NonceSize = U12>,
{
    let len = sealed.len().checked_sub(Tag::<C>::default().len())?;
    let (clear, tag) = sealed.split_at_mut_checked(len)?;
    let tag = Tag::<C>::try_from(&*tag).ok()?;
    let nonce = Nonce::<U12>::from(nonce);
    let opened = key.decrypt_inout_detached(&nonce, data, clear.into(), &tag);
    opened.ok().map(|()| len)
}

/// A key with the part of the nonce that stays.
pub(super) struct Aead {
    key: AeadKey,
    nonce: [u8; NONCE],
    /// TLS 1.2 with AES: part of the nonce stands in front of each record.
    explicit: bool,
}

impl Aead {
    pub(super) fn new(key: AeadKey, fixed: &[u8], explicit: bool) -> Self {
        let mut nonce = [0; NONCE];
        for (to, from) in nonce.iter_mut().zip(fixed) {
            *to = *from;
        }
        Self {
            key,
            nonce,
            explicit,
        }
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
        let clear_len = body
            .len()
            .checked_sub(self.key.tag())
            .ok_or(Unopened::Failed)?;
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
        let sealed_bytes = out.get_mut(start..);
        let opened = sealed_bytes.and_then(|sealed| self.key.open_in_place(nonce, &data, sealed));
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

    fn nonce_of(&self, sequence: u64, explicit: &[u8]) -> [u8; NONCE] {
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
