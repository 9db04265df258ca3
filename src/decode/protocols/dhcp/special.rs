//! DHCP options whose values have parts of their own.

use std::fmt::Write as _;

use crate::decode::{Cursor, Fault, FieldDef, Value, date, domain};
use crate::model::Mac;

use super::fields as f;
use super::options::text;

const ETHERNET: u64 = 1;
const IEEE_802: u64 = 6;

/// Hardware types that are given to real networks are below this number in a client identifier.
const HARDWARE_TYPES: u64 = 48;

/// The one network interface of boot firmware that is defined (RFC 4578 section 2.2).
const NETWORK_UNDI: u64 = 1;

/// Delayed authentication and its algorithm (RFC 3118 section 5).
const DELAYED: u8 = 1;
const HMAC_MD5: u8 = 1;

/// Where on the wire each byte of a written UUID stands.
const UUID_ORDER: [usize; 16] = [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15];

/// A client identifier of RFC 4361: an interface and a DUID.
const INTERFACE_AND_DUID: u64 = 255;

/// Option 61: a hardware address, a UUID, a DUID or anything else.
pub(super) fn client_identifier(c: &mut Cursor<'_, '_>) -> Result<(), Fault> {
    let kind = c.peek_number(0, 1).unwrap_or_default();
    match (kind, c.left()) {
        (INTERFACE_AND_DUID, _) => {
            c.take(1)?;
            c.bytes(&f::CLIENT_ID_IAID, 4)?;
            duid(c)
        }
        (1..HARDWARE_TYPES, 7) => {
            c.u8(&f::HARDWARE_TYPE)?;
            if matches!(kind, ETHERNET | IEEE_802) {
                c.mac(&f::MAC).map(drop)
            } else {
                c.bytes(&f::CLIENT_HARDWARE, 6).map(drop)
            }
        }
        (0, 17) => {
            c.take(1)?;
            uuid(c)
        }
        (0, 2..) => {
            c.u8(&f::CLIENT_ID_TYPE)?;
            let len = c.left();
            text(c, &f::CLIENT_ID_TEXT, len)
        }
        (_, len) => c.bytes(&f::VALUE, len).map(drop),
    }
}

/// A lasting identifier of a host (RFC 8415 section 11).
fn duid(c: &mut Cursor<'_, '_>) -> Result<(), Fault> {
    match c.u16(&f::DUID_TYPE)? {
        1 => {
            let hardware = c.u16(&f::DUID_LLT_HARDWARE)?;
            c.u32(&f::DUID_TIME)?;
            link_layer_address(c, hardware)
        }
        2 => {
            c.u32(&f::DUID_ENTERPRISE)?;
            let len = c.left();
            c.bytes(&f::DUID_IDENTIFIER, len).map(drop)
        }
        3 => {
            let hardware = c.u16(&f::DUID_LL_HARDWARE)?;
            link_layer_address(c, hardware)
        }
        _ => {
            c.skip(c.left());
            Ok(())
        }
    }
}

fn link_layer_address(c: &mut Cursor<'_, '_>, hardware: u16) -> Result<(), Fault> {
    let len = c.left();
    let (span, bytes) = (c.rest_span(), c.take(len)?);
    match <[u8; 6]>::try_from(bytes) {
        Ok(octets) if matches!(u64::from(hardware), ETHERNET | IEEE_802) => {
            c.put_text(&f::DUID_ADDRESS, span, &Mac(octets).to_string());
        }
        _ => c.put(&f::DUID_ADDRESS, span, Value::Bytes),
    }
    Ok(())
}

/// Option 97: the machine's number.
pub(super) fn machine_identifier(c: &mut Cursor<'_, '_>) -> Result<(), Fault> {
    if c.peek_number(0, 1) == Some(0) && c.left() == 17 {
        c.take(1)?;
        return uuid(c);
    }
    c.bytes(&f::VALUE, c.left()).map(drop)
}

/// A UUID whose first three numbers are written with the lowest byte first, as firmware does.
fn uuid(c: &mut Cursor<'_, '_>) -> Result<(), Fault> {
    let (span, bytes) = (c.ahead(16), c.take(16)?);
    let mut written = String::new();
    for (i, &at) in UUID_ORDER.iter().enumerate() {
        let dash = if matches!(i, 4 | 6 | 8 | 10) { "-" } else { "" };
        let byte = bytes.get(at).copied().unwrap_or_default();
        let _ = write!(written, "{dash}{byte:02x}");
    }
    c.put_text(&f::CLIENT_ID_UUID, span, &written);
    Ok(())
}

