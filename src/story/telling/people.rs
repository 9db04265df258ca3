//! Who takes part in a journey, and what was asked for.

use std::net::IpAddr;

use crate::model::{Mac, Side};

use super::super::conversation::Conversation;
use super::super::journey::{Actor, Role};
use super::super::link;
use super::super::moment::Moment;
use super::super::tale::{self, Tale};
use super::ends::speaks_as_server;

/// Who takes part.
pub(super) fn actors(tale: &Tale) -> Vec<Actor> {
    let mut actors = Vec::new();
    let mut add = |role, ip: Option<IpAddr>, mac: Option<Mac>, name| {
        // A group is everyone, not somebody.
        let ip = ip.filter(|ip| !is_group(*ip));
        if ip.is_some() || mac.is_some() {
            actors.push(Actor {
                role,
                ip,
                mac,
                name,
                names: Vec::new(),
            });
        }
    };
    let last = tale.last();
    let lookup = tale
        .moments
        .iter()
        .map(|p| &p.moment)
        .find(|m| m.is("dns.query"));
    let asks_names = tale.story == "dns";
    if let Some(c) = last {
        let mut client = c.client.map(|end| end.ip);
        let mut server = c.server.map(|end| end.ip);
        let mut macs = (c.macs.map(|m| m.0), c.macs.map(|m| m.1));
        if tale.story == "dhcp" {
            // Its packets go to everyone: who is who stands in the messages.
            let all = || tale.moments.iter().map(|p| &p.moment);
            let said = all().rev().find_map(|m| m.address("dhcp.ip.your"));
            client = said.filter(|ip| !ip.is_unspecified()).or(client);
            let answer = all().find(|m| matches!(m.def.id, "dhcp.offer" | "dhcp.ack" | "dhcp.nak"));
            server = answer.and_then(|m| m.src);
            macs = (
                all().find_map(|m| link::mac(m, "dhcp.hw.mac_addr")),
                answer.and_then(|m| link::mac(m, "eth.src")),
            );
        } else if tale.story == "ipv6-join" {
            // A host that joins has no address yet: it is known by the one that it asks about.
            let all = || tale.moments.iter().map(|p| &p.moment);
            let said = all().filter(|m| m.protocol == "mld" || m.is("ndp.router_solicitation"));
            let said = said.filter_map(|m| m.src).find(|ip| !ip.is_unspecified());
            let wanted = all().find_map(|m| m.address("icmpv6.nd.ns.target_address"));
            (client, server) = (said.or(wanted).or(client), None);
            let router = all().find(|m| m.is("ndp.router_advertisement"));
            let router_mac = router.and_then(|m| link::mac(m, "eth.src"));
            add(Role::Router, router.and_then(|m| m.src), router_mac, None);
        } else if matches!(tale.story, "igmp" | "mld") {
            // Only routers ask.
            let asks = |m: &Moment| m.is("igmp.query") || m.is("mld.query");
            if let Some(query) = tale.moments.iter().map(|p| &p.moment).find(|m| asks(m)) {
                add(Role::Router, query.src, link::mac(query, "eth.src"), None);
                client = None;
            }
        }
        if tale.story == "dhcpv6" {
            (client, macs.0) = speaker(tale, false);
            (server, macs.1) = speaker(tale, true);
        }
        add(Role::Client, client, macs.0, None);
        let role = if asks_names {
            Role::Resolver
        } else {
            Role::Server
        };
        // Of a proxy only the address is known.
        let name = tale.name.clone().filter(|_| !asks_names && !proxied(tale));
        add(role, server, macs.1, name);
    } else {
        let first = tale.moments.first().map(|p| &p.moment);
        let of_lookup = lookup.or(first);
        let conversation =
            of_lookup.and_then(|m| tale.conversations.iter().find(|c| Some(c.id) == m.flow));
        let macs = conversation.and_then(|c| c.macs);
        add(
            Role::Client,
            of_lookup.and_then(|m| match m.from {
                Some(Side::Server) => m.dst,
                _ => m.src,
            }),
            macs.map(|m| m.0),
            None,
        );
        if tale.story == "arp" || tale.story == "ipv6-join" {
            let target = first.and_then(|m| m.dst);
            add(
                Role::Server,
                target.filter(|ip| !ip.is_multicast()),
                None,
                None,
            );
        }
    }
    if let Some(m) = lookup
        && !(asks_names && last.is_some())
    {
        let mac = tale
            .conversations
            .iter()
            .find(|c| Some(c.id) == m.flow)
            .and_then(|c| c.macs)
            .map(|m| m.1);
        add(Role::Resolver, m.dst, mac, None);
    }
    let hop = last.and_then(|c| c.macs).map(|macs| macs.1);
    let server = last.and_then(|c| c.server).map(|end| end.ip);
    let router = tale.moments.iter().map(|p| &p.moment).find(|m| {
        matches!(m.def.id, "arp.reply" | "ndp.neighbor_advertisement")
            && m.src.is_some()
            && m.src != server
            && hop.is_some()
            && answered_mac(m) == hop
    });
    if let Some(m) = router {
        add(Role::Router, m.src, hop, None);
    }
    actors
}

