//! ICMP: what IPv4 itself asks and reports. RFC 792; router discovery RFC 1256, path MTU RFC 1191, extended echo RFC 8335.

mod codes;

use std::net::Ipv4Addr;

use crate::decode::checksum::{Checksum, STATUS, Sum};
use crate::decode::{
    Base, Claim, Cursor, Fault, FieldDef, Names, Next, Protocol, Show, Value, date, events, fields,
};
use crate::model::{Osi, Span};

const TYPES: Names = &[
    (0, "echo reply"),
    (3, "destination unreachable"),
    (4, "source quench"),
    (5, "redirect"),
    (6, "alternate host address"),
    (8, "echo request"),
    (9, "router advertisement"),
    (10, "router solicitation"),
    (11, "time exceeded"),
    (12, "parameter problem"),
    (13, "timestamp request"),
    (14, "timestamp reply"),
    (15, "information request"),
    (16, "information reply"),
    (17, "address mask request"),
    (18, "address mask reply"),
    (19, "reserved for security"),
    (20, "reserved for an experiment"),
    (21, "reserved for an experiment"),
    (22, "reserved for an experiment"),
    (23, "reserved for an experiment"),
    (24, "reserved for an experiment"),
    (25, "reserved for an experiment"),
    (26, "reserved for an experiment"),
    (27, "reserved for an experiment"),
    (28, "reserved for an experiment"),
    (29, "reserved for an experiment"),
    (30, "traceroute"),
    (31, "datagram conversion error"),
    (32, "mobile host redirect"),
    (33, "IPv6 where are you"),
    (34, "IPv6 I am here"),
    (35, "mobile registration request"),
    (36, "mobile registration reply"),
    (37, "domain name request"),
    (38, "domain name reply"),
    (39, "SKIP"),
    (40, "security failure"),
    (41, "experimental mobility"),
    (42, "extended echo request"),
    (43, "extended echo reply"),
    (253, "experiment"),
    (254, "experiment"),
    (255, "reserved"),
];

const STATES: Names = &[
    (0, "reserved"),
    (1, "incomplete"),
    (2, "reachable"),
    (3, "stale"),
    (4, "delay"),
    (5, "probe"),
    (6, "failed"),
];

