//! One conversation as plain data: what `list` shows, and the `conversations` of the JSON contract.

use std::collections::BTreeMap;
use std::net::IpAddr;

use serde::Serialize;

use crate::decode::FactValue;
use crate::flow::Flow;
use crate::model::Timestamp;

use super::frame::ValueView;
use super::names::{self, NameView};

/// The names of the facts that each protocol has in the contract.
const FACTS: [(&str, &[&str]); 3] = [
    (
        "tls",
        &[
            "version",
            "cipher_suite",
            "group",
            "sni",
            "alpn",
            "resumed",
            "decrypted",
        ],
    ),
    (
        "ssh",
        &[
            "client_version",
            "server_version",
            "kex",
            "host_key_algorithm",
            "host_key_sha256",
            "cipher",
            "mac",
            "strict_kex",
            "auth",
        ],
    ),
    ("quic", &["version", "sni", "alpn"]),
];

/// A conversation.
#[derive(Clone, Debug, Serialize)]
pub struct Conversation {
    /// Its number, from 1 by its first frame.
    pub id: u32,
    /// `tcp`, `udp`, `icmp`, `arp`, or the protocol's key.
    pub transport: &'static str,
    /// Wireshark's `tcp.stream` or `udp.stream`.
    pub stream: Option<u32>,
    /// Who opened it.
    pub client: End,
    /// Who answered.
    pub server: End,
    /// The protocol it carries.
    pub app: &'static str,
    /// Its frames.
    pub frames: Frames,
    /// Payload without what was sent again.
    pub bytes: Bytes,
    /// Its first frame, in nanoseconds since the capture's first.
    pub start_ns: i64,
    /// From its first frame to its last, in nanoseconds.
    pub duration_ns: i64,
    /// `closed reset refused unanswered half-closed open`.
    pub outcome: &'static str,
    /// Zeek's history letters.
    pub history: String,
    /// What TCP did.
    pub tcp: Option<Tcp>,
    /// What TLS agreed on.
    pub tls: Option<Facts>,
    /// What SSH agreed on.
    pub ssh: Option<Facts>,
    /// What QUIC agreed on.
    pub quic: Option<Facts>,
}

/// Facts by name; names that are not known are null.
pub type Facts = BTreeMap<&'static str, Option<ValueView>>;

/// One end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct End {
    /// Its IP address; null where there is none.
    pub ip: Option<IpAddr>,
    /// Its port; null where the transport has none.
    pub port: Option<u16>,
    /// Names that were claimed of its address up to the conversation's last frame, the latest first; only in lists.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub names: Vec<NameView>,
}

/// Frame numbers and their count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Frames {
    /// First.
    pub first: u64,
    /// Last.
    pub last: u64,
    /// How many.
    pub count: u64,
}

/// Bytes by sender.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Bytes {
    /// From the client.
    pub client: u64,
    /// From the server.
    pub server: u64,
}

/// What TCP did; the counters count frames.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Tcp {
    /// SYN to SYN-ACK; null where either was sent again.
    pub handshake_rtt_ns: Option<i64>,
    /// SYN to the handshake's ACK.
    pub initial_rtt_ns: Option<i64>,
    /// Segments seen twice.
    pub retransmissions: u32,
    /// ACKs that say the same again.
    pub duplicate_acks: u32,
    /// Segments that were overtaken.
    pub out_of_order: u32,
    /// Windows of 0.
    pub zero_windows: u32,
    /// RSTs.
    pub resets: u32,
}

impl Conversation {
    /// The view of a conversation; `start` is the time of the capture's first frame.
    #[must_use]
    pub fn new(flow: &Flow, start: Timestamp) -> Self {
        let facts = flow.facts();
        let known = |protocol: &str| {
            let (_, names) = FACTS.iter().find(|(key, _)| *key == protocol)?;
            facts.iter().any(|fact| fact.protocol == protocol).then(|| {
                let value = |name: &str| {
                    let fact = facts
                        .iter()
                        .find(|f| f.protocol == protocol && f.name == name)?;
                    Some(match &fact.value {
                        FactValue::Text(text) => ValueView::Text(text.clone()),
                        FactValue::Flag(flag) => ValueView::Flag(*flag),
                    })
                };
                names.iter().map(|name| (*name, value(name))).collect()
            })
        };
        let [sent, received] = flow.bytes;
        let [of_client, of_server] = &flow.names;
        let [client, server] =
            [(flow.client, of_client), (flow.server, of_server)].map(|end| End {
                ip: Some(end.0.ip),
                port: end.0.port,
                names: names::views(end.1),
            });
        Self {
            id: flow.id,
            transport: flow.transport,
            stream: flow.stream,
            client,
            server,
            app: flow.app,
            frames: Frames {
                first: flow.first.0,
                last: flow.last.0,
                count: flow.frames,
            },
            bytes: Bytes {
                client: sent,
                server: received,
            },
            start_ns: flow.start.since(start),
            duration_ns: flow.end.since(flow.start),
            outcome: flow.outcome().name(),
            history: flow.history(),
            tcp: flow.tcp().map(|tcp| Tcp {
                handshake_rtt_ns: tcp.handshake_rtt,
                initial_rtt_ns: tcp.initial_rtt,
                retransmissions: tcp.retransmissions,
                duplicate_acks: tcp.duplicate_acks,
                out_of_order: tcp.out_of_order,
                zero_windows: tcp.zero_windows,
                resets: tcp.resets,
            }),
            tls: known("tls"),
            ssh: known("ssh"),
            quic: known("quic"),
        }
    }
}
