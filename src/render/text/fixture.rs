//! A journey for the tests of the faces: `curl https://www.example.test/` with everything cold, in eight chapters.

use crate::view::captures::CaptureView;
use crate::view::frame::ValueView;
use crate::view::names::NameView;
use crate::view::timeline::{
    Actor, Body, Chapter, Coverage, Entry, Evidence, Fields, HostLine, Journey, Outcome, Phase,
    Rich, Role, Step, Values, Words,
};

use Evidence::{Decrypted as Key, Hidden, Inferred, Observed as Seen};

/// Text with `<values>` and `{actors}`.
fn rich(text: &'static str) -> Rich {
    let mut runs = Vec::new();
    let mut rest = text;
    while let Some(open) = rest.find(['<', '{']) {
        let (role, close) = if rest[open..].starts_with('<') {
            (Role::Value, '>')
        } else {
            (Role::Actor, '}')
        };
        let end = open + rest[open..].find(close).unwrap();
        runs.push((&rest[..open], Role::Plain));
        runs.push((&rest[open + 1..end], role));
        rest = &rest[end + 1..];
    }
    runs.push((rest, Role::Plain));
    runs.into_iter().collect()
}

/// Chapter, id, evidence, microseconds (negative for none), `from>to`, protocol, layers with its own first, frames, title, sentence.
type Row = (
    &'static str,
    &'static str,
    Evidence,
    i64,
    &'static str,
    &'static str,
    &'static [u8],
    &'static [u64],
    &'static str,
    &'static str,
);

const L2: &[u8] = &[2];
const DNS: &[u8] = &[7, 2, 3, 4];
const TCP: &[u8] = &[4, 2, 3];
const TLS: &[u8] = &[6, 2, 3, 4];
const HTTP: &[u8] = &[7, 2, 3, 4, 6];

