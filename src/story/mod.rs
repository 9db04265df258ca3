//! Stories: scripts that say what is told, and the engine that holds them against what happened.
//!
//! The [witness](witness::Witness) sees every frame: events become moments. The [`Narrator`] hears of them: moments become
//! strands, strands journeys; a journey that is over is told in the words of its script and forgotten here.

pub mod check;
mod claims;
pub mod conversation;
mod crowd;
mod diagnosis;
pub mod facts;
pub mod journey;
pub mod key;
mod ledger;
mod link;
pub mod moment;
mod needs;
pub mod parts;
pub mod script;
pub mod scripts;
mod strand;
mod strands;
pub mod tale;
mod telling;
pub mod template;
mod traceroute;
mod wants;
pub mod witness;
pub mod words;

use std::collections::VecDeque;
use std::sync::Arc;

use rustc_hash::FxHashMap;
use smallvec::SmallVec;

use crate::flow::{Ending, Flow};
use crate::model::{EventDef, PacketId, Side, Timestamp};

use conversation::Conversation;
use journey::Journey;
use link::Links;
use moment::{Evidence, Moment, Packets, osi_of};
use scripts::Library;
use strand::{Kind, Strand};
use strands::Strands;
use witness::{Happening, Scene};

/// How long something may go on that seems to be over, in nanoseconds: a connection after its last FIN or RST, a name that
/// was looked up and not used yet, a redirect or a failure without what follows it.
const PATIENCE: i64 = 10_000_000_000;

/// How many journeys may wait for their continuation; in a flood the oldest waits no longer.
const WAITING_MAX: usize = 4096;

/// What was not recognised.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stray {
    /// Frames in which nothing that a story tells was found.
    pub frames: u64,
    /// Conversations in which nothing was.
    pub conversations: Vec<u32>,
}

/// What seems to be over, and is looked at again later.
#[derive(Clone, Copy, Debug)]
enum Later {
    /// A name that was looked up.
    Lookup(u32),
    /// A journey that may be continued.
    Journey(u32),
}

/// A journey that is over, still without words: telling it needs nothing else, and may happen on another thread.
#[derive(Debug)]
pub struct Over {
    strands: Vec<(u32, Box<Strand>)>,
    now: Timestamp,
}

impl Over {
    /// Tells it; `None` when there is nothing to tell.
    #[must_use]
    pub fn tell(self, library: &Library) -> Option<Journey> {
        telling::tell(self.strands, library, self.now)
    }
}

/// Tells journeys as they end.
#[derive(Debug)]
pub struct Narrator {
    library: Arc<Library>,
    strands: Strands,
    /// Strands by conversation.
    routes: FxHashMap<u32, SmallVec<[u32; 2]>>,
    links: Links,
    crowds: FxHashMap<crowd::Key, crowd::Crowd>,
    waiting: VecDeque<(Timestamp, Later)>,
    over: VecDeque<Over>,
    /// Roots of what is left when the capture is over.
    left: Option<VecDeque<u32>>,
    stray: Stray,
    now: Timestamp,
}

impl Narrator {
    /// A narrator who knows these scripts.
    #[must_use]
    pub fn new(library: Arc<Library>) -> Self {
        Self {
            library,
            strands: Strands::default(),
            routes: FxHashMap::default(),
            links: Links::default(),
            crowds: FxHashMap::default(),
            waiting: VecDeque::new(),
            over: VecDeque::new(),
            left: None,
            stray: Stray::default(),
            now: Timestamp::default(),
        }
    }

    /// Takes in what happened; hands back a conversation that is over.
    pub fn hear(&mut self, happening: Happening) -> Option<Box<Flow>> {
        match happening {
            Happening::Scene(scene) => self.take(scene),
            Happening::Closed(now, conversation) => {
                self.catch_up(now);
                let strands = SmallVec::<[u32; 2]>::from_slice(self.routes(conversation.id));
                self.settle(&strands, *conversation);
            }
            Happening::Ended(now, flow) => {
                self.catch_up(now);
                self.ended(&flow);
                return Some(flow);
            }
            Happening::Pause => {}
            Happening::End(now, stray) => {
                self.catch_up(now);
                self.stray.frames += stray;
                self.finish();
            }
        }
        None
    }

    /// A conversation is over.
    fn ended(&mut self, flow: &Flow) {
        let mut conversation = Conversation::of(flow);
        let waited_for = |id| self.strands.contains(id);
        if !flow.endings.is_empty() || self.routes(flow.id).iter().any(waited_for) {
            conversation.facts = flow.facts();
        }
        self.end(conversation, &flow.endings);
    }

