//! NTP messages recorded, and what is told of them.

use crate::decode::testing::{Said, datagram};

/// A server's answer (ntp-time.pcap of the corpus of tcpdump, frame 2).
const ANSWER: &[u8] = b"\x24\x02\x08\xe8\x00\x00\x00\x15\x00\x00\x09\x52\x84\xc7\x07\xc9\
\xdd\x47\xfb\x3a\x56\x76\x37\xc0\xdd\x47\xff\xf4\xed\xb0\xcc\xbc\
\xdd\x47\xff\xf4\xee\x0f\x47\x43\xdd\x47\xff\xf4\xee\x11\x19\xcf";

fn told(bytes: &[u8]) -> Said {
    datagram(123, 40_000, bytes)
}

#[test]
fn an_answer() {
    let said = told(ANSWER);
    assert_eq!(said.fault, None);
    assert_eq!(
        said.summary,
        "NTP version 4, server, stratum 2 (132.199.7.201): Aug 23, 2017 13:21:56.929948437 UTC"
    );
    assert_eq!(said.events, [("ntp.response", 48)]);
    assert_eq!(said.field("ntp.precision"), Some("232"));
    assert_eq!(
        said.all("wirewalk.ntp.seconds"),
        ["0.00032 s", "0.036407 s"]
    );
    assert_eq!(
        said.field("ntp.reftime"),
        Some("Aug 23, 2017 13:01:46.337741360 UTC")
    );
}

#[test]
fn times_without_a_value_and_behind_2036() {
    let mut bytes = ANSWER.to_vec();
    bytes.splice(16..24, [0; 8]);
    bytes.splice(24..32, [0, 0, 0, 0, 0x80, 0, 0, 0]);
    bytes.splice(32..40, [0x80, 0, 0, 0, 0, 0, 0, 0]);
    let said = told(&bytes);
    assert_eq!(said.field("ntp.reftime"), Some("NULL"));
    assert_eq!(
        said.field("ntp.org"),
        Some("Feb  7, 2036 06:28:16.500000000 UTC")
    );
    assert_eq!(
        said.field("ntp.rec"),
        Some("Jan 20, 1968 03:14:08.000000000 UTC")
    );
}

#[test]
fn a_refusal_says_why_in_letters() {
    let mut bytes = ANSWER.to_vec();
    bytes.splice(0..2, [0xe4, 0]);
    bytes.splice(12..16, *b"RATE");
    let said = told(&bytes);
    assert_eq!(said.field("wirewalk.ntp.refid"), Some("RATE"));
    assert_eq!(said.field("ntp.flags.li"), Some("3"));
    assert_eq!(said.field("ntp.refid"), Some("52:41:54:45"));
}

#[test]
fn extension_fields_and_checks() {
    // Network Time Security has a field of 36 bytes here; a check has at most 24 and is no field.
    let field = [&b"\x01\x04\x00\x24"[..], &[7; 32]].concat();
    let check = [&b"\x00\x00\x00\x08"[..], &[9; 20]].concat();
    let said = told(&[ANSWER, &field, &check].concat());
    assert_eq!(said.fault, None);
    assert_eq!(said.field("ntp.ext.length"), Some("36"));
    assert_eq!(said.field("ntp.keyid"), Some("00:00:00:08"));
    assert_eq!(said.field("ntp.mac").map(str::len), Some(59));
    // A server that could not check the question.
    let said = told(&[ANSWER, &[0; 4]].concat());
    assert_eq!(said.field("ntp.keyid"), Some("00:00:00:00"));
    assert_eq!(said.field("ntp.mac"), None);
    for length in [0, 4, 15, 18, 200] {
        let field = [&b"\x01\x04\x00"[..], &[length], &[7; 32]].concat();
        assert!(told(&[ANSWER, &field].concat()).fault.is_some());
    }
}

#[test]
fn a_control_message() {
    // The status of a server and of one association, made after RFC 9327 section 3.
    let message = b"\x16\x81\x00\x44\x06\x18\x00\x00\x00\x00\x00\x04\x9c\x4f\x96\x1a";
    let said = told(message);
    assert_eq!(said.fault, None);
    assert_eq!(said.summary, "NTP control, answer: read status");
    assert_eq!(said.events.first().unwrap().0, "ntp.control");
    assert_eq!(said.field("ntp.ctrl.sys_status.clksrc"), Some("6"));
    assert_eq!(said.all("ntp.ctrl.associd"), ["0", "40015"]);
    assert_eq!(said.field("ntp.ctrl.peer_status.selection"), Some("6"));
    // A version as text, and filling.
    let message = b"\x16\x82\x00\x44\x06\x18\x00\x00\x00\x00\x00\x05hello\x00\x00\x00";
    let said = told(message);
    assert_eq!(said.field("wirewalk.ntp.ctrl.text"), Some("hello"));
    assert_eq!(said.fault, None);
    let said = told(b"\x16\xc2\x00\x44\x07\x00\x00\x00\x00\x00\x00\x00");
    assert_eq!(said.field("ntp.ctrl.err_status"), Some("7"));
    assert_eq!(said.field("ntp.ctrl.sys_status.li"), None);
}

#[test]
fn the_list_of_clients() {
    // The first of five entries (NTPv2.pcap of the corpus of nDPI).
    let message = b"\x97\x0e\x03\x2a\x00\x01\x00\x48\x00\x00\x00\x00\x00\x00\x10\x3a\x00\x00\x00\x00\x00\x00\x01\x88\
\x48\xef\x59\x6d\xac\x10\x0c\x65\x00\x00\x00\x01\x0c\x02\x07\x02\x00\x00\x00\x00\x00\x00\x00\x00\
\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0";
    let said = told(message);
    assert_eq!(said.fault, None);
    assert_eq!(said.summary, "NTP private, answer: list of clients (1)");
    assert_eq!(
        said.field("ntp.priv.monlist.remote_address"),
        Some("72.239.89.109")
    );
    assert_eq!(said.field("ntp.priv.monlist.count"), Some("392"));
    assert_eq!(said.field("ntp.priv.seq"), Some("14"));
    // Items that end too early, and of no length.
    assert_eq!(told(&message[..60]).fault, Some("truncated"));
    let mut none = message.to_vec();
    none[7] = 0;
    assert_eq!(told(&none).fault, None);
}
