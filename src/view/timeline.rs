//! The story as plain data: what `walk` shows, and the JSON of the contract. Every face draws this and nothing else.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::{Serialize, Serializer};

use super::captures::CaptureView;
use super::conversations::Conversation;
use super::frame::ValueView;

/// What a run of text is, so that a face can style it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Ordinary words.
    Plain,
    /// A value from the capture.
    Value,
    /// An actor of the story.
    Actor,
}

/// Words: most stand in a script, which lives as long as the program, and are not copied.
pub type Text = Cow<'static, str>;

/// Text in runs of one role each; serializes as the plain text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rich(pub Vec<(Text, Role)>);

impl Rich {
    /// Plain words.
    #[must_use]
    pub fn plain(text: impl Into<Text>) -> Self {
        let text = text.into();
        Self(if text.is_empty() {
            Vec::new()
        } else {
            vec![(text, Role::Plain)]
        })
    }

    /// The text without roles.
    #[must_use]
    pub fn text(&self) -> Text {
        match self.0.as_slice() {
            [] => Text::default(),
            [(only, _)] => only.clone(),
            runs => runs.iter().map(|run| run.0.as_ref()).collect(),
        }
    }

    /// True when there is nothing to say.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.iter().all(|run| run.0.is_empty())
    }
}

impl Serialize for Rich {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0.as_slice() {
            [(only, _)] => serializer.serialize_str(only),
            _ => serializer.serialize_str(&self.text()),
        }
    }
}

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
    pub steps: Vec<Step>,
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
    /// The name that the capture gives it.
    pub name: Option<String>,
}

/// A chapter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Chapter {
    /// Its id.
    pub id: Text,
    /// Its title.
    pub title: Text,
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

/// One step of the story.
#[derive(Clone, Debug, Serialize)]
pub struct Step {
    /// Its id, `protocol.event`.
    pub id: Text,
    /// Its chapter's id.
    pub chapter: Text,
    /// Which connection of the journey, from 1.
    pub leg: u32,
    /// Which round of a loop, from 1.
    pub round: u32,
    /// A few words.
    pub title: Rich,
    /// One sentence.
    #[serde(skip)]
    pub say: Rich,
    /// The two-minute explanation, at depth `normal` and `deep`.
    #[serde(skip)]
    pub more: Rich,
    /// The ten-minute explanation, at depth `deep`.
    #[serde(skip)]
    pub deep: Rich,
    /// All of it that the chosen depth tells, as plain text.
    pub text: Text,
    /// How it is known.
    pub evidence: Evidence,
    /// Why it is inferred, hidden or absent.
    pub because: Option<Rich>,
    /// The OSI layer it happens at.
    pub osi: u8,
    /// The layers its frames pass through, lowest first: lit in the timeline.
    #[serde(skip)]
    pub layers: Vec<u8>,
    /// The protocol's short name as people write it (`DNS`, `TLS`), or empty.
    #[serde(skip)]
    pub protocol: Text,
    /// The frames that carry it.
    pub frames: Vec<u64>,
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
    /// Values it quotes, by Wireshark's key; several of a key are a list.
    pub fields: BTreeMap<Text, Values>,
    /// Sections of RFCs.
    pub refs: Cow<'static, [String]>,
    /// What an interviewer asks next, with answers.
    #[serde(skip)]
    pub ask: Vec<(Text, Text)>,
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
