//! The table: one row a protocol, one file a protocol. A new protocol is its file and its row here.

mod arp;
mod data;
mod dns;
mod ethernet;
mod http;
mod ipv4;
mod padding;
mod sct;
mod ssh;
mod tcp;
mod tls;
mod udp;
mod x509;

use super::Protocol;

pub(super) use data::PROTOCOL as DATA;

/// Every protocol that wirewalk decodes, lowest layer first.
pub(super) static TABLE: &[&Protocol] = &[
    &ethernet::PROTOCOL,
    &padding::PROTOCOL,
    &arp::PROTOCOL,
    &ipv4::PROTOCOL,
    &udp::PROTOCOL,
    &tcp::PROTOCOL,
    &dns::PROTOCOL,
    &dns::MULTICAST,
    &dns::LINK_LOCAL,
    &ssh::PROTOCOL,
    &http::PROTOCOL,
    &tls::PROTOCOL,
    &x509::PROTOCOL,
    &x509::NAME,
    &sct::PROTOCOL,
    &data::PROTOCOL,
];
