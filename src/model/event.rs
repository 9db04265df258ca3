//! Events: what happened, named as `protocol.event`. Decoders and flows raise them, stories tell them.

/// A kind of event; its id is also the id of the story step that tells it.
#[derive(Debug)]
pub struct EventDef {
    /// The id, such as `dns.query`.
    pub id: &'static str,
    /// What it means, one sentence for a student.
    pub help: &'static str,
}

impl PartialEq for EventDef {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self, other) || self.id == other.id
    }
}

impl Eq for EventDef {}
