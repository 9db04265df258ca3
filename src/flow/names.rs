//! Names of addresses, as they are claimed while a capture is read: by answers of resolvers and neighbours, by clients that
//! say whom they want, by the capture's own records.

use std::cmp::Reverse;
use std::collections::VecDeque;
use std::collections::hash_map::Entry;
use std::net::IpAddr;
use std::sync::Arc;

use rustc_hash::FxHashMap;

use crate::decode::answers::answers;
use crate::decode::{Dissection, Field, Raised};
use crate::model::{Claim, Claimant, PacketId, Side};

use super::table::Table;
use super::{Flow, Flows, Want};

/// So many addresses have names; after that the one that was named first is forgotten for each new one.
const ADDRESSES_MAX: usize = 16_384;
/// So many claims are kept of an address: the latest.
const CLAIMS_MAX: usize = 4;

/// Who claims which names of which addresses.
#[derive(Debug, Default)]
pub struct Names {
    known: FxHashMap<IpAddr, Vec<Known>>,
    /// The addresses in the order in which they were first named.
    order: VecDeque<IpAddr>,
}

/// A name of an address, and in which frames it was claimed.
#[derive(Debug)]
struct Known {
    name: Arc<str>,
    by: Claimant,
    /// The first frame and the latest; none for the capture's own records.
    frames: Option<(PacketId, PacketId)>,
}

impl Names {
    /// Keeps a claim.
    pub fn learn(&mut self, claim: Claim) {
        let claims = match self.known.entry(claim.address) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(new) => {
                self.order.push_back(claim.address);
                new.insert(Vec::new())
            }
        };
        let same = |known: &Known| known.by == claim.by && known.name == claim.name;
        let mut known = match claims.iter().position(same) {
            Some(at) => claims.remove(at),
            None => Known {
                name: claim.name,
                by: claim.by,
                frames: None,
            },
        };
        if let Some(latest) = claim.frame {
            let (first, last) = known.frames.unwrap_or((latest, latest));
            known.frames = Some((first.min(latest), last.max(latest)));
        }
        if claims.len() >= CLAIMS_MAX {
            claims.remove(0);
        }
        claims.push(known);
        if self.order.len() > ADDRESSES_MAX
            && let Some(oldest) = self.order.pop_front()
        {
            self.known.remove(&oldest);
        }
    }

    /// What was claimed of an address up to a frame, the latest first; each with the last frame up to there that is known to
    /// claim it.
    #[must_use]
    pub fn of(&self, address: IpAddr, until: PacketId) -> Vec<Claim> {
        let Some(known) = self.known.get(&address) else {
            return Vec::new();
        };
        let mut claims = Vec::with_capacity(known.len());
        claims.extend(known.iter().filter_map(|known| known.until(address, until)));
        if claims.len() > 1 {
            claims.reverse();
            claims.sort_by_key(|claim| Reverse(claim.frame));
        }
        claims
    }

    /// True when nothing is known.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.known.is_empty()
    }

    /// Tells a conversation what was claimed of its ends up to its last frame.
    pub fn introduce(&self, flow: &mut Flow) {
        for (end, names) in [flow.client, flow.server].iter().zip(&mut flow.names) {
            *names = self.of(end.ip, flow.last);
        }
    }
}

impl Known {
    /// The claim as it was made up to a frame.
    fn until(&self, address: IpAddr, until: PacketId) -> Option<Claim> {
        let frame = match self.frames {
            Some((_, latest)) if latest <= until => Some(latest),
            Some((first, _)) if first <= until => Some(first),
            Some(_) => return None,
            None => None,
        };
        Some(Claim {
            address,
            name: Arc::clone(&self.name),
            by: self.by,
            frame,
        })
    }
}

impl Flows {
    /// The capture's own records claim a name.
    pub fn name(&mut self, address: IpAddr, name: &str) {
        add(address, name, Claimant::Capture, None, &mut self.claims);
    }

    /// True when something was claimed or has ended since that was last asked.
    #[must_use]
    pub fn has_news(&self) -> bool {
        !self.claims.is_empty() || !self.ended.is_empty()
    }

    /// Names that were claimed since this was last asked.
    pub fn claims(&mut self) -> impl Iterator<Item = Claim> + '_ {
        std::iter::from_fn(|| self.claims.pop_front())
    }
}

/// What the events of a frame claim. Where events are wanted for stories, those that are part of one are read there.
pub(super) fn claimed(
    frame: &[u8],
    d: &Dissection,
    want: Want,
    flows: &mut Table,
    to: &mut VecDeque<Claim>,
) {
    for raised in &d.events {
        match raised.def.id {
            "mdns.response" => answered(message(frame, d, raised), "mdns", d.packet, to),
            "llmnr.response" => answered(message(frame, d, raised), "llmnr", d.packet, to),
            _ if want != Want::Fields => {}
            "dns.response" => answered(message(frame, d, raised), "dns", d.packet, to),
            "tls.client_hello" | "http.request" => asked_for(d, raised, flows, to),
            _ => {}
        }
    }
}

