//! DHCP for IPv6: how a host or a home router gets addresses, prefixes and settings (RFC 9915, which replaces RFC 8415).
//!
//! Relays wrap a message into one of their own, so that messages stand inside options of messages.

mod fields;
mod identity;
mod naming;
mod options;
mod softwires;
mod special;
mod tables;
#[cfg(test)]
mod tests;

use std::fmt::Write as _;
use std::net::Ipv6Addr;

use crate::decode::{Claim, Cursor, Fault, FaultKind, Protocol, events};
use crate::model::{EventDef, Osi};

use self::fields as f;

events! {
    SOLICIT: "dhcpv6.solicit", "A host asks all DHCPv6 servers of the link what they can give it.";
    ADVERTISE: "dhcpv6.advertise", "A server says what it could give.";
    REQUEST: "dhcpv6.request", "The host chooses a server and asks it for a lease.";
    CONFIRM: "dhcpv6.confirm", "A host that may have moved asks whether its addresses still fit the link.";
    RENEW: "dhcpv6.renew", "The host asks its server for more time with what it has.";
    REBIND: "dhcpv6.rebind", "The host asks any server for more time, because its own does not answer.";
    REPLY: "dhcpv6.reply", "A server answers: from now on the host may use what it is given here.";
    RELEASE: "dhcpv6.release", "The host gives its addresses or prefixes back.";
    DECLINE: "dhcpv6.decline", "The host has found that somebody else uses an address.";
    RECONFIGURE: "dhcpv6.reconfigure", "A server tells a client to ask again, because something has changed.";
    INFORMATION: "dhcpv6.information_request", "A host that needs no address from the server asks for the other settings only.";
    RELAY_FORWARD: "dhcpv6.relay_forward", "A relay passes a client's message on to a server of another network.";
    RELAY_REPLY: "dhcpv6.relay_reply", "A server hands a relay the message that it is to pass to the client.";
    MESSAGE: "dhcpv6.message", "A message between servers and relays, such as a query about leases.";
}

/// The row of DHCPv6.
pub(super) static PROTOCOL: Protocol = Protocol {
    key: "dhcpv6",
    name: "Dynamic Host Configuration Protocol for IPv6",
    osi: Osi::Application,
    spec: "RFC 9915",
    claims: &[Claim::UdpPort(546), Claim::UdpPort(547)],
    fields: f::FIELDS,
    events: EVENTS,
    decode,
    talk: None,
};

const FORWARD: u8 = 12;
const BACK: u8 = 13;

/// A lifetime that never ends (RFC 9915 section 7.7).
const FOREVER: u32 = u32::MAX;

/// How deep options may stand inside options and messages. Eight relays (the most there may be, 32 in RFC 3315) with a
/// lease inside need 10.
const NESTING_MAX: u8 = 40;

/// What the message says about itself, gathered while reading.
#[derive(Clone, Copy, Debug, Default)]
struct Told {
    /// The type of the outermost message.
    outer: Option<u8>,
    /// Type and transaction of the innermost message.
    message: Option<(u8, u32)>,
    /// The first address, and for how long it is valid.
    address: Option<([u8; 16], u32)>,
    /// The first prefix, its length, and for how long it is valid.
    prefix: Option<([u8; 16], u8, u32)>,
    /// The first status that is no success.
    status: Option<u16>,
}

/// Where in the message an option stands.
#[derive(Clone, Copy, Debug)]
struct Place {
    /// A server speaks.
    server: bool,
    /// How deep.
    level: u8,
}

impl Place {
    /// One level deeper.
    fn deeper(self, c: &Cursor<'_, '_>) -> Result<Self, Fault> {
        if self.level >= NESTING_MAX {
            let what = "options stand too deep inside each other";
            return Err(c.bad(FaultKind::Limit(what)));
        }
        Ok(Self {
            level: self.level.saturating_add(1),
            ..self
        })
    }
}

fn decode(c: &mut Cursor<'_, '_>) -> Result<(), Fault> {
    let mut told = Told::default();
    let outside = Place {
        server: false,
        level: 0,
    };
    let result = message(c, outside, &mut told);
    if c.detail() {
        let text = summary(&told);
        c.summary(format_args!("{text}"));
    }
    if let Some(outer) = told.outer {
        c.event(event_of(outer));
    }
    result
}

/// Reads a message, up to the end of what may be read.
fn message(c: &mut Cursor<'_, '_>, place: Place, told: &mut Told) -> Result<(), Fault> {
    let kind = c.u8(&f::MESSAGE)?;
    told.outer.get_or_insert(kind);
    if matches!(kind, FORWARD | BACK) {
        c.u8(&f::HOPS)?;
        c.ip6(&f::LINK)?;
        c.ip6(&f::PEER)?;
    } else {
        let id = c.u24(&f::ID)?;
        told.message = Some((kind, id));
    }
    // Advertise, Reply and Reconfigure are what servers say to clients.
    let server = matches!(kind, 2 | 7 | 10);
    options::read(c, Place { server, ..place }, told)
}

fn event_of(message: u8) -> &'static EventDef {
    match message {
        1 => &SOLICIT,
        2 => &ADVERTISE,
        3 => &REQUEST,
        4 => &CONFIRM,
        5 => &RENEW,
        6 => &REBIND,
        7 => &REPLY,
        8 => &RELEASE,
        9 => &DECLINE,
        10 => &RECONFIGURE,
        11 => &INFORMATION,
        FORWARD => &RELAY_FORWARD,
        BACK => &RELAY_REPLY,
        _ => &MESSAGE,
    }
}

fn summary(told: &Told) -> String {
    let name = |kind: u8| f::MESSAGE.name_of(u64::from(kind)).unwrap_or("Message");
    let mut text = match (told.outer, told.message) {
        (Some(outer), Some((inner, id))) if matches!(outer, FORWARD | BACK) => {
            format!("{} of {}, xid 0x{id:06x}", name(outer), name(inner))
        }
        (_, Some((kind, id))) => format!("{}, xid 0x{id:06x}", name(kind)),
        (Some(outer), None) => name(outer).to_owned(),
        (None, None) => "Message".to_owned(),
    };
    // Writing to a string cannot fail.
    if let Some((address, valid)) = told.address {
        let _ = write!(text, ": {}{}", Ipv6Addr::from(address), lasting(valid));
    }
    if let Some((prefix, length, valid)) = told.prefix {
        let mark = if told.address.is_some() { "," } else { ":" };
        let prefix = Ipv6Addr::from(prefix);
        let _ = write!(text, "{mark} {prefix}/{length}{}", lasting(valid));
    }
    if let Some(status) = told.status {
        let _ = match f::STATUS.name_of(u64::from(status)) {
            Some(name) => write!(text, "; {name}"),
            None => write!(text, "; status {status}"),
        };
    }
    text
}

/// A lifetime as the summary says it; a client that asks leaves it 0.
fn lasting(seconds: u32) -> String {
    match seconds {
        0 => String::new(),
        FOREVER => " for ever".to_owned(),
        _ => format!(" for {seconds} s"),
    }
}
