//! Floods and scans: what fails in the same way again and again is told as one journey with a count.

use std::net::IpAddr;

use crate::flow::Outcome;
use crate::model::Timestamp;

use super::strand::{Joined, Kind, Strand};
use super::{Later, Narrator, PATIENCE};

/// This many failures of one host are told one by one; those that follow at once are told together.
const APART: u32 = 16;
/// After so many failures of one host at a time none waits for a better end.
const TRIES: u32 = 128;
/// How many hosts are watched at the same time.
const HOSTS_MAX: usize = 65_536;

/// Who fails, or at whom others fail, and in what.
pub(super) type Key = (IpAddr, bool, &'static str);

/// Failures that are told together.
#[derive(Debug, Default)]
pub(super) struct Crowd {
    count: u32,
    tries: u32,
    last: Timestamp,
    root: Option<u32>,
}

impl Narrator {
    /// Takes a journey that failed on its own into the crowd of its host, if there is one. `at_once`: it may
    /// still have a continuation, which is not waited for in a crowd.
    pub(super) fn joins_crowd(&mut self, root: u32, at_once: bool) -> bool {
        let family = self.family(root);
        let Some(keys) = self.failures(&family) else {
            return false;
        };
        if self.crowds.len() > HOSTS_MAX {
            self.crowds.retain(|_, crowd| crowd.root.is_some());
        }
        let now = self.now;
        let mut place = None;
        for key in keys {
            let crowd = self.crowds.entry(key).or_default();
            if now.since(crowd.last) > PATIENCE {
                *crowd = Crowd::default();
            }
            crowd.last = now;
            if at_once {
                crowd.tries += 1;
                if crowd.tries <= TRIES {
                    continue;
                }
            }
            crowd.count += 1;
            if crowd.count > APART && place.is_none() {
                place = Some((key, crowd.root));
            }
        }
        let Some((key, into)) = place.filter(|(_, into)| *into != Some(root)) else {
            return false;
        };
        let mut into = into.filter(|id| self.strands.contains(id));
        for id in family {
            let Some(mut strand) = self.strands.remove(&id) else {
                continue;
            };
            self.links.forget(id, &strand);
            if let Some(crowd) = into.and_then(|id| self.strands.get_mut(&id)) {
                crowd.absorb(*strand);
                continue;
            }
            strand.crowd = true;
            strand.children.clear();
            let id = self.add(*strand);
            into = Some(id);
            if let Some(crowd) = self.crowds.get_mut(&key) {
                crowd.root = into;
            }
            self.later(Later::Journey(id));
        }
        true
    }

    /// What failed without anything else being part of it but tries again, and for whom.
    fn failures(&self, family: &[u32]) -> Option<[Key; 2]> {
        let mut keys = None;
        for id in family {
            let strand = self.strands.get(id)?;
            if strand.parent.is_some() && strand.joined != Joined::Retry {
                return None;
            }
            let failure = failure(strand)?;
            keys.get_or_insert(failure);
        }
        keys
    }
}

/// How one strand failed, and for whom.
fn failure(strand: &Strand) -> Option<[Key; 2]> {
    if strand.crowd || strand.open > 0 {
        return None;
    }
    let [only] = strand.conversations.as_slice() else {
        return None;
    };
    let failed = match (strand.kind, only.transport) {
        (Kind::Main, "tcp" | "udp") => {
            matches!(only.ending, Outcome::Refused | Outcome::Unanswered)
        }
        (Kind::Main, "icmp" | "icmpv6") => strand
            .moments
            .iter()
            .all(|m| m.def.id.ends_with(".echo_request")),
        // A look-up may be told before its conversation ends: what is known of that is older than the answer then.
        (Kind::Lookup, "udp") => only.ending == Outcome::Unanswered && !strand.questions.is_empty(),
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
