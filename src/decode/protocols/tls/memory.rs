//! What a TLS conversation remembers between records: what was negotiated, and where each side stands with its keys.

use crate::decode::{Epoch, Fact, FactValue, TlsVersion, Unopened};
use crate::model::{Piece, Side};

use super::names;

/// The memory of one conversation.
#[derive(Debug, Default)]
pub(super) struct TlsMemory {
    /// What the hello messages say; a renegotiation says it anew.
    pub hello: Hello,
    /// The server name that the client asked for.
    pub server_name: Option<String>,
    /// The protocol inside, as ALPN chose it.
    pub alpn: Option<String>,
    /// The key agreement's group.
    pub group: Option<u16>,
    /// Keys of an earlier session were used.
    pub resumed: bool,
    /// The server said all of a full handshake (TLS 1.2 and older).
    pub full: bool,
    /// At least one record was opened.
    pub opened: bool,
    sides: [SideMemory; 2],
}

/// What the two hello messages negotiate.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Hello {
    /// The client's random.
    pub client_random: [u8; 32],
    /// The server's random.
    pub server_random: [u8; 32],
    /// The negotiated version, once the server has said it.
    pub version: Option<TlsVersion>,
    /// The negotiated cipher suite.
    pub suite: Option<u16>,
    /// Encrypt-then-MAC was negotiated.
    pub encrypt_then_mac: bool,
}

/// Where one side stands.
#[derive(Debug, Default)]
pub(super) struct SideMemory {
    /// What this side's keys were made from; set while its records are sealed.
    pub keys: Option<Keys>,
    /// Why this side's records cannot be opened; they are then only counted.
    pub shut: Option<Unopened>,
    /// How many records in a row no key fitted.
    pub failures: u32,
    /// `tls.encrypted` was raised.
    pub told: bool,
    /// A handshake message whose end has not come yet.
    pub partial: Partial,
    /// Bytes still to come of a record that is only counted.
    pub counted: usize,
    /// A record of this side was read in clear: its conversation was seen from its beginning.
    pub began: bool,
}

/// The present key of one side.
#[derive(Clone, Copy, Debug)]
pub(super) struct Keys {
    /// The negotiation that the key was made from.
    pub hello: Hello,
    /// Which of the successive keys.
    pub epoch: Epoch,
    /// The number of the next record.
    pub sequence: u64,
}

/// The beginning of a handshake message.
#[derive(Debug, Default)]
pub(super) struct Partial {
    /// Its bytes so far.
    pub bytes: Vec<u8>,
    /// The captured bytes that they came from.
    pub pieces: Vec<Piece>,
}

impl TlsMemory {
    /// What is remembered of a side.
    pub(super) fn side(&mut self, side: Side) -> &mut SideMemory {
        let [client, server] = &mut self.sides;
        match side {
            Side::Client => client,
            Side::Server => server,
        }
    }

    /// From here on a side seals its records, with the first key of `epoch`.
    pub(super) fn seal(&mut self, side: Side, epoch: Epoch) {
        let hello = self.hello;
        let state = self.side(side);
        state.shut = None;
        state.failures = 0;
        state.keys = Some(Keys {
            hello,
            epoch,
            sequence: 0,
        });
    }

    /// A side has sent ChangeCipherSpec.
    pub(super) fn change_cipher_spec(&mut self, side: Side) {
        if self.is_13() {
            return;
        }
        let early = |keys: Keys| keys.epoch == Epoch::Early;
        if self.side(side).keys.is_some_and(early) {
            // TLS 1.3's dummy, ahead of early data: the server has not answered yet.
            return;
        }
        if side == Side::Server && self.hello.version.is_some() && !self.full {
            self.resumed = true;
        }
        self.seal(side, Epoch::Application(0));
    }

    /// A side has sent Finished: in TLS 1.3 it goes on with its application keys.
    pub(super) fn finished(&mut self, side: Side) {
        if self.is_13() {
            self.seal(side, Epoch::Application(0));
        }
    }

    /// A side has sent KeyUpdate: its next record has the next key.
    pub(super) fn key_update(&mut self, side: Side) {
        if let Some(Epoch::Application(n)) = self.side(side).keys.map(|keys| keys.epoch) {
            self.seal(side, Epoch::Application(n.saturating_add(1)));
        }
    }

    /// The client has sent its hello, with or without early data behind it.
    pub(super) fn client_hello(&mut self, early_data: bool) {
        if early_data {
            self.seal(Side::Client, Epoch::Early);
        } else if self
            .side(Side::Client)
            .keys
            .is_some_and(|keys| keys.epoch == Epoch::Early)
        {
            self.side(Side::Client).keys = None;
        }
    }

    /// The server has sent its hello: in TLS 1.3 both sides have handshake keys now.
    pub(super) fn server_hello(&mut self) {
        self.full = false;
        if !self.is_13() {
            return;
        }
        self.seal(Side::Server, Epoch::Handshake);
        let hello = self.hello;
        let client = self.side(Side::Client);
        match &mut client.keys {
            // Early data may still come, until EndOfEarlyData, or until a record fits the handshake key.
            Some(keys) if keys.epoch == Epoch::Early => {
                keys.hello = hello;
                client.shut = None;
            }
            _ => self.seal(Side::Client, Epoch::Handshake),
        }
    }

    /// True when the negotiated version is TLS 1.3.
    pub(super) fn is_13(&self) -> bool {
        self.hello.version == Some(TlsVersion::Tls13)
    }

    /// What is known of the conversation as a whole.
    pub(super) fn facts(&self) -> Vec<Fact> {
        let text = |name, value: &str| Fact {
            protocol: "tls",
            name,
            value: FactValue::Text(value.to_owned()),
        };
        let flag = |name, set| Fact {
            protocol: "tls",
            name,
            value: FactValue::Flag(set),
        };
        let mut facts = Vec::new();
        if let Some(version) = self.hello.version {
            facts.push(text("version", version_name(version)));
        }
        if let Some(suite) = self.hello.suite {
            facts.push(text("cipher_suite", &named(suite, names::suite)));
        }
        if let Some(group) = self.group {
            facts.push(text("group", &named(group, names::group)));
        }
        if let Some(name) = &self.server_name {
            facts.push(text("sni", name));
        }
        if let Some(alpn) = &self.alpn {
            facts.push(text("alpn", alpn));
        }
        facts.push(flag("resumed", self.resumed));
        facts.push(flag("decrypted", self.opened));
        facts
    }
}

fn version_name(version: TlsVersion) -> &'static str {
    match version {
        TlsVersion::Ssl30 => "SSL 3.0",
        TlsVersion::Tls10 => "TLS 1.0",
        TlsVersion::Tls11 => "TLS 1.1",
        TlsVersion::Tls12 => "TLS 1.2",
        TlsVersion::Tls13 => "TLS 1.3",
    }
}

fn named(number: u16, name: fn(u64) -> Option<&'static str>) -> String {
    name(number.into()).map_or_else(|| format!("0x{number:04x}"), str::to_owned)
}

/// The version that a number means; drafts of TLS 1.3 count as TLS 1.3.
pub(super) fn version_of(number: u16) -> Option<TlsVersion> {
    Some(match number {
        0x0300 => TlsVersion::Ssl30,
        0x0301 => TlsVersion::Tls10,
        0x0302 => TlsVersion::Tls11,
        0x0303 => TlsVersion::Tls12,
        0x0304 | 0x7f0e..=0x7f1c | 0xfb17 | 0xfb1a => TlsVersion::Tls13,
        _ => return None,
    })
}
