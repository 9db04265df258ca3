//! DHCPv6 options about IPv4 through a provider's IPv6 network: MAP-E, MAP-T, lightweight 4over6 (RFC 7598).

use crate::decode::{Cursor, Fault, FieldDef, Value};

use super::fields as f;

/// A mapping between an IPv4 and an IPv6 prefix.
pub(super) fn rule(c: &mut Cursor<'_, '_>) -> Result<(), Fault> {
    let flags = c.open(&f::RULE_FLAGS);
    c.bits(&f::RULE_RESERVED, 1, 0, 7)?;
    c.flag(&f::RULE_FORWARDING, 1, 7)?;
    let number = c.take(1)?.iter().fold(0, |_, &b| u64::from(b));
    c.entitle(flags, Value::Num(number));
    c.close(flags);
    c.u8(&f::RULE_EA)?;
    c.u8(&f::RULE_LENGTH_4)?;
    c.ip4(&f::RULE_PREFIX_4)?;
    prefix(c, &f::RULE_LENGTH_6, &f::RULE_PREFIX_6)
}

/// The prefix that stands for all of IPv4 outside.
pub(super) fn default_mapping(c: &mut Cursor<'_, '_>) -> Result<(), Fault> {
    prefix(c, &f::MAPPING_LENGTH, &f::MAPPING_PREFIX)
}

/// The customer's IPv4 address and its end of the tunnel.
pub(super) fn binding(c: &mut Cursor<'_, '_>) -> Result<(), Fault> {
    c.ip4(&f::BINDING_4)?;
    prefix(c, &f::BINDING_LENGTH, &f::BINDING_PREFIX)
}

/// Which ports of a shared address are the customer's: the upper bits of two bytes.
pub(super) fn ports(c: &mut Cursor<'_, '_>) -> Result<(), Fault> {
    c.u8(&f::PORT_OFFSET)?;
    let length = c.u8(&f::PORT_SET_LENGTH)?;
    if length > 16 {
        return Err(c.bad_length(&f::PORT_SET_LENGTH, u64::from(length), "at most 16"));
    }
    c.bits(&f::PORT_SET, 2, 0, length)?;
    c.take(2).map(drop)
}

/// A length in bits, and as many bytes of a prefix as it needs.
fn prefix(
    c: &mut Cursor<'_, '_>,
    length: &'static FieldDef,
    def: &'static FieldDef,
) -> Result<(), Fault> {
    let bits = c.u8(length)?;
    if bits > 128 {
        return Err(c.bad_length(length, u64::from(bits), "at most 128"));
    }
    let needed = usize::from(bits).div_ceil(8);
    let (span, bytes) = (c.ahead(needed), c.take(needed)?);
    let mut octets = [0; 16];
    for (to, from) in octets.iter_mut().zip(bytes) {
        *to = *from;
    }
    c.put(def, span, Value::Ip6(octets));
    Ok(())
}
