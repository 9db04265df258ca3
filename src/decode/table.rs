//! What a protocol is, how it claims bytes, and the look-up from a number to the protocol that claims it.

use std::any::Any;
use std::sync::LazyLock;

use rustc_hash::FxHashMap;

use crate::model::{EventDef, Osi, Side};

use super::protocols::{BY_BYTES, DATA, TABLE};
use super::{Cursor, Fault, FieldDef};

/// A protocol: everything about it, in its own file.
#[derive(Debug)]
pub struct Protocol {
    /// The key that its fields begin with.
    pub key: &'static str,
    /// Its full name.
    pub name: &'static str,
    /// Its layer.
    pub osi: Osi,
    /// Where it is specified.
    pub spec: &'static str,
    /// What says that bytes are this protocol.
    pub claims: &'static [Claim],
    /// All fields it can record.
    pub fields: &'static [&'static FieldDef],
    /// All events it can raise.
    pub events: &'static [&'static EventDef],
    /// Reads its header, or one message.
    pub decode: fn(&mut Cursor<'_, '_>) -> Result<(), Fault>,
    /// Set for protocols of a byte stream.
    pub talk: Option<&'static Talk>,
}

/// What names a protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Claim {
    /// A link type of the LINKTYPE registry.
    Link(u32),
    /// An EtherType.
    EtherType(u16),
    /// An LLC service access point.
    Llc(u8),
    /// A PPP protocol number.
    Ppp(u16),
    /// An IP protocol number.
    IpProto(u8),
    /// A UDP port of either side.
    UdpPort(u16),
    /// A TCP port of the server: a hint, the bytes decide.
    TcpPort(u16),
    /// A protocol negotiated by ALPN (RFC 7301).
    Alpn(&'static str),
    /// A media type.
    Media(&'static str),
    /// The protocol that a specification names outright, by this key.
    Named(&'static str),
    /// Link-layer padding behind the packet.
    Padding,
}

/// What a layer says about the bytes it names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// A link type.
    Link(u32),
    /// An EtherType.
    EtherType(u16),
    /// An LLC service access point.
    Llc(u8),
    /// A PPP protocol number.
    Ppp(u16),
    /// An IP protocol number.
    IpProto(u8),
    /// UDP payload between these ports (source, destination).
    Udp(u16, u16),
    /// Bytes of a stream whose server listens on this port.
    TcpPort(u16),
    /// What ALPN negotiated.
    Alpn(&'static str),
    /// A media type.
    Media(&'static str),
    /// The protocol that the layer's specification names outright, by this key.
    Named(&'static str),
    /// Link-layer padding.
    Padding,
    /// Nothing is known about them.
    Data,
}

/// A conversation protocol's view of its byte stream.
#[derive(Debug)]
pub struct Talk {
    /// Fresh memory for a conversation.
    pub begin: fn() -> Box<dyn Any + Send>,
    /// Do these first bytes of the two sides (client, server) look like this protocol?
    pub guess: fn(&[u8], &[u8]) -> Guess,
    /// Where the next message of a side ends.
    pub extent: fn(&mut dyn Any, Ask<'_>) -> Extent,
    /// Could a message begin with these bytes? Asked after a gap, or when the capture begins in the middle.
    pub resumes: fn(&[u8]) -> bool,
    /// Passes over bytes of a side's body but its last, up to so many, and returns how many: nobody asks about them, so they
    /// need not even be put in order.
    pub pass: fn(&mut dyn Any, Side, u64) -> u64,
    /// What is known of the conversation as a whole, by the names of the contract (`version`, `cipher_suite`, ...).
    pub facts: fn(&dyn Any) -> Vec<Fact>,
}

/// Something known of a conversation as a whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fact {
    /// The protocol that knows it.
    pub protocol: &'static str,
    /// Its name in the contract.
    pub name: &'static str,
    /// Its value.
    pub value: FactValue,
}

/// The value of a [`Fact`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FactValue {
    /// A name or an identifier.
    Text(String),
    /// Yes or no.
    Flag(bool),
}

/// What a protocol says of the first bytes of a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Guess {
    /// Not this protocol.
    No,
    /// Could be; the port decides.
    Perhaps,
    /// Too few bytes to tell.
    More,
    /// This protocol.
    Yes,
}

/// The bytes that wait in one direction of a stream.
#[derive(Clone, Copy, Debug)]
pub struct Ask<'a> {
    /// Who sent them.
    pub side: Side,
    /// The bytes from the end of the last message on.
    pub bytes: &'a [u8],
    /// No more will come in this direction.
    pub ended: bool,
    /// Bytes of this direction that are missing right before these: 0, but for the first question after a gap.
    pub lost: u64,
    /// Every message is wanted in detail; otherwise bodies may be skipped and sealed records only counted.
    pub detail: bool,
}

/// Where the next message ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// More bytes are needed to tell.
    More,
    /// The next message, or its head when a `body` follows.
    Message {
        /// Its length in bytes, at least 1.
        len: usize,
        /// True when bytes of its body follow, told by [`Extent::Body`].
        body: bool,
    },
    /// The next bytes belong to the body of the last message.
    Body {
        /// How many, at most those that wait; 0 only together with `last`.
        len: usize,
        /// True when the body ends with them.
        last: bool,
    },
    /// From here on this direction has nothing more to tell (or is another protocol): its bytes are data.
    Done,
    /// Another protocol begins here (an upgrade): the rest of both directions is read by it.
    Becomes(Next),
}

