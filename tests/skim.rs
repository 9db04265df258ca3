//! The fast path and the detailed decoders hold the same of every frame: addresses, ports, flags, payload.

#![expect(clippy::unwrap_used, reason = "helpers of tests may fail as tests do")]

use std::fs;
use std::path::Path;

use proptest::prelude::*;
use wirewalk::capture::{Block, Capture};
use wirewalk::decode::skim::{Skim, Transport, from_detail, skim};
use wirewalk::decode::{Dissection, decode_frame};
use wirewalk::model::{LinkType, PacketId, Timestamp};

struct Frame {
    link: LinkType,
    bytes: Vec<u8>,
    wire_len: u32,
}

fn samples() -> Vec<Frame> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("captures");
    let mut paths: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|e| e == "pcapng"))
        .collect();
    paths.sort();
    let mut frames = Vec::new();
    for path in paths {
        let mut capture = Capture::open(&path).unwrap();
        while let Some(block) = capture.next().unwrap() {
            if let Block::Frame(frame) = block {
                frames.push(Frame {
                    link: frame.link,
                    bytes: frame.bytes.to_vec(),
                    wire_len: frame.wire_len,
                });
            }
        }
    }
    assert!(frames.len() > 200, "the samples were not found");
    frames
}

fn in_detail(link: LinkType, bytes: &[u8], wire_len: u32) -> Option<Skim> {
    let mut d = Dissection::default();
    let len = bytes.len() as u32;
    d.begin(PacketId(1), Timestamp(0), link, wire_len, len);
    decode_frame(bytes, &mut d);
    from_detail(&d)
}

/// Where the fast path says something, detail says the same.
fn agree(link: LinkType, bytes: &[u8], wire_len: u32) -> Result<bool, TestCaseError> {
    let Some(fast) = skim(link, bytes, wire_len) else {
        return Ok(false);
    };
    let slow = in_detail(link, bytes, wire_len);
    prop_assert_eq!(Some(fast), slow, "{:02x?}", bytes);
    Ok(true)
}

#[test]
fn every_sample_frame() {
    let mut told = 0;
    let frames = samples();
    for frame in &frames {
        told += usize::from(agree(frame.link, &frame.bytes, frame.wire_len).unwrap());
    }
    assert!(told * 10 > frames.len() * 8, "{told} of {}", frames.len());
}

#[test]
fn cut_frames_keep_their_length_on_the_wire() {
    for frame in samples() {
        for cut in [14, 20, 34, 40, 54, 60, 66, 74, 100] {
            let Some(bytes) = frame.bytes.get(..cut) else {
                continue;
            };
            agree(frame.link, bytes, frame.wire_len).unwrap();
            let (Some(whole), Some(part)) = (
                skim(frame.link, &frame.bytes, frame.wire_len),
                skim(frame.link, bytes, frame.wire_len),
            ) else {
                continue;
            };
            if let (Transport::Tcp(whole), Transport::Tcp(part)) = (whole.transport, part.transport)
            {
                assert_eq!(whole.payload_len, part.payload_len);
                assert!(part.payload.end() <= cut as u32);
            }
        }
    }
}

/// A frame behind another link header: (link, header, where the EtherType stands in it).
fn relinked(frame: &[u8]) -> Vec<(LinkType, Vec<u8>)> {
    let (Some(kind), Some(packet)) = (frame.get(12..14), frame.get(14..)) else {
        return Vec::new();
    };
    let headed = |header: &[u8]| [header, packet].concat();
    let tagged = [&frame[..12], &[0x81, 0, 0, 5], kind].concat();
    let twice = [&frame[..12], &[0x88, 0xa8, 0, 9, 0x81, 0, 0, 5], kind].concat();
    let cooked = [&[0, 4, 0, 1, 0, 6, 2, 0, 0x5e, 0x10, 0, 1, 0, 0], kind].concat();
    let cooked_2 = [
        kind,
        &[0, 0, 0, 0, 0, 2, 0, 1, 4, 6, 2, 0, 0x5e, 0x10, 0, 1, 0, 0],
    ]
    .concat();
    let family: u8 = if kind == [0x86, 0xdd] { 30 } else { 2 };
    let mut all = vec![
        (LinkType::ETHERNET, headed(&tagged)),
        (LinkType::ETHERNET, headed(&twice)),
        (LinkType::LINUX_SLL, headed(&cooked)),
        (LinkType::LINUX_SLL2, headed(&cooked_2)),
    ];
    if kind == [8, 0] || kind == [0x86, 0xdd] {
        all.push((LinkType::RAW, packet.to_vec()));
        all.push((LinkType::NULL, headed(&[family, 0, 0, 0])));
        all.push((LinkType::NULL, headed(&[0, 0, 0, family])));
        all.push((LinkType::LOOP, headed(&[0, 0, 0, family])));
    }
    all
}

#[test]
fn every_link_leads_to_the_same_packet() {
    let mut told = 0;
    for frame in samples() {
        let len = frame.bytes.len() as u32;
        let Some(plain) = in_detail(LinkType::ETHERNET, &frame.bytes, len) else {
            continue;
        };
        for (link, bytes) in relinked(&frame.bytes) {
            let len = bytes.len() as u32;
            agree(link, &bytes, len).unwrap();
            let other = in_detail(link, &bytes, len).expect("the same packet");
            assert_eq!((plain.src, plain.dst), (other.src, other.dst), "{link:?}");
            match (plain.transport, other.transport) {
                (Transport::Tcp(a), Transport::Tcp(b)) => {
                    assert_eq!((a.src, a.dst, a.seq), (b.src, b.dst, b.seq));
                    assert_eq!(
                        (a.payload_len, a.window_scale),
                        (b.payload_len, b.window_scale)
                    );
                }
                (Transport::Udp(a), Transport::Udp(b)) => {
                    assert_eq!((a.src, a.dst, a.payload_len), (b.src, b.dst, b.payload_len));
                }
                (a, b) => assert_eq!(a, b),
            }
            told += 1;
        }
    }
    assert!(told > 1000, "{told}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn damaged_frames_too(damage in prop::collection::vec((0_usize..90, any::<u8>()), 1..4), cut in 0_usize..120) {
        for frame in samples().iter().step_by(3) {
            let mut bytes = frame.bytes.clone();
            for &(at, value) in &damage {
                if let Some(byte) = bytes.get_mut(at) {
                    *byte = value;
                }
            }
            agree(frame.link, &bytes, frame.wire_len)?;
            bytes.truncate(cut);
            agree(frame.link, &bytes, frame.wire_len)?;
        }
    }
}
