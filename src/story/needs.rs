//! Fields that the engine itself needs to link events, to tell facts and to find diagnoses.

/// The event (or its protocol, with a dot at the end) and the keys.
pub(super) const ENGINE: &[(&str, &[&str])] = &[
    (
        "dns.",
        &[
            "dns.id",
            "dns.qry.name",
            "dns.qry.type",
            "dns.a",
            "dns.aaaa",
            "dns.cname",
            "dns.ptr.domain_name",
            "dns.flags.rcode",
            "dns.flags.truncated",
            "dns.flags.authoritative",
            "dns.count.answers",
            "dns.count.add_rr",
        ],
    ),
    (
        "arp.",
        &[
            "arp.src.hw_mac",
            "arp.src.proto_ipv4",
            "arp.dst.hw_mac",
            "arp.dst.proto_ipv4",
            "eth.dst",
        ],
    ),
    (
        "ndp.",
        &[
            "icmpv6.nd.ns.target_address",
            "icmpv6.nd.na.target_address",
            "icmpv6.opt.linkaddr",
            "ipv6.src",
            "ipv6.dst",
            "eth.src",
            "eth.dst",
        ],
    ),
    ("tcp.reset", &["wirewalk.tcp.reset_reason"]),
    ("stp.", &["stp.bridge.hw", "stp.bridge.ext", "eth.src"]),
    ("igmp.", &["eth.src"]),
    ("mld.", &["eth.src"]),
    (
        "icmp.",
        &[
            "icmp.type",
            "icmp.code",
            "icmp.ident",
            "icmp.seq",
            "ip.src",
            "ip.dst",
            "ip.ttl",
        ],
    ),
    (
        "icmpv6.",
        &[
            "icmpv6.type",
            "icmpv6.code",
            "icmpv6.echo.identifier",
            "icmpv6.echo.sequence_number",
            "ipv6.src",
            "ipv6.dst",
            "ipv6.hlim",
        ],
    ),
    (
        "dhcp.",
        &[
            "dhcp.id",
            "dhcp.ip.client",
            "dhcp.ip.your",
            "dhcp.hw.mac_addr",
            "dhcp.option.dhcp_server_id",
            "ip.src",
            "ip.dst",
            "eth.src",
        ],
    ),
    ("llmnr.", &["dns.qry.name"]),
    (
        "dhcpv6.",
        &[
            "wirewalk.dhcpv6.client",
            "dhcpv6.iaaddr.ip",
            "dhcpv6.iaprefix.pref_addr",
            "dhcpv6.status_code",
            "eth.src",
        ],
    ),
    ("ntp.", &["ntp.stratum", "ntp.flags.li", "ntp.flags.mode"]),
    (
        "tls.client_hello",
        &[
            "tls.handshake.extensions_server_name",
            "tls.handshake.extensions_alpn_str",
        ],
    ),
    (
        "tls.encrypted_extensions",
        &["tls.handshake.extensions_alpn_str"],
    ),
    (
        "tls.server_hello",
        &[
            "tls.handshake.extensions_alpn_str",
            "tls.handshake.extensions_key_share_group",
        ],
    ),
    (
        "tls.certificate",
        &["x509af.utcTime", "x509af.generalizedTime", "x509ce.dNSName"],
    ),
    (
        "tls.alert",
        &["tls.alert_message.level", "tls.alert_message.desc"],
    ),
    (
        "http.",
        &[
            "http.request.line",
            "http.response.line",
            "http.request.method",
            "http.request.uri",
            "http.host",
            "http.response.code",
            "http.location",
            "http.set_cookie",
            "http.cookie",
            "http.authorization",
            "http.transfer_encoding",
            "http.content_encoding",
            "http.connection",
            "http.server",
            "wirewalk.http.tunnel",
        ],
    ),
    (
        "http2.",
        &[
            "http2.headers.method",
            "http2.headers.authority",
            "http2.headers.path",
            "http2.headers.status",
            "http2.headers.location",
            "http2.headers.set_cookie",
            "http2.streamid",
        ],
    ),
    (
        "udp.",
        &["ip.ttl", "ipv6.hlim", "udp.dstport", "ip.src", "ip.dst"],
    ),
    ("tcp.syn", &["ip.ttl", "ipv6.hlim"]),
];

#[cfg(test)]
mod tests {
    use super::ENGINE;
    use crate::decode::protocols;

    #[test]
    fn the_engine_asks_for_fields_that_exist() {
        for (event, keys) in ENGINE {
            // HTTP/2 keys are Wireshark's; nothing decodes it here.
            for key in keys.iter().filter(|_| *event != "http2.") {
                let mut fields = protocols().iter().flat_map(|p| p.fields);
                assert!(fields.any(|field| field.key == *key), "{event} {key}");
            }
        }
    }
}
