//! Options of neighbour discovery messages: RFC 4861 section 4.6, DNS RFC 8106, routes RFC 4191, NAT64 prefix RFC 8781,
//! 6LoWPAN RFC 6775.

use crate::decode::{Base, Cursor, Fault, FieldDef, Names, Next, Show, Value, date, fields};

use super::put_bits;

const TYPES: Names = &[
    (1, "source link-layer address"),
    (2, "target link-layer address"),
    (3, "prefix information"),
    (4, "redirected header"),
    (5, "MTU"),
    (6, "NBMA shortcut limit"),
    (7, "advertisement interval"),
    (8, "home agent information"),
    (9, "source address list"),
    (10, "target address list"),
    (11, "cryptographically generated address"),
    (12, "RSA signature"),
    (13, "timestamp"),
    (14, "nonce"),
    (15, "trust anchor"),
    (16, "certificate"),
    (17, "IP address or prefix"),
    (18, "new router prefix"),
    (19, "link-layer address"),
    (20, "neighbour advertisement acknowledgment"),
    (23, "mobility anchor point"),
    (24, "route information"),
    (25, "recursive DNS servers"),
    (26, "flags expansion"),
    (27, "handover key request"),
    (28, "handover key reply"),
    (29, "handover assist information"),
    (30, "mobile node identifier"),
    (31, "DNS search list"),
    (32, "proxy signature"),
    (33, "address registration"),
    (34, "6LoWPAN context"),
    (35, "authoritative border router"),
    (36, "6LoWPAN capabilities"),
    (37, "captive portal"),
    (38, "NAT64 prefix"),
];

const PREFERENCES: Names = &[(0, "medium"), (1, "high"), (2, "reserved"), (3, "low")];

const PREFIX_CODES: Names = &[
    (0, "96 bits"),
    (1, "64 bits"),
    (2, "56 bits"),
    (3, "48 bits"),
    (4, "40 bits"),
    (5, "32 bits"),
];

