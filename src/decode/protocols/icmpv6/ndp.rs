//! Neighbour discovery: link addresses, routers and prefixes of an IPv6 link. RFC 4861; duplicate addresses RFC 4862.

use std::net::Ipv6Addr;

use crate::decode::{Base, Cursor, Fault, Names, Show, fields};

use super::{options, put_bits};

const PREFERENCES: Names = &[(0, "medium"), (1, "high"), (2, "reserved"), (3, "low")];

fields! {
    HOP_LIMIT: "icmpv6.nd.ra.cur_hop_limit", "Hop limit", Show::Plain, "The hop limit that hosts shall begin with; 0 leaves it to them.";
    RA_FLAGS: "icmpv6.nd.ra.flag", "Flags", Show::Hex(2), "How hosts get their addresses, and how good this router is.";
    MANAGED: "icmpv6.nd.ra.flag.m", "Managed addresses", Show::Plain, "Hosts shall ask a DHCPv6 server for addresses.";
    OTHER: "icmpv6.nd.ra.flag.o", "Other configuration", Show::Plain, "Hosts shall ask a DHCPv6 server for the rest, such as name servers.";
    HOME_AGENT: "icmpv6.nd.ra.flag.h", "Home agent", Show::Plain, "The router keeps the place of mobile hosts.";
    PREFERENCE: "icmpv6.nd.ra.flag.prf", "Preference", Show::Names(Base::Dec, PREFERENCES), "Which router hosts shall use when there are several.";
    PROXY: "icmpv6.nd.ra.flag.p", "Proxy", Show::Plain, "The message was handed on by a proxy.";
    RA_RESERVED: "icmpv6.nd.ra.flag.rsv", "Reserved", Show::Plain, "Reserved: senders set it to zero, receivers ignore it.";
    LIFETIME: "icmpv6.nd.ra.router_lifetime", "Router lifetime", Show::Unit("s"), "How long the router may be used as the way out; 0 means not at all.";
    REACHABLE: "icmpv6.nd.ra.reachable_time", "Reachable time", Show::Unit("ms"), "How long a neighbour counts as reachable after it was heard; 0 leaves it to the host.";
    RETRANS: "icmpv6.nd.ra.retrans_timer", "Retransmission timer", Show::Unit("ms"), "How long hosts wait before they ask again; 0 leaves it to them.";
    NS_TARGET: "icmpv6.nd.ns.target_address", "Target address", Show::Plain, "The address whose owner shall answer.";
    NA_FLAGS: "icmpv6.nd.na.flag", "Flags", Show::Hex(8), "What the answer is worth.";
    NA_ROUTER: "icmpv6.nd.na.flag.r", "Router", Show::Plain, "The sender is a router.";
    SOLICITED: "icmpv6.nd.na.flag.s", "Solicited", Show::Plain, "Set in an answer to a question, not set when the sender tells of itself.";
    OVERRIDE: "icmpv6.nd.na.flag.o", "Override", Show::Plain, "Replaces what receivers have noted for the address.";
    NA_RESERVED: "icmpv6.nd.na.flag.rsv", "Reserved", Show::Plain, "Reserved: senders set it to zero, receivers ignore it.";
    NA_TARGET: "icmpv6.nd.na.target_address", "Target address", Show::Plain, "The address whose link address is told.";
    RD_TARGET: "icmpv6.nd.rd.target_address", "Target address", Show::Plain, "The better router; the destination itself when it is on this link.";
    RD_DESTINATION: "icmpv6.rd.na.destination_address", "Destination address", Show::Plain, "The destination that the redirect is about.";
}

pub(super) fn router_solicitation(c: &mut Cursor<'_, '_>) -> Result<(), Fault> {
    c.bytes(&super::RESERVED, 4)?;
    options::decode(c)
}

pub(super) fn router_advertisement(c: &mut Cursor<'_, '_>) -> Result<(), Fault> {
    c.u8(&HOP_LIMIT)?;
    let at = c.ahead(1);
    let flags = c.u8(&RA_FLAGS)?;
    c.nest(|c| {
        put_bits(
            c,
            at,
            u64::from(flags),
            &[
                (&MANAGED, 0, 1),
                (&OTHER, 1, 1),
                (&HOME_AGENT, 2, 1),
                (&PREFERENCE, 3, 2),
                (&PROXY, 5, 1),
                (&RA_RESERVED, 6, 2),
            ],
        );
        Ok(())
    })?;
    let lifetime = c.u16(&LIFETIME)?;
    c.u32(&REACHABLE)?;
    c.u32(&RETRANS)?;
    let addresses = if flags & 0x80 != 0 {
        ", addresses from DHCPv6"
    } else {
        ""
    };
    c.summary(format_args!("I am a router for {lifetime} s{addresses}"));
    options::decode(c)
}

/// True when the sender asks for an address that it wants for itself: it has none yet.
pub(super) fn neighbor_solicitation(c: &mut Cursor<'_, '_>) -> Result<bool, Fault> {
    c.bytes(&super::RESERVED, 4)?;
    let target = Ipv6Addr::from(c.ip6(&NS_TARGET)?);
    let probe = c.network_source() == Some(Ipv6Addr::UNSPECIFIED.into());
    if probe {
        c.summary(format_args!("does anyone use {target}?"));
    } else {
        c.summary(format_args!("who has {target}?"));
    }
    options::decode(c)?;
    Ok(probe)
}

pub(super) fn neighbor_advertisement(c: &mut Cursor<'_, '_>) -> Result<(), Fault> {
    let at = c.ahead(4);
    let flags = c.u32(&NA_FLAGS)?;
    c.nest(|c| {
        put_bits(
            c,
            at,
            u64::from(flags),
            &[
                (&NA_ROUTER, 0, 1),
                (&SOLICITED, 1, 1),
                (&OVERRIDE, 2, 1),
                (&NA_RESERVED, 3, 29),
            ],
        );
        Ok(())
    })?;
    let target = Ipv6Addr::from(c.ip6(&NA_TARGET)?);
    let router = if flags >> 31 == 1 { ", a router" } else { "" };
    c.summary(format_args!("{target} is here{router}"));
    options::decode(c)
}

pub(super) fn redirect(c: &mut Cursor<'_, '_>) -> Result<(), Fault> {
    c.bytes(&super::RESERVED, 4)?;
    let target = Ipv6Addr::from(c.ip6(&RD_TARGET)?);
    let destination = Ipv6Addr::from(c.ip6(&RD_DESTINATION)?);
    c.summary(format_args!("to {destination} use {target}"));
    options::decode(c)
}
