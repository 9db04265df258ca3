//! ICMPv6: what IPv6 itself asks and reports. RFC 4443; neighbour discovery and multicast listeners have their own files.

mod codes;
mod mld;
mod ndp;
mod node;
mod options;
mod rpl;
mod short;

use crate::decode::checksum::{Checksum, STATUS};
use crate::decode::{
    Base, Claim, Cursor, Fault, Names, Next, Protocol, Show, Value, events, fields, joined,
};
use crate::model::{Osi, Span};

const TYPES: Names = &[
    (1, "destination unreachable"),
    (2, "packet too big"),
    (3, "time exceeded"),
    (4, "parameter problem"),
    (100, "experiment"),
    (101, "experiment"),
    (127, "reserved for more errors"),
    (128, "echo request"),
    (129, "echo reply"),
    (130, "multicast listener query"),
    (131, "multicast listener report"),
    (132, "multicast listener done"),
    (133, "router solicitation"),
    (134, "router advertisement"),
    (135, "neighbour solicitation"),
    (136, "neighbour advertisement"),
    (137, "redirect"),
    (138, "router renumbering"),
    (139, "node information query"),
    (140, "node information response"),
    (141, "inverse neighbour solicitation"),
    (142, "inverse neighbour advertisement"),
    (143, "multicast listener report v2"),
    (144, "home agent address request"),
    (145, "home agent address reply"),
    (146, "mobile prefix solicitation"),
    (147, "mobile prefix advertisement"),
    (148, "certification path solicitation"),
    (149, "certification path advertisement"),
    (150, "experimental mobility"),
    (151, "multicast router advertisement"),
    (152, "multicast router solicitation"),
    (153, "multicast router termination"),
    (154, "fast mobility"),
    (155, "RPL control"),
    (156, "locator update"),
    (157, "duplicate address request"),
    (158, "duplicate address confirmation"),
    (159, "MPL control"),
    (160, "extended echo request"),
    (161, "extended echo reply"),
    (200, "experiment"),
    (201, "experiment"),
    (255, "reserved for more messages"),
];

fields! {
    TYPE: "icmpv6.type", "Type", Show::Names(Base::Dec, TYPES), "What the message is; errors are below 128, questions and answers from there on.";
    CODE: "icmpv6.code", "Code", Show::Plain, "The reason, within the type.";
    MEANING: "wirewalk.icmpv6.code.name", "Meaning", Show::Plain, "What this code says in a message of this type.";
    CHECKSUM: "icmpv6.checksum", "Checksum", Show::Hex(4), "Sum over addresses and message that the receiver checks.";
    STATUS_FIELD: "icmpv6.checksum.status", "Checksum status", Show::Names(Base::Dec, STATUS), "Whether the bytes give the checksum; a message that they do not give it for is dropped.";
    RESERVED: "icmpv6.reserved", "Reserved", Show::Plain, "Reserved: senders set it to zero, receivers ignore it.";
    LENGTH: "icmpv6.length", "Quoted length", Show::Plain, "Length of the quoted packet in units of eight bytes, where extensions follow it.";
    MTU: "icmpv6.mtu", "MTU", Show::Unit("bytes"), "The biggest packet that the next link takes; the sender shall make its packets smaller.";
    POINTER: "icmpv6.pointer", "Pointer", Show::Plain, "Which byte of the quoted packet was wrong.";
    IDENT: "icmpv6.echo.identifier", "Identifier", Show::Hex(4), "Tells the answers of one program from those of another; ping chooses it.";
    SEQ: "icmpv6.echo.sequence_number", "Sequence number", Show::Plain, "Counts the requests; the answer repeats it.";
    EXT_SEQ: "icmpv6.ext.echo.seq", "Sequence number", Show::Plain, "Counts the requests; the answer repeats it.";
    EXT_RESERVED: "icmpv6.ext.echo.req.res", "Reserved", Show::Hex(2), "Reserved: senders set it to zero, receivers ignore it.";
    EXT_LOCAL: "icmpv6.ext.echo.req.local", "Local", Show::Plain, "The interface asked about is the receiver's own, not a neighbour's.";
    EXT_STATE: "icmpv6.ext.echo.rsp.state", "State", Show::Plain, "What the receiver knows of the neighbour.";
    EXT_RSP_RESERVED: "icmpv6.ext.echo.rsp.res", "Reserved", Show::Hex(2), "Reserved: senders set it to zero, receivers ignore it.";
    EXT_ACTIVE: "icmpv6.ext.echo.rsp.active", "Active", Show::Plain, "The interface is up.";
    EXT_IP4: "icmpv6.ext.echo.rsp.ipv4", "IPv4", Show::Plain, "The interface runs IPv4.";
    EXT_IP6: "icmpv6.ext.echo.rsp.ipv6", "IPv6", Show::Plain, "The interface runs IPv6.";
}

