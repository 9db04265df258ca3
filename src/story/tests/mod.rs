//! A stage for tests of the engine: conversations and events that are made up frame by frame.

mod links;
mod names;
mod speakers;
mod steps;

use std::net::IpAddr;
use std::sync::Arc;

use crate::decode::{BodyPart, Dissection, FieldDef, FlowRef, Raised, Value, protocols};
use crate::flow::{Ending, Outcome as Ended};
use crate::model::{BufId, Endpoint, EventDef, LinkType, Mac, PacketId, Side, Span, Timestamp};

use super::Narrator;
use super::conversation::Conversation;
use super::journey::{Journey, Outcome, Role, Who, Words};
use super::moment::Evidence;
use super::script::Script;
use super::scripts::Library;
use super::witness::Witness;

const CLIENT: &str = "192.0.2.1";
const SERVER: &str = "198.51.100.80";
const RESOLVER: &str = "192.0.2.53";
const MILLISECOND: i64 = 1_000_000;

/// A script with a bit of everything.
const SCRIPT: &str = r#"
story = "curl-http"
[[chapter]]
id = "before"
title = "Before"
osi = 7
[[chapter]]
id = "name"
title = "Name"
osi = 7
[[chapter]]
id = "connect"
title = "Connect"
osi = 4
[[chapter]]
id = "talk"
title = "Talk"
osi = 7

[[step]]
id = "host.exec"
chapter = "before"
title = "Exec"
say = "It starts."
hidden = "A frame cannot show it."
[[step]]
id = "dns.query"
chapter = "name"
title = "Query"
say = "Where is {dns.qry.name}?"
pair = "dns.response"
by = ["dns.id"]
absent = [
  { when = ["dns_seen"], say = "Never." },
  { when = ["address_is_literal"], say = "No name is used." },
  { when = ["name_known_earlier"], say = "The name was known." },
]
[[step]]
id = "dns.response"
chapter = "name"
title = "Answer"
say = "It is at {dns.a}."
[[step]]
id = "tcp.syn"
chapter = "connect"
title = "SYN"
say = "SYN."
repeat = "once"
pair = "tcp.syn_ack"
[[step]]
id = "tcp.syn"
chapter = "connect"
title = "SYN again"
say = "SYN again."
[[step]]
id = "tcp.syn_ack"
chapter = "connect"
title = "SYN-ACK"
say = "SYN-ACK."
[[step]]
id = "server.accept"
chapter = "connect"
title = "Accept"
say = "It accepts."
hidden = "It happens on the server."
when = ["connected"]
[[step]]
id = "http.request"
chapter = "talk"
title = "Request"
say = "{from} asks."
pair = "http.response"
[[step]]
id = "http.response"
chapter = "talk"
title = "Redirect"
say = "Elsewhere."
match = { "http.response.code" = [301, 302] }
[[step]]
id = "http.response"
chapter = "talk"
title = "Response"
say = "{to} gets it."
variant = [{ match = { "http.response.code" = 404 }, title = "Not found" }]
[[loop]]
begins = "http.request"
ends = "http.response"
[[then]]
on = "http.response"
match = { "http.response.code" = [301, 302, 303, 307, 308] }
link = "location"
[[verdict]]
outcome = "failed"
when = ["refused"]
say = "Refused."
[[verdict]]
outcome = "ok"
say = "Fine."
"#;

const COMMON: &str = r#"
story = "common"
[[chapter]]
id = "all"
title = "All"
osi = 7
[[step]]
id = "tcp.retransmission"
title = "Again"
say = "{count} times."
repeat = "fold"
[[verdict]]
outcome = "ok"
say = "Ok."
"#;

/// The definition of a field, of the protocol that records it.
fn field(key: &str) -> &'static FieldDef {
    let mut fields = protocols().iter().flat_map(|protocol| protocol.fields);
    fields.find(|def| def.key == key).unwrap()
}

static EVENTS: [EventDef; 25] = [
    event("tcp.syn"),
    event("tcp.syn_ack"),
    event("tcp.established"),
    event("tcp.retransmission"),
    event("tcp.fin"),
    event("tcp.closed"),
    event("dns.query"),
    event("dns.response"),
    event("http.request"),
    event("http.response"),
    event("arp.request"),
    event("arp.reply"),
    event("tcp.unanswered"),
    event("tcp.reset"),
    event("ntp.response"),
    event("stp.bpdu"),
    event("mld.report"),
    event("ndp.duplicate_address_probe"),
    event("ndp.router_solicitation"),
    event("dhcpv6.solicit"),
    event("dhcpv6.advertise"),
    event("dhcpv6.request"),
    event("dhcpv6.reply"),
    event("llmnr.query"),
    event("llmnr.response"),
];

const fn event(id: &'static str) -> EventDef {
    EventDef { id, help: "" }
}

fn def(id: &str) -> &'static EventDef {
    EVENTS.iter().find(|event| event.id == id).unwrap()
}

/// A capture that is made up frame by frame.
struct Stage {
    witness: Witness,
    narrator: Narrator,
    conversations: Vec<Conversation>,
    frame: u64,
    now: i64,
}

