//! Several captures told as one.

use std::io::{Cursor, Read};

use wirewalk::capture::{Batch, Block, Capture, Merged};

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

/// Reads a few bytes at a time, as a pipe may.
struct Drip(Cursor<Vec<u8>>);

impl Read for Drip {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        let few = into.len().min(7);
        self.0.read(&mut into[..few])
    }
}

#[test]
fn batches_hold_what_comes_one_by_one() {
    let file = build::pcapng(Order::Big);
    let cut = &file[..file.len() - 3];
    let open = |drips: bool, bytes: &[u8]| {
        let bytes = Cursor::new(bytes.to_vec());
        if drips {
            return Capture::from_reader("test", Box::new(Drip(bytes))).unwrap();
        }
        Capture::from_reader("test", Box::new(bytes)).unwrap()
    };
    for drips in [false, true] {
        let captures = |count: usize| {
            let all = [open(drips, cut), open(drips, &file), capture(&[1, 200])];
            Merged::new(all.into_iter().take(count).collect())
        };
        for count in 0..4 {
            let (mut single, mut merged) = (captures(count), captures(count));
            let mut expected = Vec::new();
            while let Some(block) = single.next().unwrap() {
                expected.push(format!("{block:?}"));
            }
            let (mut found, mut frames, mut batch) = (Vec::new(), 0, Batch::default());
            loop {
                let (more, goes_on) = merged.batch(&mut batch, u64::MAX).unwrap();
                found.extend(batch.blocks().map(|block| format!("{block:?}")));
                frames += more;
                if !goes_on {
                    break;
                }
            }
            assert_eq!(found, expected, "{count}");
            let counted = |merged: &Merged| merged.infos().map(|info| info.packets).sum::<u64>();
            assert_eq!(
                (frames, counted(&merged)),
                (counted(&single), counted(&single))
            );
            let notes = |merged: &Merged| merged.infos().map(|i| i.notes.len()).sum::<usize>();
            assert_eq!(notes(&merged), notes(&single));
        }
    }
    let mut only = Merged::new(vec![capture(&[1, 2, 3])]);
    let mut batch = Batch::default();
    assert_eq!(only.batch(&mut batch, 2).unwrap(), (2, false));
    assert_eq!(batch.blocks().count(), 2);
    assert!(only.infos().all(|info| info.packets == 2));
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
