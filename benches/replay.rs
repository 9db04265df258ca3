//! Makes a large capture by replaying the samples, each time as another laptop with another server.
//!
//! Every replay has its own addresses, MAC, ports, DNS ids and answers, DHCP ids and client randoms, and its checksums
//! stay right, so that N rounds hold N times the stories of one round. The invariant is what `benches/compare` checks.
//!
//! `cargo bench --bench replay -- OUT.pcap [ROUNDS]`

#![expect(
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a tool for developers, on the project's own samples"
)]

use std::collections::BinaryHeap;
use std::fs::File;
use std::io::{self, BufWriter, Write};

use wirewalk::capture::Block;
use wirewalk::samples::SAMPLES;

/// How often each round replays the download, which stands in for bulk traffic: frames then average some 500 bytes.
const DOWNLOADS: usize = 6;
/// A new round begins every 100 ms: some 27 Mbit/s and 170 journeys a second, an office at work. The whole lasts five
/// minutes, so that conversations fall silent and end while others begin.
const ROUND_NS: u64 = 100_000_000;
/// 2026-11-20 00:00 UTC.
const START_NS: u64 = 1_795_132_800_000_000_000;

struct Shot {
    offset: u64,
    bytes: Vec<u8>,
}

/// A frame to come; the heap hands out the earliest first.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Due(std::cmp::Reverse<(u64, u64, usize, usize)>);

fn main() -> io::Result<()> {
    let mut arguments = std::env::args().skip(1).filter(|a| !a.starts_with("--"));
    let Some(path) = arguments.next() else {
        println!("usage: cargo bench --bench replay -- OUT.pcap [ROUNDS]");
        return Ok(());
    };
    let rounds: u64 = arguments
        .next()
        .map_or(3_010, |n| n.parse().expect("ROUNDS is a number"));
    let takes = takes();
    let mut out = BufWriter::with_capacity(1 << 20, File::create(path)?);
    // pcap, nanoseconds, little-endian, Ethernet.
    for word in [0xa1b2_3c4d_u32, 0x0004_0002, 0, 0, 262_144, 1] {
        out.write_all(&word.to_le_bytes())?;
    }
    let (mut frames, mut bytes) = (0_u64, 24_u64);
    let mut heap = BinaryHeap::new();
    let mut next_round = 0;
    let mut frame = Vec::new();
    loop {
        let begins = next_round * ROUND_NS;
        if next_round < rounds && heap.peek().is_none_or(|Due(d)| d.0.0 >= begins) {
            for (take, shots) in takes.iter().enumerate() {
                heap.push(Due(std::cmp::Reverse((
                    begins + shots[0].offset,
                    next_round,
                    take,
                    0,
                ))));
            }
            next_round += 1;
            continue;
        }
        let Some(Due(std::cmp::Reverse((time, round, take, at)))) = heap.pop() else {
            break;
        };
        let shots = &takes[take];
        frame.clear();
        frame.extend_from_slice(&shots[at].bytes);
        Actor::new(round * takes.len() as u64 + take as u64).dress(&mut frame);
        let time_ns = START_NS + time;
        for word in [
            (time_ns / 1_000_000_000) as u32,
            (time_ns % 1_000_000_000) as u32,
            frame.len() as u32,
            frame.len() as u32,
        ] {
            out.write_all(&word.to_le_bytes())?;
        }
        out.write_all(&frame)?;
        frames += 1;
        bytes += 16 + frame.len() as u64;
        if let Some(following) = shots.get(at + 1) {
            heap.push(Due(std::cmp::Reverse((
                round * ROUND_NS + following.offset,
                round,
                take,
                at + 1,
            ))));
        }
    }
    out.flush()?;
    println!(
        "{rounds} rounds of {} replays, {frames} frames, {bytes} bytes",
        takes.len()
    );
    Ok(())
}

/// The samples of a round: each once, the download more often.
fn takes() -> Vec<Vec<Shot>> {
    let mut takes = Vec::new();
    for sample in SAMPLES {
        let times = if sample.name == "lossy-download" {
            DOWNLOADS
        } else {
            1
        };
        takes.extend((0..times).map(|_| shots(sample)));
    }
    takes
}

fn shots(sample: &wirewalk::samples::Sample) -> Vec<Shot> {
    let mut capture = sample.open().expect("a sample is a capture");
    let mut shots = Vec::new();
    let mut first = None;
    while let Some(block) = capture.next().expect("a sample is whole") {
        if let Block::Frame(frame) = block {
            let time = frame.time.0 as u64;
            shots.push(Shot {
                offset: time - *first.get_or_insert(time),
                bytes: frame.bytes.to_vec(),
            });
        }
    }
    shots
}

