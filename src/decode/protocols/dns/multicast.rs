//! Multicast DNS: hosts of one network answer for their own names, under `.local` (RFC 6762).

use crate::decode::{Claim, Protocol, events};
use crate::model::Osi;

use super::{Dialect, decode, fields};

events! {
    QUERY: "mdns.query", "A host asks all its neighbours for the records of a name.";
    RESPONSE: "mdns.response", "A host tells its neighbours the records that it owns.";
}

/// The row of multicast DNS.
pub(in crate::decode::protocols) static PROTOCOL: Protocol = Protocol {
    key: "mdns",
    name: "Multicast Domain Name System",
    osi: Osi::Application,
    spec: "RFC 6762",
    claims: &[Claim::UdpPort(5353)],
    fields: fields::FIELDS,
    events: EVENTS,
    decode: |c| decode(c, Dialect::Multicast, [&QUERY, &RESPONSE]),
    talk: None,
};
