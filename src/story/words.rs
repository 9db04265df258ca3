//! The table of words: placeholders of scripts that are about the journey or the step, not a field. One row a word.

use std::borrow::Cow;
use std::net::IpAddr;

use crate::model::push_ip;

use super::journey::{Journey, Role, Told, Who};

/// A word.
#[derive(Debug)]
pub struct Word {
    /// What stands between the braces.
    pub name: &'static str,
    /// What it becomes, one sentence.
    pub help: &'static str,
    /// Its value.
    pub value: Value,
}

/// How a word gets its value; none leaves the sentence out.
#[derive(Debug)]
pub enum Value {
    /// Who has this role, if somebody has.
    Actor(Role),
    /// It is found in the journey and the step.
    Found(for<'a> fn(&'a Journey, Option<&'a Told>) -> Option<Spoken<'a>>),
}

/// What a word becomes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Spoken<'a> {
    /// Somebody of the story, said with "the".
    Actor(Role),
    /// Something from the capture.
    Value(Cow<'a, str>),
    /// Something that we worked out.
    Plain(String),
}

/// The place of a word in the table.
#[must_use]
pub fn find(name: &str) -> Option<usize> {
    WORDS.iter().position(|word| word.name == name)
}

/// All words.
pub static WORDS: &[Word] = &[
    Word {
        name: "client",
        help: "`the client`: who wants something.",
        value: Value::Actor(Role::Client),
    },
    Word {
        name: "server",
        help: "`the server`: who has it.",
        value: Value::Actor(Role::Server),
    },
    Word {
        name: "resolver",
        help: "`the resolver`: who is asked for names.",
        value: Value::Actor(Role::Resolver),
    },
    Word {
        name: "router",
        help: "`the router`: the next hop on the client's link.",
        value: Value::Actor(Role::Router),
    },
    Word {
        name: "from",
        help: "Who acts in this step: `the client`, or an address.",
        value: Value::Found(|_, t| Some(who(t?.from?))),
    },
    Word {
        name: "to",
        help: "On whom: `the server`, `everyone`, or an address.",
        value: Value::Found(|_, t| Some(who(t?.to?))),
    },
    Word {
        name: "name",
        help: "The host name that is asked for.",
        value: Value::Found(|j, _| Some(Spoken::Value(j.name.as_deref()?.into()))),
    },
    Word {
        name: "target",
        help: "The host name that is asked for, else the server's IP address.",
        value: Value::Found(|j, _| match &j.name {
            Some(name) => Some(Spoken::Value(name.as_ref().into())),
            None => address(j, Role::Server),
        }),
    },
    Word {
        name: "url",
        help: "The URL that the requests show, else scheme and name.",
        value: Value::Found(|j, _| Some(Spoken::Value(j.url.as_deref()?.into()))),
    },
    Word {
        name: "client_ip",
        help: "The client's IP address.",
        value: Value::Found(|j, _| address(j, Role::Client)),
    },
    Word {
        name: "address",
        help: "The server's IP address.",
        value: Value::Found(|j, _| address(j, Role::Server)),
    },
    Word {
        name: "resolver_ip",
        help: "The resolver's IP address.",
        value: Value::Found(|j, _| address(j, Role::Resolver)),
    },
    Word {
        name: "router_ip",
        help: "The router's IP address, when the link was asked for it.",
        value: Value::Found(|j, _| address(j, Role::Router)),
    },
    Word {
        name: "router_mac",
        help: "The MAC address of the next hop.",
        value: Value::Found(|j, _| {
            Some(Spoken::Value(
                j.actor(Role::Router)?.mac?.to_string().into(),
            ))
        }),
    },
    Word {
        name: "port",
        help: "The server's port.",
        value: Value::Found(|j, t| {
            Some(Spoken::Value(
                conversation(j, t)?.port()?.to_string().into(),
            ))
        }),
    },
    Word {
        name: "usual_protocol",
        help: "The protocol that the server's port usually carries, where another one is spoken.",
        value: Value::Found(|j, t| {
            let usual = odd(j, t)?.usual()?;
            Some(Spoken::Plain(usual.key.to_uppercase()))
        }),
    },
    Word {
        name: "spoken_protocol",
        help: "The protocol that is spoken there.",
        value: Value::Found(|j, t| Some(Spoken::Plain(odd(j, t)?.app.to_uppercase()))),
    },
    Word {
        name: "odd_port",
        help: "The server's port, where it usually carries another protocol.",
        value: Value::Found(|j, t| {
            let port = odd(j, t)?.port()?;
            Some(Spoken::Value(port.to_string().into()))
        }),
    },
    Word {
        name: "client_port",
        help: "The client's port.",
        value: Value::Found(|j, t| {
            Some(Spoken::Value(
                conversation(j, t)?.client?.port?.to_string().into(),
            ))
        }),
    },
    Word {
        name: "peer",
        help: "The other end of the step's conversation, as address and port.",
        value: Value::Found(|j, t| {
            Some(Spoken::Value(
                conversation(j, t)?.server?.to_string().into(),
            ))
        }),
    },
    Word {
        name: "source",
        help: "The address that this step's packet came from.",
        value: Value::Found(|_, t| Some(Spoken::Value(ip(t?.moment.as_ref()?.src?)))),
    },
    Word {
        name: "destination",
        help: "The address that this step's packet went to.",
        value: Value::Found(|_, t| Some(Spoken::Value(ip(t?.moment.as_ref()?.dst?)))),
    },
    Word {
        name: "outer_source",
        help: "The address that the packet around this step's packet came from.",
        value: Value::Found(|_, t| outer(t, ["ip.src", "ipv6.src"])),
    },
    Word {
        name: "outer_destination",
        help: "The address that the packet around this step's packet went to.",
        value: Value::Found(|_, t| outer(t, ["ip.dst", "ipv6.dst"])),
    },
    Word {
        name: "count",
        help: "How many events this step stands for.",
        value: Value::Found(|_, t| Some(Spoken::Plain(t?.moment.as_ref()?.count.to_string()))),
    },
    Word {
        name: "frames",
        help: "How many frames carry this step; without a step, those of the journey.",
        value: Value::Found(|j, t| {
            let count = match t {
                Some(told) => told.moment.as_ref()?.packets.len() as u64,
                None => j.frames(),
            };
            Some(Spoken::Plain(count.to_string()))
        }),
    },
    Word {
        name: "frame",
        help: "The number of this step's first frame.",
        value: Value::Found(|_, t| Some(Spoken::Plain(t?.moment.as_ref()?.first().0.to_string()))),
    },
    Word {
        name: "about",
        help: "The number of the earlier frame that this step is about.",
        value: Value::Found(|_, t| Some(Spoken::Plain(t?.moment.as_ref()?.about?.0.to_string()))),
    },
    Word {
        name: "bytes",
        help: "How many bytes of body followed this step's message.",
        value: Value::Found(|_, t| {
            Some(Spoken::Plain(
                t?.moment.as_ref()?.body.as_ref()?.bytes.to_string(),
            ))
        }),
    },
    Word {
        name: "body_frames",
        help: "How many frames carried that body.",
        value: Value::Found(|_, t| {
            Some(Spoken::Plain(
                t?.moment.as_ref()?.body.as_ref()?.count.to_string(),
            ))
        }),
    },
    Word {
        name: "duration",
        help: "How long until this step's answer; without a step, the journey's length.",
        value: Value::Found(|j, t| {
            let ns = match t {
                Some(told) => told.duration_ns?,
                None => j.end.since(j.start),
            };
            Some(Spoken::Plain(human(ns)))
        }),
    },
    Word {
        name: "elapsed",
        help: "How long after the journey's first frame this step began.",
        value: Value::Found(|j, t| {
            Some(Spoken::Plain(human(
                t?.moment.as_ref()?.time.since(j.start),
            )))
        }),
    },
    Word {
        name: "rtt",
        help: "The round trip of the first TCP handshake, SYN to SYN-ACK.",
        value: Value::Found(|j, _| {
            let syn = j.moments().find(|m| m.is("tcp.syn"))?;
            let again = j
                .moments()
                .filter(|m| m.is("tcp.syn") && m.flow == syn.flow);
            if again.count() > 1 {
                return None;
            }
            let answer = j
                .moments()
                .find(|m| m.is("tcp.syn_ack") && m.flow == syn.flow)?;
            Some(Spoken::Plain(human(answer.time.since(syn.time))))
        }),
    },
    Word {
        name: "conversations",
        help: "How many conversations the journey has.",
        value: Value::Found(|j, _| Some(Spoken::Plain(j.conversation_ids().count().to_string()))),
    },
    Word {
        name: "leg",
        help: "Which connection of the journey this step belongs to.",
        value: Value::Found(|_, t| Some(Spoken::Plain(t?.leg.to_string()))),
    },
    Word {
        name: "round",
        help: "Which request of the connection this step belongs to.",
        value: Value::Found(|_, t| Some(Spoken::Plain(t?.round.to_string()))),
    },
    Word {
        name: "app",
        help: "The protocol of the journey's conversation by its short key, such as `mqtt`.",
        value: Value::Found(|j, _| Some(Spoken::Plain(j.conversations.first()?.app.to_owned()))),
    },
    Word {
        name: "tls_version",
        help: "The TLS version that was agreed on.",
        value: Value::Found(|j, t| agreed(j, t, "version")),
    },
    Word {
        name: "cipher_suite",
        help: "The cipher suite that was agreed on.",
        value: Value::Found(|j, t| agreed(j, t, "cipher_suite")),
    },
    Word {
        name: "group",
        help: "The group of the TLS key exchange.",
        value: Value::Found(|j, t| agreed(j, t, "group")),
    },
    Word {
        name: "alpn",
        help: "The application protocol that was negotiated.",
        value: Value::Found(|j, t| agreed(j, t, "alpn")),
    },
    Word {
        name: "sni",
        help: "The name that the client put into its ClientHello.",
        value: Value::Found(|j, t| agreed(j, t, "sni")),
    },
    Word {
        name: "kex",
        help: "The key exchange method that SSH agreed on.",
        value: Value::Found(|j, t| agreed(j, t, "kex")),
    },
    Word {
        name: "host_key_algorithm",
        help: "The signature algorithm of the SSH host key.",
        value: Value::Found(|j, t| agreed(j, t, "host_key_algorithm")),
    },
    Word {
        name: "fingerprint",
        help: "The SHA-256 fingerprint of the SSH host key.",
        value: Value::Found(|j, t| agreed(j, t, "host_key_sha256")),
    },
    Word {
        name: "cipher",
        help: "The cipher that SSH agreed on.",
        value: Value::Found(|j, t| agreed(j, t, "cipher")),
    },
    Word {
        name: "mac",
        help: "The message authentication that SSH agreed on.",
        value: Value::Found(|j, t| agreed(j, t, "mac")),
    },
];

