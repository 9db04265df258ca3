//! RPL: routing in networks of small devices (RFC 6550 section 6). Its secured messages and metrics are shown as bytes.

use crate::decode::{Base, Cursor, Fault, FieldDef, Names, Show, Value, fields};

use super::options::OPTION;
use super::{RESERVED, codes, put_bits};

const MODES: Names = &[
    (0, "no routes downwards"),
    (1, "non-storing"),
    (2, "storing, without multicast"),
    (3, "storing, with multicast"),
    (4, "routes between two nodes"),
];

const OPTIONS: Names = &[
    (0, "padding of one byte"),
    (1, "padding"),
    (2, "metrics"),
    (3, "route information"),
    (4, "configuration"),
    (5, "target"),
    (6, "transit information"),
    (7, "solicited information"),
    (8, "prefix information"),
    (9, "target descriptor"),
    (10, "route discovery"),
];

const PREFERENCES: Names = &[(0, "medium"), (1, "high"), (2, "reserved"), (3, "low")];

fields! {
    DIS_FLAGS: "icmpv6.rpl.dis.flags", "Flags", Show::Plain, "Reserved: senders set it to zero, receivers ignore it.";
    DIO_INSTANCE: "icmpv6.rpl.dio.instance", "Instance", Show::Plain, "Which routing topology it belongs to; a network may have several with other aims.";
    DIO_VERSION: "icmpv6.rpl.dio.version", "Version", Show::Plain, "The root raises it when the whole graph is to be built anew.";
    DIO_RANK: "icmpv6.rpl.dio.rank", "Rank", Show::Plain, "How far the sender is from the root; it grows on the way down, so that no circle forms.";
    DIO_FLAGS: "icmpv6.rpl.dio.flag", "Flags", Show::Hex(2), "What the graph is for and how routes down are kept.";
    GROUNDED: "icmpv6.rpl.dio.flag.g", "Grounded", Show::Plain, "The graph leads to where its application wants to get.";
    ZERO: "icmpv6.rpl.dio.flag.0", "Zero", Show::Plain, "Reserved: senders set it to zero, receivers ignore it.";
    MODE: "icmpv6.rpl.dio.flag.mop", "Mode of operation", Show::Names(Base::Hex(2), MODES), "Whether routes down are kept in every router, only at the root, or not at all.";
    PREFERENCE: "icmpv6.rpl.dio.flag.preference", "Preference", Show::Plain, "How much this root is to be preferred to others of the instance.";
    TRIGGER: "icmpv6.rpl.dio.dtsn", "Trigger sequence", Show::Plain, "When it grows, the nodes below tell their addresses anew.";
    DIO_GRAPH: "icmpv6.rpl.dio.dagid", "Graph", Show::Plain, "The graph's name: an address of its root.";
    DAO_INSTANCE: "icmpv6.rpl.dao.instance", "Instance", Show::Plain, "Which routing topology it belongs to.";
    DAO_FLAGS: "icmpv6.rpl.dao.flag", "Flags", Show::Hex(2), "Whether an answer is wanted, and whether the graph is named.";
    ANSWER_WANTED: "icmpv6.rpl.dao.flag.k", "Acknowledgment wanted", Show::Plain, "The receiver shall confirm the message.";
    DAO_NAMED: "icmpv6.rpl.dao.flag.d", "Graph present", Show::Plain, "The graph's name follows.";
    DAO_RESERVED: "icmpv6.rpl.dao.flag.rsv", "Reserved", Show::Plain, "Reserved: senders set it to zero, receivers ignore it.";
    DAO_SEQUENCE: "icmpv6.rpl.dao.sequence", "Sequence", Show::Plain, "Counts the sender's messages; the acknowledgment repeats it.";
    DAO_GRAPH: "icmpv6.rpl.dao.dodagid", "Graph", Show::Plain, "The graph's name: an address of its root.";
    ACK_INSTANCE: "icmpv6.rpl.daoack.instance", "Instance", Show::Plain, "Which routing topology it belongs to.";
    ACK_FLAGS: "icmpv6.rpl.daoack.flag", "Flags", Show::Hex(2), "Whether the graph is named.";
    ACK_NAMED: "icmpv6.rpl.daoack.flag.d", "Graph present", Show::Plain, "The graph's name follows.";
    ACK_RESERVED: "icmpv6.rpl.daoack.flag.rsv", "Reserved", Show::Plain, "Reserved: senders set it to zero, receivers ignore it.";
    ACK_SEQUENCE: "icmpv6.rpl.daoack.sequence", "Sequence", Show::Plain, "That of the message which is confirmed.";
    ACK_STATUS: "icmpv6.rpl.daoack.status", "Status", Show::Plain, "0 when the route was taken; from 128 on it was refused.";
    ACK_GRAPH: "icmpv6.rpl.daoack.dodagid", "Graph", Show::Plain, "The graph's name: an address of its root.";
    OPTION_TYPE: "icmpv6.rpl.opt.type", "Type", Show::Names(Base::Dec, OPTIONS), "Which option it is.";
    OPTION_LENGTH: "icmpv6.rpl.opt.length", "Length", Show::Unit("bytes"), "Length of what follows in the option.";
    OPTION_RESERVED: "icmpv6.rpl.opt.reserved", "Reserved", Show::Heading, "Reserved: senders set it to zero, receivers ignore it.";
    PADDING: "icmpv6.rpl.opt.padn", "Padding", Show::Heading, "Bytes without meaning.";
    ROUTE_LENGTH: "icmpv6.rpl.opt.route.prefix_length", "Prefix length", Show::Unit("bits"), "How many leading bits of the prefix count.";
    ROUTE_FLAGS: "icmpv6.rpl.opt.route.flag", "Flags", Show::Hex(2), "How good the route is.";
    ROUTE_PREFERENCE: "icmpv6.rpl.opt.route.pref", "Preference", Show::Names(Base::Dec, PREFERENCES), "Which router is to be used for the prefix when there are several.";
    ROUTE_RESERVED: "icmpv6.rpl.opt.route.reserved", "Reserved", Show::Plain, "Reserved: senders set it to zero, receivers ignore it.";
    ROUTE_LIFETIME: "icmpv6.rpl.opt.route.lifetime", "Lifetime", Show::Unit("s"), "How long the route may be used.";
    ROUTE_PREFIX: "icmpv6.rpl.opt.route.prefix", "Prefix", Show::Plain, "A network that is reached through the root.";
    CONFIG_FLAGS: "icmpv6.rpl.opt.config.flag", "Flags", Show::Hex(2), "Whether keys are needed, and how finely routes are chosen.";
    CONFIG_RESERVED: "icmpv6.rpl.opt.config.reserved", "Reserved", Show::Plain, "Reserved: senders set it to zero, receivers ignore it.";
    AUTHENTICATED: "icmpv6.rpl.opt.config.auth", "Authentication", Show::Plain, "Only nodes with a key may become routers.";
    CONTROL_SIZE: "icmpv6.rpl.opt.config.pcs", "Path control size", Show::Plain, "How many bits of the path control field count, less one.";
    DOUBLINGS: "icmpv6.rpl.opt.config.interval_double", "Interval doublings", Show::Plain, "How often the interval between messages doubles while nothing changes.";
    INTERVAL: "icmpv6.rpl.opt.config.interval_min", "Smallest interval", Show::Plain, "The smallest interval between messages: 2 to this power, in milliseconds.";
    REDUNDANCY: "icmpv6.rpl.opt.config.redundancy", "Redundancy", Show::Plain, "A node stays silent when it has heard so many messages that agree with its own.";
    MAX_RANK: "icmpv6.rpl.opt.config.max_rank_inc", "Largest increase of rank", Show::Plain, "How much worse than its best rank a node's rank may become while a path is repaired.";
    MIN_RANK: "icmpv6.rpl.opt.config.min_hop_rank_inc", "Smallest increase of rank", Show::Plain, "By how much the rank grows at least with each hop.";
    OBJECTIVE: "icmpv6.rpl.opt.config.ocp", "Objective", Show::Plain, "The rule by which nodes choose their way and compute their rank.";
    CONFIG_ZERO: "icmpv6.rpl.opt.config.rsv", "Reserved", Show::Plain, "Reserved: senders set it to zero, receivers ignore it.";
    LIFETIME: "icmpv6.rpl.opt.config.def_lifetime", "Default lifetime", Show::Plain, "How long routes are kept, in the unit that follows.";
    LIFETIME_UNIT: "icmpv6.rpl.opt.config.lifetime_unit", "Lifetime unit", Show::Unit("s"), "The unit of lifetimes.";
    TARGET_FLAGS: "icmpv6.rpl.opt.target.flag", "Reserved", Show::Heading, "Reserved: senders set it to zero, receivers ignore it.";
    TARGET_LENGTH: "icmpv6.rpl.opt.target.prefix_length", "Target length", Show::Unit("bits"), "How many leading bits of the target count.";
    TARGET: "icmpv6.rpl.opt.target.prefix", "Target", Show::Plain, "An address or a network that is reached through the sender.";
    TRANSIT_FLAGS: "icmpv6.rpl.opt.transit.flag", "Flags", Show::Hex(2), "Where the target was learned.";
    EXTERNAL: "icmpv6.rpl.opt.transit.flag.e", "External", Show::Plain, "The target lies outside the network.";
    TRANSIT_RESERVED: "icmpv6.rpl.opt.transit.flag.rsv", "Reserved", Show::Plain, "Reserved: senders set it to zero, receivers ignore it.";
    CONTROL: "icmpv6.rpl.opt.transit.pathctl", "Path control", Show::Plain, "Which of several routes down shall be preferred.";
    PATH_SEQUENCE: "icmpv6.rpl.opt.transit.pathseq", "Path sequence", Show::Plain, "Grows with each news about the target, so that old ones are known.";
    PATH_LIFETIME: "icmpv6.rpl.opt.transit.pathlifetime", "Path lifetime", Show::Plain, "How long the route holds, in the graph's unit of lifetimes; 0 takes it back, 255 is for ever.";
    PARENT: "icmpv6.rpl.opt.transit.parent", "Parent", Show::Plain, "The router above the target.";
    ASKED_INSTANCE: "icmpv6.rpl.opt.solicited.instance", "Instance", Show::Plain, "The instance that is asked for.";
    ASKED_FLAGS: "icmpv6.rpl.opt.solicited.flag", "Flags", Show::Hex(2), "Which of the values must fit for an answer.";
    ASKED_V: "icmpv6.rpl.opt.solicited.flag.v", "Version must fit", Show::Plain, "Only nodes with this version answer.";
    ASKED_I: "icmpv6.rpl.opt.solicited.flag.i", "Instance must fit", Show::Plain, "Only nodes of this instance answer.";
    ASKED_D: "icmpv6.rpl.opt.solicited.flag.d", "Graph must fit", Show::Plain, "Only nodes of this graph answer.";
    ASKED_RESERVED: "icmpv6.rpl.opt.solicited.flag.rsv", "Reserved", Show::Plain, "Reserved: senders set it to zero, receivers ignore it.";
    ASKED_GRAPH: "icmpv6.rpl.opt.solicited.dodagid", "Graph", Show::Plain, "The graph that is asked for.";
    ASKED_VERSION: "icmpv6.rpl.opt.solicited.version", "Version", Show::Plain, "The version that is asked for.";
    PREFIX_LENGTH: "icmpv6.rpl.opt.prefix.length", "Prefix length", Show::Unit("bits"), "How many leading bits of the prefix count.";
    PREFIX_FLAGS: "icmpv6.rpl.opt.prefix.flag", "Flags", Show::Hex(2), "What the prefix may be used for.";
    ON_LINK: "icmpv6.rpl.opt.prefix.flag.l", "On link", Show::Plain, "Addresses of the prefix are reached without a router.";
    AUTONOMOUS: "icmpv6.rpl.opt.config.flag.a", "Autonomous", Show::Plain, "Nodes may make themselves an address from the prefix.";
    ROUTER_ADDRESS: "icmpv6.rpl.opt.config.flag.r", "Router address", Show::Plain, "The prefix holds the router's own address.";
    PREFIX_RESERVED: "icmpv6.rpl.opt.config.flag.rsv", "Reserved", Show::Plain, "Reserved: senders set it to zero, receivers ignore it.";
    VALID: "icmpv6.rpl.opt.prefix.valid_lifetime", "Valid lifetime", Show::Unit("s"), "How long addresses of the prefix may be used at all.";
    PREFERRED: "icmpv6.rpl.opt.prefix.preferred_lifetime", "Preferred lifetime", Show::Unit("s"), "How long new connections may begin with them.";
    PREFIX: "icmpv6.rpl.opt.prefix", "Prefix", Show::Plain, "The network part of the graph's addresses.";
    DESCRIPTOR: "icmpv6.rpl.opt.targetdesc.descriptor", "Descriptor", Show::Hex(8), "A mark that the target's router has put on it.";
    CONTENT: "icmpv6.data", "Data", Show::Plain, "The bytes of an option whose form is not known here.";
    SEALED: "wirewalk.icmpv6.rpl.data", "Content", Show::Plain, "Metrics, or a message with a signature, whose parts are not taken apart.";
    MORE: "icmpv6.unknown_data", "Further data", Show::Plain, "Bytes of an option behind all that its form has.";
}

