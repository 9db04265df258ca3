//! Connections that continue a journey: where a redirect leads, the next try after a failure, the probes of a traceroute.

use std::net::IpAddr;

use crate::flow::Outcome;

use super::super::Narrator;
use super::super::conversation::Conversation;
use super::super::moment::Moment;
use super::super::strand::{Expected, Joined, Kind};
use super::super::{tale, telling};
use super::names::split_port;
use super::{LEGS_MAX, PROBES_MAX, is_icmp_error};

impl Narrator {
    /// A strand has met its first conversation: what led to it is joined.
    pub(in crate::story) fn begin(&mut self, id: u32) {
        let Some(strand) = self.strands.get(&id) else {
            return;
        };
        let Some(last) = strand.conversations.last() else {
            return;
        };
        let (Some(client), Some(server)) = (last.client, last.server) else {
            return;
        };
        let transport = last.transport;
        let pair = (client.ip, server.ip);
        let first = strand.conversations.len() == 1;
        if strand.kind != Kind::Main {
            if strand.kind == Kind::Lookup && first {
                let place = self.links.met.entry((client.ip, client.ip));
                place.or_insert(id);
            }
            return;
        }
        for address in [client.ip, server.ip] {
            self.links.meet([client.ip, server.ip], address, id);
        }
        if !first || strand.parent.is_some() {
            return;
        }
        if transport != "tcp" {
            self.links.pairs.entry(pair).or_default().push(id);
        }
        if let Some(root) = self.links.probings.get(&pair).copied()
            && self
                .strands
                .get(&root)
                .is_some_and(|s| s.children.len() < PROBES_MAX)
        {
            self.join(id, root, Joined::Probes);
            return;
        }
        let key = (client.ip, server.ip, server.port.unwrap_or(0));
        if self.follow_redirect(id, key.1, key.2) || self.try_again(id, key) {
            return;
        }
        self.claim_lookup(id, server.ip);
    }

    /// The connection goes where an answer sent the client.
    pub(in crate::story) fn follow_redirect(&mut self, id: u32, server: IpAddr, port: u16) -> bool {
        let leads = |from: &&u32| {
            let strand = self.strands.get(from)?;
            let expected = strand.expected.as_ref()?;
            let new = self.strands.get(&id)?;
            if expected.port != port || !strand.is_host(new) {
                return None;
            }
            let same_name = strand.names.contains(&expected.name)
                && strand
                    .conversations
                    .iter()
                    .any(|c| c.server.map(|e| e.ip) == Some(server));
            let literal = expected.name.parse() == Ok(server);
            let looked_up = self
                .links
                .found
                .get(&server)
                .into_iter()
                .flatten()
                .filter_map(|l| self.strands.get(l))
                .any(|l| l.names.contains(&expected.name));
            (same_name || literal || looked_up).then_some(())
        };
        let Some(from) = self
            .links
            .redirects
            .iter()
            .find(|from| leads(from).is_some())
            .copied()
        else {
            return false;
        };
        let Some(expected) = self.strands.get_mut(&from).and_then(|s| s.expected.take()) else {
            return false;
        };
        self.links.redirects.retain(|other| *other != from);
        let root = self.root(from);
        if self.family(root).len() > LEGS_MAX {
            return false;
        }
        // A look-up that was made on the way belongs to the connection that uses it.
        let made: Vec<u32> = self
            .links
            .found
            .get(&server)
            .into_iter()
            .flatten()
            .copied()
            .filter(|l| {
                self.strands
                    .get(l)
                    .is_some_and(|s| s.names.contains(&expected.name) && s.parent == Some(from))
                    && self
                        .strands
                        .get(&from)
                        .is_some_and(|f| self.strands.get(l).is_some_and(|s| s.first > f.first))
            })
            .collect();
        self.join(id, root, Joined::Redirect);
        for lookup in made {
            self.join(lookup, id, Joined::Serves);
        }
        true
    }

