//! What pcap and pcapng files say, in either byte order.

use std::io::Write;

use wirewalk::capture::{Capture, Container};
use wirewalk::model::LinkType;

use crate::build::{self, MICRO, NANO, ORDERS, Order};
use crate::{Seen, read, read_all, refusal};

#[test]
fn pcap_in_micro_and_nanoseconds() {
    for order in ORDERS {
        for (magic, fraction, time) in [
            (MICRO, 123_456, 7_123_456_000),
            (NANO, 123_456_789, 7_123_456_789),
        ] {
            let mut file = build::pcap_header(order, magic, (2, 4), 1);
            file.extend(build::record(order, 7, fraction, b"bytes", 60));
            let told = read(file).unwrap();
            let expected = Seen {
                time,
                link: LinkType::ETHERNET,
                bytes: b"bytes".to_vec(),
                wire_len: 60,
                comments: Vec::new(),
                number: 1,
            };
            assert_eq!(told.frames, [expected]);
            assert_eq!(told.info.format.name(), "pcap");
            assert_eq!(told.info.link_types, [LinkType::ETHERNET]);
            assert_eq!((told.info.bytes, told.info.duration_ns()), (60, 0));
            assert!(told.info.notes.is_empty());
        }
    }
}

#[test]
fn fractions_above_a_second_carry() {
    let mut file = build::pcap_header(Order::Little, MICRO, (2, 4), 1);
    file.extend(build::record(Order::Little, 7, 1_500_000, b"", 0));
    file.extend(build::record(Order::Little, u32::MAX, u32::MAX, b"", 0));
    let times: Vec<_> = read(file)
        .unwrap()
        .frames
        .iter()
        .map(|frame| frame.time)
        .collect();
    assert_eq!(
        times,
        [
            8_500_000_000,
            (4_294_967_295 + 4_294) * 1_000_000_000 + 967_295_000
        ]
    );
}

#[test]
fn the_link_type_field_has_more_than_the_link_type() {
    let mut file = build::pcap_header(Order::Big, MICRO, (2, 4), 0x2400_0001);
    file.extend(build::record(Order::Big, 1, 0, b"x", 1));
    assert_eq!(read(file).unwrap().frames[0].link, LinkType::ETHERNET);
}

#[test]
fn lengths_stood_the_other_way_before_version_2_3() {
    for order in ORDERS {
        for (version, lengths) in [
            ((2, 2), [9, 3]),
            ((543, 0), [9, 3]),
            ((2, 3), [9, 3]),
            ((2, 3), [3, 9]),
        ] {
            let mut file = build::pcap_header(order, MICRO, version, 1);
            file.extend(order.u32s(&[1, 0, lengths[0], lengths[1]]));
            file.extend(b"abc");
            let frame = &read(file).unwrap().frames[0];
            assert_eq!(
                (frame.bytes.as_slice(), frame.wire_len),
                (&b"abc"[..], 9),
                "{version:?}"
            );
        }
    }
}

#[test]
fn patched_libpcap_and_ixia_have_longer_headers() {
    for order in ORDERS {
        let mut file = build::pcap_header(order, 0xa1b2_cd34, (2, 4), 1);
        file.extend(order.u32s(&[1, 2, 3, 4, 1, 0x0800_0000]));
        file.extend(b"abc");
        assert_eq!(read(file).unwrap().frames[0].bytes, b"abc");
        for (magic, time) in [(0x1c00_01ab, 1_000_002_000), (0x1c00_01ac, 1_000_000_002)] {
            let mut file = build::pcap_header(order, magic, (2, 4), 1);
            file.extend(order.u32(19));
            file.extend(build::record(order, 1, 2, b"abc", 4));
            let frame = &read(file).unwrap().frames[0];
            assert_eq!((frame.bytes.as_slice(), frame.time), (&b"abc"[..], time));
        }
    }
}

#[test]
fn pcapng_blocks_of_every_kind() {
    for order in ORDERS {
        let told = read(build::pcapng(order)).unwrap();
        let frame = |time, link, bytes: &[u8], wire_len, number| Seen {
            time,
            link,
            bytes: bytes.to_vec(),
            wire_len,
            comments: Vec::new(),
            number,
        };
        let mut first = frame(1_000_000_001, LinkType::ETHERNET, b"first", 12, 1);
        first.comments = vec!["look".to_owned(), "again".to_owned()];
        let expected = [
            first,
            frame(102_000_000_000, LinkType::LINUX_SLL, b"second!", 14, 2),
            frame(102_000_000_000, LinkType::ETHERNET, b"simple", 6, 3),
            frame(3_000, LinkType::ETHERNET, b"old", 9, 4),
        ];
        assert_eq!(told.frames, expected);
        assert_eq!(told.secrets, ["KEYS\n"]);
        assert_eq!(
            told.names,
            ["192.0.2.1 a.test", "2001:db8::1 b.test", "2001:db8::1 c.te"]
        );
        assert_eq!(told.codes(), ["no-times"]);
        let info = told.info;
        assert_eq!(info.format.container, Container::Pcapng);
        assert_eq!(info.link_types, [LinkType::ETHERNET, LinkType::LINUX_SLL]);
        assert_eq!(info.comments, ["about the file"]);
        assert_eq!(
            (
                info.hardware.as_deref(),
                info.os.as_deref(),
                info.application.as_deref()
            ),
            (Some("x86"), Some("Linux"), Some("dumpcap"))
        );
        assert_eq!(info.interfaces[0].name.as_deref(), Some("eth0"));
        assert_eq!(
            info.interfaces[1].description.as_deref(),
            Some("all of them")
        );
        assert_eq!(info.duration_ns(), 100_999_999_999);
    }
}