fields! {
    TYPE: "icmp.type", "Type", Show::Names(Base::Dec, TYPES), "What the message is: a question, an answer or a report of an error.";
    CODE: "icmp.code", "Code", Show::Plain, "The reason, within the type.";
    MEANING: "wirewalk.icmp.code.name", "Meaning", Show::Plain, "What this code says in a message of this type.";
    CHECKSUM: "icmp.checksum", "Checksum", Show::Hex(4), "Sum over the message that the receiver checks.";
    STATUS_FIELD: "icmp.checksum.status", "Checksum status", Show::Names(Base::Dec, STATUS), "Whether the bytes give the checksum; a message that they do not give it for is dropped.";
    UNUSED: "icmp.unused", "Unused", Show::Plain, "Reserved: senders set it to zero, receivers ignore it.";
    RESERVED: "icmp.reserved", "Reserved", Show::Plain, "Reserved: senders set it to zero, receivers ignore it.";
    IDENT: "icmp.ident", "Identifier", Show::Plain, "Tells the answers of one program from those of another; ping chooses it.";
    IDENT_LE: "icmp.ident_le", "Identifier, low byte first", Show::Plain, "The same two bytes read the other way round, as Windows writes them.";
    SEQ: "icmp.seq", "Sequence number", Show::Plain, "Counts the requests; the answer repeats it.";
    SEQ_LE: "icmp.seq_le", "Sequence number, low byte first", Show::Plain, "The same two bytes read the other way round, as Windows writes them.";
    DATA_TIME: "icmp.data_time", "Time in the data", Show::Plain, "When the request was sent: ping writes its clock into the data and reads it back from the answer.";
    DATA_RELATIVE: "icmp.data_time_relative", "Time since then", Show::Unit("s"), "From that time to this frame.";
    LENGTH: "icmp.length", "Quoted length", Show::Plain, "Length of the quoted packet in units of four bytes, where extensions follow it.";
    QUOTED: "icmp.length.original_datagram", "Quoted length in bytes", Show::Unit("bytes"), "The same length in bytes.";
    MTU: "icmp.mtu", "MTU of the next hop", Show::Unit("bytes"), "The biggest packet that the next link takes; the sender shall make its packets smaller.";
    GATEWAY: "icmp.redir_gw", "Better router", Show::Plain, "The router to be used from now on for this destination.";
    POINTER: "icmp.pointer", "Pointer", Show::Plain, "Which byte of the quoted header was wrong.";
    COUNT: "icmp.num_addrs", "Addresses", Show::Plain, "How many routers are listed.";
    ENTRY: "icmp.addr_entry_size", "Entry size", Show::Plain, "Length of an entry in units of four bytes.";
    LIFETIME: "icmp.lifetime", "Lifetime", Show::Unit("s"), "How long the routers may be used.";
    ROUTER: "icmp.router_address", "Router address", Show::Plain, "A router of this link.";
    PREFERENCE: "icmp.pref_level", "Preference", Show::Plain, "Higher is better.";
    ORIGINATE: "icmp.originate_timestamp", "Originate time", Show::Unit("ms"), "When the request left, in milliseconds since midnight UTC.";
    RECEIVE: "icmp.receive_timestamp", "Receive time", Show::Unit("ms"), "When the request arrived.";
    TRANSMIT: "icmp.transmit_timestamp", "Transmit time", Show::Unit("ms"), "When the answer left.";
    MASK: "icmp.address_mask", "Address mask", Show::Plain, "The mask of this network.";
    EXT_SEQ: "icmp.ext.echo.seq", "Sequence number", Show::Plain, "Counts the requests; the answer repeats it.";
    EXT_RESERVED: "icmp.ext.echo.req.res", "Reserved", Show::Hex(2), "Reserved: senders set it to zero, receivers ignore it.";
    EXT_LOCAL: "icmp.ext.echo.req.local", "Local", Show::Plain, "The interface asked about is the receiver's own, not a neighbour's.";
    EXT_STATE: "icmp.ext.echo.rsp.state", "State", Show::Names(Base::Dec, STATES), "What the receiver knows of the neighbour.";
    EXT_RSP_RESERVED: "icmp.ext.echo.rsp.res", "Reserved", Show::Hex(2), "Reserved: senders set it to zero, receivers ignore it.";
    EXT_ACTIVE: "icmp.ext.echo.rsp.active", "Active", Show::Plain, "The interface is up.";
    EXT_IP4: "icmp.ext.echo.rsp.ipv4", "IPv4", Show::Plain, "The interface runs IPv4.";
    EXT_IP6: "icmp.ext.echo.rsp.ipv6", "IPv6", Show::Plain, "The interface runs IPv6.";
}

events! {
    REQUEST: "icmp.echo_request", "A host asks another one to answer: a ping.";
    REPLY: "icmp.echo_reply", "The host that was pinged sends the same data back.";
    TIME: "icmp.time_exceeded", "A router dropped a packet whose time to live reached 0, and says so; traceroute lives on this.";
    UNREACHED: "icmp.unreachable", "A packet could not be delivered; the code says why.";
    NEEDED: "icmp.fragmentation_needed", "A packet is too big for the next link and must not be cut; the report tells the size that fits.";
    REDIRECTED: "icmp.redirect", "A router knows a better one on the same link.";
}

static SUM: Checksum = Checksum {
    value: &CHECKSUM,
    status: &STATUS_FIELD,
    calculated: None,
    pseudo: None,
    optional: false,
    in_quotes: false,
};

/// Control messages of IPv4.
pub(super) static PROTOCOL: Protocol = Protocol {
    key: "icmp",
    name: "Internet Control Message Protocol",
    osi: Osi::Network,
    spec: "RFC 792",
    claims: &[Claim::IpProto(1)],
    fields: FIELDS,
    events: EVENTS,
    decode,
    talk: None,
};

