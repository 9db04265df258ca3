//! Names that are looked up and used: a look-up serves the connection to an address that it found, or to the name it asked for.

use std::net::IpAddr;

use super::super::conversation::Conversation;
use super::super::moment::{Captured, Moment};
use super::super::strand::{Joined, Kind, Strand};
use super::super::tale;
use super::super::{Later, Narrator};
use super::{LEGS_MAX, SAME};

impl Narrator {
    pub(in crate::story) fn lookup(
        &mut self,
        moment: &Moment,
        conversation: Option<&Conversation>,
    ) -> u32 {
        let client = conversation.and_then(|c| c.client).map(|end| end.ip);
        let name = moment
            .text("dns.qry.name")
            .map(|name| name.to_ascii_lowercase().into_boxed_str())
            .unwrap_or_default();
        let key = (client, name);
        let answer = moment.is("dns.response") || moment.is("dns.timeout");
        let asked = moment.number("dns.qry.type").unwrap_or(0);
        let id_of_question = moment.number("dns.id").unwrap_or(0);
        if let Some(id) = self.links.lookups.get(&key)
            && let Some(strand) = self.strands.get(id)
        {
            let open = strand.questions.contains(&id_of_question);
            let fresh = moment.time.since(strand.last) < SAME;
            // A type that was answered and is asked for again is another look-up.
            if answer
                || open
                || (fresh && (!strand.types.contains(&asked) || !strand.questions.is_empty()))
            {
                return *id;
            }
        }
        let mut strand = Strand::new(Kind::Lookup, moment);
        strand.names.push(key.1.clone());
        let reverse = reverse_name(&key.1);
        let id = self.add(strand);
        self.links.lookups.insert(key, id);
        if let Some(address) = reverse
            && let Some(host) = client
            && let Some(user) = self.links.met.get(&(host, address)).copied()
            && let Some(main) = self.strands.get(&user)
            && (main.client() == client || main.server() == client)
        {
            self.join(id, user, Joined::Serves);
        } else if let Some((name, user)) = self.redirect_for(id)
            && self
                .strands
                .get(&id)
                .is_some_and(|s| s.names.contains(&name))
        {
            self.join(id, user, Joined::Serves);
        }
        id
    }

    /// A redirect that waits for the name of a look-up.
    pub(in crate::story) fn redirect_for(&self, lookup: u32) -> Option<(Box<str>, u32)> {
        let names = &self.strands.get(&lookup)?.names;
        self.links.redirects.iter().find_map(|id| {
            let expected = self.strands.get(id)?.expected.as_ref()?;
            names
                .contains(&expected.name)
                .then(|| (expected.name.clone(), *id))
        })
    }

    pub(in crate::story) fn learn_names(&mut self, id: u32, moment: &Moment) {
        let Some(strand) = self.strands.get_mut(&id) else {
            return;
        };
        let question = moment.number("dns.id").unwrap_or(0);
        if moment.is("dns.query") {
            if !strand.questions.contains(&question) {
                strand.questions.push(question);
            }
            strand
                .types
                .push(moment.number("dns.qry.type").unwrap_or(0));
        } else {
            strand.questions.retain(|open| *open != question);
            if strand.questions.is_empty() && strand.parent.is_none() {
                self.later(Later::Lookup(id));
            }
        }
        let Some(strand) = self.strands.get_mut(&id) else {
            return;
        };
        if moment.is("dns.response") {
            let found = moment
                .values
                .iter()
                .filter(|v| matches!(v.def.key, "dns.a" | "dns.aaaa"))
                .filter_map(Captured::address);
            for address in found {
                if !strand.addresses.contains(&address) {
                    strand.addresses.push(address);
                    self.links.found.entry(address).or_default().push(id);
                }
            }
        }
        // A question over TCP belongs to the look-up whose answer was cut.
        if strand.kind == Kind::Main
            && strand.parent.is_none()
            && let Some(name) = moment.text("dns.qry.name")
        {
            let key = (strand.client(), name.to_ascii_lowercase().into_boxed_str());
            let earlier = self.links.lookups.get(&key).copied();
            if let Some(earlier) = earlier.filter(|e| *e != id && self.root(*e) != id) {
                self.join(id, earlier, Joined::Serves);
            }
        }
    }

