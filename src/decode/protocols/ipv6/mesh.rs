//! Options that routers write and read for each other: multicast in meshes (MPL, RFC 7731), depth-first forwarding (RFC 6971),
//! measurements on the way (IOAM, RFC 9197 section 4.4 and RFC 9486).

use crate::decode::{Base, Cursor, Fault, Names, Show, fields};

const SEEDS: Names = &[
    (0, "the source address"),
    (1, "16 bits"),
    (2, "64 bits"),
    (3, "128 bits"),
];

const MEASUREMENTS: Names = &[
    (0, "pre-allocated trace"),
    (1, "incremental trace"),
    (2, "proof of transit"),
    (3, "edge to edge"),
];

fields! {
    MPL_FLAGS: "ipv6.opt.mpl.flag", "Flags", Show::Hex(2), "How the seed is named, and whether this is its newest message.";
    MPL_SEED_KIND: "ipv6.opt.mpl.flag.s", "Seed identifier length", Show::Names(Base::Dec, SEEDS), "How the router is named that sent the message first.";
    MPL_NEWEST: "ipv6.opt.mpl.flag.m", "Largest sequence", Show::Plain, "No later message of the seed is known to the sender.";
    MPL_VERSION: "ipv6.opt.mpl.flag.v", "Version", Show::Plain, "Not set in the version that there is.";
    MPL_RESERVED: "ipv6.opt.mpl.flag.rsv", "Reserved", Show::Plain, "Reserved: senders set it to zero, receivers ignore it.";
    MPL_SEQUENCE: "ipv6.opt.mpl.sequence", "Sequence", Show::Plain, "Counts the seed's messages: who saw a number before does not send it on.";
    MPL_SEED: "ipv6.opt.mpl.seed_id", "Seed", Show::Plain, "The router that sent the message first.";
    DFF_FLAGS: "ipv6.opt.dff.flags", "Flags", Show::Hex(2), "Whether the packet was here before and where it is coming from.";
    DFF_VERSION: "ipv6.opt.dff.flag.ver", "Version", Show::Plain, "0 in the version that there is.";
    DFF_DUPLICATE: "ipv6.opt.dff.flag.dup", "Duplicate", Show::Plain, "The packet is sent again, because its first copy was not acknowledged.";
    DFF_RETURN: "ipv6.opt.dff.flag.ret", "Return", Show::Plain, "The packet comes back: the neighbour it was sent to found no way on.";
    DFF_RESERVED: "ipv6.opt.dff.flag.rsv", "Reserved", Show::Plain, "Reserved: senders set it to zero, receivers ignore it.";
    DFF_SEQUENCE: "ipv6.opt.dff.sequence_number", "Sequence", Show::Plain, "By which a router knows the packet when it comes back.";
    IOAM_RESERVED: "ipv6.opt.ioam.rsv", "Reserved", Show::Plain, "Reserved: senders set it to zero, receivers ignore it.";
    IOAM_TYPE: "ipv6.opt.ioam.opt_type", "Measurement", Show::Names(Base::Dec, MEASUREMENTS), "What routers on the way write into the packet.";
    TRACE_NAMESPACE: "ipv6.opt.ioam.trace.ns", "Namespace", Show::Plain, "Whose measurement it is; routers of others leave it alone.";
    TRACE_NODE: "ipv6.opt.ioam.trace.nodelen", "Words a router", Show::Plain, "How many words of four bytes each router writes.";
    TRACE_FLAGS: "ipv6.opt.ioam.trace.flags", "Flags", Show::Hex(1), "Whether there was room for all, and whether the packet shall come back.";
    TRACE_OVERFLOW: "ipv6.opt.ioam.trace.flag.o", "Overflow", Show::Plain, "A router found no room for its data.";
    TRACE_LOOPBACK: "ipv6.opt.ioam.trace.flag.l", "Loopback", Show::Plain, "Routers send a copy back to the one that put the option in.";
    TRACE_ACTIVE: "ipv6.opt.ioam.trace.flag.a", "Active", Show::Plain, "The packet is sent for the measurement alone.";
    TRACE_LEFT: "ipv6.opt.ioam.trace.remlen", "Room left", Show::Plain, "Words of four bytes that are still free.";
    TRACE_TYPE: "ipv6.opt.ioam.trace.type", "Trace type", Show::Hex(6), "One bit for each thing that a router writes: its number, its interfaces, the time and more.";
    TRACE_RESERVED: "ipv6.opt.ioam.trace.rsv", "Reserved", Show::Plain, "Reserved: senders set it to zero, receivers ignore it.";
}

