//! The Domain Name System over UDP and TCP: header, questions and records (RFC 1035), updates (RFC 2136), EDNS (RFC 6891).
//!
//! Record data is read field by field in the files below; one bad record does not lose the message.

mod edns;
mod fields;
mod likely;
mod link_local;
mod multicast;
mod records;
mod security;
mod services;
mod stateful;
mod stream;
mod summary;
mod tables;
#[cfg(test)]
mod tests;
mod values;

use crate::decode::domain::{self, DomainName};
use crate::decode::{Claim, Cursor, Fault, FieldDef, Protocol, Value, events};
use crate::model::{EventDef, Osi};

pub(super) use self::likely::is_likely;
pub(super) use self::link_local::PROTOCOL as LINK_LOCAL;
pub(super) use self::multicast::PROTOCOL as MULTICAST;

use self::fields as f;
use self::summary::{Line, Said};

events! {
    QUERY: "dns.query", "A client asks for the records of a name.";
    RESPONSE: "dns.response", "A server answers, with records or with the reason why there are none.";
}

/// Who speaks: a few bits of the message depend on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Dialect {
    /// A client and a server.
    Unicast,
    /// Neighbours that share a zone (RFC 6762).
    Multicast,
    /// Neighbours that look for a name that no server knows (RFC 4795).
    LinkLocal,
}

/// The row of the DNS.
pub(super) static PROTOCOL: Protocol = Protocol {
    key: "dns",
    name: "Domain Name System",
    osi: Osi::Application,
    spec: "RFC 1035",
    claims: &[
        Claim::UdpPort(53),
        Claim::TcpPort(53),
        Claim::Alpn("dot"),
        Claim::Media("application/dns-message"),
    ],
    fields: f::FIELDS,
    events: EVENTS,
    decode: |c| decode(c, Dialect::Unicast, [&QUERY, &RESPONSE]),
    talk: Some(&stream::TALK),
};

const SRV: u16 = 33;
const OPT: u16 = 41;

const OPCODE_UPDATE: u64 = 5;
const OPCODE_STATEFUL: u64 = 6;

/// The header of a message, as far as the rest depends on it.
struct Header {
    id: u16,
    response: bool,
    truncated: bool,
    opcode: u64,
    rcode: u64,
    counts: [u16; 4],
}

/// The message that is being read.
#[derive(Clone, Copy)]
struct Message {
    /// Where it begins in the layer: pointers of names count from there.
    base: usize,
    dialect: Dialect,
}