fields! {
    OPTION: "icmpv6.opt", "Option", Show::Heading, "One option: its type, its length, and what it says.";
    TYPE: "icmpv6.opt.type", "Type", Show::Names(Base::Dec, TYPES), "Which option it is.";
    LENGTH: "icmpv6.opt.length", "Length", Show::Plain, "Length of the whole option in units of eight bytes.";
    OPT_RESERVED: "icmpv6.opt.reserved", "Reserved", Show::Heading, "Reserved: senders set it to zero, receivers ignore it.";
    PADDING: "icmpv6.opt.padding", "Padding", Show::Heading, "Zeros up to the next multiple of eight.";
    LINK_ADDRESS: "icmpv6.opt.linkaddr", "Link-layer address", Show::Plain, "The sender's address on this link (source), or the one that was asked for (target).";
    PREFIX_LEN: "icmpv6.opt.prefix.length", "Prefix length", Show::Unit("bits"), "How many leading bits of the prefix count.";
    PREFIX_FLAGS: "icmpv6.opt.prefix.flag", "Flags", Show::Hex(2), "What the prefix may be used for.";
    ON_LINK: "icmpv6.opt.prefix.flag.l", "On link", Show::Plain, "Addresses of the prefix are on this link and are reached without a router.";
    AUTONOMOUS: "icmpv6.opt.prefix.flag.a", "Autonomous", Show::Plain, "Hosts may make themselves an address from the prefix (SLAAC).";
    ROUTER_ADDRESS: "icmpv6.opt.prefix.flag.r", "Router address", Show::Plain, "The prefix holds the router's own address.";
    PREFIX_RESERVED: "icmpv6.opt.prefix.flag.reserved", "Reserved", Show::Plain, "Reserved: senders set it to zero, receivers ignore it.";
    VALID: "icmpv6.opt.prefix.valid_lifetime", "Valid lifetime", Show::Unit("s"), "How long addresses of the prefix may be used at all.";
    PREFERRED: "icmpv6.opt.prefix.preferred_lifetime", "Preferred lifetime", Show::Unit("s"), "How long new connections may begin with them.";
    PREFIX: "icmpv6.opt.prefix", "Prefix", Show::Plain, "The network part of the link's addresses.";
    MTU: "icmpv6.opt.mtu", "MTU", Show::Unit("bytes"), "The biggest packet that all hosts of the link can take.";
    INTERVAL: "icmpv6.opt.advertisement_interval", "Advertisement interval", Show::Unit("ms"), "The longest time between two advertisements of this router.";
    AGENT_PREFERENCE: "icmpv6.opt.home_agent_preference", "Home agent preference", Show::Plain, "Higher is better.";
    AGENT_LIFETIME: "icmpv6.opt.home_agent_lifetime", "Home agent lifetime", Show::Unit("s"), "How long the home agent may be used.";
    TIMESTAMP: "icmpv6.opt.timestamp", "Timestamp", Show::Plain, "When the message was made, against replay.";
    NONCE: "icmpv6.opt.nonce", "Nonce", Show::Plain, "A random number that the answer repeats.";
    ROUTE_FLAGS: "icmpv6.opt.route_info.flag", "Flags", Show::Hex(2), "How good the route is.";
    ROUTE_PREFERENCE: "icmpv6.opt.route_info.flag.route_preference", "Preference", Show::Names(Base::Dec, PREFERENCES), "Which router hosts shall use for the prefix when there are several.";
    ROUTE_RESERVED: "icmpv6.opt.route_info.flag.reserved", "Reserved", Show::Plain, "Reserved: senders set it to zero, receivers ignore it.";
    ROUTE_LIFETIME: "icmpv6.opt.route_lifetime", "Route lifetime", Show::Unit("s"), "How long the route may be used.";
    DNS_LIFETIME: "icmpv6.opt.rdnss.lifetime", "Lifetime", Show::Unit("s"), "How long the name servers may be used.";
    DNS_SERVER: "icmpv6.opt.rdnss", "Recursive DNS server", Show::Plain, "A name server that hosts may ask.";
    SEARCH_LIFETIME: "icmpv6.opt.dnssl.lifetime", "Lifetime", Show::Unit("s"), "How long the domains may be used.";
    SEARCH: "icmpv6.opt.dnssl", "Domain name", Show::Plain, "A domain that is tried behind a short name.";
    EFO: "icmpv6.opt.efo", "More flags", Show::Hex(4), "Room for flags beyond the first eight.";
    CAPTIVE: "icmpv6.opt.captive_portal", "Captive portal", Show::Plain, "The page where users of this network log in.";
    PREF64_LIFETIME: "icmpv6.opt.pref64.scaled_lifetime", "Scaled lifetime", Show::Plain, "How long the prefix may be used, in units of eight seconds.";
    PREF64_CODE: "icmpv6.opt.pref64.plc", "Prefix length code", Show::Names(Base::Hex(1), PREFIX_CODES), "How many bits of the prefix count.";
    PREF64: "icmpv6.opt.pref64.prefix", "Prefix", Show::Plain, "IPv4 addresses behind this prefix are reached through a translator (NAT64).";
    ARO_STATUS: "icmpv6.opt.aro.status", "Status", Show::Plain, "0 when the address was registered.";
    ARO_LIFETIME: "icmpv6.opt.aro.registration_lifetime", "Registration lifetime", Show::Unit("min"), "How long the registration holds.";
    ARO_EUI: "icmpv6.opt.aro.eui64", "EUI-64", Show::Plain, "The interface that registers.";
    CONTEXT_LEN: "icmpv6.opt.6co.context_length", "Context length", Show::Unit("bits"), "How many bits of the prefix count.";
    CONTEXT_FLAGS: "icmpv6.opt.6co.flag", "Flags", Show::Hex(2), "Which context it is, and whether it may be used.";
    CONTEXT_C: "icmpv6.opt.6co.flag.c", "Compression", Show::Plain, "The context may be used to compress.";
    CONTEXT_ID: "icmpv6.opt.6co.flag.cid", "Context", Show::Plain, "The context's number.";
    CONTEXT_RESERVED: "icmpv6.opt.6co.flag.reserved", "Reserved", Show::Plain, "Reserved: senders set it to zero, receivers ignore it.";
    CONTEXT_LIFETIME: "icmpv6.opt.6co.valid_lifetime", "Lifetime", Show::Unit("min"), "How long the context holds.";
    CONTEXT_PREFIX: "icmpv6.opt.6co.context_prefix", "Prefix", Show::Plain, "The prefix that compressed addresses leave out.";
    CONTENT: "wirewalk.icmpv6.option.data", "Content", Show::Plain, "The option's bytes, whose form is not known here.";
}

