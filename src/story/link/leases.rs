//! DHCP: one transaction is one strand, and what was asked about the address before it was offered belongs to it.

use super::super::Narrator;
use super::super::moment::Moment;
use super::super::strand::{Joined, Kind, Strand};

impl Narrator {
    pub(in crate::story) fn lease(&mut self, moment: &Moment) -> u32 {
        let number = moment.number("dhcp.id").unwrap_or(0);
        if let Some(id) = self.links.leases.get(&number)
            && self.strands.contains(id)
        {
            return *id;
        }
        let id = self.add(Strand::new(Kind::Main, moment));
        self.links.leases.insert(number, id);
        id
    }

    /// What was asked about an address before it was offered belongs to the offer.
    pub(in crate::story) fn learn_lease(&mut self, id: u32, moment: &Moment) {
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
            .filter(|question| question.known.target == Some(address))
            .map(|question| question.id)
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
}
