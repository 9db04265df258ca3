//! What the user says is spoken where: it goes before what protocols claim and before what bytes look like.

use std::sync::Arc;

use super::table::{Claim, Next, Protocol, claimed, protocols};
use crate::model::nearest;

/// Rules such as `tcp.port=8443:tls`; without any, protocols are found by claims and bytes.
#[derive(Clone, Debug, Default)]
pub struct DecodeAs(Arc<[(Claim, &'static Protocol)]>);

/// Why a rule cannot be followed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadRule {
    /// What is wrong.
    pub what: String,
    /// Why.
    pub because: String,
    /// A rule that would do.
    pub hint: String,
}

/// What can be selected: its key, which numbers there are, and a rule that would do.
struct Selector {
    key: &'static str,
    carrier: &'static str,
    claim: fn(u16) -> Claim,
    carries: fn(&Protocol) -> bool,
    example: &'static str,
}

const SELECTORS: &[Selector] = &[
    Selector {
        key: "tcp.port",
        carrier: "over TCP",
        claim: Claim::TcpPort,
        carries: |protocol| protocol.talk.is_some(),
        example: "tcp.port=8443:tls",
    },
    Selector {
        key: "udp.port",
        carrier: "over UDP",
        claim: Claim::UdpPort,
        carries: |protocol| claims(protocol, |claim| matches!(claim, Claim::UdpPort(_))),
        example: "udp.port=5300:dns",
    },
    Selector {
        key: "eth.type",
        carrier: "behind an EtherType",
        claim: Claim::EtherType,
        carries: |protocol| claims(protocol, |claim| matches!(claim, Claim::EtherType(_))),
        example: "eth.type=0x88b5:ip",
    },
];

/// Names no protocol: the bytes are shown as they are.
const NONE: &str = "data";

fn claims(protocol: &Protocol, is: fn(&Claim) -> bool) -> bool {
    protocol.claims.iter().any(is)
}

impl DecodeAs {
    /// Reads rules; of several for the same thing the last one counts.
    ///
    /// # Errors
    /// When a rule does not say what and as what, or names what there is not.
    pub fn read(rules: &[String]) -> Result<Self, BadRule> {
        let rules = rules.iter().rev().map(|rule| read(rule));
        rules.collect::<Result<_, _>>().map(Self)
    }

    /// The protocol of bytes so named: by a rule, or else by claim.
    pub(super) fn protocol(&self, next: Next, bytes: &[u8]) -> Option<&'static Protocol> {
        if self.0.is_empty() {
            return claimed(next, bytes);
        }
        let by_rule = match next {
            Next::EtherType(number) => self.rule(Claim::EtherType(number)),
            Next::TcpPort(port) => self.rule(Claim::TcpPort(port)),
            Next::Udp(src, dst) => self
                .rule(Claim::UdpPort(src))
                .or_else(|| self.rule(Claim::UdpPort(dst))),
            _ => None,
        };
        by_rule.or_else(|| claimed(next, bytes))
    }

    /// The protocol that a stream with one of these ports is said to be; one without a talk when it is said to be none.
    #[must_use]
    pub fn stream(&self, ports: [Option<u16>; 2]) -> Option<&'static Protocol> {
        let mut rules = ports.iter().flatten().map(|&port| Claim::TcpPort(port));
        rules.find_map(|claim| self.rule(claim))
    }

    /// Some rule is about packets, not about what streams carry.
    #[must_use]
    pub fn is_about_packets(&self) -> bool {
        let mut rules = self.0.iter();
        rules.any(|(claim, _)| !matches!(claim, Claim::TcpPort(_)))
    }

    fn rule(&self, claim: Claim) -> Option<&'static Protocol> {
        let found = self.0.iter().find(|(said, _)| *said == claim);
        found.map(|(_, protocol)| *protocol)
    }
}

