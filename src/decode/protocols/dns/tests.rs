//! Messages of the DNS from the wire and from the RFCs, and what is told of them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hickory_proto::op::Message;
use hickory_proto::rr::RData;

use crate::decode::testing::{Said, converse, cut, datagram};
use crate::model::Side;

/// An answer recorded in `captures/dns-lookup.pcapng`, frame 4.
const ANSWER: &[u8] = b"\x06\xf8\x81\x80\x00\x01\x00\x04\x00\x00\x00\x01\x03www\x04shop\x07example\
\x04test\x00\x00\x01\x00\x01\xc0\x0c\x00\x05\x00\x01\x00\x00\x01\x2c\x00\x0b\x04shop\x03cdn\xc0\x15\
\xc0\x33\x00\x05\x00\x01\x00\x00\x01\x2c\x00\x07\x04pop7\xc0\x38\xc0\x4a\x00\x01\x00\x01\x00\x00\
\x01\x2c\x00\x04\xcb\x00\x71\x29\xc0\x4a\x00\x01\x00\x01\x00\x00\x01\x2c\x00\x04\xcb\x00\x71\x28\
\x00\x00\x29\x04\xd0\x00\x00\x00\x00\x00\x00";

/// The beginning of an answer with this many records and no question.
fn answer(records: &[Vec<u8>]) -> Vec<u8> {
    let count = u8::try_from(records.len()).unwrap();
    let mut message = vec![0x1a, 0x2b, 0x84, 0, 0, 0, 0, count, 0, 0, 0, 0];
    message.extend(records.concat());
    message
}

/// A record of the name `a.test`.
fn record(kind: u16, data: &[u8]) -> Vec<u8> {
    let length = u16::try_from(data.len()).unwrap();
    let head = [b"\x01a\x04test\x00", &kind.to_be_bytes()[..]].concat();
    let middle = [b"\x00\x01\x00\x00\x01\x2c", &length.to_be_bytes()[..]].concat();
    [&head[..], &middle, data].concat()
}

fn read(records: &[Vec<u8>]) -> Said {
    datagram(53, 40_000, &answer(records))
}

#[test]
fn an_answer_with_aliases() {
    let said = datagram(53, 40_000, ANSWER);
    assert_eq!(
        said.summary,
        "response 0x06f8 no error: CNAME shop.cdn.example.test, CNAME pop7.cdn.example.test, \
         A 203.0.113.41, A 203.0.113.40"
    );
    assert_eq!(said.events, [("dns.response", ANSWER.len())]);
    assert_eq!(said.fault, None);
    assert_eq!(said.field("dns.qry.name"), Some("www.shop.example.test"));
    assert_eq!(said.field("dns.qry.name.len"), Some("21"));
    assert_eq!(said.field("dns.count.labels"), Some("4"));
    assert_eq!(said.all("dns.a"), ["203.0.113.41", "203.0.113.40"]);
    assert_eq!(said.all("dns.resp.ttl"), ["300"; 4]);
    assert_eq!(said.field("dns.rr.udp_payload_size"), Some("1232"));
}

#[test]
fn names_and_addresses_are_those_of_the_library() {
    let said = datagram(53, 40_000, ANSWER);
    let message = Message::from_vec(ANSWER).unwrap();
    let (mut names, mut addresses) = (Vec::new(), Vec::new());
    for record in &message.answers {
        match &record.data {
            RData::A(address) => addresses.push(address.to_string()),
            RData::CNAME(name) => names.push(name.to_string().trim_end_matches('.').to_owned()),
            other => panic!("{other}"),
        }
    }
    assert_eq!(said.all("dns.cname"), names);
    assert_eq!(said.all("dns.a"), addresses);
}