fn decode(c: &mut Cursor<'_, '_>) -> Result<(), Fault> {
    let kind = c.u8(&TYPE)?;
    let at = c.ahead(1);
    let code = c.u8(&CODE)?;
    let meaning = codes::name(kind, code);
    if let Some(meaning) = meaning.filter(|_| c.detail()) {
        c.nest(|c| {
            c.put_text(&MEANING, at, meaning);
            Ok(())
        })?;
    }
    c.checksum(&SUM, None)?;
    let name = TYPE.name_of(u64::from(kind)).unwrap_or("unknown type");
    match kind {
        3 | 4 | 5 | 11 | 12 => return report(c, kind, code, name),
        0 | 8 => echo(c, name, kind == 8)?,
        9 => routers(c)?,
        10 => {
            c.bytes(&RESERVED, 4)?;
            c.summary(format_args!("which routers are there?"));
        }
        13 | 14 => {
            identify(c)?;
            c.u32(&ORIGINATE)?;
            c.u32(&RECEIVE)?;
            c.u32(&TRANSMIT)?;
            c.summary(format_args!("{name}"));
        }
        15 | 16 => {
            identify(c)?;
            c.summary(format_args!("{name}"));
        }
        17 | 18 => {
            identify(c)?;
            let mask = Ipv4Addr::from(c.ip4(&MASK)?);
            c.summary(format_args!("{name} {mask}"));
        }
        42 | 43 => {
            extended(c, kind == 42)?;
            match meaning.filter(|_| kind == 43) {
                Some(meaning) => c.summary(format_args!("{name}, {meaning}")),
                None => c.summary(format_args!("{name}")),
            }
            // Only the request names an interface in an extension.
            if kind == 42 {
                c.next(Next::Named("icmp.ext"), c.rest_span());
                return Ok(());
            }
        }
        _ => match meaning {
            Some(meaning) => c.summary(format_args!("{name}, {meaning}")),
            None => c.summary(format_args!("{name}, type {kind}, code {code}")),
        },
    }
    c.next(Next::Data, c.rest_span());
    Ok(())
}

/// The messages that quote the packet which they are about.
fn report(c: &mut Cursor<'_, '_>, kind: u8, code: u8, name: &'static str) -> Result<(), Fault> {
    let reason = codes::name(kind, code).unwrap_or("unknown code");
    let mut units = 0;
    match kind {
        3 if code == 4 => {
            units = length(c, 1)?;
            let mtu = c.u16(&MTU)?;
            c.summary(format_args!("{reason}, mtu {mtu}"));
            c.event(&NEEDED);
        }
        3 => {
            units = length(c, 1)?;
            if units > 0 {
                c.bytes(&UNUSED, 2)?;
            }
            c.summary(format_args!("{reason}"));
            c.event(&UNREACHED);
        }
        5 => {
            let gateway = Ipv4Addr::from(c.ip4(&GATEWAY)?);
            c.summary(format_args!("use {gateway} instead, {reason}"));
            c.event(&REDIRECTED);
        }
        11 => {
            units = length(c, 1)?;
            if units > 0 {
                c.bytes(&UNUSED, 2)?;
            }
            c.summary(format_args!("{reason}"));
            c.event(&TIME);
        }
        12 => {
            c.u8(&POINTER)?;
            units = length(c, 0)?;
            if units > 0 {
                c.bytes(&UNUSED, 2)?;
            }
            c.summary(format_args!("{name}, {reason}"));
        }
        _ => {
            c.bytes(&UNUSED, 4)?;
            c.summary(format_args!("{name}"));
        }
    }
    quote(c, units);
    Ok(())
}

/// Unused bytes with, where extensions follow, the length of the quoted packet among them (RFC 4884 section 4): it
/// stands `ahead` bytes from here. Where there is none the unused bytes reach to the end of the header's second word.
fn length(c: &mut Cursor<'_, '_>, ahead: usize) -> Result<u8, Fault> {
    let units = c.peek_number(ahead, 1).unwrap_or(0) as u8;
    // The MTU of a fragmentation report takes the last two of the four bytes.
    let mtu = c.layer_bytes().starts_with(&[3, 4]);
    if units == 0 {
        let unused = match (ahead, mtu) {
            (_, true) => 2,
            (0, _) => 3,
            _ => 4,
        };
        c.bytes(&UNUSED, unused)?;
        return Ok(0);
    }
    if ahead > 0 {
        c.bytes(&UNUSED, ahead)?;
    }
    let at = c.ahead(1);
    c.u8(&LENGTH)?;
    c.put(&QUOTED, at, Value::Num(u64::from(units).saturating_mul(4)));
    Ok(units)
}