    /// The last try for the same end failed a moment ago.
    pub(in crate::story) fn try_again(&mut self, id: u32, key: (IpAddr, IpAddr, u16)) -> bool {
        let Some(failed) = self.links.failed.get(&key).copied() else {
            return false;
        };
        let root = self.root(failed);
        if !self.strands.contains(&root) || self.family(root).len() > LEGS_MAX {
            return false;
        }
        self.join(id, root, Joined::Retry);
        true
    }

    pub(in crate::story) fn learn_redirect(&mut self, id: u32, moment: &Moment) {
        let Some(status) = tale::status(moment) else {
            return;
        };
        let leads = self.library.all().flat_map(|s| &s.then).any(|then| {
            then.on == moment.def.id
                && then.link == "location"
                && telling::fits(&then.matches, moment)
        });
        let Some(strand) = self.strands.get_mut(&id) else {
            return;
        };
        if status >= 200 {
            strand.expected = None;
        }
        let location = moment
            .text("http.location")
            .or_else(|| moment.text("http2.headers.location"))
            .or_else(|| tale::header(moment, "location"));
        let Some(expected) = location.filter(|_| leads).and_then(destination) else {
            return;
        };
        // The same host and port: the connection may be used again.
        let here = strand.conversations.first().and_then(Conversation::port) == Some(expected.port)
            && strand.names.contains(&expected.name);
        if !here {
            strand.expected = Some(expected);
            self.links.redirects.push(id);
        }
    }

    /// ICMP about a packet whose time to live ran out: its conversation is probing, with all others between the two.
    pub(in crate::story) fn learn_probe(&mut self, id: u32, moment: &Moment) {
        if !is_icmp_error(moment.def.id) {
            return;
        }
        if let (Some(hop), Some(strand)) = (moment.src, self.strands.get(&id))
            && let (Some(client), Some(server)) = (strand.client(), strand.server())
        {
            self.links.meet([client, server], hop, id);
        }
        if !moment.def.id.ends_with(".time_exceeded") {
            return;
        }
        let Some(strand) = self.strands.get(&id).filter(|s| s.kind == Kind::Main) else {
            return;
        };
        let (Some(client), Some(server)) = (strand.client(), strand.server()) else {
            return;
        };
        let all = self
            .links
            .pairs
            .get(&(client, server))
            .cloned()
            .unwrap_or_default();
        let first = all.first().copied().unwrap_or(id);
        let root = *self.links.probings.entry((client, server)).or_insert(first);
        for probe in all.into_iter().chain([id]).take(PROBES_MAX) {
            if probe != root && !self.is_claimed(probe) {
                self.join(probe, root, Joined::Probes);
            }
        }
    }

    /// Remembers a connection that failed, so that the next try is found to be one.
    pub(in crate::story) fn note_failure(&mut self, id: u32) {
        let Some(strand) = self.strands.get(&id) else {
            return;
        };
        for c in &strand.conversations {
            let failed =
                matches!(c.ending, Outcome::Refused | Outcome::Unanswered) && c.transport == "tcp";
            if let (true, Some(a), Some(b)) = (failed, c.client, c.server) {
                self.links
                    .failed
                    .insert((a.ip, b.ip, b.port.unwrap_or(0)), id);
            }
        }
    }
}

/// Where an absolute `Location` leads.
fn destination(location: &str) -> Option<Expected> {
    let (scheme, rest) = location.trim().split_once("://")?;
    let standard = match scheme.to_ascii_lowercase().as_str() {
        "http" => 80,
        "https" => 443,
        _ => return None,
    };
    let authority = rest.split(['/', '?', '#']).next()?;
    let authority = authority.rsplit('@').next()?;
    let (host, port) = split_port(authority);
    Some(Expected {
        name: host.to_ascii_lowercase().into(),
        port: port.unwrap_or(standard),
    })
}
