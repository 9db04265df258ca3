//! Captures under gzip, zstd and lz4, whole, cut and broken.

use std::io::Write;

use wirewalk::capture::Compression;

use crate::build::{self, Order};
use crate::{read, refusal};

const ALL: [Compression; 3] = [Compression::Gzip, Compression::Zstd, Compression::Lz4];

fn pack(compression: Compression, bytes: &[u8]) -> Vec<u8> {
    match compression {
        Compression::Gzip => {
            let mut encoder =
                flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
            encoder.write_all(bytes).unwrap();
            encoder.finish().unwrap()
        }
        Compression::Zstd => {
            ruzstd::encoding::compress_to_vec(bytes, ruzstd::encoding::CompressionLevel::Fastest)
        }
        Compression::Lz4 => {
            let mut encoder = lz4_flex::frame::FrameEncoder::new(Vec::new());
            encoder.write_all(bytes).unwrap();
            encoder.finish().unwrap()
        }
    }
}

#[test]
fn either_format_is_read_under_every_compression() {
    for compression in ALL {
        for file in [build::pcap(Order::Big, 40), build::pcapng(Order::Little)] {
            let told = read(pack(compression, &file)).unwrap();
            let plain = read(file).unwrap();
            assert_eq!(told.frames, plain.frames);
            assert_eq!(told.info.notes, plain.info.notes);
            assert_eq!(told.info.format.compression, Some(compression));
            assert_eq!(told.info.format.name(), plain.info.format.name());
        }
    }
}

#[test]
fn streams_in_pieces_are_one_file() {
    let file = build::pcap(Order::Little, 60);
    for compression in ALL {
        let mut packed = Vec::new();
        for piece in file.chunks(500) {
            packed.extend(pack(compression, piece));
        }
        let told = read(packed).unwrap();
        assert_eq!(
            (told.frames.len(), told.codes().len()),
            (60, 0),
            "{compression:?}"
        );
    }
    let skippable = [0x50, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3];
    let packed = [
        skippable.to_vec(),
        pack(Compression::Zstd, &file),
        skippable.to_vec(),
    ]
    .concat();
    assert_eq!(read(packed).unwrap().frames.len(), 60);
}

#[test]
fn a_packed_file_is_told_up_to_where_it_is_cut() {
    let file = build::pcap(Order::Little, 30);
    let whole = read(file.clone()).unwrap().frames;
    for compression in ALL {
        let packed = pack(compression, &file);
        for cut in 4..packed.len() {
            // Where nothing could be unpacked there is no capture yet.
            let Ok(told) = read(&packed[..cut]) else {
                continue;
            };
            assert!(
                whole.starts_with(&told.frames),
                "{compression:?} cut at {cut}"
            );
            assert_eq!(told.codes(), ["cut-short"], "{compression:?} cut at {cut}");
        }
        let last = read(&packed[..packed.len() - 1]).unwrap();
        assert_eq!(
            last.frames.len(),
            30,
            "{compression:?}: all blocks are there"
        );
    }
}

#[test]
fn what_stands_before_the_cut_is_told() {
    // Three streams, the last without its second half: what the others hold is told.
    let file = build::pcap(Order::Little, 60);
    for compression in ALL {
        let (first, rest) = file.split_at(file.len() / 3);
        let (second, third) = rest.split_at(rest.len() / 2);
        let mut packed = [pack(compression, first), pack(compression, second)].concat();
        let third = pack(compression, third);
        packed.extend(&third[..third.len() / 2]);
        let told = read(packed).unwrap();
        assert!(
            told.frames.len() > 30,
            "{compression:?}: {}",
            told.frames.len()
        );
        assert_eq!(told.codes(), ["cut-short"], "{compression:?}");
    }
}

#[test]
fn damage_in_a_packed_file_is_survived() {
    let file = build::pcap(Order::Little, 30);
    for compression in ALL {
        let packed = pack(compression, &file);
        for at in 0..packed.len() {
            let mut packed = packed.clone();
            packed[at] ^= 0x55;
            let _ = read(packed);
        }
        let mut trailing = pack(compression, &file);
        trailing.extend(b"rubbish behind the stream");
        let told = read(trailing).unwrap();
        assert_eq!(
            (told.frames.len(), told.codes()),
            (30, vec!["damaged-stream"]),
            "{compression:?}"
        );
    }
}

#[test]
fn what_is_packed_twice_or_holds_no_capture_is_refused() {
    for compression in ALL {
        let twice = pack(
            Compression::Gzip,
            &pack(compression, &build::pcap(Order::Big, 1)),
        );
        assert!(refusal(&twice).contains("compressed twice"));
        assert!(refusal(&pack(compression, b"hello, world")).contains("it is text"));
        assert!(refusal(&pack(compression, b"")).contains("it is empty"));
    }
    // A window of 256 GiB.
    assert!(refusal(&[0x28, 0xb5, 0x2f, 0xfd, 0x00, 0xe0, 1, 0, 0]).contains("128 MiB"));
    assert!(refusal(&[0x1f, 0x8b, 8]).contains("begins with"));
    assert!(refusal(&[0x1f, 0x8b, 8, 0, 0]).contains("gzip"));
}
