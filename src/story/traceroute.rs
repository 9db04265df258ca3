//! The hops of a traceroute, read from its probes and the errors about them: one step a hop.

use std::net::IpAddr;

use crate::model::{EventDef, Timestamp};

use super::journey::Role;
use super::moment::{Evidence, Moment, Packets};
use super::tale::{Placed, Tale};

/// A router answered.
pub(super) static HOP: EventDef = EventDef {
    id: "traceroute.hop",
    help: "A router dropped the probes whose time to live ran out there, and said so: that is one hop of the way.",
};
/// Nobody answered.
pub(super) static SILENT: EventDef = EventDef {
    id: "traceroute.silent",
    help: "Nobody said what became of the probes with this time to live; later hops show whether they were forwarded.",
};
/// The destination answered.
pub(super) static ARRIVED: EventDef = EventDef {
    id: "traceroute.arrived",
    help: "The destination itself answered: the way is complete.",
};

/// The events that this file raises.
pub(super) static EVENTS: &[&EventDef] = &[&HOP, &SILENT, &ARRIVED];

/// True for packets that a traceroute sends.
pub(super) fn is_probe(m: &Moment) -> bool {
    matches!(
        m.def.id,
        "udp.datagram" | "icmp.echo_request" | "icmpv6.echo_request" | "tcp.syn"
    )
}

/// The time to live that a packet was captured with.
pub(super) fn ttl(m: &Moment) -> Option<u64> {
    m.number("ip.ttl").or_else(|| m.number("ipv6.hlim"))
}

/// Adds a step for each hop: what its probes and their answers show together.
pub(super) fn add_hops(tale: &mut Tale) {
    let client = tale.address(Role::Client);
    let server = tale.address(Role::Server);
    let mut hops: Vec<(u64, Vec<&Moment>)> = Vec::new();
    for placed in &tale.moments {
        let m = &placed.moment;
        if !is_probe(m) || m.src != client {
            continue;
        }
        let Some(ttl) = ttl(m) else { continue };
        match hops.iter_mut().find(|hop| hop.0 == ttl) {
            Some(hop) => hop.1.push(m),
            None => hops.push((ttl, vec![m])),
        }
    }
    hops.sort_by_key(|hop| hop.0);
    let mut added = Vec::new();
    for (_, probes) in &hops {
        let answered: Vec<(&Moment, &Moment)> = probes
            .iter()
            .filter_map(|probe| Some((*probe, answer(tale, probe)?)))
            .collect();
        let answers: Vec<&Moment> = answered.iter().map(|(_, answer)| *answer).collect();
        let rtt = answered
            .first()
            .map_or(0, |(probe, answer)| answer.time.since(probe.time).max(0));
        let arrived = answers.iter().any(|m| m.src.is_some() && m.src == server);
        let def = match (answers.is_empty(), arrived) {
            (true, _) => &SILENT,
            (_, true) => &ARRIVED,
            _ => &HOP,
        };
        // Behind the destination there is nobody to hear.
        let over = added.iter().any(|p: &Placed| p.moment.def.id == ARRIVED.id);
        if over && def.id != HOP.id {
            continue;
        }
        added.extend(step(def, probes, &answers, rtt));
    }
    tale.moments.extend(added);
    tale.moments.sort_by_key(|placed| {
        (
            placed.moment.first(),
            placed.moment.protocol == "traceroute",
        )
    });
}

/// What came back for a probe.
fn answer<'a>(tale: &'a Tale, probe: &Moment) -> Option<&'a Moment> {
    let later = tale
        .moments
        .iter()
        .map(|p| &*p.moment)
        .filter(|m| m.time >= probe.time && m.flow == probe.flow);
    let echo = ["icmp.seq", "icmpv6.echo.sequence_number"]
        .iter()
        .find_map(|key| probe.number(key));
    let mut later = later.filter(|m| match echo {
        // Of one conversation with many probes, replies are told by their number, errors by the probe that they quote.
        Some(seq) => {
            let same = ["icmp.seq", "icmpv6.echo.sequence_number"]
                .iter()
                .any(|key| m.all(key).any(|v| v.number() == Some(seq)));
            same && !is_probe(m)
        }
        None => !is_probe(m),
    });
    later.find(|m| {
        matches!(
            m.def.id,
            "icmp.time_exceeded"
                | "icmp.unreachable"
                | "icmp.echo_reply"
                | "icmpv6.time_exceeded"
                | "icmpv6.unreachable"
                | "icmpv6.echo_reply"
                | "tcp.syn_ack"
                | "tcp.reset"
        )
    })
}

/// One hop: its probes, what came back, and how long the first answer took.
fn step(
    def: &'static EventDef,
    probes: &[&Moment],
    answers: &[&Moment],
    rtt: i64,
) -> Option<Placed> {
    let first = probes.first()?;
    let mut packets: Packets = probes
        .iter()
        .chain(answers)
        .flat_map(|m| m.packets.iter().copied())
        .collect();
    packets.sort_unstable();
    packets.dedup();
    let hop: Option<IpAddr> = answers.iter().find_map(|m| m.src);
    let values = first
        .values
        .iter()
        .filter(|v| matches!(v.def.key, "ip.ttl" | "ipv6.hlim"))
        .chain(
            answers
                .iter()
                .flat_map(|m| m.values.iter())
                .filter(|v| matches!(v.def.key, "ip.src" | "ipv6.src"))
                .take(1),
        )
        .cloned()
        .collect();
    let moment = Moment {
        def,
        flow: first.flow,
        from: None,
        src: hop.or(first.src),
        dst: if hop.is_some() { first.src } else { None },
        to_all: false,
        packets,
        count: probes.len() as u32,
        time: first.time,
        until: Timestamp(first.time.0.saturating_add(rtt)),
        evidence: Evidence::Observed,
        values,
        osi: 3,
        layers: (1 << 2) | (1 << 3),
        protocol: "traceroute",
        about: None,
        body: None,
    };
    Some(Placed::new(Box::new(moment), 1))
}
