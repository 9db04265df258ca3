//! The options of an IPv4 header (RFC 791 section 3.1; router alert RFC 2113, Quick-Start RFC 4782, security RFC 1108).

use crate::decode::{Base, Cursor, Fault, FieldDef, Names, Show, Value, fields};

const CLASSES: Names = &[
    (0, "control"),
    (1, "reserved"),
    (2, "debugging and measurement"),
    (3, "reserved"),
];

const NUMBERS: Names = &[
    (0, "end of options"),
    (1, "no operation"),
    (2, "security"),
    (3, "loose source route"),
    (4, "time stamp"),
    (5, "extended security"),
    (6, "commercial security"),
    (7, "record route"),
    (8, "stream identifier"),
    (9, "strict source route"),
    (10, "experimental measurement"),
    (11, "MTU probe"),
    (12, "MTU reply"),
    (13, "experimental flow control"),
    (14, "experimental access control"),
    (15, "encode (withdrawn)"),
    (16, "traffic descriptor"),
    (17, "extended Internet protocol"),
    (18, "traceroute"),
    (19, "address extension"),
    (20, "router alert"),
    (21, "selective directed broadcast"),
    (23, "dynamic packet state"),
    (24, "upstream multicast packet"),
    (25, "Quick-Start"),
    (30, "experiment"),
];

const ALERTS: Names = &[(0, "every router shall examine the packet")];

const STAMPS: Names = &[
    (0, "time stamps only"),
    (1, "time stamps with addresses"),
    (3, "time stamps of the addresses given"),
];

const RATES: Names = &[(0, "rate request"), (8, "rate report")];

