//! DHCP messages recorded and made by another library, and what is told of them.

use std::net::Ipv4Addr;

use dhcproto::v4::{DhcpOption, Message, MessageType, Opcode, OptionCode};
use dhcproto::{Decodable, Decoder, Encodable};

use crate::decode::testing::{Said, datagram};

/// The options of an offer recorded in `captures/dhcp-join.pcapng`, frame 6.
const OFFERED: &[u8] = b"\x35\x01\x02\x36\x04\xc0\xa8\x01\x01\x33\x04\x00\x01\x51\x80\x3a\x04\x00\x00\
\xa8\xc0\x3b\x04\x00\x01\x27\x50\x01\x04\xff\xff\xff\x00\x1c\x04\xc0\xa8\x01\xff\x03\x04\xc0\xa8\x01\
\x01\x06\x04\xc0\xa8\x01\x01\x0f\x09home.arpa\xff";

/// A message with that header and these options and names.
fn message(operation: u8, name: &[u8], file: &[u8], options: &[u8]) -> Vec<u8> {
    let mut message = vec![operation, 1, 6, 0, 0x41, 0x83, 0x9e, 0x5a, 0, 0, 0, 0];
    message.extend([0; 4]);
    message.extend([192, 168, 1, 100, 192, 168, 1, 1, 0, 0, 0, 0]);
    message.extend([2, 0, 0x5e, 0x10, 0, 0x64]);
    message.extend([0; 10]);
    message.extend(name);
    message.resize(108, 0);
    message.extend(file);
    message.resize(236, 0);
    message.extend(b"\x63\x82\x53\x63");
    message.extend(options);
    message
}

fn read(options: &[u8]) -> Said {
    datagram(67, 68, &message(2, b"", b"", options))
}

#[test]
fn an_offer() {
    let said = read(OFFERED);
    assert_eq!(said.fault, None);
    assert_eq!(
        said.summary,
        "DHCP offer, xid 0x41839e5a: 192.168.1.100 for 86400 s"
    );
    assert_eq!(said.events, [("dhcp.offer", 240 + OFFERED.len())]);
    assert_eq!(said.field("dhcp.hw.mac_addr"), Some("02:00:5e:10:00:64"));
    assert_eq!(said.field("dhcp.option.router"), Some("192.168.1.1"));
    assert_eq!(said.field("dhcp.option.domain_name"), Some("home.arpa"));
    assert_eq!(said.field("dhcp.option.renewal_time_value"), Some("43200"));
    assert_eq!(said.field("dhcp.option.end"), Some("255"));
}

#[test]
fn the_library_reads_the_same() {
    let bytes = message(2, b"", b"", OFFERED);
    let said = read(OFFERED);
    let theirs = Message::decode(&mut Decoder::new(&bytes)).unwrap();
    assert_eq!(said.field("dhcp.id"), Some(&*theirs.xid().to_string()));
    assert_eq!(
        said.field("dhcp.ip.your"),
        Some(&*theirs.yiaddr().to_string())
    );
    let codes: Vec<_> = said.all("dhcp.option.type");
    assert_eq!(codes.len(), theirs.opts().iter().count());
    for code in codes {
        let code = OptionCode::from(code.parse::<u8>().unwrap());
        assert!(theirs.opts().get(code).is_some(), "{code:?}");
    }
}

#[test]
fn what_the_library_writes() {
    let mut theirs = Message::default();
    theirs.set_opcode(Opcode::BootRequest).set_xid(7);
    let options = theirs.opts_mut();
    options.insert(DhcpOption::MessageType(MessageType::Request));
    options.insert(DhcpOption::Hostname("laptop".to_owned()));
    options.insert(DhcpOption::RequestedIpAddress(Ipv4Addr::new(
        192, 168, 1, 100,
    )));
    options.insert(DhcpOption::ParameterRequestList(vec![
        OptionCode::SubnetMask,
        OptionCode::DomainNameServer,
    ]));
    options.insert(DhcpOption::ClassIdentifier(b"MSFT 5.0".to_vec()));
    options.insert(DhcpOption::End);
    let said = datagram(68, 67, &theirs.to_vec().unwrap());
    assert_eq!(said.fault, None);
    assert_eq!(said.summary, "DHCP request, xid 0x00000007: 192.168.1.100");
    assert_eq!(said.events.first().map(|e| e.0), Some("dhcp.request"));
    assert_eq!(said.field("dhcp.option.hostname"), Some("laptop"));
    assert_eq!(said.all("dhcp.option.request_list_item"), ["1", "6"]);
    assert_eq!(said.field("dhcp.option.vendor_class_id"), Some("MSFT 5.0"));
}