#[rustfmt::skip]
const ROWS: &[Row] = &[
    ("before", "host.shell", Hidden, -1, "client>", "", &[7], &[], "The shell reads the line", "The shell splits the line into words and looks for the command: alias, keyword, function, builtin, hashed path, then `$PATH`."),
    ("before", "host.fork", Hidden, -1, "client>", "", &[7], &[], "The shell forks", "The shell makes a copy of itself with `clone`, and the parent waits with `wait4`."),
    ("before", "host.resolv", Hidden, -1, "client>", "", &[7], &[], "Which resolver", "`/etc/resolv.conf` names the resolver that is asked, and the domains that are appended to short names."),
    ("before", "host.route", Hidden, -1, "client>", "", &[3], &[], "The kernel looks for a route", "For each destination the kernel looks up the route with the longest matching prefix."),
    ("link", "arp.request", Seen, 0, "client>everyone", "ARP", L2, &[1], "Who has <192.168.1.1>?", "{The client} asks everyone on the link which MAC address <192.168.1.1> has."),
    ("link", "arp.reply", Seen, 52, "router>client", "ARP", L2, &[2], "<192.168.1.1> is at <02:00:00:00:01:01>", "{The router} answers: <192.168.1.1> is at <02:00:00:00:01:01>."),
    ("link", "net.wire", Hidden, -1, "", "", &[1], &[], "Bits become signals", "The frame leaves as changes of voltage, light or radio."),
    ("name", "dns.query", Seen, 71, "client>resolver", "DNS", DNS, &[3], "A <www.example.test>?", "{The client} asks {the resolver} for the A record of <www.example.test>."),
    ("name", "dns.query", Seen, 84, "client>resolver", "DNS", DNS, &[4], "AAAA <www.example.test>?", "{The client} asks {the resolver} for the AAAA record of <www.example.test>."),
    ("name", "dns.recursion", Hidden, -1, "resolver>", "", &[7], &[], "The resolver finds out", "The resolver answers from its cache, or asks a root server, then a server of the top-level domain, then the server of the zone."),
    ("name", "dns.response", Seen, 31_204, "resolver>client", "DNS", DNS, &[5], "The answer", "{The resolver} answers: <www.example.test> has the address <203.0.113.10>."),
    ("name", "dns.response", Seen, 31_377, "resolver>client", "DNS", DNS, &[6], "No such record", "{The resolver} answers: there is no AAAA record for <www.example.test>."),
    ("connect", "tcp.syn", Seen, 31_600, "client>server", "TCP", TCP, &[7], "SYN to port <443>", "{The client} asks {the server} to open a connection to port <443>; it will count its bytes from <3211498112>."),
    ("connect", "tcp.syn_ack", Seen, 62_004, "server>client", "TCP", TCP, &[8], "SYN-ACK", "{The server} agrees: it acknowledges <3211498113>, one more than the client's number, and will count its own bytes from <98612235>."),
    ("connect", "tcp.established", Seen, 62_050, "client>server", "TCP", TCP, &[9], "ACK: the connection stands", "{The client} acknowledges <98612236>: the connection is open, one round trip after the SYN."),
    ("connect", "server.accept", Hidden, -1, "server>", "", &[4], &[], "The server accepts", "The server's kernel puts the finished connection into a queue, and the server program takes it out with `accept`."),
    ("secure", "tls.client_hello", Seen, 64_810, "client>server", "TLS", TLS, &[10], "ClientHello", "{The client} proposes: <30> cipher suites, a random number, and the name <www.example.test> in clear (SNI)."),
    ("secure", "tls.server_hello", Seen, 95_502, "server>client", "TLS", TLS, &[12, 13], "ServerHello", "{The server} chooses <TLS_AES_256_GCM_SHA384> and sends its half of the key exchange."),
    ("secure", "tls.key_schedule", Hidden, -1, "", "", &[6], &[], "Both sides derive keys", "Each side combines its private half with the other's public half into a shared secret, and derives the handshake keys from it with HKDF."),
    ("secure", "tls.change_cipher_spec", Seen, 95_502, "server>client", "TLS", TLS, &[13], "ChangeCipherSpec", "{The server} sends a ChangeCipherSpec record, which means nothing in TLS 1.3."),
    ("secure", "tls.encrypted_extensions", Key, 95_502, "server>client", "TLS", TLS, &[13], "EncryptedExtensions", "{The server} answers the rest of the client's offers, now encrypted; among them the protocol <http/1.1>."),
    ("secure", "tls.certificate", Key, 95_502, "server>client", "TLS", TLS, &[13], "Certificate", "{The server} shows its certificate for <www.example.test>, signed by <Example Test CA>."),
    ("secure", "tls.certificate_verify", Key, 95_502, "server>client", "TLS", TLS, &[13], "CertificateVerify", "{The server} signs everything said so far with the key of its certificate: proof that it owns that key, now."),
    ("secure", "tls.finished", Key, 95_502, "server>client", "TLS", TLS, &[13], "Finished", "{The server} closes its half of the handshake with a checksum over all of it."),
    ("secure", "host.trust_store", Hidden, -1, "client>", "", &[7], &[], "The certificate is checked", "The client checks signature, chain, dates and name against its trust store."),
    ("secure", "tls.finished", Key, 97_733, "client>server", "TLS", TLS, &[15], "Finished", "{The client} closes its half of the handshake; from here on application keys are used."),
    ("request", "http.request", Key, 97_911, "client>server", "HTTP", HTTP, &[16], "GET </>", "{The client} asks for </> of <www.example.test>."),
    ("request", "server.work", Inferred, 129_400, "server>", "HTTP", &[7], &[16, 18], "The server thinks", "{The server} worked for about <0.8 ms>."),
    ("answer", "tls.new_session_ticket", Key, 128_300, "server>client", "TLS", TLS, &[17], "NewSessionTicket", "{The server} hands out a ticket for a shorter handshake next time."),
    ("answer", "http.response", Key, 129_482, "server>client", "HTTP", HTTP, &[18], "<200> OK", "{The server} answers <200> OK: <1256> bytes of <text/html>."),
    ("close", "tls.alert", Key, 129_900, "client>server", "TLS", TLS, &[20], "close_notify", "{The client} says that it will send no more."),
    ("close", "tcp.fin", Seen, 130_020, "client>server", "TCP", TCP, &[21], "FIN", "{The client} closes its direction of the connection."),
    ("close", "tcp.fin", Seen, 160_777, "server>client", "TCP", TCP, &[22], "FIN", "{The server} closes its direction too."),
    ("close", "tcp.closed", Seen, 160_803, "client>server", "TCP", TCP, &[23], "ACK of the last FIN", "{The client} acknowledges the second FIN: the connection is closed."),
    ("close", "tcp.time_wait", Hidden, -1, "client>", "", &[4], &[], "TIME-WAIT", "The side that closed first remembers the connection for a while, so that late segments do not disturb a new one."),
    ("close", "tls.ticket_kept", Evidence::Absent, -1, "", "", &[6], &[], "No resumption", "No ticket was used: this was the first visit."),
];

