//! The door to decryption: decoders hand over sealed bytes, whoever holds the keys hands back clear ones.

use crate::model::Side;

/// A version of TLS, as negotiated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum TlsVersion {
    /// SSL 3.0 (prohibited by RFC 7568).
    Ssl30,
    /// TLS 1.0.
    Tls10,
    /// TLS 1.1.
    Tls11,
    /// TLS 1.2.
    Tls12,
    /// TLS 1.3.
    Tls13,
}

/// Which of a side's successive keys sealed a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Epoch {
    /// TLS 1.3: early data (0-RTT).
    Early,
    /// TLS 1.3: the handshake's keys, until Finished.
    Handshake,
    /// Application data; the number counts TLS 1.3 key updates. For TLS 1.2 always 0.
    Application(u32),
}

/// A sealed TLS record, and what is needed to find its key.
#[derive(Clone, Copy, Debug)]
pub struct Sealed<'a> {
    /// The negotiated version.
    pub version: TlsVersion,
    /// The negotiated cipher suite.
    pub suite: u16,
    /// The client's random, under which key logs file their secrets (RFC 9850).
    pub client_random: &'a [u8; 32],
    /// The server's random.
    pub server_random: &'a [u8; 32],
    /// Who sealed it.
    pub from: Side,
    /// With which key.
    pub epoch: Epoch,
    /// The record's number under that key.
    pub sequence: u64,
    /// The five bytes of the record header.
    pub header: [u8; 5],
    /// The record's body.
    pub body: &'a [u8],
    /// TLS 1.2 and older: encrypt-then-MAC was negotiated (RFC 7366).
    pub encrypt_then_mac: bool,
}

/// Why a record stays sealed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unopened {
    /// No key for this connection is known.
    NoKey,
    /// The cipher is not one that can be opened.
    Cipher,
    /// A key is known, and it does not fit: wrong key, or damaged bytes.
    Failed,
}

/// Opens what is sealed. Implemented by the room that holds the secrets.
pub trait Opener {
    /// Appends the clear bytes to `out` and returns the record's content type. In TLS 1.3 they are the content, its
    /// type and the padding, as sealed (RFC 9846 section 5.2).
    ///
    /// # Errors
    /// [`Unopened`], with `out` as it was.
    fn open(&mut self, sealed: &Sealed<'_>, out: &mut Vec<u8>) -> Result<u8, Unopened>;
}
