//! IGMP: hosts tell routers which IPv4 multicast groups they want. Version 1 RFC 1112, version 2 RFC 2236, version 3
//! RFC 3376; and multicast traceroute as routers speak it (draft-ietf-idmr-traceroute-ipm).

use std::net::Ipv4Addr;

use crate::decode::checksum::{Checksum, STATUS};
use crate::decode::{Base, Claim, Cursor, Fault, Names, Protocol, Show, Value, events, fields};
use crate::model::{Osi, Span};

const QUERY: u8 = 0x11;
const REPORT_1: u8 = 0x12;
const REPORT_2: u8 = 0x16;
const LEAVE: u8 = 0x17;
const TRACE_RESPONSE: u8 = 0x1e;
const TRACE: u8 = 0x1f;
const REPORT_3: u8 = 0x22;

/// A query of at least this many bytes is of version 3 (RFC 3376 section 7.1).
const QUERY_3: usize = 12;

const TYPES: Names = &[
    (0x01, "version 0 create group request"),
    (0x02, "version 0 create group reply"),
    (0x03, "version 0 join group request"),
    (0x04, "version 0 join group reply"),
    (0x05, "version 0 leave group request"),
    (0x06, "version 0 leave group reply"),
    (0x07, "version 0 confirm group request"),
    (0x08, "version 0 confirm group reply"),
    (0x11, "membership query"),
    (0x12, "version 1 membership report"),
    (0x13, "DVMRP"),
    (0x14, "PIM version 1"),
    (0x15, "Cisco trace messages"),
    (0x16, "version 2 membership report"),
    (0x17, "leave group"),
    (0x1e, "multicast traceroute response"),
    (0x1f, "multicast traceroute"),
    (0x22, "version 3 membership report"),
    (0x30, "multicast router advertisement"),
    (0x31, "multicast router solicitation"),
    (0x32, "multicast router termination"),
    (0xfc, "RGMP leave a group"),
    (0xfd, "RGMP join a group"),
    (0xfe, "RGMP bye"),
    (0xff, "RGMP hello"),
];

const RECORD_TYPES: Names = &[
    (1, "include"),
    (2, "exclude"),
    (3, "changed to include"),
    (4, "changed to exclude"),
    (5, "allow new sources"),
    (6, "block old sources"),
];

const ROUTING: Names = &[
    (1, "DVMRP"),
    (2, "MOSPF"),
    (3, "PIM"),
    (4, "CBT"),
    (5, "PIM, special routing table"),
    (6, "PIM, static route"),
    (7, "DVMRP, static route"),
    (8, "PIM, BGP-4+ route"),
    (9, "CBT, special routing table"),
    (10, "CBT, static route"),
    (11, "PIM, state from an assert"),
];

const FORWARDING: Names = &[
    (0x00, "no error"),
    (0x01, "wrong interface"),
    (0x02, "prune sent"),
    (0x03, "prune received"),
    (0x04, "scoped"),
    (0x05, "no route"),
    (0x06, "wrong last hop"),
    (0x07, "not forwarding"),
    (0x08, "reached the rendezvous point"),
    (0x09, "reverse path interface"),
    (0x0a, "no multicast"),
    (0x0b, "hidden"),
    (0x81, "no space"),
    (0x82, "old router"),
    (0x83, "administratively prohibited"),
];

