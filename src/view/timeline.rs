//! The story as plain data: what `walk` shows, and the JSON of the contract. Every face draws this and nothing else.

use std::borrow::Cow;
use std::ops::Deref;
use std::sync::Arc;

use serde::{Serialize, Serializer};
use serde_json::value::{RawValue, to_raw_value};
use smallvec::SmallVec;

use super::captures::CaptureView;
use super::conversations::Conversation;
use super::frame::ValueView;
use super::names::NameView;

pub use super::rich::{Rich, Role, Slice, Text};

/// How much a step tells: the 30-second, the 2-minute and the 10-minute answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Depth {
    /// One sentence.
    #[default]
    Brief,
    /// And a paragraph.
    Normal,
    /// And everything: details, RFCs, who can see it, what an interviewer asks next.
    Deep,
}

/// How a step is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
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

/// How a journey ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// It got its answer.
    Ok,
    /// It did not.
    Failed,
    /// The capture ends first.
    Incomplete,
}

/// The version of the JSON form; it grows when a member changes its meaning.
pub const SCHEMA: u32 = 1;

/// Who wrote the JSON.
pub const GENERATOR: &str = concat!("wirewalk ", env!("CARGO_PKG_VERSION"));

/// Everything that `walk` tells of its captures.
#[derive(Clone, Debug, Serialize)]
pub struct Timeline {
    /// [`SCHEMA`].
    pub schema: u32,
    /// [`GENERATOR`].
    pub generator: &'static str,
    /// What was read.
    pub captures: Vec<CaptureView>,
    /// Who talked to whom.
    pub conversations: Vec<Conversation>,
    /// What happened.
    pub journeys: Vec<Journey>,
    /// What was not recognised.
    pub stray: Stray,
}

/// One line of `walk --format ndjson`: what the [`Timeline`] holds, as it becomes known.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "record", rename_all = "lowercase")]
pub enum Record {
    /// A conversation that ended.
    Conversation(Box<Conversation>),
    /// A journey that ended.
    Journey(Box<Journey>),
    /// A capture, when all of it is read.
    Capture(Box<CaptureView>),
    /// What was not recognised; the last record.
    Stray(Stray),
}

/// What was not recognised.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Stray {
    /// Frames in which nothing was recognised.
    pub frames: u64,
    /// Conversations in which nothing was.
    pub conversations: Vec<u32>,
}

/// One journey: a request from its first cause to its last packet.
#[derive(Clone, Debug, Serialize)]
pub struct Journey {
    /// Its number, from 1, by its first frame.
    pub id: u32,
    /// The script that tells it.
    pub story: &'static str,
    /// Its title.
    pub title: Rich,
    /// How it ended.
    pub outcome: Outcome,
    /// What shows that, one sentence.
    pub verdict: Rich,
    /// Its first frame, in nanoseconds since the capture's first.
    pub start_ns: i64,
    /// From its first frame to its last, in nanoseconds.
    pub duration_ns: i64,
    /// The conversations that are part of it.
    pub conversations: Vec<u32>,
    /// Its first frame.
    #[serde(skip)]
    pub first: u64,
    /// How many frames those have.
    #[serde(skip)]
    pub frames: u64,
    /// Who takes part.
    pub actors: Vec<Actor>,
    /// The chapters that have steps, in order.
    pub chapters: Vec<Chapter>,
    /// Where the time went.
    pub phases: Vec<Phase>,
    /// How many steps are known in which way.
    pub coverage: Coverage,
    /// The steps, in the order they are told.
    pub steps: Vec<Entry>,
}

/// Who takes part.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Actor {
    /// `client`, `server`, `resolver`, `router`, `everyone`.
    pub role: &'static str,
    /// Its IP address.
    pub ip: Option<String>,
    /// The MAC address that the frames show for it (of the next hop, when it is not on the link).
    pub mac: Option<String>,
    /// The name that was asked for.
    pub name: Option<String>,
    /// Names that were claimed of its address up to the journey's last frame: the one that was asked for, then the latest.
    /// Records have them from depth `normal` on.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub names: Vec<NameView>,
    /// The vendor that the block of its MAC address is registered to; not at depth `brief`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vendor: Option<&'static str>,
    /// What its MAC address is where no vendor is meant by it; not at depth `brief`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mac_kind: Option<&'static str>,
}

