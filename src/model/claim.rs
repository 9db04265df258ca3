//! A name for an address: a claim of whoever said it, not a fact.

use std::net::IpAddr;
use std::sync::Arc;

use super::PacketId;

/// The longest name that is kept, in bytes: no name of the DNS is longer (RFC 1035 section 2.3.4).
const NAME_MAX: usize = 255;

/// Who says that a name stands for an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Claimant {
    /// A resolver, in an answer of the DNS.
    Dns,
    /// A resolver, asked for the name of the address.
    ReverseDns,
    /// A host that tells its neighbours its own name.
    MulticastDns,
    /// The same, by LLMNR.
    LinkLocal,
    /// A client of TLS, by the server name in its ClientHello.
    Sni,
    /// A client of HTTP, by the host in its request.
    HttpHost,
    /// Whoever wrote the capture, in a name resolution block.
    Capture,
}

impl Claimant {
    /// A stable word.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Dns => "dns",
            Self::ReverseDns => "reverse-dns",
            Self::MulticastDns => "mdns",
            Self::LinkLocal => "llmnr",
            Self::Sni => "sni",
            Self::HttpHost => "http-host",
            Self::Capture => "capture",
        }
    }

    /// As a person reads it.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Dns => "DNS answer",
            Self::ReverseDns => "reverse DNS answer",
            Self::MulticastDns => "mDNS answer",
            Self::LinkLocal => "LLMNR answer",
            Self::Sni => "SNI",
            Self::HttpHost => "HTTP Host",
            Self::Capture => "capture's name records",
        }
    }
}

/// A name for an address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// The address.
    pub address: IpAddr,
    /// Its name, in lower case and without a dot at its end.
    pub name: Arc<str>,
    /// Who says so.
    pub by: Claimant,
    /// In which frame; none for the capture's own records.
    pub frame: Option<PacketId>,
}

impl Claim {
    /// A claim, if it names one address and is a name: no address again, and no longer than names are.
    #[must_use]
    pub fn new(address: IpAddr, name: &str, by: Claimant, frame: Option<PacketId>) -> Option<Self> {
        let name = name.strip_suffix('.').unwrap_or(name);
        let one = match address {
            IpAddr::V4(ip) => !ip.is_unspecified() && !ip.is_multicast() && !ip.is_broadcast(),
            IpAddr::V6(ip) => !ip.is_unspecified() && !ip.is_multicast(),
        };
        // Addresses end with a digit; few names do.
        let odd = name.ends_with(|c: char| c.is_ascii_hexdigit() || c == ':');
        if !one || name.is_empty() || name.len() > NAME_MAX || odd && name.parse::<IpAddr>().is_ok()
        {
            return None;
        }
        let name = if name.bytes().any(|byte| byte.is_ascii_uppercase()) {
            name.to_ascii_lowercase().into()
        } else {
            name.into()
        };
        Some(Self {
            address,
            name,
            by,
            frame,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_claim_names_one_address() {
        let claim = |address: &str, name: &str| {
            Claim::new(address.parse().unwrap(), name, Claimant::Dns, None).map(|claim| claim.name)
        };
        assert_eq!(
            claim("203.0.113.10", "WWW.Example.test.").as_deref(),
            Some("www.example.test"),
            "resolvers mix the case of questions"
        );
        assert_eq!(
            claim("2001:db8::1", "3com.test").as_deref(),
            Some("3com.test")
        );
        for address in [
            "0.0.0.0",
            "::",
            "224.0.0.251",
            "255.255.255.255",
            "ff02::fb",
        ] {
            assert_eq!(claim(address, "a.test"), None, "{address}");
        }
        for name in ["", ".", "203.0.113.10", "2001:db8::1", &"a".repeat(256)] {
            assert_eq!(claim("203.0.113.10", name), None, "{name}");
        }
    }
}
