//! Which cipher, hash and MAC a cipher suite stands for (the registry of IANA, "TLS Cipher Suites").

use ring::{aead, hkdf, hmac};

use crate::decode::TlsVersion;

/// What seals the records of a suite.
#[derive(Clone, Copy)]
pub(super) enum Cipher {
    /// AES-GCM and ChaCha20-Poly1305 (RFC 5288, RFC 7905).
    Ring(&'static aead::Algorithm),
    /// AES-CCM with a key and a tag of so many bytes (RFC 6655, RFC 7251).
    Ccm { key: usize, tag: usize },
    /// A block cipher in CBC mode, or none, with a MAC (RFC 5246 section 6.2.3).
    Block { block: Block, mac: hmac::Algorithm },
}

/// A block cipher.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Block {
    Null,
    TripleDes,
    Aes128,
    Aes256,
    Camellia128,
    Camellia256,
}

impl Block {
    /// Lengths of key and block.
    pub(super) const fn lengths(self) -> (usize, usize) {
        match self {
            Self::Null => (0, 0),
            Self::TripleDes => (24, 8),
            Self::Aes128 | Self::Camellia128 => (16, 16),
            Self::Aes256 | Self::Camellia256 => (32, 16),
        }
    }
}

/// The cipher and hash of a suite.
pub(super) struct Suite {
    pub cipher: Cipher,
    pub hash: hmac::Algorithm,
    pub hkdf: hkdf::Algorithm,
}

/// What a suite means in a version of TLS, if it can be opened.
pub(super) fn suite(number: u16, version: TlsVersion) -> Option<Suite> {
    let cipher = match version {
        TlsVersion::Tls13 => tls_13(number)?,
        TlsVersion::Tls12 => tls_12(number).or_else(|| old(number))?,
        TlsVersion::Tls10 | TlsVersion::Tls11 => old(number)?,
        TlsVersion::Ssl30 => return None,
    };
    let long = match cipher {
        Cipher::Ring(cipher) => cipher == &aead::AES_256_GCM,
        Cipher::Ccm { .. } => false,
        Cipher::Block { mac, .. } => mac == hmac::HMAC_SHA384,
    };
    let (hash, hkdf) = if long {
        (hmac::HMAC_SHA384, hkdf::HKDF_SHA384)
    } else {
        (hmac::HMAC_SHA256, hkdf::HKDF_SHA256)
    };
    Some(Suite { cipher, hash, hkdf })
}

/// RFC 9846 appendix B.4.
fn tls_13(number: u16) -> Option<Cipher> {
    Some(match number {
        0x1301 => Cipher::Ring(&aead::AES_128_GCM),
        0x1302 => Cipher::Ring(&aead::AES_256_GCM),
        0x1303 => Cipher::Ring(&aead::CHACHA20_POLY1305),
        0x1304 => Cipher::Ccm { key: 16, tag: 16 },
        0x1305 => Cipher::Ccm { key: 16, tag: 8 },
        _ => return None,
    })
}

/// Suites that came with TLS 1.2 (RFC 5246, 5288, 5289, 5487, 6367, 6655, 7251, 7905, 8442).
fn tls_12(number: u16) -> Option<Cipher> {
    let block = |block, mac| Cipher::Block { block, mac };
    let (sha256, sha384) = (hmac::HMAC_SHA256, hmac::HMAC_SHA384);
    Some(match number {
        0x009c | 0x009e | 0x00a0 | 0x00a2 | 0x00a4 | 0x00a6 | 0x00a8 | 0x00aa | 0x00ac | 0xc02b
        | 0xc02d | 0xc02f | 0xc031 | 0xd001 => Cipher::Ring(&aead::AES_128_GCM),
        0x009d | 0x009f | 0x00a1 | 0x00a3 | 0x00a5 | 0x00a7 | 0x00a9 | 0x00ab | 0x00ad | 0xc02c
        | 0xc02e | 0xc030 | 0xc032 | 0xd002 => Cipher::Ring(&aead::AES_256_GCM),
        0xcca8..=0xccae => Cipher::Ring(&aead::CHACHA20_POLY1305),
        0xc09c | 0xc09e | 0xc0a4 | 0xc0a6 | 0xc0ac | 0xd005 => Cipher::Ccm { key: 16, tag: 16 },
        0xc09d | 0xc09f | 0xc0a5 | 0xc0a7 | 0xc0ad => Cipher::Ccm { key: 32, tag: 16 },
        0xc0a0 | 0xc0a2 | 0xc0a8 | 0xc0aa | 0xc0ae | 0xd003 => Cipher::Ccm { key: 16, tag: 8 },
        0xc0a1 | 0xc0a3 | 0xc0a9 | 0xc0ab | 0xc0af => Cipher::Ccm { key: 32, tag: 8 },
        0x003b | 0x00b0 | 0x00b4 | 0x00b8 | 0xc03a => block(Block::Null, sha256),
        0x00b1 | 0x00b5 | 0x00b9 | 0xc03b => block(Block::Null, sha384),
        0x003c
        | 0x003e..=0x0040
        | 0x0067
        | 0x006c
        | 0x00ae
        | 0x00b2
        | 0x00b6
        | 0xc023
        | 0xc025
        | 0xc027
        | 0xc029
        | 0xc037 => block(Block::Aes128, sha256),
        0x003d | 0x0068..=0x006b | 0x006d => block(Block::Aes256, sha256),
        0x00af | 0x00b3 | 0x00b7 | 0xc024 | 0xc026 | 0xc028 | 0xc02a | 0xc038 => {
            block(Block::Aes256, sha384)
        }
        0x00ba..=0x00bf | 0xc072 | 0xc074 | 0xc076 | 0xc078 | 0xc094 | 0xc096 | 0xc098 | 0xc09a => {
            block(Block::Camellia128, sha256)
        }
        0x00c0..=0x00c5 => block(Block::Camellia256, sha256),
        0xc073 | 0xc075 | 0xc077 | 0xc079 | 0xc095 | 0xc097 | 0xc099 | 0xc09b => {
            block(Block::Camellia256, sha384)
        }
        _ => return None,
    })
}

/// Suites with SHA-1, from TLS 1.0 on (RFC 5246 appendix A.5, RFC 4279, 4492, 4785, 5054, 5489, 5932).
fn old(number: u16) -> Option<Cipher> {
    let block = match number {
        0x0002 | 0x002c..=0x002e | 0xc001 | 0xc006 | 0xc00b | 0xc010 | 0xc015 | 0xc039 => {
            Block::Null
        }
        0x000a
        | 0x000d
        | 0x0010
        | 0x0013
        | 0x0016
        | 0x001b
        | 0x008b
        | 0x008f
        | 0x0093
        | 0xc003
        | 0xc008
        | 0xc00d
        | 0xc012
        | 0xc017
        | 0xc01a..=0xc01c
        | 0xc034 => Block::TripleDes,
        0x002f..=0x0034
        | 0x008c
        | 0x0090
        | 0x0094
        | 0xc004
        | 0xc009
        | 0xc00e
        | 0xc013
        | 0xc018
        | 0xc01d..=0xc01f
        | 0xc035 => Block::Aes128,
        0x0035..=0x003a
        | 0x008d
        | 0x0091
        | 0x0095
        | 0xc005
        | 0xc00a
        | 0xc00f
        | 0xc014
        | 0xc019
        | 0xc020..=0xc022
        | 0xc036 => Block::Aes256,
        0x0041..=0x0046 => Block::Camellia128,
        0x0084..=0x0089 => Block::Camellia256,
        _ => return None,
    };
    let mac = hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY;
    Some(Cipher::Block { block, mac })
}