events! {
    REQUEST: "icmpv6.echo_request", "A host asks another one to answer: a ping.";
    REPLY: "icmpv6.echo_reply", "The host that was pinged sends the same data back.";
    TIME: "icmpv6.time_exceeded", "A router dropped a packet whose hop limit reached 0, and says so; traceroute lives on this.";
    UNREACHED: "icmpv6.unreachable", "A packet could not be delivered; the code says why.";
    TOO_BIG: "icmpv6.packet_too_big", "A packet is too big for the next link; the report tells the size that fits.";
    REDIRECT: "icmpv6.redirect", "A router knows a better way on the same link.";
    SOLICIT_NEIGHBOR: "ndp.neighbor_solicitation", "A host asks for the link address of a neighbour, or whether it is still there.";
    ADVERTISE_NEIGHBOR: "ndp.neighbor_advertisement", "A host tells its link address.";
    SOLICIT_ROUTER: "ndp.router_solicitation", "A host that has just joined asks which routers there are.";
    ADVERTISE_ROUTER: "ndp.router_advertisement", "A router tells everyone the prefixes of the link and that it can be used.";
    PROBE: "ndp.duplicate_address_probe", "Before using an address, a host asks whether somebody else has it.";
    QUERY: "mld.query", "A router asks the hosts on a link which multicast groups they listen to.";
    REPORT: "mld.report", "A host tells routers which multicast groups it listens to, or, in version 2, does not listen to any more.";
    DONE: "mld.done", "A host tells routers that it does not listen to a multicast group any more (version 1).";
}

static SUM: Checksum = Checksum {
    value: &CHECKSUM,
    status: &STATUS_FIELD,
    calculated: None,
    pseudo: Some(58),
    optional: false,
    in_quotes: false,
};

/// Control messages of IPv6.
pub(super) static PROTOCOL: Protocol = Protocol {
    key: "icmpv6",
    name: "Internet Control Message Protocol v6",
    osi: Osi::Network,
    spec: "RFC 4443",
    claims: &[Claim::IpProto(58)],
    fields: joined![
        FIELDS,
        ndp::FIELDS,
        options::FIELDS,
        mld::FIELDS,
        node::FIELDS,
        rpl::FIELDS,
        short::FIELDS
    ],
    events: EVENTS,
    decode,
    talk: None,
};

fn decode(c: &mut Cursor<'_, '_>) -> Result<(), Fault> {
    let kind = c.u8(&TYPE)?;
    let at = c.ahead(1);
    let code = c.u8(&CODE)?;
    if let Some(meaning) = codes::name(kind, code).filter(|_| c.detail()) {
        c.nest(|c| {
            c.put_text(&MEANING, at, meaning);
            Ok(())
        })?;
    }
    c.checksum(&SUM, None)?;
    let name = TYPE.name_of(u64::from(kind)).unwrap_or("unknown type");
    match kind {
        1..=4 => report(c, kind, code),
        128 | 129 => {
            let ident = c.u16(&IDENT)?;
            let seq = c.u16(&SEQ)?;
            c.summary(format_args!("{name} id {ident} seq {seq}"));
            c.event(if kind == 128 { &REQUEST } else { &REPLY });
            c.next(Next::Data, c.rest_span());
            Ok(())
        }
        130..=132 => {
            mld::version_1(c, kind, name)?;
            c.event(match kind {
                130 => &QUERY,
                131 => &REPORT,
                _ => &DONE,
            });
            Ok(())
        }
        143 => {
            mld::report(c)?;
            c.event(&REPORT);
            Ok(())
        }
        133 => {
            c.summary(format_args!("which routers are there?"));
            ndp::router_solicitation(c)?;
            c.event(&SOLICIT_ROUTER);
            Ok(())
        }
        134 => {
            ndp::router_advertisement(c)?;
            c.event(&ADVERTISE_ROUTER);
            Ok(())
        }
        135 => {
            // A host that has no address yet asks from the unspecified one: it only wants to know whether it may use it.
            let probe = ndp::neighbor_solicitation(c)?;
            c.event(if probe { &PROBE } else { &SOLICIT_NEIGHBOR });
            Ok(())
        }
        136 => {
            ndp::neighbor_advertisement(c)?;
            c.event(&ADVERTISE_NEIGHBOR);
            Ok(())
        }
        137 => {
            ndp::redirect(c)?;
            c.event(&REDIRECT);
            Ok(())
        }
        141 | 142 => {
            c.summary(format_args!("{name}"));
            c.bytes(&RESERVED, 4)?;
            options::decode(c)
        }
        138 => {
            c.summary(format_args!("{name}"));
            node::renumbering(c, code)
        }
        139 | 140 => {
            c.summary(format_args!("{name}"));
            node::information(c, kind == 139, code)
        }
        144..=147 => {
            c.summary(format_args!("{name}"));
            node::mobile(c, kind)
        }
        148 | 149 | 151 | 156..=158 => {
            c.summary(format_args!("{name}"));
            match kind {
                148 | 149 => short::certification(c, kind == 148),
                151 => short::multicast_router(c),
                156 => short::locators(c),
                _ => short::duplicate(c),
            }
        }
        155 => rpl::decode(c, code),
        160 | 161 => extended(c, kind == 160, code, name),
        _ => {
            c.summary(format_args!("{name}, type {kind}, code {code}"));
            c.next(Next::Data, c.rest_span());
            Ok(())
        }
    }
}