/// A chapter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Chapter {
    /// Its id.
    pub id: &'static str,
    /// Its title.
    pub title: &'static str,
    /// The OSI layer it is mostly about.
    pub osi: u8,
}

/// A stretch of time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Phase {
    /// `link name connect secure request wait transfer close`.
    pub name: &'static str,
    /// Its beginning, in nanoseconds since the capture's first frame.
    pub start_ns: i64,
    /// Its length in nanoseconds.
    pub duration_ns: i64,
}

/// Steps by evidence.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Coverage {
    /// Bytes in clear.
    pub observed: u32,
    /// Bytes, through keys.
    pub decrypted: u32,
    /// From logs.
    pub host: u32,
    /// From shapes.
    pub inferred: u32,
    /// Not in any capture.
    pub hidden: u32,
    /// Not in this capture.
    pub absent: u32,
}

/// A step in a journey.
#[derive(Clone, Debug)]
pub enum Entry {
    /// It is told of this journey.
    Own(Box<Step>),
    /// It is told in the same words of many journeys.
    Stock(Arc<Stock>),
}

impl Deref for Entry {
    type Target = Step;

    fn deref(&self) -> &Step {
        match self {
            Self::Own(step) => step,
            Self::Stock(stock) => &stock.step,
        }
    }
}

impl From<Step> for Entry {
    fn from(step: Step) -> Self {
        Self::Own(Box::new(step))
    }
}

impl Serialize for Entry {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Own(step) => step.serialize(serializer),
            Self::Stock(stock) => stock.json.serialize(serializer),
        }
    }
}

/// A step that is made once, and its JSON.
#[derive(Debug)]
pub struct Stock {
    step: Step,
    json: Box<RawValue>,
}

impl Stock {
    /// Keeps a step for further journeys; gives it back if it has no JSON.
    pub(super) fn new(step: Step) -> Result<Self, Box<Step>> {
        match to_raw_value(&step) {
            Ok(json) => Ok(Self { step, json }),
            Err(_) => Err(Box::new(step)),
        }
    }
}

/// One step of the story.
#[derive(Clone, Debug, Serialize)]
pub struct Step {
    /// Its id, `protocol.event`.
    pub id: &'static str,
    /// Its chapter's id.
    pub chapter: &'static str,
    /// Which connection of the journey, from 1.
    pub leg: u32,
    /// Which round of a loop, from 1.
    pub round: u32,
    /// A few words.
    pub title: Rich,
    /// What the chosen depth tells.
    #[serde(rename = "text")]
    pub words: Words,
    /// How it is known.
    pub evidence: Evidence,
    /// Why it is inferred, hidden or absent.
    pub because: Option<Rich>,
    /// The OSI layer it happens at.
    pub osi: u8,
    /// The layers its frames pass through, lit in the timeline: bit n for layer n.
    #[serde(skip)]
    pub layers: u8,
    /// The key of its protocol; see [`Self::protocol_name`].
    #[serde(skip)]
    pub protocol: &'static str,
    /// The frames that carry it.
    pub frames: SmallVec<[u64; 2]>,
    /// How many events it stands for.
    pub count: u32,
    /// When, in nanoseconds since the capture's first frame; null when no frame shows it.
    pub time_ns: Option<i64>,
    /// How long until its answer.
    pub duration_ns: Option<i64>,
    /// Who acts.
    pub from: Option<Text>,
    /// On whom.
    pub to: Option<Text>,
    /// Values it quotes.
    pub fields: Fields,
    /// Sections of RFCs.
    pub refs: Cow<'static, [String]>,
    /// What an interviewer asks next, with answers.
    #[serde(skip)]
    pub ask: Vec<(Rich, Rich)>,
    /// Who can see it.
    #[serde(skip)]
    pub sees: Rich,
    /// Fields to look at, by key.
    #[serde(skip)]
    pub look: Cow<'static, [String]>,
    /// The body that followed the message.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body: Option<Body>,
    /// Lines of the machine's logs that show it.
    pub host: Vec<HostLine>,
}

impl Step {
    /// The protocol's short name as people write it (`DNS`, `TLS`), or empty.
    #[must_use]
    pub fn protocol_name(&self) -> Text {
        match self.protocol {
            "host" | "net" | "server" | "client" => Text::default(),
            "traceroute" => "ICMP".into(),
            key => short_name(key),
        }
    }