fn decode(
    c: &mut Cursor<'_, '_>,
    dialect: Dialect,
    events: [&'static EventDef; 2],
) -> Result<(), Fault> {
    if c.memory::<stream::Memory>().is_some() {
        c.u16(&f::LENGTH)?;
    }
    let base = c.consumed();
    let header = header(c, dialect)?;
    let mut said = Said::default();
    let result = body(c, Message { base, dialect }, &header, &mut said);
    if c.detail() {
        let text = summary::write(&header, &said);
        c.summary(format_args!("{text}"));
    }
    let [query, response] = events;
    c.event(if header.response { response } else { query });
    result
}

fn header(c: &mut Cursor<'_, '_>, dialect: Dialect) -> Result<Header, Fault> {
    let id = c.u16(&f::ID)?;
    let flags = c.open(&f::FLAGS);
    let response = c.flag(&f::RESPONSE, 2, 0)?;
    let opcode = c.bits(&f::OPCODE, 2, 1, 4)?;
    let truncated = if dialect == Dialect::LinkLocal {
        c.flag(&f::CONFLICT, 2, 5)?;
        let truncated = c.flag(&f::TRUNCATED, 2, 6)?;
        c.flag(&f::TENTATIVE, 2, 7)?;
        truncated
    } else {
        flags_of_servers(c, response)?
    };
    let rcode = if response {
        c.bits(&f::RCODE, 2, 12, 4)?
    } else {
        0
    };
    values::entitle_number(c, flags, 2)?;
    let defs = if opcode == OPCODE_UPDATE {
        [&f::ZONES, &f::PREREQUISITES, &f::UPDATES, &f::ADDITIONALS]
    } else {
        [&f::QUESTIONS, &f::ANSWERS, &f::AUTHORITIES, &f::ADDITIONALS]
    };
    let mut counts = [0; 4];
    for (count, def) in counts.iter_mut().zip(defs) {
        *count = c.u16(def)?;
    }
    Ok(Header {
        id,
        response,
        truncated,
        opcode,
        rcode,
        counts,
    })
}

/// Reads the flags of unicast and multicast DNS; returns whether the message was truncated.
fn flags_of_servers(c: &mut Cursor<'_, '_>, response: bool) -> Result<bool, Fault> {
    if response {
        c.flag(&f::AUTHORITATIVE, 2, 5)?;
    }
    let truncated = c.flag(&f::TRUNCATED, 2, 6)?;
    c.flag(&f::RECURSION_DESIRED, 2, 7)?;
    if response {
        c.flag(&f::RECURSION_AVAILABLE, 2, 8)?;
    }
    c.flag(&f::RESERVED, 2, 9)?;
    // In a question the bit has a meaning only where it is set (RFC 6840 section 5.7).
    if response || c.peek_number(0, 2).is_some_and(|bits| bits & 0x20 != 0) {
        c.flag(&f::AUTHENTICATED, 2, 10)?;
    }
    c.flag(&f::CHECKING_DISABLED, 2, 11)?;
    Ok(truncated)
}

fn body(
    c: &mut Cursor<'_, '_>,
    message: Message,
    header: &Header,
    said: &mut Said,
) -> Result<(), Fault> {
    if header.opcode == OPCODE_STATEFUL && header.counts == [0; 4] {
        return stateful::read(c);
    }
    let sections = if header.opcode == OPCODE_UPDATE {
        [
            &f::ZONE_SECTION,
            &f::PREREQUISITE_SECTION,
            &f::UPDATE_SECTION,
            &f::ADDITIONAL_SECTION,
        ]
    } else {
        [
            &f::QUESTION_SECTION,
            &f::ANSWER_SECTION,
            &f::AUTHORITY_SECTION,
            &f::ADDITIONAL_SECTION,
        ]
    };
    for (index, (def, count)) in sections.into_iter().zip(header.counts).enumerate() {
        if count > 0 {
            let section = c.open(def);
            let result = records_of(c, message, index, count, said);
            c.close(section);
            result?;
        }
    }
    let left = c.left();
    if left > 0 {
        c.bytes(&f::EXTRANEOUS, left)?;
        c.computed(&f::EXTRANEOUS_LENGTH, Value::Num(left as u64));
    }
    Ok(())
}

/// Reads a section; `index` 0 holds questions, 1 the answers.
fn records_of(
    c: &mut Cursor<'_, '_>,
    message: Message,
    index: usize,
    count: u16,
    said: &mut Said,
) -> Result<(), Fault> {
    for _ in 0..count {
        let heading = c.open(if index == 0 { &f::QUESTION } else { &f::RECORD });
        let line = if index == 0 {
            question(c, message)
        } else {
            record(c, message, said)
        };
        if let (Ok(line), true) = (&line, c.detail()) {
            c.entitle_text(heading, &line.whole());
        }
        c.close(heading);
        let line = line?;
        match index {
            0 if c.detail() => said.ask(&line),
            1 if c.detail() => said.answer(&line),
            _ => {}
        }
    }
    Ok(())
}

fn question(c: &mut Cursor<'_, '_>, message: Message) -> Result<Line, Fault> {
    let name = domain::read(c, message.base, &f::QUERY_NAME)?;
    c.put_text(&f::QUERY_NAME, name.span, &name.text);
    // The root has nothing to count; of a name that breaks off counts what can be read.
    if name.labels > 0 || !name.whole {
        let length = name.octets.saturating_sub(2) as u64;
        c.put(&f::QUERY_NAME_LENGTH, name.span, Value::Num(length));
        c.put(&f::QUERY_LABELS, name.span, Value::Num(name.labels as u64));
    }
    let kind = c.u16(&f::QUERY_TYPE)?;
    class(c, message.dialect, &f::QUERY_CLASS, &f::QUERY_UNICAST)?;
    Ok(Line {
        name: name.text,
        kind,
        text: String::new(),
    })
}

/// Reads a record. Faults within its data are noted, because its length tells where the next one begins.
fn record(c: &mut Cursor<'_, '_>, message: Message, said: &mut Said) -> Result<Line, Fault> {
    let name = domain::read(c, message.base, &f::NAME)?;
    let kind = c.peek_number(0, 2).map_or(0, |kind| kind as u16);
    if kind == SRV {
        owner_of_service(c, &name);
    } else {
        c.put_text(&f::NAME, name.span, &name.text);
    }
    c.u16(&f::TYPE)?;
    if kind == OPT {
        class(c, message.dialect, &f::PAYLOAD_SIZE, &f::CACHE_FLUSH)?;
        said.extended_rcode = edns::head(c)?;
    } else {
        class(c, message.dialect, &f::CLASS, &f::CACHE_FLUSH)?;
        c.u32(&f::TTL)?;
    }
    let length = c.u16(&f::DATA_LENGTH)?;
    let read = c.within(&f::DATA_LENGTH, usize::from(length), |c| {
        if length == 0 {
            return Ok(String::new());
        }
        let text = if kind == OPT {
            edns::options(c)?
        } else {
            records::read(c, message.base, kind)?
        };
        if !c.is_empty() {
            let fault = c.bad_length(
                &f::DATA_LENGTH,
                u64::from(length),
                "as long as the data needs",
            );
            c.note(fault);
        }
        Ok(text)
    });
    let text = read.unwrap_or_else(|fault| {
        c.note(fault);
        String::new()
    });
    Ok(Line {
        name: name.text,
        kind,
        text,
    })
}

/// Reads a class. In multicast DNS its highest bit has a meaning of its own (RFC 6762 sections 5.4 and 10.2).
fn class(
    c: &mut Cursor<'_, '_>,
    dialect: Dialect,
    def: &'static FieldDef,
    high: &'static FieldDef,
) -> Result<(), Fault> {
    if dialect == Dialect::Multicast {
        c.bits(def, 2, 1, 15)?;
        c.flag(high, 2, 0)?;
        return c.take(2).map(drop);
    }
    c.u16(def).map(drop)
}

/// Records the owner of an SRV record, which is made of a service, a protocol and a domain (RFC 2782).
fn owner_of_service(c: &mut Cursor<'_, '_>, name: &DomainName) {
    let labels = name.split();
    let defs: [&'static FieldDef; 2] = [&f::SRV_SERVICE, &f::SRV_PROTO];
    for (def, label) in defs.into_iter().zip(&labels) {
        c.put_text(def, name.span, label);
    }
    if let Some(domain) = labels.get(2..).filter(|rest| !rest.is_empty()) {
        c.put_text(&f::SRV_NAME, name.span, &domain.join("."));
    }
}