fields! {
    EOL: "ip.options.eol", "End of options", Show::Plain, "Nothing but padding follows in the header.";
    NOP: "ip.options.nop", "No operation", Show::Plain, "One byte without meaning, so that the next option begins at a multiple of four.";
    SECURITY: "ip.options.security", "Security", Show::Plain, "How secret the packet is, for networks that keep levels apart.";
    EXTENDED: "ip.options.ext_security", "Extended security", Show::Plain, "More about how secret the packet is.";
    CIPSO: "ip.options.cipso", "Commercial security", Show::Plain, "A label of secrecy with categories, as some operating systems set it.";
    LOOSE: "ip.options.route", "Loose source route", Show::Plain, "Addresses that the packet shall pass on its way; most routers refuse this.";
    STRICT: "ip.options.source_route", "Strict source route", Show::Plain, "Every router that the packet shall pass, in order; most routers refuse this.";
    RECORD: "ip.options.record_route", "Record route", Show::Plain, "Room for routers on the way to write their addresses into.";
    TIMESTAMP: "ip.options.timestamp", "Time stamp", Show::Plain, "Room for routers on the way to write the time into.";
    STREAM: "ip.options.sid", "Stream identifier", Show::Plain, "Left from an old satellite network; obsolete.";
    PROBE: "ip.options.mtu_probe", "MTU probe", Show::Plain, "Asked for the smallest MTU on the way; obsolete.";
    REPLY: "ip.options.mtu_reply", "MTU reply", Show::Plain, "Told the smallest MTU on the way; obsolete.";
    TRACE: "ip.options.traceroute", "Traceroute", Show::Plain, "Asked routers to report the packet; obsolete, traceroute uses the time to live.";
    ALERT: "ip.options.routeralert", "Router alert", Show::Plain, "Asks routers to look into the packet although it is not for them; IGMP uses it.";
    BROADCAST: "ip.options.sdb", "Selective directed broadcast", Show::Plain, "A list of networks to be reached by broadcast; obsolete.";
    QUICK: "ip.options.qs", "Quick-Start", Show::Plain, "Asks routers how fast the sender may begin.";
    OTHER: "wirewalk.ip.option", "Option", Show::Plain, "An option that has no name.";
    TYPE: "ip.opt.type", "Type", Show::Plain, "The option's number with its class and copy bit.";
    COPY: "ip.opt.type.copy", "Copy on fragmentation", Show::Plain, "Set when every fragment of the packet shall carry the option.";
    CLASS: "ip.opt.type.class", "Class", Show::Names(Base::Dec, CLASSES), "0 for control, 2 for debugging.";
    NUMBER: "ip.opt.type.number", "Number", Show::Names(Base::Dec, NUMBERS), "Which option of its class it is.";
    LEN: "ip.opt.len", "Length", Show::Unit("bytes"), "Length of the whole option, its type and this byte included.";
    PTR: "ip.opt.ptr", "Pointer", Show::Plain, "Where in the option the next router reads or writes, counted from 1; beyond the length it is full.";
    SID: "ip.opt.sid", "Stream identifier", Show::Plain, "The number of the stream.";
    MTU: "ip.opt.mtu", "MTU", Show::Unit("bytes"), "The smallest MTU met so far.";
    TRACE_ID: "ip.opt.id_number", "Identifier", Show::Plain, "A number by which the sender knows its own trace.";
    OUTBOUND: "ip.opt.ohc", "Outbound hops", Show::Plain, "Routers passed on the way out.";
    RETURN: "ip.opt.rhc", "Return hops", Show::Plain, "Routers passed on the way back.";
    ORIGINATOR: "ip.opt.originator", "Originator", Show::Plain, "Who began the trace and wants the reports.";
    ALERT_VALUE: "ip.opt.ra", "Router alert", Show::Names(Base::Dec, ALERTS), "Why routers shall look; 0 is the only value that means something everywhere.";
    ADDR: "ip.opt.addr", "Address", Show::Plain, "One address of the list.";
    RECORDED: "ip.rec_rt", "Recorded route", Show::Plain, "A router that the packet passed.";
    CURRENT: "ip.cur_rt", "Current route", Show::Plain, "The address that the packet goes to next.";
    SOURCE: "ip.src_rt", "Source route", Show::Plain, "An address that the packet shall still pass.";
    EMPTY: "ip.empty_rt", "Empty entry", Show::Plain, "Room for a router that has not been passed yet.";
    OVERFLOW: "ip.opt.overflow", "Overflow", Show::Plain, "Routers that found no room for their time stamp.";
    FLAG: "ip.opt.flag", "Flag", Show::Names(Base::Hex(1), STAMPS), "Whether routers write their address with the time, and which routers shall.";
    STAMP: "ip.opt.time_stamp", "Time stamp", Show::Unit("ms"), "Milliseconds since midnight UTC, as the router's clock said.";
    STAMP_ADDR: "ip.opt.time_stamp_addr", "Address", Show::Plain, "The router that wrote the time, or that shall.";
    QS_FUNC: "ip.opt.qs_func", "Function", Show::Names(Base::Dec, RATES), "Whether a rate is asked for or reported.";
    QS_RATE: "ip.opt.qs_rate", "Rate", Show::Plain, "The rate as a power of two: 40 kbit/s doubled this many times.";
    QS_TTL: "ip.opt.qs_ttl", "Quick-Start TTL", Show::Plain, "Counts the routers that understood the option.";
    QS_UNUSED: "ip.opt.qs_unused", "Not used", Show::Plain, "Zero in a report.";
    QS_NONCE: "ip.opt.qs_nonce", "Nonce", Show::Hex(8), "A number by which the sender notices a receiver that lies about the rate.";
    QS_RESERVED: "ip.opt.qs_reserved", "Reserved", Show::Plain, "Reserved: senders set it to zero, receivers ignore it.";
    LEVEL: "ip.opt.sec_cl", "Classification level", Show::Hex(2), "How secret the packet is.";
    SEC_RFC791: "ip.opt.sec_rfc791_sec", "Security", Show::Hex(4), "How secret the packet is, in the old form of RFC 791.";
    COMPARTMENTS: "ip.opt.sec_rfc791_comp", "Compartments", Show::Plain, "Which compartment it belongs to.";
    HANDLING: "ip.opt.sec_rfc791_hr", "Handling restrictions", Show::Plain, "Codes of the Defense Intelligence Agency.";
    CONTROL: "ip.opt.sec_rfc791_tcc", "Transmission control code", Show::Plain, "Keeps groups of users apart.";
    INFO_CODE: "ip.opt.ext_sec_add_sec_info_format_code", "Information format", Show::Hex(2), "Which form the additional information has.";
    INFO: "ip.opt.ext_sec_add_sec_info", "Additional information", Show::Plain, "What the form says.";
    DOI: "ip.cipso.doi", "Domain of interpretation", Show::Plain, "Who gives the levels and categories their meaning.";
    TAG_TYPE: "ip.cipso.tag_type", "Tag type", Show::Plain, "Which form the label has.";
    LABEL: "ip.cipso.sensitivity_level", "Sensitivity level", Show::Plain, "How secret the packet is.";
    TAG_DATA: "ip.cipso.tag_data", "Tag data", Show::Plain, "The label's content.";
    DAMAGED: "wirewalk.ip.options.damaged", "Damaged options", Show::Plain, "From here on the lengths of the options do not fit the header, so that they cannot be told apart.";
    CONTENT: "wirewalk.ip.option.data", "Content", Show::Plain, "The option's bytes, which have no known meaning.";
    PADDING: "ip.opt.padding", "Padding", Show::Plain, "Zeros up to the next multiple of four.";
}

