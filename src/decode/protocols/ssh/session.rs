//! What an SSH conversation remembers, and where its next message ends.

use std::any::Any;

use memchr::memchr;

use crate::decode::{Ask, Extent, Fact, FactValue, Guess};
use crate::model::Side;

use super::names::{clear_length_tag, mac};
use super::negotiate::{Agreed, Offer};

/// Longest packet that is believed, as in OpenSSH; RFC 4253 section 6.1 asks for 35000 bytes at least.
pub(super) const PACKET_MAX: usize = 256 * 1024;

/// Longest line before and with the identification; RFC 4253 section 4.2 allows 255 bytes for the identification.
const LINE_MAX: usize = 8 * 1024;

/// The memory of a conversation.
#[derive(Debug, Default)]
pub(super) struct Session {
    client: Half,
    server: Half,
    /// What both KEXINITs decide.
    pub agreed: Option<Agreed>,
    /// Both sides offer strict key exchange.
    pub strict: Option<bool>,
    /// A message that only a group exchange has was seen.
    pub asks_group: bool,
    /// The host key's SHA-256 fingerprint.
    pub fingerprint: Option<String>,
}

/// The memory of one direction.
#[derive(Debug, Default)]
pub(super) struct Half {
    pub phase: Phase,
    /// The identification line.
    pub version: Option<String>,
    /// What its KEXINIT offers.
    pub offer: Option<Offer>,
    /// The next packet belongs to a guess (`first_kex_packet_follows`).
    pub guesses: bool,
    /// The event of its sealed packets was raised.
    pub told: bool,
}

/// What a direction sends at the moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Phase {
    /// Lines of text, up to the identification.
    #[default]
    Lines,
    /// Packets in clear with this many bytes of MAC behind them (0 before NEWKEYS).
    Clear { mac: usize },
    /// Sealed packets whose length can be read, with this many bytes behind them.
    Sealed { tag: usize },
    /// Sealed bytes without visible boundaries.
    Opaque,
    /// Nothing that can be understood.
    Lost,
}

impl Session {
    pub(super) const fn half(&self, side: Side) -> &Half {
        match side {
            Side::Client => &self.client,
            Side::Server => &self.server,
        }
    }

    pub(super) const fn half_mut(&mut self, side: Side) -> &mut Half {
        match side {
            Side::Client => &mut self.client,
            Side::Server => &mut self.server,
        }
    }

    /// The name of the key exchange method of this side's next packet: the negotiated one,
    /// or the sender's favourite as long as only its own KEXINIT is known.
    pub(super) fn method_name(&self, side: Side) -> Option<String> {
        if let Some(agreed) = &self.agreed {
            return agreed.kex.clone();
        }
        let offer = self.half(side).offer.as_ref().filter(|o| o.follows)?;
        offer.first(0).map(str::to_owned)
    }

    /// What this side sends after its NEWKEYS.
    pub(super) fn sealing(&self, side: Side) -> Phase {
        let Some(agreed) = &self.agreed else {
            return Phase::Opaque;
        };
        let [cipher_cs, cipher_sc] = &agreed.cipher;
        let [mac_cs, mac_sc] = &agreed.mac;
        let (cipher, code) = match side {
            Side::Client => (cipher_cs, mac_cs),
            Side::Server => (cipher_sc, mac_sc),
        };
        let (Some(cipher), Some(code)) = (cipher, code) else {
            return Phase::Opaque;
        };
        if let Some(tag) = clear_length_tag(cipher) {
            return Phase::Sealed { tag };
        }
        match mac(code) {
            Some((mac, _)) if cipher == "none" => Phase::Clear { mac },
            Some((tag, true)) => Phase::Sealed { tag },
            _ => Phase::Opaque,
        }
    }
}

/// Do these first bytes look like SSH?
pub(super) fn guess(client: &[u8], server: &[u8]) -> Guess {
    if client.starts_with(b"SSH-") || server.starts_with(b"SSH-") {
        return Guess::Yes;
    }
    if memchr::memmem::find(server, b"\nSSH-").is_some() {
        return Guess::Yes;
    }
    if plausible_packet(client) || plausible_packet(server) {
        return Guess::Perhaps;
    }
    let may_grow = |bytes: &[u8]| bytes.len() < 4 && b"SSH-".starts_with(bytes);
    if may_grow(client) && may_grow(server) {
        return Guess::More;
    }
    Guess::No
}

/// Could a message begin here?
pub(super) fn resumes(bytes: &[u8]) -> bool {
    bytes.starts_with(b"SSH-") || plausible_packet(bytes)
}

/// A clear packet of the key exchange begins with its length, which fills blocks of 8, its padding and its number.
fn plausible_packet(bytes: &[u8]) -> bool {
    let Some((length, rest)) = bytes.split_first_chunk::<4>() else {
        return false;
    };
    let length = u32::from_be_bytes(*length);
    let [padding, code, ..] = rest else {
        return false;
    };
    (12..=PACKET_MAX as u32).contains(&length)
        && length % 8 == 4
        && *padding >= 4
        && u32::from(*padding) < length
        && matches!(code, 1..=4 | 20 | 21 | 30..=34)
}

