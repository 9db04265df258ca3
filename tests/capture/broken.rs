//! Files that are cut, damaged, or no captures at all.

use proptest::prelude::*;

use crate::build::{self, MICRO, ORDERS, Order};
use crate::{read, refusal};

#[test]
fn a_pcap_file_is_told_up_to_where_it_is_cut() {
    for order in ORDERS {
        let file = build::pcap(order, 4);
        let whole = read(file.clone()).unwrap().frames;
        let mut ends = vec![24];
        for frame in &whole {
            ends.push(ends[ends.len() - 1] + 16 + frame.bytes.len());
        }
        for cut in 4..file.len() {
            let told = read(&file[..cut]).unwrap();
            let count = ends
                .iter()
                .filter(|&&end| end <= cut)
                .count()
                .saturating_sub(1);
            assert_eq!(told.frames, whole[..count], "cut at {cut}");
            let expected: &[&str] = if ends.contains(&cut) {
                &[]
            } else {
                &["cut-short"]
            };
            assert_eq!(told.codes(), expected, "cut at {cut}");
            if let Some(note) = told.info.notes.first() {
                assert_eq!(note.frame, Some(count as u64).filter(|&count| count > 0));
            }
        }
        for cut in 0..4 {
            refusal(&file[..cut]);
        }
    }
}

#[test]
fn a_pcapng_file_is_told_up_to_where_it_is_cut() {
    for order in ORDERS {
        let file = build::pcapng(order);
        let whole = read(file.clone()).unwrap();
        let mut before = 0;
        for cut in 4..file.len() {
            let told = read(&file[..cut]).unwrap();
            assert!(whole.frames.starts_with(&told.frames), "cut at {cut}");
            assert!(whole.names.starts_with(&told.names), "cut at {cut}");
            assert!(told.frames.len() >= before, "cut at {cut}");
            before = told.frames.len();
            let noted = told.codes().contains(&"cut-short");
            let mut at = 0;
            while at < cut {
                let length: [u8; 4] = file[at + 4..at + 8].try_into().unwrap();
                at += match order {
                    Order::Big => u32::from_be_bytes(length),
                    Order::Little => u32::from_le_bytes(length),
                } as usize;
            }
            assert_eq!(noted, at != cut, "cut at {cut}");
        }
    }
}

#[test]
fn a_damaged_record_ends_the_story_with_a_note() {
    let mut file = build::pcap(Order::Little, 2);
    file.extend(Order::Little.u32s(&[3, 0, 300_000, 300_000]));
    file.resize(file.len() + 400_000, 0);
    let told = read(file).unwrap();
    assert_eq!(told.frames.len(), 2);
    assert_eq!(told.codes(), ["damaged-record"]);
    assert_eq!(told.info.notes[0].frame, Some(2));
}

#[test]
fn a_damaged_block_ends_the_story_with_a_note() {
    let order = Order::Little;
    let mut mismatched = build::enhanced(order, 0, 1, b"abcd", &[]);
    let last = mismatched.len() - 1;
    mismatched[last] ^= 1;
    let mut odd = build::enhanced(order, 0, 1, b"abcd", &[]);
    odd[4] += 1;
    let bad = [
        mismatched,
        odd,
        order.u32s(&[6, 8, 8, 0]),
        order.u32s(&[6, 1 << 30, 0, 0]),
        vec![0; 64],
        build::enhanced(order, 5, 1, b"abcd", &[]),
        build::block(order, 6, &order.u32s(&[0, 0, 0, 5, 5])),
        build::block(order, 6, &order.u32s(&[0, 0, 0])),
        build::block(order, 2, &[]),
        build::block(order, 3, &[]),
        build::block(order, 1, &[]),
        build::section_of_version(order, (2, 0), &[]),
        build::block(order, 0x0a0d_0d0a, &[0; 16]),
    ];
    for block in bad {
        let mut file = build::section(order, &[]);
        file.extend(build::interface(order, 1, 0, &[]));
        file.extend(build::enhanced(order, 0, 1, b"x", &[]));
        file.extend(&block);
        file.extend(build::enhanced(order, 0, 1, b"never told", &[]));
        let told = read(file).unwrap();
        assert_eq!(
            (told.frames.len(), told.codes()),
            (1, vec!["damaged-block"]),
            "{block:?}"
        );
    }
}

#[test]
fn overlong_options_and_names_lose_only_themselves() {
    let order = Order::Big;
    let overlong = [order.u16(1), order.u16(5_000), b"abc".to_vec()].concat();
    let file = [
        build::section(order, std::slice::from_ref(&overlong)),
        build::interface(order, 1, 0, std::slice::from_ref(&overlong)),
        build::block(
            order,
            4,
            &[order.u16(1), order.u16(900), vec![1, 2, 3, 4]].concat(),
        ),
        build::block(
            order,
            4,
            &[order.u16(1), order.u16(2), vec![1, 2, 0, 0]].concat(),
        ),
        build::block(order, 10, &order.u32s(&[0x544c_534b, 9_999])),
        build::enhanced(order, 0, 1, b"told", &[overlong]),
    ];
    let told = read(file.concat()).unwrap();
    assert_eq!(told.frames.len(), 1);
    assert!(told.names.is_empty() && told.info.notes.is_empty());
    assert_eq!(told.secrets, [""]);
}

#[test]
fn what_is_no_capture_is_told_what_it_is() {
    assert!(refusal(b"").ends_with("it is empty"));
    assert!(refusal(b"hello, world\n").ends_with("it is text"));
    assert!(refusal(b"snoop\0\0\0\0\0\0\x02").contains("snoop"));
    assert!(refusal(&[0, 1, 2, 3, 4]).contains("00 01 02 03"));
    assert!(refusal(&build::pcap_header(Order::Big, MICRO, (1, 4), 1)).contains("version 1.4"));
    assert!(refusal(&build::section_of_version(Order::Big, (2, 0), &[])).contains("version 2.0"));
    assert!(refusal(&[0x0a, 0x0d, 0x0d, 0x0a].repeat(8)).contains("byte-order mark"));
}

#[test]
fn files_that_cannot_be_opened_say_why() {
    let missing = wirewalk::capture::Capture::open("/no/such/file").unwrap_err();
    assert!(missing.to_string().contains("/no/such/file"));
    let folder = wirewalk::capture::Capture::open("/").unwrap_err();
    assert!(
        folder.because().contains("directory"),
        "{}",
        folder.because()
    );
}

proptest! {
    #[test]
    fn any_bytes_behind_a_header_are_survived(pick in 0..4_usize, bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let order = ORDERS[pick & 1];
        let mut file = if pick & 2 == 0 {
            build::pcap(order, 1)
        } else {
            [build::section(order, &[]), build::interface(order, 1, 0, &[])].concat()
        };
        file.extend(bytes);
        let _ = read(file);
    }

    #[test]
    fn any_changed_bytes_are_survived(big in any::<bool>(), changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6)) {
        let order = if big { Order::Big } else { Order::Little };
        for mut file in [build::pcap(order, 3), build::pcapng(order)] {
            for (at, byte) in &changes {
                let at = at.index(file.len());
                file[at] = *byte;
            }
            let _ = read(file);
        }
    }

    #[test]
    fn any_bytes_at_all_are_survived(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = read(bytes);
    }
}
