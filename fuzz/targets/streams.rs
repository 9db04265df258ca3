//! A TCP connection whose bytes come in any pieces and order: with and without detail the same events are found in the same
//! frames.

#![no_main]

use libfuzzer_sys::fuzz_target;
use wirewalk::decode::Dissection;
use wirewalk::flow::{Flows, Want};
use wirewalk::model::{LinkType, PacketId, Timestamp};
use wirewalk::secrets::Secrets;
use wirewalk::view::frame::FrameView;

/// Ports of the protocols that read a stream, and one of none.
const PORTS: [u16; 8] = [80, 443, 22, 53, 853, 25, 21, 4000];

/// A piece of what one side says: side, how far from its end so far it begins, bytes.
struct Piece<'a> {
    server: bool,
    shift: i8,
    bytes: &'a [u8],
}

fn pieces(mut data: &[u8]) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    while let [side, length, shift, rest @ ..] = data {
        let length = (usize::from(*side >> 1) << 8 | usize::from(*length)).min(rest.len());
        let (bytes, rest) = rest.split_at(length);
        pieces.push(Piece {
            server: side & 1 != 0,
            shift: *shift as i8,
            bytes,
        });
        data = rest;
    }
    pieces.truncate(200);
    pieces
}

fn frame(port: u16, server: bool, flags: u8, seq: u32, ack: u32, bytes: &[u8]) -> Vec<u8> {
    let (src, dst) = if server {
        (port, 40_000)
    } else {
        (40_000, port)
    };
    let (from, to) = if server { (2, 1) } else { (1, 2) };
    let length = 40 + bytes.len() as u16;
    [
        &[0x45, 0][..],
        &length.to_be_bytes(),
        &[0, 0, 0, 0, 64, 6, 0, 0, 10, 0, 0, from, 10, 0, 0, to],
        &u16::to_be_bytes(src),
        &u16::to_be_bytes(dst),
        &seq.to_be_bytes(),
        &ack.to_be_bytes(),
        &[0x50, flags, 255, 255, 0, 0, 0, 0],
        bytes,
    ]
    .concat()
}

/// The events, each with the frame that completed its message.
fn events(frames: &[Vec<u8>], want: Want) -> Vec<(u64, &'static str)> {
    let mut flows = Flows::new(want);
    let mut d = Dissection::default();
    let mut secrets = Secrets::new();
    let mut events = Vec::new();
    for (number, frame) in frames.iter().enumerate() {
        let length = frame.len() as u32;
        let time = Timestamp(number as i64 * 1_000_000);
        // Raw IP.
        d.begin(
            PacketId(number as u64 + 1),
            time,
            LinkType(101),
            length,
            length,
        );
        flows.feed(frame, &mut d, &mut secrets);
        events.extend(d.events.iter().map(|event| (d.packet.0, event.def.id)));
        if want == Want::Fields {
            serde_json::to_vec(&FrameView::new(frame, &d, Timestamp(0), false)).unwrap();
        }
    }
    flows.finish();
    assert!(flows.ended().count() > 0);
    events
}

fuzz_target!(|data: &[u8]| {
    let Some((first, data)) = data.split_first() else {
        return;
    };
    let port = PORTS[usize::from(*first) % PORTS.len()];
    let mut next = [100_u32, 500];
    let mut frames = vec![
        frame(port, false, 2, 99, 0, b""),
        frame(port, true, 18, 499, 100, b""),
        frame(port, false, 16, 100, 500, b""),
    ];
    for piece in pieces(data) {
        let [mine, other] = if piece.server { [1, 0] } else { [0, 1] };
        let seq = next[mine].wrapping_add_signed(i32::from(piece.shift));
        frames.push(frame(port, piece.server, 24, seq, next[other], piece.bytes));
        let end = seq.wrapping_add(piece.bytes.len() as u32);
        if end.wrapping_sub(next[mine]).cast_signed() > 0 {
            next[mine] = end;
        }
    }
    frames.push(frame(port, false, 17, next[0], next[1], b""));
    frames.push(frame(port, true, 17, next[1], next[0].wrapping_add(1), b""));
    let told = events(&frames, Want::Events);
    assert_eq!(told, events(&frames, Want::Fields));
    events(&frames, Want::Conversations);
});