struct Index {
    claims: FxHashMap<Claim, &'static Protocol>,
    keys: FxHashMap<&'static str, &'static Protocol>,
}

static INDEX: LazyLock<Index> = LazyLock::new(|| Index {
    claims: TABLE
        .iter()
        .flat_map(|&p| p.claims.iter().map(move |&c| (c, p)))
        .collect(),
    keys: TABLE.iter().rev().map(|&p| (p.key, p)).collect(),
});

/// All protocols, in the order of the table.
#[must_use]
pub fn protocols() -> &'static [&'static Protocol] {
    TABLE
}

/// The protocol of this key.
#[must_use]
pub fn protocol_by_key(key: &str) -> Option<&'static Protocol> {
    INDEX.keys.get(key).copied()
}

/// The protocol that a TCP port usually carries, where the one that is spoken there is another: a port is only a convention.
#[must_use]
pub fn usual(port: u16, spoken: &str) -> Option<&'static Protocol> {
    let usual = INDEX.claims.get(&Claim::TcpPort(port)).copied()?;
    let spoken = protocol_by_key(spoken)?;
    // Several may share a port, and a later version has its name from the one before.
    let shared = spoken.claims.contains(&Claim::TcpPort(port)) || spoken.key.starts_with(usual.key);
    (spoken.talk.is_some() && !shared).then_some(usual)
}

/// The protocol that a datagram shows itself to be.
fn by_bytes(bytes: &[u8]) -> Option<&'static &'static Protocol> {
    let found = BY_BYTES.iter().find(|(is, _)| is(bytes));
    found.map(|(_, protocol)| protocol)
}

/// The protocol that claims bytes so named; `DATA` when nobody does.
#[must_use]
pub fn claimed(next: Next, bytes: &[u8]) -> Option<&'static Protocol> {
    let claims = &INDEX.claims;
    let found = match next {
        Next::Link(n) => claims.get(&Claim::Link(n)),
        Next::EtherType(n) => claims.get(&Claim::EtherType(n)),
        Next::Llc(n) => claims.get(&Claim::Llc(n)),
        Next::Ppp(n) => claims.get(&Claim::Ppp(n)),
        Next::IpProto(n) => claims.get(&Claim::IpProto(n)),
        Next::Udp(src, dst) => {
            let (low, high) = (src.min(dst), src.max(dst));
            claims
                .get(&Claim::UdpPort(low))
                .or_else(|| claims.get(&Claim::UdpPort(high)))
                .or_else(|| by_bytes(bytes))
        }
        Next::TcpPort(n) => claims.get(&Claim::TcpPort(n)),
        Next::Alpn(name) => claims.get(&Claim::Alpn(name)),
        Next::Media(name) => claims.get(&Claim::Media(name)),
        Next::Named(key) => claims.get(&Claim::Named(key)),
        Next::Padding => claims.get(&Claim::Padding),
        Next::Data => None,
    };
    found
        .copied()
        .or(if bytes.is_empty() { None } else { Some(&DATA) })
}
