//! Several captures told as one.

use std::io::Cursor;

use wirewalk::capture::{Block, Capture, Merged};

use crate::build::{self, MICRO, Order};

fn capture(seconds: &[u32]) -> Capture {
    let mut file = build::pcap_header(Order::Little, MICRO, (2, 4), 1);
    for &second in seconds {
        file.extend(build::record(Order::Little, second, 0, &[second as u8], 1));
    }
    Capture::from_reader("test", Box::new(Cursor::new(file))).unwrap()
}

/// Second, file, number in the file.
fn order(mut merged: Merged) -> Vec<(u8, u32, u64)> {
    let mut seen = Vec::new();
    while let Some(block) = merged.next().unwrap() {
        if let Block::Frame(frame) = block {
            assert_eq!(frame.time.seconds(), i64::from(frame.bytes[0]));
            seen.push((frame.bytes[0], frame.file, frame.file_number));
        }
    }
    assert!(merged.next().unwrap().is_none());
    assert_eq!(
        merged.infos().map(|info| info.packets).sum::<u64>(),
        seen.len() as u64
    );
    seen
}

#[test]
fn frames_come_in_time_order() {
    let merged = Merged::new(vec![capture(&[2, 4, 6]), capture(&[1, 5]), capture(&[])]);
    assert_eq!(
        order(merged),
        [(1, 1, 1), (2, 0, 1), (4, 0, 2), (5, 1, 2), (6, 0, 3)]
    );
}

#[test]
fn equal_and_backward_times_keep_the_order_of_the_files() {
    let merged = Merged::new(vec![capture(&[3, 3, 2]), capture(&[3, 1, 4])]);
    assert_eq!(
        order(merged),
        [
            (3, 0, 1),
            (3, 0, 2),
            (2, 0, 3),
            (3, 1, 1),
            (1, 1, 2),
            (4, 1, 3)
        ]
    );
}

#[test]
fn one_and_none_are_captures_too() {
    assert_eq!(
        order(Merged::new(vec![capture(&[9, 8])])),
        [(9, 0, 1), (8, 0, 2)]
    );
    assert!(order(Merged::new(Vec::new())).is_empty());
}

#[test]
fn secrets_and_names_come_where_their_file_has_them() {
    let file = build::pcapng(Order::Big);
    let pcapng = Capture::from_reader("keys", Box::new(Cursor::new(file))).unwrap();
    let mut merged = Merged::new(vec![capture(&[1, 200]), pcapng]);
    let (mut frames, mut others) = (Vec::new(), 0);
    while let Some(block) = merged.next().unwrap() {
        match block {
            Block::Frame(frame) => {
                frames.push((frame.file, frame.bytes.to_vec(), frame.comments.len()));
            }
            Block::Secrets(text) => {
                assert_eq!(text, b"KEYS\n");
                others += 1;
            }
            Block::Name { name, .. } => {
                assert!(!name.is_empty());
                others += 1;
            }
        }
    }
    let expected: [(u32, &[u8], usize); 6] = [
        (0, &[1], 0),
        (1, b"first", 2),
        (1, b"second!", 0),
        (1, b"simple", 0),
        (1, b"old", 0),
        (0, &[200], 0),
    ];
    assert_eq!(
        frames,
        expected.map(|(file, bytes, comments)| (file, bytes.to_vec(), comments))
    );
    assert_eq!(others, 4);
}