    /// True when its frames pass through a layer.
    #[must_use]
    pub const fn passes(&self, osi: u8) -> bool {
        (self.layers >> (osi & 7)) & 1 == 1
    }
}

/// A protocol's short name as people write it, by its key.
#[must_use]
pub fn short_name(key: &str) -> Text {
    match key {
        "http2" => "HTTP/2".into(),
        "http3" => "HTTP/3".into(),
        "icmpv6" => "ICMPv6".into(),
        "ipv6" => "IPv6".into(),
        "dhcpv6" => "DHCPv6".into(),
        "mdns" => "mDNS".into(),
        key => key.to_ascii_uppercase().into(),
    }
}

/// What a step says; serializes as one text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Words {
    text: Rich,
    /// From where to where each of its three parts goes, in bytes.
    parts: [(u32, u32); 3],
}

impl Words {
    /// One sentence; what explains it is added behind.
    #[must_use]
    pub fn new(say: Rich) -> Self {
        let end = say.text().len() as u32;
        Self {
            text: say,
            parts: [(0, end), (end, end), (end, end)],
        }
    }

    /// Adds the two-minute explanation, for depth `normal` and `deep`, with a function that writes it behind the sentence.
    #[must_use]
    pub fn explain(self, write: impl FnOnce(&mut Rich)) -> Self {
        self.add(1, write)
    }

    /// Adds the ten-minute explanation, for depth `deep`, in the same way.
    #[must_use]
    pub fn deepen(self, write: impl FnOnce(&mut Rich)) -> Self {
        self.add(2, write)
    }

    fn add(mut self, part: usize, write: impl FnOnce(&mut Rich)) -> Self {
        let before = self.text.text().len();
        if before > 0 {
            self.text.say(" ");
        }
        let from = self.text.text().len();
        write(&mut self.text);
        let to = self.text.text().len();
        if to == from {
            self.text.cut(before);
        } else if let Some(part) = self.parts.get_mut(part) {
            *part = (from as u32, to as u32);
        }
        self
    }

    /// One sentence.
    #[must_use]
    pub fn say(&self) -> Slice<'_> {
        self.part(0)
    }

    /// The two-minute explanation.
    #[must_use]
    pub fn more(&self) -> Slice<'_> {
        self.part(1)
    }

    /// The ten-minute explanation.
    #[must_use]
    pub fn deep(&self) -> Slice<'_> {
        self.part(2)
    }

    fn part(&self, part: usize) -> Slice<'_> {
        let (from, to) = self.parts.get(part).copied().unwrap_or_default();
        self.text.slice(from as usize, to as usize)
    }

    /// All of it, as plain text.
    #[must_use]
    pub fn text(&self) -> &str {
        self.text.text()
    }
}

impl Serialize for Words {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.text())
    }
}

/// Values by Wireshark's key, in the order of the keys; several of a key are a list.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Fields(Vec<(&'static str, Values)>);

impl Fields {
    /// The values of a key.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Values> {
        let at = self.0.binary_search_by_key(&key, |row| row.0).ok()?;
        self.0.get(at).map(|row| &row.1)
    }

    /// Rows that are in the order of their keys.
    pub(super) fn in_order(rows: Vec<(&'static str, Values)>) -> Self {
        debug_assert!(rows.is_sorted_by_key(|row| row.0));
        Self(rows)
    }
}

impl FromIterator<(&'static str, Values)> for Fields {
    fn from_iter<I: IntoIterator<Item = (&'static str, Values)>>(rows: I) -> Self {
        let mut rows: Vec<_> = rows.into_iter().collect();
        rows.sort_by_key(|row| row.0);
        Self::in_order(rows)
    }
}

impl Serialize for Fields {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(key, values)| (key, values)))
    }
}

/// One value or several in wire order.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Values {
    /// One.
    One(ValueView),
    /// Several.
    Many(Vec<ValueView>),
}

/// A long body, told by its frames only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Body {
    /// First frame.
    pub first: u64,
    /// Last frame.
    pub last: u64,
    /// How many frames.
    pub count: u64,
    /// How many bytes.
    pub bytes: u64,
}

/// A line of a log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct HostLine {
    /// Which log.
    pub source: String,
    /// Its line number.
    pub line: u32,
    /// When, in nanoseconds since the capture's first frame.
    pub time_ns: i64,
    /// What it says.
    pub text: String,
}
