//! A whole recorded session, from identification to the first sealed packets, however it is cut into segments.

use proptest::prelude::*;

use crate::decode::testing::{Said, converse, cut};
use crate::decode::{Extent, FactValue};
use crate::model::Side;

use super::PROTOCOL;

/// OpenSSH 9.2 on both sides, one algorithm of each kind: payloads of the TCP segments on a loopback interface.
static SESSION: &[(Side, &str)] = &[
    (
        Side::Client,
        "5353482d322e302d4f70656e5353485f392e3270312044656269616e2d322b64656231327531300d0a",
    ),
    (
        Side::Server,
        "5353482d322e302d4f70656e5353485f392e3270312044656269616e2d322b64656231327531300d0a",
    ),
    (
        Side::Client,
        "000001040714a1e792858f3f71c8fbf73f287f33e93500000039637572766532353531392d7368613235362c6578742d696e666f2d632c6b65782d7374726963742d632d763030406f70656e7373682e636f6d0000000b7373682d65643235353139000000166165733132382d67636d406f70656e7373682e636f6d000000166165733132382d67636d406f70656e7373682e636f6d0000000d686d61632d736861322d3235360000000d686d61632d736861322d3235360000001a6e6f6e652c7a6c6962406f70656e7373682e636f6d2c7a6c69620000001a6e6f6e652c7a6c6962406f70656e7373682e636f6d2c7a6c69620000000000000000000000000000000000000000",
    ),
    (
        Side::Server,
        "000000ec04143d2e4f4102293483a0afe980447396af0000002e637572766532353531392d7368613235362c6b65782d7374726963742d732d763030406f70656e7373682e636f6d0000000b7373682d65643235353139000000166165733132382d67636d406f70656e7373682e636f6d000000166165733132382d67636d406f70656e7373682e636f6d0000000d686d61632d736861322d3235360000000d686d61632d736861322d323536000000156e6f6e652c7a6c6962406f70656e7373682e636f6d000000156e6f6e652c7a6c6962406f70656e7373682e636f6d0000000000000000000000000000000000",
    ),
    (
        Side::Client,
        "0000002c061e00000020ffc7004ca024f6d1e3b8560bb46c2f78a8ebb29f8c0b99227248c41c21bd144d000000000000",
    ),
    (
        Side::Server,
        "000000bc081f000000330000000b7373682d6564323535313900000020035402c06323db16ac64d39e0dfc698d629d0d2ed6c506a69dafb41e6de72c7700000020166f8ad3b3e4aa41a9f0657b4a32a1ea034b24a18fa3189b07b8a853a57c2858000000530000000b7373682d6564323535313900000040c4b0b5d886bdef5d9a586ffaab487f7aa1483564ac12cb8c0614e8b976b04b647d000327472e670b7f7d0ef8156e61b536098a1829486326b2d4338fd208280600000000000000000000000c0a1500000000000000000000000001307e404ea1870a38998f441e9f2399a1d3717ace993645271fe943ab8d13cabf11bd5cdd0f25f0147a70e6729e8995fa8ce19bfb47a496d3debe9d247013fb2b19c0d1c13dc602ada86897ffac7080ad94b4621efb1f365a565d9e0188e7bf519bc4aa17547d2e7c05fd2a8c6ed29e1a542320b4a9ce8b86efa9390e75e6b5e3c88892beffeb61e87200fe7cff3a1e264996188bb251f7d0e5d6fa3a419d5c5a744ada3b94966ef60178447b478fd203d88a7ff8dc56be6115a4a51766adaf14f6a92cf311835cc81181d6f5d12f093ac833183cd5e03bf5c55ce5ec82582d579f48725fafeebf226807b1e14229b68bca339dcc3650bcf34495dec9bf6d7a9c35450fba7c31beb9a642806d9319e1636d8d6b52ecc43434a6bac41a636c65d6652483612b9eeccb5ae64df5e41d302152562512eb90c4e3076f3da8b7c3501ba8",
    ),
    (Side::Client, "0000000c0a1500000000000000000000"),
    (
        Side::Client,
        "00000020403462ec17651c8258d9815c6d1ef57c04bb2e58de1fc2bba2c1170813e913cfb905f84a23245cced1c069cae24424dd",
    ),
];

fn bytes(hex: &str) -> Vec<u8> {
    let digits = hex.as_bytes().chunks(2);
    let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap();
    digits.map(byte).collect()
}

fn segments() -> Vec<(Side, Vec<u8>)> {
    SESSION
        .iter()
        .map(|&(side, hex)| (side, bytes(hex)))
        .collect()
}