/// Where the next message of a side ends.
pub(super) fn extent(memory: &mut dyn Any, ask: Ask<'_>) -> Extent {
    let Some(session) = memory.downcast_mut::<Session>() else {
        return Extent::Done;
    };
    let half = session.half_mut(ask.side);
    if ask.lost > 0 {
        half.phase = after_gap(half.phase, ask.bytes);
    }
    if half.phase == Phase::Lines && plausible_packet(ask.bytes) {
        // The capture begins behind the identification lines.
        half.phase = Phase::Clear { mac: 0 };
    }
    if ask.bytes.is_empty() && !(ask.ended && half.told) {
        return Extent::More;
    }
    match half.phase {
        Phase::Lines => line(ask),
        Phase::Clear { mac } => packet(half, ask, mac),
        Phase::Sealed { .. } | Phase::Opaque if half.told && !ask.detail => Extent::Body {
            len: ask.bytes.len(),
            last: ask.ended,
        },
        Phase::Sealed { tag } => packet(half, ask, tag),
        Phase::Opaque => segment(ask),
        Phase::Lost => Extent::Done,
    }
}

/// Passes over sealed packets, once they were told.
pub(super) fn pass(memory: &mut dyn Any, side: Side, max: u64) -> u64 {
    let half = memory.downcast_ref::<Session>().map(|s| s.half(side));
    match half {
        Some(half) if half.told && sealed(half.phase) => max,
        _ => 0,
    }
}

/// Behind missing bytes a clear packet shows itself; where sealed ones begin can no longer be told.
fn after_gap(phase: Phase, bytes: &[u8]) -> Phase {
    match phase {
        Phase::Sealed { .. } | Phase::Opaque => Phase::Opaque,
        Phase::Lines | Phase::Clear { mac: 0 } if plausible_packet(bytes) => {
            Phase::Clear { mac: 0 }
        }
        Phase::Lines if bytes.starts_with(b"SSH-") => Phase::Lines,
        _ => Phase::Lost,
    }
}

const fn sealed(phase: Phase) -> bool {
    matches!(phase, Phase::Sealed { .. } | Phase::Opaque)
}

/// A line of text; only the server may send others before its identification (RFC 4253 section 4.2).
fn line(ask: Ask<'_>) -> Extent {
    let known = ask.bytes.get(..4).unwrap_or(ask.bytes);
    let identifies = b"SSH-".starts_with(known);
    let text = |b: &u8| *b >= b' ' || matches!(b, b'\t' | b'\r' | b'\n');
    let head = ask.bytes.get(..LINE_MAX).unwrap_or(ask.bytes);
    let end = memchr(b'\n', head);
    let line = end.and_then(|end| head.get(..end)).unwrap_or(head);
    if !(identifies || ask.side == Side::Server && line.iter().all(text)) {
        return Extent::Done;
    }
    match end {
        Some(end) => whole(end.saturating_add(1)),
        None if head.len() == LINE_MAX => Extent::Done,
        None if ask.ended => whole(head.len()),
        None => Extent::More,
    }
}

/// A packet whose length can be read, with `behind` bytes after it.
fn packet(half: &mut Half, ask: Ask<'_>, behind: usize) -> Extent {
    let have = ask.bytes.len();
    let Some((length, _)) = ask.bytes.split_first_chunk::<4>() else {
        return if ask.ended && have > 0 {
            whole(have)
        } else {
            Extent::More
        };
    };
    let length = u32::from_be_bytes(*length) as usize;
    if !(2..=PACKET_MAX).contains(&length) {
        // Bytes are missing before these, or it is no SSH: nothing behind can be understood.
        half.phase = Phase::Lost;
        return Extent::Done;
    }
    let len = length.saturating_add(behind).saturating_add(4);
    if len <= have {
        return message(len, half, ask);
    }
    if ask.ended {
        return message(have, half, ask);
    }
    Extent::More
}

/// Sealed bytes without boundaries: what there is, at once.
fn segment(ask: Ask<'_>) -> Extent {
    match ask.bytes.len() {
        0 => Extent::More,
        len => Extent::Message {
            len,
            body: !ask.detail,
        },
    }
}

fn message(len: usize, half: &Half, ask: Ask<'_>) -> Extent {
    let body = sealed(half.phase) && !ask.detail;
    Extent::Message { len, body }
}

const fn whole(len: usize) -> Extent {
    Extent::Message { len, body: false }
}

/// What the contract says of a conversation's `ssh`.
pub(super) fn facts(memory: &dyn Any) -> Vec<Fact> {
    let Some(session) = memory.downcast_ref::<Session>() else {
        return Vec::new();
    };
    let mut facts = Vec::new();
    let mut add = |name, value| {
        if let Some(value) = value {
            facts.push(Fact {
                protocol: "ssh",
                name,
                value,
            });
        }
    };
    let text = |value: Option<String>| value.map(FactValue::Text);
    add("client_version", text(session.client.version.clone()));
    add("server_version", text(session.server.version.clone()));
    if let Some(agreed) = &session.agreed {
        add("kex", text(agreed.kex.clone()));
        add("host_key_algorithm", text(agreed.host_key.clone()));
        add("cipher", text(both(&agreed.cipher)));
        add("mac", text(both(&agreed.mac)));
    }
    add("host_key_sha256", text(session.fingerprint.clone()));
    add("strict_kex", session.strict.map(FactValue::Flag));
    facts
}

/// One name when both directions use the same.
fn both([there, back]: &[Option<String>; 2]) -> Option<String> {
    match (there, back) {
        (Some(there), Some(back)) if there == back => Some(there.clone()),
        (Some(there), Some(back)) => Some(format!("{there} / {back}")),
        (one, other) => one.clone().or_else(|| other.clone()),
    }
}
