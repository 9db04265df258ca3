//! The witness: sees every frame and says what in it matters to stories. It knows none of them, so that they are put
//! together from its words on another thread.

use std::collections::VecDeque;

use smallvec::SmallVec;

use crate::decode::{BodyPart, Dissection, Raised};
use crate::flow::{Flow, Flows};
use crate::model::{PacketId, Timestamp};

use super::conversation::Conversation;
use super::link;
use super::moment::{Evidence, Moment, Packets, osi_of};
use super::scripts::Library;
use super::wants::{self, Wants};

/// How many frames back the time of a frame is remembered; a message that began earlier is told at its end's time.
const TIMES: usize = 16_384;
/// How long a closed connection may have stragglers, in nanoseconds: a last segment that was lost is sent again after a
/// second, and once more two seconds later (RFC 6298 sections 2 and 5.5).
const STRAGGLERS: i64 = 3_000_000_000;
/// How many closed connections may wait for stragglers; in a flood the oldest waits no longer.
const CLOSED_MAX: usize = 4096;

/// What happened, in the order of the capture.
#[expect(
    clippy::large_enum_variant,
    reason = "nearly all are scenes: a box of its own for each would cost more than the room"
)]
#[derive(Debug)]
pub enum Happening {
    /// Something in a frame.
    Scene(Scene),
    /// A connection was closed a while before this time: nothing more is expected of it.
    Closed(Timestamp, Box<Conversation>),
    /// A conversation is over, and that was noticed at this time.
    Ended(Timestamp, Box<Flow>),
    /// What comes next may be long in coming.
    Pause,
    /// The capture is over: its last time, and how many frames of no conversation had nothing to tell.
    End(Timestamp, u64),
}

/// A frame in which something happened.
#[derive(Debug)]
pub struct Scene {
    /// The frame.
    pub packet: PacketId,
    /// Its time.
    pub time: Timestamp,
    /// Its conversation.
    pub flow: Option<u32>,
    /// That conversation as it is now; only with events.
    pub conversation: Option<Conversation>,
    /// The other one that an ICMP error in the frame is about.
    pub about: Option<Box<Conversation>>,
    /// What happened.
    pub moments: SmallVec<[Box<Moment>; 2]>,
    /// Bytes of bodies.
    pub bodies: SmallVec<[BodyPart; 1]>,
}

/// Sees frames.
#[derive(Debug)]
pub struct Witness {
    wants: Wants,
    times: Vec<(PacketId, Timestamp)>,
    /// Connections that were closed, and until when they may have stragglers.
    closed: VecDeque<(Timestamp, u32)>,
    now: Timestamp,
    stray: u64,
}

/// Finds a conversation, with the facts of its protocols when it is wanted whole.
pub(super) type Look<'a> = &'a dyn Fn(u32, bool) -> Option<Conversation>;

impl Witness {
    /// A witness who knows what these scripts quote.
    #[must_use]
    pub fn new(library: &Library) -> Self {
        Self {
            wants: Wants::new(library.all()),
            times: vec![(PacketId::default(), Timestamp::default()); TIMES],
            closed: VecDeque::new(),
            now: Timestamp::default(),
            stray: 0,
        }
    }

    /// Calls `each` with what happened up to and in a frame whose events were raised.
    ///
    /// # Errors
    /// Those of `each`.
    pub fn see<E>(
        &mut self,
        frame: &[u8],
        d: &Dissection,
        flows: &Flows,
        each: impl FnMut(Happening) -> Result<(), E>,
    ) -> Result<(), E> {
        let look = |id, whole| {
            let flow = flows.flow(id)?;
            let mut conversation = Conversation::of(flow);
            if whole {
                conversation.facts = flow.facts();
            }
            Some(conversation)
        };
        self.look_at(frame, d, &look, each)
    }

    pub(super) fn look_at<E>(
        &mut self,
        frame: &[u8],
        d: &Dissection,
        look: Look<'_>,
        mut each: impl FnMut(Happening) -> Result<(), E>,
    ) -> Result<(), E> {
        self.now = self.now.max(d.time);
        if let Some(slot) = self.times.get_mut(d.packet.0 as usize % TIMES) {
            *slot = (d.packet, d.time);
        }
        while let Some(&(until, flow)) = self.closed.front() {
            if until >= self.now && self.closed.len() <= CLOSED_MAX {
                break;
            }
            self.closed.pop_front();
            // Its end may have come meanwhile; then that was told.
            if let Some(conversation) = look(flow, true) {
                each(Happening::Closed(
                    until.min(self.now),
                    Box::new(conversation),
                ))?;
            }
        }
        if d.events.is_empty() && d.bodies.is_empty() {
            self.stray += u64::from(d.flow.is_none());
            return Ok(());
        }
        let flow = d.flow.map(|flow| flow.id);
        let mut scene = Scene {
            packet: d.packet,
            time: d.time,
            flow,
            conversation: None,
            about: None,
            moments: SmallVec::new(),
            bodies: SmallVec::from_slice(&d.bodies),
        };
        if !d.events.is_empty() {
            let about = d.about_flow.filter(|about| Some(*about) != flow);
            scene.conversation = flow.and_then(|id| look(id, false));
            scene.about = about.and_then(|id| look(id, false)).map(Box::new);
        }
        for raised in &d.events {
            let moment = self.moment(d, frame, raised);
            if matches!(raised.def.id, "tcp.closed" | "tcp.reset" | "tcp.refused")
                && let Some(flow) = moment.flow
            {
                let until = Timestamp(self.now.0.saturating_add(STRAGGLERS));
                self.closed.push_back((until, flow));
            }
            scene.moments.push(Box::new(moment));
        }
        each(Happening::Scene(scene))
    }

    /// A conversation is over.
    #[must_use]
    pub fn ended(&self, flow: Box<Flow>) -> Happening {
        Happening::Ended(self.now, flow)
    }

    /// The capture is over.
    #[must_use]
    pub fn end(&self) -> Happening {
        Happening::End(self.now, self.stray)
    }

    fn time_of(&self, packet: PacketId) -> Option<Timestamp> {
        let slot = self.times.get(packet.0 as usize % TIMES)?;
        (slot.0 == packet).then_some(slot.1)
    }

    fn moment(&mut self, d: &Dissection, frame: &[u8], raised: &Raised) -> Moment {
        let mut packets = Packets::new();
        d.trace(raised.span, |piece| {
            if packets.last() != Some(&piece.packet) {
                packets.push(piece.packet);
            }
        });
        // A refusal is proven by the SYN and by what came back.
        let refused = raised.def.id == "tcp.refused";
        if refused {
            packets.extend(raised.about);
        }
        if packets.is_empty() {
            packets.push(d.packet);
        }
        if packets.len() > 1 {
            packets.sort_unstable();
            packets.dedup();
        }
        let time = packets
            .first()
            .filter(|_| !refused)
            .and_then(|first| self.time_of(*first))
            .unwrap_or(d.time);
        let values = self.wants.capture(frame, d, raised);
        let layer = raised
            .layer
            .and_then(|layer| d.layers.get(usize::from(layer)));
        let id = raised.def.id;
        let protocol = &id[..id.find('.').unwrap_or(id.len())];
        let osi = layer.map_or_else(|| osi_of(protocol), |layer| layer.protocol.osi);
        let mut layers = 1 << osi.number();
        for layer in d.layers.iter().filter(|l| d.is_own(l)) {
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
}
