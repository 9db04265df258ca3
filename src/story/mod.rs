//! Stories: scripts that say what is told, and the engine that holds them against what happened.
//!
//! [`Narrator`] is fed every frame. Events become moments, moments strands, strands journeys; a journey that is over is
//! told in the words of its script and forgotten here.

pub mod check;
pub mod conversation;
mod crowd;
mod diagnosis;
pub mod facts;
pub mod journey;
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
pub mod words;

use std::collections::VecDeque;
use std::sync::Arc;

use rustc_hash::FxHashMap;

use crate::decode::{Dissection, Raised};
use crate::flow::{Ending, Flow, Flows};
use crate::model::{EventDef, Osi, PacketId, Side, Timestamp};

use conversation::Conversation;
use journey::Journey;
use link::Links;
use moment::{Evidence, Moment};
use scripts::Library;
use strand::{Kind, Strand};
use strands::Strands;
use wants::Wants;

/// How many frames back the time of a frame is remembered; a message that began earlier is told at its end's time.
const TIMES: usize = 16_384;
/// How long something may go on that seems to be over, in nanoseconds: a connection after its last FIN or RST, a name that
/// was looked up and not used yet, a redirect or a failure without what follows it.
const PATIENCE: i64 = 10_000_000_000;

type Look<'a> = &'a dyn Fn(u32, bool) -> Option<Conversation>;

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
    /// A conversation that was closed.
    Closed(u32),
    /// A name that was looked up.
    Lookup(u32),
    /// A journey that may be continued.
    Journey(u32),
}

/// A journey that is over, still without words: telling it needs nothing else, and may happen on another thread.
#[derive(Debug)]
pub struct Over {
    strands: Vec<(u32, Strand)>,
    library: Arc<Library>,
    now: Timestamp,
}

impl Over {
    /// Tells it; `None` when there is nothing to tell.
    #[must_use]
    pub fn tell(self) -> Option<Journey> {
        telling::tell(self.strands, &self.library, self.now)
    }
}