#[rustfmt::skip]
const CHAPTERS: &[(&str, &str, u8)] = &[
    ("before", "Before the first packet", 7),
    ("link", "Find the next hop", 2),
    ("name", "Turn the name into an address", 7),
    ("connect", "Open a connection", 4),
    ("secure", "Agree on keys", 6),
    ("request", "Ask", 7),
    ("answer", "The answer", 7),
    ("close", "Hang up", 4),
];

#[rustfmt::skip]
const PHASES: &[(&str, i64, i64)] = &[
    ("link", 0, 52), ("name", 71, 31_306), ("connect", 31_600, 30_450), ("secure", 64_810, 32_923),
    ("request", 97_911, 180), ("wait", 98_091, 31_391), ("transfer", 129_482, 3), ("close", 129_900, 30_903),
];

fn step(row: &Row) -> Step {
    let (chapter, id, evidence, micros, ends, protocol, layers, frames, title, say) = *row;
    let (from, to) = ends.split_once('>').unwrap_or_default();
    let name = |name: &'static str| (!name.is_empty()).then(|| name.into());
    Step {
        id,
        chapter,
        leg: 1,
        round: 1,
        title: rich(title),
        words: Words::new(rich(say)),
        evidence,
        because: match evidence {
            Inferred => Some(rich(
                "the response came 0.8 ms later than one round trip; a slower way would show the same",
            )),
            Hidden => Some(rich("it happens inside the machine; strace shows it")),
            Evidence::Absent => Some(rich("the ClientHello carries no pre_shared_key")),
            _ => None,
        },
        osi: layers[0],
        layers: if frames.is_empty() {
            0
        } else {
            layers.iter().fold(0, |layers, n| layers | 1 << n)
        },
        protocol,
        frames: frames.into(),
        count: 1,
        time_ns: (micros >= 0).then_some(micros * 1000),
        duration_ns: (id == "dns.query").then_some(31_133_000),
        from: name(from),
        to: name(to),
        fields: Fields::default(),
        refs: Vec::new().into(),
        ask: Vec::new(),
        sees: Rich::default(),
        look: Vec::new().into(),
        body: None,
        host: Vec::new(),
    }
}

/// What the deeper texts of one step look like.
fn deepen(step: &mut Step) {
    let words = step.words.say().runs().collect();
    step.words = Words::new(words)
        .explain(|words| words.extend(rich("A frame needs a MAC address to be delivered on this link, and the neighbour table had none for the next hop. The question is broadcast: its Ethernet destination is <ff:ff:ff:ff:ff:ff>.\n\nThe target hardware address inside the message is zero, because it is what is being asked for.").runs()))
        .deepen(|words| words.extend(rich("ARP is asked for the next hop, not for the far server. Linux keeps an answer as reachable for about half a minute, and then checks it when it is next used.").runs()));
    step.sees = rich("Everyone on the same link sees the question; routers do not pass it on.");
    step.refs = vec!["RFC 826".to_owned(), "RFC 1122 section 2.3.2".to_owned()].into();
    step.look = vec![
        "arp.opcode".to_owned(),
        "arp.dst.hw_mac".to_owned(),
        "eth.dst".to_owned(),
    ]
    .into();
    step.fields = [
        ("arp.opcode", Values::One(ValueView::Number(1))),
        (
            "arp.dst.hw_mac",
            Values::One(ValueView::Text("00:00:00:00:00:00".to_owned())),
        ),
        (
            "eth.dst",
            Values::Many(vec![ValueView::Text("ff:ff:ff:ff:ff:ff".to_owned()); 3]),
        ),
    ]
    .into_iter()
    .collect();
    step.ask = vec![(
        Rich::plain("Why is there no ARP for the web server's address?"),
        Rich::plain(
            "It is not on this link: only the next hop's MAC address is needed, and the router asks for the following one on its own link.",
        ),
    )];
    step.host = vec![HostLine {
        source: "strace".to_owned(),
        line: 120,
        time_ns: -209_000,
        text: "connect(5, {sa_family=AF_INET, sin_port=htons(53), sin_addr=inet_addr(\"192.168.1.1\")}, 16) = 0".to_owned(),
    }];
}