/// A message of this code.
pub(super) fn decode(c: &mut Cursor<'_, '_>, code: u8) -> Result<(), Fault> {
    match code {
        0 => {
            c.summary(format_args!("RPL, who has a graph?"));
            c.u8(&DIS_FLAGS)?;
            c.bytes(&RESERVED, 1)?;
        }
        1 => {
            let instance = c.u8(&DIO_INSTANCE)?;
            c.u8(&DIO_VERSION)?;
            let rank = c.u16(&DIO_RANK)?;
            c.summary(format_args!(
                "RPL, graph of instance {instance}, rank {rank}"
            ));
            c.bits(&DIO_FLAGS, 1, 0, 8)?;
            c.nest(|c| {
                c.flag(&GROUNDED, 1, 0)?;
                c.flag(&ZERO, 1, 1)?;
                c.bits(&MODE, 1, 2, 3)?;
                c.bits(&PREFERENCE, 1, 5, 3)
            })?;
            c.take(1)?;
            c.u8(&TRIGGER)?;
            c.u8(&DIO_FLAGS)?;
            c.bytes(&RESERVED, 1)?;
            c.ip6(&DIO_GRAPH)?;
        }
        2 => {
            let instance = c.u8(&DAO_INSTANCE)?;
            c.summary(format_args!("RPL, routes down in instance {instance}"));
            let parts = [(&ANSWER_WANTED, 0, 1), (&DAO_NAMED, 1, 1)];
            let flags = flagged(c, &DAO_FLAGS, &parts, (&DAO_RESERVED, 2, 6))?;
            c.bytes(&RESERVED, 1)?;
            c.u8(&DAO_SEQUENCE)?;
            if flags & 0x40 != 0 {
                c.ip6(&DAO_GRAPH)?;
            }
        }
        3 => {
            let instance = c.u8(&ACK_INSTANCE)?;
            c.summary(format_args!("RPL, routes confirmed in instance {instance}"));
            let parts = [(&ACK_NAMED, 0, 1)];
            let flags = flagged(c, &ACK_FLAGS, &parts, (&ACK_RESERVED, 1, 7))?;
            c.u8(&ACK_SEQUENCE)?;
            c.u8(&ACK_STATUS)?;
            if flags & 0x80 != 0 {
                c.ip6(&ACK_GRAPH)?;
            }
        }
        _ => {
            match codes::name(155, code) {
                Some(name) => c.summary(format_args!("RPL, {name}")),
                None => c.summary(format_args!("RPL, code {code}")),
            }
            let rest = c.left();
            if rest > 0 {
                c.bytes(&SEALED, rest)?;
            }
        }
    }
    while !c.is_empty() {
        c.group(&OPTION, option)?;
    }
    Ok(())
}

