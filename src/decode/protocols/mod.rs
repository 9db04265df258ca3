//! The table: one row a protocol, one file a protocol. A new protocol is its file and its row here.

mod ah;
mod arp;
mod data;
mod dhcp;
mod dhcpv6;
mod dns;
mod erspan;
mod ethernet;
mod geneve;
mod gre;
mod gtp;
mod http;
mod icmp;
mod icmp_extension;
mod icmpv6;
mod igmp;
mod ipv4;
mod ipv6;
mod isl;
mod llc;
mod loopback;
mod mpls;
mod ntp;
mod padding;
mod ppp;
mod pppoe;
mod qinq;
mod raw;
mod sct;
mod sll;
mod ssh;
mod stp;
mod tcp;
mod teredo;
mod tls;
mod udp;
mod vlan;
mod vxlan;
mod x509;

use super::{FieldDef, Protocol};

pub(super) use data::PROTOCOL as DATA;

/// The field that says that a port usually carries another protocol.
pub(super) static ODD_PORT: &FieldDef = &tcp::ODD_PORT;

/// What a datagram is by its bytes alone, where neither of its ports is anyone's.
pub(super) static BY_BYTES: &[(Likely, &Protocol)] = &[(dns::is_likely, &dns::PROTOCOL)];

/// Do these bytes show by themselves to be a protocol's?
type Likely = fn(&[u8]) -> bool;

/// Every protocol that wirewalk decodes, lowest layer first.
pub(super) static TABLE: &[&Protocol] = &[
    &ethernet::PROTOCOL,
    &padding::PROTOCOL,
    &isl::PROTOCOL,
    &llc::PROTOCOL,
    &stp::PROTOCOL,
    &stp::PER_VLAN,
    &vlan::PROTOCOL,
    &qinq::PROTOCOL,
    &sll::PROTOCOL,
    &sll::VERSION_2,
    &loopback::PROTOCOL,
    &loopback::NETWORK_ORDER,
    &raw::PROTOCOL,
    &pppoe::DISCOVERY,
    &pppoe::SESSION,
    &ppp::PROTOCOL,
    &ppp::lcp::PROTOCOL,
    &ppp::pap::PROTOCOL,
    &mpls::PROTOCOL,
    &vxlan::PROTOCOL,
    &geneve::PROTOCOL,
    &erspan::PROTOCOL,
    &arp::PROTOCOL,
    &ipv4::PROTOCOL,
    &ipv6::PROTOCOL,
    &ipv6::HOP_BY_HOP,
    &ipv6::ROUTING,
    &ipv6::FRAGMENT,
    &ipv6::DESTINATION,
    &ah::PROTOCOL,
    &gre::PROTOCOL,
    &gtp::PROTOCOL,
    &teredo::PROTOCOL,
    &igmp::PROTOCOL,
    &icmp::PROTOCOL,
    &icmp_extension::PROTOCOL,
    &icmpv6::PROTOCOL,
    &udp::PROTOCOL,
    &tcp::PROTOCOL,
    &dhcp::PROTOCOL,
    &dhcpv6::PROTOCOL,
    &ntp::PROTOCOL,
    &dns::PROTOCOL,
    &dns::MULTICAST,
    &dns::LINK_LOCAL,
    &ssh::PROTOCOL,
    &http::PROTOCOL,
    &http::SSDP,
    &tls::PROTOCOL,
    &x509::PROTOCOL,
    &x509::NAME,
    &x509::STATUS,
    &sct::PROTOCOL,
    &data::PROTOCOL,
];
