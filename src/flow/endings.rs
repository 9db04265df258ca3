//! Verdicts that no single frame gives: a question that nobody answered before its conversation was over.

use crate::decode::Dissection;
use crate::model::{EventDef, PacketId, Timestamp};

use super::conversation::Flow;
use super::events::{ARP_UNANSWERED, DNS_TIMEOUT, UNANSWERED};

/// How long an answer may take, in nanoseconds; in a capture that ends before, its absence shows nothing. A SYN or an
/// ARP request is repeated after a second (RFC 6298, RFC 1122), a DNS question after five (resolv.conf).
const PATIENCE: i64 = 1_000_000_000;
const DNS_PATIENCE: i64 = 5_000_000_000;
/// How many open questions of a conversation are remembered.
const QUESTIONS_MAX: usize = 256;

/// Something that was noticed when a conversation was over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ending {
    /// What.
    pub event: &'static EventDef,
    /// The frames that prove it.
    pub frames: Vec<PacketId>,
    /// The time of the last of them.
    pub time: Timestamp,
}

/// A question that waits for its answer.
#[derive(Clone, Copy, Debug)]
pub(super) struct Question {
    /// What tells it from the conversation's other questions.
    tag: u64,
    kind: Kind,
    packet: PacketId,
    time: Timestamp,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Syn,
    Dns,
    Arp,
}

impl Flow {
    /// Remembers a SYN.
    pub(super) fn ask(&mut self, packet: PacketId, time: Timestamp) {
        self.question(Kind::Syn, 0, packet, time);
    }

    /// The first frame whose question waits for an answer.
    pub(super) fn first_question(&self) -> Option<PacketId> {
        self.questions.first().map(|question| question.packet)
    }

    /// Remembers the questions of a frame, and forgets those that it answers.
    pub(super) fn note_questions(&mut self, d: &Dissection) {
        for raised in &d.events {
            let kind = match raised.def.id {
                "dns.query" | "dns.response" => Kind::Dns,
                "arp.request" | "arp.reply" => Kind::Arp,
                _ => continue,
            };
            let tag = match kind {
                Kind::Dns => d.number("dns.id").unwrap_or(0),
                _ => 0,
            };
            if matches!(raised.def.id, "dns.query" | "arp.request") {
                self.question(kind, tag, d.packet, d.time);
            } else {
                self.questions.retain(|q| (q.kind, q.tag) != (kind, tag));
            }
        }
    }

    fn question(&mut self, kind: Kind, tag: u64, packet: PacketId, time: Timestamp) {
        if self.questions.is_empty() {
            // Most conversations ask once.
            self.questions.reserve_exact(1);
        }
        if self.questions.len() < QUESTIONS_MAX {
            self.questions.push(Question {
                tag,
                kind,
                packet,
                time,
            });
        }
    }
}

/// Names the questions that stayed without an answer.
pub(super) fn settle(flow: &mut Flow, now: Timestamp) {
    let answered = flow.tcp.as_ref().is_some_and(|tcp| !tcp.state.is_asking());
    let mut open = std::mem::take(&mut flow.questions);
    while let Some(&Question { kind, tag, .. }) = open.first() {
        let (same, others): (Vec<_>, Vec<_>) = open
            .into_iter()
            .partition(|q| (q.kind, q.tag) == (kind, tag));
        open = others;
        let (event, patience) = match kind {
            Kind::Syn => (&UNANSWERED, PATIENCE),
            Kind::Dns => (&DNS_TIMEOUT, DNS_PATIENCE),
            Kind::Arp => (&ARP_UNANSWERED, PATIENCE),
        };
        let time = same.last().map_or(flow.end, |q| q.time);
        // Asking again shows that no answer had come.
        let waited = same.len() > 1 || now.since(time) >= patience;
        if waited && !(kind == Kind::Syn && answered) {
            let frames = same.iter().map(|q| q.packet).collect();
            flow.endings.push(Ending {
                event,
                frames,
                time,
            });
        }
    }
}
