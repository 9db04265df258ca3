//! What a story keeps of an event: who, when, in which frames, and the values that a script may quote. The frame itself is gone by then.

use std::hash::{Hash, Hasher};
use std::net::IpAddr;

use rustc_hash::FxHasher;
use smallvec::SmallVec;

use super::key::Key;
use crate::decode::{FieldDef, Value};
use crate::model::{EventDef, Osi, PacketId, Side, Timestamp};

/// How a step is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Evidence {
    /// Bytes in clear.
    Observed,
    /// Bytes, through keys.
    Decrypted,
    /// A log of the machine.
    Host,
    /// Shape, order or size.
    Inferred,
    /// No capture can show it.
    Hidden,
    /// It could have been seen and was not.
    Absent,
}

/// A value that was decoded, kept beyond its frame.
#[derive(Clone, Debug, PartialEq)]
pub enum Datum {
    /// A number, a flag, an address, or nothing.
    Plain(Value),
    /// Text, or bytes as `aa:bb`.
    Text(Box<str>),
}

/// A field's value.
#[derive(Clone, Debug)]
pub struct Captured {
    /// The field.
    pub def: &'static FieldDef,
    kept: Kept,
}

/// There are very many values: what few of them have lies elsewhere.
#[derive(Clone, Debug)]
enum Kept {
    Open(Datum),
    /// With the secret part of its text, from and to in bytes.
    Secret(Box<(Datum, (u32, u32))>),
}

/// A long body, known by its frames only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Body {
    /// First frame.
    pub first: PacketId,
    /// Last frame.
    pub last: PacketId,
    /// When the last came.
    pub until: Timestamp,
    /// How many frames.
    pub count: u64,
    /// How many bytes.
    pub bytes: u64,
}

/// Frames. Nearly always there is one, for which no memory of its own is asked.
pub type Packets = SmallVec<[PacketId; 2]>;

/// An event, as stories need it.
#[derive(Clone, Debug)]
pub struct Moment {
    /// What happened.
    pub def: &'static EventDef,
    /// The conversation it is about.
    pub flow: Option<u32>,
    /// Which side acted.
    pub from: Option<Side>,
    /// Who sent it.
    pub src: Option<IpAddr>,
    /// To whom.
    pub dst: Option<IpAddr>,
    /// Sent to a group or to everyone on the link.
    pub to_all: bool,
    /// The frames that carry it, in order.
    pub packets: Packets,
    /// How many events it stands for.
    pub count: u32,
    /// When it began.
    pub time: Timestamp,
    /// When it was complete.
    pub until: Timestamp,
    /// How it is known.
    pub evidence: Evidence,
    /// Values that scripts may quote, in wire order.
    pub values: Box<[Captured]>,
    /// The OSI layer of the protocol that raised it.
    pub osi: u8,
    /// The OSI layers its frame passes through: bit n for layer n.
    pub layers: u8,
    /// The key of the protocol that raised it, or the first part of the event's id.
    pub protocol: &'static str,
    /// An earlier frame that it is about.
    pub about: Option<PacketId>,
    /// The body that followed it.
    pub body: Option<Box<Body>>,
}

impl Moment {
    /// The values of a field, in wire order.
    pub fn all<'a>(&'a self, key: &'a str) -> impl Iterator<Item = &'a Captured> {
        self.values.iter().filter(move |c| c.def.key == key)
    }

    /// The values of a field, in wire order.
    pub fn of<'a>(&'a self, key: &'a Key) -> impl Iterator<Item = &'a Captured> {
        self.values.iter().filter(move |c| key.is_of(c.def))
    }

    /// The first value of a field and all that follow it, of this field and of others.
    #[must_use]
    pub fn from_first(&self, key: &Key) -> &[Captured] {
        let at = self.values.iter().position(|c| key.is_of(c.def));
        at.and_then(|at| self.values.get(at..)).unwrap_or_default()
    }

    /// The first value of a field.
    #[must_use]
    pub fn value(&self, key: &str) -> Option<&Captured> {
        self.values.iter().find(|c| c.def.key == key)
    }

