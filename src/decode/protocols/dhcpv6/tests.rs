//! DHCPv6 messages recorded and made by another library, and what is told of them.

use std::net::Ipv6Addr;

use dhcproto::Encodable;
use dhcproto::v6::{DhcpOption, IAAddr, IANA, Message, MessageType, Status, StatusCode};

use crate::decode::testing::{Said, datagram};

/// A Renew and its Reply (dhcpv6-rfc6355-duid-uuid.pcap of the corpus of tcpdump).
const RENEW: &str = "0509f56b000100120004a256e92e40abd0d2a3ab3b3ff2ff89980002000a00030001a021b7e0d87100060\
00a001700180017001800010008000200000003002839e7148400000e1000001518000500182a02278807c804dd4a5b39fffee71484000\
01c2000001d4c";
const REPLY: &str = "0709f56b000100120004a256e92e40abd0d2a3ab3b3ff2ff89980003002839e714840000000f0000002d0\
00500182a02278807c804dd4a5b39fffee714840000001e0000003c001700202a022788fff0000700000000000000032a022788fff0000\
500000000000001400018000803766f6f026265000002000a00030001a021b7e0d871";

/// A Solicit that a relay passes on (dhcpv6-mud.pcap of the corpus of tcpdump, frame 1).
const RELAYED: &str = "0c00200108a810060003022584fffedb2380fe80000000000000ba27ebfffeb853c8000900c60178244\
b0001000e000100011e62770bb827ebb853c80008000200000010003300009f08002d6468637063642d362e31312e353a4c696e75782d3\
42e312e31382d76372b3a61726d76376c3a42434d32373039000e00000003000cebb853c800000000000000000027000d010b726173706\
26572727970690070003668747470733a2f2f6d756463746c2e6578616d706c652e636f6d2f2e77656c6c2d6b6e6f776e2f6d75642f763\
12f7261736270313031001400000006000c00170018001f0027005200530012000400000008";

fn hex(digits: &str) -> Vec<u8> {
    let pairs = digits.as_bytes().chunks(2);
    let byte = |pair: &[u8]| u8::from_str_radix(str::from_utf8(pair).unwrap(), 16).unwrap();
    pairs.map(byte).collect()
}

/// A message of this type with these options.
fn message(kind: u8, options: &[u8]) -> Said {
    let head = [kind, 0x12, 0x34, 0x56];
    let server = matches!(kind, 2 | 7 | 10);
    let (from, to) = if server { (547, 546) } else { (546, 547) };
    datagram(from, to, &[&head, options].concat())
}

/// An option.
fn option(code: u16, value: &[u8]) -> Vec<u8> {
    let length = u16::try_from(value.len()).unwrap();
    [&code.to_be_bytes(), &length.to_be_bytes(), value].concat()
}

#[test]
fn a_renewal_and_its_answer() {
    let said = datagram(546, 547, &hex(RENEW));
    let address = "2a02:2788:7c8:4dd:4a5b:39ff:fee7:1484";
    assert_eq!(said.fault, None);
    assert_eq!(
        said.summary,
        format!("Renew, xid 0x09f56b: {address} for 7500 s")
    );
    assert_eq!(said.events, [("dhcpv6.renew", 104)]);
    let uuid = "a2:56:e9:2e:40:ab:d0:d2:a3:ab:3b:3f:f2:ff:89:98";
    assert_eq!(said.field("dhcpv6.duiduuid.bytes"), Some(uuid));
    assert_eq!(
        said.field("dhcpv6.duidll.link_layer_addr"),
        Some("a0:21:b7:e0:d8:71")
    );
    assert_eq!(
        said.all("dhcpv6.requested_option_code"),
        ["23", "24", "23", "24", "1"]
    );
    assert_eq!(said.field("dhcpv6.iaid"), Some("39e71484"));

    let reply = datagram(547, 546, &hex(REPLY));
    assert_eq!(reply.fault, None);
    assert_eq!(
        reply.summary,
        format!("Reply, xid 0x09f56b: {address} for 60 s")
    );
    assert_eq!(reply.events, [("dhcpv6.reply", 132)]);
    assert_eq!(reply.field("dhcpv6.iaid.t1"), Some("15"));
    assert_eq!(
        reply.all("dhcpv6.dns_server"),
        ["2a02:2788:fff0:7::3", "2a02:2788:fff0:5::140"]
    );
    assert_eq!(reply.field("dhcpv6.search_list_entry"), Some("voo.be."));
    // Both name the client by the same identifier.
    let client = "wirewalk.dhcpv6.client";
    assert!(said.field(client).is_some());
    assert_eq!(said.field(client), reply.field(client));
}

