//! A journey while it is put together: its events in time, before words are chosen for them. Facts and diagnoses are found here.

use std::cell::Cell;
use std::net::IpAddr;

use crate::model::{Side, Timestamp};

use super::conversation::Conversation;
use super::facts::{Condition, FACTS};
use super::journey::{Actor, Folded, Outcome, Role};
use super::moment::Moment;

/// An event and its place in the journey.
#[derive(Clone, Debug)]
pub struct Placed {
    /// The event.
    pub moment: Box<Moment>,
    /// Which connection of the journey it serves, from 1.
    pub leg: u32,
    /// The event's id. It is looked for so often that it stands here, too.
    id: &'static str,
}

impl Placed {
    /// An event of this connection of the journey.
    #[must_use]
    pub fn new(moment: Box<Moment>, leg: u32) -> Self {
        Self {
            id: moment.def.id,
            moment,
            leg,
        }
    }
}

/// A journey without words.
#[derive(Debug)]
pub struct Tale {
    /// The story's id.
    pub story: &'static str,
    /// Its events in time.
    pub moments: Vec<Placed>,
    /// Its main conversations, one a leg, then those that serve them.
    pub conversations: Vec<Conversation>,
    /// Further conversations, when there are very many.
    pub folded: Folded,
    /// How many of the conversations are main ones.
    pub mains: usize,
    /// The leg that decides how it ended, from 1: the last, but not one that lost a race of addresses.
    pub decisive: u32,
    /// Who takes part.
    pub actors: Vec<Actor>,
    /// The name that was asked for.
    pub name: Option<Box<str>>,
    /// When its last frame was.
    pub end: Timestamp,
    /// Many tries that failed alike are told as this one.
    pub crowd: bool,
    /// The capture ended while a conversation of it was still open.
    pub cut_off: bool,
    /// How it ended; found before the last facts are asked for.
    pub outcome: Outcome,
    /// The facts that were asked for, one bit each by their place in the table.
    pub(super) known: Cell<u128>,
    /// Those of them that hold.
    pub(super) held: Cell<u128>,
}

/// Facts that were found are remembered in the bits of one number.
const _: () = assert!(FACTS.len() <= u128::BITS as usize);

impl Tale {
    /// True when all conditions hold.
    #[must_use]
    pub fn holds(&self, conditions: &[Condition]) -> bool {
        conditions.iter().all(|condition| {
            condition
                .fact
                .is_some_and(|fact| self.fact(fact) != condition.not)
        })
    }

    fn fact(&self, index: usize) -> bool {
        let bit = 1 << index;
        if self.known.get() & bit != 0 {
            return self.held.get() & bit != 0;
        }
        let holds = FACTS.get(index).is_some_and(|fact| (fact.holds)(self));
        self.known.set(self.known.get() | bit);
        if holds {
            self.held.set(self.held.get() | bit);
        }
        holds
    }

    /// Its events of this id.
    pub fn all<'a>(&'a self, id: &'a str) -> impl DoubleEndedIterator<Item = &'a Moment> {
        self.moments
            .iter()
            .filter(move |placed| placed.id == id)
            .map(|placed| &*placed.moment)
    }

    /// True when an event of this id happened.
    #[must_use]
    pub fn seen(&self, id: &str) -> bool {
        self.all(id).next().is_some()
    }

    /// True when any event of this id fits.
    pub fn any(&self, id: &str, fits: impl Fn(&Moment) -> bool) -> bool {
        self.all(id).any(fits)
    }

    /// The events of the decisive leg with this id.
    pub fn last_leg<'a>(&'a self, id: &'a str) -> impl Iterator<Item = &'a Moment> {
        let last = self.decisive;
        self.moments
            .iter()
            .filter(move |placed| placed.leg == last && placed.id == id)
            .map(|placed| &*placed.moment)
    }