/// The first client (or server) of DHCPv6 that speaks for itself: its packets go to a group, or it is asked through one.
fn speaker(tale: &Tale, server: bool) -> (Option<IpAddr>, Option<Mac>) {
    let all = tale.moments.iter().map(|p| &p.moment);
    let mut own = all.filter(|m| {
        m.protocol == "dhcpv6" && !m.def.id.contains(".relay_") && speaks_as_server(m) == server
    });
    let first = own.next();
    (
        first.and_then(|m| m.src),
        first.and_then(|m| link::mac(m, "eth.src")),
    )
}

fn is_group(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => ip.is_multicast() || ip.is_broadcast(),
        IpAddr::V6(ip) => ip.is_multicast(),
    }
}

fn answered_mac(m: &Moment) -> Option<Mac> {
    ["arp.src.hw_mac", "icmpv6.opt.linkaddr", "eth.src"]
        .iter()
        .find_map(|key| link::mac(m, key))
}

/// The requests of the leg that decides, the last one first.
fn requests(tale: &Tale) -> impl Iterator<Item = &Moment> {
    let moments = tale.moments.iter().rev();
    let leg = moments.filter(|placed| placed.leg == tale.decisive);
    leg.map(|placed| &*placed.moment)
        .filter(|m| m.protocol.starts_with("http") && m.def.id.ends_with(".request"))
}

/// Where a request to a proxy wants a tunnel to, as host and port (RFC 9110 section 9.3.6).
fn tunnel(request: &Moment) -> Option<&str> {
    let target = request.text("http.request.uri");
    target.filter(|_| request.text("http.request.method") == Some("CONNECT"))
}

/// The URL that a request names whole, as clients do when they ask a proxy (RFC 9112 section 3.2.2).
fn absolute(request: &Moment) -> Option<&str> {
    let target = request.text("http.request.uri");
    target.filter(|target| target.starts_with("http://") || target.starts_with("https://"))
}

/// True when the connection goes to a proxy, which is not the site that is asked for.
fn proxied(tale: &Tale) -> bool {
    requests(tale).any(|m| tunnel(m).is_some() || absolute(m).is_some())
}

/// What was asked for, as a URL.
pub(super) fn url(tale: &Tale) -> Option<Box<str>> {
    if !matches!(tale.story, "curl-https" | "curl-http") {
        return None;
    }
    let request = requests(tale).find(|m| tale::is_request(m));
    if let Some(whole) = request.and_then(absolute) {
        return Some(whole.into());
    }
    let path = request
        .and_then(|m| {
            m.text("http.request.uri")
                .or_else(|| m.text("http2.headers.path"))
        })
        .filter(|path| path.starts_with('/'))
        .unwrap_or("/");
    let last = tale.last();
    // Behind a proxy the port of the connection is not the site's.
    let tunnel = requests(tale).find_map(tunnel);
    let port = match tunnel {
        Some(target) => link::split_port(target).1,
        None => last.and_then(Conversation::port),
    };
    let scheme = match tunnel {
        _ if tale.story == "curl-https" => "https",
        // Where the tunnel was not opened TLS was not seen, only that it was meant.
        Some(_) if port == Some(443) => "https",
        _ => "http",
    };
    let host = match &tale.name {
        Some(name) => name.to_string(),
        None => match last?.server?.ip {
            IpAddr::V4(ip) => ip.to_string(),
            IpAddr::V6(ip) => format!("[{ip}]"),
        },
    };
    let host = match host.parse::<std::net::Ipv6Addr>() {
        Ok(ip) => format!("[{ip}]"),
        Err(_) => host,
    };
    let standard = matches!(
        (scheme, port),
        ("https", Some(443)) | ("http", Some(80)) | (_, None)
    );
    Some(
        match port {
            Some(port) if !standard => format!("{scheme}://{host}:{port}{path}"),
            _ => format!("{scheme}://{host}{path}"),
        }
        .into(),
    )
}