/// A client says whom it wants.
fn asked_for(d: &Dissection, raised: &Raised, flows: &mut Table, to: &mut VecDeque<Claim>) {
    let Some((place, flow)) = d.flow.and_then(|f| Some((f, flows.flow_mut(f.id)?))) else {
        return;
    };
    let (said, by) = if raised.def.id == "http.request" {
        flow.is_proxied |= asks_proxy(d, raised);
        (text(d, raised, "http.host").map(host), Claimant::HttpHost)
    } else {
        let said = text(d, raised, "tls.handshake.extensions_server_name");
        (said, Claimant::Sni)
    };
    // Of a proxy the client names another.
    if let Some(name) = said.filter(|_| !flow.is_proxied) {
        let receiver = match place.from {
            Side::Client => flow.server,
            Side::Server => flow.client,
        };
        add(receiver.ip, name, by, Some(d.packet), to);
    }
}

/// What a message of the DNS, or of a protocol that is like it, claims.
pub(super) fn answered(message: &[u8], protocol: &str, packet: PacketId, to: &mut VecDeque<Claim>) {
    let by = match protocol {
        "dns" => Claimant::Dns,
        "mdns" => Claimant::MulticastDns,
        "llmnr" => Claimant::LinkLocal,
        _ => return,
    };
    answers(message, |answer| {
        let by = match by {
            Claimant::Dns if answer.reverse => Claimant::ReverseDns,
            by => by,
        };
        add(answer.address, answer.name, by, Some(packet), to);
    });
}

/// Adds a claim to those that wait to be asked for; more than would be kept are not.
fn add(
    address: IpAddr,
    name: &str,
    by: Claimant,
    frame: Option<PacketId>,
    to: &mut VecDeque<Claim>,
) {
    if to.len() < ADDRESSES_MAX {
        to.extend(Claim::new(address, name, by, frame));
    }
}

fn fields<'a>(d: &'a Dissection, raised: &Raised) -> &'a [Field] {
    let (from, to) = raised.fields;
    d.fields.get(from as usize..to as usize).unwrap_or_default()
}

fn text<'a>(d: &'a Dissection, raised: &Raised, key: &str) -> Option<&'a str> {
    let field = fields(d, raised)
        .iter()
        .find(|field| field.def.key == key)?;
    Some(d.text(field.value))
}

/// The bytes of a DNS message: from its number on, as its length stands before it in a stream.
fn message<'a>(frame: &'a [u8], d: &'a Dissection, raised: &Raised) -> &'a [u8] {
    let first = fields(d, raised).iter().find(|f| f.def.key == "dns.id");
    let bytes = d.bytes(frame, raised.span).unwrap_or_default();
    let start = first.map_or(0, |first| first.span.at.saturating_sub(raised.span.at));
    bytes.get(start as usize..).unwrap_or_default()
}

/// True for a request that only a proxy understands: for a tunnel, or with a whole URL as its target (RFC 9112 section 3.2).
fn asks_proxy(d: &Dissection, raised: &Raised) -> bool {
    text(d, raised, "http.request.method") == Some("CONNECT")
        || text(d, raised, "http.request.uri").is_some_and(|target| target.contains("://"))
}

/// The host of a Host field, without its port.
fn host(authority: &str) -> &str {
    let authority = authority.trim();
    let digits = authority.bytes().rev().take_while(u8::is_ascii_digit);
    let host = authority.get(..authority.len() - digits.count());
    host.and_then(|host| host.strip_suffix(':'))
        .unwrap_or(authority)
}

#[cfg(test)]
mod tests {
    use super::super::Want;
    use super::super::testing::{ACK, Tape};
    use super::*;

    fn claim(address: [u8; 4], name: &str, by: Claimant, frame: Option<u64>) -> Claim {
        Claim::new(address.into(), name, by, frame.map(PacketId)).unwrap()
    }

    fn told(names: &Names, address: [u8; 4], until: u64) -> Vec<String> {
        let claims = names.of(address.into(), PacketId(until));
        let frame = |claim: &Claim| claim.frame.map_or(0, |frame| frame.0);
        claims
            .iter()
            .map(|claim| format!("{} {} {}", claim.name, claim.by.word(), frame(claim)))
            .collect()
    }

    #[test]
    fn a_name_is_known_from_its_frame_on_and_the_latest_comes_first() {
        let mut names = Names::default();
        let server = [203, 0, 113, 10];
        for (name, by, frame) in [
            ("nas.lan", Claimant::Capture, None),
            ("www.a.test", Claimant::Dns, Some(6)),
            ("www.b.test", Claimant::Sni, Some(12)),
            ("www.a.test", Claimant::Dns, Some(20)),
        ] {
            names.learn(claim(server, name, by, frame));
        }
        assert_eq!(told(&names, server, 5), ["nas.lan capture 0"]);
        assert_eq!(
            told(&names, server, 19),
            ["www.b.test sni 12", "www.a.test dns 6", "nas.lan capture 0"]
        );
        assert_eq!(
            told(&names, server, 20),
            [
                "www.a.test dns 20",
                "www.b.test sni 12",
                "nas.lan capture 0"
            ]
        );
        assert!(told(&names, [203, 0, 113, 11], 99).is_empty());
    }

