//! A journey as the story room tells it: which step of which script, proven by which frames, with which values. The view makes texts of it.

use std::net::IpAddr;

use crate::flow::Names;
use crate::model::{Claim, Mac, PacketId, Timestamp};

use super::claims::claims;
use super::conversation::Conversation;
use super::moment::{Evidence, Moment};
use super::script::{Chapter, Script, Step, Variant, Verdict};
use super::template::Template;

/// How a journey ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It got its answer.
    Ok,
    /// It did not.
    Failed,
    /// The capture ends first.
    Incomplete,
}

impl Outcome {
    /// The word of the scripts.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Failed => "failed",
            Self::Incomplete => "incomplete",
        }
    }
}

/// What someone is in a journey.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Role {
    /// Who wants something.
    Client,
    /// Who has it.
    Server,
    /// Who knows names.
    Resolver,
    /// Who forwards: the next hop.
    Router,
    /// A group of receivers.
    Everyone,
}

impl Role {
    /// The word of the contract.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Client => "client",
            Self::Server => "server",
            Self::Resolver => "resolver",
            Self::Router => "router",
            Self::Everyone => "everyone",
        }
    }
}

/// Who takes part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Actor {
    /// As what.
    pub role: Role,
    /// At which address.
    pub ip: Option<IpAddr>,
    /// The MAC address that the frames show.
    pub mac: Option<Mac>,
    /// The name that was asked for.
    pub name: Option<Box<str>>,
    /// Names that were claimed of its address, that one first.
    pub names: Vec<Claim>,
}

/// Who acts in a step, or on whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    /// Somebody with a role.
    Role(Role),
    /// Somebody else.
    Address(IpAddr),
}

/// A stretch of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Phase {
    /// `link name connect secure request wait transfer close`.
    pub name: &'static str,
    /// Its beginning.
    pub start: Timestamp,
    /// Its end.
    pub end: Timestamp,
}

/// Where the words of a step stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Words {
    /// In the journey's script, at this step.
    Own(usize),
    /// In the common script, at this step.
    Common(usize),
    /// Nowhere: only the event itself is known.
    Nowhere,
}

/// A step that is told.
#[derive(Clone, Debug)]
pub struct Told {
    /// Its words.
    pub words: Words,
    /// Which variant of them.
    pub variant: Option<usize>,
    /// Which of the reasons for its absence.
    pub reason: Option<usize>,
    /// Its chapter in the journey's script.
    pub chapter: usize,
    /// Which connection of the journey, from 1.
    pub leg: u32,
    /// Which round of a loop, from 1.
    pub round: u32,
    /// How it is known.
    pub evidence: Evidence,
    /// The event; `None` for steps that no frame shows.
    pub moment: Option<Box<Moment>>,
    /// How long until its answer.
    pub duration_ns: Option<i64>,
    /// Who acts.
    pub from: Option<Who>,
    /// On whom.
    pub to: Option<Who>,
}

/// Conversations of a crowd that are only counted.
#[derive(Clone, Debug, Default)]
pub struct Folded {
    /// Their numbers.
    pub ids: Vec<u32>,
    /// Their frames.
    pub frames: u64,
}

/// One journey.
#[derive(Clone, Debug)]
pub struct Journey {
    /// The story's id by the contract.
    pub story: &'static str,
    /// The script that tells it.
    pub script: &'static Script,
    /// The script for what the story does not know.
    pub common: &'static Script,
    /// How it ended.
    pub outcome: Outcome,
    /// Which verdict says so: a place in the script, or in the common one.
    pub verdict: Option<Words>,
    /// Its first frame.
    pub first: PacketId,
    /// When that was.
    pub start: Timestamp,
    /// When its last frame was.
    pub end: Timestamp,
    /// Its conversations, by number.
    pub conversations: Vec<Conversation>,
    /// Further conversations, when there are very many.
    pub folded: Folded,
    /// Who takes part.
    pub actors: Vec<Actor>,
    /// The name that was asked for.
    pub name: Option<Box<str>>,
    /// What was asked for, as a URL.
    pub url: Option<Box<str>>,
    /// Where the time went.
    pub phases: Vec<Phase>,
    /// The steps, in the order they are told.
    pub steps: Vec<Told>,
}

impl Journey {
    /// The step of a script that tells a step.
    #[must_use]
    pub fn step(&self, told: &Told) -> Option<&'static Step> {
        match told.words {
            Words::Own(at) => self.script.steps.get(at),
            Words::Common(at) => self.common.steps.get(at),
            Words::Nowhere => None,
        }
        .map(toml::Spanned::get_ref)
    }

    /// The variant of its words.
    #[must_use]
    pub fn variant(&self, told: &Told) -> Option<&'static Variant> {
        self.step(told)?.variant.get(told.variant?)
    }

    /// A chapter.
    #[must_use]
    pub fn chapter(&self, at: usize) -> Option<&'static Chapter> {
        self.script.chapters.get(at)
    }

    /// The sentence that ends it.
    #[must_use]
    pub fn verdict(&self) -> Option<&'static Template> {
        let verdicts: (&'static [Verdict], usize) = match self.verdict? {
            Words::Own(at) => (&self.script.verdicts, at),
            Words::Common(at) => (&self.common.verdicts, at),
            Words::Nowhere => return None,
        };
        verdicts.0.get(verdicts.1).map(|v| &v.say)
    }

    /// Who has a role.
    #[must_use]
    pub fn actor(&self, role: Role) -> Option<&Actor> {
        self.actors.iter().find(|a| a.role == role)
    }

    /// The numbers of all its conversations.
    pub fn conversation_ids(&self) -> impl Iterator<Item = u32> {
        let known = self.conversations.iter().map(|c| c.id);
        known.chain(self.folded.ids.iter().copied())
    }

    /// The frames of all its conversations. What is said to groups makes conversations that several journeys share: there
    /// its events' own frames count, as they do without any conversation.
    #[must_use]
    pub fn frames(&self) -> u64 {
        let mut known = self.conversations.iter();
        if known.all(|c| matches!(c.transport, "igmp" | "icmpv6")) && self.folded.ids.is_empty() {
            let mut packets: Vec<PacketId> = self
                .moments()
                .flat_map(|moment| moment.packets.iter().copied())
                .collect();
            packets.sort_unstable();
            packets.dedup();
            return packets.len() as u64;
        }
        let known: u64 = self.conversations.iter().map(|c| c.frames).sum();
        known.saturating_add(self.folded.frames)
    }

    /// Adds the names that it claims to those that are known, and gives everyone theirs, up to its last frame: first the one
    /// that was asked for.
    pub fn introduce(&mut self, names: &mut Names) {
        let claims = claims(self);
        let ended = self.conversations.iter().map(|c| c.last);
        let last = ended.chain(claims.last().and_then(|claim| claim.frame));
        let last = last.max().unwrap_or_default();
        for claim in claims {
            names.learn(claim);
        }
        if names.is_empty() {
            return;
        }
        for actor in &mut self.actors {
            let Some(ip) = actor.ip else { continue };
            actor.names = names.of(ip, last);
            let asked_for = |claim: &Claim| actor.name.as_deref() == Some(&*claim.name);
            actor.names.sort_by_key(|claim| !asked_for(claim));
        }
    }

    /// Its events in the order they are told.
    pub fn moments(&self) -> impl Iterator<Item = &Moment> {
        self.steps.iter().filter_map(|told| told.moment.as_deref())
    }
}

impl Told {
    /// The event's id, where a frame shows it.
    #[must_use]
    pub fn event(&self) -> Option<&'static str> {
        self.moment.as_ref().map(|m| m.def.id)
    }
}