type Part = (&'static FieldDef, u8, u8);

/// A byte of flags, and the reserved bits behind them.
fn flagged(
    c: &mut Cursor<'_, '_>,
    def: &'static FieldDef,
    parts: &[Part],
    reserved: Part,
) -> Result<u8, Fault> {
    let at = c.ahead(1);
    let flags = c.u8(def)?;
    c.nest(|c| {
        put_bits(c, at, u64::from(flags), parts);
        put_bits(c, at, u64::from(flags), &[reserved]);
        Ok(())
    })?;
    Ok(flags)
}

fn option(c: &mut Cursor<'_, '_>) -> Result<(), Fault> {
    let kind = c.u8(&OPTION_TYPE)?;
    if kind == 0 {
        return Ok(());
    }
    let len = usize::from(c.u8(&OPTION_LENGTH)?);
    c.within(&OPTION_LENGTH, len, |c| {
        // What is wrong inside one option does not spoil the next.
        if let Err(fault) = content(c, kind) {
            c.note(fault);
            return Ok(());
        }
        let rest = c.left();
        if rest > 0 {
            c.bytes(&MORE, rest)?;
        }
        Ok(())
    })
}

fn content(c: &mut Cursor<'_, '_>, kind: u8) -> Result<(), Fault> {
    match kind {
        1 => {
            let rest = c.rest_span();
            c.take(rest.len as usize)?;
            c.put(&PADDING, rest, Value::None);
        }
        3 => {
            let bits = c.u8(&ROUTE_LENGTH)?;
            let at = c.ahead(1);
            let flags = c.u8(&ROUTE_FLAGS)?;
            c.nest(|c| {
                put_bits(c, at, u64::from(flags), &[(&ROUTE_PREFERENCE, 3, 2)]);
                // Three bits before the preference and three behind it.
                c.put(&ROUTE_RESERVED, at, Value::Num(u64::from(flags & 0xe7)));
                Ok(())
            })?;
            c.u32(&ROUTE_LIFETIME)?;
            prefix(c, &ROUTE_PREFIX, bits)?;
        }
        4 => configuration(c)?,
        5 => {
            let at = c.ahead(1);
            c.take(1)?;
            c.put(&TARGET_FLAGS, at, Value::None);
            let bits = c.u8(&TARGET_LENGTH)?;
            prefix(c, &TARGET, bits)?;
        }
        6 => {
            let reserved = (&TRANSIT_RESERVED, 1, 7);
            flagged(c, &TRANSIT_FLAGS, &[(&EXTERNAL, 0, 1)], reserved)?;
            c.u8(&CONTROL)?;
            c.u8(&PATH_SEQUENCE)?;
            c.u8(&PATH_LIFETIME)?;
            if c.left() >= 16 {
                c.ip6(&PARENT)?;
            }
        }
        7 => {
            c.u8(&ASKED_INSTANCE)?;
            let parts = [(&ASKED_V, 0, 1), (&ASKED_I, 1, 1), (&ASKED_D, 2, 1)];
            flagged(c, &ASKED_FLAGS, &parts, (&ASKED_RESERVED, 3, 5))?;
            c.ip6(&ASKED_GRAPH)?;
            c.u8(&ASKED_VERSION)?;
        }
        8 => {
            c.u8(&PREFIX_LENGTH)?;
            let parts = [
                (&ON_LINK, 0, 1),
                (&AUTONOMOUS, 1, 1),
                (&ROUTER_ADDRESS, 2, 1),
            ];
            flagged(c, &PREFIX_FLAGS, &parts, (&PREFIX_RESERVED, 3, 5))?;
            c.u32(&VALID)?;
            c.u32(&PREFERRED)?;
            let at = c.ahead(4);
            c.take(4)?;
            c.put(&OPTION_RESERVED, at, Value::None);
            c.ip6(&PREFIX)?;
        }
        9 => drop(c.u32(&DESCRIPTOR)?),
        _ => {
            let rest = c.left();
            c.bytes(if kind == 2 { &SEALED } else { &CONTENT }, rest)?;
        }
    }
    Ok(())
}

fn configuration(c: &mut Cursor<'_, '_>) -> Result<(), Fault> {
    c.bits(&CONFIG_FLAGS, 1, 0, 8)?;
    c.nest(|c| {
        c.bits(&CONFIG_RESERVED, 1, 0, 4)?;
        c.flag(&AUTHENTICATED, 1, 4)?;
        c.bits(&CONTROL_SIZE, 1, 5, 3)
    })?;
    c.take(1)?;
    c.u8(&DOUBLINGS)?;
    c.u8(&INTERVAL)?;
    c.u8(&REDUNDANCY)?;
    c.u16(&MAX_RANK)?;
    c.u16(&MIN_RANK)?;
    c.u16(&OBJECTIVE)?;
    c.u8(&CONFIG_ZERO)?;
    c.u8(&LIFETIME)?;
    c.u16(&LIFETIME_UNIT).map(drop)
}

/// A prefix of as many bytes as are left, filled up with zeros; nothing when its length and theirs do not fit together.
fn prefix(c: &mut Cursor<'_, '_>, def: &'static FieldDef, bits: u8) -> Result<(), Fault> {
    let len = c.left();
    if len > 16 || len < usize::from(bits).div_ceil(8) {
        return Ok(());
    }
    let at = c.ahead(len);
    let mut whole = [0; 16];
    for (to, from) in whole.iter_mut().zip(c.take(len)?) {
        *to = *from;
    }
    if len > 0 {
        c.put(def, at, Value::Ip6(whole));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::decode::testing::{Seen, see};
    use crate::model::LinkType;

    const GRAPH: &str = "54310000000000000000000000000000";

    fn rpl(message: &str) -> Seen {
        let message = format!("9b{message}");
        let len = message.bytes().filter(u8::is_ascii_hexdigit).count() / 2;
        let ends = "fe80000000000000b29928fffec8d66cff02000000000000000000000000001a";
        see(
            LinkType::IPV6,
            &format!("60000000{len:04x}3aff{ends}{message}"),
        )
    }

    #[test]
    fn routes_up_and_down() {
        // The second is the head of the corpus of tcpdump's rpl-19-pickdag.pcap, with a target as the RFC has it.
        let seen = rpl(&format!(
            "010000 1ef00100 8a f0 00 00 {GRAPH} 040e 1b030c0a 0400 0100 0001 00 ff 003c"
        ));
        assert_eq!(
            seen.summary("icmpv6"),
            "RPL, graph of instance 30, rank 256"
        );
        assert_eq!(seen.first("icmpv6.rpl.dio.flag.mop"), "0x01 (non-storing)");
        assert_eq!(seen.first("icmpv6.rpl.opt.config.max_rank_inc"), "1024");
        let target = "0512 0080 20010db8000100000216 3efffe113424";
        let seen = rpl(&format!("025bda 2a40000a {GRAPH} {target} 00 01020000"));
        assert_eq!(seen.first("icmpv6.rpl.dao.dodagid"), "5431::");
        assert_eq!(
            seen.first("icmpv6.rpl.opt.target.prefix"),
            "2001:db8:1:0:216:3eff:fe11:3424"
        );
        assert_eq!(seen.all("icmpv6.rpl.opt.type").len(), 3);
        let seen = rpl("030000 2a 00 0b 00");
        assert_eq!(seen.first("icmpv6.rpl.daoack.sequence"), "11");
    }

    #[test]
    fn an_option_that_is_too_short_does_not_hide_the_next() {
        let seen = rpl("000000 0000 0702 01a0 0904 00000007");
        assert_eq!(seen.faults(), [("icmpv6", "truncated")]);
        assert_eq!(
            seen.first("icmpv6.rpl.opt.targetdesc.descriptor"),
            "0x00000007"
        );
    }
}