#[test]
fn a_relay_passes_a_message_on() {
    let said = datagram(547, 547, &hex(RELAYED));
    assert_eq!(said.fault, None);
    assert_eq!(said.summary, "Relay-forward of Solicit, xid 0x78244b");
    assert_eq!(said.events.first().unwrap().0, "dhcpv6.relay_forward");
    assert_eq!(said.all("dhcpv6.msgtype"), ["12", "1"]);
    assert_eq!(
        said.field("dhcpv6.linkaddr"),
        Some("2001:8a8:1006:3:225:84ff:fedb:2380")
    );
    assert_eq!(
        said.field("dhcpv6.peeraddr"),
        Some("fe80::ba27:ebff:feb8:53c8")
    );
    assert_eq!(said.field("dhcpv6.client_domain"), Some("raspberrypi"));
    assert_eq!(said.field("dhcpv6.clientfqdn.client.s"), Some("set"));
    assert_eq!(
        said.field("dhcpv6.vendorclass.data"),
        Some("dhcpcd-6.11.5:Linux-4.1.18-v7+:armv7l:BCM2709")
    );
    assert_eq!(
        said.field("dhcpv6.duidllt.time"),
        Some("Feb 26, 2016 02:38:03.000000000 UTC")
    );
    assert_eq!(said.field("dhcpv6.interface_id"), Some("00:00:00:08"));
}

#[test]
fn what_another_library_writes() {
    let address = Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 5);
    let mut reply = Message::new_with_id(MessageType::Reply, [1, 2, 3]);
    let mut inside = dhcproto::v6::DhcpOptions::new();
    inside.insert(DhcpOption::StatusCode(StatusCode {
        status: Status::NotOnLink,
        msg: "elsewhere".to_owned(),
    }));
    let mut lease = dhcproto::v6::DhcpOptions::new();
    lease.insert(DhcpOption::IAAddr(IAAddr {
        addr: address,
        preferred_life: 100,
        valid_life: u32::MAX,
        opts: inside,
    }));
    let options = reply.opts_mut();
    options.insert(DhcpOption::ClientId(vec![0, 4, 1]));
    options.insert(DhcpOption::IANA(IANA {
        id: 7,
        t1: 50,
        t2: 80,
        opts: lease,
    }));
    options.insert(DhcpOption::DomainNameServers(vec![address, address]));
    options.insert(DhcpOption::Preference(255));
    let said = datagram(547, 546, &reply.to_vec().unwrap());
    assert_eq!(
        said.summary,
        "Reply, xid 0x010203: 2001:db8::5 for ever; NotOnLink"
    );
    // The UUID is too short, and the rest is read all the same.
    assert_eq!(said.fault, Some("truncated"));
    assert_eq!(said.field("dhcpv6.iaid"), Some("00000007"));
    assert_eq!(said.field("dhcpv6.status_msg"), Some("elsewhere"));
    assert_eq!(said.all("dhcpv6.dns_server").len(), 2);
    assert_eq!(said.field("dhcpv6.option_preference"), Some("255"));
}

