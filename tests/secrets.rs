//! Secrets are nowhere without `--reveal-secrets`, however their bytes are spread over frames.

#![expect(clippy::unwrap_used, reason = "helpers of tests may fail as tests do")]

use std::fs;
use std::path::PathBuf;
use std::process::Command;

/// What must not be seen, in any spelling.
const SECRET: &str = "Zq7Kx0Vw4Jt9Pm2Yb5Hd8Nf1Lg6Rc3Qs";

const FIN: u8 = 1;
const SYN: u8 = 2;
const ACK: u8 = 16;

/// A capture in the making: an HTTP client and a server, a frame a millisecond.
struct Pcap(Vec<u8>);

impl Pcap {
    fn new() -> Self {
        let header: [u32; 6] = [0xa1b2_c3d4, 0x0004_0002, 0, 0, 262_144, 1];
        Self(header.iter().flat_map(|word| word.to_le_bytes()).collect())
    }

    fn frame(&mut self, bytes: &[u8]) {
        let count = self.0.len() as u32;
        let length = bytes.len() as u32;
        for word in [1_700_000_000, count, length, length] {
            self.0.extend(word.to_le_bytes());
        }
        self.0.extend(bytes);
    }

    fn ip(&mut self, client: bool, protocol: u8, fragment: u16, payload: &[u8]) {
        let (src, dst) = ends(client);
        let packet = packet(src, dst, protocol, fragment, payload);
        let macs = [2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0];
        self.frame(&[&macs[..], &packet].concat());
    }

    fn tcp(&mut self, client: bool, flags: u8, seq: u32, ack: u32, data: &str) {
        self.ip(client, 6, 0, &segment(client, flags, seq, ack, data));
    }

    fn handshake(&mut self) {
        self.tcp(true, SYN, 99, 0, "");
        self.tcp(false, SYN | ACK, 499, 100, "");
        self.tcp(true, ACK, 100, 500, "");
    }

    /// Everything that the commands say about it, without and with secrets.
    fn told(&self, name: &str) -> [String; 2] {
        let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}.pcap"));
        fs::write(&path, &self.0).unwrap();
        [&[][..], &["--reveal-secrets"]].map(|more| {
            let commands: [&[&str]; 7] = [
                &["show", "--frames", "all", "--format", "json"],
                &["show", "--frames", "all", "--width", "200"],
                &["show", "--frames", "all", "--depth", "deep"],
                &["show"],
                &["walk", "--format", "json", "--depth", "deep"],
                &["walk", "--depth", "deep"],
                &["list", "--format", "json"],
            ];
            let said = commands.iter().map(|args| {
                let mut command = Command::new(env!("CARGO_BIN_EXE_wirewalk"));
                let output = command.args(*args).args(more).arg(&path).output().unwrap();
                assert_eq!(output.status.code(), Some(0), "{args:?}");
                String::from_utf8(output.stdout).unwrap()
            });
            said.collect()
        })
    }

    /// No four characters of the secret stand anywhere, as they are, in hexadecimal or in base64; revealed, they do.
    fn keeps(&self, name: &str) {
        let [masked, revealed] = self.told(name);
        for part in SECRET.as_bytes().windows(4) {
            let text = std::str::from_utf8(part).unwrap();
            let hex = hex(part);
            for seen in [text.to_owned(), hex.join(""), hex.join(" "), hex.join(":")] {
                let at = masked.find(&seen);
                let around = at.map(|at| &masked[at.saturating_sub(300)..at + 50]);
                assert!(at.is_none(), "{name}: {seen} in {around:?}");
            }
        }
        let hex = hex(&SECRET.as_bytes()[..4]).join("");
        assert!(revealed.contains(&hex), "{name}");
    }
}

