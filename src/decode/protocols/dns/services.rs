//! Service bindings: SVCB and HTTPS records, which tell how to reach a service before the first packet goes to it (RFC 9460).

use std::fmt::Write as _;
use std::net::{Ipv4Addr, Ipv6Addr};

use crate::decode::{Cursor, Fault, Value};

use super::fields as f;
use super::{tables, values};

const MANDATORY: u16 = 0;
const ALPN: u16 = 1;
const PORT: u16 = 3;
const IPV4_HINT: u16 = 4;
const ECH: u16 = 5;
const IPV6_HINT: u16 = 6;
const DOH_PATH: u16 = 7;
const ODOH: u16 = 32_769;

/// Reads the data of a SVCB or HTTPS record; returns it as text.
pub(super) fn read(c: &mut Cursor<'_, '_>, base: usize) -> Result<String, Fault> {
    let priority = c.u16(&f::SVCB_PRIORITY)?;
    let target = values::name(c, base, &f::SVCB_TARGET)?;
    let mut text = format!("{priority} {target}");
    while !c.is_empty() {
        c.group(&f::SVCB_PARAMETER, |c| parameter(c, &mut text))?;
    }
    Ok(text)
}

fn parameter(c: &mut Cursor<'_, '_>, text: &mut String) -> Result<(), Fault> {
    let key = c.u16(&f::SVCB_KEY)?;
    let length = usize::from(c.u16(&f::SVCB_LENGTH)?);
    text.push(' ');
    push_key(key, text);
    c.within(&f::SVCB_LENGTH, length, |c| {
        let mut separator = '=';
        while !c.is_empty() {
            let item = item(c, key)?;
            if !item.is_empty() {
                text.push(separator);
                text.push_str(&item);
                separator = ',';
            }
        }
        Ok(())
    })
}

/// Reads one value of a parameter, which may have several.
fn item(c: &mut Cursor<'_, '_>, key: u16) -> Result<String, Fault> {
    let item = match key {
        MANDATORY => {
            let mut name = String::new();
            push_key(c.u16(&f::SVCB_MANDATORY)?, &mut name);
            name
        }
        ALPN => values::string(c, &f::SVCB_ALPN_LENGTH, &f::SVCB_ALPN)?,
        PORT => c.u16(&f::SVCB_PORT)?.to_string(),
        IPV4_HINT => Ipv4Addr::from(c.ip4(&f::SVCB_IP4)?).to_string(),
        IPV6_HINT => Ipv6Addr::from(c.ip6(&f::SVCB_IP6)?).to_string(),
        ECH => {
            c.bytes(&f::SVCB_ECH, c.left())?;
            String::new()
        }
        ODOH => {
            c.bytes(&f::SVCB_ODOH, c.left())?;
            String::new()
        }
        DOH_PATH => {
            c.put(&f::SVCB_VALUE, c.rest_span(), Value::Bytes);
            values::text(c, &f::SVCB_PATH, c.left())?
        }
        _ => {
            c.bytes(&f::SVCB_VALUE, c.left())?;
            String::new()
        }
    };
    Ok(item)
}

fn push_key(key: u16, text: &mut String) {
    match tables::name(tables::SERVICE_KEYS, u64::from(key)) {
        Some(name) => text.push_str(name),
        None => {
            let _ = write!(text, "key{key}");
        }
    }
}