fields! {
    VERSION: "igmp.version", "Version", Show::Plain, "Which version the message belongs to; no field says so, its type and length do.";
    TYPE: "igmp.type", "Type", Show::Names(Base::Hex(2), TYPES), "A router's question, a host's report, or a host's leave.";
    RESERVED: "igmp.reserved", "Reserved", Show::Plain, "Reserved: senders set it to zero, receivers ignore it.";
    MAX_RESPONSE: "igmp.max_resp", "Maximum response time", Show::Unit("tenths of a second"), "Within how long hosts shall answer; each waits for a random part of it, so that not all speak at once.";
    EXPONENT: "igmp.max_resp.exp", "Exponent", Show::Hex(1), "Times from 12.8 seconds on are written as a mantissa and an exponent, to fit in one byte.";
    MANTISSA: "igmp.max_resp.mant", "Mantissa", Show::Hex(1), "The time is (mantissa + 16) shifted left by the exponent and 3 more.";
    CHECKSUM: "igmp.checksum", "Checksum", Show::Hex(4), "Sum over the message that the receiver checks.";
    STATUS_FIELD: "igmp.checksum.status", "Checksum status", Show::Names(Base::Dec, STATUS), "Whether the bytes give the checksum; a message that they do not give it for is dropped.";
    GROUP: "igmp.maddr", "Multicast address", Show::Plain, "The group that it is about; 0.0.0.0 in a query asks for all groups.";
    QUERY_RESERVED: "wirewalk.igmp.query.reserved", "Reserved", Show::Plain, "Reserved: senders set it to zero, receivers ignore it.";
    SUPPRESS: "igmp.s", "Suppress", Show::Plain, "Other routers shall not change their timers because of this query.";
    ROBUSTNESS: "igmp.qrv", "Robustness", Show::Plain, "How often messages are repeated, against loss.";
    INTERVAL: "igmp.qqic", "Query interval code", Show::Plain, "How often the router asks: seconds up to 127, from 128 on a mantissa and an exponent.";
    SOURCES: "igmp.num_src", "Sources", Show::Plain, "How many senders are listed.";
    SOURCE: "igmp.saddr", "Source address", Show::Plain, "A sender of the group that is asked about or reported.";
    RECORDS: "igmp.num_grp_recs", "Group records", Show::Plain, "How many groups the report is about.";
    RECORD: "wirewalk.igmp.record", "Group record", Show::Heading, "What the host wants of one group.";
    RECORD_TYPE: "igmp.record_type", "Record type", Show::Names(Base::Dec, RECORD_TYPES), "Which senders of the group are wanted: those listed, or all but those; 4 without any joins the group, 3 without any leaves it.";
    AUX_LENGTH: "igmp.aux_data_len", "Auxiliary data length", Show::Plain, "Length of further data in units of four bytes; none is defined.";
    AUX: "igmp.aux_data", "Auxiliary data", Show::Plain, "Further data, without meaning today.";
    DATA: "igmp.data", "Data", Show::Plain, "The rest of a message whose form is not known here.";
    HOPS: "igmp.mtrace.max_hops", "Maximum hops", Show::Plain, "How many routers the trace may pass.";
    TRACE_SOURCE: "igmp.mtrace.saddr", "Source address", Show::Plain, "The sender of the multicast traffic whose way is traced, backwards.";
    TRACE_RECEIVER: "igmp.mtrace.raddr", "Receiver address", Show::Plain, "The receiver at whom the trace begins.";
    TRACE_ANSWER: "igmp.mtrace.rspaddr", "Response address", Show::Plain, "Where the finished trace is sent.";
    TRACE_TTL: "igmp.mtrace.resp_ttl", "Response TTL", Show::Plain, "The time to live for a response that is sent to a group.";
    TRACE_ID: "igmp.mtrace.q_id", "Query identifier", Show::Plain, "Tells the response to this trace from others.";
    BLOCK: "wirewalk.igmp.mtrace.block", "Router", Show::Heading, "What one router on the way adds.";
    ARRIVAL: "igmp.mtrace.q_arrival", "Arrival time", Show::Plain, "When the trace came to the router: the middle 32 bits of an NTP time.";
    INCOMING: "igmp.mtrace.q_inaddr", "Incoming interface", Show::Plain, "Where the router expects the traffic from.";
    OUTGOING: "igmp.mtrace.q_outaddr", "Outgoing interface", Show::Plain, "Where the router sends the traffic out.";
    PREVIOUS: "igmp.mtrace.q_prevrtr", "Previous router", Show::Plain, "The router before it, towards the sender.";
    PACKETS_IN: "igmp.mtrace.q_inpkt", "Packets in", Show::Plain, "Multicast packets received on the incoming interface.";
    PACKETS_OUT: "igmp.mtrace.q_outpkt", "Packets out", Show::Plain, "Multicast packets sent on the outgoing interface.";
    PACKETS: "igmp.mtrace.q_total", "Packets of the source", Show::Plain, "Packets of this source to this group that the router passed on.";
    PROTOCOL_USED: "igmp.mtrace.q_rtg_proto", "Routing protocol", Show::Names(Base::Dec, ROUTING), "How the router knows the way to the previous one.";
    FORWARD_TTL: "igmp.mtrace.q_fwd_ttl", "Needed TTL", Show::Plain, "The time to live that a packet needs to be passed on.";
    MUST_BE_ZERO: "igmp.mtrace.q_mbz", "Reserved", Show::Hex(1), "Reserved: senders set it to zero, receivers ignore it.";
    NETWORK: "igmp.mtrace.q_s", "Source network", Show::Hex(1), "1 when the count of packets is for the source's whole network.";
    MASK: "igmp.mtrace.q_src_mask", "Source mask", Show::Hex(2), "Length of the source network's prefix; 63 when the router passes on whatever the group gets.";
    CODE: "igmp.mtrace.q_fwd_code", "Forwarding code", Show::Names(Base::Hex(2), FORWARDING), "Whether the router passes the traffic on, and why not.";
}