    fn take(&mut self, scene: Scene) {
        self.catch_up(scene.time);
        let known = [scene.conversation.as_ref(), scene.about.as_deref()];
        for moment in scene.moments {
            self.place(moment, scene.flow, known);
        }
        let Some(flow) = scene.flow else { return };
        for id in self.routes.get(&flow).into_iter().flatten() {
            let Some(strand) = self.strands.get_mut(id) else {
                continue;
            };
            if let Some(known) = strand.conversations.iter_mut().find(|c| c.id == flow) {
                known.count(scene.packet);
            }
            for part in &scene.bodies {
                strand.grow(part, flow, scene.packet, scene.time);
            }
        }
    }

    /// Time has passed: looks again at what seemed to be over.
    fn catch_up(&mut self, now: Timestamp) {
        self.now = self.now.max(now);
        let mut surplus = self.waiting.len().saturating_sub(WAITING_MAX).min(16);
        while let Some(&(until, later)) = self.waiting.front() {
            // At the end of time everything is due for ever.
            if until >= self.now && surplus == 0 {
                break;
            }
            surplus = surplus.saturating_sub(1);
            self.waiting.pop_front();
            self.look_again(later);
        }
    }

    fn end(&mut self, conversation: Conversation, endings: &[Ending]) {
        let flow = conversation.id;
        for ending in endings {
            let moment = self.verdict(ending.event, &ending.frames, ending.time, &conversation);
            self.place(Box::new(moment), Some(flow), [Some(&conversation), None]);
        }
        if let Some(strands) = self.routes.remove(&flow) {
            self.settle(&strands, conversation);
        } else {
            self.stray.frames += conversation.frames;
            self.stray.conversations.push(flow);
        }
    }

    /// Looks again at what seemed to be over.
    fn look_again(&mut self, later: Later) {
        match later {
            Later::Journey(root) => self.tell_when_over(root, true),
            Later::Lookup(id) => {
                let now = self.now;
                let Some(strand) = self.strands.get_mut(&id) else {
                    return;
                };
                let quiet = strand.questions.is_empty() && now.since(strand.last) >= PATIENCE;
                if quiet && strand.parent.is_none() && strand.kind == Kind::Lookup {
                    strand.open = 0;
                    self.tell_when_over(id, true);
                }
            }
        }
    }

    fn later(&mut self, later: Later) {
        let until = Timestamp(self.now.0.saturating_add(PATIENCE));
        self.waiting.push_back((until, later));
    }

    /// A conversation of these strands is over, or as good as over: its journey is told if nothing else keeps it open.
    fn settle(&mut self, strands: &[u32], conversation: Conversation) {
        let flow = conversation.id;
        let mut roots = Vec::new();
        let mut conversation = Some(conversation);
        for (left, id) in (0..strands.len()).rev().zip(strands) {
            let Some(strand) = self.strands.get_mut(id) else {
                continue;
            };
            let known = strand.conversations.iter_mut().find(|c| c.id == flow);
            let last = left == 0;
            let ended = if last {
                conversation.take()
            } else {
                conversation.clone()
            };
            if let (Some(known), Some(ended)) = (known, ended) {
                strand.open = strand.open.saturating_sub(u32::from(!known.over));
                let frames = known.frames.max(ended.frames);
                *known = Conversation {
                    frames,
                    over: true,
                    ..ended
                };
            }
            self.note_failure(*id);
            self.claim_at_end(*id);
            let root = self.root(*id);
            if !roots.contains(&root) {
                roots.push(root);
            }
        }
        for root in roots {
            self.tell_when_over(root, false);
        }
    }

    /// The capture is over: [`Self::over`] hands out what is left, in the order in which it began.
    fn finish(&mut self) {
        for id in self.all() {
            self.claim_at_end(id);
        }
        let mut roots: Vec<_> = self
            .strands
            .iter()
            .filter(|(_, strand)| strand.parent.is_none())
            .map(|(id, strand)| (strand.first, id))
            .collect();
        roots.sort_unstable();
        self.left = Some(roots.into_iter().map(|(_, root)| root).collect());
    }

    /// The next journey that is over and not taken yet.
    pub fn over(&mut self) -> Option<Over> {
        // At the end there may be very many: each is put together when it is asked for.
        while self.over.is_empty()
            && let Some(left) = &mut self.left
        {
            if let Some(root) = left.pop_front() {
                if !self.joins_crowd(root, false) {
                    self.tell(root);
                }
            } else {
                // What is there now are crowds.
                let crowd = self.strands.iter().next().map(|(id, _)| id)?;
                self.tell(crowd);
            }
        }
        self.over.pop_front()
    }

