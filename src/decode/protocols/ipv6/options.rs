//! Hop-by-hop and destination options headers, and the options in them: RFC 8200 section 4.2, RFC 2675 (jumbograms), RFC 2711
//! (router alert), RFC 8250 (performance metrics) and others.

use crate::decode::names::IP_PROTOCOLS;
use crate::decode::{Base, Cursor, Fault, FieldDef, Names, Next, Show, Value, fields};
use crate::model::Span;

use super::mesh;

const TYPES: Names = &[
    (0x00, "one byte of padding"),
    (0x01, "padding"),
    (0x04, "tunnel encapsulation limit"),
    (0x05, "router alert"),
    (0x07, "CALIPSO"),
    (0x08, "duplicate detection for multicast"),
    (0x0f, "performance metrics"),
    (0x11, "operations data (IOAM)"),
    (0x12, "alternate marking"),
    (0x1e, "experiment"),
    (0x23, "RPL"),
    (0x26, "Quick-Start"),
    (0x30, "path MTU"),
    (0x31, "operations data (IOAM)"),
    (0x3e, "experiment"),
    (0x4d, "deprecated"),
    (0x5e, "experiment"),
    (0x63, "RPL"),
    (0x6d, "MPL"),
    (0x7e, "experiment"),
    (0x8a, "endpoint identification"),
    (0x8b, "ILNP nonce"),
    (0x8c, "line identification"),
    (0x9e, "experiment"),
    (0xbe, "experiment"),
    (0xc2, "jumbo payload"),
    (0xc9, "home address"),
    (0xde, "experiment"),
    (0xee, "depth-first forwarding"),
    (0xfe, "experiment"),
];

const ACTIONS: Names = &[
    (0, "skip it"),
    (1, "discard the packet"),
    (2, "discard the packet and report it"),
    (
        3,
        "discard the packet and report it unless it was multicast",
    ),
];

const ALERTS: Names = &[
    (0, "multicast listener discovery"),
    (1, "RSVP"),
    (2, "active networks"),
];

