//! Secrets: what key logs say, and the opening of sealed bytes with it. Nothing here is ever shown.

mod keylog;
mod tls;

pub use keylog::KeyLog;

use crate::decode::{Opener, Sealed, Unopened};

/// All secrets that were given, and the keys made of them so far.
#[derive(Debug, Default)]
pub struct Secrets {
    log: KeyLog,
    keys: tls::KeyRing,
}

impl Secrets {
    /// No secrets.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds the lines of a key log (RFC 9850), from a file or from inside a capture. Lines that are none are skipped.
    /// Returns how many secrets were found.
    pub fn add_key_log(&mut self, text: &[u8]) -> usize {
        self.log.add(text)
    }

    /// True when no secret is known.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.log.is_empty()
    }
}

impl Opener for Secrets {
    fn open(&mut self, sealed: &Sealed<'_>, out: &mut Vec<u8>) -> Result<u8, Unopened> {
        let key = self.keys.key(&self.log, sealed)?;
        key.open(sealed, out)
    }
}