fn play(segments: &[(Side, Vec<u8>)], detail: bool) -> Vec<Said> {
    let borrowed: Vec<_> = segments.iter().map(|(s, b)| (*s, b.as_slice())).collect();
    converse(&PROTOCOL, &borrowed, detail).said
}

#[test]
fn a_session_up_to_its_sealed_packets() {
    let said = play(&segments(), true);
    let events: Vec<_> = said.iter().flat_map(|s| &s.events).map(|e| e.0).collect();
    assert_eq!(
        events,
        [
            "ssh.banner",
            "ssh.banner",
            "ssh.kexinit",
            "ssh.kexinit",
            "ssh.kex_init",
            "ssh.kex_reply",
            "ssh.newkeys",
            "ssh.encrypted",
            "ssh.newkeys",
            "ssh.encrypted",
        ]
    );
    assert!(said.iter().all(|s| s.fault.is_none()), "{said:#?}");
    let banner = &said[0];
    assert_eq!(banner.summary, "SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u10");
    assert_eq!(banner.field("wirewalk.ssh.software"), Some("OpenSSH_9.2p1"));
    assert_eq!(
        banner.field("wirewalk.ssh.comments"),
        Some("Debian-2+deb12u10")
    );
    let second = &said[3];
    let agreed = |what: &str| second.field(&format!("wirewalk.ssh.negotiated.{what}"));
    assert_eq!(agreed("kex"), Some("curve25519-sha256"));
    assert_eq!(agreed("host_key_algorithm"), Some("ssh-ed25519"));
    assert_eq!(
        agreed("cipher_client_to_server"),
        Some("aes128-gcm@openssh.com")
    );
    assert_eq!(agreed("mac_server_to_client"), Some("<implicit>"));
    assert_eq!(second.field("wirewalk.ssh.strict_kex"), Some("set"));
    assert_eq!(
        said[5].field("wirewalk.ssh.host_key.fingerprint"),
        Some("SHA256:+eTwiAaRIE8XpWUxXNsrqGBCqcrlQDA/iv0UX5WGMJo")
    );
    // EXT_INFO, sealed, shares its segment with the reply and NEWKEYS; its length is readable with AES-GCM.
    assert_eq!(said[7].field("ssh.packet_length"), Some("304"));
    assert_eq!(said[7].bytes.len(), 4 + 304 + 16);
}

#[test]
fn sealed_packets_are_counted_when_details_are_not_wanted() {
    let mut segments = segments();
    let sealed = segments.last().unwrap().clone();
    segments.push(sealed);
    let said = play(&segments, false);
    let told: Vec<_> = said.iter().map(|s| s.events[0].0).collect();
    assert_eq!(told.iter().filter(|&&id| id == "ssh.encrypted").count(), 2);
    let last = said.iter().rfind(|s| s.side == segments[7].0).unwrap();
    assert_eq!(last.body, last.bytes.len());
}

#[test]
fn facts_of_the_conversation() {
    let segments = segments();
    let segments: Vec<_> = segments.iter().map(|(s, b)| (*s, b.as_slice())).collect();
    let facts = converse(&PROTOCOL, &segments, false).facts;
    let fact = |name: &str| {
        facts
            .iter()
            .find(|f| f.name == name)
            .map(|f| f.value.clone())
    };
    let text = |text: &str| Some(FactValue::Text(text.to_owned()));
    assert_eq!(
        fact("server_version"),
        text("SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u10")
    );
    assert_eq!(fact("kex"), text("curve25519-sha256"));
    assert_eq!(fact("host_key_algorithm"), text("ssh-ed25519"));
    assert_eq!(fact("cipher"), text("aes128-gcm@openssh.com"));
    assert_eq!(fact("mac"), text("<implicit>"));
    assert_eq!(fact("strict_kex"), Some(FactValue::Flag(true)));
    assert!(
        matches!(fact("host_key_sha256"), Some(FactValue::Text(print)) if print.starts_with("SHA256:+eTw"))
    );
    assert_eq!(converse(&PROTOCOL, &[], false).facts, []);
}

#[test]
fn lines_before_the_identification() {
    let server = b"Welcome\r\nto this host\r\nSSH-2.0-x\r\n".as_slice();
    let talked = converse(&PROTOCOL, &[(Side::Server, server)], true);
    let lines: Vec<_> = talked
        .said
        .iter()
        .filter_map(|s| s.field("wirewalk.ssh.pre_banner"))
        .collect();
    assert_eq!(lines, ["Welcome", "to this host"]);
    assert_eq!(talked.said[2].events, [("ssh.banner", 11)]);
    let talked = converse(&PROTOCOL, &[(Side::Client, server)], true);
    assert!(talked.said.is_empty());
    assert_eq!(talked.end[0], Some(Extent::Done));
}