#[test]
fn options_in_place_of_the_names() {
    let bytes = message(
        2,
        b"\x0c\x05named\xff",
        b"\x00\x0f\x04home\xff",
        b"\x35\x01\x05\x34\x01\x03\xff",
    );
    let said = datagram(67, 68, &bytes);
    assert_eq!(said.fault, None);
    assert_eq!(said.field("dhcp.option.hostname"), Some("named"));
    assert_eq!(said.field("dhcp.option.domain_name"), Some("home"));
    assert_eq!(said.field("dhcp.server"), None);
    assert_eq!(said.field("dhcp.file"), None);
    assert_eq!(said.events.first().map(|e| e.0), Some("dhcp.ack"));
}

#[test]
fn without_the_cookie_it_is_bootp() {
    let mut bytes = message(1, b"", b"boot.img", &[0; 60]);
    for byte in bytes.iter_mut().skip(236).take(4) {
        *byte = 0;
    }
    let said = datagram(68, 67, &bytes);
    assert_eq!(said.summary, "BOOTP request, xid 0x41839e5a");
    assert_eq!(said.field("dhcp.file"), Some("boot.img"));
    assert!(said.events.is_empty());
    assert!(said.field("dhcp.vendor_specific_options").is_some());
}

#[test]
fn options_with_parts() {
    // RFC 3442's example of a route, a default route, and RFC 3397's compressed list.
    let said = read(
        b"\x35\x01\x05\x79\x0d\x18\x0a\x11\x00\x0a\x00\x00\x01\x00\xc0\xa8\x01\x01\x77\x16\x03eng\
\x05apple\x03com\x00\x04test\xc0\x04\x52\x06\x01\x04eth0\xff",
    );
    assert_eq!(said.fault, None);
    assert_eq!(
        said.all("wirewalk.dhcp.route.destination"),
        ["10.17.0.0", "0.0.0.0"]
    );
    assert_eq!(
        said.all("dhcp.option.dhcp_dns_domain_search_list_fqdn"),
        ["eng.apple.com", "test.apple.com"]
    );
    assert_eq!(
        said.field("dhcp.option.agent_information_option.agent_circuit_id"),
        Some("65:74:68:30")
    );
    // Client identifiers: a hardware address, a UUID, an interface and a DUID.
    for (value, key, text) in [
        (
            &b"\x01\x02\x00\x00\x00\x00\x01"[..],
            "dhcp.hw.mac_addr",
            "02:00:00:00:00:01",
        ),
        (
            b"\x00\x00\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f",
            "dhcp.client_id.uuid",
            "03020100-0504-0706-0809-0a0b0c0d0e0f",
        ),
        (
            b"\xff\x00\x00\x00\x01\x00\x03\x00\x01\x02\x00\x00\x00\x00\x02",
            "dhcp.client_id.link_layer_address",
            "02:00:00:00:00:02",
        ),
    ] {
        let length = u8::try_from(value.len()).unwrap();
        let said = read(&[b"\x35\x01\x01\x3d", &[length][..], value, b"\xff"].concat());
        assert_eq!(said.fault, None);
        assert_eq!(said.all(key).last(), Some(&text));
    }
}

#[test]
fn wrong_options_do_not_lose_the_rest() {
    for bad in [
        &b"\x33\x02\x00\x01"[..],
        b"\x79\x05\x21\x00\x00\x00\x00",
        b"\x52\x03\x01\x09a",
        b"\x77\x02\xc0\x00",
        b"\x5a\x03\x00\x00\x00",
        b"\x51\x01\x00",
    ] {
        let said = read(&[b"\x35\x01\x02", bad, b"\x0c\x01h\xff"].concat());
        assert_ne!(said.fault, None, "{bad:?}");
        assert_eq!(said.field("dhcp.option.hostname"), Some("h"));
        assert_eq!(said.events.len(), 1);
    }
    assert_eq!(read(b"\x35\x01\x02").fault, Some("bad-value"));
    assert_eq!(read(b"\x35\x01\x02\x0c\x20h").fault, Some("truncated"));
}
