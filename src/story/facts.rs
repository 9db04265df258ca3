//! The table of facts: what scripts may ask of a journey before they say something. One row a fact.

use std::net::IpAddr;

use serde::{Deserialize, Deserializer};

use crate::flow::Outcome as Ended;
use crate::model::Side;

use super::conversation::Conversation;
use super::diagnosis;
use super::journey::{Outcome, Role};
use super::moment::{Evidence, Moment};
use super::tale::Tale;

/// A named fact.
#[derive(Debug)]
pub struct Fact {
    /// The name that scripts use.
    pub name: &'static str,
    /// When it holds, one sentence.
    pub help: &'static str,
    /// Does it hold?
    pub holds: fn(&Tale) -> bool,
}

/// A fact that must hold, or with `not:` must not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Condition {
    /// As the script has it.
    pub text: String,
    /// Its place in the table; `None` when there is no such fact.
    pub fact: Option<usize>,
    /// Turned round.
    pub not: bool,
}

impl<'de> Deserialize<'de> for Condition {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let (name, not) = match text.strip_prefix("not:") {
            Some(name) => (name, true),
            None => (text.as_str(), false),
        };
        let fact = FACTS.iter().position(|fact| fact.name == name);
        Ok(Self { text, fact, not })
    }
}

macro_rules! facts {
    ($($name:literal, $help:literal, $holds:expr;)*) => {
        /// All facts.
        pub static FACTS: &[Fact] = &[$(Fact { name: $name, help: $help, holds: $holds }),*];
    };
}