#[test]
fn version_1_is_named_and_left() {
    let bytes = b"SSH-1.5-OldSoft\n\x00\x00\x01\x0b....".as_slice();
    let talked = converse(&PROTOCOL, &[(Side::Server, bytes)], true);
    assert_eq!(
        talked.said[0].field("wirewalk.ssh.protocol_version"),
        Some("1.5")
    );
    assert_eq!(talked.end[1], Some(Extent::Done));
}

/// A packet in clear with this payload.
fn packet(payload: &[u8]) -> Vec<u8> {
    let padding = 4 + (16 - (payload.len() + 9) % 16) % 16;
    let mut packet = ((1 + payload.len() + padding) as u32)
        .to_be_bytes()
        .to_vec();
    packet.push(padding as u8);
    packet.extend_from_slice(payload);
    packet.resize(packet.len() + padding, 0);
    packet
}

fn string(bytes: &[u8]) -> Vec<u8> {
    [&(bytes.len() as u32).to_be_bytes(), bytes].concat()
}

/// A KEXINIT with one name in each list but those of methods and host keys.
fn kexinit(kex: &str, host_key: &str, follows: bool) -> Vec<u8> {
    let mut payload = vec![20; 17];
    for names in [
        kex,
        host_key,
        "aes128-ctr",
        "aes128-ctr",
        "hmac-sha2-256",
        "hmac-sha2-256",
        "none",
        "none",
        "",
        "",
    ] {
        payload.extend(string(names.as_bytes()));
    }
    payload.extend([u8::from(follows), 0, 0, 0, 0]);
    packet(&payload)
}

#[test]
fn a_wrong_guess_is_ignored() {
    let share = [&[30], string(&[9; 32]).as_slice()].concat();
    let point = [&[30], string(&[4; 65]).as_slice()].concat();
    let client = [
        kexinit("curve25519-sha256,ecdh-sha2-nistp256", "ssh-ed25519", true),
        packet(&share),
    ]
    .concat();
    let server = kexinit("ecdh-sha2-nistp256,curve25519-sha256", "ssh-ed25519", false);
    let turns = [
        (Side::Server, server.as_slice()),
        (Side::Client, &client),
        (Side::Client, &packet(&point)),
    ];
    let said = converse(&PROTOCOL, &turns, true).said;
    assert_eq!(said[2].field("wirewalk.ssh.guess_ignored"), Some("set"));
    // The client's order decides, whatever was guessed.
    assert_eq!(
        said[1].field("wirewalk.ssh.negotiated.kex"),
        Some("curve25519-sha256")
    );
    assert_eq!(said[3].field("ssh.ecdh.q_c_length"), Some("65"));
}

#[test]
fn hybrid_shares_are_taken_apart() {
    let init = [&[30], string(&[7; 1184 + 32]).as_slice()].concat();
    let turns = [
        (
            Side::Client,
            kexinit("mlkem768x25519-sha256", "ssh-ed25519", false),
        ),
        (
            Side::Server,
            kexinit("mlkem768x25519-sha256", "ssh-ed25519", false),
        ),
        (Side::Client, packet(&init)),
    ];
    let said = play(&turns, true);
    let key = said[2].field("wirewalk.ssh.hybrid.c_init.kem").unwrap();
    assert_eq!(key.len(), 1184 * 3 - 1);
    let key = said[2].field("wirewalk.ssh.hybrid.c_init.ecdh").unwrap();
    assert_eq!(key.len(), 32 * 3 - 1);
    assert_eq!(said[2].fault, None);
    // One byte less than the KEM's key needs.
    let short = [&[30], string(&[7; 1184]).as_slice()].concat();
    let mut turns = turns;
    turns[2].1 = packet(&short);
    assert_eq!(play(&turns, true)[2].fault, Some("bad-length"));
}

/// A host certificate as `ssh-keygen -s ca -h -n localhost,host1` made it for an Ed25519 key.
const CERTIFICATE: &str = "000000207373682d656432353531392d636572742d763031406f70656e7373682e636f6d00000020384a9214c72f5a53f6d456fef38520f111c5eee0de130d91a5377707d7cd330200000020035402c06323db16ac64d39e0dfc698d629d0d2ed6c506a69dafb41e6de72c7700000000000000000000000200000005686f73743100000016000000096c6f63616c686f737400000005686f737431000000005e0be1000000000070dbd880000000000000000000000000000000330000000b7373682d65643235353139000000207106d3f3e0b973079243bee531cfb006498da0f954cba960905c190b2c8bf7e9000000530000000b7373682d6564323535313900000040dd1d7badb7a17da196caaecc2de32ffd362e2ddf9f9806c874c7f04a9878e4a5f14210abbefac29ef45834ac690ab55807b01f1a779ca99de60c6e61cc379c0e";