    /// The first value of a field, when it is a number or a flag.
    #[must_use]
    pub fn number(&self, key: &str) -> Option<u64> {
        self.value(key)?.number()
    }

    /// The first value of a field, when it is text.
    #[must_use]
    pub fn text(&self, key: &str) -> Option<&str> {
        self.value(key)?.text()
    }

    /// The first value of a field, when it is an IP address.
    #[must_use]
    pub fn address(&self, key: &str) -> Option<IpAddr> {
        self.value(key)?.address()
    }

    /// The first frame.
    #[must_use]
    pub fn first(&self) -> PacketId {
        self.packets.first().copied().unwrap_or_default()
    }

    /// The last frame.
    #[must_use]
    pub fn last(&self) -> PacketId {
        self.packets.last().copied().unwrap_or_default()
    }

    /// Adds another event of the same kind; frames are listed up to `packets_max`.
    pub(super) fn take_in(&mut self, other: Self, packets_max: usize) {
        self.count += other.count;
        self.until = self.until.max(other.until);
        if self.packets.len() < packets_max {
            self.packets.extend(other.packets);
        }
    }

    /// True when this is the event of that id.
    #[must_use]
    pub fn is(&self, id: &str) -> bool {
        self.def.id == id
    }
}

impl Captured {
    /// A field's value, and the part of its text that is secret, from and to in bytes.
    #[must_use]
    pub fn new(def: &'static FieldDef, datum: Datum, secret: Option<(u32, u32)>) -> Self {
        let kept = match secret {
            Some(part) => Kept::Secret(Box::new((datum, part))),
            None => Kept::Open(datum),
        };
        Self { def, kept }
    }

    /// Its value.
    #[must_use]
    pub fn datum(&self) -> &Datum {
        match &self.kept {
            Kept::Open(datum) => datum,
            Kept::Secret(secret) => &secret.0,
        }
    }

    /// The secret part of its text; the view masks it.
    #[must_use]
    pub fn secret(&self) -> Option<(u32, u32)> {
        match &self.kept {
            Kept::Open(_) => None,
            Kept::Secret(secret) => Some(secret.1),
        }
    }

    /// As a number; flags count as 0 and 1.
    #[must_use]
    pub fn number(&self) -> Option<u64> {
        match *self.datum() {
            Datum::Plain(Value::Num(n)) => Some(n),
            Datum::Plain(Value::Int(n)) => u64::try_from(n).ok(),
            Datum::Plain(Value::Bool(b)) => Some(u64::from(b)),
            _ => None,
        }
    }

    /// As text.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        match self.datum() {
            Datum::Text(text) => Some(text),
            Datum::Plain(_) => None,
        }
    }

    /// As an IP address.
    #[must_use]
    pub fn address(&self) -> Option<IpAddr> {
        match *self.datum() {
            Datum::Plain(Value::Ip4(octets)) => Some(IpAddr::from(octets)),
            Datum::Plain(Value::Ip6(octets)) => Some(IpAddr::from(octets)),
            _ => None,
        }
    }

    /// True when two values are the same.
    #[must_use]
    pub fn equals(&self, other: &Self) -> bool {
        match (self.number(), other.number()) {
            (Some(a), Some(b)) => a == b,
            _ => self.datum() == other.datum(),
        }
    }
}

/// A number that differs where values do.
pub(super) fn fingerprint<'a>(values: impl Iterator<Item = &'a Captured>) -> u64 {
    let mut hasher = FxHasher::default();
    for value in values {
        std::ptr::from_ref(value.def).hash(&mut hasher);
        format!("{:?}", value.datum()).hash(&mut hasher);
    }
    hasher.finish()
}

/// The layer of events that no layer of the frame raised.
pub(super) fn osi_of(protocol: &str) -> Osi {
    match protocol {
        "tcp" | "udp" => Osi::Transport,
        "arp" | "stp" => Osi::Link,
        "ip" | "icmp" | "icmpv6" | "ndp" | "igmp" | "mld" | "traceroute" => Osi::Network,
        "tls" => Osi::Presentation,
        _ => Osi::Application,
    }
}