/// The journey.
pub(in crate::render) fn journey() -> Journey {
    let mut steps: Vec<Step> = ROWS.iter().map(step).collect();
    let count = |evidence| steps.iter().filter(|s| s.evidence == evidence).count() as u32;
    let coverage = Coverage {
        observed: count(Seen),
        decrypted: count(Key),
        host: 0,
        inferred: count(Inferred),
        hidden: count(Hidden),
        absent: count(Evidence::Absent),
    };
    for step in &mut steps {
        match step.id {
            "arp.request" => deepen(step),
            "http.response" => {
                step.body = Some(Body {
                    first: 18,
                    last: 19,
                    count: 2,
                    bytes: 1256,
                });
            }
            _ => {}
        }
    }
    let actor = |role: &'static str, ip: Option<&str>, mac: &str, name: Option<&str>| Actor {
        role,
        ip: ip.map(str::to_owned),
        mac: Some(mac.to_owned()),
        name: name.map(str::to_owned),
        names: Vec::new(),
        vendor: None,
        mac_kind: None,
    };
    let claim = |by, label, frame| NameView {
        name: "www.example.test".into(),
        by,
        frame: Some(frame),
        label,
    };
    let mut server = actor(
        "server",
        Some("203.0.113.10"),
        "02:00:00:00:01:01",
        Some("www.example.test"),
    );
    server.names = vec![claim("sni", "SNI", 9), claim("dns", "DNS answer", 4)];
    Journey {
        first: 1,
        id: 1,
        story: "curl-https",
        title: rich("curl <https://www.example.test/>"),
        outcome: Outcome::Ok,
        verdict: rich(
            "The page came: {the server} answered <200> OK over <TLS 1.3>, and both sides closed in order.",
        ),
        start_ns: 0,
        duration_ns: 160_803_000,
        conversations: vec![1, 2, 3],
        frames: 23,
        actors: vec![
            actor("client", Some("192.168.1.100"), "02:00:00:00:01:64", None),
            actor("router", Some("192.168.1.1"), "02:00:00:00:01:01", None),
            actor("resolver", Some("192.168.1.1"), "02:00:00:00:01:01", None),
            server,
        ],
        chapters: CHAPTERS
            .iter()
            .map(|(id, title, osi)| Chapter {
                id,
                title,
                osi: *osi,
            })
            .collect(),
        phases: PHASES
            .iter()
            .map(|(name, start, length)| Phase {
                name,
                start_ns: start * 1000,
                duration_ns: length * 1000,
            })
            .collect(),
        coverage,
        steps: steps.into_iter().map(Entry::from).collect(),
    }
}

/// The capture it comes from.
pub(in crate::render) fn capture() -> CaptureView {
    CaptureView {
        name: "curl-https.pcapng".to_owned(),
        format: "pcapng",
        link_types: vec!["ETHERNET".to_owned()],
        packets: 23,
        bytes: 6888,
        first: Some("2026-11-20T07:14:00.123456789Z".to_owned()),
        duration_ns: 160_803_000,
        notes: Vec::new(),
        comments: Vec::new(),
    }
}