    /// The same, told.
    pub fn told(&mut self) -> Option<Journey> {
        let library = Arc::clone(&self.library);
        std::iter::from_fn(|| self.over()).find_map(|over| over.tell(&library))
    }

    /// What was not recognised so far.
    #[must_use]
    pub fn stray(&self) -> &Stray {
        &self.stray
    }

    /// A moment for what was noticed at the end of a conversation.
    fn verdict(
        &self,
        def: &'static EventDef,
        packets: &[PacketId],
        time: Timestamp,
        conversation: &Conversation,
    ) -> Moment {
        let protocol = def.id.split('.').next().unwrap_or_default();
        let osi = osi_of(protocol).number();
        let mut packets = Packets::from_slice(packets);
        packets.sort_unstable();
        packets.dedup();
        // What its questions said is said of it too.
        let values = self
            .routes(conversation.id)
            .iter()
            .filter_map(|id| self.strands.get(id))
            .flat_map(|strand| &strand.moments)
            .find(|m| packets.contains(&m.first()))
            .map(|m| m.values.clone())
            .unwrap_or_default();
        Moment {
            def,
            flow: Some(conversation.id),
            from: Some(Side::Client),
            src: None,
            dst: None,
            to_all: false,
            packets,
            count: 1,
            time,
            until: time,
            evidence: Evidence::Observed,
            values,
            osi,
            layers: 1 << osi,
            protocol,
            about: None,
            body: None,
        }
    }

    /// The strands of a conversation.
    fn routes(&self, conversation: u32) -> &[u32] {
        self.routes.get(&conversation).map_or(&[], |routes| routes)
    }

    fn all(&self) -> Vec<u32> {
        self.strands.iter().map(|(id, _)| id).collect()
    }

    fn add(&mut self, strand: Strand) -> u32 {
        self.strands.add(strand)
    }

    /// The strand at the root of a strand's journey.
    fn root(&self, mut id: u32) -> u32 {
        while let Some(parent) = self.strands.get(&id).and_then(|s| s.parent) {
            id = parent;
        }
        id
    }

    /// A root and all strands that belong to it.
    fn family(&self, root: u32) -> Vec<u32> {
        let mut family = vec![root];
        let mut at = 0;
        while let Some(id) = family.get(at).copied() {
            if let Some(strand) = self.strands.get(&id) {
                family.extend(&strand.children);
            }
            at += 1;
        }
        family
    }

    fn tell_when_over(&mut self, root: u32, waited: bool) {
        let Some(strand) = self.strands.get(&root) else {
            return;
        };
        let goes_on = strand.speaker.is_some() || (strand.kind == Kind::Main && strand.open > 0);
        if strand.parent.is_some() || goes_on {
            return;
        }
        let family = self.family(root);
        let members = || family.iter().filter_map(|id| self.strands.get(id));
        let over = members().all(|s| match s.kind {
            // What serves a connection need not be over: only its answers count.
            Kind::Lookup if strand.kind == Kind::Main && s.questions.is_empty() => true,
            Kind::Neighbour if strand.kind != Kind::Neighbour => true,
            _ => s.open == 0,
        });
        if !over {
            return;
        }
        let continues = strand.kind == Kind::Main
            && !strand.crowd
            && (members().any(|s| s.expected.is_some())
                || members().filter(|s| s.kind == Kind::Main).all(|s| {
                    !s.established && s.conversations.iter().any(|c| c.transport == "tcp")
                }));
        // A crowd is over when nobody has joined it for a while.
        let gathers = strand.crowd && self.now.since(strand.last) < PATIENCE;
        if (continues && !waited) || gathers {
            // Among very many that fail alike there is nothing to wait for.
            if !(continues && self.joins_crowd(root, true)) {
                self.later(Later::Journey(root));
            }
            return;
        }
        if !self.joins_crowd(root, false) {
            self.tell(root);
        }
    }

    fn tell(&mut self, root: u32) {
        let family = self.family(root);
        let mut strands = Vec::with_capacity(family.len());
        for id in &family {
            if let Some(strand) = self.strands.remove(id) {
                self.links.forget(*id, &strand);
                strands.push((*id, strand));
            }
        }
        self.over.push_back(Over {
            strands,
            now: self.now,
        });
    }
}

#[cfg(test)]
mod tests;