/// All options up to the end of the message.
pub(super) fn decode(c: &mut Cursor<'_, '_>) -> Result<(), Fault> {
    while c.left() >= 2 {
        c.group(&OPTION, |c| {
            let kind = c.u8(&TYPE)?;
            let units = c.u8(&LENGTH)?;
            if units == 0 {
                return Err(c.bad_length(&LENGTH, 0, "at least 1"));
            }
            let rest = usize::from(units).saturating_mul(8).saturating_sub(2);
            c.within(&LENGTH, rest, |c| {
                // What is wrong inside one option does not spoil the next.
                if let Err(fault) = content(c, kind, units) {
                    c.note(fault);
                    return Ok(());
                }
                let rest = c.left();
                if rest > 0 {
                    c.bytes(&CONTENT, rest)?;
                }
                Ok(())
            })
        })?;
    }
    Ok(())
}

fn content(c: &mut Cursor<'_, '_>, kind: u8, units: u8) -> Result<(), Fault> {
    match kind {
        1 | 2 => {
            let rest = c.left();
            if rest == 6 {
                c.mac(&LINK_ADDRESS)?;
            } else {
                c.bytes(&LINK_ADDRESS, rest)?;
            }
        }
        3 => prefix(c)?,
        4 => {
            reserved(c, 6)?;
            c.quote(Next::EtherType(0x86dd), c.rest_span());
            let rest = c.left();
            c.skip(rest);
        }
        5 => {
            reserved(c, 2)?;
            c.u32(&MTU)?;
        }
        7 => {
            reserved(c, 2)?;
            c.u32(&INTERVAL)?;
        }
        8 => {
            reserved(c, 2)?;
            c.u16(&AGENT_PREFERENCE)?;
            c.u16(&AGENT_LIFETIME)?;
        }
        13 => {
            reserved(c, 6)?;
            timestamp(c)?;
        }
        14 => {
            let rest = c.left();
            c.bytes(&NONCE, rest)?;
        }
        24 => route(c, units)?,
        25 => {
            reserved(c, 2)?;
            c.u32(&DNS_LIFETIME)?;
            while c.left() >= 16 {
                c.ip6(&DNS_SERVER)?;
            }
        }
        26 => {
            c.u16(&EFO)?;
            let rest = c.left();
            reserved(c, rest)?;
        }
        31 => {
            reserved(c, 2)?;
            c.u32(&SEARCH_LIFETIME)?;
            while c.peek_number(0, 1).is_some_and(|len| len > 0) {
                domain(c, &SEARCH)?;
            }
            let rest = c.left();
            padding(c, rest)?;
        }
        33 => {
            c.u8(&ARO_STATUS)?;
            reserved(c, 3)?;
            c.u16(&ARO_LIFETIME)?;
            c.bytes(&ARO_EUI, 8)?;
        }
        34 => context(c)?,
        37 => {
            let rest = c.left();
            let text = c.peek().iter().take_while(|&&b| b != 0).count();
            if text > 0 {
                c.text(&CAPTIVE, rest)?;
            }
        }
        38 => {
            c.bits(&PREF64_LIFETIME, 2, 0, 13)?;
            c.bits(&PREF64_CODE, 2, 13, 3)?;
            c.take(2)?;
            let at = c.ahead(12);
            let bytes = c.take(12)?;
            c.put(&PREF64, at, Value::Ip6(filled(bytes)));
        }
        _ => {}
    }
    Ok(())
}

fn reserved(c: &mut Cursor<'_, '_>, len: usize) -> Result<(), Fault> {
    let at = c.ahead(len);
    c.take(len)?;
    c.put(&OPT_RESERVED, at, Value::None);
    Ok(())
}

fn padding(c: &mut Cursor<'_, '_>, len: usize) -> Result<(), Fault> {
    if len > 0 {
        let at = c.ahead(len);
        c.take(len)?;
        c.put(&PADDING, at, Value::None);
    }
    Ok(())
}

