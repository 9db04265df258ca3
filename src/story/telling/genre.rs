//! Which story a journey is, by what its last conversation spoke.

use crate::decode::{Next, claimed};

use super::super::conversation::Conversation;
use super::super::tale::Placed;
use super::super::traceroute;

/// Which story this is, by the table of the contract.
pub(super) fn story(
    last: Option<&Conversation>,
    moments: &[Placed],
    any_main: bool,
) -> &'static str {
    let seen = |id: &str| moments.iter().any(|p| p.moment.def.id == id);
    let starts = |prefix: &str| moments.iter().any(|p| p.moment.def.id.starts_with(prefix));
    if starts("dhcp.") {
        return "dhcp";
    }
    if probing(moments) {
        return "traceroute";
    }
    let Some(last) = last else {
        return match () {
            () if any_main && starts("ndp.") => "ipv6-join",
            () if starts("dns.") => "dns",
            () if starts("ndp.") => "ipv6-join",
            () if starts("arp.") => "arp",
            () => moments.first().map_or("other", |p| p.moment.protocol),
        };
    };
    let of_last = |prefix: &str| {
        moments
            .iter()
            .any(|p| p.moment.flow == Some(last.id) && p.moment.def.id.starts_with(prefix))
    };
    let port = last.port().unwrap_or(0);
    let http = of_last("http.") || of_last("http2.") || of_last("http3.");
    let tls = last.app == "tls" || last.app == "quic" || of_last("tls.") || of_last("quic.");
    if tls {
        let alpn = |name: &str| {
            moments
                .iter()
                .filter(|p| p.moment.flow == Some(last.id))
                .any(|p| {
                    p.moment
                        .all("tls.handshake.extensions_alpn_str")
                        .any(|v| v.text() == Some(name))
                })
        };
        let web = ["h2", "http/1.1", "h3", "http/1.0"].into_iter().any(alpn);
        return match port {
            _ if of_last("smtp.") || of_last("imap.") || of_last("pop") => "mail",
            _ if http || web => "curl-https",
            465 | 993 | 995 => "mail",
            853 => "dns",
            _ if alpn("dot") || alpn("doq") || of_last("dns.") => "dns",
            443 => "curl-https",
            _ => "tls",
        };
    }
    if http {
        return "curl-http";
    }
    // Nothing was said: the port tells what was wanted.
    let unspoken = last.transport == "tcp" && last.bytes == [0, 0];
    let app = if unspoken {
        claimed(Next::TcpPort(port), &[]).map_or(last.app, |protocol| protocol.key)
    } else {
        last.app
    };
    match app {
        "http" => "curl-http",
        "tls" if port == 443 => "curl-https",
        "smtp" | "pop" | "pop3" | "imap" => "mail",
        "bootp" => "dhcp",
        "" | "data" => last.transport,
        "icmp" | "icmpv6" if seen("icmp.echo_request") || seen("icmpv6.echo_request") => "ping",
        "icmp" | "icmpv6" if seen("icmp.echo_reply") || seen("icmpv6.echo_reply") => "ping",
        "icmpv6" if starts("ndp.") => "ipv6-join",
        "icmpv6" if starts("mld.") => "mld",
        _ if of_last("udp.tunnel") => "udp",
        app => app,
    }
}

/// Probes with one time to live after the other, and an error from a router on the way. A small one alone is no probing:
/// programs that make a way through NAT send such packets, too.
fn probing(moments: &[Placed]) -> bool {
    let exceeded = |p: &Placed| p.moment.def.id.ends_with(".time_exceeded");
    if !moments.iter().any(exceeded) {
        return false;
    }
    let probes = moments.iter().map(|p| &p.moment);
    let probes = probes.filter(|m| traceroute::is_probe(m));
    let mut ttls: Vec<u64> = probes.filter_map(|m| traceroute::ttl(m)).collect();
    ttls.sort_unstable();
    ttls.windows(2).any(|pair| pair[0] + 1 == pair[1])
}