    /// Joins the look-up that found the server's address; or joins the connections that use the same look-up.
    pub(in crate::story) fn claim_lookup(&mut self, id: u32, server: IpAddr) {
        let Some(strand) = self.strands.get(&id) else {
            return;
        };
        let candidates: Vec<u32> = self
            .links
            .found
            .get(&server)
            .into_iter()
            .flatten()
            .copied()
            .filter(|l| {
                self.strands
                    .get(l)
                    .is_some_and(|lookup| lookup.is_host(strand) && *l != id)
            })
            .collect();
        if let Some(lookup) = candidates.iter().rev().find(|l| !self.is_claimed(**l)) {
            self.join(*lookup, id, Joined::Serves);
            return;
        }
        let port = strand.conversations.first().and_then(Conversation::port);
        for lookup in candidates {
            let root = self.root(lookup);
            let family = self.family(root);
            let mains = || {
                family
                    .iter()
                    .filter_map(|m| self.strands.get(m))
                    .filter(|m| m.kind == Kind::Main)
            };
            let ports_fit = mains()
                .filter_map(|m| m.conversations.first())
                .all(|c| c.port() == port);
            let pending = mains().all(|m| !m.established);
            let other_address = mains().all(|m| m.server() != Some(server));
            if root != id
                && ports_fit
                && pending
                && other_address
                && mains().next().is_some()
                && family.len() <= LEGS_MAX
            {
                let open = mains().any(|m| m.open > 0);
                self.join(id, root, if open { Joined::Race } else { Joined::Retry });
                return;
            }
        }
    }

    /// A name is used: the look-up of that name serves this connection, if nobody else has needed it.
    pub(in crate::story) fn learn_host(&mut self, id: u32, moment: &Moment) {
        let Some(name) = host(moment) else { return };
        let Some(strand) = self.strands.get_mut(&id) else {
            return;
        };
        if !strand.names.contains(&name) {
            strand.names.push(name.clone());
        }
        let served = strand.children.clone();
        let is_lookup = |id: &&u32| {
            self.strands.get(id).is_some_and(|s| {
                s.kind == Kind::Lookup && reverse_name(s.names.first().map_or("", |n| n)).is_none()
            })
        };
        let wrong: Vec<u32> = served.iter().filter(is_lookup).copied().collect();
        if wrong
            .iter()
            .any(|l| self.strands.get(l).is_some_and(|s| s.names.contains(&name)))
        {
            return;
        }
        let Some(strand) = self.strands.get(&id) else {
            return;
        };
        let server = strand.server();
        let better = self
            .links
            .lookups
            .get(&(strand.client(), name))
            .copied()
            .filter(|l| !self.is_claimed(*l) && *l != id);
        let Some(better) = better else { return };
        let finds = self.strands.get(&better).is_some_and(|l| {
            l.addresses.is_empty() || server.is_some_and(|s| l.addresses.contains(&s))
        });
        if !finds && !wrong.is_empty() {
            return;
        }
        for lookup in wrong {
            self.leave(lookup);
        }
        self.join(better, id, Joined::Serves);
    }
}

/// The host that a request or a ClientHello names, in lower case and without a port.
pub(in crate::story) fn host(moment: &Moment) -> Option<Box<str>> {
    if !matches!(moment.protocol, "tls" | "quic" | "http" | "http2" | "http3") {
        return None;
    }
    let text = moment
        .text("tls.handshake.extensions_server_name")
        .or_else(|| moment.text("http.host"))
        .or_else(|| moment.text("http2.headers.authority"))
        .or_else(|| tale::header(moment, "host"))
        .or_else(|| tale::header(moment, ":authority"))?;
    let name = split_port(text).0;
    (!name.is_empty()).then(|| name.to_ascii_lowercase().into_boxed_str())
}

/// Host and port of an authority.
pub(in crate::story) fn split_port(authority: &str) -> (&str, Option<u16>) {
    let authority = authority.trim();
    if let Some(rest) = authority.strip_prefix('[') {
        let (ip, port) = rest.split_once(']').unwrap_or((rest, ""));
        return (ip, port.strip_prefix(':').and_then(|p| p.parse().ok()));
    }
    match authority.rsplit_once(':') {
        Some((host, port)) if !host.contains(':') => (host, port.parse().ok()),
        _ => (authority, None),
    }
}

/// The address that a name under `in-addr.arpa` or `ip6.arpa` stands for.
pub(in crate::story) fn reverse_name(name: &str) -> Option<IpAddr> {
    if let Some(octets) = name.strip_suffix(".in-addr.arpa") {
        let mut parts = octets.split('.').map(|part| part.parse::<u8>().ok());
        let [a, b, c, d] = [
            parts.next()??,
            parts.next()??,
            parts.next()??,
            parts.next()??,
        ];
        return parts.next().is_none().then(|| IpAddr::from([d, c, b, a]));
    }
    let nibbles = name.strip_suffix(".ip6.arpa")?;
    let mut value = 0_u128;
    let mut count = 0_u32;
    for nibble in nibbles.split('.') {
        if count >= 32 || nibble.len() != 1 {
            return None;
        }
        value |= u128::from(nibble.chars().next()?.to_digit(16)?) << (4 * count);
        count += 1;
    }
    (count == 32).then(|| IpAddr::from(value.to_be_bytes()))
}