fn who(who: Who) -> Spoken<'static> {
    match who {
        Who::Role(role) => Spoken::Actor(role),
        Who::Address(address) => Spoken::Value(ip(address)),
    }
}

fn address(j: &Journey, role: Role) -> Option<Spoken<'static>> {
    Some(Spoken::Value(ip(j.actor(role)?.ip?)))
}

/// The address that the header of a tunnel has around it.
fn outer(told: Option<&Told>, keys: [&str; 2]) -> Option<Spoken<'static>> {
    let moment = told?.moment.as_deref().filter(|m| m.is("ip.tunnel"))?;
    let found = keys.into_iter().find_map(|key| moment.address(key))?;
    Some(Spoken::Value(ip(found)))
}

fn ip(ip: IpAddr) -> Cow<'static, str> {
    let mut text = String::new();
    push_ip(ip, &mut text);
    text.into()
}

/// The conversation of a step, else the journey's first.
fn conversation<'a>(
    j: &'a Journey,
    told: Option<&Told>,
) -> Option<&'a super::conversation::Conversation> {
    let flow = told
        .and_then(|told| told.moment.as_ref())
        .and_then(|m| m.flow);
    j.conversations
        .iter()
        .find(|c| Some(c.id) == flow)
        .or_else(|| j.conversations.first())
}

