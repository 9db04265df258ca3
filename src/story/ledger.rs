//! Where the time went: phases between marks that the frames set, comparable with the times of `curl -w`.
//!
//! | phase | from | to | `curl -w` |
//! |---|---|---|---|
//! | link | first question to the link | its last answer before anything else needs it | part of `time_namelookup` |
//! | name | first question for a name | last answer before the connection | `time_namelookup` |
//! | connect | first SYN | the handshake's ACK (or SYN-ACK) | `time_connect` |
//! | secure | ClientHello, or the first SSH banner | the client's Finished, or NEWKEYS both ways; else what broke it off | `time_appconnect` |
//! | request | handshake's end | last frame of the first request | `time_pretransfer` and the sending |
//! | wait | the request's end | first frame of the answer | `time_starttransfer` |
//! | transfer | first frame of the answer | last frame of the last body | `time_total` |
//! | transfer, sealed | handshake's end | last sealed record or packet | |
//! | close | first FIN, close or RST | last frame | not counted by curl |

use crate::model::{Side, Timestamp};

use super::journey::Phase;
use super::moment::Moment;
use super::tale::{Tale, is_request, is_tunnel};

/// The names of the phases.
pub(super) const NAMES: &[&str] = &[
    "link", "name", "connect", "secure", "request", "wait", "transfer", "close",
];

/// The phases of a journey, leg after leg.
pub(super) fn phases(tale: &Tale) -> Vec<Phase> {
    let legs = tale.moments.iter().map(|p| p.leg).max().unwrap_or(1);
    let mut phases = Vec::new();
    for leg in 1..=legs {
        let moments: Vec<&Moment> = tale
            .moments
            .iter()
            .filter(|p| p.leg == leg)
            .map(|p| &*p.moment)
            .collect();
        let flow = tale.mains().get(leg as usize - 1).map(|c| c.id);
        add(&moments, flow, &mut phases);
    }
    phases
}

/// True for an HTTP response, of any version.
fn is_response(moment: &Moment) -> bool {
    let id = moment.def.id;
    matches!(id, "http.response" | "http2.response" | "http3.response") && !is_tunnel(moment)
}

fn add(moments: &[&Moment], flow: Option<u32>, phases: &mut Vec<Phase>) {
    let main = |m: &&&Moment| flow.is_none() || m.flow == flow;
    let first = |ids: &[&str]| {
        moments
            .iter()
            .filter(main)
            .find(|m| ids.contains(&m.def.id))
            .copied()
    };
    let mut push = |name, start: Timestamp, end: Timestamp| {
        if end >= start {
            phases.push(Phase { name, start, end });
        }
    };
    let connect = first(&["tcp.syn"]);
    let begun = moments.iter().filter(main).map(|m| m.time).min();
    let before = |m: &Moment| begun.is_none_or(|begun| flow.is_none() || m.until <= begun);

    let of = |ids: &'static [&'static str]| moments.iter().filter(move |m| ids.contains(&m.def.id));
    let asked = of(&["arp.request", "ndp.neighbor_solicitation"])
        .filter(|m| before(m))
        .map(|m| m.time)
        .min();
    let told = of(&["arp.reply", "ndp.neighbor_advertisement"])
        .filter(|m| before(m))
        .map(|m| m.until)
        .max();
    if let (Some(asked), Some(told)) = (asked, told) {
        push("link", asked, told);
    }
    let asked = of(&["dns.query"])
        .filter(|m| before(m))
        .map(|m| m.time)
        .min();
    let told = of(&["dns.response", "dns.timeout"])
        .filter(|m| before(m))
        .map(|m| m.until)
        .max();
    if let (Some(asked), Some(told)) = (asked, told) {
        push("name", asked, told);
    }
    let connected = first(&["tcp.established"])
        .or_else(|| first(&["tcp.syn_ack", "tcp.refused", "tcp.unanswered"]))
        .map(|m| m.time);
    if let (Some(syn), Some(connected)) = (connect, connected) {
        push("connect", syn.time, connected);
    }
    let secure = first(&["tls.client_hello", "ssh.banner", "quic.initial"]).map(|m| m.time);
    let secured = secured(moments, flow);
    // A handshake that fails takes time too.
    let broken = first(&["tls.alert", "tcp.reset"]).map(|m| m.time);
    if let (Some(start), Some(end)) = (secure, secured.or(broken)) {
        push("secure", start, end);
    }
    let of_http = |fits: fn(&Moment) -> bool| moments.iter().filter(main).find(move |m| fits(m));
    let request = of_http(is_request);
    let response = of_http(is_response);
    if let Some(request) = request {
        let ready = secured.or(connected).unwrap_or(request.time);
        let sent = request
            .body
            .as_ref()
            .map_or(request.until, |body| body.until);
        push("request", ready.min(request.time), sent);
        if let Some(response) = response {
            push("wait", sent.min(response.time), response.time);
        }
    }
    if let Some(response) = response {
        let end = moments
            .iter()
            .filter(main)
            .filter(|m| is_response(m))
            .map(|m| {
                m.body
                    .as_ref()
                    .map_or(m.until, |body| body.until.max(m.until))
            })
            .max();
        push("transfer", response.time, end.unwrap_or(response.until));
    }
    // What runs inside a session without keys is not known, but how long it ran is.
    if let (None, None, Some(ready)) = (request, response, secured) {
        let sealed = moments
            .iter()
            .filter(main)
            .filter(|m| m.def.id.ends_with(".encrypted"))
            .map(|m| {
                m.body
                    .as_ref()
                    .map_or(m.until, |body| body.until.max(m.until))
            })
            .max();
        push("transfer", ready, sealed.unwrap_or(ready));
    }
    let close = first(&["tcp.fin", "tcp.reset"]).map(|m| m.time);
    let over = moments
        .iter()
        .filter(main)
        .filter(|m| m.protocol == "tcp")
        .map(|m| m.until)
        .max();
    if let (Some(close), Some(over)) = (close, over) {
        push("close", close, over);
    }
}

/// When the handshake above TCP was completed for the client.
fn secured(moments: &[&Moment], flow: Option<u32>) -> Option<Timestamp> {
    let main = |m: &&&Moment| flow.is_none() || m.flow == flow;
    let last_of = |id: &str, side| {
        moments
            .iter()
            .filter(main)
            .find(|m| m.def.id == id && m.from == Some(side))
            .map(|m| m.until)
    };
    let both = |id| Some(last_of(id, Side::Client)?.max(last_of(id, Side::Server)?));
    if let Some(newkeys) = both("ssh.newkeys") {
        return Some(newkeys);
    }
    // In TLS 1.3 the client's Finished comes last and ends the handshake; in TLS 1.2 (without resumption) the server's.
    let client = last_of("tls.finished", Side::Client);
    let tls12 = moments
        .iter()
        .any(|m| m.def.id == "tls.client_key_exchange" || m.def.id == "tls.server_hello_done");
    if tls12 {
        return both("tls.finished").or_else(|| both("tls.change_cipher_spec"));
    }
    client
        .or_else(|| last_of("tls.change_cipher_spec", Side::Client))
        .or_else(|| last_of("tls.encrypted", Side::Client))
}
