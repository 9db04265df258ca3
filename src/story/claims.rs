//! Names that the events of a journey claim for addresses. Every answer and every request is an event of one journey, so
//! that nothing need be kept of them while it goes on.

use std::net::IpAddr;

use smallvec::SmallVec;

use crate::model::{Claim, Claimant};

use super::journey::Journey;
use super::link;
use super::moment::{Captured, Moment};

const A: u64 = 1;
const PTR: u64 = 12;
const AAAA: u64 = 28;

/// What a journey claims, in the order of the frames.
pub(super) fn claims(journey: &Journey) -> Vec<Claim> {
    let mut claims = Vec::new();
    let mut proxied = false;
    for moment in journey.moments() {
        match (moment.protocol, moment.def.id) {
            ("dns", "dns.response") => answered(moment, &mut claims),
            ("tls", "tls.client_hello") => asked_for(moment, Claimant::Sni, &mut claims),
            ("http", "http.request") => {
                proxied |= asks_proxy(moment);
                asked_for(moment, Claimant::HttpHost, &mut claims);
            }
            _ => {}
        }
    }
    if proxied {
        // Of a proxy the client names another.
        claims.retain(|claim| !matches!(claim.by, Claimant::Sni | Claimant::HttpHost));
    }
    claims.sort_by_key(|claim| claim.frame);
    claims
}

/// A client says whom it wants.
fn asked_for(moment: &Moment, by: Claimant, to: &mut Vec<Claim>) {
    let (Some(address), Some(name)) = (moment.dst, link::host(moment)) else {
        return;
    };
    add(moment, address, &name, by, to);
}

/// True for a request that only a proxy understands: for a tunnel, or with a whole URL as its target (RFC 9112 section 3.2).
fn asks_proxy(request: &Moment) -> bool {
    request.text("http.request.method") == Some("CONNECT")
        || (request.text("http.request.uri")).is_some_and(|target| target.contains("://"))
}

/// A resolver answers: the addresses are those of the name that was asked for, as far as it is known that none of them stands
/// behind the answers, where the addresses of name servers are. With two additional records one of them could be.
fn answered(moment: &Moment, to: &mut Vec<Claim>) {
    let (mut kind, mut failed, mut answers, mut additional, mut records) = (0, 0, 0, 0, 0);
    let (mut asked, mut pointer) = (None, None);
    let mut addresses: SmallVec<[IpAddr; 4]> = SmallVec::new();
    for value in &moment.values {
        let number = || value.number().unwrap_or(0);
        match value.def.key {
            "dns.qry.name" => asked = value.text(),
            "dns.qry.type" => kind = number(),
            "dns.flags.rcode" => failed = number(),
            "dns.count.answers" => answers = number(),
            "dns.count.add_rr" => additional = number(),
            "dns.cname" => records += 1,
            "dns.a" | "dns.aaaa" => {
                records += 1;
                addresses.extend(Captured::address(value));
            }
            "dns.ptr.domain_name" => pointer = pointer.or(value.text()),
            _ => {}
        }
    }
    let Some(asked) = asked.filter(|_| failed == 0) else {
        return;
    };
    match (kind, pointer) {
        (A | AAAA, _) if records <= answers && additional <= 1 => {
            for address in addresses {
                add(moment, address, asked, Claimant::Dns, to);
            }
        }
        (PTR, Some(name)) => {
            if let Some(address) = link::reverse_name(&asked.to_ascii_lowercase()) {
                add(moment, address, name, Claimant::ReverseDns, to);
            }
        }
        _ => {}
    }
}

/// Adds a claim; one that was made just before is not repeated.
fn add(moment: &Moment, address: IpAddr, name: &str, by: Claimant, to: &mut Vec<Claim>) {
    let frame = match moment.count {
        1 => moment.last(),
        _ => moment.first(),
    };
    match to.last_mut() {
        Some(last) if last.by == by && last.address == address && *last.name == *name => {
            last.frame = last.frame.max(Some(frame));
        }
        _ => to.extend(Claim::new(address, name, by, Some(frame))),
    }
}