/// The conversation of a step, if its port usually carries another protocol; for what did not happen, any such.
fn odd<'a>(j: &'a Journey, told: Option<&Told>) -> Option<&'a super::conversation::Conversation> {
    let mut odd = j.conversations.iter().filter(|c| c.usual().is_some());
    match told.and_then(|told| told.moment.as_ref()) {
        Some(moment) => odd.find(|c| Some(c.id) == moment.flow),
        None => odd.next(),
    }
}

fn agreed<'a>(j: &'a Journey, told: Option<&Told>, name: &str) -> Option<Spoken<'a>> {
    let text = conversation(j, told)
        .and_then(|c| c.text(name))
        .or_else(|| j.conversations.iter().find_map(|c| c.text(name)))?;
    Some(Spoken::Value(text.into()))
}

/// Nanoseconds as a person says them: `31.2 ms`.
#[must_use]
pub fn human(ns: i64) -> String {
    let abs = ns.unsigned_abs();
    let (unit, per): (&str, u64) = match abs {
        0..1_000 => return format!("{ns} ns"),
        1_000..1_000_000 => ("µs", 1_000),
        1_000_000..1_000_000_000 => ("ms", 1_000_000),
        _ => ("s", 1_000_000_000),
    };
    // Three digits that count, without a decimal point's noise.
    let value = ns as f64 / per as f64;
    match abs / per {
        0..10 => format!("{value:.2} {unit}"),
        10..100 => format!("{value:.1} {unit}"),
        _ => format!("{value:.0} {unit}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_three_digits_and_a_unit() {
        assert_eq!(human(31_249_000), "31.2 ms");
        assert_eq!(human(187_000_000), "187 ms");
        assert_eq!(human(2_500), "2.50 µs");
        assert_eq!(human(999), "999 ns");
        assert_eq!(human(-3_004_000_000), "-3.00 s");
    }

    #[test]
    fn every_word_has_a_name_of_its_own_and_a_sentence() {
        for (i, word) in WORDS.iter().enumerate() {
            assert!(word.help.ends_with('.'), "{}", word.name);
            assert_eq!(find(word.name), Some(i), "{}", word.name);
        }
    }
}