fn read(rule: &str) -> Result<(Claim, &'static Protocol), BadRule> {
    let parts = rule.rsplit_once(':').and_then(|(selector, name)| {
        let (key, number) = selector.split_once('=')?;
        // Wireshark writes it twice.
        let number = number.strip_prefix('=').unwrap_or(number);
        Some((key.trim(), number.trim(), name.trim()))
    });
    let Some((key, number, name)) = parts else {
        return Err(BadRule {
            what: format!("`{rule}` does not say what to decode as what"),
            because: "a rule is a selector, a colon and a protocol, and a selector is a key, `=` and a number".to_owned(),
            hint: try_one(SELECTORS.iter()),
        });
    };
    let Some(selector) = SELECTORS.iter().find(|selector| selector.key == key) else {
        let keys = SELECTORS.iter().map(|selector| selector.key);
        let near = nearest(key, keys.clone());
        return Err(BadRule {
            what: format!("`{key}` in `{rule}` selects nothing"),
            because: format!("the selectors are {}", listed(keys)),
            hint: match near {
                Some(near) => format!("`--decode-as {near}={number}:{name}`"),
                None => try_one(SELECTORS.iter()),
            },
        });
    };
    let parsed = match number.strip_prefix("0x") {
        Some(digits) => u16::from_str_radix(digits, 16).ok(),
        None => number.parse().ok(),
    };
    let Some(parsed) = parsed else {
        return Err(BadRule {
            what: format!("`{number}` in `{rule}` is no value of `{key}`"),
            because: "it is decimal from 0 to 65535, or hexadecimal behind 0x".to_owned(),
            hint: try_one(std::iter::once(selector)),
        });
    };
    let known = || {
        let carried = |protocol: &&&Protocol| (selector.carries)(protocol) || protocol.key == NONE;
        protocols().iter().filter(carried)
    };
    let Some(protocol) = known().find(|protocol| protocol.key == name.to_lowercase()) else {
        let mut names: Vec<_> = known().map(|protocol| protocol.key).collect();
        names.sort_unstable();
        names.dedup();
        let near = nearest(name, names.iter().copied());
        return Err(BadRule {
            what: format!(
                "no protocol that is read {} is called `{name}`",
                selector.carrier
            ),
            because: format!("these are: {}", listed(names.iter().copied())),
            hint: match near {
                Some(near) => format!("`--decode-as {key}={number}:{near}`"),
                None => try_one(std::iter::once(selector)),
            },
        });
    };
    Ok(((selector.claim)(parsed), protocol))
}

fn listed<'a>(words: impl Iterator<Item = &'a str>) -> String {
    let words: Vec<_> = words.map(|word| format!("`{word}`")).collect();
    words.join(", ")
}

fn try_one<'a>(selectors: impl Iterator<Item = &'a Selector>) -> String {
    let examples = selectors.map(|selector| format!("`--decode-as {}`", selector.example));
    examples.collect::<Vec<_>>().join(" or ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(rules: &[&str]) -> Result<DecodeAs, BadRule> {
        let rules: Vec<_> = rules.iter().map(|&rule| rule.to_owned()).collect();
        DecodeAs::read(&rules)
    }

    #[test]
    fn rules_go_before_claims() {
        let said = rules(&[
            "udp.port=53:dhcp",
            "eth.type=0x88b5:arp",
            "udp.port==5353:data",
        ])
        .unwrap();
        let key = |next, bytes: &[u8]| said.protocol(next, bytes).map(|protocol| protocol.key);
        assert_eq!(key(Next::Udp(40_000, 53), b"x"), Some("dhcp"));
        assert_eq!(key(Next::Udp(5353, 5353), b"x"), Some("data"));
        assert_eq!(key(Next::EtherType(0x88b5), b"x"), Some("arp"));
        assert_eq!(key(Next::EtherType(0x0800), b"x"), Some("ip"));
        assert!(said.is_about_packets());
        // The last one counts, and the port may be that of either side.
        let said = rules(&["tcp.port=8443:ssh", "tcp.port=8443:tls", "tcp.port=22:data"]).unwrap();
        let stream = |ports: [u16; 2]| {
            let found = said.stream(ports.map(Some));
            found.map(|protocol| protocol.key)
        };
        assert_eq!(stream([8443, 50_000]), Some("tls"));
        assert_eq!(stream([50_000, 8443]), Some("tls"));
        assert_eq!(stream([22, 50_000]), Some("data"));
        assert_eq!(stream([443, 50_000]), None);
        assert!(!said.is_about_packets());
    }

    #[test]
    fn rules_that_cannot_be_followed_say_what_could() {
        let wrong = |rule| rules(&[rule]).unwrap_err();
        assert_eq!(
            wrong("tcp.port=8443:tsl").hint,
            "`--decode-as tcp.port=8443:tls`"
        );
        assert_eq!(
            wrong("tpc.port=8443:tls").hint,
            "`--decode-as tcp.port=8443:tls`"
        );
        assert!(wrong("tcp.port=8443:dhcp").because.contains("`ssh`"));
        assert!(wrong("tcp.port=70000:tls").because.contains("65535"));
        for rule in ["", "8443:tls", "tcp.port=8443", ":", "=:"] {
            let wrong = wrong(rule);
            assert!(
                wrong.hint.contains("tcp.port=8443:tls"),
                "{rule}: {wrong:?}"
            );
        }
    }

    #[test]
    fn every_example_can_be_followed() {
        for selector in SELECTORS {
            assert!(rules(&[selector.example]).is_ok(), "{}", selector.example);
        }
    }
}
