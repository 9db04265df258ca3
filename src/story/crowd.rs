//! Floods and scans: what fails in the same way again and again is told as one journey with a count.

use std::net::IpAddr;

use crate::flow::Outcome;
use crate::model::Timestamp;

use super::strand::{Kind, Strand};
use super::{Later, Narrator, PATIENCE};

/// This many failures of one host are told one by one; those that follow at once are told together.
const APART: u32 = 16;
/// How many hosts are watched at the same time.
const HOSTS_MAX: usize = 65_536;

/// Who fails, or at whom others fail, and in what.
pub(super) type Key = (IpAddr, bool, &'static str);

/// Failures that are told together.
#[derive(Debug, Default)]
pub(super) struct Crowd {
    count: u32,
    last: Timestamp,
    root: Option<u32>,
}

impl Narrator {
    /// Takes a journey that failed on its own into the crowd of its host, if there is one.
    pub(super) fn joins_crowd(&mut self, root: u32) -> bool {
        let Some(keys) = self.strands.get(&root).and_then(failure) else {
            return false;
        };
        if self.crowds.len() > HOSTS_MAX {
            self.crowds.clear();
        }
        let now = self.now;
        let mut place = None;
        for key in keys {
            let crowd = self.crowds.entry(key).or_default();
            if now.since(crowd.last) > PATIENCE {
                *crowd = Crowd::default();
            }
            crowd.last = now;
            crowd.count += 1;
            if crowd.count > APART && place.is_none() {
                place = Some((key, crowd.root));
            }
        }
        let Some((key, into)) = place else {
            return false;
        };
        if into == Some(root) {
            return false;
        }
        let Some(mut strand) = self.strands.remove(&root) else {
            return false;
        };
        self.links.forget(root, &strand);
        if let Some(crowd) = into.and_then(|id| self.strands.get_mut(&id)) {
            crowd.absorb(strand);
            return true;
        }
        strand.crowd = true;
        let id = self.add(strand);
        if let Some(crowd) = self.crowds.get_mut(&key) {
            crowd.root = Some(id);
        }
        self.later(Later::Journey(id));
        true
    }
}

/// What failed without anything else being part of it, and for whom.
fn failure(strand: &Strand) -> Option<[Key; 2]> {
    if !strand.children.is_empty() || strand.crowd {
        return None;
    }
    let [only] = strand.conversations.as_slice() else {
        return None;
    };
    let failed = match (strand.kind, only.transport) {
        (Kind::Main, "tcp") => matches!(only.ending, Outcome::Refused | Outcome::Unanswered),
        (Kind::Main, "icmp" | "icmpv6") => strand
            .moments
            .iter()
            .all(|m| m.def.id.ends_with(".echo_request")),
        (Kind::Neighbour, _) => !strand
            .moments
            .iter()
            .any(|m| matches!(m.def.id, "arp.reply" | "ndp.neighbor_advertisement")),
        _ => false,
    };
    let (client, server) = (strand.client()?, strand.server()?);
    failed.then_some([
        (client, false, only.transport),
        (server, true, only.transport),
    ])
}
