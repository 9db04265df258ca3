//! IPv4: packets between networks, from router to router. RFC 791; the DS field is RFC 2474's, ECN RFC 3168's.

mod options;

use std::net::Ipv4Addr;

use crate::decode::checksum::{Checksum, Envelope, STATUS};
use crate::decode::names::{DSCP, ECN, IP_PROTOCOLS};
use crate::decode::{
    Base, Claim, Cursor, Fault, FragmentPart, Next, Protocol, Show, Value, events, fields, joined,
};
use crate::model::Osi;

fields! {
    VERSION: "ip.version", "Version", Show::Plain, "4 for IPv4.";
    HEADER_LEN: "ip.hdr_len", "Header length", Show::Unit("bytes"), "Length of this header; 20 without options. On the wire it counts words of four bytes.";
    DS: "ip.dsfield", "Differentiated services field", Show::Hex(2), "How routers shall treat the packet: a class of service and two bits about congestion.";
    DS_DSCP: "ip.dsfield.dscp", "Code point", Show::Names(Base::Dec, DSCP), "The class of service that the packet asks for; 0 is ordinary treatment.";
    DS_ECN: "ip.dsfield.ecn", "Congestion notification", Show::Names(Base::Dec, ECN), "Whether routers may mark the packet instead of dropping it when a queue fills, and whether one did.";
    TOTAL_LEN: "ip.len", "Total length", Show::Unit("bytes"), "Length of header and data together; what follows in the frame is padding.";
    ID: "ip.id", "Identification", Show::Hex(4), "Fragments of one packet share this number, so that they can be put together.";
    FLAGS: "ip.flags", "Flags", Show::Hex(1), "Three bits that control fragmentation.";
    RESERVED: "ip.flags.rb", "Reserved bit", Show::Plain, "Must not be set.";
    DONT: "ip.flags.df", "Don't fragment", Show::Plain, "Set when routers must not cut the packet but report that it is too big; that is how the path's MTU is found.";
    MORE: "ip.flags.mf", "More fragments", Show::Plain, "Set in every fragment of a packet but the last.";
    OFFSET: "ip.frag_offset", "Fragment offset", Show::Plain, "Where this fragment's data belongs in the whole packet, in units of eight bytes.";
    TTL: "ip.ttl", "Time to live", Show::Plain, "Every router takes one off, and drops the packet at 0: no packet circles for ever.";
    PROTO: "ip.proto", "Protocol", Show::Names(Base::Dec, IP_PROTOCOLS), "Which protocol the packet carries.";
    CHECKSUM: "ip.checksum", "Header checksum", Show::Hex(4), "Sum over the header only; every router computes it anew, because it changes the time to live.";
    CALCULATED: "ip.checksum_calculated", "Calculated checksum", Show::Hex(4), "What the checksum should be, as the bytes of this header give it.";
    STATUS_FIELD: "ip.checksum.status", "Checksum status", Show::Names(Base::Dec, STATUS), "Whether the bytes of the header give the checksum; a router drops a packet when they do not.";
    SRC: "ip.src", "Source address", Show::Plain, "The address of the sender, or of a translating router (NAT) on the way.";
    DST: "ip.dst", "Destination address", Show::Plain, "Where the packet goes; routers read this and little else.";
}

events! {
    FRAGMENT: "ip.fragment", "A packet was too big for a link and travels in pieces, each with its own IP header.";
}

static SUM: Checksum = Checksum {
    value: &CHECKSUM,
    status: &STATUS_FIELD,
    calculated: Some(&CALCULATED),
    pseudo: None,
    optional: false,
    in_quotes: true,
};

/// Internet Protocol version 4.
pub(super) static PROTOCOL: Protocol = Protocol {
    key: "ip",
    name: "Internet Protocol Version 4",
    osi: Osi::Network,
    spec: "RFC 791",
    claims: &[
        Claim::EtherType(0x0800),
        Claim::Ppp(0x0021),
        Claim::IpProto(4),
        Claim::Link(228),
    ],
    fields: joined![FIELDS, options::FIELDS],
    events: EVENTS,
    decode,
    talk: None,
};

