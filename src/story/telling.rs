//! A journey that is over becomes steps: each event is told by exactly one step of its script or of the common one, and
//! what no frame shows stands where the script has it.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;

use rustc_hash::FxHashMap;

use crate::flow::Outcome as Ended;
use crate::model::{PacketId, Side, Timestamp};

use super::conversation::Conversation;
use super::journey::{Actor, Journey, Outcome, Role, Told, Who, Words};
use super::moment::{Evidence, Moment};
use super::script::{AnyOf, Literal, Repeat, Script, Step, Variant, Verdict};
use super::scripts::Library;
use super::strand::{Joined, Kind, Strand};
use super::tale::{Placed, Tale};
use super::{diagnosis, ledger, link, traceroute};

/// Tells a root strand and all that belong to it. `now` is how far the capture has come.
pub(super) fn tell(
    strands: Vec<(u32, Strand)>,
    library: &Library,
    now: Timestamp,
) -> Option<Journey> {
    let mut tale = gather(strands, now)?;
    if tale.story == "traceroute" {
        traceroute::add_hops(&mut tale);
    }
    tale.outcome = diagnosis::outcome(&tale);
    let url = url(&tale);
    let phases = ledger::phases(&tale);
    let script = library.script(tale.story);
    let common = library.common();
    let verdict = verdict(&tale, &script.verdicts)
        .map(Words::Own)
        .or_else(|| verdict(&tale, &common.verdicts).map(Words::Common));
    let first = tale.moments.iter().map(|p| p.moment.first()).min()?;
    let start = tale.moments.iter().map(|p| p.moment.time).min()?;
    let steps = Teller {
        tale: &tale,
        script: &script,
        common: &common,
        library,
    }
    .steps();
    let mut actors = std::mem::take(&mut tale.actors);
    if steps
        .iter()
        .any(|told| told.to == Some(Who::Role(Role::Everyone)))
    {
        actors.push(Actor {
            role: Role::Everyone,
            ip: None,
            mac: None,
            name: None,
        });
    }
    Some(Journey {
        story: tale.story,
        script,
        common,
        outcome: tale.outcome,
        verdict,
        first,
        start,
        end: tale.end,
        conversations: tale.conversations,
        actors,
        name: tale.name,
        url,
        phases,
        steps,
    })
}

fn verdict(tale: &Tale, verdicts: &[Verdict]) -> Option<usize> {
    verdicts
        .iter()
        .position(|v| v.outcome == tale.outcome.word() && tale.holds(&v.when))
}

/// True when an event has all these values.
pub(super) fn fits(matches: &BTreeMap<String, AnyOf>, moment: &Moment) -> bool {
    matches.iter().all(|(key, wanted)| {
        moment.all(key).any(|value| {
            let is = |literal: &Literal| match literal {
                Literal::Flag(flag) => value.number() == Some(u64::from(*flag)),
                Literal::Number(number) => value.number() == Some(*number),
                Literal::Text(text) => {
                    value.text() == Some(text.as_str())
                        || value.address().is_some_and(|ip| ip.to_string() == *text)
                }
            };
            match wanted {
                AnyOf::One(literal) => is(literal),
                AnyOf::Many(literals) => literals.iter().any(is),
            }
        })
    })
}

/// True when an event has all these fields.
fn has(fields: &[String], moment: &Moment) -> bool {
    fields.iter().all(|key| moment.value(key).is_some())
}