events! {
    QUERIED: "igmp.query", "A router asks the hosts on a link which multicast groups they want.";
    REPORTED: "igmp.report", "A host tells routers which multicast groups it wants, or, in version 3, does not want any more.";
    LEFT: "igmp.leave", "A host tells routers that it does not want a multicast group any more (version 2).";
}

/// It covers all that the IP packet carries (RFC 2236 section 2.3).
static SUM: Checksum = Checksum {
    value: &CHECKSUM,
    status: &STATUS_FIELD,
    calculated: None,
    pseudo: None,
    optional: false,
    in_quotes: false,
};

/// Group membership of IPv4 hosts.
pub(super) static PROTOCOL: Protocol = Protocol {
    key: "igmp",
    name: "Internet Group Management Protocol",
    osi: Osi::Network,
    spec: "RFC 3376",
    claims: &[Claim::IpProto(2)],
    fields: FIELDS,
    events: EVENTS,
    decode,
    talk: None,
};

fn decode(c: &mut Cursor<'_, '_>) -> Result<(), Fault> {
    let kind = c.peek_number(0, 1).unwrap_or(0) as u8;
    match kind {
        QUERY => query(c),
        REPORT_1 => {
            begin(c, 1)?;
            c.bytes(&RESERVED, 1)?;
            let group = group(c)?;
            c.summary(format_args!("I want {group}"));
            c.event(&REPORTED);
            Ok(())
        }
        REPORT_2 | LEAVE => {
            begin(c, 2)?;
            c.u8(&MAX_RESPONSE)?;
            let group = group(c)?;
            if kind == LEAVE {
                c.summary(format_args!("I no longer want {group}"));
                c.event(&LEFT);
            } else {
                c.summary(format_args!("I want {group}"));
                c.event(&REPORTED);
            }
            Ok(())
        }
        REPORT_3 => report(c),
        TRACE | TRACE_RESPONSE => trace(c, kind == TRACE_RESPONSE),
        _ => {
            c.u8(&TYPE)?;
            match TYPE.name_of(u64::from(kind)) {
                Some(name) => c.summary(format_args!("{name}")),
                None => c.summary(format_args!("unknown type 0x{kind:02x}")),
            }
            let rest = c.left();
            if rest > 0 {
                c.bytes(&DATA, rest)?;
            }
            Ok(())
        }
    }
}

/// The version, which is nowhere on the wire, and the type.
fn begin(c: &mut Cursor<'_, '_>, version: u64) -> Result<(), Fault> {
    c.computed(&VERSION, Value::Num(version));
    c.u8(&TYPE).map(drop)
}

/// Checksum and group.
fn group(c: &mut Cursor<'_, '_>) -> Result<Ipv4Addr, Fault> {
    c.checksum(&SUM, None)?;
    c.ip4(&GROUP).map(Ipv4Addr::from)
}

fn query(c: &mut Cursor<'_, '_>) -> Result<(), Fault> {
    let on_wire = c.left().saturating_add(c.missing() as usize);
    let third = on_wire >= QUERY_3;
    // Version 1 has no time in the second byte.
    let first = !third && c.peek_number(1, 1) == Some(0);
    begin(c, if third { 3 } else { 2 - u64::from(first) })?;
    match () {
        () if third => response_time(c)?,
        () if first => drop(c.bytes(&RESERVED, 1)?),
        () => drop(c.u8(&MAX_RESPONSE)?),
    }
    let group = group(c)?;
    if group.is_unspecified() {
        c.summary(format_args!("who wants which groups?"));
    } else {
        c.summary(format_args!("who wants {group}?"));
    }
    if third {
        c.bits(&QUERY_RESERVED, 1, 0, 4)?;
        c.flag(&SUPPRESS, 1, 4)?;
        c.bits(&ROBUSTNESS, 1, 5, 3)?;
        c.take(1)?;
        c.u8(&INTERVAL)?;
        let sources = c.u16(&SOURCES)?;
        for _ in 0..sources {
            c.ip4(&SOURCE)?;
        }
    }
    c.event(&QUERIED);
    Ok(())
}

