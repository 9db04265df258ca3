//! Names beside addresses with those who claim them, and whose MAC addresses are, as the program shows them.

#![expect(clippy::unwrap_used, reason = "helpers of tests may fail as tests do")]

use std::fs;
use std::process::Command;

use serde_json::Value;

fn told(args: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_wirewalk"))
        .args(args)
        .env("LANG", "C.UTF-8")
        .env("COLUMNS", "100")
        .output()
        .unwrap();
    assert!(output.status.success(), "{args:?}");
    String::from_utf8(output.stdout).unwrap()
}

fn objects(args: &[&str]) -> Vec<Value> {
    let text = told(args);
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// What `walk` tells programs of a capture.
fn walked(path: &str) -> Value {
    let text = told(&["walk", path, "--format", "json", "--depth", "normal"]);
    serde_json::from_str(&text).unwrap()
}

/// `name by frame` of the claims that an object has.
fn claims(object: &Value) -> Vec<String> {
    let claims = object["names"].as_array().into_iter().flatten();
    claims
        .map(|claim| {
            let text = |key: &str| claim[key].as_str().unwrap();
            format!("{} {} {}", text("name"), text("by"), claim["frame"])
        })
        .collect()
}

fn block(kind: u32, body: &[u8]) -> Vec<u8> {
    let mut body = body.to_vec();
    body.resize(body.len().next_multiple_of(4), 0);
    let length = (body.len() as u32 + 12).to_le_bytes();
    [&kind.to_le_bytes()[..], &length, &body, &length].concat()
}

/// An echo between 10.0.0.1 (a Raspberry Pi) and 10.0.0.2 (a host that made its MAC address up), or its answer.
fn echo(answer: bool) -> Vec<u8> {
    let (client, server) = ([0xb8, 0x27, 0xeb, 0, 0, 1], [0xda, 0xa1, 0x19, 0, 0, 2]);
    let (src, dst) = if answer { (2, 1) } else { (1, 2) };
    let (from, to) = if answer {
        (server, client)
    } else {
        (client, server)
    };
    let frame = [
        &to[..],
        &from,
        &[8, 0, 0x45, 0, 0, 28, 0, 1, 0, 0, 64, 1, 0, 0],
        &[10, 0, 0, src, 10, 0, 0, dst],
        &[if answer { 0 } else { 8 }, 0, 0, 0, 0, 1, 0, 1],
    ]
    .concat();
    let length = (frame.len() as u32).to_le_bytes();
    let time = if answer { 2000_u32 } else { 1000 }.to_le_bytes();
    block(6, &[&[0; 8][..], &time, &length, &length, &frame].concat())
}

/// A record that gives 10.0.0.2 these names.
fn record(names: &str) -> Vec<u8> {
    let names: Vec<u8> = names.bytes().chain([0]).collect();
    let length = (names.len() as u16 + 4).to_le_bytes();
    let mut record = [&[1, 0][..], &length, &[10, 0, 0, 2], &names].concat();
    record.resize(record.len().next_multiple_of(4), 0);
    block(4, &[&record[..], &[0; 4]].concat())
}

/// A capture of these blocks; it is there as long as its folder.
fn capture(blocks: &[Vec<u8>]) -> (tempfile::TempDir, String) {
    let section = [
        &0x1a2b_3c4d_u32.to_le_bytes()[..],
        &[1, 0, 0, 0],
        &[0xff; 8],
    ]
    .concat();
    let interface = block(1, &[1, 0, 0, 0, 0, 0, 4, 0]);
    let file = [block(0x0a0d_0d0a, &section), interface, blocks.concat()].concat();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("names.pcapng");
    fs::write(&path, file).unwrap();
    let path = path.to_string_lossy().into_owned();
    (folder, path)
}

/// The fields of a frame with this key.
fn fields<'a>(frame: &'a Value, key: &str) -> Vec<&'a Value> {
    let layers = frame["layers"].as_array().unwrap().iter();
    let fields = layers.flat_map(|layer| layer["fields"].as_array().unwrap());
    fields.filter(|field| field["key"] == key).collect()
}

#[test]
fn resolvers_and_clients_claim_names() {
    let walked = walked("curl-https");
    let actors = walked["journeys"][0]["actors"].as_array().unwrap();
    let server = actors.iter().find(|a| a["role"] == "server").unwrap();
    assert_eq!(server["name"], "www.example.test");
    assert_eq!(
        claims(server),
        [
            "www.example.test http-host 15",
            "www.example.test sni 10",
            "www.example.test dns 5"
        ]
    );
    let list = objects(&["list", "curl-https", "--format", "json"]);
    let last = list.last().unwrap();
    assert_eq!(claims(&last["server"]), ["www.example.test dns 5"]);
    assert!(claims(&last["client"]).is_empty());
    assert_eq!(last["tls"]["sni"], "www.example.test");
    let text = told(&["list", "curl-https", "--width", "200"]);
    assert!(
        text.contains("www.example.test (SNI, DNS answer)"),
        "{text}"
    );
    // A program that asks for the name of an address has an answer, too.
    let text = told(&["traceroute"]);
    assert!(
        text.contains("router.home.arpa (reverse DNS answer, frame 10)"),
        "{text}"
    );
    let text = told(&["list", "ssh-login", "--width", "200"]);
    assert!(text.contains("server.example.test (DNS answer)"), "{text}");
}

