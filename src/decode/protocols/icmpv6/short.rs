//! Short messages of ICMPv6: certification paths (RFC 3971), multicast routers (RFC 4286), locators (RFC 6743),
//! duplicate addresses in networks of small devices (RFC 6775).

use crate::decode::{Base, Cursor, Fault, Names, Show, fields};

use super::{RESERVED, options};

const DUPLICATES: Names = &[(0, "success"), (1, "duplicate"), (2, "no more room")];

fields! {
    IDENTIFIER: "icmpv6.send.identifier", "Identifier", Show::Plain, "Tells to which question an answer belongs.";
    ALL: "icmpv6.send.all_components", "Certificates", Show::Plain, "How many certificates the path has.";
    COMPONENT: "icmpv6.send.component", "Certificate", Show::Plain, "Which certificate of the path it is; 65535 in a question asks for all.";
    ADVERTISED: "icmpv6.mcast_ra.query_interval", "Query interval", Show::Unit("s"), "How often the router asks for listeners.";
    ROBUSTNESS: "icmpv6.mcast_ra.robustness_variable", "Robustness", Show::Plain, "How often messages are repeated, against loss.";
    STATUS: "icmpv6.6lowpannd.da.status", "Status", Show::Names(Base::Dec, DUPLICATES), "Whether another node has the address.";
    STATUS_RESERVED: "icmpv6.6lowpannd.da.rsv", "Reserved", Show::Plain, "Reserved: senders set it to zero, receivers ignore it.";
    REGISTERED_FOR: "icmpv6.6lowpannd.da.lifetime", "Lifetime", Show::Unit("min"), "How long the registration holds.";
    OWNER: "icmpv6.6lowpannd.da.eui64", "EUI-64", Show::Plain, "The interface that wants the address.";
    REGISTERED: "icmpv6.6lowpannd.da.reg_addr", "Registered address", Show::Plain, "The address that it wants.";
    LOCATORS: "icmpv6.ilnp.nb_locs", "Locators", Show::Plain, "How many locators are listed.";
    LOCATOR: "icmpv6.ilnp.nb_locator", "Locator", Show::Hex(16), "The network part of an address under which the node is reached.";
    LOCATOR_PREFERENCE: "icmpv6.ilnp.nb_preference", "Preference", Show::Plain, "Lower is better.";
    LOCATOR_LIFETIME: "icmpv6.ilnp.nb_lifetime", "Lifetime", Show::Unit("s"), "How long the locator may be used.";
}

/// A question for certificates (148), or an answer.
pub(super) fn certification(c: &mut Cursor<'_, '_>, question: bool) -> Result<(), Fault> {
    c.u16(&IDENTIFIER)?;
    if !question {
        c.u16(&ALL)?;
    }
    c.u16(&COMPONENT)?;
    if !question {
        c.bytes(&RESERVED, 2)?;
    }
    options::decode(c)
}

/// A multicast router introduces itself.
pub(super) fn multicast_router(c: &mut Cursor<'_, '_>) -> Result<(), Fault> {
    c.u16(&ADVERTISED)?;
    c.u16(&ROBUSTNESS).map(drop)
}

/// A router asks another one about an address, or answers.
pub(super) fn duplicate(c: &mut Cursor<'_, '_>) -> Result<(), Fault> {
    c.u8(&STATUS)?;
    c.u8(&STATUS_RESERVED)?;
    c.u16(&REGISTERED_FOR)?;
    c.bytes(&OWNER, 8)?;
    c.ip6(&REGISTERED).map(drop)
}

/// A node tells where else it is reached.
pub(super) fn locators(c: &mut Cursor<'_, '_>) -> Result<(), Fault> {
    let count = c.u8(&LOCATORS)?;
    c.bytes(&RESERVED, 1)?;
    c.bytes(&RESERVED, 2)?;
    for _ in 0..count {
        c.u64(&LOCATOR)?;
        c.u16(&LOCATOR_PREFERENCE)?;
        c.u16(&LOCATOR_LIFETIME)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::decode::testing::{Seen, see};
    use crate::model::LinkType;

    fn icmpv6(message: &str) -> Seen {
        let len = message.bytes().filter(u8::is_ascii_hexdigit).count() / 2;
        let ends = "fe80000000000000b29928fffec8d66cff02000000000000000000000000006a";
        see(
            LinkType::IPV6,
            &format!("60000000{len:04x}3aff{ends}{message}"),
        )
    }

    #[test]
    fn each_has_its_fields() {
        let seen = icmpv6("97140000 007d 0002");
        assert_eq!(seen.first("icmpv6.mcast_ra.query_interval"), "125 s");
        let seen = icmpv6("9d000000 0100003c 0102030405060708 20010db8000000000000000000000001");
        assert_eq!(seen.first("icmpv6.6lowpannd.da.status"), "1 (duplicate)");
        assert_eq!(seen.first("icmpv6.6lowpannd.da.reg_addr"), "2001:db8::1");
        let seen =
            icmpv6("9c000000 02040000 20010db800000000 0001 012c 20010db800000001 0002 012c");
        assert_eq!(seen.all("icmpv6.ilnp.nb_preference"), ["1", "2"]);
        let seen = icmpv6("95000000 0005 0003 0001 0000");
        assert_eq!(seen.first("icmpv6.send.component"), "1");
        assert!(seen.faults().is_empty() || seen.faults() == [("icmpv6", "bad-checksum")]);
    }
}
