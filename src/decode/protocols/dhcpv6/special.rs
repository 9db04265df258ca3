//! DHCPv6 options whose values have parts of their own.

use crate::decode::{Cursor, Fault, FieldDef, Value};

use super::fields as f;
use super::{identity, naming};

/// Delayed authentication (RFC 3315 section 21.4), and the length of what follows the realm.
const DELAYED: u8 = 2;
const KEY_AND_HASH: usize = 20;

/// The enterprise number of CableLabs, whose options have a registry of their own.
const CABLE: u32 = 4491;

/// An identifier of four bytes that is a name rather than a number: eight digits.
pub(super) fn number_in_hex(c: &mut Cursor<'_, '_>, def: &'static FieldDef) -> Result<(), Fault> {
    let span = c.ahead(4);
    let number = c.peek_number(0, 4).unwrap_or_default();
    c.take(4)?;
    if !c.mute() {
        c.put_text(def, span, &format!("{number:08x}"));
    }
    Ok(())
}

/// Option 8: hundredths of a second.
pub(super) fn elapsed(c: &mut Cursor<'_, '_>) -> Result<(), Fault> {
    let span = c.ahead(2);
    let hundredths = c.peek_number(0, 2).unwrap_or_default();
    c.take(2)?;
    c.put(&f::ELAPSED, span, Value::Num(hundredths.saturating_mul(10)));
    Ok(())
}

/// Option 11: who sent the message, and that it is no old copy.
pub(super) fn authentication(c: &mut Cursor<'_, '_>) -> Result<(), Fault> {
    let protocol = c.u8(&f::AUTH_PROTOCOL)?;
    c.u8(&f::AUTH_ALGORITHM)?;
    c.u8(&f::AUTH_REPLAY)?;
    c.bytes(&f::AUTH_COUNTER, 8)?;
    let length = c.left();
    if length == 0 {
        return Ok(());
    }
    if let (DELAYED, Some(realm)) = (protocol, length.checked_sub(KEY_AND_HASH)) {
        c.text(&f::AUTH_REALM, realm)?;
        c.u32(&f::AUTH_KEY)?;
        return c.bytes(&f::AUTH_HASH, 16).map(drop);
    }
    // A reconfigure key is sent in clear, and who has it can command the client.
    c.secret(c.rest_span());
    c.bytes(&f::AUTH_INFORMATION, length).map(drop)
}

/// Option 15: classes with a length each.
pub(super) fn user_classes(c: &mut Cursor<'_, '_>) -> Result<(), Fault> {
    while !c.is_empty() {
        counted(c, &f::USER_CLASS_LENGTH, |c, length| {
            c.bytes(&f::USER_CLASS, length).map(drop)
        })?;
    }
    Ok(())
}

/// Option 16: an organization, and its classes with a length each.
pub(super) fn vendor_classes(c: &mut Cursor<'_, '_>) -> Result<(), Fault> {
    c.u32(&f::VENDOR_CLASS_ENTERPRISE)?;
    while !c.is_empty() {
        counted(c, &f::VENDOR_CLASS_LENGTH, |c, length| {
            c.text(&f::VENDOR_CLASS, length).map(drop)
        })?;
    }
    Ok(())
}

/// Option 17: an organization, and its options.
pub(super) fn vendor_options(c: &mut Cursor<'_, '_>) -> Result<(), Fault> {
    let enterprise = c.u32(&f::VENDOR_ENTERPRISE)?;
    while !c.is_empty() {
        if enterprise == CABLE {
            cable_option(c)?;
            continue;
        }
        c.u16(&f::VENDOR_CODE)?;
        c.nest(|c| {
            counted(c, &f::VENDOR_LENGTH, |c, length| {
                c.bytes(&f::VENDOR_DATA, length).map(drop)
            })
        })?;
    }
    Ok(())
}

fn cable_option(c: &mut Cursor<'_, '_>) -> Result<(), Fault> {
    let code = c.u16(&f::CABLE_OPTION)?;
    c.nest(|c| {
        counted(c, &f::CABLE_LENGTH, |c, length| {
            if !matches!(code, 32 | 34 | 37) {
                return c.bytes(&f::CABLE_DATA, length).map(drop);
            }
            while !c.is_empty() {
                c.ip6(&f::CABLE_SERVER)?;
            }
            Ok(())
        })
    })
}

/// A length of two bytes and what it counts, which is left out when it is nothing.
fn counted(
    c: &mut Cursor<'_, '_>,
    def: &'static FieldDef,
    read: impl FnOnce(&mut Cursor<'_, '_>, usize) -> Result<(), Fault>,
) -> Result<(), Fault> {
    let length = usize::from(c.u16(def)?);
    if c.left() < length {
        return c.take(length).map(drop);
    }
    if length == 0 {
        return Ok(());
    }
    c.within(def, length, |c| read(c, length))
}

/// Option 37: the far end of the client's line (RFC 4649).
pub(super) fn remote(c: &mut Cursor<'_, '_>) -> Result<(), Fault> {
    c.u32(&f::REMOTE_ENTERPRISE)?;
    match c.left() {
        0 => Ok(()),
        length => c.bytes(&f::REMOTE, length).map(drop),
    }
}

/// Option 47: how a client's message came to the server, without what the client said (RFC 5007).
pub(super) fn relay_of_client(c: &mut Cursor<'_, '_>) -> Result<(), Fault> {
    c.ip6(&f::QUERY_PEER)?;
    match c.left() {
        0 => Ok(()),
        length => c.bytes(&f::VALUE, length).map(drop),
    }
}

/// Option 56: time servers by address, group or name (RFC 5908).
pub(super) fn time_servers(c: &mut Cursor<'_, '_>) -> Result<(), Fault> {
    while !c.is_empty() {
        let kind = c.u16(&f::NTP_TYPE)?;
        c.nest(|c| {
            counted(c, &f::NTP_LENGTH, |c, length| match kind {
                1 => c.ip6(&f::NTP_ADDRESS).map(drop),
                2 => c.ip6(&f::NTP_GROUP).map(drop),
                3 => naming::names(c, &f::NTP_NAME),
                _ => c.bytes(&f::VALUE, length).map(drop),
            })
        })?;
    }
    Ok(())
}

/// Option 60: what the boot file is started with, in parts with a length each (RFC 5970).
pub(super) fn boot_parameters(c: &mut Cursor<'_, '_>) -> Result<(), Fault> {
    while !c.is_empty() {
        counted(c, &f::BOOT_LENGTH, |c, length| {
            c.text(&f::BOOT_PARAMETER, length).map(drop)
        })?;
    }
    Ok(())
}

/// Option 67: a part of a delegated prefix that is not for the client (RFC 6603).
pub(super) fn excluded_prefix(c: &mut Cursor<'_, '_>) -> Result<(), Fault> {
    c.u8(&f::EXCLUDE_LENGTH)?;
    c.bytes(&f::EXCLUDE_SUBNET, c.left().max(1)).map(drop)
}

/// Option 79: the client's hardware address, as a relay saw it (RFC 6939).
pub(super) fn link_layer(c: &mut Cursor<'_, '_>) -> Result<(), Fault> {
    let hardware = c.u16(&f::LINK_LAYER_KIND)?;
    identity::hardware_address(c, hardware, &f::LINK_LAYER)
}