/// Option 77: classes with a length each (RFC 3004); some clients send plain text.
pub(super) fn user_class(c: &mut Cursor<'_, '_>) -> Result<(), Fault> {
    let mut index = 0_u64;
    while let Some(len) = c.peek_number(0, 1) {
        let len = len as usize;
        if len == 0 {
            let fault = c.bad_length(&f::USER_CLASS_LENGTH, 0, "at least 1");
            c.put(&f::USER_CLASS, c.ahead(1), Value::Num(index));
            c.nest(|c| c.u8(&f::USER_CLASS_LENGTH))?;
            c.skip(c.left());
            return Err(fault);
        }
        if len >= c.left() {
            let len = c.left();
            return text(c, &f::USER_CLASS_TEXT, len);
        }
        let heading = c.open(&f::USER_CLASS);
        c.entitle(heading, Value::Num(index));
        c.u8(&f::USER_CLASS_LENGTH)?;
        c.bytes(&f::USER_CLASS_DATA, len)?;
        c.close(heading);
        index = index.saturating_add(1);
    }
    Ok(())
}

/// Option 78: where services are looked up.
pub(super) fn directory_agents(c: &mut Cursor<'_, '_>) -> Result<(), Fault> {
    c.u8(&f::DIRECTORY_MANDATORY)?;
    while c.left() >= 4 {
        c.ip4(&f::DIRECTORY_ADDRESS)?;
    }
    Ok(())
}

/// Option 79: in which scopes.
pub(super) fn scopes(c: &mut Cursor<'_, '_>) -> Result<(), Fault> {
    c.u8(&f::SCOPE_MANDATORY)?;
    let len = c.left();
    text(c, &f::SCOPES, len)
}

/// Option 81: the client's full name, and who enters it in the DNS (RFC 4702).
pub(super) fn full_name(c: &mut Cursor<'_, '_>) -> Result<(), Fault> {
    let flags = c.open(&f::FQDN_FLAGS);
    c.bits(&f::FQDN_RESERVED, 1, 0, 4)?;
    c.flag(&f::FQDN_NO_UPDATE, 1, 4)?;
    let wire = c.flag(&f::FQDN_WIRE, 1, 5)?;
    c.flag(&f::FQDN_OVERRIDE, 1, 6)?;
    c.flag(&f::FQDN_SERVER, 1, 7)?;
    let number = c.take(1)?.iter().fold(0, |_, &b| u64::from(b));
    c.entitle(flags, Value::Num(number));
    c.close(flags);
    c.u8(&f::FQDN_RESULT_A)?;
    c.u8(&f::FQDN_RESULT_PTR)?;
    let len = c.left();
    match len {
        0 => Ok(()),
        _ if wire => unended_name(c),
        _ => text(c, &f::FQDN_NAME, len),
    }
}

/// A name in labels that need not end with the root: a partial name ends with the option (RFC 4702 section 2.3.1).
fn unended_name(c: &mut Cursor<'_, '_>) -> Result<(), Fault> {
    let (span, mut rest) = (c.rest_span(), c.take(c.left())?);
    let mut name = String::new();
    while let Some((&len, label)) = rest.split_first() {
        if len == 0 {
            break;
        }
        let (label, next) = label
            .split_at_checked(usize::from(len))
            .unwrap_or((label, &[]));
        if !name.is_empty() {
            name.push('.');
        }
        domain::push_label(label, &mut name);
        rest = next;
    }
    c.put_text(&f::FQDN_NAME, span, &name);
    Ok(())
}

/// Option 90: authentication of messages (RFC 3118).
pub(super) fn authentication(c: &mut Cursor<'_, '_>) -> Result<(), Fault> {
    let protocol = c.u8(&f::AUTHENTICATION_PROTOCOL)?;
    let algorithm = c.u8(if protocol == DELAYED {
        &f::AUTHENTICATION_DELAYED
    } else {
        &f::AUTHENTICATION_ALGORITHM
    })?;
    if c.u8(&f::AUTHENTICATION_REPLAY)? == 0 {
        c.u64(&f::AUTHENTICATION_COUNTER)?;
    } else {
        text(c, &f::AUTHENTICATION_DETECTION, 8)?;
    }
    let len = c.left();
    if len == 0 {
        return Ok(());
    }
    c.secret(c.rest_span());
    if (protocol, algorithm) == (DELAYED, HMAC_MD5) {
        return c.bytes(&f::AUTHENTICATION_REST, len).map(drop);
    }
    text(c, &f::AUTHENTICATION_TOKEN, len)
}

/// Option 94: the version of the boot firmware's network interface (RFC 4578).
pub(super) fn network_interface(c: &mut Cursor<'_, '_>) -> Result<(), Fault> {
    if c.peek_number(0, 1) != Some(NETWORK_UNDI) {
        return c.bytes(&f::VALUE, c.left()).map(drop);
    }
    c.take(1)?;
    c.u8(&f::NETWORK_MAJOR)?;
    c.u8(&f::NETWORK_MINOR).map(drop)
}

/// Option 117: name services by the numbers of their options (RFC 2937).
pub(super) fn name_services(c: &mut Cursor<'_, '_>) -> Result<(), Fault> {
    while !c.is_empty() {
        let span = c.ahead(2);
        let number = c.peek_number(0, 2);
        c.take(2)?;
        if let Some(name) = number.and_then(name_service) {
            c.put_text(&f::NAME_SERVICE, span, name);
        } else {
            let fault = c.bad_value(&f::NAME_SERVICE, "0, 6, 41, 44 or 65");
            c.note(fault);
        }
    }
    Ok(())
}

