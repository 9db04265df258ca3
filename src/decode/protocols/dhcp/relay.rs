//! Option 82: what a relay adds on the way to the server, and takes away on the way back (RFC 3046 and others).

use crate::decode::{Cursor, Fault, Value};

use super::fields as f;
use super::options::text;

const LINK_LENGTH: usize = 4;

/// Reads the suboptions.
pub(super) fn read(c: &mut Cursor<'_, '_>) -> Result<(), Fault> {
    while let Some(code) = c.peek_number(0, 1) {
        if c.left() < 2 {
            return c.take(2).map(drop);
        }
        let heading = c.open(&f::RELAY_OPTION);
        c.entitle(heading, Value::Num(code));
        let result = suboption(c, code as u8);
        c.close(heading);
        result?;
    }
    Ok(())
}

fn suboption(c: &mut Cursor<'_, '_>, code: u8) -> Result<(), Fault> {
    c.take(1)?;
    let length = usize::from(c.u8(&f::SUBOPTION_LENGTH)?);
    if c.left() < length {
        return c.take(length).map(drop);
    }
    c.within(&f::SUBOPTION_LENGTH, length, |c| match code {
        _ if length == 0 => Ok(()),
        1 => c.bytes(&f::RELAY_CIRCUIT, length).map(drop),
        2 => c.bytes(&f::RELAY_REMOTE, length).map(drop),
        4 if length == 4 => c.u32(&f::RELAY_DOCSIS).map(drop),
        5 if length == LINK_LENGTH => c.ip4(&f::RELAY_LINK).map(drop),
        6 => text(c, &f::RELAY_SUBSCRIBER, length),
        7 => c.bytes(&f::RELAY_RADIUS, length).map(drop),
        8 => c.bytes(&f::RELAY_AUTHENTICATION, length).map(drop),
        9 => vendors(c),
        10 if length == 1 => c.u8(&f::RELAY_FLAGS).map(drop),
        11 if length == LINK_LENGTH => c.ip4(&f::RELAY_SERVER).map(drop),
        12 => c.bytes(&f::RELAY_AGENT, length).map(drop),
        150 if length == LINK_LENGTH => c.ip4(&f::RELAY_LINK_CISCO).map(drop),
        152 if length == LINK_LENGTH => c.ip4(&f::RELAY_SERVER_CISCO).map(drop),
        _ => c.bytes(&f::RELAY_VALUE, length).map(drop),
    })
}

/// Suboption 9: data of several vendors.
fn vendors(c: &mut Cursor<'_, '_>) -> Result<(), Fault> {
    while !c.is_empty() {
        c.u32(&f::RELAY_ENTERPRISE)?;
        let length = c.nest(|c| c.u8(&f::RELAY_ENTERPRISE_LENGTH))?;
        c.bytes(&f::RELAY_VALUE, usize::from(length))?;
    }
    Ok(())
}