/// Tells journeys as they end.
#[derive(Debug)]
pub struct Narrator {
    library: Arc<Library>,
    wants: Wants,
    times: Vec<(PacketId, Timestamp)>,
    strands: Strands,
    /// Strands by conversation.
    routes: FxHashMap<u32, Vec<u32>>,
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
        let wants = Wants::new(library.all());
        Self {
            library,
            wants,
            times: vec![(PacketId::default(), Timestamp::default()); TIMES],
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

    /// Takes in a frame whose events were raised.
    pub fn feed(&mut self, frame: &[u8], d: &Dissection, flows: &Flows) {
        self.take(d, frame, &|id, whole| {
            let flow = flows.flow(id)?;
            let mut conversation = Conversation::of(flow);
            if whole {
                conversation.facts = flow.facts();
            }
            Some(conversation)
        });
    }

    /// A conversation is over.
    pub fn ended(&mut self, flow: &Flow) {
        let mut conversation = Conversation::of(flow);
        let waited_for = |id| self.strands.contains(id);
        if !flow.endings.is_empty() || self.routes(flow.id).iter().any(waited_for) {
            conversation.facts = flow.facts();
        }
        self.end(conversation, &flow.endings);
    }

    /// `look` finds a conversation, with the facts of its protocols when it is wanted whole.
    fn take(&mut self, d: &Dissection, frame: &[u8], look: Look<'_>) {
        self.now = self.now.max(d.time);
        if let Some(slot) = self.times.get_mut(d.packet.0 as usize % TIMES) {
            *slot = (d.packet, d.time);
        }
        let mut surplus = self.waiting.len().saturating_sub(WAITING_MAX).min(16);
        while let Some(&(until, later)) = self.waiting.front() {
            // At the end of time everything is due for ever.
            if until >= self.now && surplus == 0 {
                break;
            }
            surplus = surplus.saturating_sub(1);
            self.waiting.pop_front();
            self.look_again(later, look);
        }
        if d.events.is_empty() && d.bodies.is_empty() {
            self.stray.frames += u64::from(d.flow.is_none());
            return;
        }
        for raised in &d.events {
            let moment = self.moment(d, frame, raised);
            self.place(Box::new(moment), d.flow.map(|f| f.id), look);
        }
        let Some(flow) = d.flow else { return };
        for id in self.routes.get(&flow.id).into_iter().flatten() {
            let Some(strand) = self.strands.get_mut(id) else {
                continue;
            };
            if let Some(known) = strand.conversations.iter_mut().find(|c| c.id == flow.id) {
                known.count(d.packet);
            }
            for part in &d.bodies {
                strand.grow(part.event, part.from, flow.id, part.bytes, d.packet, d.time);
            }
        }
    }

    fn end(&mut self, conversation: Conversation, endings: &[Ending]) {
        let flow = conversation.id;
        for ending in endings {
            let moment = self.verdict(ending.event, &ending.frames, ending.time, &conversation);
            let known = conversation.clone();
            self.place(Box::new(moment), Some(flow), &move |_, _| {
                Some(known.clone())
            });
        }
        if let Some(strands) = self.routes.remove(&flow) {
            self.settle(&strands, conversation);
        } else {
            self.stray.frames += conversation.frames;
            self.stray.conversations.push(flow);
        }
    }

    /// Looks again at what seemed to be over.
    fn look_again(&mut self, later: Later, look: Look<'_>) {
        match later {
            Later::Journey(root) => self.tell_when_over(root, true),
            Later::Closed(flow) => {
                // Its end may have come meanwhile; then it was settled with that.
                let strands = self.routes(flow).to_vec();
                if let Some(conversation) = look(flow, true) {
                    self.settle(&strands, conversation);
                }
            }
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
    pub fn finish(&mut self) {
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
        std::iter::from_fn(|| self.over()).find_map(Over::tell)
    }

    /// What was not recognised so far.
    #[must_use]
    pub fn stray(&self) -> &Stray {
        &self.stray
    }

    fn time_of(&self, packet: PacketId) -> Option<Timestamp> {
        let slot = self.times.get(packet.0 as usize % TIMES)?;
        (slot.0 == packet).then_some(slot.1)
    }

    fn moment(&mut self, d: &Dissection, frame: &[u8], raised: &Raised) -> Moment {
        let mut packets = Vec::with_capacity(1);
        d.trace(raised.span, |piece| {
            if packets.last() != Some(&piece.packet) {
                packets.push(piece.packet);
            }
        });
        // A refusal is proven by the SYN and by what came back.
        if raised.def.id == "tcp.refused" {
            packets.extend(raised.about);
        }
        if packets.is_empty() {
            packets.push(d.packet);
        }
        packets.sort_unstable();
        packets.dedup();
        let verdict = raised.def.id == "tcp.refused";
        let time = packets
            .first()
            .filter(|_| !verdict)
            .and_then(|first| self.time_of(*first))
            .unwrap_or(d.time);
        let values = self.wants.capture(frame, d, raised);
        let layer = raised
            .layer
            .and_then(|layer| d.layers.get(usize::from(layer)));
        let protocol = raised.def.id.split('.').next().unwrap_or_default();
        let osi = layer.map_or_else(|| osi_of(protocol), |layer| layer.protocol.osi);
        let mut layers = 1 << osi.number();
        for layer in d.layers.iter().filter(|l| !l.quoted) {
            if layer.protocol.key != "data" && layer.protocol.osi <= osi {
                layers |= 1 << layer.protocol.osi.number();
            }
        }
        let because = values.iter().any(|v| v.def.key.ends_with(".because"));
        let mut moment = Moment {
            def: raised.def,
            flow: None,
            from: d.flow.map(|f| f.from),
            src: None,
            dst: None,
            to_all: false,
            packets,
            count: 1,
            time,
            until: d.time,
            evidence: if because {
                Evidence::Inferred
            } else {
                wants::evidence(d, raised.span)
            },
            values,
            osi: osi.number(),
            layers,
            protocol,
            about: raised.about,
            body: None,
        };
        if link::is_icmp_error(raised.def.id) {
            moment.flow = d.about_flow.or(d.flow.map(|f| f.id));
        } else {
            moment.flow = d.flow.map(|f| f.id);
        }
        moment
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
        let mut packets = packets.to_vec();
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
        self.routes.get(&conversation).map_or(&[], Vec::as_slice)
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
        if strand.parent.is_some() || (strand.kind == Kind::Main && strand.open > 0) {
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
            library: Arc::clone(&self.library),
            now: self.now,
        });
    }
}

/// The layer of events that no layer of the frame raised.
fn osi_of(protocol: &str) -> Osi {
    match protocol {
        "tcp" | "udp" => Osi::Transport,
        "arp" | "stp" => Osi::Link,
        "ip" | "icmp" | "icmpv6" | "ndp" | "igmp" | "mld" | "traceroute" => Osi::Network,
        "tls" => Osi::Presentation,
        _ => Osi::Application,
    }
}

#[cfg(test)]
mod tests;