pub(super) fn mpl(c: &mut Cursor<'_, '_>) -> Result<(), Fault> {
    c.bits(&MPL_FLAGS, 1, 0, 8)?;
    let kind = c.nest(|c| {
        let kind = c.bits(&MPL_SEED_KIND, 1, 0, 2)?;
        c.flag(&MPL_NEWEST, 1, 2)?;
        c.flag(&MPL_VERSION, 1, 3)?;
        c.bits(&MPL_RESERVED, 1, 4, 4)?;
        Ok(kind)
    })?;
    c.take(1)?;
    c.u8(&MPL_SEQUENCE)?;
    match kind {
        0 => Ok(()),
        1 => c.bytes(&MPL_SEED, 2).map(drop),
        2 => c.bytes(&MPL_SEED, 8).map(drop),
        _ => c.bytes(&MPL_SEED, 16).map(drop),
    }
}

pub(super) fn depth_first(c: &mut Cursor<'_, '_>) -> Result<(), Fault> {
    c.bits(&DFF_FLAGS, 1, 0, 8)?;
    c.nest(|c| {
        c.bits(&DFF_VERSION, 1, 0, 2)?;
        c.flag(&DFF_DUPLICATE, 1, 2)?;
        c.flag(&DFF_RETURN, 1, 3)?;
        c.bits(&DFF_RESERVED, 1, 4, 4)
    })?;
    c.take(1)?;
    c.u16(&DFF_SEQUENCE).map(drop)
}

/// The header of a measurement; what routers wrote behind it depends on the bits of the trace type.
pub(super) fn measurement(c: &mut Cursor<'_, '_>) -> Result<(), Fault> {
    c.u8(&IOAM_RESERVED)?;
    if c.u8(&IOAM_TYPE)? > 1 {
        return Ok(());
    }
    c.u16(&TRACE_NAMESPACE)?;
    c.bits(&TRACE_NODE, 2, 0, 5)?;
    c.bits(&TRACE_FLAGS, 2, 5, 4)?;
    c.nest(|c| {
        c.flag(&TRACE_OVERFLOW, 2, 5)?;
        c.flag(&TRACE_LOOPBACK, 2, 6)?;
        c.flag(&TRACE_ACTIVE, 2, 7)
    })?;
    c.bits(&TRACE_LEFT, 2, 9, 7)?;
    c.take(2)?;
    c.u24(&TRACE_TYPE)?;
    c.u8(&TRACE_RESERVED).map(drop)
}

#[cfg(test)]
mod tests {
    use crate::decode::testing::{Seen, see};
    use crate::model::LinkType;

    /// A packet with one hop-by-hop option, padded to a header of 16 bytes.
    fn option(bytes: &str) -> Seen {
        let addresses = "fe80000000000000b29928fffec8d66c ff020000000000000000000000000001";
        see(
            LinkType::IPV6,
            &format!("60000000 0010 00 ff {addresses} 3b01 {bytes}"),
        )
    }

    #[test]
    fn multicast_in_a_mesh() {
        let seen = option("6d04 6007 abcd 0106 000000000000");
        assert_eq!(seen.first("ipv6.opt.mpl.flag.s"), "1 (16 bits)");
        assert_eq!(seen.first("ipv6.opt.mpl.flag.m"), "set");
        assert_eq!(seen.first("ipv6.opt.mpl.sequence"), "7");
        assert_eq!(seen.first("ipv6.opt.mpl.seed_id"), "ab:cd");
        assert!(seen.faults().is_empty());
    }

    #[test]
    fn a_packet_that_comes_back() {
        let seen = option("ee03 10 0102 0107 00000000000000");
        assert_eq!(seen.first("ipv6.opt.dff.flag.ret"), "set");
        assert_eq!(seen.first("ipv6.opt.dff.flag.dup"), "not set");
        assert_eq!(seen.first("ipv6.opt.dff.sequence_number"), "258");
    }

    #[test]
    fn a_trace_with_room_left() {
        let seen = option("310a 0000 0001 0a83 c00000 00 0100");
        assert_eq!(seen.first("ipv6.opt.ioam.trace.ns"), "1");
        assert_eq!(seen.first("ipv6.opt.ioam.trace.nodelen"), "1");
        assert_eq!(seen.first("ipv6.opt.ioam.trace.flag.l"), "set");
        assert_eq!(seen.first("ipv6.opt.ioam.trace.remlen"), "3");
        assert_eq!(seen.first("ipv6.opt.ioam.trace.type"), "0xc00000");
    }
}
