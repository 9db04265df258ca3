//! What serves a journey is joined to it, by evidence: the address in an answer is the peer's, the name is the one that
//! was asked for, an error quotes the packet, a Location leads to the next request. Of several, the first that needs it.

mod dialogues;
mod fragments;
mod leases;
mod legs;
mod names;
mod neighbours;
mod speakers;

use std::borrow::Borrow;
use std::hash::Hash;
use std::net::IpAddr;

use rustc_hash::FxHashMap;

use crate::decode::Value;
use crate::model::{Mac, PacketId, Side};

use super::Narrator;
use super::conversation::Conversation;
use super::moment::{Datum, Moment};
use super::strand::{Joined, Kind, Neighbour, Strand};

use fragments::is_fragment;
pub(in crate::story) use names::{host, reverse_name, split_port};
pub(in crate::story) use speakers::Speaker;

/// Questions for the same name, or to the link for the same address, within this time are one look-up, in nanoseconds.
const SAME: i64 = 10_000_000_000;
/// At most this many conversations are one probing.
const PROBES_MAX: usize = 4096;
/// So many questions to the link may wait for somebody who needs them.
const UNCLAIMED_MAX: usize = 64;
/// At most this many connections follow each other in one journey.
const LEGS_MAX: usize = 32;

/// Where strands are found again.
#[derive(Debug, Default)]
pub(in crate::story) struct Links {
    /// Look-ups by who asks and the name.
    lookups: FxHashMap<(Option<IpAddr>, Box<str>), u32>,
    /// Look-ups by an address that they found.
    found: FxHashMap<IpAddr, Vec<u32>>,
    /// Questions to the link by who asks and for whom.
    neighbours: FxHashMap<(Option<IpAddr>, Option<IpAddr>), u32>,
    /// Questions to the link that nobody has claimed; those of which something was learned last come last.
    unclaimed: Vec<Unclaimed>,
    /// Counts what is learned of them, so that nobody looks at them twice for nothing.
    learned: u64,
    /// Datagrams and echoes by their two ends.
    pairs: FxHashMap<(IpAddr, IpAddr), Vec<u32>>,
    /// Probings by their two ends.
    probings: FxHashMap<(IpAddr, IpAddr), u32>,
    /// Connections that failed, by who wanted what.
    failed: FxHashMap<(IpAddr, IpAddr, u16), u32>,
    /// DHCP by transaction.
    leases: FxHashMap<u64, u32>,
    /// What is said in several conversations, by what its messages have in common.
    dialogues: FxHashMap<Box<str>, u32>,
    /// DHCP by the address it is about.
    leased: FxHashMap<IpAddr, u32>,
    /// The last strand of a host (one of its two ends) that met an address, for what the host asks about addresses.
    met: FxHashMap<(IpAddr, IpAddr), u32>,
    /// The strands of fragments that belong to no message yet.
    fragments: FxHashMap<PacketId, u32>,
    /// Strands that a redirect leads on from.
    redirects: Vec<u32>,
    /// What is said to the whole link, by who says it.
    speakers: FxHashMap<Speaker, u32>,
    /// The spanning tree that was heard of last.
    tree: Option<u32>,
    /// The host that joined the link last.
    joining: Option<u32>,
}

/// A question to the link that nobody has claimed.
#[derive(Debug)]
struct Unclaimed {
    id: u32,
    known: Neighbour,
    /// What [`Links::learned`] was when something was learned of it.
    learned: u64,
}

impl Links {
    /// A strand was told: nothing leads to it any more.
    pub(in crate::story) fn forget(&mut self, id: u32, strand: &Strand) {
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
        self.unclaimed.retain(|other| other.id != id);
        self.redirects.retain(|other| *other != id);
        if strand.kind == Kind::Neighbour {
            let n = strand.neighbour;
            drop_if(&mut self.neighbours, &(n.asker, n.target), id);
        }
        for conversation in &strand.conversations {
            let (Some(a), Some(b)) = (conversation.client, conversation.server) else {
                continue;
            };
            for host in [a.ip, b.ip] {
                for address in [a.ip, b.ip] {
                    drop_if(&mut self.met, &(host, address), id);
                }
            }
            drop_if(&mut self.probings, &(a.ip, b.ip), id);
            drop_if(&mut self.failed, &(a.ip, b.ip, b.port.unwrap_or(0)), id);
            if let Some(list) = self.pairs.get_mut(&(a.ip, b.ip)) {
                list.retain(|other| *other != id);
                if list.is_empty() {
                    self.pairs.remove(&(a.ip, b.ip));
                }
            }
        }
        let quoted = strand.moments.iter().filter(|_| strand.quoted);
        for moment in quoted {
            if is_icmp_error(moment.def.id)
                && let Some(hop) = moment.src
            {
                for host in [client, strand.server()].into_iter().flatten() {
                    drop_if(&mut self.met, &(host, hop), id);
                }
            }
            if moment.protocol == "dhcp" {
                if let Some(number) = moment.number("dhcp.id") {
                    drop_if(&mut self.leases, &number, id);
                }
                if let Some(ip) = moment.address("dhcp.ip.your") {
                    drop_if(&mut self.leased, &ip, id);
                }
            }
            if let Some(common) = dialogues::common(moment) {
                drop_if(&mut self.dialogues, &*common, id);
            }
        }
        if let Some(speaker) = &strand.speaker {
            drop_if(&mut self.speakers, speaker, id);
        }
    }
}