fields! {
    HOP_NEXT: "ipv6.hopopts.nxt", "Next header", Show::Names(Base::Dec, IP_PROTOCOLS), "What follows these options.";
    HOP_LEN: "ipv6.hopopts.len", "Length", Show::Plain, "Length of these options in units of eight bytes, the first one not counted.";
    HOP_BYTES: "ipv6.hopopts.len_oct", "Length in bytes", Show::Unit("bytes"), "The same length in bytes.";
    DST_NEXT: "ipv6.dstopts.nxt", "Next header", Show::Names(Base::Dec, IP_PROTOCOLS), "What follows these options.";
    DST_LEN: "ipv6.dstopts.len", "Length", Show::Plain, "Length of these options in units of eight bytes, the first one not counted.";
    DST_BYTES: "ipv6.dstopts.len_oct", "Length in bytes", Show::Unit("bytes"), "The same length in bytes.";
    OPTION: "ipv6.opt", "Option", Show::Heading, "One option: its type, its length, and what it says.";
    TYPE: "ipv6.opt.type", "Type", Show::Names(Base::Hex(2), TYPES), "Which option it is; its upper bits say what to do when it is unknown.";
    ACTION: "ipv6.opt.type.action", "If unknown", Show::Names(Base::Dec, ACTIONS), "What a host does that does not know the option.";
    CHANGE: "ipv6.opt.type.change", "May change", Show::Plain, "Set when routers may change the option on the way.";
    REST: "ipv6.opt.type.rest", "Low-order bits", Show::Hex(2), "The rest of the type.";
    LENGTH: "ipv6.opt.length", "Length", Show::Unit("bytes"), "Length of what follows, without type and length.";
    PAD1: "ipv6.opt.pad1", "One byte of padding", Show::Heading, "One byte without meaning.";
    PADN: "ipv6.opt.padn", "Padding", Show::Plain, "Zeros, so that the header ends at a multiple of eight.";
    TUNNEL_LIMIT: "ipv6.opt.tel", "Tunnel encapsulation limit", Show::Plain, "How many more tunnels the packet may enter.";
    ROUTER_ALERT: "ipv6.opt.router_alert", "Router alert", Show::Names(Base::Dec, ALERTS), "Routers shall look into the packet although it is not for them, for this reason.";
    JUMBO: "ipv6.opt.jumbo", "Payload length", Show::Unit("bytes"), "The length of a packet that is longer than the header's 16 bits can say.";
    HOME: "ipv6.opt.mipv6.home_address", "Home address", Show::Plain, "The permanent address of a mobile host that sends from elsewhere.";
    DOI: "ipv6.opt.calipso.doi", "Domain of interpretation", Show::Plain, "Who gives the label its meaning.";
    COMPARTMENT_LEN: "ipv6.opt.calipso.cmpt.length", "Compartment length", Show::Plain, "Length of the bitmap in units of four bytes.";
    SENSITIVITY: "ipv6.opt.calipso.sens_level", "Sensitivity level", Show::Plain, "How secret the packet is.";
    CALIPSO_CHECKSUM: "ipv6.opt.calipso.checksum", "Checksum", Show::Hex(4), "Sum over the option.";
    BITMAP: "ipv6.opt.calipso.cmpt_bitmap", "Compartments", Show::Plain, "One bit for each compartment.";
    SCALE_RECEIVED: "ipv6.opt.pdm.scale_dtlr", "Scale of the time received", Show::Plain, "By how many bits the first time is shifted.";
    SCALE_SENT: "ipv6.opt.pdm.scale_dtls", "Scale of the time sent", Show::Plain, "By how many bits the second time is shifted.";
    PSN_THIS: "ipv6.opt.pdm.psn_this_pkt", "This packet's number", Show::Plain, "Counts the packets that the sender sent.";
    PSN_LAST: "ipv6.opt.pdm.psn_last_recv", "Last number received", Show::Plain, "The number of the last packet that arrived there.";
    DELTA_RECEIVED: "ipv6.opt.pdm.delta_last_recv", "Time since received", Show::Plain, "How long ago the last packet arrived, when this one was sent.";
    DELTA_SENT: "ipv6.opt.pdm.delta_last_sent", "Time since sent", Show::Plain, "How long the last answer took.";
    QS_FUNC: "ipv6.opt.qs_func", "Function", Show::Plain, "0 asks for a rate, 8 reports one.";
    QS_RATE: "ipv6.opt.qs_rate", "Rate", Show::Plain, "The rate as a power of two.";
    QS_TTL: "ipv6.opt.qs_ttl", "Quick-Start TTL", Show::Plain, "Counts the routers that understood the option.";
    QS_UNUSED: "ipv6.opt.qs_unused", "Not used", Show::Plain, "Zero in a report.";
    QS_NONCE: "ipv6.opt.qs_nonce", "Nonce", Show::Hex(8), "A number by which the sender notices a receiver that lies about the rate.";
    QS_RESERVED: "ipv6.opt.qs_reserved", "Reserved", Show::Plain, "Reserved: senders set it to zero, receivers ignore it.";
    MIN_PMTU: "ipv6.opt.pmtu.min", "Smallest MTU so far", Show::Unit("bytes"), "Routers lower it to the MTU of the link that they send on.";
    RETURN_PMTU: "ipv6.opt.pmtu.rtn", "Smallest MTU returned", Show::Unit("bytes"), "What the other side's packets found; the lowest bit asks for an answer.";
    RETURN_FLAG: "ipv6.opt.pmtu.r_flag", "Return", Show::Plain, "The other side shall tell what it found.";
    NONCE: "ipv6.opt.ilnp_nonce", "Nonce", Show::Plain, "A number that shows that the packet belongs to the session.";
    LINE_LEN: "ipv6.opt.lio.length", "Line identifier length", Show::Unit("bytes"), "Length of the name that follows.";
    LINE_ID: "ipv6.opt.lio.line_id", "Line identifier", Show::Plain, "Which subscriber's line the packet came from.";
    RPL_FLAGS: "ipv6.opt.rpl.flag", "Flags", Show::Hex(2), "Which way the packet goes in the tree of routers, and what went wrong.";
    RPL_DOWN: "ipv6.opt.rpl.flag.o", "Down", Show::Plain, "Set when the packet goes away from the root.";
    RPL_RANK: "ipv6.opt.rpl.flag.r", "Rank error", Show::Plain, "A router's rank did not fit the direction: there may be a loop.";
    RPL_FORWARDING: "ipv6.opt.rpl.flag.f", "Forwarding error", Show::Plain, "A router could not forward the packet down.";
    RPL_RESERVED: "ipv6.opt.rpl.flag.rsv", "Reserved", Show::Hex(2), "Reserved: senders set it to zero, receivers ignore it.";
    RPL_INSTANCE: "ipv6.opt.rpl.instance_id", "Instance", Show::Hex(2), "Which tree of routers it is.";
    RPL_SENDER: "ipv6.opt.rpl.sender_rank", "Sender's rank", Show::Hex(4), "How far from the root the last router stands.";
    EXPERIMENT: "ipv6.opt.experimental", "Experiment", Show::Plain, "An option that is being tried out.";
    UNKNOWN: "ipv6.opt.unknown", "Content", Show::Plain, "The option's bytes, which have no known meaning.";
}