/// The first bytes of an address, the rest of which is zero.
fn filled(bytes: &[u8]) -> [u8; 16] {
    let mut whole = [0; 16];
    for (to, from) in whole.iter_mut().zip(bytes) {
        *to = *from;
    }
    whole
}

fn prefix(c: &mut Cursor<'_, '_>) -> Result<(), Fault> {
    c.u8(&PREFIX_LEN)?;
    let at = c.ahead(1);
    let flags = c.u8(&PREFIX_FLAGS)?;
    c.nest(|c| {
        put_bits(
            c,
            at,
            u64::from(flags),
            &[
                (&ON_LINK, 0, 1),
                (&AUTONOMOUS, 1, 1),
                (&ROUTER_ADDRESS, 2, 1),
                (&PREFIX_RESERVED, 3, 5),
            ],
        );
        Ok(())
    })?;
    c.u32(&VALID)?;
    c.u32(&PREFERRED)?;
    reserved(c, 4)?;
    c.ip6(&PREFIX).map(drop)
}

fn route(c: &mut Cursor<'_, '_>, units: u8) -> Result<(), Fault> {
    c.u8(&PREFIX_LEN)?;
    let at = c.ahead(1);
    let flags = c.u8(&ROUTE_FLAGS)?;
    c.nest(|c| {
        put_bits(c, at, u64::from(flags), &[(&ROUTE_PREFERENCE, 3, 2)]);
        // Three bits before the preference and three behind it.
        c.put(&ROUTE_RESERVED, at, Value::Num(u64::from(flags & 0xe7)));
        Ok(())
    })?;
    c.u32(&ROUTE_LIFETIME)?;
    // The prefix is left out, or has 8 or 16 bytes.
    let len = usize::from(units)
        .saturating_sub(1)
        .saturating_mul(8)
        .min(16);
    let at = c.ahead(len);
    let bytes = c.take(len)?;
    if len > 0 {
        c.put(&PREFIX, at, Value::Ip6(filled(bytes)));
    }
    Ok(())
}

fn context(c: &mut Cursor<'_, '_>) -> Result<(), Fault> {
    c.u8(&CONTEXT_LEN)?;
    let at = c.ahead(1);
    let flags = c.u8(&CONTEXT_FLAGS)?;
    c.nest(|c| {
        put_bits(
            c,
            at,
            u64::from(flags),
            &[
                (&CONTEXT_C, 3, 1),
                (&CONTEXT_ID, 4, 4),
                (&CONTEXT_RESERVED, 0, 3),
            ],
        );
        Ok(())
    })?;
    reserved(c, 2)?;
    c.u16(&CONTEXT_LIFETIME)?;
    let len = c.left().min(16);
    let at = c.ahead(len);
    let bytes = c.take(len)?;
    c.put(&CONTEXT_PREFIX, at, Value::Ip6(filled(bytes)));
    Ok(())
}

/// 48 bits of seconds, 16 bits of fractions of a second (RFC 3971 section 5.3.1).
fn timestamp(c: &mut Cursor<'_, '_>) -> Result<(), Fault> {
    let at = c.ahead(8);
    let seconds = c.peek_number(0, 6).unwrap_or(0) as i64;
    let fraction = c.peek_number(6, 2).unwrap_or(0);
    c.take(8)?;
    let nanos = fraction.saturating_mul(1_000_000_000) >> 16;
    if c.detail() {
        c.put_text(&TIMESTAMP, at, &date::utc(seconds, nanos as u32));
    }
    Ok(())
}

/// A domain name as DNS writes it, without compression.
pub(super) fn domain(c: &mut Cursor<'_, '_>, def: &'static FieldDef) -> Result<(), Fault> {
    let from = c.offset();
    let mut name = String::new();
    loop {
        let len = c.take(1)?.first().copied().unwrap_or(0);
        if len == 0 {
            break;
        }
        if !name.is_empty() {
            name.push('.');
        }
        let label = c.take(usize::from(len))?;
        name.push_str(&String::from_utf8_lossy(label));
    }
    c.put_text(def, c.since(from), &name);
    Ok(())
}
