//! What is said in several conversations, because the question goes to a group and the answer comes from one of its hosts:
//! what a DHCPv6 client and its servers say, and what is asked and answered by LLMNR.

use std::borrow::Cow;

use super::super::Narrator;
use super::super::moment::Moment;
use super::super::strand::{Kind, Strand};

/// What the messages of such a dialogue have in common.
pub(super) fn common(moment: &Moment) -> Option<Cow<'_, str>> {
    match moment.protocol {
        // Each question of a client has a transaction of its own, so that does not hold them together.
        "dhcpv6" => moment.text("wirewalk.dhcpv6.client").map(Cow::Borrowed),
        "llmnr" => {
            let asker = if moment.is("llmnr.query") {
                moment.src
            } else {
                moment.dst
            };
            let name = moment.text("dns.qry.name")?.to_ascii_lowercase();
            Some(format!("{} {name}", asker?).into())
        }
        _ => None,
    }
}

impl Narrator {
    /// The strand of a dialogue.
    pub(super) fn dialogue(&mut self, moment: &Moment, common: &str) -> u32 {
        if let Some(id) = self.links.dialogues.get(common)
            && self.strands.contains(id)
        {
            return *id;
        }
        let id = self.add(Strand::new(Kind::Main, moment));
        self.links.dialogues.insert(common.into(), id);
        id
    }
}