/// All options; the cursor is confined to them.
pub(super) fn decode(c: &mut Cursor<'_, '_>) -> Result<(), Fault> {
    while let Some(number) = c.peek_number(0, 1) {
        let (def, content) = kind(number as u8);
        match number {
            0 | 1 => {
                c.group(def, |c| type_field(c))?;
                if number == 0 {
                    let rest = c.left();
                    if rest > 0 {
                        c.bytes(&PADDING, rest)?;
                    }
                }
            }
            _ => {
                let len = c.peek_number(1, 1).unwrap_or(0) as usize;
                if len < 2 || len > c.left() {
                    let fault = c.bad_length(
                        &LEN,
                        len as u64,
                        "at least 2, and not past the header's end",
                    );
                    let rest = c.left();
                    c.bytes(&DAMAGED, rest)?;
                    return Err(fault);
                }
                option(c, def, content)?;
            }
        }
    }
    Ok(())
}

type Content = fn(&mut Cursor<'_, '_>) -> Result<(), Fault>;

fn option(c: &mut Cursor<'_, '_>, def: &'static FieldDef, content: Content) -> Result<(), Fault> {
    let group = c.open(def);
    c.entitle(group, Value::Bytes);
    let result = (|| {
        type_field(c)?;
        let len = c.u8(&LEN)?;
        let Some(rest) = usize::from(len).checked_sub(2) else {
            return Err(c.bad_length(&LEN, len.into(), "at least 2"));
        };
        c.within(&LEN, rest, |c| {
            // What is wrong inside one option does not spoil the next.
            if let Err(fault) = content(c) {
                c.note(fault);
                return Ok(());
            }
            let rest = c.left();
            if rest > 0 {
                c.bytes(&CONTENT, rest)?;
            }
            Ok(())
        })
    })();
    c.close(group);
    result
}

fn type_field(c: &mut Cursor<'_, '_>) -> Result<(), Fault> {
    let at = c.ahead(1);
    let number = c.u8(&TYPE)?;
    let part = |bit, bits| crate::model::Span { bit, bits, ..at };
    c.nest(|c| {
        c.put(&COPY, part(0, 1), Value::Bool(number & 0x80 != 0));
        c.put(&CLASS, part(1, 2), Value::Num(u64::from(number >> 5 & 3)));
        c.put(&NUMBER, part(3, 5), Value::Num(u64::from(number & 0x1f)));
        Ok(())
    })
}

fn kind(number: u8) -> (&'static FieldDef, Content) {
    match number {
        0 => (&EOL, nothing),
        1 => (&NOP, nothing),
        7 => (&RECORD, route_recorded),
        10 => (&QUICK, nothing),
        11 => (&PROBE, mtu),
        12 => (&REPLY, mtu),
        25 => (&QUICK, quick_start),
        68 => (&TIMESTAMP, timestamps),
        82 => (&TRACE, traceroute),
        130 => (&SECURITY, security),
        131 => (&LOOSE, route_to_take),
        133 => (&EXTENDED, extended),
        134 => (&CIPSO, cipso),
        136 => (&STREAM, stream),
        137 => (&STRICT, route_to_take),
        148 => (&ALERT, alert),
        149 => (&BROADCAST, broadcast),
        _ => (&OTHER, nothing),
    }
}

#[expect(
    clippy::unnecessary_wraps,
    reason = "one of several readers of the same type"
)]
fn nothing(_: &mut Cursor<'_, '_>) -> Result<(), Fault> {
    Ok(())
}

fn mtu(c: &mut Cursor<'_, '_>) -> Result<(), Fault> {
    c.u16(&MTU).map(drop)
}

fn stream(c: &mut Cursor<'_, '_>) -> Result<(), Fault> {
    c.u16(&SID).map(drop)
}

fn alert(c: &mut Cursor<'_, '_>) -> Result<(), Fault> {
    c.u16(&ALERT_VALUE).map(drop)
}

fn broadcast(c: &mut Cursor<'_, '_>) -> Result<(), Fault> {
    while c.left() >= 4 {
        c.ip4(&ADDR)?;
    }
    Ok(())
}

