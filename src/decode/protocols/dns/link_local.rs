//! Link-local multicast name resolution: Windows' way to find a neighbour that no DNS server knows (RFC 4795).

use crate::decode::{Claim, Protocol, events};
use crate::model::Osi;

use super::{Dialect, decode, fields};

events! {
    QUERY: "llmnr.query", "A host asks all its neighbours for the address of a name.";
    RESPONSE: "llmnr.response", "A host tells that the name is its own.";
}

/// The row of link-local multicast name resolution.
pub(in crate::decode::protocols) static PROTOCOL: Protocol = Protocol {
    key: "llmnr",
    name: "Link-Local Multicast Name Resolution",
    osi: Osi::Application,
    spec: "RFC 4795",
    claims: &[Claim::UdpPort(5355)],
    fields: fields::FIELDS,
    events: EVENTS,
    decode: |c| decode(c, Dialect::LinkLocal, [&QUERY, &RESPONSE]),
    talk: None,
};
