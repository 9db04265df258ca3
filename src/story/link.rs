//! What serves a journey is joined to it, by evidence: the address in an answer is the peer's, the name is the one that
//! was asked for, an error quotes the packet, a Location leads to the next request. Of several, the first that needs it.

use std::net::IpAddr;

use rustc_hash::FxHashMap;

use crate::decode::Value;
use crate::flow::Outcome as Ended;
use crate::model::{Mac, Side};

use super::Narrator;
use super::conversation::Conversation;
use super::moment::{Datum, Moment};
use super::strand::{Expected, Joined, Kind, Strand};
use super::tale;

/// Questions for the same name, or to the link for the same address, within this time are one look-up, in nanoseconds.
const SAME: i64 = 10_000_000_000;
/// At most this many connections follow each other in one journey.
const LEGS_MAX: usize = 32;

/// Where strands are found again.
#[derive(Debug, Default)]
pub(super) struct Links {
    /// Look-ups by who asks and the name.
    lookups: FxHashMap<(Option<IpAddr>, Box<str>), u32>,
    /// Look-ups by an address that they found.
    found: FxHashMap<IpAddr, Vec<u32>>,
    /// Questions to the link by who asks and for whom.
    neighbours: FxHashMap<(Option<IpAddr>, Option<IpAddr>), u32>,
    /// Questions to the link that nobody has claimed.
    unclaimed: Vec<u32>,
    /// Datagrams and echoes by their two ends.
    pairs: FxHashMap<(IpAddr, IpAddr), Vec<u32>>,
    /// Probings by their two ends.
    probings: FxHashMap<(IpAddr, IpAddr), u32>,
    /// Connections that failed, by who wanted what.
    failed: FxHashMap<(IpAddr, IpAddr, u16), u32>,
    /// DHCP by transaction.
    leases: FxHashMap<u64, u32>,
    /// DHCP by the address it is about.
    leased: FxHashMap<IpAddr, u32>,
    /// The last strand that met an address, for what asks about addresses.
    met: FxHashMap<IpAddr, u32>,
    /// Strands that a redirect leads on from.
    redirects: Vec<u32>,
    /// Events that belong to no conversation, by protocol.
    loose: FxHashMap<&'static str, u32>,
}

impl Links {
    /// A strand was told: nothing leads to it any more.
    pub(super) fn forget(&mut self, id: u32, strand: &Strand) {
        let client = strand.client();
        for name in &strand.names {
            drop_if(&mut self.lookups, &(client, name.clone()), id);
        }
        for address in &strand.addresses {
            if let Some(list) = self.found.get_mut(address) {
                list.retain(|other| *other != id);
                if list.is_empty() {
                    self.found.remove(address);
                }
            }
        }
        self.unclaimed.retain(|other| *other != id);
        self.redirects.retain(|other| *other != id);
        if strand.kind == Kind::Neighbour {
            let n = strand.neighbour;
            drop_if(&mut self.neighbours, &(n.asker, n.target), id);
        }
        for conversation in &strand.conversations {
            let (Some(a), Some(b)) = (conversation.client, conversation.server) else {
                continue;
            };
            drop_if(&mut self.met, &a.ip, id);
            drop_if(&mut self.met, &b.ip, id);
            drop_if(&mut self.probings, &(a.ip, b.ip), id);
            drop_if(&mut self.failed, &(a.ip, b.ip, b.port.unwrap_or(0)), id);
            if let Some(list) = self.pairs.get_mut(&(a.ip, b.ip)) {
                list.retain(|other| *other != id);
                if list.is_empty() {
                    self.pairs.remove(&(a.ip, b.ip));
                }
            }
        }
        for moment in &strand.moments {
            if is_icmp_error(moment.def.id)
                && let Some(hop) = moment.src
            {
                drop_if(&mut self.met, &hop, id);
            }
            if moment.protocol == "dhcp" {
                if let Some(number) = moment.number("dhcp.id") {
                    drop_if(&mut self.leases, &number, id);
                }
                if let Some(ip) = moment.address("dhcp.ip.your") {
                    drop_if(&mut self.leased, &ip, id);
                }
            }
        }
        self.loose.retain(|_, other| *other != id);
    }
}