fn hex(bytes: &[u8]) -> Vec<String> {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn ends(client: bool) -> ([u8; 4], [u8; 4]) {
    if client {
        ([10, 0, 0, 1], [10, 0, 0, 2])
    } else {
        ([10, 0, 0, 2], [10, 0, 0, 1])
    }
}

fn packet(src: [u8; 4], dst: [u8; 4], protocol: u8, fragment: u16, payload: &[u8]) -> Vec<u8> {
    let length = 20 + payload.len() as u16;
    [
        &[0x45, 0][..],
        &length.to_be_bytes(),
        &[0, 7],
        &fragment.to_be_bytes(),
        &[64, protocol, 0, 0],
        &src,
        &dst,
        payload,
    ]
    .concat()
}

fn segment(client: bool, flags: u8, seq: u32, ack: u32, data: &str) -> Vec<u8> {
    let (src, dst) = if client { (40_000, 80) } else { (80, 40_000) };
    [
        &u16::to_be_bytes(src)[..],
        &u16::to_be_bytes(dst),
        &seq.to_be_bytes(),
        &ack.to_be_bytes(),
        &[0x50, flags, 16, 0, 0, 0, 0, 0],
        data.as_bytes(),
    ]
    .concat()
}

fn head() -> String {
    format!(
        "GET / HTTP/1.1\r\nHost: a.test\r\nCookie: id={SECRET}; b={SECRET}\r\n\
        Authorization: Bearer {SECRET}\r\nAccept: */*\r\n\r\n"
    )
}

#[test]
fn in_one_segment() {
    let mut pcap = Pcap::new();
    pcap.handshake();
    pcap.tcp(true, ACK, 100, 500, &head());
    let answer =
        format!("HTTP/1.1 200 OK\r\nSet-Cookie: id={SECRET}; Path=/\r\nContent-Length: 0\r\n\r\n");
    pcap.tcp(false, ACK, 500, 100 + head().len() as u32, &answer);
    pcap.keeps("one");
}

#[test]
fn in_a_head_over_segments() {
    let head = head();
    // At every byte, and in three parts of which the second may have no line end at all.
    let cuts = (20..head.len() - 2).step_by(7);
    for (number, at) in cuts.enumerate() {
        let mut pcap = Pcap::new();
        pcap.handshake();
        let next = (at + 11).min(head.len() - 1);
        for (from, to) in [(0, at), (at, next), (next, head.len())] {
            pcap.tcp(true, ACK, 100 + from as u32, 500, &head[from..to]);
        }
        if number % 4 == 0 {
            pcap.keeps("parts");
        } else {
            // One file for all would be one conversation: only the hexadecimal of each is looked at.
            let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("parts-quick.pcap");
            fs::write(&path, &pcap.0).unwrap();
            let mut command = Command::new(env!("CARGO_BIN_EXE_wirewalk"));
            command.args(["show", "--frames", "all", "--format", "json"]);
            let output = command.arg(&path).output().unwrap();
            let said = String::from_utf8(output.stdout).unwrap();
            for part in SECRET.as_bytes().windows(4) {
                let hex = hex(part).join("");
                assert!(!said.contains(&hex), "cut at {at}: {hex}");
            }
        }
    }
}

#[test]
fn in_a_head_that_never_ends() {
    let head = head();
    let at = head.find("b=Zq7").unwrap() + 9;
    let mut pcap = Pcap::new();
    pcap.handshake();
    pcap.tcp(true, ACK, 100, 500, &head[..at]);
    pcap.tcp(true, ACK, 100 + at as u32, 500, &head[at..at + 8]);
    pcap.keeps("unended");
}

#[test]
fn in_second_copies_and_out_of_order() {
    let head = head();
    let at = head.find("id=Zq7").unwrap() + 9;
    let (first, second) = head.split_at(at);
    let mut pcap = Pcap::new();
    pcap.handshake();
    // The second part comes first, then both, then both again, and at last a copy that begins elsewhere.
    pcap.tcp(true, ACK, 100 + at as u32, 500, second);
    pcap.tcp(true, ACK, 100, 500, first);
    pcap.tcp(true, ACK, 100 + at as u32, 500, second);
    pcap.tcp(true, ACK, 100, 500, first);
    pcap.tcp(true, ACK, 100 + at as u32 + 5, 500, &second[5..]);
    pcap.tcp(true, FIN | ACK, 100 + head.len() as u32, 500, "");
    pcap.tcp(false, FIN | ACK, 500, 101 + head.len() as u32, "");
    pcap.tcp(true, ACK, 101 + head.len() as u32, 501, "");
    pcap.tcp(true, ACK, 100 + at as u32 + 9, 501, &second[9..]);
    pcap.keeps("copies");
}

#[test]
fn behind_a_gap_and_where_the_capture_begins() {
    let head = head();
    let at = head.find("id=Zq7").unwrap() + 9;
    let mut pcap = Pcap::new();
    pcap.tcp(true, ACK, 100 + at as u32, 500, &head[at..]);
    pcap.tcp(false, ACK, 500, 100 + head.len() as u32, "");
    pcap.keeps("midway");

    let mut pcap = Pcap::new();
    pcap.handshake();
    pcap.tcp(true, ACK, 100, 500, &head[..at - 30]);
    // What lies between was not captured, but it was acknowledged.
    pcap.tcp(true, ACK, 100 + at as u32, 500, &head[at..]);
    pcap.tcp(false, ACK, 500, 100 + head.len() as u32, "");
    pcap.keeps("gap");
}

#[test]
fn in_a_head_that_waits_for_its_body() {
    let head = format!(
        "POST / HTTP/1.1\r\nCookie: id={SECRET}\r\nProxy-Authorization: Basic {SECRET}\r\nContent-Length: 10\r\n\r\n"
    );
    let mut pcap = Pcap::new();
    pcap.handshake();
    pcap.tcp(true, ACK, 100, 500, &head[..30]);
    pcap.tcp(true, ACK, 130, 500, &head[30..]);
    pcap.tcp(true, ACK, 100 + head.len() as u32, 500, "hello");
    pcap.tcp(true, ACK, 105 + head.len() as u32, 500, "hello");
    pcap.keeps("body");
}

#[test]
fn in_fragments_and_quoted_packets() {
    let mut pcap = Pcap::new();
    pcap.handshake();
    let whole = segment(true, ACK, 100, 500, &head());
    pcap.ip(true, 6, 0x2000, &whole[..160]);
    pcap.ip(true, 6, 20, &whole[160..]);
    let (src, dst) = ends(true);
    let quoted = packet(src, dst, 6, 0, &whole);
    let error = [&[3, 1, 0, 0, 0, 0, 0, 0][..], &quoted].concat();
    pcap.ip(false, 1, 0, &error);
    pcap.keeps("fragments");
}

#[test]
fn with_bytes_that_are_no_text() {
    let mut pcap = Pcap::new();
    pcap.handshake();
    // As many replacement characters as would make the value as long as its line.
    let head = format!("GET / HTTP/1.1\r\nCookie: \u{e9}\u{e9}\u{e9}={SECRET}\r\n\r\n");
    pcap.tcp(true, ACK, 100, 500, &head);
    pcap.keeps("no-text");
}