fn drop_if<K, Q>(map: &mut FxHashMap<K, u32>, key: &Q, id: u32)
where
    K: Hash + Eq + Borrow<Q>,
    Q: Hash + Eq + ?Sized,
{
    if map.get(key) == Some(&id) {
        map.remove(key);
    }
}

impl Links {
    /// A strand between two hosts met an address.
    fn meet(&mut self, ends: [IpAddr; 2], address: IpAddr, id: u32) {
        for host in ends {
            self.met.insert((host, address), id);
        }
    }
}

/// True for ICMP messages about another packet.
pub(in crate::story) fn is_icmp_error(id: &str) -> bool {
    let Some(name) = id
        .strip_prefix("icmp.")
        .or_else(|| id.strip_prefix("icmpv6."))
    else {
        return false;
    };
    !matches!(name, "echo_request" | "echo_reply")
}

/// True for what is said of a conversation besides what is said in it: it comes through a tunnel.
fn is_tunnel(moment: &Moment) -> bool {
    moment.is("ip.tunnel")
}

impl Narrator {
    /// Puts an event of a conversation where it belongs; `known` are the conversations of its frame.
    pub(in crate::story) fn place(
        &mut self,
        mut moment: Box<Moment>,
        flow: Option<u32>,
        known: [Option<&Conversation>; 2],
    ) {
        let about = moment.flow;
        let look = |number| known.into_iter().flatten().find(|c| c.id == number);
        let conversation = about.and_then(look);
        ends(&mut moment, conversation);
        let id = moment.def.id;
        let protocol = moment.protocol;
        let transport = conversation.map_or("", |c| c.transport);
        let strand = if protocol == "dns" && transport != "tcp" {
            self.lookup(&moment, conversation)
        } else if protocol == "arp" || id.starts_with("ndp.neighbor_") {
            self.neighbour(&moment)
        } else if protocol == "dhcp" {
            self.lease(&moment)
        } else if let Some(common) = dialogues::common(&moment) {
            self.dialogue(&moment, &common)
        } else if let Some(id) = self.speaker(&moment) {
            id
        } else {
            self.main(&moment, about)
        };
        self.keep_fragment(&moment, strand);
        if moment.packets.len() > 1 && !self.links.fragments.is_empty() {
            self.claim_fragments(strand, &moment);
        }
        let Some(number) = about.or(flow) else {
            self.put(strand, moment);
            return;
        };
        // An error is of two conversations: its own, and the one that it is about.
        for number in [Some(number), flow.filter(|f| *f != number)]
            .into_iter()
            .flatten()
        {
            let Some(s) = self.strands.get_mut(&strand) else {
                return;
            };
            if s.knows(number) {
                continue;
            }
            let Some(conversation) = look(number) else {
                continue;
            };
            s.meet(conversation.clone());
            self.routes.entry(number).or_default().push(strand);
            if Some(number) == about {
                // A fragment wants nothing for its own sake.
                if !is_fragment(&moment) {
                    self.begin(strand);
                }
            } else {
                // It holds nothing open: the other conversation is what counts.
                s.open = s.open.saturating_sub(1);
                if let Some(last) = s.conversations.last_mut() {
                    last.over = true;
                }
            }
        }
        self.put(strand, moment);
    }

    fn put(&mut self, id: u32, moment: Box<Moment>) {
        let Some(strand) = self.strands.get_mut(&id) else {
            return;
        };
        let error = is_icmp_error(moment.def.id);
        strand.quoted |= error || matches!(moment.protocol, "dhcp" | "dhcpv6" | "llmnr");
        let answered = moment.from == Some(Side::Server) && !error && !is_tunnel(&moment);
        strand.established |= match moment.protocol {
            "tcp" => matches!(moment.def.id, "tcp.syn_ack" | "tcp.established" | "tcp.fin"),
            _ => answered || strand.kind != Kind::Main,
        };
        let kind = strand.kind;
        let learned = self.links.learned;
        if kind != Kind::Neighbour && !self.links.unclaimed.is_empty() {
            let checked = std::mem::replace(&mut strand.checked, learned);
            self.claim_neighbours(id, checked);
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
        self.links.unclaimed.retain(|other| other.id != child);
    }

    fn is_claimed(&self, id: u32) -> bool {
        self.strands.get(&id).is_none_or(|s| s.parent.is_some())
    }

    /// The strand of a conversation.
    fn main(&mut self, moment: &Moment, flow: Option<u32>) -> u32 {
        let routes = flow.and_then(|flow| self.routes.get(&flow));
        let known = routes
            .into_iter()
            .flatten()
            .copied()
            .find(|id| self.strands.get(id).is_some_and(|s| s.kind == Kind::Main));
        // An error about a question to a resolver belongs to the look-up, and so do a piece of the answer and the tunnel that
        // both came through.
        let known = known.or_else(|| {
            (is_icmp_error(moment.def.id) || is_fragment(moment) || is_tunnel(moment))
                .then(|| self.routes.get(&flow?)?.last().copied())
                .flatten()
                .filter(|id| self.strands.contains(id))
        });
        if let Some(id) = known {
            return id;
        }
        self.add(Strand::new(Kind::Main, moment))
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

/// The first value of a field, when it is a MAC address.
pub(in crate::story) fn mac(moment: &Moment, key: &str) -> Option<Mac> {
    match *moment.value(key)?.datum() {
        Datum::Plain(Value::Mac(octets)) => Some(Mac(octets)),
        _ => None,
    }
}
