//! A reset is told with the reason that the numbers prove, and the verdict says no more than they do.

#![expect(clippy::unwrap_used, reason = "helpers of tests may fail as tests do")]

use std::io::Write as _;
use std::process::{Command, Stdio};

const FIN: u8 = 1;
const SYN: u8 = 2;
const RST: u8 = 4;
const ACK: u8 = 16;

/// A segment: whether the client sends it, its flags, its two numbers, its bytes.
type Segment<'a> = (bool, u8, u32, u32, &'a [u8]);

const SHAKE_HANDS: [Segment<'_>; 3] = [
    (true, SYN, 100, 0, b""),
    (false, SYN | ACK, 500, 101, b""),
    (true, ACK, 101, 501, b""),
];

/// A capture of raw IP packets, a millisecond apart.
fn capture(segments: &[Segment<'_>]) -> Vec<u8> {
    let mut file = vec![0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0];
    file.extend([0; 8]);
    file.extend([0, 0, 1, 0, 101, 0, 0, 0]);
    for (number, &(asks, flags, seq, ack, data)) in (0u32..).zip(segments) {
        let client = ([10, 0, 0, 1], [0x9c, 0x40]);
        let server = ([10, 0, 0, 2], [0x27, 0x0f]);
        let (from, to) = if asks {
            (client, server)
        } else {
            (server, client)
        };
        let length = 40 + data.len() as u16;
        let mut packet = vec![0x45, 0];
        packet.extend(length.to_be_bytes());
        packet.extend([0, number as u8, 0, 0, 64, 6, 0, 0]);
        packet.extend([from.0, to.0].concat());
        packet.extend([from.1, to.1].concat());
        packet.extend([seq.to_be_bytes(), ack.to_be_bytes()].concat());
        packet.extend([0x50, flags, 4, 0, 0, 0, 0, 0]);
        packet.extend(data);
        let head = [1_000_000_000, number * 1000, length.into(), length.into()];
        file.extend(head.map(u32::to_le_bytes).concat());
        file.extend(packet);
    }
    file
}

/// The story of a capture, its lines joined.
fn told(segments: &[Segment<'_>]) -> String {
    let mut child = Command::new(env!("CARGO_BIN_EXE_wirewalk"))
        .args(["walk", "-"])
        .env("LANG", "C.UTF-8")
        .env("COLUMNS", "300")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    input.write_all(&capture(segments)).unwrap();
    drop(input);
    let output = child.wait_with_output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Holds the story of a connection with these segments after the handshake against what it must say.
fn tells(segments: &[Segment<'_>], sentences: &[&str]) {
    let story = told(&[&SHAKE_HANDS, segments].concat());
    for sentence in sentences {
        assert!(story.contains(sentence), "{sentence}\n{story}");
    }
}

#[test]
fn bytes_after_the_close() {
    tells(
        &[
            (true, FIN | ACK, 101, 501, b""),
            (false, ACK, 501, 102, b"more"),
            (true, RST, 102, 0, b""),
        ],
        &[
            "was ended by a reset: bytes came after a side had closed.",
            "The client ends the connection at once: RST, as bytes came after it had sent FIN.",
        ],
    );
}

#[test]
fn a_connection_that_one_side_does_not_know() {
    tells(
        &[
            (true, ACK, 101, 501, b"are you there?"),
            (false, RST, 501, 0, b""),
        ],
        &[
            "The connection to 10.0.0.2:9999 was ended by a reset.",
            "in the form of an answer to a segment of an unknown connection.",
        ],
    );
}

#[test]
fn a_program_that_gave_up() {
    tells(
        &[
            (true, ACK, 101, 501, b"hello"),
            (false, RST | ACK, 501, 106, b""),
        ],
        &["The server gives the connection up at once: RST."],
    );
}

#[test]
fn a_reset_after_the_end_is_no_failure() {
    tells(
        &[
            (true, FIN | ACK, 101, 501, b""),
            (false, FIN | ACK, 501, 102, b""),
            (true, RST, 102, 0, b""),
        ],
        &[
            "was opened, used and closed;",
            "RST after both sides had closed: it changes nothing.",
            "Both sides sent FIN; the ACK of the second one is not in this capture.",
        ],
    );
}

#[test]
fn a_reset_that_does_not_fit_ends_nothing() {
    tells(
        &[
            (false, ACK, 501, 101, b"hi"),
            (true, ACK, 101, 503, b""),
            (false, RST, 501, 0, b""),
            (false, FIN | ACK, 503, 101, b""),
            (true, FIN | ACK, 101, 504, b""),
            (false, ACK, 504, 102, b""),
        ],
        &[
            "was opened, used and closed;",
            "RST with a number that does not fit, and the other side ignores it;",
        ],
    );
}

#[test]
fn no_connection_came_about() {
    let [syn, syn_ack, _] = SHAKE_HANDS;
    let story = told(&[syn, syn_ack, (true, RST, 101, 0, b"")]);
    assert!(story.contains("answers the SYN-ACK with RST"), "{story}");
    assert!(story.contains("no connection to 10.0.0.2:9999 was made."));
    let story = told(&[syn, (false, RST | ACK, 0, 101, b"")]);
    assert!(story.contains("there is nothing to talk to."), "{story}");
    // It acknowledges another SYN.
    let story = told(&[syn, (false, RST | ACK, 0, 77, b""), syn, syn]);
    assert!(story.contains("the other side ignores it;"), "{story}");
    assert!(!story.contains("refused"), "{story}");
}