/// Puts the strands of a journey into one order and finds out what it is about.
fn gather(mut strands: Vec<(u32, Strand)>, now: Timestamp) -> Option<Tale> {
    strands.sort_by_key(|(_, strand)| strand.first);
    let legs = legs(&strands);
    let mut moments = Vec::new();
    let mut mains: Vec<Conversation> = Vec::new();
    let mut others: Vec<(bool, Conversation)> = Vec::new();
    let mut names = Vec::new();
    let mut races = Vec::new();
    let any_main = strands.iter().any(|(_, s)| s.kind == Kind::Main);
    for (id, strand) in strands {
        let leg = legs.get(&id).copied().unwrap_or(1);
        let own_leg = strand.kind == Kind::Main
            && (strand.parent.is_none()
                || matches!(
                    strand.joined,
                    Joined::Retry | Joined::Race | Joined::Redirect
                ));
        if strand.kind == Kind::Lookup || own_leg {
            names.extend(strand.names.first().cloned().map(|n| (strand.kind, n)));
        }
        for (at, conversation) in strand.conversations.into_iter().enumerate() {
            if own_leg && at == 0 {
                mains.push(conversation);
                races.push(strand.joined == Joined::Race);
            } else {
                others.push((strand.kind == Kind::Neighbour, conversation));
            }
        }
        moments.extend(
            strand
                .moments
                .into_iter()
                .map(|moment| Placed { moment, leg }),
        );
    }
    moments.sort_by_key(|placed| order(&placed.moment));
    let decisive = decisive(&mains, &races, &moments);
    let end = moments
        .iter()
        .map(|p| {
            p.moment
                .body
                .map_or(p.moment.until, |b| b.until.max(p.moment.until))
        })
        .max()?;
    let last = mains.get((decisive as usize).saturating_sub(1));
    let story = story(last, &moments, any_main);
    let cut_off = match last {
        Some(c) if c.transport == "tcp" => c.ending == Ended::Open,
        _ => now.since(end) < super::PATIENCE,
    };
    let mut tale = Tale {
        story,
        moments,
        mains: mains.len(),
        conversations: Vec::new(),
        decisive,
        actors: Vec::new(),
        name: None,
        end,
        cut_off,
        outcome: Outcome::Incomplete,
        held: RefCell::new(Vec::new()),
    };
    tale.name = name(&tale, names);
    // Questions to the link come last: what a journey is about is rather a name.
    others.sort_by_key(|(neighbour, _)| *neighbour);
    mains.extend(others.into_iter().map(|(_, conversation)| conversation));
    tale.conversations = mains;
    tale.actors = actors(&tale);
    Some(tale)
}

/// Verdicts that come of silence stand behind the last frame that they list.
fn order(moment: &Moment) -> (PacketId, bool) {
    let silence = matches!(
        moment.def.id,
        "tcp.unanswered" | "dns.timeout" | "arp.unanswered" | "tcp.refused"
    );
    if silence {
        (moment.last(), true)
    } else {
        (moment.first(), false)
    }
}

/// Which connection of the journey each strand serves, from 1.
fn legs(strands: &[(u32, Strand)]) -> FxHashMap<u32, u32> {
    let mut legs = FxHashMap::default();
    let mut count = 0;
    for (id, strand) in strands {
        let own = strand.kind == Kind::Main
            && (strand.parent.is_none()
                || matches!(
                    strand.joined,
                    Joined::Retry | Joined::Race | Joined::Redirect
                ));
        if own {
            count += 1;
            legs.insert(*id, count);
        }
    }
    // What serves a strand is of its leg; parents may stand behind their children.
    for _ in 0..strands.len().min(64) {
        let mut changed = false;
        for (id, strand) in strands {
            if let Some(leg) = strand.parent.and_then(|p| legs.get(&p).copied())
                && !legs.contains_key(id)
            {
                legs.insert(*id, leg);
                changed = true;
            }
        }
        if !changed {
            break;
        }
    }
    legs
}

/// The leg that decides how the journey ended.
fn decisive(mains: &[Conversation], races: &[bool], moments: &[Placed]) -> u32 {
    let spoke = |at: usize| {
        moments.iter().any(|p| {
            p.leg as usize == at + 1
                && !matches!(
                    p.moment.protocol,
                    "tcp" | "icmp" | "icmpv6" | "dns" | "arp" | "ndp"
                )
        })
    };
    let mut decisive = 0;
    for at in 1..mains.len() {
        let lost = races.get(at) == Some(&true) && spoke(decisive) && !spoke(at);
        if !lost {
            decisive = at;
        }
    }
    decisive as u32 + 1
}

/// Which story this is, by the table of the contract.
fn story(last: Option<&Conversation>, moments: &[Placed], any_main: bool) -> &'static str {
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
            () if any_main && (starts("ndp.") || starts("mld.")) => "ipv6-join",
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
        crate::decode::protocol(crate::decode::Next::TcpPort(port), &[])
            .map_or(last.app, |protocol| protocol.key)
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
        "icmpv6" if starts("ndp.") || starts("mld.") => "ipv6-join",
        app => app,
    }
}

