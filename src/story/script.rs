//! The form of a story script: closed, plain data, read from TOML. What a field means stands here; what is said stands in the scripts.
//!
//! Texts are [`Template`]s: `{dns.qry.name}` is a field of the event as a person reads it, `{dns.qry.type:name}` only its
//! name, `{client}` a word of `story/words.rs`. A sentence one of whose placeholders has no value is left out.

use std::collections::BTreeMap;
use std::ops::Range;

use serde::{Deserialize, Deserializer};
use toml::Spanned;

use super::facts::Condition;
use super::key::Key;
use super::parts;
use super::template::Template;

/// A story: chapters of steps, and the sentences that end it.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Script {
    /// Its id, such as `curl-https`.
    pub story: String,
    /// Its title; placeholders allowed.
    #[serde(default)]
    pub title: Template,
    /// Parts that it shares with other stories; see `story/parts.rs`.
    #[serde(default)]
    pub include: Vec<String>,
    /// Chapters in the order of the tale.
    #[serde(default, rename = "chapter")]
    pub chapters: Vec<Chapter>,
    /// Steps in the order in which they usually happen.
    #[serde(default, rename = "step")]
    pub steps: Vec<Spanned<Step>>,
    /// Last sentences; the first that fits is used.
    #[serde(default, rename = "verdict")]
    pub verdicts: Vec<Verdict>,
    /// What leads from one connection to the next.
    #[serde(default, rename = "then")]
    pub then: Vec<Then>,
    /// Steps that come in rounds.
    #[serde(default, rename = "loop")]
    pub loops: Vec<Loop>,
}

/// A chapter.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Chapter {
    /// Its id.
    pub id: String,
    /// Its title.
    pub title: String,
    /// The OSI layer it is mostly about, 1 to 7.
    pub osi: u8,
    /// Which phase of the time ledger it belongs to, if any.
    #[serde(default)]
    pub phase: Option<String>,
}

/// How often a step may be told.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum Repeat {
    /// The first time on each connection gets this text; later ones are told by the next step of the same id that fits,
    /// at last by the common script.
    Once,
    /// Each time.
    #[default]
    Each,
    /// All of a connection (and of a side, and with the same values of the keys in `by`) as one step that lists their
    /// frames; `{count}` says how many.
    Fold,
}

/// A value to match: a number, a flag or a text.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(untagged)]
pub enum Literal {
    /// A flag.
    Flag(bool),
    /// A number.
    Number(u64),
    /// A text.
    Text(String),
}

/// One value or any of several.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub enum AnyOf {
    /// Exactly this.
    One(Literal),
    /// Any of these.
    Many(Vec<Literal>),
}

/// Values that an event must have, by the keys of their fields.
#[derive(Clone, Debug, Default)]
pub struct Matches(Vec<(Key, AnyOf)>);

impl Matches {
    /// True when an event need not have any.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The keys with what is wanted of them.
    pub fn iter(&self) -> impl Iterator<Item = &(Key, AnyOf)> {
        self.0.iter()
    }

    /// The keys.
    pub fn keys(&self) -> impl Iterator<Item = &Key> {
        self.0.iter().map(|(key, _)| key)
    }
}

impl<'de> Deserialize<'de> for Matches {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // A key stands there once.
        let rows = BTreeMap::deserialize(deserializer)?;
        Ok(Self(rows.into_iter().collect()))
    }
}

/// A step: the event it tells, and how.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// The event's id; also the step's.
    pub id: String,
    /// The chapter it stands in. Asides (TCP's accidents) leave it out and stand where they happen.
    #[serde(default)]
    pub chapter: Option<String>,
    /// The included step behind which it stands; without this it stands behind all that its chapter includes.
    #[serde(default)]
    pub after: Option<String>,
    /// A few words.
    pub title: Template,
    /// The title where there are no values for its placeholders, as when the step did not happen.
    #[serde(default)]
    pub name: Option<String>,
    /// One sentence: the 30-second answer.
    pub say: Template,
    /// The two-minute answer.
    #[serde(default)]
    pub text: Template,
    /// The ten-minute answer.
    #[serde(default)]
    pub deep: Template,
    /// The OSI layer, where it is not that of the protocol which raised the event (always for hidden steps).
    #[serde(default)]
    pub osi: Option<u8>,
    /// Sections of RFCs and manual pages.
    #[serde(default)]
    pub refs: Vec<String>,
    /// What an interviewer asks next.
    #[serde(default)]
    pub ask: Vec<Question>,
    /// Who can see this step, one sentence.
    #[serde(default)]
    pub sees: Template,
    /// Field keys to look at.
    #[serde(default)]
    pub look: Vec<String>,
    /// Field keys whose values the step carries besides those its texts quote.
    #[serde(default)]
    pub fields: Vec<String>,
    /// How often it may be told.
    #[serde(default)]
    pub repeat: Repeat,
    /// Field values that the event must have.
    #[serde(default, rename = "match")]
    pub matches: Matches,
    /// Fields that the event must have, with whatever value.
    #[serde(default)]
    pub has: Vec<Key>,
    /// Facts that must hold; `not:` turns one round.
    #[serde(default)]
    pub when: Vec<Condition>,
    /// The event that answers this one: the time until it becomes this step's duration. It is the first later one of the
    /// same conversation (with `by`: of the journey).
    #[serde(default)]
    pub pair: Option<String>,
    /// Field keys that must be equal in both. Ports and addresses need not be named, and with `by` the two need not be of
    /// one conversation (as DHCP's are not). Of what is folded: keys that must be equal in all of it.
    #[serde(default)]
    pub by: Vec<String>,
    /// Other words for special cases; the first that fits.
    #[serde(default)]
    pub variant: Vec<Variant>,
    /// What shows it when it is only inferred from shapes, and what would contradict that.
    #[serde(default)]
    pub inferred: Option<Template>,
    /// Why no capture can show it. Such a step has no event and is always told (when its facts hold).
    #[serde(default)]
    pub hidden: Option<Template>,
    /// Why it may be missing; the first reason whose facts hold is told, none holding means it is not mentioned.
    #[serde(default)]
    pub absent: Vec<Absent>,
    /// The place of its chapter in the script; like the next, found when the script joins a library.
    #[serde(skip)]
    pub place: Option<usize>,
    /// The keys of all values that it carries, in order.
    #[serde(skip)]
    pub carried: Vec<Key>,
}