    #[test]
    fn memory_has_an_end() {
        let mut flows = Flows::default();
        for n in 0..100_000_u32 {
            flows.name(IpAddr::from((0x0a00_0000 + n).to_be_bytes()), "a.test");
        }
        assert_eq!(flows.claims().count(), ADDRESSES_MAX);
        let mut names = Names::default();
        let address = |n: u32| (0x0a00_0000 + n).to_be_bytes();
        let many = ADDRESSES_MAX as u32 + 1000;
        for n in 0..many {
            for part in ["a", "b", "c", "d", "e", "f"] {
                let name = format!("{part}{n}.test");
                names.learn(claim(address(n), &name, Claimant::Dns, Some(1)));
            }
        }
        assert_eq!(
            (names.known.len(), names.order.len()),
            (ADDRESSES_MAX, ADDRESSES_MAX)
        );
        assert!(
            names
                .known
                .values()
                .all(|claims| claims.len() == CLAIMS_MAX)
        );
        assert!(
            told(&names, address(999), 1).is_empty(),
            "the first are forgotten"
        );
        assert_eq!(told(&names, address(1000), 1).len(), CLAIMS_MAX);
        assert_eq!(
            told(&names, address(many - 1), 1)[0],
            format!("f{}.test dns 1", many - 1)
        );
    }

    /// An answer for `a.test`: 203.0.113.10.
    const ANSWER: &[u8] =
        b"\x1a\x2b\x81\x80\x00\x01\x00\x01\x00\x00\x00\x00\x01a\x04test\x00\x00\x01\x00\x01\
        \xc0\x0c\x00\x01\x00\x01\x00\x00\x00\x3c\x00\x04\xcb\x00\x71\x0a";

    /// The question for it.
    const QUESTION: &[u8] =
        b"\x1a\x2b\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x01a\x04test\x00\x00\x01\x00\x01";

    fn claims(tape: &mut Tape) -> Vec<String> {
        let claims = tape.flows.claims().map(|claim| {
            let frame = claim.frame.map_or(0, |frame| frame.0);
            format!(
                "{} {} {} {frame}",
                claim.address,
                claim.name,
                claim.by.word()
            )
        });
        claims.collect()
    }

    #[test]
    fn answers_claim_names() {
        for want in [Want::Conversations, Want::Events, Want::Fields] {
            for (port, by) in [(53, "dns"), (5353, "mdns"), (5355, "llmnr")] {
                let mut tape = Tape::new(want);
                tape.ports = [40_000, port];
                tape.udp(Side::Server, ANSWER);
                // Stories read those that are told as answers to someone.
                let told = want == Want::Events && by == "dns";
                let claim = (!told).then(|| format!("203.0.113.10 a.test {by} 1"));
                assert_eq!(claims(&mut tape), Vec::from_iter(claim), "{want:?}");
                tape.udp(Side::Client, QUESTION);
                assert!(claims(&mut tape).is_empty());
            }
        }
        let mut tape = Tape::new(Want::Fields);
        tape.ports = [40_000, 53];
        tape.handshake();
        let message = [&[0, ANSWER.len() as u8][..], ANSWER].concat();
        tape.tcp(Side::Server, ACK, 501, 101, &message);
        assert_eq!(claims(&mut tape), ["203.0.113.10 a.test dns 4"]);
    }

    fn asked(requests: &[&[u8]]) -> Vec<String> {
        let mut tape = Tape::new(Want::Fields);
        tape.ports = [40_000, 80];
        tape.handshake();
        let mut seq = 101;
        let mut found = Vec::new();
        for request in requests {
            tape.tcp(Side::Client, ACK, seq, 501, request);
            seq += request.len() as u32;
            found.extend(claims(&mut tape));
        }
        found
    }

    #[test]
    fn requests_claim_the_name_of_their_server_but_not_of_a_proxy() {
        assert_eq!(
            asked(&[b"GET / HTTP/1.1\r\nHost: WWW.a.test:8080\r\n\r\n"]),
            ["10.0.0.2 www.a.test http-host 4"]
        );
        assert!(asked(&[b"GET / HTTP/1.1\r\nHost: 10.0.0.2\r\n\r\n"]).is_empty());
        assert!(asked(&[b"GET http://a.test/ HTTP/1.1\r\nHost: a.test\r\n\r\n"]).is_empty());
        assert!(asked(&[b"CONNECT a.test:443 HTTP/1.1\r\nHost: a.test:443\r\n\r\n"]).is_empty());
    }
}