/// The messages that quote the packet which they are about.
fn report(c: &mut Cursor<'_, '_>, kind: u8, code: u8) -> Result<(), Fault> {
    let reason = codes::name(kind, code).unwrap_or("unknown code");
    let mut units = 0;
    match kind {
        1 | 3 => {
            units = length(c)?;
            if kind == 1 {
                c.summary(format_args!("{reason}"));
                c.event(&UNREACHED);
            } else {
                c.summary(format_args!("{reason}"));
                c.event(&TIME);
            }
        }
        2 => {
            let mtu = c.u32(&MTU)?;
            c.summary(format_args!("packet too big, mtu {mtu}"));
            c.event(&TOO_BIG);
        }
        _ => {
            let pointer = c.u32(&POINTER)?;
            c.summary(format_args!("{reason}, at byte {pointer}"));
        }
    }
    let rest = c.rest_span();
    let len = match units {
        0 => rest.len,
        _ => u32::from(units).saturating_mul(8).min(rest.len),
    };
    c.quote(Next::EtherType(0x86dd), Span { len, ..rest });
    let extensions = Span {
        at: rest.at.saturating_add(len),
        len: rest.len.saturating_sub(len),
        ..rest
    };
    c.next(Next::Named("icmp.ext"), extensions);
    Ok(())
}

/// Four reserved bytes, the first of which may say where extensions begin (RFC 4884 section 4).
fn length(c: &mut Cursor<'_, '_>) -> Result<u8, Fault> {
    if c.peek_number(0, 1) == Some(0) {
        c.bytes(&RESERVED, 4)?;
        return Ok(0);
    }
    let units = c.u8(&LENGTH)?;
    c.bytes(&RESERVED, 3)?;
    Ok(units)
}

fn extended(
    c: &mut Cursor<'_, '_>,
    request: bool,
    code: u8,
    name: &'static str,
) -> Result<(), Fault> {
    c.u16(&IDENT)?;
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
    c.take(1)?;
    match codes::name(161, code).filter(|_| !request) {
        Some(meaning) => c.summary(format_args!("{name}, {meaning}")),
        None => c.summary(format_args!("{name}")),
    }
    let next = if request {
        Next::Named("icmp.ext")
    } else {
        Next::Data
    };
    c.next(next, c.rest_span());
    Ok(())
}