fn traceroute(c: &mut Cursor<'_, '_>) -> Result<(), Fault> {
    c.u16(&TRACE_ID)?;
    c.u16(&OUTBOUND)?;
    c.u16(&RETURN)?;
    c.ip4(&ORIGINATOR).map(drop)
}

/// Addresses before the pointer have been written, those from it on are still empty.
fn route_recorded(c: &mut Cursor<'_, '_>) -> Result<(), Fault> {
    route(
        c,
        |place, pointer| {
            if place < pointer { &RECORDED } else { &EMPTY }
        },
    )
    .map(drop)
}

/// Addresses before the pointer have been passed (and replaced by what was recorded), the one at it comes next.
fn route_to_take(c: &mut Cursor<'_, '_>) -> Result<(), Fault> {
    let ahead = route(c, |place, pointer| match place.cmp(&pointer) {
        std::cmp::Ordering::Less => &RECORDED,
        std::cmp::Ordering::Equal => &CURRENT,
        std::cmp::Ordering::Greater => &SOURCE,
    })?;
    // The header's destination is only the next stop.
    if let Some(last) = ahead {
        c.bound_for(Some(last.into()));
    }
    Ok(())
}

/// Reads the addresses; returns the last one if the pointer has not passed it.
fn route(
    c: &mut Cursor<'_, '_>,
    which: fn(u32, u32) -> &'static FieldDef,
) -> Result<Option<[u8; 4]>, Fault> {
    // The pointer counts from the option's first byte, which it calls 1.
    let before = c.offset().saturating_sub(3);
    let pointer = u32::from(c.u8(&PTR)?);
    let mut ahead = None;
    while c.left() >= 4 {
        let place = c.offset().saturating_sub(before);
        let address = c.ip4(which(place, pointer))?;
        ahead = (place >= pointer).then_some(address);
    }
    Ok(ahead)
}

fn timestamps(c: &mut Cursor<'_, '_>) -> Result<(), Fault> {
    c.u8(&PTR)?;
    c.bits(&OVERFLOW, 1, 0, 4)?;
    let flag = c.bits(&FLAG, 1, 4, 4)?;
    c.skip(1);
    let entry = if flag == 0 { 4 } else { 8 };
    while c.left() >= entry {
        if flag != 0 {
            c.ip4(&STAMP_ADDR)?;
        }
        c.u32(&STAMP)?;
    }
    Ok(())
}

fn quick_start(c: &mut Cursor<'_, '_>) -> Result<(), Fault> {
    let function = c.bits(&QS_FUNC, 1, 0, 4)?;
    c.bits(&QS_RATE, 1, 4, 4)?;
    c.skip(1);
    c.u8(if function == 0 { &QS_TTL } else { &QS_UNUSED })?;
    c.bits(&QS_NONCE, 4, 0, 30)?;
    c.bits(&QS_RESERVED, 4, 30, 2)?;
    c.skip(4);
    Ok(())
}

fn security(c: &mut Cursor<'_, '_>) -> Result<(), Fault> {
    // The option of RFC 791 has a fixed length; RFC 1108 gave its number to another form.
    if c.left() != 9 {
        return c.u8(&LEVEL).map(drop);
    }
    c.u16(&SEC_RFC791)?;
    c.u16(&COMPARTMENTS)?;
    c.text(&HANDLING, 2)?;
    c.text(&CONTROL, 3).map(drop)
}

fn extended(c: &mut Cursor<'_, '_>) -> Result<(), Fault> {
    c.u8(&INFO_CODE)?;
    let rest = c.left();
    if rest > 0 {
        c.bytes(&INFO, rest)?;
    }
    Ok(())
}

fn cipso(c: &mut Cursor<'_, '_>) -> Result<(), Fault> {
    c.u32(&DOI)?;
    while c.left() >= 2 {
        let tag = c.u8(&TAG_TYPE)?;
        let len = c.peek_number(0, 1).unwrap_or(0) as usize;
        c.skip(1);
        let Some(rest) = len.checked_sub(2) else {
            return Err(c.bad_length(&TAG_TYPE, len as u64, "a tag of at least 2 bytes"));
        };
        c.within(&TAG_TYPE, rest, |c| {
            if matches!(tag, 1 | 2 | 5) && c.left() >= 2 {
                c.skip(1);
                c.u8(&LABEL)?;
            }
            let rest = c.left();
            if rest > 0 {
                c.bytes(&TAG_DATA, rest)?;
            }
            Ok(())
        })?;
    }
    Ok(())
}