#[test]
fn sections_have_their_own_order_and_interfaces() {
    let mut file = Vec::new();
    for (order, link) in [(Order::Big, 1), (Order::Little, 101), (Order::Big, 113)] {
        file.extend(build::section_of_version(
            order,
            (1, if link == 1 { 2 } else { 0 }),
            &[],
        ));
        file.extend(build::interface(order, link, 0, &[]));
        file.extend(build::enhanced(order, 0, 1, b"x", &[]));
    }
    let told = read(file).unwrap();
    assert_eq!(
        told.info
            .link_types
            .iter()
            .map(|link| link.0)
            .collect::<Vec<_>>(),
        [1, 101, 113]
    );
    assert_eq!(
        told.frames
            .iter()
            .map(|frame| frame.link.0)
            .collect::<Vec<_>>(),
        [1, 101, 113]
    );
}

#[test]
fn simple_packets_are_cut_by_the_snapshot_length() {
    let order = Order::Little;
    let file = [
        build::section(order, &[]),
        build::interface(order, 1, 4, &[]),
        build::block(order, 3, &[order.u32(9), b"abcd".to_vec()].concat()),
    ];
    let frame = &read(file.concat()).unwrap().frames[0];
    assert_eq!((frame.bytes.as_slice(), frame.wire_len), (&b"abcd"[..], 9));
}

#[test]
fn a_file_without_frames_is_a_capture() {
    for order in ORDERS {
        assert!(read(build::pcap(order, 0)).unwrap().frames.is_empty());
        let told = read(build::section(order, &[])).unwrap();
        assert!(told.frames.is_empty() && told.info.notes.is_empty() && told.info.first.is_none());
    }
}

#[test]
fn frames_of_segmentation_offload_are_larger_than_64_kib() {
    let large = vec![7; 200_000];
    let mut file = build::pcap_header(Order::Little, MICRO, (2, 4), 1);
    for second in 0..9 {
        file.extend(build::record(Order::Little, second, 0, &large, 200_000));
    }
    let told = read(file).unwrap();
    assert_eq!(told.frames.len(), 9);
    assert!(told.frames.iter().all(|frame| frame.bytes == large));
}

#[test]
fn a_pipe_is_read_as_it_fills() {
    let (from, mut to) = std::io::pipe().unwrap();
    let file = build::pcapng(Order::Little);
    let sent = file.clone();
    let writer = std::thread::spawn(move || {
        for piece in sent.chunks(7) {
            to.write_all(piece).unwrap();
        }
    });
    let told = read_all(Capture::from_reader("pipe", Box::new(from)).unwrap()).unwrap();
    writer.join().unwrap();
    assert_eq!(told.frames, read(file).unwrap().frames);
}

#[test]
fn a_frame_is_told_before_the_next_one_comes() {
    let (from, mut to) = std::io::pipe().unwrap();
    to.write_all(&build::pcap(Order::Little, 1)).unwrap();
    let mut capture = Capture::from_reader("pipe", Box::new(from)).unwrap();
    assert!(capture.next().unwrap().is_some());
    drop(to);
    assert!(capture.next().unwrap().is_none());
}

#[test]
fn a_link_type_without_decoder_is_an_error_unless_others_can_be_read() {
    let mut wifi = build::pcap_header(Order::Little, MICRO, (2, 4), 105);
    assert!(read(wifi.clone()).unwrap().frames.is_empty());
    wifi.extend(build::record(Order::Little, 1, 0, b"x", 1));
    assert!(refusal(&wifi).contains("link type 105"));

    let order = Order::Little;
    let both = [
        build::section(order, &[]),
        build::interface(order, 105, 0, &[]),
        build::interface(order, 1, 0, &[]),
        build::enhanced(order, 0, 1, b"x", &[]),
        build::enhanced(order, 1, 1, b"x", &[]),
    ];
    let links: Vec<_> = read(both.concat())
        .unwrap()
        .frames
        .iter()
        .map(|frame| frame.link.0)
        .collect();
    assert_eq!(links, [105, 1]);
}
