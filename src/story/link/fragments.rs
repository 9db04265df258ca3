//! Fragments: each belongs to the message that is put together from it, once that is known.

use super::super::Narrator;
use super::super::moment::Moment;

/// How many fragments may wait for their message; then all are taken for lost.
const FRAGMENTS_MAX: usize = 4096;

/// True for a fragment of an IP packet.
pub(super) fn is_fragment(moment: &Moment) -> bool {
    moment.is("ip.fragment")
}

impl Narrator {
    /// Remembers where a fragment is told until somebody needs it.
    pub(super) fn keep_fragment(&mut self, moment: &Moment, strand: u32) {
        if is_fragment(moment) {
            if self.links.fragments.len() >= FRAGMENTS_MAX {
                self.links.fragments.clear();
            }
            self.links.fragments.insert(moment.first(), strand);
        }
    }

    /// A message came in several frames: those that were told as fragments are told with it now.
    pub(super) fn claim_fragments(&mut self, id: u32, message: &Moment) {
        for packet in &message.packets {
            let Some(from) = self.links.fragments.remove(packet) else {
                continue;
            };
            if from == id || !self.strands.contains(&id) {
                continue;
            }
            let Some(strand) = self.strands.get_mut(&from) else {
                continue;
            };
            let fragment = |m: &Moment| is_fragment(m) && m.first() == *packet;
            let Some(mut moment) = strand.take(fragment) else {
                continue;
            };
            moment.from = message.from;
            let conversation = strand.conversations.first().cloned();
            let Some(strand) = self.strands.get_mut(&id) else {
                continue;
            };
            strand.push(moment);
            if let Some(mut conversation) = conversation
                && !strand.knows(conversation.id)
            {
                // It keeps nothing open: nothing but fragments comes in it.
                conversation.over = true;
                self.routes.entry(conversation.id).or_default().push(id);
                strand.conversations.push(conversation);
            }
        }
    }
}
