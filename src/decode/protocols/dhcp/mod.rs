//! DHCP for IPv4: how a host gets an address, a router and a resolver (RFC 2131, options RFC 2132), on top of BOOTP (RFC 951).

mod fields;
mod options;
mod relay;
mod special;
mod tables;
#[cfg(test)]
mod tests;
mod vendor;

use std::net::Ipv4Addr;

use crate::decode::{Claim, Cursor, Fault, Protocol, Value, events};
use crate::model::{EventDef, Osi};

use self::fields as f;
use self::options::{Outlook, Told};

events! {
    DISCOVER: "dhcp.discover", "A host without an address asks whether there is a DHCP server.";
    OFFER: "dhcp.offer", "A server offers an address.";
    REQUEST: "dhcp.request", "The host asks for an address that was offered, or for more time with the one it has.";
    ACK: "dhcp.ack", "The server confirms: from now on the host may use the address.";
    NAK: "dhcp.nak", "The server refuses: the host must begin again.";
    DECLINE: "dhcp.decline", "The host has found that somebody else uses the address.";
    RELEASE: "dhcp.release", "The host gives its address back.";
    INFORM: "dhcp.inform", "A host that has an address asks for the other settings only.";
}

/// The row of DHCP.
pub(super) static PROTOCOL: Protocol = Protocol {
    key: "dhcp",
    name: "Dynamic Host Configuration Protocol",
    osi: Osi::Application,
    spec: "RFC 2131",
    claims: &[Claim::UdpPort(67), Claim::UdpPort(68)],
    fields: f::FIELDS,
    events: EVENTS,
    decode,
    talk: None,
};

/// The magic cookie, which says that options follow (RFC 2132 section 2).
const COOKIE: u64 = 0x6382_5363;

const HARDWARE_ADDRESS: usize = 16;
const SERVER_NAME: usize = 64;
const FILE: usize = 128;
const VENDOR_AREA: usize = 64;

/// Where the cookie stands.
const BEFORE_COOKIE: usize = 236;

const OVERLOAD_FILE: u8 = 1;
const OVERLOAD_NAME: u8 = 2;

/// The parts of the header that the summary tells.
struct Header {
    id: u32,
    reply: bool,
    your_address: [u8; 4],
    client_address: [u8; 4],
}

fn decode(c: &mut Cursor<'_, '_>) -> Result<(), Fault> {
    let outlook = outlook(c);
    let header = header(c)?;
    let mut told = Told::default();
    let result = rest(c, outlook, &mut told);
    summary(c, &header, told);
    if let Some(event) = event_of(told.message) {
        c.event(event);
    }
    result
}

/// Looks ahead at the options: they tell what the name fields before them hold.
fn outlook(c: &Cursor<'_, '_>) -> Outlook {
    if c.peek_number(BEFORE_COOKIE, 4) != Some(COOKIE) {
        return Outlook::default();
    }
    let options = c.peek().get(BEFORE_COOKIE.saturating_add(4)..);
    options::scan(options.unwrap_or_default())
}

fn header(c: &mut Cursor<'_, '_>) -> Result<Header, Fault> {
    let operation = c.u8(&f::OPERATION)?;
    let kind = c.u8(&f::HARDWARE_TYPE)?;
    let length = usize::from(c.u8(&f::HARDWARE_LENGTH)?);
    c.u8(&f::HOPS)?;
    let id = c.u32(&f::ID)?;
    c.u16(&f::SECONDS)?;
    let flags = c.open(&f::FLAGS);
    c.flag(&f::BROADCAST_FLAG, 2, 0)?;
    c.bits(&f::FLAGS_RESERVED, 2, 1, 15)?;
    let number = c.peek_number(0, 2).unwrap_or_default();
    c.take(2)?;
    c.entitle(flags, Value::Num(number));
    c.close(flags);
    let client_address = c.ip4(&f::CLIENT_ADDRESS)?;
    let your_address = c.ip4(&f::YOUR_ADDRESS)?;
    c.ip4(&f::NEXT_SERVER)?;
    c.ip4(&f::RELAY)?;
    hardware_address(c, kind, length)?;
    Ok(Header {
        id,
        reply: operation == 2,
        your_address,
        client_address,
    })
}