#[test]
fn a_bad_record_does_not_lose_the_message() {
    let good = record(1, &[203, 0, 113, 10]);
    for bad in [
        record(1, &[203, 0]),
        record(16, b"\x09abc"),
        record(65, b"\x00\x01\x00\x00\x01\x00\x06\x02h2"),
        record(1, &[203, 0, 113, 9, 9]),
        record(5, b"\x04shop\xc0\xff"),
    ] {
        let said = read(&[bad, good.clone()]);
        assert_ne!(said.fault, None);
        let last = said.all("dns.a").last().copied().unwrap().to_owned();
        assert_eq!(last, "203.0.113.10");
        assert_eq!(said.events.len(), 1);
    }
}

#[test]
fn a_message_may_end_anywhere() {
    for len in 0..ANSWER.len() {
        let said = datagram(53, 40_000, ANSWER.get(..len.max(1)).unwrap());
        assert!(said.fault.is_some(), "cut to {len} bytes");
    }
}

#[test]
fn a_key_of_the_rfc() {
    // RFC 4034 section 5.4: the key that its DS record with key tag 60485 belongs to.
    let key = STANDARD
        .decode(
            "AQOeiiR0GOMYkDshWoSKz9XzfwJr1AYtsmx3TGkJaNXVbfi/2pHm822aJ5iI9BMzNXxeYCmZDRD99WYwYqUS\
             djMmmAphXdvxegXd/M5+X7OrzKBaMbCVdFLUUh6DhweJBjEVv5f2wwjM9XzcnOf+EPbtG9DMBmADjFDc2w/r\
             ljwvFw==",
        )
        .unwrap();
    let said = read(&[record(48, &[b"\x01\x00\x03\x05", &key[..]].concat())]);
    assert_eq!(said.field("dns.dnskey.key_id"), Some("60485"));
    assert_eq!(said.field("dns.dnskey.flags.zone_key"), Some("set"));
    assert_eq!(
        said.field("dns.dnskey.flags.secure_entry_point"),
        Some("not set")
    );
    assert_eq!(said.fault, None);
}

#[test]
fn the_types_of_an_nsec_record() {
    // RFC 4034 section 4.3: A MX RRSIG NSEC TYPE1234.
    let types = b"\x00\x06\x40\x01\x00\x00\x00\x03\x04\x1b\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\
\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x20";
    let said = read(&[record(47, &[b"\x04host\xc0\x0e", &types[..]].concat())]);
    assert_eq!(
        said.field("dns.nsec.next_domain_name"),
        Some("host.test"),
        "a pointer into the owner's name"
    );
    // The record's own type comes first.
    assert_eq!(
        said.all("dns.resp.type"),
        ["47", "1", "15", "46", "47", "1234"]
    );
}

#[test]
fn how_to_reach_a_service() {
    // In the manner of RFC 9460 appendix D: mandatory keys, protocols, a port and an address.
    let data =
        b"\x00\x01\x03foo\x07example\x03org\x00\x00\x00\x00\x02\x00\x01\x00\x01\x00\x06\x02h2\
\x02h3\x00\x03\x00\x02\x20\xfb\x00\x04\x00\x04\xc0\x00\x02\x01";
    let said = read(&[record(65, data)]);
    assert_eq!(said.fault, None);
    assert_eq!(
        said.summary,
        "response 0x1a2b no error: HTTPS 1 foo.example.org mandatory=alpn alpn=h2,h3 port=8443 \
         ipv4hint=192.0.2.1"
    );
    assert_eq!(said.all("dns.svcb.svcparam.alpn"), ["h2", "h3"]);
    assert_eq!(said.field("dns.svcb.svcparam.mandatory.key"), Some("1"));
}