/// Puts single bits of a number that was read at `at`: each with its first bit and how many there are.
fn put_bits(
    c: &mut Cursor<'_, '_>,
    at: Span,
    number: u64,
    parts: &[(&'static crate::decode::FieldDef, u8, u8)],
) {
    for &(def, bit, bits) in parts {
        let width = at.len.saturating_mul(8);
        let shift = width.saturating_sub(u32::from(bit).saturating_add(u32::from(bits)));
        let mask = 1u64
            .checked_shl(u32::from(bits))
            .unwrap_or(0)
            .wrapping_sub(1);
        let value = number.checked_shr(shift).unwrap_or(0) & mask;
        let value = if bits == 1 {
            Value::Bool(value == 1)
        } else {
            Value::Num(value)
        };
        c.put(def, Span { bit, bits, ..at }, value);
    }
}

#[cfg(test)]
mod tests {
    use crate::decode::testing::{Seen, see};
    use crate::model::LinkType;

    fn icmpv6(source: &str, message: &str) -> Seen {
        let len = message.bytes().filter(u8::is_ascii_hexdigit).count() / 2;
        let addresses = format!("{source} ff0200000000000000000001ffe1000f");
        see(
            LinkType::IPV6,
            &format!("60000000{len:04x}3aff{addresses}{message}"),
        )
    }

    const NOBODY: &str = "00000000000000000000000000000000";
    const HOST: &str = "fe80000000000000b29928fffec8d66c";

    #[test]
    fn questions_before_and_after_having_an_address() {
        // With a nonce, of the corpus of tcpdump (icmpv6-ns-nonce.pcap).
        let asked = "8700566e 00000000 fe80000000000000546ff7fffee1000f 0e016069604c0aaa";
        let seen = icmpv6(NOBODY, asked);
        assert_eq!(seen.events(), ["ndp.duplicate_address_probe"]);
        assert_eq!(
            seen.summary("icmpv6"),
            "does anyone use fe80::546f:f7ff:fee1:f?"
        );
        assert_eq!(seen.first("icmpv6.opt.nonce"), "60:69:60:4c:0a:aa");
        let seen = icmpv6(HOST, asked);
        assert_eq!(seen.events(), ["ndp.neighbor_solicitation"]);
        let seen = icmpv6(
            HOST,
            "88000000 e0000000 fe80000000000000546ff7fffee1000f 0201 02005e100064",
        );
        assert_eq!(seen.events(), ["ndp.neighbor_advertisement"]);
        assert_eq!(seen.first("icmpv6.opt.linkaddr"), "02:00:5e:10:00:64");
        assert_eq!(seen.all("icmpv6.nd.na.flag.r"), ["set"]);
    }

    #[test]
    fn what_a_router_tells() {
        // Of the corpus of tcpdump (icmpv6.pcap, frame 1), some of its options.
        let seen = icmpv6(
            HOST,
            "86002401 4020000f 00000000 00000000 030448c0 00278d00 00093a80 00000000 22223333444455556600000000000000\
             1903 0000 00000005 abcd000000000000000000000000efef 1f03 0000 00000005 076578616d706c65036f72670000 0000\
             0501 0000 00000064",
        );
        assert_eq!(seen.events(), ["ndp.router_advertisement"]);
        assert_eq!(
            seen.first("icmpv6.opt.prefix"),
            "2222:3333:4444:5555:6600::"
        );
        assert_eq!(seen.all("icmpv6.opt.prefix.flag.a"), ["set"]);
        assert_eq!(seen.first("icmpv6.opt.rdnss"), "abcd::efef");
        assert_eq!(seen.first("icmpv6.opt.dnssl"), "example.org");
        assert_eq!(seen.first("icmpv6.opt.mtu"), "100 bytes");
        assert!(seen.faults().is_empty(), "{:?}", seen.faults());
    }

    #[test]
    fn options_without_length_end_the_list() {
        let seen = icmpv6(HOST, "85000000 00000000 0100 02005e100064");
        assert_eq!(seen.faults(), [("icmpv6", "bad-length")]);
        assert!(seen.events().is_empty());
    }

    #[test]
    fn listeners_report_their_groups() {
        let seen = icmpv6(
            HOST,
            "8f000000 00000001 04000000 ff0200000000000000000001ffc8d66c",
        );
        assert_eq!(seen.events(), ["mld.report"]);
        assert_eq!(
            seen.summary("icmpv6"),
            "listening report, ff02::1:ffc8:d66c"
        );
        assert_eq!(
            seen.first("icmpv6.mldr.mar.record_type"),
            "4 (changed to exclude)"
        );
    }

    #[test]
    fn reports_quote_the_packet() {
        let quoted = format!("6000000000080640 {HOST} {HOST} c00001bb00000001");
        let seen = icmpv6(HOST, &format!("02000000 00000500 {quoted}"));
        assert_eq!(seen.events(), ["icmpv6.packet_too_big"]);
        assert_eq!(seen.first("icmpv6.mtu"), "1280 bytes");
        assert_eq!(seen.layers(), ["ipv6", "icmpv6", "ipv6", "tcp"]);
    }
}