/// Other words for a special case; what is left out stays as the step has it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Variant {
    /// Field values that the event must have.
    #[serde(default, rename = "match")]
    pub matches: Matches,
    /// Fields that the event must have, with whatever value.
    #[serde(default)]
    pub has: Vec<Key>,
    /// Facts that must hold.
    #[serde(default)]
    pub when: Vec<Condition>,
    /// A few words.
    #[serde(default)]
    pub title: Option<Template>,
    /// One sentence.
    #[serde(default)]
    pub say: Option<Template>,
    /// Two minutes.
    #[serde(default)]
    pub text: Option<Template>,
    /// Ten minutes.
    #[serde(default)]
    pub deep: Option<Template>,
    /// Sections of RFCs and manual pages.
    #[serde(default)]
    pub refs: Option<Vec<String>>,
    /// The keys of all values that the step carries with these words, in order.
    #[serde(skip)]
    pub carried: Vec<Key>,
}

/// A reason for a step that did not happen here.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Absent {
    /// Facts that must hold.
    #[serde(default)]
    pub when: Vec<Condition>,
    /// A few words, where those of the step quote values.
    #[serde(default)]
    pub title: Option<Template>,
    /// The reason, one sentence.
    pub say: Template,
}

/// A question and its short answer.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Question {
    /// The question.
    pub q: Template,
    /// The answer.
    pub a: Template,
}

/// The sentence that ends a journey.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Verdict {
    /// `ok`, `failed` or `incomplete`.
    pub outcome: String,
    /// Facts that must hold.
    #[serde(default)]
    pub when: Vec<Condition>,
    /// The sentence.
    pub say: Template,
}

/// What continues a journey on another connection.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Then {
    /// The event.
    pub on: String,
    /// Field values that it must have.
    #[serde(default, rename = "match")]
    pub matches: Matches,
    /// How the next connection is found: `location`.
    pub link: String,
}

/// Steps that come in rounds: each `begins` starts the next one.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Loop {
    /// The event that begins a round.
    pub begins: String,
    /// The event that ends it.
    pub ends: String,
}

/// A script that is not right, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// Bytes of the text it is about.
    pub at: Range<usize>,
    /// What is wrong.
    pub what: String,
}

impl Step {
    /// All its texts, without those of its variants.
    pub fn texts(&self) -> impl Iterator<Item = &Template> {
        let asked = self.ask.iter().flat_map(|ask| [&ask.q, &ask.a]);
        [&self.title, &self.say, &self.text, &self.deep, &self.sees]
            .into_iter()
            .chain(asked)
            .chain(&self.hidden)
            .chain(&self.inferred)
            .chain(self.absent.iter().map(|absent| &absent.say))
            .chain(self.absent.iter().filter_map(|a| a.title.as_ref()))
    }

    /// The keys that it names outside its texts.
    pub fn named(&self) -> impl Iterator<Item = &str> {
        let variants = &self.variant;
        let matches = variants.iter().map(|v| &v.matches).chain([&self.matches]);
        let has = variants.iter().flat_map(|v| &v.has).chain(&self.has);
        let strings = self.look.iter().chain(&self.fields).chain(&self.by);
        let keys = matches.flat_map(Matches::keys).chain(has);
        strings.map(String::as_str).chain(keys.map(|key| &**key))
    }

    /// Finds the keys of the values that it carries: those that its words quote, match or point at.
    pub(super) fn find_carried(&mut self) {
        let own = [&self.title, &self.say, &self.text, &self.deep];
        let quoted = own.into_iter().flat_map(Template::fields).cloned();
        let named = self.fields.iter().chain(&self.look);
        let named = named.map(|name| Key::new(name));
        let carried = in_order(quoted.chain(named).chain(self.matches.keys().cloned()));
        for variant in &mut self.variant {
            let quoted = variant.texts().flat_map(Template::fields);
            let further = quoted.chain(variant.matches.keys()).chain(&carried);
            variant.carried = in_order(further.cloned());
        }
        self.carried = carried;
    }
}

fn in_order(keys: impl Iterator<Item = Key>) -> Vec<Key> {
    let mut keys: Vec<Key> = keys.collect();
    keys.sort_unstable();
    keys.dedup();
    keys
}

impl Variant {
    /// Its texts.
    pub fn texts(&self) -> impl Iterator<Item = &Template> {
        [&self.title, &self.say, &self.text, &self.deep]
            .into_iter()
            .flatten()
    }
}

impl Script {
    /// Reads a script, with the parts that it includes.
    ///
    /// # Errors
    /// A [`Mistake`] that says where the text is not a script.
    pub fn read(text: &str) -> Result<Self, Mistake> {
        let script = toml::from_str(text).map_err(|e| Mistake {
            at: e.span().unwrap_or(0..0),
            what: e.message().to_owned(),
        })?;
        parts::include(script)
    }
}