pub(super) fn hop_by_hop(c: &mut Cursor<'_, '_>) -> Result<(), Fault> {
    header(c, &HOP_NEXT, &HOP_LEN, &HOP_BYTES)
}

pub(super) fn destination(c: &mut Cursor<'_, '_>) -> Result<(), Fault> {
    header(c, &DST_NEXT, &DST_LEN, &DST_BYTES)
}

fn header(
    c: &mut Cursor<'_, '_>,
    next_def: &'static FieldDef,
    len_def: &'static FieldDef,
    bytes_def: &'static FieldDef,
) -> Result<(), Fault> {
    let next = c.u8(next_def)?;
    let at = c.ahead(1);
    let bytes = usize::from(c.u8(len_def)?)
        .saturating_add(1)
        .saturating_mul(8);
    c.put(bytes_def, at, Value::Num(bytes as u64));
    c.summary(format_args!("{bytes} bytes"));
    // What is wrong with an option does not hide what the packet carries.
    if let Err(fault) = c.within(len_def, bytes.saturating_sub(2), |c| {
        while !c.is_empty() {
            c.group(&OPTION, option)?;
        }
        Ok(())
    }) {
        c.note(fault);
    }
    c.next(Next::IpProto(next), c.rest_span());
    Ok(())
}

/// The length in a jumbo payload option of the hop-by-hop options that begin these bytes (RFC 2675 section 2).
pub(super) fn jumbo(bytes: &[u8]) -> Option<u32> {
    let (header, rest) = bytes.split_at_checked(2)?;
    let units = usize::from(*header.last()?);
    let mut rest = rest.get(..units.saturating_mul(8).saturating_add(6))?;
    loop {
        rest = match rest {
            [0, rest @ ..] => rest,
            [0xc2, 4, a, b, c, d, ..] => return Some(u32::from_be_bytes([*a, *b, *c, *d])),
            [_, len, rest @ ..] => rest.get(usize::from(*len)..)?,
            _ => return None,
        };
    }
}

fn option(c: &mut Cursor<'_, '_>) -> Result<(), Fault> {
    let at = c.ahead(1);
    let kind = c.u8(&TYPE)?;
    // One byte and nothing else: no length, and no rule for those who do not know it.
    if kind == 0 {
        c.put(&PAD1, at, Value::None);
        return Ok(());
    }
    let part = |bit, bits| Span { bit, bits, ..at };
    c.nest(|c| {
        c.put(&ACTION, part(0, 2), Value::Num(u64::from(kind >> 6)));
        c.put(&CHANGE, part(2, 1), Value::Bool(kind & 0x20 != 0));
        c.put(&REST, part(3, 5), Value::Num(u64::from(kind & 0x1f)));
        Ok(())
    })?;
    let len = c.u8(&LENGTH)?;
    c.within(&LENGTH, usize::from(len), |c| {
        content(c, kind)?;
        let rest = c.left();
        if rest > 0 {
            c.bytes(&UNKNOWN, rest)?;
        }
        Ok(())
    })
}

