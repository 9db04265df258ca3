//! The key log that browsers and curl write when asked (RFC 9850, SSLKEYLOGFILE): `LABEL client_random secret`, a line each.

use std::collections::HashMap;
use std::fmt;

/// How many secrets are kept; a log may be of any size.
const SECRETS_MAX: usize = 1 << 20;
/// The longest secret: those of SHA-384 and TLS 1.2 have 48 bytes, SHA-512 would have 64.
const SECRET_MAX: usize = 64;

/// What a secret is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Label {
    /// TLS 1.2 and older: the master secret.
    Master,
    /// TLS 1.3: the client's early data.
    ClientEarly,
    /// TLS 1.3: the client's handshake messages.
    ClientHandshake,
    /// TLS 1.3: the server's handshake messages.
    ServerHandshake,
    /// TLS 1.3: the client's application data, before any key update.
    ClientTraffic,
    /// TLS 1.3: the server's application data, before any key update.
    ServerTraffic,
}

impl Label {
    fn parse(word: &[u8]) -> Option<Self> {
        Some(match word {
            b"CLIENT_RANDOM" => Self::Master,
            b"CLIENT_EARLY_TRAFFIC_SECRET" => Self::ClientEarly,
            b"CLIENT_HANDSHAKE_TRAFFIC_SECRET" => Self::ClientHandshake,
            b"SERVER_HANDSHAKE_TRAFFIC_SECRET" => Self::ServerHandshake,
            b"CLIENT_TRAFFIC_SECRET_0" => Self::ClientTraffic,
            b"SERVER_TRAFFIC_SECRET_0" => Self::ServerTraffic,
            _ => return None,
        })
    }
}

/// Secrets by what they are for and by the client's random of their connection.
#[derive(Default)]
pub struct KeyLog {
    secrets: HashMap<(Label, [u8; 32]), Vec<u8>>,
}

// Secrets do not belong in logs, not even by accident.
impl fmt::Debug for KeyLog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyLog({} secrets)", self.secrets.len())
    }
}

impl KeyLog {
    /// Adds the lines of a log; comments, labels for other purposes and damaged lines are skipped. Returns how many
    /// secrets were found.
    pub fn add(&mut self, text: &[u8]) -> usize {
        let mut found = 0;
        for line in text.split(|&b| b == b'\n' || b == b'\r') {
            if let Some((label, random, secret)) = parse(line)
                && self.secrets.len() < SECRETS_MAX
            {
                self.secrets.insert((label, random), secret);
                found += 1;
            }
        }
        found
    }

    /// True when it holds no secret.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.secrets.is_empty()
    }

    /// The secret for a purpose and a connection.
    pub(super) fn secret(&self, label: Label, client_random: &[u8; 32]) -> Option<&[u8]> {
        self.secrets
            .get(&(label, *client_random))
            .map(Vec::as_slice)
    }
}

fn parse(line: &[u8]) -> Option<(Label, [u8; 32], Vec<u8>)> {
    let mut words = line
        .split(u8::is_ascii_whitespace)
        .filter(|word| !word.is_empty());
    let label = Label::parse(words.next()?)?;
    let random = unhex(words.next()?, 32)?.try_into().ok()?;
    let secret = unhex(words.next()?, SECRET_MAX)?;
    (words.next().is_none() && !secret.is_empty()).then_some((label, random, secret))
}

fn unhex(text: &[u8], max: usize) -> Option<Vec<u8>> {
    if !text.len().is_multiple_of(2) || text.len() / 2 > max {
        return None;
    }
    let digit = |b: u8| char::from(b).to_digit(16).map(|d| d as u8);
    text.chunks_exact(2)
        .map(|pair| match *pair {
            [high, low] => Some(digit(high)? << 4 | digit(low)?),
            _ => None,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const RANDOM: &str = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";

    #[test]
    fn lines_are_found_among_junk() {
        let log = format!(
            "# comment\r\nCLIENT_RANDOM {RANDOM} a1B2\nEXPORTER_SECRET {RANDOM} 00\nCLIENT_RANDOM {RANDOM}\n\
             CLIENT_RANDOM 00 00\nSERVER_TRAFFIC_SECRET_0\t{RANDOM}  ff00 \n\u{1f600}\0\nSERVER_TRAFFIC_SECRET_0 {RANDOM} zz"
        );
        let mut keys = KeyLog::default();
        assert_eq!(keys.add(log.as_bytes()), 2);
        let random = std::array::from_fn(|i| i as u8);
        assert_eq!(keys.secret(Label::Master, &random), Some(&[0xa1, 0xb2][..]));
        assert_eq!(
            keys.secret(Label::ServerTraffic, &random),
            Some(&[0xff, 0][..])
        );
        assert_eq!(keys.secret(Label::ClientTraffic, &random), None);
        assert_eq!(format!("{keys:?}"), "KeyLog(2 secrets)");
    }

    #[test]
    fn what_is_too_long_is_no_secret() {
        let mut keys = KeyLog::default();
        let secret = "00".repeat(65);
        assert_eq!(
            keys.add(format!("CLIENT_RANDOM {RANDOM} {secret}").as_bytes()),
            0
        );
        assert!(keys.is_empty());
    }
}