/// A time in tenths of a second; from 128 on a mantissa and an exponent (RFC 3376 section 4.1.1).
fn response_time(c: &mut Cursor<'_, '_>) -> Result<(), Fault> {
    let at = c.ahead(1);
    let code = c.peek_number(0, 1).unwrap_or(0);
    c.take(1)?;
    let (exponent, mantissa) = (code >> 4 & 7, code & 15);
    if code < 128 {
        c.put(&MAX_RESPONSE, at, Value::Num(code));
        return Ok(());
    }
    let time = (mantissa | 16) << exponent.saturating_add(3);
    c.put(&MAX_RESPONSE, at, Value::Num(time));
    c.nest(|c| {
        let part = |bit, bits| Span { bit, bits, ..at };
        c.put(&EXPONENT, part(1, 3), Value::Num(exponent));
        c.put(&MANTISSA, part(4, 4), Value::Num(mantissa));
        Ok(())
    })
}

fn report(c: &mut Cursor<'_, '_>) -> Result<(), Fault> {
    begin(c, 3)?;
    c.bytes(&RESERVED, 1)?;
    c.checksum(&SUM, None)?;
    c.bytes(&RESERVED, 2)?;
    let records = c.u16(&RECORDS)?;
    let mut only = None;
    for _ in 0..records {
        only = Some(c.group(&RECORD, record)?);
    }
    match (records, only) {
        (1, Some((4, 0, group))) => c.summary(format_args!("I want {group}")),
        (1, Some((3, 0, group))) => c.summary(format_args!("I no longer want {group}")),
        (1, Some((_, _, group))) => c.summary(format_args!("what I want of {group}")),
        _ => c.summary(format_args!("what I want of {records} groups")),
    }
    c.event(&REPORTED);
    Ok(())
}

/// What a host wants of one group: the kind of record, how many sources, the group.
fn record(c: &mut Cursor<'_, '_>) -> Result<(u8, u16, Ipv4Addr), Fault> {
    let kind = c.u8(&RECORD_TYPE)?;
    let aux = usize::from(c.u8(&AUX_LENGTH)?).saturating_mul(4);
    let sources = c.u16(&SOURCES)?;
    let group = c.ip4(&GROUP)?;
    for _ in 0..sources {
        c.ip4(&SOURCE)?;
    }
    if aux > 0 {
        c.bytes(&AUX, aux)?;
    }
    Ok((kind, sources, group.into()))
}