#[test]
fn options_of_later_years() {
    // An OPT record with a report channel (RFC 9567), a zone version (RFC 9660) and an update lease (RFC 9664).
    let options = b"\x00\x12\x00\x08\x01a\x04test\x00\x00\x13\x00\x06\x01\x00\x78\xa4\x90\x11\
        \x00\x02\x00\x04\x00\x00\x0e\x10";
    let length = u8::try_from(options.len()).unwrap();
    let head = [b"\x00\x00\x29\x04\xd0\x00\x00\x00\x00\x00", &[length][..]].concat();
    let said = read(&[[&head[..], options].concat()]);
    assert_eq!(said.fault, None);
    assert_eq!(said.field("wirewalk.dns.opt.report_agent"), Some("a.test"));
    assert_eq!(
        said.field("wirewalk.dns.opt.zone_version"),
        Some("2024050705")
    );
    assert_eq!(said.field("wirewalk.dns.opt.lease"), Some("3600"));
}

#[test]
fn why_an_answer_is_as_it_is() {
    // An OPT record with an extended error (RFC 8914) and a client subnet (RFC 7871).
    let options = b"\x00\x0f\x00\x09\x00\x12blocked\x00\x08\x00\x07\x00\x01\x18\x00\xcb\x00\x71";
    let length = u8::try_from(options.len()).unwrap();
    let opt = [
        b"\x00\x00\x29\x04\xd0\x01\x00\x80\x00\x00",
        &[length][..],
        options,
    ]
    .concat();
    let said = read(&[opt]);
    assert_eq!(said.field("dns.opt.ext_error.info_code"), Some("18"));
    assert_eq!(said.field("dns.opt.ext_error.extra_text"), Some("blocked"));
    assert_eq!(said.field("dns.opt.client.addr4"), Some("203.0.113.0"));
    assert_eq!(said.field("dns.resp.z.do"), Some("set"));
    assert!(
        said.summary.contains("BADVERS"),
        "the upper bits of the code: {}",
        said.summary
    );
}

#[test]
fn an_update() {
    // RFC 2136: delete all A records of a.test, in the zone test.
    let message = b"\x00\x07\x28\x00\x00\x01\x00\x00\x00\x01\x00\x00\x04test\x00\x00\x06\x00\x01\
\x01a\xc0\x0c\x00\x01\x00\xff\x00\x00\x00\x00\x00\x00";
    let said = datagram(40_000, 53, message);
    assert_eq!(said.fault, None);
    assert_eq!(said.summary, "update 0x0007 SOA test");
    assert_eq!(said.field("dns.count.zones"), Some("1"));
    assert_eq!(said.field("dns.count.updates"), Some("1"));
    assert_eq!(said.field("dns.resp.name"), Some("a.test"));
}

#[test]
fn neighbours_use_a_bit_of_the_class() {
    let question =
        b"\x00\x00\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x01a\x05local\x00\x00\x01\x80\x01";
    let said = datagram(5353, 5353, question);
    assert_eq!(said.events, [("mdns.query", question.len())]);
    assert_eq!(said.field("dns.qry.class"), Some("1"));
    assert_eq!(said.field("dns.qry.qu"), Some("set"));
    assert_eq!(
        datagram(40_000, 53, question).field("dns.qry.class"),
        Some("32769")
    );
    let said = datagram(40_000, 5355, question);
    assert_eq!(said.events, [("llmnr.query", question.len())]);
    assert_eq!(said.field("dns.flags.conflict"), Some("not set"));
}

#[test]
fn two_questions_and_their_answers_in_one_stream() {
    let framed = [&[0, 124][..], ANSWER].concat();
    let stream = framed.repeat(2);
    for places in [vec![], vec![1], vec![2, 126, 127], (0..252).collect()] {
        let pieces = cut(&stream, &places);
        let segments: Vec<_> = pieces.iter().map(|p| (Side::Server, &p[..])).collect();
        let talked = converse(&super::PROTOCOL, &segments, true);
        assert_eq!(talked.said.len(), 2);
        for said in &talked.said {
            assert_eq!(said.field("dns.length"), Some("124"));
            assert_eq!(said.all("dns.a").len(), 2);
            assert_eq!(said.fault, None);
        }
    }
}
