//! A strand: events that belong together whatever journey they end up in (a connection, a look-up, a question to the
//! link). Strands claim each other; a strand that nobody claimed is the root of a journey.

use std::net::IpAddr;

use rustc_hash::FxHashMap;
use smallvec::SmallVec;

use crate::decode::BodyPart;
use crate::model::{Mac, PacketId, Side, Timestamp};

use super::conversation::Conversation;
use super::journey::Folded;
use super::link::Speaker;
use super::moment::{Body, Moment, fingerprint};

/// Events of one kind and side that a strand keeps one by one; later ones are added to the last of them.
const APART_MAX: u32 = 200;
/// What a speaker says is told apart in so many ways; further ones are told together.
const LIKE_MAX: usize = 1024;
/// Frames that one event lists; later ones are only counted.
const PACKETS_MAX: usize = 100_000;

/// Conversations of a crowd of which everything is known; of later ones their number.
const KNOWN_MAX: usize = 1024;

/// What a strand is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A conversation that wants something for its own sake.
    Main,
    /// A name that is looked up.
    Lookup,
    /// A question to the link: whose MAC address is it?
    Neighbour,
}

/// Why a strand belongs to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Joined {
    /// It serves it.
    Serves,
    /// It is another packet of the same probing.
    Probes,
    /// The first try failed, and this is the next.
    Retry,
    /// Two addresses are tried at the same time.
    Race,
    /// An answer sent the client there.
    Redirect,
}

/// Events that are told together where there are very many: of one kind and side, and of a speaker only such as say the same.
type Like = (usize, Option<Side>, u64);

/// What is known of a question to the link.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Neighbour {
    pub asker: Option<IpAddr>,
    pub target: Option<IpAddr>,
    pub asker_mac: Option<Mac>,
    /// Whom the question was sent to, when it was not everyone.
    pub asked_mac: Option<Mac>,
    pub answer_mac: Option<Mac>,
}

/// Where a redirect leads.
#[derive(Clone, Debug)]
pub(super) struct Expected {
    pub name: Box<str>,
    pub port: u16,
}

#[derive(Debug)]
pub(super) struct Strand {
    pub kind: Kind,
    pub parent: Option<u32>,
    pub joined: Joined,
    pub children: Vec<u32>,
    #[expect(
        clippy::vec_box,
        reason = "they are sorted and handed on, and a pointer moves faster"
    )]
    pub moments: Vec<Box<Moment>>,
    pub conversations: SmallVec<[Conversation; 1]>,
    /// How many of the conversations have not ended.
    pub open: u32,
    pub first: PacketId,
    pub last: Timestamp,
    /// Names that were looked up or used here, in lower case.
    pub names: Vec<Box<str>>,
    /// Addresses that a look-up found.
    pub addresses: Vec<IpAddr>,
    /// Questions without an answer, by id.
    pub questions: Vec<u64>,
    /// Types that were asked for.
    pub types: Vec<u64>,
    pub neighbour: Neighbour,
    pub expected: Option<Expected>,
    /// How much was known of unclaimed questions to the link when this strand last looked at them.
    pub checked: u64,
    /// One of its events leads to it by what it quotes: an ICMP error, a DHCP message.
    pub quoted: bool,
    /// The other side has answered.
    pub established: bool,
    /// Who says all of it to the whole link: it goes on as long as the capture does.
    pub speaker: Option<Speaker>,
    /// Many that failed alike are told as this one.
    pub crowd: bool,
    /// Conversations of a crowd that are only counted.
    pub folded: Folded,
    tally: FxHashMap<Like, (u32, u32)>,
}

impl Strand {
    pub(super) fn new(kind: Kind, moment: &Moment) -> Self {
        Self {
            kind,
            parent: None,
            joined: Joined::Serves,
            children: Vec::new(),
            moments: Vec::new(),
            conversations: SmallVec::new(),
            open: 0,
            first: moment.first(),
            last: moment.until,
            names: Vec::new(),
            addresses: Vec::new(),
            questions: Vec::new(),
            types: Vec::new(),
            neighbour: Neighbour::default(),
            expected: None,
            checked: 0,
            quoted: false,
            established: false,
            speaker: None,
            crowd: false,
            folded: Folded::default(),
            tally: FxHashMap::default(),
        }
    }

    /// Adds an event; where there are very many of a kind, adds it to the last of them.
    pub(super) fn push(&mut self, moment: Box<Moment>) {
        self.first = self.first.min(moment.first());
        self.last = self.last.max(moment.until);
        // Most strands are short: counting starts when there is something to count.
        if self.moments.len() >= APART_MAX as usize {
            if self.tally.is_empty() {
                for (at, m) in self.moments.iter().enumerate() {
                    let row = self.tally.entry(self.like(m)).or_default();
                    *row = (row.0 + 1, at as u32);
                }
            }
            let next = self.moments.len() as u32;
            let row = self.tally.entry(self.like(&moment)).or_insert((0, next));
            row.0 += 1;
            if row.0 > APART_MAX
                && let Some(last) = self.moments.get_mut(row.1 as usize)
            {
                last.take_in(*moment, PACKETS_MAX);
                return;
            }
            row.1 = next;
        }
        self.moments.push(moment);
    }