fn content(c: &mut Cursor<'_, '_>, kind: u8) -> Result<(), Fault> {
    match kind {
        0x01 => {
            let rest = c.left();
            c.bytes(&PADN, rest)?;
        }
        0x04 => drop(c.u8(&TUNNEL_LIMIT)?),
        0x05 => drop(c.u16(&ROUTER_ALERT)?),
        0x07 => {
            c.u32(&DOI)?;
            let len = usize::from(c.u8(&COMPARTMENT_LEN)?).saturating_mul(4);
            c.u8(&SENSITIVITY)?;
            c.u16(&CALIPSO_CHECKSUM)?;
            if len > 0 {
                c.bytes(&BITMAP, len)?;
            }
        }
        0x0f => {
            c.u8(&SCALE_RECEIVED)?;
            c.u8(&SCALE_SENT)?;
            c.u16(&PSN_THIS)?;
            c.u16(&PSN_LAST)?;
            c.u16(&DELTA_RECEIVED)?;
            c.u16(&DELTA_SENT)?;
        }
        0x26 => {
            let function = c.bits(&QS_FUNC, 1, 0, 4)?;
            c.bits(&QS_RATE, 1, 4, 4)?;
            c.take(1)?;
            c.u8(if function == 0 { &QS_TTL } else { &QS_UNUSED })?;
            c.bits(&QS_NONCE, 4, 0, 30)?;
            c.bits(&QS_RESERVED, 4, 30, 2)?;
            c.take(4)?;
        }
        0x30 => {
            c.u16(&MIN_PMTU)?;
            let low = c.ahead(2);
            let wanted = c.u16(&RETURN_PMTU)? & 1 == 1;
            let flag = Span {
                at: low.at.saturating_add(1),
                len: 1,
                bit: 7,
                bits: 1,
                ..low
            };
            c.put(&RETURN_FLAG, flag, Value::Bool(wanted));
        }
        0x11 | 0x31 => mesh::measurement(c)?,
        0x23 | 0x63 => {
            let at = c.ahead(1);
            let flags = c.u8(&RPL_FLAGS)?;
            let part = |bit, bits| Span { bit, bits, ..at };
            c.nest(|c| {
                for (bit, def) in (0u8..).zip([&RPL_DOWN, &RPL_RANK, &RPL_FORWARDING]) {
                    c.put(def, part(bit, 1), Value::Bool(flags << bit & 0x80 != 0));
                }
                c.put(
                    &RPL_RESERVED,
                    part(3, 5),
                    Value::Num(u64::from(flags & 0x1f)),
                );
                Ok(())
            })?;
            c.u8(&RPL_INSTANCE)?;
            c.u16(&RPL_SENDER)?;
        }
        0x6d => mesh::mpl(c)?,
        0x8b => {
            let rest = c.left();
            c.bytes(&NONCE, rest)?;
        }
        0x8c => {
            let len = usize::from(c.u8(&LINE_LEN)?);
            c.text(&LINE_ID, len)?;
        }
        0xc2 => drop(c.u32(&JUMBO)?),
        0xc9 => {
            // It stands for the source in all that the packet carries (RFC 6275 section 9.3.1).
            let home = c.ip6(&HOME)?;
            c.sent_from(Some(home.into()));
        }
        0xee => mesh::depth_first(c)?,
        0x1e | 0x3e | 0x5e | 0x7e | 0x9e | 0xbe | 0xde | 0xfe => {
            let rest = c.left();
            c.bytes(&EXPERIMENT, rest)?;
        }
        _ => {}
    }
    Ok(())
}