/// Who plays a replay: everything in which it differs from the recording.
struct Actor {
    number: u32,
}

impl Actor {
    fn new(number: u64) -> Self {
        Self {
            number: number as u32,
        }
    }

    /// The laptop's and the servers' addresses become this replay's own; all others stay.
    fn address(&self, old: [u8; 4]) -> [u8; 4] {
        let [_, b, c, d] = self.number.to_be_bytes();
        match old {
            [192, 168, 1, 1] => old,
            [192, 168, 1, host] => [10 + (host & 1), b, c, d],
            // Twelve servers at most: the last octet is told apart by the upper bits of the second.
            [203, 0, 113, host] => [20 + host % 64, b, c, d],
            _ => old,
        }
    }

    fn port(&self, old: u16) -> u16 {
        // Ephemeral ports only; probes of traceroute count up from 33434 and are left as they are.
        if (33_434..33_500).contains(&old) || old < 32_768 {
            old
        } else {
            33_500 + ((u32::from(old) + self.number * 7) % 27_000) as u16
        }
    }

    fn dress(&self, frame: &mut [u8]) {
        for at in [0, 6] {
            self.dress_mac(frame, at);
        }
        match frame.get(12..14) {
            Some([0x08, 0x06]) => {
                self.dress_mac(frame, 22);
                self.dress_mac(frame, 32);
                for at in [28, 38] {
                    self.dress_address(frame, at, &[]);
                }
            }
            Some([0x08, 0x00]) => self.dress_packet(frame, 14),
            _ => {}
        }
    }

    /// The laptop's MAC gets the replay's number; the router keeps its own.
    fn dress_mac(&self, frame: &mut [u8], at: usize) {
        if frame[at..at + 6] == [0x02, 0x00, 0x5e, 0x10, 0x00, 0x64] {
            frame[at + 2..at + 6].copy_from_slice(&self.number.to_be_bytes());
        }
    }

    /// An IPv4 packet and what it carries.
    fn dress_packet(&self, frame: &mut [u8], at: usize) {
        let header = usize::from(frame[at] & 15) * 4;
        let body = at + header;
        let protocol = frame[at + 9];
        // Checksums that the addresses count in: the header's own, and the pseudo-header of TCP and UDP.
        let mut sums = vec![at + 10];
        match protocol {
            6 if frame.len() >= body + 18 => sums.push(body + 16),
            17 if frame.len() >= body + 8 && frame[body + 6..body + 8] != [0, 0] => {
                sums.push(body + 6);
            }
            _ => {}
        }
        self.dress_address(frame, at + 12, &sums);
        self.dress_address(frame, at + 16, &sums);
        let own: Vec<usize> = sums[1..].to_vec();
        match protocol {
            1 if matches!(frame[body], 3 | 5 | 11) && frame.len() > body + 28 => {
                self.dress_packet(frame, body + 8);
                let end = at + usize::from(word(frame, at + 2));
                checksum(&mut frame[body..end]);
            }
            6 | 17 => {
                let (source, destination) = (word(frame, body), word(frame, body + 2));
                set(frame, body, self.port(source), &own);
                set(frame, body + 2, self.port(destination), &own);
                let payload = if protocol == 17 {
                    body + 8
                } else {
                    body + usize::from(frame[body + 12] >> 4) * 4
                };
                if protocol == 17 && (source == 53 || destination == 53) {
                    self.dress_dns(frame, payload, &own);
                } else if protocol == 17 && (source == 67 || destination == 67) {
                    self.dress_dhcp(frame, payload, &own);
                } else if protocol == 6 {
                    self.dress_hello(frame, payload, &own);
                }
            }
            _ => {}
        }
    }

    fn dress_address(&self, frame: &mut [u8], at: usize, sums: &[usize]) {
        let old = [frame[at], frame[at + 1], frame[at + 2], frame[at + 3]];
        let [a, b, c, d] = self.address(old);
        set(frame, at, u16::from_be_bytes([a, b]), sums);
        set(frame, at + 2, u16::from_be_bytes([c, d]), sums);
    }

