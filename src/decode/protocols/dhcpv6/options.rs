//! DHCPv6 options: the walk over them, and the form of each one's value (RFC 9915 section 21 and others).

use crate::decode::{Cursor, Fault, FieldDef};

use super::fields as f;
use super::{Place, Told, identity, message, naming, softwires, special};

/// How an option's value is read.
enum Form {
    /// One IPv6 address.
    Address(&'static FieldDef),
    /// IPv6 addresses.
    Addresses(&'static FieldDef),
    /// Domain names.
    Names(&'static FieldDef),
    /// Text.
    Text(&'static FieldDef),
    /// Bytes that only their owner understands.
    Bytes(&'static FieldDef),
    /// A number of so many bytes.
    Number(&'static FieldDef, usize),
    /// Numbers of two bytes.
    Numbers(&'static FieldDef),
    /// It has parts.
    Special(fn(&mut Cursor<'_, '_>) -> Result<(), Fault>),
    /// It has parts, and options behind them.
    Container(fn(&mut Cursor<'_, '_>, &mut Told) -> Result<(), Fault>),
    /// A message.
    Message,
    /// The client's name; its flags differ between client and server.
    ClientName,
    /// That it is there is all it says.
    Empty,
    /// Its form is not known.
    Raw,
}

/// Reads options up to the end of what may be read.
pub(super) fn read(c: &mut Cursor<'_, '_>, place: Place, told: &mut Told) -> Result<(), Fault> {
    while !c.is_empty() {
        let heading = c.open(&f::OPTION);
        let code = c.peek_number(0, 2);
        if let (Some(code), false) = (code, c.mute()) {
            match f::CODE.name_of(code) {
                Some(name) => c.entitle_text(heading, name),
                None => c.entitle_text(heading, &format!("DHCP option {code}")),
            }
        }
        let result = option(c, place, told);
        c.close(heading);
        result?;
    }
    Ok(())
}

/// Reads an option. Faults within its value are noted, because its length tells where the next one begins.
fn option(c: &mut Cursor<'_, '_>, place: Place, told: &mut Told) -> Result<(), Fault> {
    let code = c.u16(&f::CODE)?;
    let length = c.u16(&f::LENGTH)?;
    let short = c.left() < usize::from(length);
    let result = c.within(&f::LENGTH, usize::from(length), |c| {
        value(c, code, place, told)?;
        if !c.is_empty() {
            let fault = c.bad_length(&f::LENGTH, u64::from(length), "what this option needs");
            c.note(fault);
        }
        Ok(())
    });
    match result {
        Err(fault) if !short => {
            c.note(fault);
            Ok(())
        }
        other => other,
    }
}

fn value(c: &mut Cursor<'_, '_>, code: u16, place: Place, told: &mut Told) -> Result<(), Fault> {
    let length = c.left();
    match form(code) {
        Form::Address(def) => c.ip6(def).map(drop),
        Form::Addresses(def) => {
            while !c.is_empty() {
                c.ip6(def)?;
            }
            Ok(())
        }
        Form::Names(def) => naming::names(c, def),
        Form::Text(_) | Form::Bytes(_) | Form::Raw if length == 0 => Ok(()),
        Form::Text(def) => c.text(def, length).map(drop),
        Form::Bytes(def) => c.bytes(def, length).map(drop),
        Form::Number(def, size) => c.number(def, size).map(drop),
        Form::Numbers(def) => {
            while !c.is_empty() {
                c.u16(def)?;
            }
            Ok(())
        }
        Form::Special(parts) => parts(c),
        Form::Container(parts) => {
            parts(c, told)?;
            read(c, place.deeper(c)?, told)
        }
        Form::Message => message(c, place.deeper(c)?, told),
        Form::ClientName => naming::client(c, place.server),
        Form::Empty => Ok(()),
        Form::Raw => c.bytes(&f::VALUE, length).map(drop),
    }
}

/// The form of an option's value.
fn form(code: u16) -> Form {
    match code {
        1 => Form::Special(identity::client),
        2 | 53 => Form::Special(identity::duid),
        3 | 25 => Form::Container(association),
        4 => Form::Container(|c, _| special::number_in_hex(c, &f::IATA)),
        5 => Form::Container(address),
        6 | 43 => Form::Numbers(&f::REQUESTED),
        7 => Form::Number(&f::PREFERENCE, 1),
        8 => Form::Special(special::elapsed),
        9 => Form::Message,
        11 => Form::Special(special::authentication),
        12 => Form::Address(&f::UNICAST),
        13 => Form::Container(status),
        14 | 20 | 148 => Form::Empty,
        15 => Form::Special(special::user_classes),
        16 => Form::Special(special::vendor_classes),
        17 => Form::Special(special::vendor_options),
        18 => Form::Bytes(&f::INTERFACE),
        19 => Form::Number(&f::RECONFIGURE, 1),
        21 => Form::Names(&f::SIP_NAME),
        22 => Form::Addresses(&f::SIP_ADDRESS),
        23 => Form::Addresses(&f::DNS_SERVER),
        24 => Form::Names(&f::SEARCH),
        26 => Form::Container(prefix),
        27 => Form::Addresses(&f::NIS_ADDRESS),
        28 => Form::Addresses(&f::NIS_PLUS_ADDRESS),
        29 => Form::Names(&f::NIS_DOMAIN),
        30 => Form::Names(&f::NIS_PLUS_DOMAIN),
        31 => Form::Addresses(&f::SNTP_SERVER),
        32 => Form::Number(&f::REFRESH, 4),
        33 => Form::Names(&f::BROADCAST_NAME),
        34 => Form::Addresses(&f::BROADCAST_ADDRESS),
        37 => Form::Special(special::remote),
        38 => Form::Text(&f::SUBSCRIBER),
        39 => Form::ClientName,
        40 => Form::Addresses(&f::PANA_AGENT),
        41 => Form::Text(&f::TIME_ZONE),
        42 => Form::Text(&f::TIME_ZONE_NAME),
        44 => Form::Container(|c, _| {
            c.u8(&f::QUERY)?;
            c.ip6(&f::QUERY_LINK).map(drop)
        }),
        46 => Form::Number(&f::LAST_TRANSACTION, 4),
        47 => Form::Special(special::relay_of_client),
        48 => Form::Addresses(&f::CLIENT_LINK),
        52 => Form::Addresses(&f::CAPWAP),
        56 => Form::Special(special::time_servers),
        59 => Form::Text(&f::BOOT_URL),
        60 => Form::Special(special::boot_parameters),
        61 => Form::Numbers(&f::ARCHITECTURE),
        64 => Form::Names(&f::AFTR),
        45 | 66 | 94..=96 => Form::Container(|_, _| Ok(())),
        67 => Form::Special(special::excluded_prefix),
        79 => Form::Special(special::link_layer),
        80 => Form::Address(&f::LINK_CHOICE),
        82 => Form::Number(&f::SOLICIT_MAXIMUM, 4),
        83 => Form::Number(&f::INFORMATION_MAXIMUM, 4),
        86 => Form::Addresses(&f::PCP_SERVER),
        88 => Form::Addresses(&f::SERVER_4O6),
        89 => Form::Container(|c, _| softwires::rule(c)),
        90 => Form::Address(&f::BORDER),
        91 => Form::Special(softwires::default_mapping),
        92 => Form::Container(|c, _| softwires::binding(c)),
        93 => Form::Special(softwires::ports),
        103 => Form::Text(&f::PORTAL),
        111 => Form::Numbers(&f::PRIORITY),
        112 => Form::Text(&f::MUD_URL),
        135 => Form::Number(&f::RELAY_PORT, 2),
        _ => Form::Raw,
    }
}

/// An identity association: what a lease is for.
fn association(c: &mut Cursor<'_, '_>, _: &mut Told) -> Result<(), Fault> {
    special::number_in_hex(c, &f::IAID)?;
    c.u32(&f::T1)?;
    c.u32(&f::T2).map(drop)
}

fn address(c: &mut Cursor<'_, '_>, told: &mut Told) -> Result<(), Fault> {
    let address = c.ip6(&f::ADDRESS)?;
    c.u32(&f::ADDRESS_PREFERRED)?;
    let valid = c.u32(&f::ADDRESS_VALID)?;
    told.address.get_or_insert((address, valid));
    Ok(())
}

fn prefix(c: &mut Cursor<'_, '_>, told: &mut Told) -> Result<(), Fault> {
    c.u32(&f::PREFIX_PREFERRED)?;
    let valid = c.u32(&f::PREFIX_VALID)?;
    let length = c.u8(&f::PREFIX_LENGTH)?;
    let prefix = c.ip6(&f::PREFIX)?;
    told.prefix.get_or_insert((prefix, length, valid));
    if length > 128 {
        let fault = c.bad_length(&f::PREFIX_LENGTH, u64::from(length), "at most 128");
        c.note(fault);
    }
    Ok(())
}

/// How something went, with words for a person.
fn status(c: &mut Cursor<'_, '_>, told: &mut Told) -> Result<(), Fault> {
    let status = c.u16(&f::STATUS)?;
    if status != 0 {
        told.status.get_or_insert(status);
    }
    match c.left() {
        0 => Ok(()),
        length => c.text(&f::STATUS_TEXT, length).map(drop),
    }
}