/// The quoted packet, and the extensions behind it. Routers older than RFC 4884 put them behind 128 bytes without
/// saying so; their version and their sum tell them from a longer quotation (section 5.5).
fn quote(c: &mut Cursor<'_, '_>, units: u8) {
    const UNSAID: usize = 128;
    let rest = c.rest_span();
    let all = rest.len as usize;
    let unsaid = c.peek().get(UNSAID..).unwrap_or_default();
    let extends = match unsaid {
        [0x20..=0x2f, _, 0, 0, ..] => true,
        [0x20..=0x2f, ..] => Sum::default().add(unsaid).folded() == 0xffff,
        _ => false,
    };
    let len = match units {
        0 if extends => UNSAID,
        0 => all,
        _ => usize::from(units).saturating_mul(4).min(all),
    };
    c.quote(Next::EtherType(0x0800), c.ahead(len));
    let extensions = Span {
        at: rest.at.saturating_add(len as u32),
        len: rest.len.saturating_sub(len as u32),
        ..rest
    };
    c.next(Next::Named("icmp.ext"), extensions);
}

/// Identifier and sequence number, each in both byte orders.
fn identify(c: &mut Cursor<'_, '_>) -> Result<(u16, u16), Fault> {
    let ident = both(c, &IDENT, &IDENT_LE)?;
    let seq = both(c, &SEQ, &SEQ_LE)?;
    Ok((ident, seq))
}

fn both(
    c: &mut Cursor<'_, '_>,
    def: &'static FieldDef,
    swapped: &'static FieldDef,
) -> Result<u16, Fault> {
    let at = c.ahead(2);
    let number = c.u16(def)?;
    c.put(swapped, at, Value::Num(u64::from(number.swap_bytes())));
    Ok(number)
}

fn echo(c: &mut Cursor<'_, '_>, name: &'static str, request: bool) -> Result<(), Fault> {
    let (ident, seq) = identify(c)?;
    c.event(if request { &REQUEST } else { &REPLY });
    c.summary(format_args!("{name} id {ident} seq {seq}"));
    let now = c.time();
    if let Some((seconds, micros)) = stamp(c.peek(), now.seconds()) {
        let at = c.ahead(8);
        c.take(8)?;
        let nanos = micros.saturating_mul(1000);
        if c.detail() {
            let relative = now.0.saturating_sub(
                seconds
                    .saturating_mul(1_000_000_000)
                    .saturating_add(i64::from(nanos)),
            );
            let (sign, size) = (if relative < 0 { "-" } else { "" }, relative.unsigned_abs());
            c.put_text(&DATA_TIME, at, &date::utc(seconds, nanos));
            let relative = format!("{sign}{}.{:09}", size / 1_000_000_000, size % 1_000_000_000);
            c.put_text(&DATA_RELATIVE, at, &relative);
        }
    }
    Ok(())
}

/// Seconds and microseconds at the start of a ping's data, in either byte order, if they lie within a day of the frame.
fn stamp(data: &[u8], now: i64) -> Option<(i64, u32)> {
    let (seconds, rest) = data.split_first_chunk::<4>()?;
    let (micros, _) = rest.split_first_chunk::<4>()?;
    let orders: [fn([u8; 4]) -> u32; 2] = [u32::from_be_bytes, u32::from_le_bytes];
    let read = |order: fn([u8; 4]) -> u32| (i64::from(order(*seconds)), order(*micros));
    let near =
        |&(seconds, micros): &(i64, u32)| seconds.abs_diff(now) < 86_400 && micros < 1_000_000;
    orders.into_iter().map(read).find(near)
}

fn routers(c: &mut Cursor<'_, '_>) -> Result<(), Fault> {
    let count = c.u8(&COUNT)?;
    let entry = usize::from(c.u8(&ENTRY)?).saturating_mul(4);
    let lifetime = c.u16(&LIFETIME)?;
    c.summary(format_args!("{count} routers for {lifetime} s"));
    for _ in 0..count {
        if entry < 8 {
            return Err(c.bad_length(&ENTRY, (entry / 4) as u64, "at least 2"));
        }
        c.within(&ENTRY, entry, |c| {
            c.ip4(&ROUTER)?;
            let at = c.ahead(4);
            let level = c.peek_number(0, 4).unwrap_or(0) as u32;
            c.take(4)?;
            c.put(&PREFERENCE, at, Value::Int(i64::from(level as i32)));
            Ok(())
        })?;
    }
    Ok(())
}

