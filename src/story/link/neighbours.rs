//! Questions to the link (ARP, neighbour discovery): they serve whose frames go to the MAC address that was asked for.

use std::net::IpAddr;

use super::super::Narrator;
use super::super::moment::Moment;
use super::super::strand::{Joined, Kind, Neighbour, Strand};
use super::{SAME, UNCLAIMED_MAX, Unclaimed, mac};

impl Narrator {
    pub(in crate::story) fn neighbour(&mut self, moment: &Moment) -> u32 {
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
        let known = strand.neighbour;
        let id = self.add(strand);
        self.links.neighbours.insert(key, id);
        // A host that was just given an address makes sure of it: that is the end of the lease's story.
        let own = asker == target || asker.is_none_or(|ip| ip.is_unspecified());
        let lease = target.filter(|_| own);
        let lease = lease.and_then(|target| self.links.leased.get(&target).copied());
        if let Some(lease) = lease {
            self.join(id, lease, Joined::Serves);
            return id;
        }
        if self.links.unclaimed.len() >= UNCLAIMED_MAX {
            self.links.unclaimed.remove(0);
        }
        let learned = self.links.learned;
        self.links.unclaimed.push(Unclaimed { id, known, learned });
        id
    }

    pub(in crate::story) fn learn_neighbour(&mut self, id: u32, moment: &Moment) {
        let Some(strand) = self.strands.get_mut(&id) else {
            return;
        };
        self.links.learned += 1;
        let known = &mut strand.neighbour;
        let mac = |key: &str| mac(moment, key);
        match moment.def.id {
            "arp.reply" => {
                known.answer_mac = mac("arp.src.hw_mac");
                known.asker_mac = known.asker_mac.or_else(|| mac("arp.dst.hw_mac"));
            }
            "ndp.neighbor_advertisement" => {
                known.answer_mac = mac("icmpv6.opt.linkaddr").or_else(|| mac("eth.src"));
                known.asker_mac = known.asker_mac.or_else(|| mac("eth.dst"));
            }
            "arp.unanswered" => {}
            _ => {
                known.asker_mac = mac("arp.src.hw_mac").or_else(|| mac("eth.src"));
                known.asked_mac = mac("eth.dst").filter(|mac| !mac.is_group());
            }
        }
        let known = *known;
        let unclaimed = &mut self.links.unclaimed;
        if let Some(at) = unclaimed.iter().position(|question| question.id == id) {
            unclaimed.remove(at);
            let learned = self.links.learned;
            unclaimed.push(Unclaimed { id, known, learned });
        }
    }

    /// Joins the questions to the link that a strand's frames needed, of which more was learned than `checked`.
    pub(in crate::story) fn claim_neighbours(&mut self, id: u32, checked: u64) {
        let Some(strand) = self.strands.get(&id) else {
            return;
        };
        let fits: Vec<u32> = self
            .links
            .unclaimed
            .iter()
            .rev()
            .take_while(|question| question.learned > checked)
            .filter(|question| needs(strand, &question.known))
            .map(|question| question.id)
            .collect();
        // In the order in which they were asked.
        for question in fits.into_iter().rev() {
            self.join(question, id, Joined::Serves);
        }
    }

    /// Last chances of a strand whose conversation is over: a question to the link serves whoever is at work then.
    pub(in crate::story) fn claim_at_end(&mut self, id: u32) {
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
            .filter_map(|ip| self.links.met.get(&(ip, ip)).copied())
            .find(|user| {
                self.strands.get(user).is_some_and(|s| {
                    s.kind != Kind::Neighbour
                        && s.first < strand.first
                        && s.last >= strand.last
                        && needs(s, &n)
                })
            });
        if let Some(user) = user {
            self.join(id, user, Joined::Serves);
        }
    }
}

/// True when a strand's frames go between the ends of a question to the link.
fn needs(strand: &Strand, question: &Neighbour) -> bool {
    strand.conversations.iter().any(|c| {
        let Some((a, b)) = c.macs else { return false };
        [(a, b, c.server), (b, a, c.client)]
            .iter()
            .any(|(asker, other, end)| {
                question.asker_mac == Some(*asker)
                    && (question.answer_mac == Some(*other)
                        || question.asked_mac == Some(*other)
                        || (question.target.is_some() && question.target == end.map(|end| end.ip)))
            })
    })
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