    /// The id, and every A record's address. Names keep their places, so the sections are walked by their lengths.
    fn dress_dns(&self, frame: &mut [u8], at: usize, sums: &[usize]) {
        let odd = self.number.wrapping_mul(40_503) as u16;
        set_at_any(frame, at, word(frame, at) ^ odd, sums, at);
        let records: u32 = (3..6).map(|i| u32::from(word(frame, at + i * 2))).sum();
        let mut here = at + 12;
        for _ in 0..word(frame, at + 4) {
            here = name_end(frame, here) + 4;
        }
        for _ in 0..records {
            here = name_end(frame, here);
            let (kind, length) = (word(frame, here), usize::from(word(frame, here + 8)));
            if kind == 1 && length == 4 {
                let old: [u8; 4] = frame[here + 10..here + 14].try_into().expect("four bytes");
                write(frame, here + 10, &self.address(old), sums, at);
            }
            here += 10 + length;
        }
    }

    /// The transaction id, the laptop's MAC, and the addresses that are given out.
    fn dress_dhcp(&self, frame: &mut [u8], at: usize, sums: &[usize]) {
        let number = self.number.to_be_bytes();
        let id: Vec<u8> = (0..4).map(|i| frame[at + 4 + i] ^ number[i]).collect();
        write(frame, at + 4, &id, sums, at);
        for field in [12, 16] {
            let old: [u8; 4] = frame[at + field..at + field + 4]
                .try_into()
                .expect("four bytes");
            if old != [0; 4] {
                write(frame, at + field, &self.address(old), sums, at);
            }
        }
        write(frame, at + 30, &number, sums, at);
        let mut option = at + 240;
        while frame.len() > option + 1 && frame[option] != 255 {
            let length = usize::from(frame[option + 1]);
            if frame[option] == 50 && length == 4 {
                let old: [u8; 4] = frame[option + 2..option + 6]
                    .try_into()
                    .expect("four bytes");
                write(frame, option + 2, &self.address(old), sums, at);
            }
            option += 2 + length;
        }
    }

    /// The random of a ClientHello, and of the ServerHello so that no two sessions look resumed.
    fn dress_hello(&self, frame: &mut [u8], at: usize, sums: &[usize]) {
        if frame.len() > at + 43
            && frame[at] == 22
            && frame[at + 1] == 3
            && matches!(frame[at + 5], 1 | 2)
        {
            write(frame, at + 11, &self.number.to_be_bytes(), sums, at);
        }
    }
}

/// The checksum of an ICMP message, which stands at its third byte.
fn checksum(message: &mut [u8]) {
    message[2..4].fill(0);
    let mut sum: u32 = message
        .chunks(2)
        .map(|pair| u32::from(pair[0]) << 8 | u32::from(*pair.get(1).unwrap_or(&0)))
        .sum();
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    message[2..4].copy_from_slice(&(!(sum as u16)).to_be_bytes());
}

fn word(frame: &[u8], at: usize) -> u16 {
    u16::from_be_bytes([frame[at], frame[at + 1]])
}

/// Replaces a word at an even distance from the start of what the checksums cover (RFC 1624, equation 3).
fn set(frame: &mut [u8], at: usize, new: u16, sums: &[usize]) {
    set_at_any(frame, at, new, sums, at);
}

/// As [`set`], for a word whose distance from `origin` (a place at an even distance) may be odd.
fn set_at_any(frame: &mut [u8], at: usize, new: u16, sums: &[usize], origin: usize) {
    let old = word(frame, at);
    frame[at..at + 2].copy_from_slice(&new.to_be_bytes());
    let swap = |w: u16| {
        if (at - origin) % 2 == 1 {
            w.swap_bytes()
        } else {
            w
        }
    };
    for &sum in sums {
        let mut total = u32::from(!word(frame, sum)) + u32::from(!swap(old)) + u32::from(swap(new));
        total = (total & 0xffff) + (total >> 16);
        total = (total & 0xffff) + (total >> 16);
        let sum_now = !(total as u16);
        frame[sum..sum + 2].copy_from_slice(&sum_now.to_be_bytes());
    }
}

/// Replaces an even number of bytes.
fn write(frame: &mut [u8], at: usize, new: &[u8], sums: &[usize], origin: usize) {
    for (i, pair) in new.chunks_exact(2).enumerate() {
        set_at_any(
            frame,
            at + i * 2,
            u16::from_be_bytes([pair[0], pair[1]]),
            sums,
            origin,
        );
    }
}

fn name_end(frame: &[u8], mut at: usize) -> usize {
    loop {
        match frame[at] {
            0 => return at + 1,
            length if length >= 0xc0 => return at + 2,
            length => at += 1 + usize::from(length),
        }
    }
}