fn drop_if<K: std::hash::Hash + Eq>(map: &mut FxHashMap<K, u32>, key: &K, id: u32) {
    if map.get(key) == Some(&id) {
        map.remove(key);
    }
}

/// True for ICMP messages about another packet.
pub(super) fn is_icmp_error(id: &str) -> bool {
    let Some(name) = id
        .strip_prefix("icmp.")
        .or_else(|| id.strip_prefix("icmpv6."))
    else {
        return false;
    };
    !matches!(name, "echo_request" | "echo_reply")
}

impl Narrator {
    /// Puts an event where it belongs.
    pub(super) fn place(
        &mut self,
        mut moment: Moment,
        flow: Option<u32>,
        look: &dyn Fn(u32) -> Option<Conversation>,
    ) {
        let about = moment.flow;
        let conversation = about.and_then(look);
        ends(&mut moment, conversation.as_ref());
        let id = moment.def.id;
        let protocol = moment.protocol;
        let transport = conversation.as_ref().map_or("", |c| c.transport);
        let strand = if protocol == "dns" && transport != "tcp" {
            self.lookup(&moment, conversation.as_ref())
        } else if protocol == "arp" || id.starts_with("ndp.neighbor_") {
            self.neighbour(&moment)
        } else if protocol == "dhcp" {
            self.lease(&moment)
        } else {
            self.main(&moment, about)
        };
        let Some(number) = about.or(flow) else {
            self.put(strand, moment);
            return;
        };
        // An error is of two conversations: its own, and the one that it is about.
        for number in [Some(number), flow.filter(|f| *f != number)]
            .into_iter()
            .flatten()
        {
            let Some(conversation) = look(number) else {
                continue;
            };
            let Some(s) = self.strands.get_mut(&strand) else {
                return;
            };
            let new = s.meet(conversation);
            if new {
                self.routes.entry(number).or_default().push(strand);
                if Some(number) != about {
                    // It holds nothing open: the other conversation is what counts.
                    s.open = s.open.saturating_sub(1);
                } else {
                    self.begin(strand);
                }
            }
        }
        self.put(strand, moment);
    }

    fn put(&mut self, id: u32, moment: Moment) {
        let Some(strand) = self.strands.get_mut(&id) else {
            return;
        };
        let answered = moment.from == Some(Side::Server) && !is_icmp_error(moment.def.id);
        strand.established |= match moment.protocol {
            "tcp" => matches!(moment.def.id, "tcp.syn_ack" | "tcp.established" | "tcp.fin"),
            _ => answered || strand.kind != Kind::Main,
        };
        let kind = strand.kind;
        if kind != Kind::Neighbour && !self.links.unclaimed.is_empty() {
            self.claim_neighbours(id);
        }
        let event = moment.def.id;
        match moment.protocol {
            "dns" => self.learn_names(id, &moment),
            "arp" | "ndp" if kind == Kind::Neighbour => self.learn_neighbour(id, &moment),
            "dhcp" => self.learn_lease(id, &moment),
            "icmp" | "icmpv6" => self.learn_probe(id, &moment),
            "tls" | "http" | "http2" | "http3" | "quic" => {
                if event == "tls.client_hello" || event.ends_with(".request") {
                    self.learn_host(id, &moment);
                } else if event.ends_with(".response") {
                    self.learn_redirect(id, &moment);
                }
            }
            _ => {}
        }
        if let Some(strand) = self.strands.get_mut(&id) {
            strand.push(moment);
        }
    }

    fn join(&mut self, child: u32, parent: u32, why: Joined) {
        if self.root(parent) == child || child == parent {
            return;
        }
        let Some(strand) = self.strands.get_mut(&child) else {
            return;
        };
        let old = strand.parent.replace(parent);
        strand.joined = why;
        if let Some(old) = old.and_then(|old| self.strands.get_mut(&old)) {
            old.children.retain(|other| *other != child);
        }
        if let Some(parent) = self.strands.get_mut(&parent) {
            parent.children.push(child);
        }
        self.links.unclaimed.retain(|other| *other != child);
    }

    fn is_claimed(&self, id: u32) -> bool {
        self.strands.get(&id).is_none_or(|s| s.parent.is_some())
    }