#[test]
fn a_frame_has_the_names_that_were_claimed_up_to_it() {
    let frames = objects(&["show", "curl-https", "--frames", "all", "--format", "json"]);
    for (number, known) in [
        (4, &[][..]),
        (7, &["www.example.test dns 5"]),
        (10, &["www.example.test sni 10", "www.example.test dns 5"]),
    ] {
        let frame = &frames[number - 1];
        for field in [fields(frame, "ip.src"), fields(frame, "ip.dst")].concat() {
            assert_eq!(
                field["value"], field["display"],
                "what is added stands apart"
            );
            let of_server = field["value"] == "203.0.113.10";
            assert_eq!(
                claims(field),
                if of_server { known } else { &[] },
                "{number}"
            );
        }
    }
    let answers = fields(&frames[4], "dns.a");
    assert_eq!(
        (answers.len(), claims(answers[0]).len()),
        (1, 0),
        "it says so itself"
    );
    let text = told(&["show", "curl-https", "--frames", "7"]);
    assert!(
        text.contains("203.0.113.10 · www.example.test (DNS answer, frame 5)"),
        "{text}"
    );
}

#[test]
fn names_of_the_capture_are_claimed_from_their_place_on_and_shown_escaped() {
    let hostile = "Gate\u{1b}[2J\u{202e}.LAN.\0\0second.lan";
    let (_folder, path) = capture(&[echo(false), record(hostile), echo(true)]);
    let expected = [
        "second.lan capture null".to_owned(),
        "gate\u{1b}[2j\u{202e}.lan capture null".to_owned(),
    ];
    let frames = objects(&["show", &path, "--format", "json"]);
    assert!(claims(fields(&frames[0], "ip.dst")[0]).is_empty());
    assert_eq!(claims(fields(&frames[1], "ip.src")[0]), expected);
    assert_eq!(claims(&walked(&path)["journeys"][0]["actors"][1]), expected);
    assert_eq!(
        claims(&objects(&["list", &path, "--format", "json"])[0]["server"]),
        expected
    );
    for args in [
        &["walk", &path][..],
        &["show", &path, "--frames", "all"],
        &["list", &path, "--width", "200"],
    ] {
        let text = told(args);
        assert!(!text.contains(['\u{1b}', '\u{202e}']), "{args:?}");
        assert!(
            text.contains("second.lan (capture's name records)"),
            "{text}"
        );
        assert!(
            args[0] == "list" || text.contains("gate\\x1b[2j\\u{202e}.lan"),
            "{text}"
        );
    }
}

#[test]
fn hostile_records_take_bounded_memory_and_the_latest_names_stay() {
    let many: Vec<u8> = (0..300_u32)
        .flat_map(|n| record(&format!("n{n}.lan")))
        .collect();
    let (_folder, path) = capture(&[many, echo(false), echo(true)]);
    let list = objects(&["list", &path, "--format", "json"]);
    assert_eq!(
        claims(&list[0]["server"]),
        ["n299.lan", "n298.lan", "n297.lan", "n296.lan"].map(|name| format!("{name} capture null"))
    );
}

#[test]
fn a_mac_address_tells_its_vendor_or_why_it_has_none() {
    let (_folder, path) = capture(&[echo(false), echo(true)]);
    let frames = objects(&["show", &path, "--format", "json"]);
    let (from, to) = (
        fields(&frames[0], "eth.src")[0],
        fields(&frames[0], "eth.dst")[0],
    );
    assert_eq!(from["vendor"], "Raspberry Pi Foundation");
    assert_eq!(
        (&to["vendor"], &to["mac_kind"]),
        (
            &Value::Null,
            &Value::from("locally administered, perhaps randomised")
        )
    );
    let walked = |depth| told(&["walk", &path, "--depth", depth]);
    assert!(!walked("brief").contains("Raspberry"));
    for depth in ["normal", "deep"] {
        let text = walked(depth);
        assert!(
            text.contains("b8:27:eb:00:00:01  Raspberry Pi Foundation"),
            "{text}"
        );
        assert!(
            text.contains("da:a1:19:00:00:02  locally administered"),
            "{text}"
        );
    }
    for (path, member) in [(path.as_str(), "\"vendor\""), ("curl-https", "\"names\"")] {
        let brief = told(&["walk", path, "--format", "json"]);
        assert!(!brief.contains(member), "the fast way looks nothing up");
    }
}
