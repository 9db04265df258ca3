//! Opens captures and hands out their frames in order, with the bytes that stand in the file. Knows nothing of protocols.
//!
//! [`Capture`] reads one source (a file, a pipe, standard input, bytes in memory) as a stream: pcap or pcapng, plain or
//! under gzip, zstd or lz4. [`Merged`] reads several as one capture in time order. Memory is bounded by the constants of
//! this room, never by the size of the source.

mod batch;
mod buffer;
mod compressed;
mod info;
mod merged;
mod open;
mod order;
mod pcap;
mod pcapng;
mod source;
mod zstd;

pub use batch::Batch;
pub use info::{Compression, Container, Format, Info, Interface, Note};
pub use merged::Merged;
pub use source::Capture;

use std::net::IpAddr;
use std::ops::Range;

use crate::model::{LinkType, Timestamp};

/// The largest captured length of a frame that is believed; a larger one means that the record is damaged.
/// It is the largest snapshot length of tcpdump and Wireshark, and above every packet that segmentation offload makes.
pub const MAX_FRAME: u32 = 256 * 1024;

/// The largest block of a pcapng file that is believed.
pub const MAX_BLOCK: u32 = 16 * 1024 * 1024;

/// The most interfaces of one pcapng section, and the most that [`Info`] lists.
pub const MAX_INTERFACES: usize = 65_536;

/// The most comments on a file, and on one frame, that are kept.
pub const MAX_COMMENTS: usize = 1_000;

/// One thing that a capture holds. The bytes live until the next one is asked for.
#[derive(Debug)]
pub enum Block<'a> {
    /// A captured frame.
    Frame(Frame<'a>),
    /// The text of a TLS key log, from a decryption secrets block.
    Secrets(&'a [u8]),
    /// A name that the recording host had for an address, from a name resolution block.
    Name {
        /// The address.
        addr: IpAddr,
        /// Its name, as it stands in the file.
        name: &'a str,
    },
}

/// One captured frame. The bytes live until the next one is asked for.
#[derive(Debug)]
pub struct Frame<'a> {
    /// When it was captured.
    pub time: Timestamp,
    /// What its first byte belongs to.
    pub link: LinkType,
    /// The captured bytes, at most `wire_len` of them (a few broken files hold more; they are kept).
    pub bytes: &'a [u8],
    /// Its length on the wire.
    pub wire_len: u32,
    /// Comments that the file carries for it.
    pub comments: &'a [String],
    /// Which of the given files it came from, from 0.
    pub file: u32,
    /// Its number in that file, from 1.
    pub file_number: u64,
}

/// What a format found next; ranges are positions in the read buffer, which stays as it is until the next step.
#[derive(Debug)]
enum Step {
    Frame(Record),
    Secrets(Range<usize>),
    Name(IpAddr, Range<usize>),
    /// The source ends where a record may end.
    End,
    /// The source cannot be followed further.
    Stop(Damage),
}

/// A frame as a position in the read buffer.
#[derive(Clone, Debug)]
struct Record {
    time: Timestamp,
    link: LinkType,
    at: Range<usize>,
    wire_len: u32,
}

/// Why a source cannot be followed further.
#[derive(Debug)]
struct Damage {
    code: &'static str,
    text: String,
}

/// Why a file that begins like a capture cannot be opened.
#[derive(Debug)]
enum Refusal {
    /// It ends inside its header.
    Cut(Damage),
    /// Its header says something that no reader can follow.
    Because(String),
}

impl Damage {
    /// The source ends inside a `thing`, of which `have` of `needed` bytes are there.
    fn cut(thing: &str, have: usize, needed: usize) -> Self {
        Self {
            code: "cut-short",
            text: format!("the file ends inside a {thing}: {have} of its {needed} bytes are there"),
        }
    }
}