/// A value of a made-up field.
#[derive(Clone)]
enum Made<'a> {
    Text(&'a str),
    Number(u64),
    Ip(&'a str),
    Mac(u8),
}

impl Stage {
    fn new() -> Self {
        let scripts = [SCRIPT, COMMON].map(|text| Script::read(text).unwrap());
        Self::of(Arc::new(Library::new(scripts.into())))
    }

    /// A stage for stories of other scripts.
    fn of(library: Arc<Library>) -> Self {
        Self {
            witness: Witness::new(&library),
            narrator: Narrator::new(library),
            conversations: Vec::new(),
            frame: 0,
            now: 0,
        }
    }

    fn open(&mut self, transport: &'static str, app: &'static str, to: &str, port: u16) -> u32 {
        let id = self.conversations.len() as u32 + 1;
        let end = |ip: &str, port| Endpoint {
            ip: ip.parse().unwrap(),
            port: Some(port),
        };
        self.conversations.push(Conversation {
            id,
            transport,
            app,
            client: Some(end(CLIENT, 40_000 + id as u16)),
            server: Some(end(to, port)),
            macs: Some((mac(1), mac(2))),
            ending: Ended::Open,
            frames: 1,
            last: PacketId(0),
            bytes: [1, 1],
            over: false,
            facts: Vec::new(),
        });
        id
    }

    /// A frame of a conversation, a millisecond after the last.
    fn say(&mut self, flow: u32, from: Side, id: &str, values: &[(&str, Made<'_>)]) -> u64 {
        self.show(Some(FlowRef { id: flow, from }), id, values)
    }

    /// A frame, of a conversation or of none.
    fn show(&mut self, flow: Option<FlowRef>, id: &str, values: &[(&str, Made<'_>)]) -> u64 {
        self.frame += 1;
        self.now += MILLISECOND;
        let mut d = Dissection::default();
        let time = Timestamp(self.now);
        d.begin(PacketId(self.frame), time, LinkType::ETHERNET, 100, 100);
        for (key, made) in values {
            let value = match made {
                Made::Text(text) => d.keep(text),
                Made::Number(number) => Value::Num(*number),
                Made::Mac(last) => Value::Mac(mac(*last).0),
                Made::Ip(ip) => match ip.parse().unwrap() {
                    IpAddr::V4(ip) => Value::Ip4(ip.octets()),
                    IpAddr::V6(ip) => Value::Ip6(ip.octets()),
                },
            };
            d.fields.push(crate::decode::Field {
                def: field(key),
                span: Span::bytes(BufId::FRAME, 0, 1),
                value,
                depth: 0,
            });
        }
        d.events.push(Raised {
            def: def(id),
            fields: (0, values.len() as u32),
            span: Span::bytes(BufId::FRAME, 0, 100),
            layer: None,
            about: None,
        });
        d.flow = flow;
        self.feed(&d);
        self.frame
    }

    fn feed(&mut self, d: &Dissection) {
        let known = &self.conversations;
        let look = |id: u32, _: bool| known.iter().find(|c| c.id == id).cloned();
        let narrator = &mut self.narrator;
        let told = self.witness.look_at(&[0; 100], d, &look, |happening| {
            narrator.hear(happening);
            Ok::<(), ()>(())
        });
        told.unwrap();
    }

    fn end(&mut self, flow: u32, ending: Ended) {
        let conversation = &mut self.conversations[flow as usize - 1];
        conversation.ending = ending;
        conversation.last = PacketId(self.frame);
        let conversation = conversation.clone();
        self.narrator.end(conversation, &[]);
    }

    fn told(&mut self) -> Vec<Journey> {
        std::iter::from_fn(|| self.narrator.told()).collect()
    }

    fn finish(&mut self) -> Vec<Journey> {
        self.narrator.hear(self.witness.end());
        let mut told = self.told();
        told.sort_by_key(|journey| journey.first);
        told
    }

    fn look_up(&mut self, name: &str, address: Option<&str>) -> u32 {
        let flow = self.open("udp", "dns", RESOLVER, 53);
        let id = u64::from(flow);
        let question = || {
            [
                ("dns.qry.name", Made::Text(name)),
                ("dns.qry.type", Made::Number(1)),
                ("dns.id", Made::Number(id)),
            ]
        };
        self.say(flow, Side::Client, "dns.query", &question());
        let mut answer = Vec::from(question());
        let found = address.is_some();
        answer.push(("dns.flags.rcode", Made::Number(if found { 0 } else { 3 })));
        answer.push(("dns.count.answers", Made::Number(u64::from(found))));
        if let Some(address) = address {
            answer.push(("dns.a", Made::Ip(address)));
        }
        self.say(flow, Side::Server, "dns.response", &answer);
        flow
    }

    fn shake_hands(&mut self, flow: u32) {
        self.say(flow, Side::Client, "tcp.syn", &[]);
        self.say(flow, Side::Server, "tcp.syn_ack", &[]);
        self.say(flow, Side::Client, "tcp.established", &[]);
    }

    fn get(&mut self, flow: u32, host: &str, status: u64, location: Option<&str>) {
        let host = [("http.host", Made::Text(host))];
        self.say(flow, Side::Client, "http.request", &host);
        let mut values = vec![("http.response.code", Made::Number(status))];
        values.extend(location.map(|to| ("http.location", Made::Text(to))));
        self.say(flow, Side::Server, "http.response", &values);
    }
}

fn mac(last: u8) -> Mac {
    Mac([2, 0, 0, 0, 0, last])
}