/// The way of multicast traffic, traced from the receiver back to the sender: each router adds a block of 32 bytes.
fn trace(c: &mut Cursor<'_, '_>, response: bool) -> Result<(), Fault> {
    const BLOCK_LEN: usize = 32;
    c.u8(&TYPE)?;
    c.u8(&HOPS)?;
    let group = group(c)?;
    let source = Ipv4Addr::from(c.ip4(&TRACE_SOURCE)?);
    let word = if response { "traced" } else { "trace" };
    c.summary(format_args!("{word} the way of {group} from {source}"));
    c.ip4(&TRACE_RECEIVER)?;
    c.ip4(&TRACE_ANSWER)?;
    c.u8(&TRACE_TTL)?;
    c.u24(&TRACE_ID)?;
    while c.left() >= BLOCK_LEN {
        c.group(&BLOCK, |c| {
            c.u32(&ARRIVAL)?;
            c.ip4(&INCOMING)?;
            c.ip4(&OUTGOING)?;
            c.ip4(&PREVIOUS)?;
            c.u32(&PACKETS_IN)?;
            c.u32(&PACKETS_OUT)?;
            c.u32(&PACKETS)?;
            c.u8(&PROTOCOL_USED)?;
            c.u8(&FORWARD_TTL)?;
            c.bits(&MUST_BE_ZERO, 1, 0, 1)?;
            c.bits(&NETWORK, 1, 1, 1)?;
            c.bits(&MASK, 1, 2, 6)?;
            c.take(1)?;
            c.u8(&CODE)
        })?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::decode::testing::{Seen, see};
    use crate::model::LinkType;

    fn igmp(message: &str) -> Seen {
        let len = 20 + message.bytes().filter(u8::is_ascii_hexdigit).count() / 2;
        let packet = format!("4500{len:04x}8c6200000102e692c0a80140e0000016{message}");
        see(LinkType::IPV4, &packet)
    }

    #[test]
    fn versions_1_and_2() {
        // Of the corpus of tcpdump: IGMP_V1.pcap, frames 1 and 2, and IGMP_V2.pcap, frames 1, 2 and 5.
        let seen = igmp("1100eeff00000000");
        assert_eq!(seen.first("igmp.version"), "1");
        assert_eq!(seen.first("igmp.checksum.status"), "1 (good)");
        assert_eq!(seen.first("igmp.reserved"), "00");
        assert_eq!(seen.events(), ["igmp.query"]);
        let seen = igmp("12000d03e00000fc");
        assert_eq!(seen.first("igmp.version"), "1");
        assert_eq!(seen.summary("igmp"), "I want 224.0.0.252");
        let seen = igmp("1164ee9b00000000");
        assert_eq!(seen.first("igmp.version"), "2");
        assert_eq!(seen.first("igmp.max_resp"), "100 tenths of a second");
        assert_eq!(seen.summary("igmp"), "who wants which groups?");
        let seen = igmp("1600fa04effffffa");
        assert_eq!(seen.events(), ["igmp.report"]);
        assert_eq!(seen.first("igmp.maddr"), "239.255.255.250");
        assert_eq!(seen.place("igmp.maddr"), Some((24, 4)));
        let seen = igmp("170006fbe1010103");
        assert_eq!(seen.events(), ["igmp.leave"]);
        assert_eq!(seen.summary("igmp"), "I no longer want 225.1.1.3");
    }

    #[test]
    fn version_3_asks_about_senders() {
        // The first is of the corpus of tcpdump (igmpv3-queries.pcap, frame 1); the other has sources and a long time.
        let seen = igmp("1164ec1e00000000027d0000");
        assert_eq!(seen.first("igmp.version"), "3");
        assert_eq!(seen.all("igmp.s"), ["not set"]);
        assert_eq!(seen.first("igmp.qrv"), "2");
        assert_eq!(seen.first("igmp.qqic"), "125");
        let seen = igmp("118a7e90e10101030a8a0002 c0a80101 c0a80102");
        assert_eq!(seen.first("igmp.max_resp"), "208 tenths of a second");
        assert_eq!(seen.first("igmp.max_resp.mant"), "0xa");
        assert_eq!(seen.all("igmp.s"), ["set"]);
        assert_eq!(seen.all("igmp.saddr"), ["192.168.1.1", "192.168.1.2"]);
        assert!(seen.faults().is_empty(), "{:?}", seen.faults());
    }

    #[test]
    fn version_3_reports_groups() {
        // Of the corpus of tcpdump (eapon1.pcap, frame 44).
        let seen = igmp("2200ea030000000104000000effffffa");
        assert_eq!(seen.summary("igmp"), "I want 239.255.255.250");
        assert_eq!(seen.first("igmp.record_type"), "4 (changed to exclude)");
        assert_eq!(seen.events(), ["igmp.report"]);
        let seen = igmp("2200b6a9 00000002 03000000e1010103 01010001e1010104c0a80101deadbeef");
        assert_eq!(seen.summary("igmp"), "what I want of 2 groups");
        assert_eq!(seen.all("igmp.maddr"), ["225.1.1.3", "225.1.1.4"]);
        assert_eq!(seen.first("igmp.aux_data"), "de:ad:be:ef");
        // A record that is announced and not there.
        let seen = igmp("2200f8f8 00000002 03000000e1010103");
        assert_eq!(seen.faults(), [("igmp", "truncated")]);
        assert!(seen.events().is_empty());
    }

    #[test]
    fn the_way_of_multicast_traffic() {
        // Of the corpus of tcpdump (mtrace.pcap, frame 2), one of its two blocks.
        let seen = igmp(
            "1f2071bf 00000000 ac102801 ac101401 ac102801 40000007 472c459c 0a00000e 0a00000e 0a00000d \
             000000f2 00000000 00000000 03001800",
        );
        assert_eq!(seen.first("igmp.mtrace.q_prevrtr"), "10.0.0.13");
        assert_eq!(seen.first("igmp.mtrace.q_rtg_proto"), "3 (PIM)");
        assert_eq!(seen.first("igmp.mtrace.q_src_mask"), "0x18");
        assert_eq!(seen.first("igmp.mtrace.q_fwd_code"), "0x00 (no error)");
        assert!(seen.events().is_empty());
    }
}
