//! DNS stateful operations: about the connection, not about names (RFC 8490).

use crate::decode::{Cursor, Fault};

use super::fields as f;

const KEEPALIVE: u16 = 1;
const RETRY_DELAY: u16 = 2;
const PADDING: u16 = 3;

/// Reads the type-length-values behind the header.
pub(super) fn read(c: &mut Cursor<'_, '_>) -> Result<(), Fault> {
    if c.is_empty() {
        return Ok(());
    }
    c.group(&f::STATEFUL, |c| {
        while !c.is_empty() {
            c.group(&f::STATEFUL_ITEM, item)?;
        }
        Ok(())
    })
}

fn item(c: &mut Cursor<'_, '_>) -> Result<(), Fault> {
    let kind = c.u16(&f::STATEFUL_TYPE)?;
    let length = usize::from(c.u16(&f::STATEFUL_LENGTH)?);
    c.within(&f::STATEFUL_LENGTH, length, |c| {
        match kind {
            KEEPALIVE => {
                c.u32(&f::STATEFUL_INACTIVITY)?;
                c.u32(&f::STATEFUL_INTERVAL)?;
            }
            RETRY_DELAY => {
                c.u32(&f::STATEFUL_DELAY)?;
            }
            PADDING => {
                c.bytes(&f::STATEFUL_PADDING, c.left())?;
            }
            _ if !c.is_empty() => {
                c.bytes(&f::STATEFUL_DATA, c.left())?;
            }
            _ => {}
        }
        Ok(())
    })
}