#[test]
fn a_certificate_has_the_fingerprint_of_its_key() {
    let reply = [
        &[31],
        string(&bytes(CERTIFICATE)).as_slice(),
        &string(&[4; 65]),
        &string(&[string(b"ssh-ed25519"), string(&[5; 64])].concat()),
    ]
    .concat();
    let name = "ssh-ed25519-cert-v01@openssh.com";
    let turns = [
        (Side::Client, kexinit("ecdh-sha2-nistp256", name, false)),
        (Side::Server, kexinit("ecdh-sha2-nistp256", name, false)),
        (Side::Server, packet(&reply)),
    ];
    let said = play(&turns, true);
    let field = |key: &str| said[2].field(&format!("wirewalk.ssh.host_key.{key}"));
    assert_eq!(said[2].fault, None);
    assert_eq!(
        field("fingerprint"),
        Some("SHA256:+eTwiAaRIE8XpWUxXNsrqGBCqcrlQDA/iv0UX5WGMJo")
    );
    assert_eq!(field("cert.principals"), Some("localhost,host1"));
    assert_eq!(field("cert.type"), Some("2"));
    assert_eq!(said[2].field("ssh.ecdh.q_s_length"), Some("65"));
}

#[test]
fn a_group_exchange_tells_itself() {
    // Without a KEXINIT the request (34) says what 31 means: a group, not a host key.
    let mut turns = vec![(
        Side::Client,
        packet(&[34, 0, 0, 8, 0, 0, 0, 8, 0, 0, 0, 32, 0]),
    )];
    let group = [&[31], string(&[0, 0xff, 1]).as_slice(), &string(&[2])].concat();
    turns.push((Side::Server, packet(&group)));
    let said = play(&turns, true);
    assert_eq!(said[0].field("ssh.dh_gex.max"), Some("8192"));
    assert_eq!(said[1].field("ssh.dh_gex.p"), Some("00:ff:01"));
    assert_eq!(said[1].summary, "group of 16 bits, method unknown");
    assert_eq!(said[1].events[0].0, "ssh.kex_reply");
}

#[test]
fn nothing_in_common_is_said() {
    let turns = [
        (
            Side::Client,
            kexinit("curve25519-sha256", "ssh-ed25519", false),
        ),
        (Side::Server, kexinit("curve25519-sha256", "ssh-rsa", false)),
    ];
    let said = play(&turns, true);
    assert_eq!(
        said[1].field("wirewalk.ssh.negotiated.mismatch"),
        Some("no common host key algorithm")
    );
}

#[test]
fn lengths_that_lie() {
    // 4 GiB of packet, and a list that reaches past its packet.
    let talked = converse(&PROTOCOL, &[(Side::Client, &[0xff; 64])], true);
    assert!(talked.said.is_empty());
    let mut lists = kexinit("curve25519-sha256", "ssh-rsa", false);
    lists[22] = 0xff;
    let said = play(&[(Side::Client, lists)], true);
    assert_eq!(said[0].fault, Some("bad-length"));
    assert_eq!(said[0].events, []);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    /// However TCP cuts the two streams, the same messages are found.
    #[test]
    fn segmentation_does_not_matter(places in prop::collection::vec(0usize..10_000, 0..40), detail: bool) {
        let whole = segments();
        let cut: Vec<_> = whole
            .iter()
            .flat_map(|(side, bytes)| cut(bytes, &places).into_iter().map(|part| (*side, part)))
            .collect();
        prop_assert_eq!(play(&cut, detail), play(&whole, detail));
        let events = |said: Vec<Said>| said.into_iter().flat_map(|s| s.events).collect::<Vec<_>>();
        prop_assert_eq!(events(play(&cut, false)), events(play(&cut, true)));
    }

    /// Any bytes: no panic, no endless loop.
    #[test]
    fn any_bytes(bytes in prop::collection::vec(any::<u8>(), 0..300), side: bool, clear: bool) {
        let side = if side { Side::Client } else { Side::Server };
        let mut bytes = bytes;
        if clear && bytes.len() > 6 {
            bytes[..6].copy_from_slice(&[0, 0, 0, 0x4c, 5, 31]);
        }
        let agree = [
            (Side::Client, kexinit("ecdh-sha2-nistp256", "ssh-ed25519", false)),
            (Side::Server, kexinit("ecdh-sha2-nistp256", "ssh-ed25519", false)),
            (side, bytes),
        ];
        play(&agree, true);
    }
}
