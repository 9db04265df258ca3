//! Puts the strands of a journey into one order and finds out what it is about.

use std::cell::Cell;

use rustc_hash::FxHashMap;

use crate::flow::Outcome as Ended;
use crate::model::{PacketId, Timestamp};

use super::super::PATIENCE;
use super::super::conversation::Conversation;
use super::super::journey::{Folded, Outcome};
use super::super::link;
use super::super::moment::Moment;
use super::super::strand::{Joined, Kind, Strand};
use super::super::tale::{Placed, Tale};
use super::genre::story;
use super::people::actors;

/// Puts the strands of a journey into one order and finds out what it is about.
pub(super) fn gather(mut strands: Vec<(u32, Box<Strand>)>, now: Timestamp) -> Option<Tale> {
    strands.sort_by_key(|(_, strand)| strand.first);
    let legs = legs(&strands);
    let mut moments = Vec::new();
    let mut mains: Vec<Conversation> = Vec::new();
    let mut others: Vec<(bool, Conversation)> = Vec::new();
    let mut folded = Folded::default();
    let mut names = Vec::new();
    let mut races = Vec::new();
    let crowd = strands.iter().any(|(_, s)| s.crowd);
    let any_main = strands.iter().any(|(_, s)| s.kind == Kind::Main);
    for (id, strand) in strands {
        let leg = legs.get(&id).copied().unwrap_or(1);
        let own_leg = strand.kind == Kind::Main
            && (strand.parent.is_none()
                || matches!(
                    strand.joined,
                    Joined::Retry | Joined::Race | Joined::Redirect
                ));
        if strand.kind == Kind::Lookup || own_leg {
            names.extend(strand.names.first().cloned().map(|n| (strand.kind, n)));
        }
        folded.frames += strand.folded.frames;
        folded.ids.extend(strand.folded.ids);
        for (at, conversation) in strand.conversations.into_iter().enumerate() {
            if own_leg && at == 0 {
                mains.push(conversation);
                races.push(strand.joined == Joined::Race);
            } else {
                others.push((strand.kind == Kind::Neighbour, conversation));
            }
        }
        moments.extend(
            strand
                .moments
                .into_iter()
                .map(|moment| Placed::new(moment, leg)),
        );
    }
    moments.sort_by_cached_key(|placed: &Placed| order(&placed.moment));
    let decisive = decisive(&mains, &races, &moments);
    let end = moments
        .iter()
        .map(|p| {
            p.moment
                .body
                .as_ref()
                .map_or(p.moment.until, |b| b.until.max(p.moment.until))
        })
        .max()?;
    let last = mains.get((decisive as usize).saturating_sub(1));
    let story = story(last, &moments, any_main);
    let cut_off = match last {
        Some(c) if c.transport == "tcp" => c.ending == Ended::Open,
        _ => now.since(end) < PATIENCE,
    };
    let mut tale = Tale {
        story,
        moments,
        mains: mains.len(),
        conversations: Vec::new(),
        folded,
        decisive,
        actors: Vec::new(),
        name: None,
        end,
        crowd,
        cut_off,
        outcome: Outcome::Incomplete,
        known: Cell::new(0),
        held: Cell::new(0),
    };
    tale.name = name(&tale, &names);
    // Questions to the link come last: what a journey is about is rather a name.
    others.sort_by_key(|(neighbour, _)| *neighbour);
    mains.extend(others.into_iter().map(|(_, conversation)| conversation));
    tale.conversations = mains;
    tale.actors = actors(&tale);
    Some(tale)
}

/// Verdicts that come of silence stand behind the last frame that they list.
fn order(moment: &Moment) -> (PacketId, bool) {
    let silence = matches!(
        moment.def.id,
        "tcp.unanswered" | "dns.timeout" | "arp.unanswered" | "tcp.refused"
    );
    if silence {
        (moment.last(), true)
    } else {
        (moment.first(), false)
    }
}

/// Which connection of the journey each strand serves, from 1.
fn legs(strands: &[(u32, Box<Strand>)]) -> FxHashMap<u32, u32> {
    let mut legs = FxHashMap::default();
    let mut count = 0;
    for (id, strand) in strands {
        let own = strand.kind == Kind::Main
            && (strand.parent.is_none()
                || matches!(
                    strand.joined,
                    Joined::Retry | Joined::Race | Joined::Redirect
                ));
        if own {
            count += 1;
            legs.insert(*id, count);
        }
    }
    // What serves a strand is of its leg; parents may stand behind their children.
    for _ in 0..strands.len().min(64) {
        let mut changed = false;
        for (id, strand) in strands {
            if let Some(leg) = strand.parent.and_then(|p| legs.get(&p).copied())
                && !legs.contains_key(id)
            {
                legs.insert(*id, leg);
                changed = true;
            }
        }
        if !changed {
            break;
        }
    }
    legs
}

/// The leg that decides how the journey ended.
fn decisive(mains: &[Conversation], races: &[bool], moments: &[Placed]) -> u32 {
    let spoke = |at: usize| {
        moments.iter().any(|p| {
            p.leg as usize == at + 1
                && !matches!(
                    p.moment.protocol,
                    "tcp" | "icmp" | "icmpv6" | "dns" | "arp" | "ndp"
                )
        })
    };
    let mut decisive = 0;
    for at in 1..mains.len() {
        let lost = races.get(at) == Some(&true) && spoke(decisive) && !spoke(at);
        if !lost {
            decisive = at;
        }
    }
    decisive as u32 + 1
}

/// The name that was asked for: of the last request, of the last ClientHello, or the one that was looked up.
fn name(tale: &Tale, names: &[(Kind, Box<str>)]) -> Option<Box<str>> {
    let said = tale
        .moments
        .iter()
        .rev()
        .filter(|p| p.leg == tale.decisive)
        .find_map(|p| link::host(&p.moment));
    said.or_else(|| {
        let looked_up = names.iter().filter(|(kind, _)| *kind == Kind::Lookup);
        let last_leg = looked_up
            .map(|(_, name)| name)
            .find(|name| link::reverse_name(name).is_none() || tale.story == "dns")
            .cloned();
        last_leg.filter(|name| !name.is_empty())
    })
}