/// Sixteen bytes, of which as many are in use as the header says.
fn hardware_address(c: &mut Cursor<'_, '_>, kind: u8, length: usize) -> Result<(), Fault> {
    if matches!(kind, 1 | 6) && length == 6 {
        c.mac(&f::MAC)?;
        return c.bytes(&f::HARDWARE_PADDING, 10).map(drop);
    }
    if length > HARDWARE_ADDRESS {
        let fault = c.bad_length(&f::HARDWARE_LENGTH, length as u64, "at most 16");
        c.note(fault);
    } else if length > 0 && c.left() >= HARDWARE_ADDRESS {
        let whole = c.ahead(HARDWARE_ADDRESS);
        c.put(&f::HARDWARE_ADDRESS, whole, Value::Bytes);
        c.take(length)?;
        let unused = HARDWARE_ADDRESS.saturating_sub(length);
        if unused > 0 {
            c.bytes(&f::HARDWARE_PADDING, unused)?;
        }
        return Ok(());
    }
    c.take(HARDWARE_ADDRESS).map(drop)
}

/// The two names, or options in their place; then the options.
fn rest(c: &mut Cursor<'_, '_>, outlook: Outlook, told: &mut Told) -> Result<(), Fault> {
    if outlook.overload & OVERLOAD_NAME == 0 {
        options::text(c, &f::SERVER_NAME, SERVER_NAME)?;
    } else {
        overloaded(c, SERVER_NAME, outlook, told);
    }
    if outlook.overload & OVERLOAD_FILE == 0 {
        options::text(c, &f::FILE, FILE)?;
    } else {
        overloaded(c, FILE, outlook, told);
    }
    if c.peek_number(0, 4) != Some(COOKIE) {
        let len = c.left().min(VENDOR_AREA);
        if len > 0 {
            c.bytes(&f::VENDOR_AREA, len)?;
        }
        return Ok(());
    }
    c.ip4(&f::COOKIE)?;
    if !options::read(c, outlook, told)? {
        return Err(c.bad_value(&f::END, "the last option"));
    }
    if !c.is_empty() {
        c.bytes(&f::PADDING, c.left())?;
    }
    Ok(())
}

/// Options in place of a name of `len` bytes; their faults are noted, because the rest stands where it should.
fn overloaded(c: &mut Cursor<'_, '_>, len: usize, outlook: Outlook, told: &mut Told) {
    let heading = c.open(&f::OVERLOADED);
    let result = c.within(&f::OVERLOAD, len, |c| options::read(c, outlook, told));
    c.close(heading);
    if let Err(fault) = result {
        c.note(fault);
    }
}

fn event_of(message: Option<u8>) -> Option<&'static EventDef> {
    let event = match message? {
        1 => &DISCOVER,
        2 => &OFFER,
        3 => &REQUEST,
        4 => &DECLINE,
        5 => &ACK,
        6 => &NAK,
        7 => &RELEASE,
        8 => &INFORM,
        _ => return None,
    };
    Some(event)
}

fn summary(c: &mut Cursor<'_, '_>, header: &Header, told: Told) {
    let id = header.id;
    let Some(message) = told.message else {
        let side = if header.reply { "reply" } else { "request" };
        return c.summary(format_args!("BOOTP {side}, xid 0x{id:08x}"));
    };
    let name = tables::MESSAGES
        .binary_search_by_key(&u64::from(message), |row| row.0)
        .ok()
        .and_then(|at| tables::MESSAGES.get(at))
        .map_or("message", |row| row.1);
    let address = if header.reply {
        Some(header.your_address)
    } else {
        told.requested.or(Some(header.client_address))
    };
    let address = address.filter(|address| *address != [0; 4]);
    match (address.map(Ipv4Addr::from), told.lease) {
        (Some(address), Some(lease)) if header.reply => c.summary(format_args!(
            "DHCP {name}, xid 0x{id:08x}: {address} for {lease} s"
        )),
        (Some(address), _) => {
            c.summary(format_args!("DHCP {name}, xid 0x{id:08x}: {address}"));
        }
        (None, _) => c.summary(format_args!("DHCP {name}, xid 0x{id:08x}")),
    }
}