fn extended(c: &mut Cursor<'_, '_>, request: bool) -> Result<(), Fault> {
    both(c, &IDENT, &IDENT_LE)?;
    c.u8(&EXT_SEQ)?;
    if request {
        c.bits(&EXT_RESERVED, 1, 0, 7)?;
        c.flag(&EXT_LOCAL, 1, 7)?;
    } else {
        c.bits(&EXT_STATE, 1, 0, 3)?;
        c.bits(&EXT_RSP_RESERVED, 1, 3, 2)?;
        c.flag(&EXT_ACTIVE, 1, 5)?;
        c.flag(&EXT_IP4, 1, 6)?;
        c.flag(&EXT_IP6, 1, 7)?;
    }
    c.take(1).map(drop)
}

#[cfg(test)]
mod tests {
    use crate::decode::testing::{Seen, see};
    use crate::model::LinkType;

    fn icmp(message: &str) -> Seen {
        let len = 20 + message.bytes().filter(u8::is_ascii_hexdigit).count() / 2;
        let packet = format!("4500{len:04x}88090000400100 00c0a80101c0a80164{message}");
        see(LinkType::IPV4, &packet)
    }

    /// The UDP probe that the sample capture `traceroute` sees quoted.
    const PROBE: &str = "4500003c6e42000001114d58c0a80164cb00710ad572829a0028b474404142434445";

    #[test]
    fn a_ping_with_its_time() {
        // The data of the sample capture `ping`: seconds in 64 bits, the low byte first.
        let seen = icmp("0800544a04b10001 ee14006b00000000 eeb00300");
        assert_eq!(seen.summary("icmp"), "echo request id 1201 seq 1");
        assert_eq!(seen.first("icmp.ident_le"), "45316");
        assert_eq!(
            seen.first("icmp.data_time"),
            "Nov 20, 2026 09:37:50.000000000 UTC"
        );
        assert_eq!(seen.first("icmp.data_time_relative"), "0.500000000 s");
        assert_eq!(seen.events(), ["icmp.echo_request"]);
        assert_eq!(seen.first("data.data"), "ee:b0:03:00");
    }

    #[test]
    fn reports_quote_the_packet() {
        let seen = icmp(&format!("0b00f35000000000{PROBE}"));
        assert_eq!(seen.events(), ["icmp.time_exceeded"]);
        assert_eq!(seen.layers(), ["ip", "icmp", "ip", "udp", "data"]);
        assert_eq!(seen.all("ip.ttl"), ["64", "1"]);
        assert_eq!(
            seen.d.number("ip.ttl"),
            Some(64),
            "the quoted one does not count"
        );
        assert!(seen.d.layers.iter().skip(2).all(|l| l.quoted));
    }

    #[test]
    fn too_big_to_pass() {
        let seen = icmp(&format!("0304000000000578{PROBE}"));
        assert_eq!(seen.events(), ["icmp.fragmentation_needed"]);
        assert_eq!(seen.first("icmp.mtu"), "1400 bytes");
        assert_eq!(seen.first("icmp.unused"), "00:00");
    }

    #[test]
    fn a_long_quotation_is_no_extension() {
        // Byte 128 of the quoted packet looks like version 2.
        let quoted = format!("{PROBE}{}2061e168", "00".repeat(128 - 34));
        let seen = icmp(&format!("0303000000000000{quoted}{}", "57".repeat(40)));
        assert!(seen.events().contains(&"icmp.unreachable"));
        assert!(seen.all("icmp.ext.version").is_empty());
    }

    #[test]
    fn extensions_behind_the_quoted_packet() {
        // An MPLS label behind 128 bytes that nothing announces, as older routers send it; then announced.
        let label = "2000c55f 00080101 18960101";
        let quoted = format!("{PROBE}{}", "00".repeat(128 - 34));
        for head in ["0b00f35000000000", "0b00f35000200000"] {
            let seen = icmp(&format!("{head}{quoted}{label}"));
            assert_eq!(seen.first("icmp.mpls.label"), "100704", "{head}");
            assert_eq!(seen.first("icmp.ext.class"), "1 (MPLS label stack)");
        }
    }
}
