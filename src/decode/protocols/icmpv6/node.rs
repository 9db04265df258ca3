//! Rarer messages of ICMPv6: node information (RFC 4620), router renumbering (RFC 2894), mobile hosts (RFC 6275).

use crate::decode::{Base, Cursor, Fault, FieldDef, Names, Show, fields};

use super::{RESERVED, options, put_bits};

const QUESTIONS: Names = &[
    (0, "nothing"),
    (2, "node name"),
    (3, "node addresses"),
    (4, "IPv4 addresses"),
];

const OPERATIONS: Names = &[(1, "add"), (2, "change"), (3, "set to")];

fields! {
    QTYPE: "icmpv6.ni.qtype", "Question", Show::Names(Base::Dec, QUESTIONS), "What is asked about the node.";
    NI_FLAGS: "icmpv6.ni.flag", "Flags", Show::Hex(4), "Which addresses are wanted.";
    NI_GLOBAL: "icmpv6.ni.flag.g", "Global addresses", Show::Plain, "Addresses that are valid everywhere.";
    NI_SITE: "icmpv6.ni.flag.s", "Site-local addresses", Show::Plain, "Addresses of an old kind, valid in one site.";
    NI_LINK: "icmpv6.ni.flag.l", "Link-local addresses", Show::Plain, "Addresses that are valid on one link.";
    NI_COMPAT: "icmpv6.ni.flag.c", "Compatible addresses", Show::Plain, "IPv4 addresses in IPv6 form.";
    NI_ALL: "icmpv6.ni.flag.a", "All addresses", Show::Plain, "Addresses of all interfaces, not only of the one asked.";
    NI_TRUNCATED: "icmpv6.ni.flag.t", "Truncated", Show::Plain, "Not all addresses fitted into the answer.";
    NI_RESERVED: "icmpv6.ni.flag.rsv", "Reserved", Show::Hex(4), "Reserved: senders set it to zero, receivers ignore it.";
    NONCE: "icmpv6.ni.nonce", "Nonce", Show::Hex(16), "A random number that the answer repeats.";
    SUBJECT_IP6: "icmpv6.ni.query.subject_ipv6", "Subject", Show::Plain, "The node that is asked about, by its IPv6 address.";
    SUBJECT_NAME: "icmpv6.ni.query.subject_fqdn", "Subject", Show::Plain, "The node that is asked about, by its name.";
    SUBJECT_IP4: "icmpv6.ni.query.subject_ipv4", "Subject", Show::Plain, "The node that is asked about, by its IPv4 address.";
    TTL: "icmpv6.ni.reply.node_ttl", "Time to live", Show::Unit("s"), "How long the answer may be kept.";
    NODE_NAME: "icmpv6.ni.reply.node_name", "Node name", Show::Plain, "The node's name.";
    NODE_IP6: "icmpv6.ni.reply.node_address", "Node address", Show::Plain, "One of the node's IPv6 addresses.";
    NODE_IP4: "icmpv6.ni.reply.ipv4_address", "Node address", Show::Plain, "One of the node's IPv4 addresses.";
    RR_SEQ: "icmpv6.rr.sequence_number", "Sequence number", Show::Plain, "Counts the commands, against replay.";
    RR_SEGMENT: "icmpv6.rr.segment_number", "Segment number", Show::Plain, "Counts the messages of one command.";
    RR_FLAGS: "icmpv6.rr.flag", "Flags", Show::Hex(2), "How routers shall take the command.";
    RR_TEST: "icmpv6.rr.flag.t", "Test", Show::Plain, "Routers shall only say what they would do.";
    RR_RESULT: "icmpv6.rr.flag.r", "Result requested", Show::Plain, "Routers shall report what they did.";
    RR_ALL: "icmpv6.rr.flag.a", "All interfaces", Show::Plain, "The command holds for interfaces that are down too.";
    RR_SITE: "icmpv6.rr.flag.s", "Site-specific", Show::Plain, "The command holds for interfaces of one site.";
    RR_PROCESSED: "icmpv6.rr.flag.p", "Processed previously", Show::Plain, "In a result: the command was carried out before.";
    RR_RESERVED: "icmpv6.rr.flag.rsv", "Reserved", Show::Plain, "Reserved: senders set it to zero, receivers ignore it.";
    RR_DELAY: "icmpv6.rr.maxdelay", "Maximum delay", Show::Unit("ms"), "Within how long routers shall report.";
    MATCH: "icmpv6.rr.pco.mp", "Match-prefix part", Show::Heading, "Which prefixes the command is about.";
    MATCH_OP: "icmpv6.rr.pco.mp.opcode", "Operation", Show::Names(Base::Dec, OPERATIONS), "What shall happen to the prefixes that match.";
    MATCH_OP_LEN: "icmpv6.rr.pco.mp.oplength", "Length", Show::Plain, "Length of the operation in units of eight bytes.";
    ORDINAL: "icmpv6.rr.pco.mp.ordinal", "Ordinal", Show::Hex(2), "Number of the operation.";
    MATCH_LEN: "icmpv6.rr.pco.mp.matchlen", "Match length", Show::Unit("bits"), "How many leading bits must be equal.";
    MIN_LEN: "icmpv6.rr.pco.mp.minlen", "Minimum length", Show::Unit("bits"), "The shortest prefix that matches.";
    MAX_LEN: "icmpv6.rr.pco.mp.maxlen", "Maximum length", Show::Unit("bits"), "The longest prefix that matches.";
    MATCH_PREFIX: "icmpv6.rr.pco.mp.matchprefix", "Prefix", Show::Plain, "The prefix that is looked for.";
    USE: "icmpv6.rr.pco.up", "Use-prefix part", Show::Heading, "The prefix that takes their place.";
    USE_LEN: "icmpv6.rr.pco.up.uselen", "Use length", Show::Unit("bits"), "How many bits come from the new prefix.";
    KEEP_LEN: "icmpv6.rr.pco.up.keeplen", "Keep length", Show::Unit("bits"), "How many bits behind them are kept.";
    USE_MASK: "icmpv6.rr.pco.up.flagmask", "Flag mask", Show::Hex(2), "Which of the prefix's flags shall be changed.";
    USE_L: "icmpv6.rr.pco.up.flagmask.l", "On link", Show::Plain, "Addresses of the prefix are on this link.";
    USE_A: "icmpv6.rr.pco.up.flagmask.a", "Autonomous", Show::Plain, "Hosts may make themselves an address from the prefix.";
    USE_RESERVED: "icmpv6.rr.pco.up.flagmask.reserved", "Reserved", Show::Plain, "Reserved: senders set it to zero, receivers ignore it.";
    RA_FLAGS: "icmpv6.rr.pco.up.raflags", "New flags", Show::Hex(2), "The flags' new values.";
    USE_VALID: "icmpv6.rr.pco.up.validlifetime", "Valid lifetime", Show::Unit("s"), "How long addresses of the prefix may be used at all.";
    USE_PREFERRED: "icmpv6.rr.pco.up.preferredlifetime", "Preferred lifetime", Show::Unit("s"), "How long new connections may begin with them.";
    USE_FLAGS: "icmpv6.rr.pco.up.flag", "Flags", Show::Hex(8), "How the lifetimes run.";
    USE_V: "icmpv6.rr.pco.up.flag.v", "Count down valid lifetime", Show::Plain, "The valid lifetime ends at a fixed time.";
    USE_P: "icmpv6.rr.pco.up.flag.p", "Count down preferred lifetime", Show::Plain, "The preferred lifetime ends at a fixed time.";
    USE_REST: "icmpv6.rr.pco.up.flag.reserved", "Reserved", Show::Plain, "Reserved: senders set it to zero, receivers ignore it.";
    USE_PREFIX: "icmpv6.rr.pco.up.useprefix", "Prefix", Show::Plain, "The new prefix.";
    MIP_IDENT: "icmpv6.mip6.identifier", "Identifier", Show::Plain, "Tells the answers to one question from those to another.";
    MIP_FLAGS: "icmpv6.mip6.flag", "Flags", Show::Hex(4), "How hosts get their addresses.";
    MIP_MANAGED: "icmpv6.mip6.flag.m", "Managed addresses", Show::Plain, "Hosts shall ask a DHCPv6 server for addresses.";
    MIP_OTHER: "icmpv6.mip6.flag.o", "Other configuration", Show::Plain, "Hosts shall ask a DHCPv6 server for the rest.";
    MIP_RESERVED: "icmpv6.mip6.flag.rsv", "Reserved", Show::Plain, "Reserved: senders set it to zero, receivers ignore it.";
    AGENT: "icmpv6.mip6.home_agent_address", "Home agent address", Show::Plain, "A router that keeps the place of mobile hosts.";
}