facts! {
    // The capture and the link.
    "capture_starts_late", "The capture begins in the middle: a TCP connection of the journey has no SYN in it.",
        |t| t.mains().iter().any(|c| c.transport == "tcp" && !c.history_has_syn(t));
    "capture_ends_first", "The capture ends before the journey does.", |t| t.outcome == Outcome::Incomplete;
    "not_ethernet", "The frames carry no MAC addresses (raw IP, loopback, a tunnel).",
        |t| t.conversations.iter().all(|c| c.macs.is_none()) && !arp_seen(t);
    "loopback", "Both ends are this machine.", |t| [Role::Client, Role::Server].iter().any(|r| t.address(*r).is_some_and(|ip| ip.is_loopback()));
    "ipv6", "The server is reached over IPv6.", |t| matches!(t.address(Role::Server), Some(IpAddr::V6(_)));
    "arp_seen", "ARP or IPv6 neighbour discovery asked for a MAC address.", arp_seen;
    "on_link", "The server is on the client's own link: its own MAC address was asked for.", on_link;
    "router_asks", "The other side of the link asked for the client's MAC address.",
        |t| t.any("arp.request", |m| m.dst.is_some() && m.dst == t.address(Role::Client));

    // Names.
    "dns_seen", "The name was looked up in this capture.", |t| t.seen("dns.query");
    "address_is_literal", "No name is involved: nothing was looked up, and neither SNI nor Host holds a name.",
        |t| !t.seen("dns.query") && t.name.as_deref().is_none_or(|name| name.trim_matches(['[', ']']).parse::<IpAddr>().is_ok());
    "name_known_earlier", "A name is used that this capture does not show being looked up.",
        |t| !t.seen("dns.query") && t.name.as_deref().is_some_and(|name| name.trim_matches(['[', ']']).parse::<IpAddr>().is_err());
    "nxdomain", "The name does not exist (RCODE 3).", |t| rcode(t, 3) && !t.any("dns.response", answers);
    "servfail", "The resolver could not find out (RCODE 2).", |t| rcode(t, 2) && !t.any("dns.response", answers);
    "resolver_refused", "The resolver refused to answer (RCODE 5).", |t| rcode(t, 5) && !t.any("dns.response", answers);
    "nodata", "The name exists, and has no record of an asked type.",
        |t| t.any("dns.response", |m| m.number("dns.flags.rcode") == Some(0) && m.number("dns.count.answers") == Some(0));
    "cname", "The name is an alias of another.", |t| t.any("dns.response", |m| m.value("dns.cname").is_some());
    "dns_truncated", "An answer did not fit and was cut (TC).", |t| t.any("dns.response", |m| m.number("dns.flags.truncated") == Some(1));
    "dns_over_tcp", "A question was asked over TCP.",
        |t| t.any("dns.query", |m| t.conversations.iter().any(|c| Some(c.id) == m.flow && c.transport == "tcp"));
    "dns_timeout", "A question stayed without an answer.", |t| t.seen("dns.timeout");
    "dns_repeated", "A question was asked again.", |t| repeated_question(t);
    "aaaa_asked", "The IPv6 address was asked for.", |t| t.any("dns.query", |m| m.number("dns.qry.type") == Some(28));
    "both_asked", "The IPv4 and the IPv6 address were asked for.",
        |t| [1, 28].iter().all(|kind| t.any("dns.query", |m| m.number("dns.qry.type") == Some(*kind)));
    "reverse_lookup", "The name of an address was asked for (PTR).", |t| t.any("dns.query", |m| m.number("dns.qry.type") == Some(12));
    "authoritative", "An answer came from a server that holds the zone (AA).", |t| t.any("dns.response", |m| m.number("dns.flags.authoritative") == Some(1));

    // TCP.
    "connected", "A TCP connection was established.", |t| t.seen("tcp.established") || t.mains().iter().any(|c| c.transport == "tcp" && !c.history_has_syn(t));
    "odd_port", "What is spoken is not what the server's port usually carries.", |t| t.mains().iter().any(|c| c.usual().is_some());
    "syn_repeated", "A SYN was sent more than once on a connection.",
        |t| t.all("tcp.syn").enumerate().any(|(i, m)| t.all("tcp.syn").skip(i + 1).any(|o| o.flow == m.flow));
    "refused", "The connection was refused.", diagnosis::refused;
    "refused_by_icmp", "An ICMP error said that the server cannot be reached.", |t| diagnosis::refused(t) && (t.seen("icmp.unreachable") || t.seen("icmpv6.unreachable"));
    "unanswered", "Nobody answered the first packet.", diagnosis::unanswered;
    "reset", "A side broke the connection off with RST.", |t| t.seen("tcp.reset");
    "reset_by_client", "The client sent RST.", |t| t.sent("tcp.reset", Side::Client);
    "reset_by_server", "The server sent RST.", |t| t.sent("tcp.reset", Side::Server);
    "reset_before_answer", "The server broke the connection off before it answered.", diagnosis::reset_before_answer;
    "reset_after_close", "Bytes came after a side had sent FIN, and it answered them with RST.",
        |t| t.any("tcp.reset", |m| m.number("wirewalk.tcp.reset_reason") == Some(3));
    "closed", "Both sides closed the last connection.", |t| t.last().is_some_and(|c| c.ending == Ended::Closed);
    "half_closed", "One side only closed the last connection.", |t| t.last().is_some_and(|c| c.ending == Ended::HalfClosed);
    "open", "The last connection was still open when the capture ended.", |t| t.last().is_some_and(|c| c.ending == Ended::Open);
    "closed_by_client", "The client closed first.", |t| first_fin(t) == Some(Side::Client);
    "closed_by_server", "The server closed first.", |t| first_fin(t) == Some(Side::Server);
    "retransmissions", "Bytes were sent again.", |t| t.seen("tcp.retransmission") || t.seen("tcp.fast_retransmission");
    "fast_retransmission", "Duplicate ACKs made a side send again at once.", |t| t.seen("tcp.fast_retransmission");
    "out_of_order", "Segments overtook each other.", |t| t.seen("tcp.out_of_order");
    "duplicate_acks", "The receiver said the same ACK again.", |t| t.seen("tcp.duplicate_ack");
    "zero_window", "A receiver had no room left.", |t| t.seen("tcp.zero_window");
    "keep_alive_probes", "TCP asked whether the other side is still there.", |t| t.seen("tcp.keep_alive");
    "crowd", "Many tries that failed alike (a scan, a flood) are told as one.", |t| t.crowd;
    "several_connections", "The journey took more than one connection.", |t| t.mains().len() > 1;

    // TLS.
    "tls_seen", "TLS was spoken.", tls_seen;
    "tls13", "TLS 1.3 was agreed on.", |t| version(t, "TLS 1.3");
    "tls12", "TLS 1.2 was agreed on.", |t| version(t, "TLS 1.2");
    "tls_old", "TLS 1.0 or 1.1 was agreed on.", |t| version(t, "TLS 1.0") || version(t, "TLS 1.1");
    "resumed", "The TLS session was resumed.", |t| flag(t, "resumed");
    "decrypted", "Keys opened the encrypted part.", |t| t.moments.iter().any(|p| p.moment.evidence == Evidence::Decrypted);
    "keys_missing", "The encrypted part stays closed: there are no keys for it.",
        |t| (t.seen("tls.encrypted") || t.seen("ssh.encrypted") || t.moments.iter().any(|p| p.moment.evidence == Evidence::Inferred))
            && !t.moments.iter().any(|p| p.moment.evidence == Evidence::Decrypted);
    "hello_retry", "The server asked for another key share.", |t| t.seen("tls.hello_retry_request");
    "post_quantum", "The key exchange is a hybrid that also resists quantum computers.",
        |t| ["group", "kex"].iter().any(|name| t.conversations.iter().filter_map(|c| c.text(name)).any(is_post_quantum));
    "certificate_seen", "The server's certificate can be read.", |t| t.any("tls.certificate", |m| m.evidence != Evidence::Inferred);
    "certificate_asked", "The server asked the client for a certificate.", |t| t.seen("tls.certificate_request");
    "secured", "The TLS or SSH handshake was completed.", diagnosis::secured;
    "alpn_h2", "HTTP/2 was negotiated or offered alone.", |t| alpn(t, "h2");
    "alpn_http1", "HTTP/1.1 was negotiated.", |t| alpn(t, "http/1.1");
    "fatal_alert", "A fatal TLS alert ended the handshake or the session.", |t| diagnosis::fatal_alert(t).is_some();
    "alert_by_client", "The client sent the fatal alert.", |t| diagnosis::fatal_alert(t).is_some_and(|m| m.from == Some(Side::Client));
    "alert_by_server", "The server sent the fatal alert.", |t| diagnosis::fatal_alert(t).is_some_and(|m| m.from == Some(Side::Server));
    "alert_handshake_failure", "The fatal alert is handshake_failure (40).", |t| diagnosis::alert(t, 40);
    "alert_bad_certificate", "The fatal alert is bad_certificate (42).", |t| diagnosis::alert(t, 42);
    "alert_certificate_revoked", "The fatal alert is certificate_revoked (44).", |t| diagnosis::alert(t, 44);
    "alert_certificate_expired", "The fatal alert is certificate_expired (45).", |t| diagnosis::alert(t, 45);
    "alert_certificate_unknown", "The fatal alert is certificate_unknown (46).", |t| diagnosis::alert(t, 46);
    "alert_unknown_ca", "The fatal alert is unknown_ca (48).", |t| diagnosis::alert(t, 48);
    "alert_protocol_version", "The fatal alert is protocol_version (70).", |t| diagnosis::alert(t, 70);
    "alert_unrecognized_name", "The fatal alert is unrecognized_name (112).", |t| diagnosis::alert(t, 112);
    "alert_certificate_required", "The fatal alert is certificate_required (116).", |t| diagnosis::alert(t, 116);
    "alert_no_application_protocol", "The fatal alert is no_application_protocol (120).", |t| diagnosis::alert(t, 120);
    "certificate_expired", "The server's certificate had ended when it was shown, or the client says so.", diagnosis::certificate_expired;
    "certificate_not_yet_valid", "The server's certificate was not valid yet when it was shown.", diagnosis::certificate_early;
    "close_notify", "A side said in TLS that it closes.", |t| t.any("tls.alert", |m| m.number("tls.alert_message.desc") == Some(0));

    // HTTP.
    "requested", "An HTTP request can be read.", diagnosis::requested;
    "answered", "A final HTTP answer can be read.", |t| t.statuses().next().is_some();
    "http2", "HTTP/2 was spoken.", |t| t.seen("http2.request") || t.seen("http2.preface") || t.seen("http2.settings");
    "http_success", "The last answer is a success (2xx).", |t| last_status(t, 200..300);
    "http_redirect", "An answer sent the client elsewhere (3xx with a Location).",
        |t| t.statuses().any(|s| matches!(s, 301 | 302 | 303 | 307 | 308));
    "redirect_followed", "The client went where the answer sent it.", |t| t.statuses().rev().skip(1).any(|s| matches!(s, 301 | 302 | 303 | 307 | 308));
    "upgraded", "The server agreed to speak another protocol (101).", |t| t.statuses().any(|s| s == 101);
    "http_not_modified", "The last answer says that the copy is still good (304).", |t| last_status(t, 304..305);
    "http_client_error", "The last answer blames the request (4xx).", |t| last_status(t, 400..500);
    "http_server_error", "The last answer blames the server (5xx).", |t| last_status(t, 500..600);
    "hsts", "The server told browsers to use https only.", |t| t.header("strict-transport-security").next().is_some();
    "cookie_set", "The server set a cookie.", |t| t.header("set-cookie").next().is_some();
    "cookie_sent", "The client sent a cookie.", |t| t.header("cookie").next().is_some();
    "authorization_sent", "The client sent an Authorization header.", |t| t.header("authorization").next().is_some();
    "compressed", "The body is compressed.", |t| t.header("content-encoding").any(|v| !v.eq_ignore_ascii_case("identity"));
    "chunked", "The body came in chunks.", |t| t.header("transfer-encoding").any(|v| v.to_ascii_lowercase().contains("chunked"));
    "cached", "A cache answered, or may have.", |t| t.header("age").next().is_some() || t.header("x-cache").any(|v| v.to_ascii_lowercase().contains("hit"));
    "via_proxy", "A proxy names itself.", |t| t.header("via").next().is_some();
    "proxy", "The client asked a proxy for a tunnel (CONNECT).", |t| t.any("http.request", |m| m.text("http.request.method") == Some("CONNECT"));
    "keep_alive", "One connection carried several requests.", |t| t.mains().iter().any(|c| t.all("http.request").filter(|m| m.flow == Some(c.id)).count() > 1);
    "connection_close", "A side said that the connection ends with the answer.", |t| t.header("connection").any(|v| v.eq_ignore_ascii_case("close"));

    // SSH.
    "strict_kex", "Both sides of SSH offer strict key exchange.", |t| flag(t, "strict_kex");
    "auth_failed", "Evidence shows that the server refused the login.", |t| t.seen("ssh.auth_failure") && !t.seen("ssh.auth_success");
    "logged_in", "Evidence shows that the server accepted the login.", |t| t.seen("ssh.auth_success");
    "session_ran", "The encrypted SSH session carried more than the handshake.", |t| t.seen("ssh.encrypted") || t.seen("ssh.channel_open");

    // DHCP, ping, traceroute, ARP.
    "renewal", "The client asks to keep an address that it has.",
        |t| (t.seen("dhcp.request") && !t.seen("dhcp.discover") && t.any("dhcp.request", |m| m.address("dhcp.ip.client").is_some_and(|ip| !ip.is_unspecified())))
            || ((t.seen("dhcpv6.renew") || t.seen("dhcpv6.rebind")) && !t.seen("dhcpv6.solicit"));
    "lease_refused", "The DHCP server said no.", diagnosis::lease_refused;
    "address_given", "A DHCPv6 server gave addresses.", |t| t.any("dhcpv6.reply", |m| m.value("dhcpv6.iaaddr.ip").is_some());
    "prefix_given", "A DHCPv6 server gave a prefix for the networks behind the client.",
        |t| t.any("dhcpv6.reply", |m| m.value("dhcpv6.iaprefix.pref_addr").is_some());
    "conflict_checked", "Somebody asked whether the address was in use before it was leased.",
        |t| t.story == "dhcp" && (t.seen("arp.request") || t.seen("arp.probe") || t.seen("icmp.echo_request"));
    "time_told", "A server said what time it is.", diagnosis::time_told;
    "all_replied", "Every echo request was answered.", |t| echoes(t).0 > 0 && echoes(t).1 >= echoes(t).0;
    "some_lost", "An echo request stayed without a reply, and another did not.", |t| echoes(t).1 > 0 && echoes(t).1 < echoes(t).0;
    "none_replied", "No echo request was answered.", |t| echoes(t).0 > 0 && echoes(t).1 == 0;
    "arrived", "A probe reached the destination.", |t| t.seen("traceroute.arrived");
    "silent_hop", "A router on the way did not answer.", |t| t.seen("traceroute.silent");
    "nobody_there", "Nobody answered for the address that was asked for on the link.", |t| t.seen("arp.unanswered");
}

