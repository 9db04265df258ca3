//! Records that a block cipher in CBC mode sealed, or that only have a MAC (RFC 5246 section 6.2.3, RFC 7366).

use aes::{Aes128, Aes256};
use camellia::{Camellia128, Camellia256};
use cbc::Decryptor;
use cbc::cipher::block_padding::NoPadding;
use cbc::cipher::{BlockCipherDecrypt, BlockModeDecrypt as _, InnerIvInit as _, KeyInit};
use des::TdesEde3;
use ring::hmac;

use crate::decode::{Sealed, TlsVersion, Unopened};

use super::suites::Block;

/// The longest block of the ciphers here.
const BLOCK_MAX: usize = 16;

/// The keys of one side.
pub(super) struct BlockKey {
    cipher: CipherKey,
    mac: hmac::Key,
    /// Length of a block; none for records that only have a MAC.
    block: usize,
    /// TLS 1.0: where the records' numbers have come, and what the next one continues.
    chain: [(u64, [u8; BLOCK_MAX]); 2],
}

/// A key of one of the ciphers.
enum CipherKey {
    Null,
    TripleDes(Box<TdesEde3>),
    Aes128(Box<Aes128>),
    Aes256(Box<Aes256>),
    Camellia128(Box<Camellia128>),
    Camellia256(Box<Camellia256>),
}

fn made<C: KeyInit>(key: &[u8]) -> Result<Box<C>, Unopened> {
    let key = C::new_from_slice(key).map_err(|_| Unopened::Failed)?;
    Ok(Box::new(key))
}

impl BlockKey {
    /// Keys for a cipher and its MAC, and the first initialization vector of TLS 1.0.
    pub(super) fn new(
        block: Block,
        algorithm: hmac::Algorithm,
        mac: &[u8],
        key: &[u8],
        iv: &[u8],
    ) -> Result<Self, Unopened> {
        let cipher = match block {
            Block::Null => CipherKey::Null,
            Block::TripleDes => CipherKey::TripleDes(made(key)?),
            Block::Aes128 => CipherKey::Aes128(made(key)?),
            Block::Aes256 => CipherKey::Aes256(made(key)?),
            Block::Camellia128 => CipherKey::Camellia128(made(key)?),
            Block::Camellia256 => CipherKey::Camellia256(made(key)?),
        };
        Ok(Self {
            cipher,
            mac: hmac::Key::new(algorithm, mac),
            block: block.lengths().1,
            chain: [(0, whole(iv)); 2],
        })
    }

    /// Appends a record's clear bytes and returns its content type.
    ///
    /// # Errors
    /// [`Unopened::Failed`] when the key does not fit, with `out` as it was.
    pub(super) fn open(&mut self, sealed: &Sealed<'_>, out: &mut Vec<u8>) -> Result<u8, Unopened> {
        let clear = self.clear(sealed).ok_or(Unopened::Failed)?;
        out.extend(clear);
        let [kind, ..] = sealed.header;
        Ok(kind)
    }

    fn clear(&mut self, sealed: &Sealed<'_>) -> Option<Vec<u8>> {
        let mac_len = self.mac.algorithm().digest_algorithm().output_len();
        if self.block == 0 {
            let (content, mac) = split_back(sealed.body, mac_len)?;
            return self.proves(sealed, content, mac).then(|| content.to_vec());
        }
        let body = if sealed.encrypt_then_mac {
            let (body, mac) = split_back(sealed.body, mac_len)?;
            self.proves(sealed, body, mac).then_some(body)?
        } else {
            sealed.body
        };
        let (iv, body) = if sealed.version == TlsVersion::Tls10 {
            (self.continued(sealed.sequence, body)?, body)
        } else {
            let (iv, body) = body.split_at_checked(self.block)?;
            (whole(iv), body)
        };
        let mut clear = body.to_vec();
        let iv = iv.get(..self.block)?;
        match &self.cipher {
            CipherKey::Null => {}
            CipherKey::TripleDes(key) => decrypt(&**key, iv, &mut clear)?,
            CipherKey::Aes128(key) => decrypt(&**key, iv, &mut clear)?,
            CipherKey::Aes256(key) => decrypt(&**key, iv, &mut clear)?,
            CipherKey::Camellia128(key) => decrypt(&**key, iv, &mut clear)?,
            CipherKey::Camellia256(key) => decrypt(&**key, iv, &mut clear)?,
        }
        // The padding's length, and as many bytes before it that say the same.
        let padding = usize::from(*clear.last()?);
        let (content, padded) = split_back(&clear, padding.checked_add(1)?)?;
        if padded.iter().any(|&byte| usize::from(byte) != padding) {
            return None;
        }
        let len = if sealed.encrypt_then_mac {
            content.len()
        } else {
            let (content, mac) = split_back(content, mac_len)?;
            self.proves(sealed, content, mac).then_some(content.len())?
        };
        clear.truncate(len);
        Some(clear)
    }

    /// True when the MAC is right for these bytes.
    fn proves(&self, sealed: &Sealed<'_>, bytes: &[u8], mac: &[u8]) -> bool {
        let [kind, major, minor, ..] = sealed.header;
        let mut context = hmac::Context::with_key(&self.mac);
        context.update(&sealed.sequence.to_be_bytes());
        context.update(&[kind, major, minor]);
        context.update(&(bytes.len() as u16).to_be_bytes());
        context.update(bytes);
        context.sign().as_ref() == mac
    }

    /// What a record of TLS 1.0 continues: the last block of the record before it. `None` after a gap.
    fn continued(&mut self, sequence: u64, body: &[u8]) -> Option<[u8; BLOCK_MAX]> {
        let known = self.chain.iter().find(|(number, _)| *number == sequence)?;
        let iv = known.1;
        let (_, last) = split_back(body, self.block)?;
        self.chain = [(sequence, iv), (sequence.checked_add(1)?, whole(last))];
        Some(iv)
    }
}

/// A block, with room for the longest.
fn whole(block: &[u8]) -> [u8; BLOCK_MAX] {
    let mut whole = [0; BLOCK_MAX];
    for (to, from) in whole.iter_mut().zip(block) {
        *to = *from;
    }
    whole
}

/// The bytes before the last `len`, and those.
fn split_back(bytes: &[u8], len: usize) -> Option<(&[u8], &[u8])> {
    bytes.split_at_checked(bytes.len().checked_sub(len)?)
}

fn decrypt<C: BlockCipherDecrypt + Clone>(key: &C, iv: &[u8], bytes: &mut [u8]) -> Option<()> {
    let cbc = Decryptor::inner_iv_slice_init(key.clone(), iv).ok()?;
    cbc.decrypt_padded::<NoPadding>(bytes).ok().map(drop)
}
