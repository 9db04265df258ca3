//! Writes the inputs that the targets begin with, into `fuzz/corpus`: from the samples, from the captures in the folder that
//! `WIREWALK_CAPTURES` names, and from the story scripts.

#![expect(
    clippy::disallowed_methods,
    reason = "captures and scripts are its seeds"
)]

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use wirewalk::capture::{Block, Capture};
use wirewalk::decode::skim::{Transport, skim};

/// The server's port as the number that stands for it, the same as in the target.
const PORTS: [u16; 8] = [80, 443, 22, 53, 853, 25, 21, 4000];

/// Of one capture so many frames and connections are enough, and a larger file is not taken as a whole.
const FRAMES_MAX: usize = 200;
const STREAMS_MAX: usize = 20;
const STREAM_BYTES_MAX: usize = 64 * 1024;
const FILE_MAX: u64 = 64 * 1024;

type Failure = Box<dyn std::error::Error>;

fn main() -> Result<(), Failure> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let corpus = Corpus(root.join("corpus"));
    for target in ["frames", "capture", "streams", "story", "session"] {
        fs::create_dir_all(corpus.0.join(target))?;
    }
    let mut captures = files(&root.join("../captures"), &["pcapng"])?;
    if let Some(folder) = std::env::var_os("WIREWALK_CAPTURES") {
        captures.extend(files(Path::new(&folder), &["pcap", "pcapng", "cap"])?);
    }
    for (number, path) in captures.iter().enumerate() {
        let name = path.file_stem().unwrap_or_default().to_string_lossy();
        // A capture that breaks off leaves what came before.
        if let Err(error) = corpus.add_capture(&format!("{number}-{name}"), path) {
            eprintln!("{}: {error}", path.display());
        }
    }
    for path in files(&root.join("../src/story/scripts"), &["toml"])? {
        let name = path.file_stem().unwrap_or_default().to_string_lossy();
        corpus.add("story", &name, &fs::read(&path)?)?;
    }
    Ok(())
}

/// All files of a folder and those in it whose names end so, in order.
fn files(folder: &Path, endings: &[&str]) -> Result<Vec<PathBuf>, Failure> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let ending = path.extension().unwrap_or_default();
        if path.is_dir() {
            found.extend(files(&path, endings)?);
        } else if endings.iter().any(|known| ending == *known) {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

struct Corpus(PathBuf);

impl Corpus {
    fn add(&self, target: &str, name: &str, seed: &[u8]) -> Result<(), Failure> {
        Ok(fs::write(self.0.join(target).join(name), seed)?)
    }

    fn add_capture(&self, name: &str, path: &Path) -> Result<(), Failure> {
        if fs::metadata(path)?.len() <= FILE_MAX {
            self.add_file(name, &fs::read(path)?)?;
        }
        let (mut frames, mut records) = (0, Vec::new());
        let mut connections: BTreeMap<u16, Vec<u8>> = BTreeMap::new();
        let mut capture = Capture::open(path)?;
        while let Some(block) = capture.next()? {
            let Block::Frame(frame) = block else { continue };
            frames += 1;
            if frames > FRAMES_MAX {
                break;
            }
            let seed = [&[frame.link.0 as u8], frame.bytes].concat();
            self.add("frames", &format!("{name}-{frames}"), &seed)?;
            records.push((frame.link.0, frame.bytes.to_vec()));
            if let Some((client, heard)) = heard(frame.link, frame.bytes, frame.wire_len) {
                let connection = connections.entry(client).or_default();
                if connection.is_empty() {
                    connection.push(heard.port);
                }
                if connection.len() < STREAM_BYTES_MAX {
                    connection.extend(heard.piece);
                }
            }
        }
        for (client, stream) in connections.into_iter().take(STREAMS_MAX) {
            self.add("streams", &format!("{name}-{client}"), &stream)?;
        }
        self.add_file(&format!("{name}.pcap"), &pcap(&records))
    }

    /// A file for the readers, plain and packed, and for all of it.
    fn add_file(&self, name: &str, file: &[u8]) -> Result<(), Failure> {
        self.add("session", name, file)?;
        self.add("capture", name, file)?;
        let level = flate2::Compression::fast();
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), level);
        gzip.write_all(file)?;
        self.add("capture", &format!("{name}.gz"), &gzip.finish()?)?;
        let mut lz4 = lz4_flex::frame::FrameEncoder::new(Vec::new());
        lz4.write_all(file)?;
        self.add("capture", &format!("{name}.lz4"), &lz4.finish()?)?;
        let level = ruzstd::encoding::CompressionLevel::Fastest;
        let zstd = ruzstd::encoding::compress_to_vec(file, level);
        self.add("capture", &format!("{name}.zst"), &zstd)
    }
}

/// What a frame adds to a connection: the server's port, and a piece as the target reads it.
struct Heard {
    port: u8,
    piece: Vec<u8>,
}

/// The client's port, and what is heard, in a frame of a protocol that has a stream. A question in a datagram counts as one
/// in a stream: no sample asks for a name over TCP.
fn heard(link: wirewalk::model::LinkType, frame: &[u8], wire_len: u32) -> Option<(u16, Heard)> {
    let found = skim(link, frame, wire_len)?;
    let (src, dst, payload, datagram) = match found.transport {
        Transport::Tcp(segment) => (segment.src, segment.dst, segment.payload, false),
        Transport::Udp(it) if it.src == 53 || it.dst == 53 => (it.src, it.dst, it.payload, true),
        _ => return None,
    };
    let place = |port: u16| PORTS.iter().position(|known| *known == port);
    let (server, port, client) = match (place(src), place(dst)) {
        (Some(port), _) => (1, port, dst),
        (None, Some(port)) => (0, port, src),
        (None, None) => return None,
    };
    let payload = frame.get(payload.at as usize..payload.end() as usize)?;
    let prefix = (payload.len() as u16).to_be_bytes();
    let prefix = if datagram { &prefix[..] } else { &[] };
    let length = (prefix.len() + payload.len()) as u16;
    let piece = [
        &[(length >> 8 << 1) as u8 | server, length as u8, 0],
        prefix,
        payload,
    ];
    Some((
        client,
        Heard {
            port: port as u8,
            piece: piece.concat(),
        },
    ))
}

/// A classic file of these frames, of the link type that the first one has.
fn pcap(records: &[(u32, Vec<u8>)]) -> Vec<u8> {
    let link = records.first().map_or(1, |(link, _)| *link);
    let mut file = vec![0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    file.extend(262_144_u32.to_le_bytes());
    file.extend(link.to_le_bytes());
    for ((_, bytes), second) in records.iter().filter(|(of, _)| *of == link).zip(0_u32..) {
        if file.len() + bytes.len() > FILE_MAX as usize {
            break;
        }
        let length = (bytes.len() as u32).to_le_bytes();
        file.extend([second.to_le_bytes(), [0; 4], length, length].concat());
        file.extend(bytes);
    }
    file
}