    /// The strand of a conversation, or of what has none.
    fn main(&mut self, moment: &Moment, flow: Option<u32>) -> u32 {
        let known = match flow {
            Some(flow) => self
                .routes
                .get(&flow)
                .into_iter()
                .flatten()
                .copied()
                .find(|id| self.strands.get(id).is_some_and(|s| s.kind == Kind::Main)),
            None => self.links.loose.get(moment.protocol).copied(),
        };
        // An error about a question to a resolver belongs to the look-up.
        let known = known.or_else(|| {
            is_icmp_error(moment.def.id)
                .then(|| self.routes.get(&flow?)?.last().copied())
                .flatten()
                .filter(|id| self.strands.contains_key(id))
        });
        if let Some(id) = known {
            return id;
        }
        let id = self.add(Strand::new(Kind::Main, moment));
        if flow.is_none() {
            self.links.loose.insert(moment.protocol, id);
        }
        id
    }

    fn lookup(&mut self, moment: &Moment, conversation: Option<&Conversation>) -> u32 {
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
            && let Some(user) = self.links.met.get(&address).copied()
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
    fn redirect_for(&self, lookup: u32) -> Option<(Box<str>, u32)> {
        let names = &self.strands.get(&lookup)?.names;
        self.links.redirects.iter().find_map(|id| {
            let expected = self.strands.get(id)?.expected.as_ref()?;
            names
                .contains(&expected.name)
                .then(|| (expected.name.clone(), *id))
        })
    }

    fn learn_names(&mut self, id: u32, moment: &Moment) {
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
        }
        if moment.is("dns.response") {
            let found = moment
                .values
                .iter()
                .filter(|v| matches!(v.def.key, "dns.a" | "dns.aaaa"))
                .filter_map(super::moment::Captured::address);
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

    fn neighbour(&mut self, moment: &Moment) -> u32 {
        let (asker, target) = asks(moment);
        let key = (asker, target);
        if let Some(id) = self.links.neighbours.get(&key)
            && let Some(strand) = self.strands.get(id)
            && (moment.time.since(strand.last) < SAME || moment.is("arp.unanswered"))
        {
            return *id;
        }
        let mut strand = Strand::new(Kind::Neighbour, moment);
        strand.neighbour.asker = asker;
        strand.neighbour.target = target;
        let id = self.add(strand);
        self.links.neighbours.insert(key, id);
        match target
            .and_then(|target| self.links.leased.get(&target))
            .copied()
        {
            Some(lease) => self.join(id, lease, Joined::Serves),
            None => self.links.unclaimed.push(id),
        }
        id
    }

    fn learn_neighbour(&mut self, id: u32, moment: &Moment) {
        let Some(strand) = self.strands.get_mut(&id) else {
            return;
        };
        let known = &mut strand.neighbour;
        let mac = |key: &str| mac(moment, key);
        match moment.def.id {
            "arp.reply" => {
                known.answer_mac = mac("arp.src.hw_mac");
                known.asker_mac = known.asker_mac.or_else(|| mac("arp.dst.hw_mac"));
            }
            "ndp.neighbor_advertisement" => {
                known.answer_mac = mac("icmpv6.opt.linkaddr")
                    .or_else(|| mac("icmpv6.opt.target_linkaddr"))
                    .or_else(|| mac("eth.src"));
                known.asker_mac = known.asker_mac.or_else(|| mac("eth.dst"));
            }
            "arp.unanswered" => {}
            _ => {
                known.asker_mac = mac("arp.src.hw_mac").or_else(|| mac("eth.src"));
                known.asked_mac = mac("eth.dst").filter(|mac| !mac.is_group());
            }
        }
    }

    /// Joins the questions to the link that a strand's frames needed.
    fn claim_neighbours(&mut self, id: u32) {
        let fits: Vec<u32> = self
            .links
            .unclaimed
            .iter()
            .copied()
            .filter(|question| self.needs(id, *question))
            .collect();
        for question in fits {
            self.join(question, id, Joined::Serves);
        }
    }

    /// True when a strand's frames go between the ends of a question to the link.
    fn needs(&self, id: u32, question: u32) -> bool {
        let (Some(strand), Some(question)) = (self.strands.get(&id), self.strands.get(&question))
        else {
            return false;
        };
        let n = question.neighbour;
        strand.conversations.iter().any(|c| {
            let Some((a, b)) = c.macs else { return false };
            let ip = |side| c.end(side).map(|end| end.ip);
            let ends = [(a, b, ip(Side::Server)), (b, a, ip(Side::Client))];
            ends.iter().any(|(asker, other, other_ip)| {
                n.asker_mac == Some(*asker)
                    && (n.answer_mac == Some(*other)
                        || n.asked_mac == Some(*other)
                        || (n.target.is_some() && n.target == *other_ip))
            })
        })
    }

    /// Last chances of a strand whose conversation is over: a question to the link serves whoever is at work then.
    pub(super) fn claim_at_end(&mut self, id: u32) {
        let Some(strand) = self.strands.get(&id) else {
            return;
        };
        if strand.kind != Kind::Neighbour || strand.parent.is_some() {
            return;
        }
        let n = strand.neighbour;
        let user = [n.asker, n.target]
            .into_iter()
            .flatten()
            .filter_map(|ip| self.links.met.get(&ip).copied())
            .find(|user| {
                self.strands.get(user).is_some_and(|s| {
                    s.kind != Kind::Neighbour && s.first < strand.first && s.last >= strand.last
                }) && self.needs(*user, id)
            });
        if let Some(user) = user {
            self.join(id, user, Joined::Serves);
        }
    }

    fn lease(&mut self, moment: &Moment) -> u32 {
        let number = moment.number("dhcp.id").unwrap_or(0);
        if let Some(id) = self.links.leases.get(&number)
            && self.strands.contains_key(id)
        {
            return *id;
        }
        let id = self.add(Strand::new(Kind::Main, moment));
        self.links.leases.insert(number, id);
        id
    }

    /// What was asked about an address before it was offered belongs to the offer.
    fn learn_lease(&mut self, id: u32, moment: &Moment) {
        let Some(address) = moment
            .address("dhcp.ip.your")
            .filter(|ip| !ip.is_unspecified())
        else {
            return;
        };
        self.links.leased.insert(address, id);
        let questions: Vec<u32> = self
            .links
            .unclaimed
            .iter()
            .copied()
            .filter(|q| {
                self.strands
                    .get(q)
                    .is_some_and(|s| s.neighbour.target == Some(address))
            })
            .collect();
        let server = moment.src;
        let echoes = self
            .links
            .pairs
            .get(&(server.unwrap_or(address), address))
            .cloned()
            .unwrap_or_default();
        for other in questions.into_iter().chain(echoes) {
            if other != id && !self.is_claimed(other) {
                self.join(other, id, Joined::Serves);
            }
        }
    }

    /// A strand has met its first conversation: what led to it is joined.
    fn begin(&mut self, id: u32) {
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
                self.links.met.entry(client.ip).or_insert(id);
            }
            return;
        }
        self.links.met.insert(client.ip, id);
        self.links.met.insert(server.ip, id);
        if !first || strand.parent.is_some() {
            return;
        }
        if transport != "tcp" {
            self.links.pairs.entry(pair).or_default().push(id);
        }
        if let Some(root) = self.links.probings.get(&pair).copied()
            && self.strands.contains_key(&root)
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
    fn follow_redirect(&mut self, id: u32, server: IpAddr, port: u16) -> bool {
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
    fn try_again(&mut self, id: u32, key: (IpAddr, IpAddr, u16)) -> bool {
        let Some(failed) = self.links.failed.get(&key).copied() else {
            return false;
        };
        let root = self.root(failed);
        if !self.strands.contains_key(&root) || self.family(root).len() > LEGS_MAX {
            return false;
        }
        self.join(id, root, Joined::Retry);
        true
    }

    /// Joins the look-up that found the server's address; or joins the connections that use the same look-up.
    fn claim_lookup(&mut self, id: u32, server: IpAddr) {
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
                .flat_map(|m| m.conversations.first())
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
    fn learn_host(&mut self, id: u32, moment: &Moment) {
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

    /// A strand is its own again.
    fn leave(&mut self, id: u32) {
        let Some(parent) = self.strands.get_mut(&id).and_then(|s| s.parent.take()) else {
            return;
        };
        if let Some(parent) = self.strands.get_mut(&parent) {
            parent.children.retain(|other| *other != id);
        }
    }

    fn learn_redirect(&mut self, id: u32, moment: &Moment) {
        let Some(status) = tale::status(moment) else {
            return;
        };
        let leads = self.library.all().flat_map(|s| &s.then).any(|then| {
            then.on == moment.def.id
                && then.link == "location"
                && super::telling::fits(&then.matches, moment)
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
    fn learn_probe(&mut self, id: u32, moment: &Moment) {
        if !is_icmp_error(moment.def.id) {
            return;
        }
        if let Some(hop) = moment.src {
            self.links.met.insert(hop, id);
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
        for probe in all.into_iter().chain([id]) {
            if probe != root && !self.is_claimed(probe) {
                self.join(probe, root, Joined::Probes);
            }
        }
    }

    /// Remembers a connection that failed, so that the next try is found to be one.
    pub(super) fn note_failure(&mut self, id: u32) {
        let Some(strand) = self.strands.get(&id) else {
            return;
        };
        for c in &strand.conversations {
            let failed =
                matches!(c.ending, Ended::Refused | Ended::Unanswered) && c.transport == "tcp";
            if let (true, Some(a), Some(b)) = (failed, c.client, c.server) {
                self.links
                    .failed
                    .insert((a.ip, b.ip, b.port.unwrap_or(0)), id);
            }
        }
    }
}

/// Fills in who sent an event to whom.
fn ends(moment: &mut Moment, conversation: Option<&Conversation>) {
    let group = |ip: IpAddr| match ip {
        IpAddr::V4(ip) => ip.is_multicast() || ip.is_broadcast(),
        IpAddr::V6(ip) => ip.is_multicast(),
    };
    match moment.protocol {
        "arp" => {
            moment.src = moment.address("arp.src.proto_ipv4");
            moment.dst = moment.address("arp.dst.proto_ipv4");
            let all = mac(moment, "eth.dst").is_some_and(Mac::is_group);
            moment.to_all = all;
        }
        "ndp" | "icmp" | "icmpv6" | "dhcp" => {
            moment.src = moment
                .address("ip.src")
                .or_else(|| moment.address("ipv6.src"));
            moment.dst = moment
                .address("ip.dst")
                .or_else(|| moment.address("ipv6.dst"));
        }
        _ => {}
    }
    if let (Some(c), Some(side)) = (conversation, moment.from)
        && !is_icmp_error(moment.def.id)
    {
        moment.src = moment.src.or(c.end(side).map(|end| end.ip));
        moment.dst = moment.dst.or(c.end(side.other()).map(|end| end.ip));
    }
    moment.to_all |= moment.dst.is_some_and(group);
}

/// Who asks the link for whom. An announcement asks for its own address.
fn asks(moment: &Moment) -> (Option<IpAddr>, Option<IpAddr>) {
    let ip = |key| moment.address(key);
    match moment.def.id {
        "arp.reply" => (ip("arp.dst.proto_ipv4"), ip("arp.src.proto_ipv4")),
        "ndp.neighbor_advertisement" => (ip("ipv6.dst"), ip("icmpv6.nd.na.target_address")),
        id if id.starts_with("ndp.") => (ip("ipv6.src"), ip("icmpv6.nd.ns.target_address")),
        _ => (ip("arp.src.proto_ipv4"), ip("arp.dst.proto_ipv4")),
    }
}

fn mac(moment: &Moment, key: &str) -> Option<Mac> {
    match moment.value(key)?.datum {
        Datum::Plain(Value::Mac(octets)) => Some(Mac(octets)),
        _ => None,
    }
}

/// The host that a request or a ClientHello names, in lower case and without a port.
pub(super) fn host(moment: &Moment) -> Option<Box<str>> {
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
pub(super) fn split_port(authority: &str) -> (&str, Option<u16>) {
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

/// The address that a name under `in-addr.arpa` or `ip6.arpa` stands for.
pub(super) fn reverse_name(name: &str) -> Option<IpAddr> {
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