fn name_service(number: u64) -> Option<&'static str> {
    let name = match number {
        0 => "Local naming information (e.g., an /etc/hosts file on a UNIX machine) (0)",
        6 => "Domain Name Server Option (6)",
        41 => "Network Information Servers Option (41)",
        44 => "NetBIOS over TCP/IP Name Server Option (44)",
        65 => "Network Information Service+ Servers Option (65)",
        _ => return None,
    };
    Some(name)
}

/// Option 119: domains to append to short names; a pointer counts from the option's value (RFC 3397).
pub(super) fn search_list(c: &mut Cursor<'_, '_>) -> Result<(), Fault> {
    names(c, &f::SEARCH_DOMAIN)
}

/// Option 120: SIP servers as names or addresses (RFC 3361).
pub(super) fn telephone_servers(c: &mut Cursor<'_, '_>) -> Result<(), Fault> {
    match c.u8(&f::SIP_ENCODING)? {
        0 => names(c, &f::SIP_NAME),
        1 => {
            if !c.left().is_multiple_of(4) {
                let fault = c.bad_length(&f::LENGTH, c.left() as u64, "a multiple of 4, and 1");
                c.skip(c.left());
                return Err(fault);
            }
            while !c.is_empty() {
                c.ip4(&f::SIP_ADDRESS)?;
            }
            Ok(())
        }
        _ => {
            let fault = c.bad_value(&f::SIP_ENCODING, "0 or 1");
            c.skip(c.left());
            Err(fault)
        }
    }
}

fn names(c: &mut Cursor<'_, '_>, def: &'static FieldDef) -> Result<(), Fault> {
    let base = c.consumed();
    while !c.is_empty() {
        let name = domain::read(c, base, def)?;
        c.put_text(def, name.span, &name.text);
    }
    Ok(())
}

/// Option 121, and Microsoft's 249: routes with prefixes of any length (RFC 3442).
pub(super) fn routes(c: &mut Cursor<'_, '_>) -> Result<(), Fault> {
    while let Some(bits) = c.peek_number(0, 1) {
        let significant = (bits as usize).div_ceil(8);
        if bits > 32 {
            let fault = c.bad_length(&f::CLASSLESS_PREFIX, bits, "at most 32");
            c.skip(c.left());
            return Err(fault);
        }
        let len = significant.saturating_add(5);
        if c.left() < len {
            return c.take(len).map(drop);
        }
        c.put(&f::CLASSLESS_ROUTE, c.ahead(len), Value::Bytes);
        c.nest(|c| {
            c.u8(&f::CLASSLESS_PREFIX)?;
            let (span, bytes) = (c.ahead(significant), c.take(significant)?);
            let mut octets = [0; 4];
            for (to, from) in octets.iter_mut().zip(bytes) {
                *to = *from;
            }
            c.put(&f::CLASSLESS_DESTINATION, span, Value::Ip4(octets));
            c.ip4(&f::CLASSLESS_ROUTER)
        })?;
    }
    Ok(())
}

/// Option 151: how a lease query went (RFC 6926).
pub(super) fn status(c: &mut Cursor<'_, '_>) -> Result<(), Fault> {
    c.u8(&f::STATUS)?;
    let len = c.left();
    if len == 0 {
        return Ok(());
    }
    text(c, &f::STATUS_TEXT, len)
}

/// A time in seconds since 1970.
pub(super) fn time(c: &mut Cursor<'_, '_>, def: &'static FieldDef) -> Result<(), Fault> {
    let span = c.ahead(4);
    let seconds = c.peek_number(0, 4).unwrap_or_default();
    c.take(4)?;
    c.put_text(def, span, &date::utc(seconds as i64, 0));
    Ok(())
}

/// A number of seconds.
pub(super) fn seconds(c: &mut Cursor<'_, '_>, def: &'static FieldDef) -> Result<(), Fault> {
    c.put(&f::VALUE, c.rest_span(), Value::Bytes);
    c.nest(|c| c.u32(def).map(drop))
}

/// Option 159: the ports of a shared address (RFC 7618).
pub(super) fn port_set(c: &mut Cursor<'_, '_>) -> Result<(), Fault> {
    c.u8(&f::PORT_OFFSET)?;
    c.u8(&f::PORT_SET_LENGTH)?;
    c.bytes(&f::PORT_SET, 2).map(drop)
}

/// Option 212: IPv6 through a provider's IPv4 network (RFC 5969).
pub(super) fn rapid_deployment(c: &mut Cursor<'_, '_>) -> Result<(), Fault> {
    c.u8(&f::RAPID_MASK)?;
    c.u8(&f::RAPID_PREFIX_LENGTH)?;
    c.ip6(&f::RAPID_PREFIX)?;
    while c.left() >= 4 {
        c.ip4(&f::RAPID_RELAY)?;
    }
    Ok(())
}