impl Conversation {
    /// True when its SYN is in the capture.
    pub(super) fn history_has_syn(&self, tale: &Tale) -> bool {
        tale.moments.iter().any(|placed| {
            placed.moment.flow == Some(self.id)
                && matches!(placed.moment.def.id, "tcp.syn" | "tcp.syn_ack")
        })
    }
}

fn arp_seen(t: &Tale) -> bool {
    [
        "arp.request",
        "arp.reply",
        "ndp.neighbor_solicitation",
        "ndp.neighbor_advertisement",
    ]
    .iter()
    .any(|id| t.seen(id))
}

fn on_link(t: &Tale) -> bool {
    let server = t.address(Role::Server);
    server.is_some()
        && ["arp.reply", "ndp.neighbor_advertisement"]
            .iter()
            .any(|id| t.any(id, |m| m.src == server))
}

fn rcode(t: &Tale, code: u64) -> bool {
    t.any("dns.response", |m| {
        m.number("dns.flags.rcode") == Some(code)
    })
}

fn answers(m: &Moment) -> bool {
    m.number("dns.flags.rcode") == Some(0) && m.number("dns.count.answers") > Some(0)
}

fn repeated_question(t: &Tale) -> bool {
    let key = |m: &Moment| {
        (
            m.text("dns.qry.name").map(str::to_owned),
            m.number("dns.qry.type"),
        )
    };
    t.all("dns.query")
        .enumerate()
        .any(|(i, m)| t.all("dns.query").skip(i + 1).any(|o| key(o) == key(m)))
}