fn decode(c: &mut Cursor<'_, '_>) -> Result<(), Fault> {
    if c.peek_number(0, 1).is_some_and(|byte| byte >> 4 == 6) {
        c.note(c.bad_value(&VERSION, "4"));
        c.next(Next::EtherType(0x86dd), c.rest_span());
        return Ok(());
    }
    let version = c.bits(&VERSION, 1, 0, 4)?;
    if version != 4 {
        return Err(c.bad_value(&VERSION, "4"));
    }
    let at = c.ahead(1);
    let header = (c.peek_number(0, 1).unwrap_or(0) & 0x0f).saturating_mul(4);
    c.put(&HEADER_LEN, at, Value::Num(header));
    c.skip(1);
    if header < 20 {
        return Err(c.bad_length(&HEADER_LEN, header, "at least 20"));
    }
    let ds = c.ahead(1);
    let codes = c.u8(&DS)?;
    if c.detail() {
        c.nest(|c| {
            let part = |bit, bits| crate::model::Span { bit, bits, ..ds };
            c.put(&DS_DSCP, part(0, 6), Value::Num(u64::from(codes >> 2)));
            c.put(&DS_ECN, part(6, 2), Value::Num(u64::from(codes & 3)));
            Ok(())
        })?;
    }
    let total = c.u16(&TOTAL_LEN)?;
    let id = c.u16(&ID)?;
    let more = c.bits(&FLAGS, 1, 0, 3)? & 1 != 0;
    if c.detail() {
        c.nest(|c| {
            c.flag(&RESERVED, 1, 0)?;
            c.flag(&DONT, 1, 1)?;
            c.flag(&MORE, 1, 2)
        })?;
    }
    let offset = c.bits(&OFFSET, 2, 3, 13)?.saturating_mul(8);
    c.take(2)?;
    let ttl = c.u8(&TTL)?;
    let proto = c.u8(&PROTO)?;
    c.header_checksum(&SUM, header as usize)?;
    let src = Ipv4Addr::from(c.ip4(&SRC)?);
    let dst = Ipv4Addr::from(c.ip4(&DST)?);
    if c.detail() {
        let carried = PROTO
            .name_of(u64::from(proto))
            .unwrap_or("unknown protocol");
        if offset > 0 || more {
            c.summary(format_args!(
                "{src} → {dst}, {carried}, ttl {ttl}, fragment at {offset}"
            ));
        } else {
            c.summary(format_args!("{src} → {dst}, {carried}, ttl {ttl}"));
        }
    }

    let options = (header as usize).saturating_sub(20);
    let total = usize::from(total);
    // A network card that cuts big segments itself (segmentation offload) hands packets to the capture with length 0.
    let data = match total.checked_sub(header as usize) {
        Some(data) => data,
        None if total == 0 => c.left().saturating_sub(options),
        None => {
            return Err(c.bad_length(&TOTAL_LEN, total as u64, "at least the header's length"));
        }
    };
    if total > 0 {
        c.bound(data.saturating_add(options), &TOTAL_LEN);
    }
    let carried = data.saturating_add(options);
    let there = (c.left() as u32).saturating_add(c.missing());
    c.carry(Envelope {
        src: Some(src.into()),
        dst: Some(dst.into()),
        piece: offset > 0 || more,
        whole: c.left() >= carried && (total > 0 || c.missing() == 0),
        len: there.saturating_add(20),
    });
    if options > 0 {
        // What is wrong with an option does not hide what the packet carries.
        if let Err(fault) = c.within(&HEADER_LEN, options, options::decode) {
            c.note(fault);
        }
    }

    let span = c.ahead(data);
    let next = Next::IpProto(proto);
    if offset == 0 && !more {
        c.next(next, span);
        return Ok(());
    }
    c.event(&FRAGMENT);
    if (span.len as usize) < data {
        // Cut by the capture: it can never be put together, but the first piece begins with the next header.
        c.next(if offset == 0 { next } else { Next::Data }, span);
        return Ok(());
    }
    c.fragment(FragmentPart {
        span,
        offset: offset as u32,
        more,
        id: u32::from(id),
        next,
    });
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::decode::testing::see;
    use crate::decode::{Dissection, decode_frame};
    use crate::model::{LinkType, PacketId, Timestamp};

    /// The first segment of the sample capture `curl-https`.
    const SYN: &str = "4500003c59ee40004006e2b6c0a80164cb00710a\
                       bff001bb5827fd6700000000a002faf093c80000020405b40402080a2e66758b000000000103030a";

    #[test]
    fn every_bit_of_the_header() {
        let seen = see(LinkType::IPV4, SYN);
        assert_eq!(
            seen.summary("ip"),
            "192.168.1.100 → 203.0.113.10, TCP, ttl 64"
        );
        assert_eq!(seen.first("ip.hdr_len"), "20 bytes");
        assert_eq!(seen.first("ip.flags"), "0x2");
        assert_eq!(seen.all("ip.flags.df"), ["set"]);
        assert_eq!(seen.place("ip.frag_offset"), Some((6, 2)));
        assert_eq!(seen.layers(), ["ip", "tcp"]);
    }

    #[test]
    fn options_field_by_field() {
        // An IGMP report with a router alert, of the corpus of tcpdump (IGMP_V2.pcap, frame 2).
        let seen = see(
            LinkType::IPV4,
            "460000208c6200000102e692c0a80140effffffa940400001600fa04effffffa",
        );
        assert_eq!(seen.first("ip.opt.type.number"), "20 (router alert)");
        assert_eq!(seen.all("ip.opt.type.copy"), ["set"]);
        assert_eq!(seen.place("ip.options.routeralert"), Some((20, 4)));
        // Time stamps, the last option reaching past the header (ip_ts_opts_asan.pcap, frame 1).
        let seen = see(
            LinkType::IPV4,
            "490049e2ff270020e0ff0001a09b95082151 5f12440e050100003470494220020105f513",
        );
        assert_eq!(seen.first("ip.opt.time_stamp_addr"), "0.0.52.112");
        assert_eq!(seen.first("wirewalk.ip.options.damaged"), "f5:13");
        assert_eq!(seen.faults(), [("ip", "bad-length")]);
    }

    #[test]
    fn routes_by_the_pointer() {
        let seen = see(
            LinkType::IPV4,
            "48000020000040004001000001020304 05060708 830b0801020304 05060708 00",
        );
        assert_eq!(seen.all("ip.rec_rt"), ["1.2.3.4"]);
        assert_eq!(seen.all("ip.cur_rt"), ["5.6.7.8"]);
    }

    #[test]
    fn fragments_wait_for_their_siblings() {
        let seen = see(
            LinkType::IPV4,
            "4500001c00072001401100000102030405060708 6162636465666768",
        );
        assert_eq!(seen.events(), ["ip.fragment"]);
        let part = seen.d.fragment.expect("a fragment");
        assert_eq!((part.offset, part.more, part.id), (8, true, 7));
        assert_eq!((part.span.at, part.span.len), (20, 8));
        assert_eq!(seen.layers(), ["ip"]);
    }

    #[test]
    fn a_length_of_zero_fills_the_frame() {
        let seen = see(LinkType::IPV4, &SYN.replacen("003c", "0000", 1));
        assert_eq!(seen.layers(), ["ip", "tcp"]);
        let seen = see(LinkType::IPV4, &SYN.replacen("003c", "0013", 1));
        assert_eq!(seen.faults(), [("ip", "bad-length")]);
        assert_eq!(seen.layers(), ["ip"]);
    }

    #[test]
    fn a_cut_frame_knows_what_it_lacks() {
        let bytes: Vec<u8> = (0..40)
            .map(|i| u8::from_str_radix(&SYN[i * 2..i * 2 + 2], 16).unwrap())
            .collect();
        let mut d = Dissection::default();
        d.begin(PacketId(1), Timestamp(0), LinkType::IPV4, 60, 40);
        decode_frame(&bytes, &mut d);
        let fault = d
            .layers
            .last()
            .and_then(|l| l.fault.as_ref())
            .expect("a fault");
        assert!(
            fault
                .to_string()
                .contains("the capture kept only the beginning")
        );
    }
}
