//! What stories need to know of a conversation: its ends, its application, how it ended.

use crate::decode::{Fact, FactValue, Protocol, usual};
use crate::flow::{Flow, Outcome};
use crate::model::{Endpoint, Mac, PacketId, Side};

/// A conversation.
#[derive(Clone, Debug)]
pub struct Conversation {
    /// Its number.
    pub id: u32,
    /// `tcp`, `udp`, `icmp`, `arp`, or the protocol's key.
    pub transport: &'static str,
    /// The protocol it carries.
    pub app: &'static str,
    /// Who opened it, where it has addresses.
    pub client: Option<Endpoint>,
    /// Who answered.
    pub server: Option<Endpoint>,
    /// Their MAC addresses as the frames show them (of the next hop, for an end that is not on the link).
    pub macs: Option<(Mac, Mac)>,
    /// How it ended, so far.
    pub ending: Outcome,
    /// Its frames, so far, with those of ICMP errors about it.
    pub frames: u64,
    /// The last frame that is counted.
    pub last: PacketId,
    /// Payload bytes of client and server, so far.
    pub bytes: [u64; 2],
    /// Nothing more is expected of it.
    pub over: bool,
    /// What its protocols know of it as a whole.
    pub facts: Vec<Fact>,
}

impl Conversation {
    /// What is known of a conversation so far, without the facts of its protocols.
    #[must_use]
    pub fn of(flow: &Flow) -> Self {
        Self {
            id: flow.id,
            transport: flow.transport,
            app: flow.app,
            client: Some(flow.client),
            server: Some(flow.server),
            macs: flow.client_mac.zip(flow.server_mac),
            ending: flow.outcome(),
            frames: flow.frames,
            last: flow.last,
            bytes: flow.bytes,
            over: false,
            facts: Vec::new(),
        }
    }

    /// Counts a frame, once.
    pub(super) fn count(&mut self, packet: PacketId) {
        if packet > self.last {
            self.last = packet;
            self.frames += 1;
        }
    }

    /// The end of a side.
    #[must_use]
    pub fn end(&self, side: Side) -> Option<Endpoint> {
        match side {
            Side::Client => self.client,
            Side::Server => self.server,
        }
    }

    /// What a protocol knows, as text.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        self.facts.iter().find_map(|fact| match &fact.value {
            FactValue::Text(text) if fact.name == name => Some(text.as_str()),
            _ => None,
        })
    }

    /// What a protocol knows, as a flag.
    #[must_use]
    pub fn flag(&self, name: &str) -> Option<bool> {
        self.facts.iter().find_map(|fact| match fact.value {
            FactValue::Flag(flag) if fact.name == name => Some(flag),
            _ => None,
        })
    }

    /// The protocol that the server's port usually carries, where another one is spoken.
    #[must_use]
    pub fn usual(&self) -> Option<&'static Protocol> {
        let port = self.port().filter(|_| self.transport == "tcp")?;
        usual(port, self.app)
    }

    /// The server's port.
    #[must_use]
    pub fn port(&self) -> Option<u16> {
        self.server.and_then(|end| end.port)
    }
}