/// Probes with several times to live, and an error from a router on the way.
fn probing(moments: &[Placed]) -> bool {
    let mut ttls = moments
        .iter()
        .map(|p| &p.moment)
        .filter(|m| traceroute::is_probe(m))
        .filter_map(traceroute::ttl);
    let Some(first) = ttls.next() else {
        return false;
    };
    ttls.any(|ttl| ttl != first)
        && moments
            .iter()
            .any(|p| p.moment.def.id.ends_with(".time_exceeded"))
}

/// The name that was asked for: of the last request, of the last ClientHello, or the one that was looked up.
fn name(tale: &Tale, names: Vec<(Kind, Box<str>)>) -> Option<Box<str>> {
    let said = tale
        .moments
        .iter()
        .rev()
        .filter(|p| p.leg == tale.decisive)
        .find_map(|p| link::host(&p.moment));
    said.or_else(|| {
        let looked_up = names.iter().filter(|(kind, _)| *kind == Kind::Lookup);
        let last_leg = looked_up
            .map(|(_, name)| name)
            .find(|name| link::reverse_name(name).is_none() || tale.story == "dns")
            .cloned();
        last_leg.filter(|name| !name.is_empty())
    })
}

/// What was asked for, as a URL.
fn url(tale: &Tale) -> Option<Box<str>> {
    let scheme = match tale.story {
        "curl-https" => "https",
        "curl-http" => "http",
        _ => return None,
    };
    let request = tale
        .moments
        .iter()
        .rev()
        .filter(|p| p.leg == tale.decisive)
        .map(|p| &p.moment)
        .find(|m| m.protocol.starts_with("http") && m.def.id.ends_with(".request"));
    let path = request
        .and_then(|m| {
            m.text("http.request.uri")
                .or_else(|| m.text("http2.headers.path"))
        })
        .filter(|path| path.starts_with('/'))
        .unwrap_or("/");
    let last = tale.last();
    let port = last.and_then(Conversation::port);
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

/// Who takes part.
fn actors(tale: &Tale) -> Vec<Actor> {
    let mut actors = Vec::new();
    let mut add = |role, ip: Option<IpAddr>, mac, name| {
        if ip.is_some() || mac != None {
            actors.push(Actor {
                role,
                ip,
                mac,
                name,
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
    match last {
        Some(c) => {
            let mut client = c.client.map(|end| end.ip);
            let mut server = c.server.map(|end| end.ip);
            if tale.story == "dhcp" {
                client = tale
                    .moments
                    .iter()
                    .rev()
                    .find_map(|p| p.moment.address("dhcp.ip.your"))
                    .filter(|ip| !ip.is_unspecified())
                    .or(client);
                server = tale
                    .moments
                    .iter()
                    .filter(|p| p.moment.from.is_some())
                    .find(|p| matches!(p.moment.def.id, "dhcp.offer" | "dhcp.ack" | "dhcp.nak"))
                    .and_then(|p| p.moment.src);
            }
            add(Role::Client, client, c.macs.map(|m| m.0), None);
            let role = if asks_names {
                Role::Resolver
            } else {
                Role::Server
            };
            let name = if asks_names { None } else { tale.name.clone() };
            add(role, server, c.macs.map(|m| m.1), name);
        }
        None => {
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

fn answered_mac(m: &Moment) -> Option<crate::model::Mac> {
    ["arp.src.hw_mac", "icmpv6.opt.linkaddr", "eth.src"]
        .iter()
        .find_map(|key| match m.value(key)?.datum {
            super::moment::Datum::Plain(crate::decode::Value::Mac(octets)) => {
                Some(crate::model::Mac(octets))
            }
            _ => None,
        })
}

/// Chooses words for the events of a tale.
struct Teller<'a> {
    tale: &'a Tale,
    script: &'a Arc<Script>,
    common: &'a Arc<Script>,
    library: &'a Library,
}

/// A step and where it belongs.
struct Choice {
    told: Told,
    /// The chapter, when its step names one.
    chapter: Option<usize>,
    /// The place of its step in the journey's script.
    rank: Option<usize>,
}

impl Teller<'_> {
    fn steps(&self) -> Vec<Told> {
        let mut choices = self.choose();
        self.pair(&mut choices);
        self.count_rounds(&mut choices);
        self.place_asides(&mut choices);
        // Stable: within a chapter time decides.
        choices.sort_by_key(|c| (c.told.leg, c.told.chapter));
        self.add_unseen(&mut choices);
        choices.into_iter().map(|c| c.told).collect()
    }

    /// One step for each event, or one for several where they are folded.
    fn choose(&self) -> Vec<Choice> {
        let mut choices: Vec<Choice> = Vec::with_capacity(self.tale.moments.len() + 8);
        let mut once: Vec<(Words, u32)> = Vec::new();
        let mut folds: FxHashMap<(usize, bool, u32, Option<Side>, Option<usize>), usize> =
            FxHashMap::default();
        for placed in &self.tale.moments {
            let moment = &placed.moment;
            let (words, step) = self.words(moment, placed.leg, &mut once);
            let variant = step.and_then(|step| {
                step.variant.iter().position(|v: &Variant| {
                    fits(&v.matches, moment) && has(&v.has, moment) && self.tale.holds(&v.when)
                })
            });
            if let Some(step) = step
                && step.repeat == Repeat::Fold
            {
                let (at, own) = match words {
                    Words::Own(at) => (at, true),
                    Words::Common(at) => (at, false),
                    Words::Nowhere => (0, false),
                };
                let next = choices.len();
                let first = *folds
                    .entry((at, own, placed.leg, moment.from, variant))
                    .or_insert(next);
                if let Some(known) = choices.get_mut(first).and_then(|c| c.told.moment.as_mut()) {
                    known.count += moment.count;
                    known.until = known.until.max(moment.until);
                    known.packets.extend(&moment.packets);
                    known.packets.sort_unstable();
                    known.packets.dedup();
                    continue;
                }
            }
            let (from, to) = self.who(moment);
            choices.push(Choice {
                chapter: step
                    .and_then(|step| step.chapter.as_deref())
                    .and_then(|id| self.script.chapters.iter().position(|c| c.id == id)),
                rank: match words {
                    Words::Own(at) => Some(at),
                    _ => None,
                },
                told: Told {
                    words,
                    variant,
                    reason: None,
                    chapter: 0,
                    leg: placed.leg,
                    round: 1,
                    evidence: moment.evidence,
                    moment: Some(moment.clone()),
                    // A hop's answer is part of its step.
                    duration_ns: (moment.protocol == "traceroute" && moment.until > moment.time)
                        .then(|| moment.until.since(moment.time)),
                    from,
                    to,
                },
            });
        }
        choices
    }

    /// The first step of the script that fits an event, else of the common script.
    fn words(
        &self,
        moment: &Moment,
        leg: u32,
        once: &mut Vec<(Words, u32)>,
    ) -> (Words, Option<&Step>) {
        let own = self.library.steps(self.tale.story, moment.def.id);
        let common = self.library.common_steps(moment.def.id);
        let own = own
            .iter()
            .map(|at| (Words::Own(*at), self.script.steps.get(*at)));
        let common = common
            .iter()
            .map(|at| (Words::Common(*at), self.common.steps.get(*at)));
        for (words, step) in own.chain(common) {
            let Some(step) = step.map(toml::Spanned::get_ref) else {
                continue;
            };
            if !fits(&step.matches, moment)
                || !has(&step.has, moment)
                || !self.tale.holds(&step.when)
            {
                continue;
            }
            if step.repeat == Repeat::Once {
                if once.contains(&(words, leg)) {
                    continue;
                }
                once.push((words, leg));
            }
            return (words, Some(step));
        }
        (Words::Nowhere, None)
    }

    fn step(&self, words: Words) -> Option<&Step> {
        match words {
            Words::Own(at) => self.script.steps.get(at),
            Words::Common(at) => self.common.steps.get(at),
            Words::Nowhere => None,
        }
        .map(toml::Spanned::get_ref)
    }

    /// Who acts, and on whom.
    fn who(&self, moment: &Moment) -> (Option<Who>, Option<Who>) {
        let to = if moment.to_all {
            Some(Who::Role(Role::Everyone))
        } else {
            self.someone(moment, moment.dst, moment.from.map(Side::other))
        };
        (self.someone(moment, moment.src, moment.from), to)
    }

    /// Somebody by address: by the role that fits the protocol, when one address has several.
    fn someone(&self, moment: &Moment, ip: Option<IpAddr>, side: Option<Side>) -> Option<Who> {
        if self.tale.story == "dhcp" && moment.protocol == "dhcp" {
            return Some(Who::Role(match side? {
                _ if matches!(moment.def.id, "dhcp.offer" | "dhcp.ack" | "dhcp.nak") => {
                    if ip == moment.src {
                        Role::Server
                    } else {
                        Role::Client
                    }
                }
                _ if ip == moment.src => Role::Client,
                _ => Role::Server,
            }));
        }
        let ip = ip?;
        let order = match moment.protocol {
            "dns" | "mdns" => [Role::Resolver, Role::Client, Role::Server, Role::Router],
            "arp" | "ndp" | "icmp" | "icmpv6" => {
                [Role::Router, Role::Client, Role::Server, Role::Resolver]
            }
            _ => [Role::Server, Role::Client, Role::Router, Role::Resolver],
        };
        let both_ends = moment.src == moment.dst;
        let order = if both_ends && side == Some(Side::Client) {
            [Role::Client, Role::Server, Role::Resolver, Role::Router]
        } else {
            order
        };
        let role = order
            .into_iter()
            .find(|role| self.tale.address(*role) == Some(ip));
        Some(match role {
            Some(role) => Who::Role(role),
            None => self.other_end(moment, ip).unwrap_or(Who::Address(ip)),
        })
    }

    /// Ends of earlier connections of the journey have roles too: the first address that was tried is a server.
    fn other_end(&self, moment: &Moment, ip: IpAddr) -> Option<Who> {
        let main = self
            .tale
            .mains()
            .iter()
            .find(|c| Some(c.id) == moment.flow)?;
        if moment.protocol == "dns" || main.transport == "arp" {
            return None;
        }
        if main.client.map(|end| end.ip) == Some(ip) {
            return Some(Who::Role(Role::Client));
        }
        (main.server.map(|end| end.ip) == Some(ip)).then_some(Who::Role(Role::Server))
    }

    /// The time from a question to its answer.
    fn pair(&self, choices: &mut [Choice]) {
        for at in 0..choices.len() {
            let Some(choice) = choices.get(at) else { break };
            let (Some(step), Some(question)) =
                (self.step(choice.told.words), choice.told.moment.as_ref())
            else {
                continue;
            };
            let Some(pair) = step.pair.as_deref() else {
                continue;
            };
            let answer = choices
                .iter()
                .skip(at + 1)
                .filter_map(|c| c.told.moment.as_ref())
                .find(|answer| answer.def.id == pair && answers(question, answer, &step.by));
            let Some(duration) = answer.map(|answer| answer.time.since(question.time)) else {
                continue;
            };
            if let Some(choice) = choices.get_mut(at) {
                choice.told.duration_ns = Some(duration.max(0));
            }
        }
    }

    /// Numbers the rounds of loops, for each conversation.
    fn count_rounds(&self, choices: &mut [Choice]) {
        for row in &self.script.loops {
            let mut begun: FxHashMap<(u32, Option<u32>), u32> = FxHashMap::default();
            let mut ended: FxHashMap<(u32, Option<u32>), u32> = FxHashMap::default();
            for choice in choices.iter_mut() {
                let Some(moment) = &choice.told.moment else {
                    continue;
                };
                let key = (choice.told.leg, moment.flow);
                if moment.def.id == row.begins {
                    let round = begun.entry(key).or_insert(0);
                    *round += 1;
                    choice.told.round = *round;
                } else if moment.def.id == row.ends {
                    let round = ended.entry(key).or_insert(0);
                    // Interim answers (1xx) end nothing.
                    let interim = super::tale::status(moment).is_some_and(|s| s < 200);
                    choice.told.round = *round + 1;
                    *round += u32::from(!interim);
                } else {
                    let round = begun.get(&key).copied().unwrap_or(1);
                    choice.told.round = choice.told.round.max(round);
                }
            }
        }
    }

    /// Steps without a chapter stand in that of the step before them in the same conversation, else in the next one's.
    fn place_asides(&self, choices: &mut [Choice]) {
        let key = |c: &Choice| c.told.moment.as_ref().and_then(|m| m.flow);
        let mut last: FxHashMap<Option<u32>, usize> = FxHashMap::default();
        let mut in_leg: FxHashMap<u32, usize> = FxHashMap::default();
        let mut homeless = Vec::new();
        for (at, choice) in choices.iter_mut().enumerate() {
            let flow = key(choice);
            let chapter = choice
                .chapter
                .or_else(|| last.get(&flow).copied())
                .or_else(|| in_leg.get(&choice.told.leg).copied());
            match chapter {
                Some(chapter) => {
                    choice.told.chapter = chapter;
                    last.insert(flow, chapter);
                    in_leg.insert(choice.told.leg, chapter);
                }
                None => homeless.push(at),
            }
        }
        for at in homeless {
            let leg = choices.get(at).map_or(1, |c| c.told.leg);
            let next = choices
                .iter()
                .skip(at + 1)
                .filter(|c| c.told.leg == leg)
                .find_map(|c| c.chapter);
            if let (Some(choice), Some(next)) = (choices.get_mut(at), next) {
                choice.told.chapter = next;
            }
        }
    }

    /// Adds what no frame shows: hidden steps, and those whose absence has a reason here.
    fn add_unseen(&self, choices: &mut Vec<Choice>) {
        for (rank, step) in self.script.steps.iter().enumerate() {
            let step = step.get_ref();
            let (evidence, reason) = if step.hidden.is_some() {
                if !self.tale.holds(&step.when) || self.tale.seen(&step.id) {
                    continue;
                }
                (Evidence::Hidden, None)
            } else {
                let happened = || {
                    self.tale
                        .all(&step.id)
                        .any(|moment| fits(&step.matches, moment) && has(&step.has, moment))
                };
                let reason = step.absent.iter().position(|a| self.tale.holds(&a.when));
                if reason.is_none() || happened() {
                    continue;
                }
                (Evidence::Absent, reason)
            };
            let chapter = step
                .chapter
                .as_deref()
                .and_then(|id| self.script.chapters.iter().position(|c| c.id == id))
                .unwrap_or(0);
            let leg = leg_of_unseen(choices, chapter);
            let at = place_of_unseen(choices, leg, chapter, rank);
            let variant = step
                .variant
                .iter()
                .position(|v| v.matches.is_empty() && v.has.is_empty() && self.tale.holds(&v.when));
            choices.insert(
                at,
                Choice {
                    chapter: Some(chapter),
                    rank: Some(rank),
                    told: Told {
                        words: Words::Own(rank),
                        variant,
                        reason,
                        chapter,
                        leg,
                        round: 1,
                        evidence,
                        moment: None,
                        duration_ns: None,
                        from: None,
                        to: None,
                    },
                },
            );
        }
    }
}

/// True when one event answers another.
fn answers(question: &Moment, answer: &Moment, by: &[String]) -> bool {
    if by.is_empty() {
        return answer.flow == question.flow
            && (answer.from.is_none() || answer.from != question.from);
    }
    by.iter().all(|key| {
        let ends = ["port", ".src", ".dst"]
            .iter()
            .any(|end| key.ends_with(end));
        match (question.value(key), answer.value(key)) {
            _ if ends => answer.flow == question.flow,
            (Some(a), Some(b)) => a.equals(b),
            _ => false,
        }
    })
}

/// The first leg that has the chapter; else the first that goes beyond it, else the last.
fn leg_of_unseen(choices: &[Choice], chapter: usize) -> u32 {
    let find = |fits: &dyn Fn(usize) -> bool| {
        choices
            .iter()
            .find(|c| fits(c.told.chapter))
            .map(|c| c.told.leg)
    };
    find(&|c| c == chapter)
        .or_else(|| find(&|c| c > chapter))
        .or_else(|| choices.last().map(|c| c.told.leg))
        .unwrap_or(1)
}

/// Behind the last step of its chapter that the script has before it.
fn place_of_unseen(choices: &[Choice], leg: u32, chapter: usize, rank: usize) -> usize {
    let here = |c: &Choice| (c.told.leg, c.told.chapter);
    let begin = choices.partition_point(|c| here(c) < (leg, chapter));
    let end = choices.partition_point(|c| here(c) <= (leg, chapter));
    let before = choices
        .get(begin..end)
        .unwrap_or_default()
        .iter()
        .rposition(|c| c.rank.is_some_and(|other| other < rank));
    match before {
        Some(at) => begin + at + 1,
        None => begin,
    }
}
