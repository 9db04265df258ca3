//! What is said to a whole link belongs to who says it: spanning tree to a bridge and its tree, groups of multicast and
//! joining the link to a host. One journey each, however many conversations with groups that makes.

use std::net::IpAddr;

use crate::model::Mac;

use super::super::Narrator;
use super::super::moment::Moment;
use super::super::strand::{Kind, Strand};
use super::{SAME, mac};

/// So many speakers are told apart; further ones of a kind are told together.
const SPEAKERS_MAX: usize = 1024;
/// After so many conversations a speaker's next journey begins.
const CONVERSATIONS_MAX: usize = 512;

/// Who speaks to a link, and about what.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(in crate::story) struct Speaker {
    about: &'static str,
    mac: Option<Mac>,
    /// Where the link has no MAC addresses.
    ip: Option<IpAddr>,
    /// Which of several trees.
    tree: u64,
}

impl Narrator {
    /// The strand of who says something to its link; `None` for what is said to somebody.
    pub(in crate::story) fn speaker(&mut self, moment: &Moment) -> Option<u32> {
        let about = match moment.def.id {
            "ndp.router_solicitation" | "ndp.duplicate_address_probe" => "ipv6",
            "ndp.router_advertisement" => return self.answered_host(moment),
            // Events of no conversation are told by protocol.
            _ => match moment.protocol {
                "mld" => "ipv6",
                protocol @ ("stp" | "igmp") => protocol,
                protocol if moment.flow.is_none() => protocol,
                _ => return None,
            },
        };
        let mut speaker = Speaker {
            about,
            mac: mac(moment, "eth.src"),
            ..Speaker::default()
        };
        match about {
            "stp" => {
                let Some(bridge) = mac(moment, "stp.bridge.hw") else {
                    return Some(self.changed_tree(moment, speaker));
                };
                speaker.mac = Some(bridge);
                speaker.tree = moment.number("stp.bridge.ext").unwrap_or(0);
            }
            "igmp" | "ipv6" if speaker.mac.is_none() => speaker.ip = moment.src,
            _ => {}
        }
        Some(self.strand_of(moment, speaker))
    }

    /// A notification of a change names no bridge: it belongs to the tree that was heard of last.
    fn changed_tree(&mut self, moment: &Moment, speaker: Speaker) -> u32 {
        match self.links.tree.filter(|id| self.strands.contains(id)) {
            Some(id) => id,
            None => self.strand_of(moment, speaker),
        }
    }

    fn strand_of(&mut self, moment: &Moment, mut speaker: Speaker) -> u32 {
        let known = self.links.speakers.contains_key(&speaker);
        if !known && self.links.speakers.len() >= SPEAKERS_MAX {
            speaker = Speaker {
                about: speaker.about,
                ..Speaker::default()
            };
        }
        let found = self.links.speakers.get(&speaker).copied();
        let found = found.filter(|id| self.strands.get(id).is_some_and(|s| goes_on(s, moment)));
        let id = found.unwrap_or_else(|| {
            let old = self.links.speakers.get(&speaker).copied();
            let mut strand = Strand::new(Kind::Main, moment);
            strand.speaker = Some(speaker);
            let id = self.add(strand);
            self.links.speakers.insert(speaker, id);
            self.is_done(old);
            id
        });
        match moment.protocol {
            "stp" => self.links.tree = Some(id),
            "ndp" => self.links.joining = Some(id),
            _ => {}
        }
        id
    }

    /// A router introduces itself to the host that has asked for it a moment ago.
    fn answered_host(&self, moment: &Moment) -> Option<u32> {
        let id = self.links.joining?;
        let mut said = self.strands.get(&id)?.moments.iter().rev();
        let asked = said.find(|m| m.is("ndp.router_solicitation"))?;
        let to_it = moment.to_all || moment.dst == asked.src;
        (to_it && moment.time.since(asked.time) < SAME).then_some(id)
    }

    /// A speaker begins anew: what it said before ends with its conversations.
    fn is_done(&mut self, old: Option<u32>) {
        let Some(id) = old else { return };
        if let Some(strand) = self.strands.get_mut(&id) {
            strand.speaker = None;
        }
        self.tell_when_over(id, true);
    }
}

/// True when an event goes on with what its speaker has said. A host that joins the link again begins a new journey.
fn goes_on(strand: &Strand, moment: &Moment) -> bool {
    if joins(moment) {
        let last = strand.moments.iter().rev().find(|m| joins(m));
        let last = last.or(strand.moments.first());
        return last.is_none_or(|m| moment.time.since(m.time) < SAME);
    }
    strand.conversations.len() < CONVERSATIONS_MAX
}

/// True for what a host says that joins a link: it asks for routers, or has no address yet.
fn joins(moment: &Moment) -> bool {
    let nobody = moment.src.is_some_and(|ip| ip.is_unspecified());
    moment.protocol == "ndp" || (moment.protocol == "mld" && nobody)
}