#[test]
fn prefixes_names_and_vendors() {
    let mut options = option(
        25,
        b"\0\0\0\x01\0\0\0\x02\0\0\0\x03\0\x1a\0\x1f\0\0\0\x04\0\0\0\x05\x38\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\0\
\0\x43\0\x02\x40\x05",
    );
    options.extend(option(39, b"\x03\x04host\x02ex\x00"));
    options.extend(option(24, b"\x01a\x00\x03b.c\x01d\x00"));
    options.extend(option(8, b"\x01\x4b"));
    options.extend(option(16, b"\0\0\x01\x37\0\x03abc\0\x02de"));
    options.extend(option(17, b"\0\0\0\x09\0\x01\0\x01x\0\x02\0\0"));
    options.extend(option(56, b"\0\x03\0\x05\x01a\x01b\0\0\x09\0\x02zz"));
    options.extend(option(93, b"\x06\x08\x12\0"));
    options.extend(option(144, b"later"));
    let said = message(7, &options);
    assert_eq!(said.fault, None);
    assert_eq!(said.summary, "Reply, xid 0x123456: 2001:db8::/56 for 5 s");
    assert_eq!(said.field("dhcpv6.pd_exclude.subnet_id"), Some("05"));
    assert_eq!(said.field("dhcpv6.clientfqdn.server.o"), Some("set"));
    assert_eq!(said.field("dhcpv6.client_domain"), Some("host.ex."));
    assert_eq!(said.all("dhcpv6.search_list_entry"), ["a.", "b\\.c.d."]);
    assert_eq!(said.field("dhcpv6.elapsed_time"), Some("3310"));
    assert_eq!(said.all("dhcpv6.vendorclass.data"), ["abc", "de"]);
    assert_eq!(said.all("dhcpv6.vendoropts.enterprise.option_data"), ["78"]);
    assert_eq!(said.field("dhcpv6.ntpserver.fqdn"), Some("a.b."));
    assert_eq!(said.field("dhcpv6.s46_portparam.psid"), Some("18"));
    assert_eq!(
        said.all("wirewalk.dhcpv6.option.value"),
        ["7a:7a", "6c:61:74:65:72"]
    );
}

#[test]
fn a_reconfigure_key_is_secret() {
    let options = option(11, b"\x03\x01\x00\0\0\0\0\0\0\0\x01\x01KKKKKKKKKKKKKKKK");
    let said = message(7, &options);
    assert_eq!(said.fault, None);
    assert_eq!(said.secrets, [b"\x01KKKKKKKKKKKKKKKK"]);
    let realm = b"\x02\x01\x00\0\0\0\0\0\0\0\x01realm.test\0\0\0\x07MMMMMMMMMMMMMMMM";
    let said = message(7, &option(11, realm));
    assert_eq!(said.field("dhcpv6.auth.realm"), Some("realm.test"));
    assert_eq!(said.field("dhcpv6.auth.key_id"), Some("7"));
}

#[test]
fn wrong_options_do_not_lose_the_rest() {
    for (code, value) in [
        (3, &b"abc"[..]),
        (5, b"abc"),
        (7, b"\x00\x00"),
        (8, b"\x00"),
        (9, b""),
        (15, b"\x00\x05ab"),
        (16, b""),
        (17, b"\x00\x00\x00\x09\x00\x01\x00\x09x"),
        (21, b"\x41bc"),
        (23, b"abc"),
        (26, b"\0\0\0\0\0\0\0\0\xff\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"),
        (39, b""),
        (89, b"\x00\x00\x00\0\0\0\0\xff"),
        (93, b"\x06\x11\x12\0"),
    ] {
        let mut options = option(code, value);
        options.extend(option(41, b"UTC0"));
        let said = message(1, &options);
        assert!(said.fault.is_some(), "{code}");
        assert_eq!(said.field("dhcpv6.timezone"), Some("UTC0"), "{code}");
        assert_eq!(said.events.len(), 1);
    }
    assert_eq!(message(1, b"\0\x29\0\x09UTC").fault, Some("truncated"));
    assert_eq!(message(1, b"\0\x29").fault, Some("truncated"));
}

#[test]
fn options_inside_options_come_to_an_end() {
    // Client data in client data, and messages in relayed messages.
    let mut data = option(46, b"\0\0\0\x05");
    let mut relayed = vec![1, 0, 0, 1];
    for _ in 0..1000 {
        data = option(45, &data);
        relayed = [&[12; 34][..], &option(9, &relayed)].concat();
    }
    assert_eq!(message(15, &data).fault, Some("limit"));
    let said = datagram(547, 547, &relayed);
    assert_eq!(said.fault, Some("limit"));
    assert_eq!(said.all("dhcpv6.msgtype").len(), 41);
}