    /// Its main conversations.
    #[must_use]
    pub fn mains(&self) -> &[Conversation] {
        self.conversations.get(..self.mains).unwrap_or_default()
    }

    /// The conversation that decides how it ended.
    #[must_use]
    pub fn last(&self) -> Option<&Conversation> {
        self.mains()
            .get((self.decisive as usize).checked_sub(1)?)
            .or_else(|| self.mains().last())
    }

    /// The address of someone.
    #[must_use]
    pub fn address(&self, role: Role) -> Option<IpAddr> {
        self.actors.iter().find(|a| a.role == role)?.ip
    }

    /// Final answers to HTTP requests, by status.
    pub fn statuses(&self) -> impl DoubleEndedIterator<Item = u64> {
        self.moments
            .iter()
            .filter_map(|placed| status(&placed.moment))
            .filter(|status| is_final(*status))
    }

    /// The value of a header field of requests or responses, by its name in lower case.
    pub fn header<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.moments
            .iter()
            .filter_map(move |placed| header(&placed.moment, name))
    }

    /// True when that side sent this event.
    #[must_use]
    pub fn sent(&self, id: &str, side: Side) -> bool {
        self.any(id, |m| m.from == Some(side))
    }
}

/// True for a request to a proxy for a tunnel, and for the response that opens it: neither is about what the tunnel is for.
#[must_use]
pub fn is_tunnel(moment: &Moment) -> bool {
    moment.text("http.request.method") == Some("CONNECT")
        || moment.number("wirewalk.http.tunnel") == Some(1)
}

/// True for an HTTP request, of any version.
#[must_use]
pub fn is_request(moment: &Moment) -> bool {
    let id = moment.def.id;
    matches!(id, "http.request" | "http2.request" | "http3.request") && !is_tunnel(moment)
}

/// True when no further answer of HTTP follows one of this status: after 101 another protocol is spoken (RFC 9110 section
/// 15.2).
#[must_use]
pub const fn is_final(status: u64) -> bool {
    status >= 200 || status == 101
}

/// The status of an HTTP response, of any version.
#[must_use]
pub fn status(moment: &Moment) -> Option<u64> {
    match moment.def.id {
        "http.response" if is_tunnel(moment) => None,
        "http.response" => moment.number("http.response.code"),
        "http2.response" => {
            let status = moment.value("http2.headers.status")?;
            status
                .number()
                .or_else(|| status.text()?.trim().parse().ok())
        }
        "http3.response" => {
            let status = moment.value("http3.headers.status")?;
            status
                .number()
                .or_else(|| status.text()?.trim().parse().ok())
        }
        _ => None,
    }
}

/// The value of a header field, by its name in lower case.
#[must_use]
pub fn header<'a>(moment: &'a Moment, name: &str) -> Option<&'a str> {
    let (names, values) = match moment.protocol {
        "http" => {
            let lines = moment
                .values
                .iter()
                .filter(|c| matches!(c.def.key, "http.request.line" | "http.response.line"));
            let unnamed = lines
                .filter_map(super::moment::Captured::text)
                .filter_map(|line| line.split_once(':'))
                .find(|(key, _)| key.eq_ignore_ascii_case(name))
                .map(|(_, value)| value.trim());
            // Frequent header fields have keys of their own.
            let own = moment.values.iter().find(|c| {
                let key = c.def.key.strip_prefix("http.");
                key.is_some_and(|key| key.split('_').eq(name.split('-')))
            });
            return unnamed.or_else(|| own?.text());
        }
        "http2" => ("http2.header.name", "http2.header.value"),
        "http3" => ("http3.headers.header.name", "http3.headers.header.value"),
        _ => return None,
    };
    moment
        .values
        .iter()
        .filter(|c| c.def.key == names)
        .zip(moment.values.iter().filter(|c| c.def.key == values))
        .find(|(key, _)| key.text().is_some_and(|key| key.eq_ignore_ascii_case(name)))
        .and_then(|(_, value)| value.text())
}