fn first_fin(t: &Tale) -> Option<Side> {
    t.last_leg("tcp.fin").next()?.from
}

fn tls_seen(t: &Tale) -> bool {
    t.moments
        .iter()
        .any(|placed| placed.moment.def.id.starts_with("tls."))
}

fn version(t: &Tale, version: &str) -> bool {
    t.mains().iter().any(|c| c.text("version") == Some(version))
}

fn flag(t: &Tale, name: &str) -> bool {
    t.mains().iter().any(|c| c.flag(name) == Some(true))
}

fn alpn(t: &Tale, name: &str) -> bool {
    t.mains().iter().any(|c| c.text("alpn") == Some(name))
}

fn is_post_quantum(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    ["mlkem", "kyber", "sntrup"]
        .iter()
        .any(|part| name.contains(part))
}

fn last_status(t: &Tale, range: std::ops::Range<u64>) -> bool {
    t.statuses().next_back().is_some_and(|s| range.contains(&s))
}

/// How many echo requests, and how many replies.
fn echoes(t: &Tale) -> (u32, u32) {
    let count = |ids: [&str; 2]| -> u32 {
        t.moments
            .iter()
            .filter(|placed| ids.contains(&placed.moment.def.id))
            .map(|placed| placed.moment.count)
            .sum()
    };
    (
        count(["icmp.echo_request", "icmpv6.echo_request"]),
        count(["icmp.echo_reply", "icmpv6.echo_reply"]),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fact_has_a_name_of_its_own_and_a_sentence() {
        for (i, fact) in FACTS.iter().enumerate() {
            assert!(fact.help.ends_with('.'), "{}", fact.name);
            assert!(
                FACTS[..i].iter().all(|other| other.name != fact.name),
                "{}",
                fact.name
            );
        }
    }
}
