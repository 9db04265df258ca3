//! Options whose meaning a vendor defines: 43 (RFC 2132), 124 and 125 (RFC 3925).

use crate::decode::{Cursor, Fault, Value};

use super::fields as f;
use super::options::text;

const PXE_PAD: u64 = 0;
const PXE_DISCOVERY_CONTROL: u8 = 6;
const PXE_END: u64 = 255;

/// Enterprises whose options have fields of their own in other tools: their numbers alone would mislead.
const BROADBAND_FORUM: u32 = 3561;
const CABLE_LABS: u32 = 4491;

/// Option 43 of a vendor that is not known.
pub(super) fn plain(c: &mut Cursor<'_, '_>) -> Result<(), Fault> {
    c.bytes(&f::VENDOR_VALUE, c.left()).map(drop)
}

/// Option 43 for boot firmware (Preboot Execution Environment 2.1).
pub(super) fn boot_firmware(c: &mut Cursor<'_, '_>) -> Result<(), Fault> {
    while let Some(code) = c.peek_number(0, 1) {
        if code == PXE_END {
            c.u8(&f::PXE_END)?;
            c.skip(c.left());
        } else if code == PXE_PAD {
            c.skip(1);
        } else {
            let heading = c.open(&f::PXE_OPTION);
            c.entitle(heading, Value::Num(code));
            let result = boot_option(c, code as u8);
            c.close(heading);
            result?;
        }
    }
    Ok(())
}

fn boot_option(c: &mut Cursor<'_, '_>, code: u8) -> Result<(), Fault> {
    c.take(1)?;
    let length = usize::from(c.u8(&f::SUBOPTION_LENGTH)?);
    if length == 0 {
        return Ok(());
    }
    if c.left() >= length {
        c.put(&f::VENDOR_VALUE, c.ahead(length), Value::Bytes);
    }
    if code != PXE_DISCOVERY_CONTROL || length != 1 {
        return c.take(length).map(drop);
    }
    let control = c.open(&f::PXE_CONTROL);
    c.flag(&f::PXE_NO_BROADCAST, 1, 7)?;
    c.flag(&f::PXE_NO_MULTICAST, 1, 6)?;
    c.flag(&f::PXE_LIST_ONLY, 1, 5)?;
    c.flag(&f::PXE_BOOT_FILE, 1, 4)?;
    let number = c.take(1)?.iter().fold(0, |_, &b| u64::from(b));
    c.entitle(control, Value::Num(number));
    c.close(control);
    Ok(())
}

/// Option 124: vendor classes.
pub(super) fn class(c: &mut Cursor<'_, '_>) -> Result<(), Fault> {
    while !c.is_empty() {
        c.u32(&f::VENDOR_CLASS_ENTERPRISE)?;
        let length = usize::from(c.u8(&f::VENDOR_CLASS_LENGTH)?);
        text(c, &f::VENDOR_CLASS_DATA, length)?;
    }
    Ok(())
}

/// Option 125: vendors' options.
pub(super) fn options(c: &mut Cursor<'_, '_>) -> Result<(), Fault> {
    while !c.is_empty() {
        let enterprise = c.u32(&f::VENDOR_ENTERPRISE)?;
        c.nest(|c| {
            let length = usize::from(c.u8(&f::VENDOR_LENGTH)?);
            c.within(&f::VENDOR_LENGTH, length, |c| {
                if matches!(enterprise, BROADBAND_FORUM | CABLE_LABS) {
                    c.skip(length);
                }
                while !c.is_empty() {
                    c.u8(&f::VENDOR_OPTION)?;
                    c.nest(|c| {
                        let length = usize::from(c.u8(&f::SUBOPTION_LENGTH)?);
                        if length == 0 {
                            return Ok(());
                        }
                        c.bytes(&f::VENDOR_DATA, length).map(drop)
                    })?;
                }
                Ok(())
            })
        })?;
    }
    Ok(())
}