/// A part of a bit field: the field, its first bit, and how many it has.
type Part = (&'static FieldDef, u8, u8);

fn flags(
    c: &mut Cursor<'_, '_>,
    def: &'static FieldDef,
    len: usize,
    parts: &[Part],
) -> Result<(), Fault> {
    let at = c.ahead(len);
    let number = c.number(def, len)?;
    c.nest(|c| {
        put_bits(c, at, number, parts);
        Ok(())
    })
}

/// A question about a node, or the answer.
pub(super) fn information(c: &mut Cursor<'_, '_>, query: bool, code: u8) -> Result<(), Fault> {
    let question = c.u16(&QTYPE)?;
    flags(
        c,
        &NI_FLAGS,
        2,
        &[
            (&NI_GLOBAL, 10, 1),
            (&NI_SITE, 11, 1),
            (&NI_LINK, 12, 1),
            (&NI_COMPAT, 13, 1),
            (&NI_ALL, 14, 1),
            (&NI_TRUNCATED, 15, 1),
            (&NI_RESERVED, 0, 10),
        ],
    )?;
    c.u64(&NONCE)?;
    match (query, code) {
        (true, 0) if c.left() >= 16 => drop(c.ip6(&SUBJECT_IP6)?),
        (true, 1) if !c.is_empty() => drop(options::domain(c, &SUBJECT_NAME)?),
        (true, 2) if c.left() >= 4 => drop(c.ip4(&SUBJECT_IP4)?),
        (true, _) => {}
        (false, _) => answers(c, question)?,
    }
    Ok(())
}

fn answers(c: &mut Cursor<'_, '_>, question: u16) -> Result<(), Fault> {
    if question == 2 && c.left() >= 4 {
        c.u32(&TTL)?;
        while c.peek_number(0, 1).is_some_and(|len| len > 0) {
            options::domain(c, &NODE_NAME)?;
        }
    }
    while question == 3 && c.left() >= 20 {
        c.u32(&TTL)?;
        c.ip6(&NODE_IP6)?;
    }
    while question == 4 && c.left() >= 8 {
        c.u32(&TTL)?;
        c.ip4(&NODE_IP4)?;
    }
    Ok(())
}

/// A command to change prefixes.
pub(super) fn renumbering(c: &mut Cursor<'_, '_>, code: u8) -> Result<(), Fault> {
    c.u32(&RR_SEQ)?;
    c.u8(&RR_SEGMENT)?;
    flags(
        c,
        &RR_FLAGS,
        1,
        &[
            (&RR_TEST, 0, 1),
            (&RR_RESULT, 1, 1),
            (&RR_ALL, 2, 1),
            (&RR_SITE, 3, 1),
            (&RR_PROCESSED, 4, 1),
            (&RR_RESERVED, 5, 3),
        ],
    )?;
    c.u16(&RR_DELAY)?;
    c.bytes(&RESERVED, 4)?;
    if code != 0 {
        return Ok(());
    }
    while c.left() >= 24 {
        let units = c.group(&MATCH, |c| {
            c.u8(&MATCH_OP)?;
            let units = c.u8(&MATCH_OP_LEN)?;
            c.u8(&ORDINAL)?;
            c.u8(&MATCH_LEN)?;
            c.u8(&MIN_LEN)?;
            c.u8(&MAX_LEN)?;
            c.bytes(&RESERVED, 2)?;
            c.ip6(&MATCH_PREFIX)?;
            Ok(units)
        })?;
        // Three units for the part before, four for each of the others.
        for _ in 0..units.saturating_sub(3) / 4 {
            c.group(&USE, prefix)?;
        }
    }
    Ok(())
}

fn prefix(c: &mut Cursor<'_, '_>) -> Result<(), Fault> {
    const BITS: &[Part] = &[(&USE_L, 0, 1), (&USE_A, 1, 1), (&USE_RESERVED, 2, 6)];
    c.u8(&USE_LEN)?;
    c.u8(&KEEP_LEN)?;
    flags(c, &USE_MASK, 1, BITS)?;
    flags(c, &RA_FLAGS, 1, BITS)?;
    c.u32(&USE_VALID)?;
    c.u32(&USE_PREFERRED)?;
    flags(
        c,
        &USE_FLAGS,
        4,
        &[(&USE_V, 0, 1), (&USE_P, 1, 1), (&USE_REST, 2, 30)],
    )?;
    c.ip6(&USE_PREFIX).map(drop)
}

/// The four messages between a mobile host and its home.
pub(super) fn mobile(c: &mut Cursor<'_, '_>, kind: u8) -> Result<(), Fault> {
    c.u16(&MIP_IDENT)?;
    if kind == 147 {
        flags(
            c,
            &MIP_FLAGS,
            2,
            &[
                (&MIP_MANAGED, 0, 1),
                (&MIP_OTHER, 1, 1),
                (&MIP_RESERVED, 2, 14),
            ],
        )?;
        return options::decode(c);
    }
    c.bytes(&RESERVED, 2)?;
    while kind == 145 && c.left() >= 16 {
        c.ip6(&AGENT)?;
    }
    Ok(())
}