    fn like(&self, moment: &Moment) -> Like {
        let says = match self.speaker {
            Some(_) if self.tally.len() < LIKE_MAX => fingerprint(moment.values.iter()),
            _ => 0,
        };
        (std::ptr::from_ref(moment.def).addr(), moment.from, says)
    }

    /// Takes out the first event that fits.
    pub(super) fn take(&mut self, fits: impl Fn(&Moment) -> bool) -> Option<Box<Moment>> {
        let at = self.moments.iter().position(|m| fits(m))?;
        // What was counted names places: it is counted anew when there is something to count.
        self.tally.clear();
        Some(self.moments.remove(at))
    }

    /// Counts bytes of the body of the last message of this kind.
    pub(super) fn grow(&mut self, part: &BodyPart, flow: u32, packet: PacketId, time: Timestamp) {
        self.last = self.last.max(time);
        let Some(moment) = self.moments.iter_mut().rev().find(|m| {
            std::ptr::eq(m.def, part.event)
                && m.flow == Some(flow)
                && m.from.is_none_or(|side| side == part.from)
        }) else {
            return;
        };
        let body = moment.body.get_or_insert_with(|| {
            Box::new(Body {
                first: packet,
                last: packet,
                until: time,
                count: 1,
                bytes: 0,
            })
        });
        if body.last != packet {
            body.count += 1;
            body.last = packet;
        }
        body.until = body.until.max(time);
        body.bytes += part.bytes;
    }

    /// Takes in another strand: events of a kind become one.
    pub(super) fn absorb(&mut self, other: Self) {
        self.first = self.first.min(other.first);
        self.last = self.last.max(other.last);
        self.quoted |= other.quoted;
        for conversation in other.conversations {
            if self.knows(conversation.id) || self.folded.ids.last() == Some(&conversation.id) {
                continue;
            }
            if self.conversations.len() < KNOWN_MAX {
                self.conversations.push(conversation);
            } else {
                self.folded.ids.push(conversation.id);
                self.folded.frames += conversation.frames;
            }
        }
        for moment in other.moments {
            match self.moments.iter_mut().find(|m| m.def == moment.def) {
                Some(known) => known.take_in(*moment, PACKETS_MAX),
                None => self.moments.push(moment),
            }
        }
    }

    /// True when a conversation is part of it.
    pub(super) fn knows(&self, conversation: u32) -> bool {
        self.conversations.iter().any(|c| c.id == conversation)
    }

    /// Takes in a conversation that it does not know.
    pub(super) fn meet(&mut self, conversation: Conversation) {
        self.conversations.push(conversation);
        // What is known of questions may concern it too.
        self.checked = 0;
        self.open += 1;
    }

    /// Who opened its first conversation.
    pub(super) fn client(&self) -> Option<IpAddr> {
        Some(self.conversations.first()?.client?.ip)
    }

    /// Who is asked in its first conversation.
    pub(super) fn server(&self) -> Option<IpAddr> {
        Some(self.conversations.first()?.server?.ip)
    }

    /// True when the same machine acts in both, as far as addresses tell: a resolver on the loopback serves everyone here.
    pub(super) fn is_host(&self, other: &Self) -> bool {
        let (mine, theirs) = (self.client(), other.client());
        if mine == theirs || [mine, theirs].iter().flatten().any(IpAddr::is_loopback) {
            return true;
        }
        let mac = |s: &Self| s.conversations.first().and_then(|c| c.macs).map(|m| m.0);
        mac(self).is_some() && mac(self) == mac(other)
    }
}

#[cfg(test)]
mod tests {
    use super::super::moment::{Evidence, Packets};
    use super::*;
    use crate::model::EventDef;

    static FRAGMENT: EventDef = EventDef {
        id: "ip.fragment",
        help: "",
    };
    static OTHER: EventDef = EventDef {
        id: "udp.datagram",
        help: "",
    };

    fn moment(def: &'static EventDef, packet: u64) -> Box<Moment> {
        Box::new(Moment {
            def,
            flow: None,
            from: None,
            src: None,
            dst: None,
            to_all: false,
            packets: Packets::from_slice(&[PacketId(packet)]),
            count: 1,
            time: Timestamp::default(),
            until: Timestamp::default(),
            evidence: Evidence::Observed,
            values: Box::default(),
            osi: 3,
            layers: 0,
            protocol: "ip",
            about: None,
            body: None,
        })
    }

    #[test]
    fn what_is_taken_out_moves_nothing_else_into_another_event() {
        let mut strand = Strand::new(Kind::Main, &moment(&FRAGMENT, 1));
        for packet in 1..=u64::from(APART_MAX) {
            strand.push(moment(&FRAGMENT, packet));
        }
        strand.push(moment(&OTHER, 900));
        strand.push(moment(&FRAGMENT, 901));
        let folded = |strand: &Strand, def: &EventDef| {
            let of = strand.moments.iter().filter(|m| m.is(def.id));
            of.map(|m| m.count).sum::<u32>()
        };
        assert_eq!(folded(&strand, &FRAGMENT), APART_MAX + 1);
        assert!(strand.take(|m| m.first() == PacketId(1)).is_some());
        assert!(strand.take(|m| m.first() == PacketId(1)).is_none());
        for packet in 902..910 {
            strand.push(moment(&FRAGMENT, packet));
        }
        assert_eq!(folded(&strand, &OTHER), 1);
        assert_eq!(folded(&strand, &FRAGMENT), APART_MAX + 8);
    }
}
